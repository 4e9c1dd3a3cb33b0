"""What is wanted: frozen models of a stack's configuration, and every rule that needs no cluster or chain.

`settings.parse` turns plain data into `Settings`; only `load` knows Pulumi.
"""
