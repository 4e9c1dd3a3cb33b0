"""Tokens that tell Pulumi to create an object again. Pure.

Pulumi compares the program with its state, so it does not see that somebody has deleted an object. A resource whose
replacement trigger changes is replaced: Pulumi deletes the object, which is gone already, and creates it.
"""

from collections.abc import Collection, Mapping, Sequence

_FIRST = "0"


def next_tokens(
    objects: Mapping[str, Sequence[str]], previous: Mapping[str, str], missing: Collection[str]
) -> dict[str, str]:
    """Return the token of each object, by `<kind>/<name>`: the previous one, or the next one if it is missing."""
    result = {}
    for kind, found in objects.items():
        for name in found:
            key = f"{kind}/{name}"
            token = previous.get(key, _FIRST)
            result[key] = str(int(token) + 1) if key in missing else token
    return result
