"""Tokens that tell Pulumi to create an object again. Pure.

Pulumi compares the program with its state, so it does not see that somebody has deleted an object. A resource whose
replacement trigger changes is replaced: Pulumi deletes the object, which is gone already, and creates it.
"""

from collections.abc import Collection, Mapping

_FIRST = "0"


def next_tokens(nodes: Collection[str], previous: Mapping[str, str], present: Collection[str]) -> dict[str, str]:
    """Return the token of each node's Deployment: the previous one, or the next one if the Deployment is missing.

    `present` are the Deployments that exist. A node without a previous token is new.
    """
    result = {}
    for node in nodes:
        token = previous.get(node)
        is_missing = token is not None and node not in present
        result[node] = str(int(token or _FIRST) + is_missing)
    return result
