"""The state of an object in Pulumi: the live object plus `__inputs`, `__initialApiVersion` and `__fieldManager`."""

from __future__ import annotations

from typing import Any

from .normalization import with_dashes, with_underscores
from .objects import KubeObject, is_secret
from .properties import Properties, Secret, contains, reveal

INPUTS = "__inputs"
INITIAL_API_VERSION = "__initialApiVersion"
FIELD_MANAGER = "__fieldManager"


def as_object(properties: Properties) -> KubeObject:
    """Return the Kubernetes object of a property map: secrets revealed, extension keys in Kubernetes' form.

    Unknown values stay.
    """
    revealed: KubeObject = with_dashes(reveal(properties))
    return revealed


def checkpoint(
    inputs: KubeObject, live: KubeObject, given: Properties, field_manager: str, initial_api_version: str
) -> Properties:
    """Return the state of an object. Values that are secret in `given`, the engine's inputs, are secret in it."""
    state: Properties = mark_secrets(with_underscores(live), given)
    if is_secret(live) and "stringData" in given and "data" in state:
        state["data"] = Secret(reveal(state["data"]))
    state[INPUTS] = mark_secrets(with_underscores(inputs), given)
    state[INITIAL_API_VERSION] = initial_api_version
    state[FIELD_MANAGER] = field_manager
    return state


def parse_checkpoint(state: Properties) -> tuple[KubeObject, KubeObject]:
    """Return the old inputs and the old live object of a state."""
    obj = as_object(state)
    inputs = obj.pop(INPUTS, None)
    for key in (INITIAL_API_VERSION, FIELD_MANAGER):
        obj.pop(key, None)
    return (inputs if isinstance(inputs, dict) else {}), obj


def mark_secrets(target: Properties, given: Properties) -> Properties:
    """Return a copy of `target` in which every value that is secret in `given` is secret.

    A list with a secret entry is secret as a whole. The data of a Secret is always secret.
    """
    result = dict(target)
    if is_secret(result):
        for key in ("data", "stringData"):
            if key in result and not isinstance(result[key], Secret):
                result[key] = Secret(result[key])
        return result
    for key, source in given.items():
        if key not in result or isinstance(result[key], Secret):
            continue
        if isinstance(result[key], dict) and isinstance(source, dict):
            result[key] = mark_secrets(result[key], source)
        elif contains(source, Secret):
            result[key] = Secret(result[key])
    return result


def prune(live: Any, shape: Any, *, keep_empty: bool) -> Any:
    """Return the part of a live value that is also in `shape` (the old inputs). List entries match by position.

    `keep_empty` (built-in kinds): an empty value that was applied and is missing in the live object counts as present,
    because the API server drops empty values when it stores typed objects.
    """
    if isinstance(live, dict) and isinstance(shape, dict):
        kept = {key: prune(value, shape[key], keep_empty=keep_empty) for key, value in live.items() if key in shape}
        if keep_empty:
            kept.update({key: value for key, value in shape.items() if key not in live and _is_empty(value)})
        return kept
    if isinstance(live, list) and isinstance(shape, list):
        return [prune(value, entry, keep_empty=keep_empty) for value, entry in zip(live, shape, strict=False)]
    return live


def _is_empty(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_is_empty(item) for item in value.values())
    return value in ([], "", 0)
