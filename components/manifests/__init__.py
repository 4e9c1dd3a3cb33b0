"""What a Kubernetes object looks like: pure functions from the configuration's models to dicts.

Nothing here creates anything or imports Pulumi. A value that is known only later (an address, a uid) may be handed in
as whatever the caller has: it is placed in the dict and never looked into. Such parameters have the type `Later`.
"""
