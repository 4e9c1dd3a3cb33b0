"""Tokens that let Pulumi create an object again. Pure.

Pulumi compares the program with its state, so it does not see that somebody has deleted an object. A resource whose
replacement trigger changes is replaced: Pulumi deletes the object, which is gone already, and creates it. A resource
without a trigger, before or after, is never replaced because of it.
"""

from collections.abc import Collection, Iterable, Mapping

from components.cluster.collections import CLAIM, DEPLOYMENT
from summary.recorded import RecordedObject

Tokens = Mapping[str, str]
_NEVER_MISSED = "0"
_NONE = ""
_SHOWN = 10


def key_of(kind: str, resource: str) -> str:
    """The key of an object's token; releases that looked at Deployments alone used the names of their nodes."""
    return resource.removesuffix("-deployment") if kind == DEPLOYMENT else f"{kind}/{resource}"


def trigger(tokens: Tokens, key: str) -> str | None:
    """The replacement trigger of the resource with this key."""
    return tokens.get(key, _NEVER_MISSED) or None


def next_tokens(objects: Iterable[RecordedObject], previous: Tokens, missing: Collection[RecordedObject]) -> Tokens:
    """Return the tokens of those objects that have been missing once, by key.

    A new token contains the uid of the missing object. If the object exists although the state still has that uid, the
    run that should have created it has failed, and somebody else has created it: it gets no trigger.
    """
    result = {}
    for one in objects:
        key = key_of(one.kind, one.resource)
        token = previous.get(key, _NEVER_MISSED)
        uid, _, count = token.partition("#")
        if one in missing:
            result[key] = f"{one.uid}#{int(count) + 1 if uid == one.uid else 1}"
        elif uid == one.uid:
            result[key] = _NONE
        elif token not in {_NEVER_MISSED, _NONE}:
            result[key] = token
    return result


def announcement(missing: Collection[RecordedObject]) -> str:
    """What a run says of the missing objects."""
    names = [f"{one.kind} {one.name}" for one in missing]
    more = len(names) - _SHOWN
    listed = ", ".join(names[:_SHOWN]) + (f" and {more} more objects" if more > 0 else "")
    volumes = [one.name for one in missing if one.kind == CLAIM]
    empty = f". The databases of {', '.join(volumes)} start empty" if volumes else ""
    return f"missing in the cluster, `pulumi up` creates them again: {listed}{empty}"
