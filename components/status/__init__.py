"""Looks at the stack's objects in the cluster, decides the status of each custom resource, and writes it.

`model` holds what the stack wants, `observe` reads the cluster, `nodes` and `decide` are pure, `apply` writes, `settle`
waits. Only `provider` and `fleet_status` use Pulumi.
"""
