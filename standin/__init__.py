"""A stand-in for Pulumi's kubernetes provider, for development machines that cannot download the official plugin.

A Pulumi resource provider (gRPC) that works by server-side apply. It follows the official provider's type tokens,
property shapes, automatic names, replacement rules and readiness rules, so that the program and its state are the same
with either of them. It does not support Helm, Kustomize or client-side apply.

devnet installs it into its own Pulumi home, only where the official plugin is not available. It is a tool of this
repository and is never shipped: the program does not use it, and no image contains it. It imports nothing of the
program, of devnet or of the tests (import-linter checks this); it can be read, tested and replaced alone.
"""
