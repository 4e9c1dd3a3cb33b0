"""The live cluster: what exists there, whose it is, and the objects that this program shares with others.

Everything else in the cluster goes through Pulumi's kubernetes provider. No module here imports Pulumi.
"""
