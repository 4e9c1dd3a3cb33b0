"""The desired state: frozen models of a stack's configuration, and every rule that needs no cluster or chain.

`validation.parse` turns plain data into `Settings`. Only `load` imports Pulumi.
"""
