"""The stand-in kubernetes provider of the development stack.

A Pulumi resource provider (gRPC, Python) over server-side apply that follows the official provider's tokens, property
shapes, names, replacement rules and
waiting rules, so that a program and its state cannot tell which of the two ran. It is for machines that cannot
download the official plugin and is never
used where that one can be had. It knows nothing of Helm, Kustomize or client-side apply.
"""
