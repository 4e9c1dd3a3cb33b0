"""Kubernetes objects: pure functions from the configuration's models to dicts, without Pulumi.

A parameter of type `Later` is a value that is known only after another object exists (an address, a uid). The functions
put it into the dict and never read it, so a caller may pass a Pulumi output.
"""
