"""Field ownership (`managedFields` of server-side apply): conflict messages, ignored changes, fields of kubectl."""

from __future__ import annotations

import copy
import json
import os
import secrets
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from .differences import Steps, parse_path
from .errors import ApiError, ProviderError
from .objects import PATCH_FIELD_MANAGER, PATCH_FORCE, KubeObject, annotated, annotation, describe

# An update takes over the fields of these managers: the object was created with kubectl and then imported.
_TAKEN_OVER = (("kubectl", "Apply"), ("kubectl", "Update"), ("before-first-apply", "Update"), ("pulumi-", "Update"))


def field_manager(inputs: KubeObject, recorded: Any) -> str:
    """Return the manager's name: from the annotation, else from the state, else a new one."""
    chosen = annotation(inputs, PATCH_FIELD_MANAGER) or recorded
    return str(chosen) if chosen else f"pulumi-kubernetes-{secrets.token_hex(4)}"


def overrides_conflicts(inputs: KubeObject) -> bool:
    """Whether apply overrides conflicts with other field managers."""
    return annotated(inputs, PATCH_FORCE) or os.environ.get("PULUMI_K8S_ENABLE_PATCH_FORCE") == "true"


def explain_conflict(error: ApiError, obj: KubeObject, manager: str) -> ProviderError:
    """Return an error that names the owner of a conflicting field and the fix; other errors stay unchanged."""
    if not error.conflict:
        return error
    return ProviderError(
        f"Server-Side Apply field conflict detected on {describe(obj)}. The resource managed by field manager "
        f'"{manager}" had an apply conflict: {error}. Remove the field from the program, let the other manager release '
        f'it, or take it over with the annotation {PATCH_FORCE}: "true"'
    )


def without_ignored(inputs: KubeObject, live: KubeObject, manager: str, ignored: Iterable[str]) -> KubeObject:
    """Return the inputs for an update with `ignoreChanges`.

    An ignored field that only other managers own is omitted; any other ignored field keeps its live value.
    """
    result = copy.deepcopy(inputs)
    ours, theirs = _owned(live, manager)
    for text in ignored:
        path = parse_path(text)
        if theirs(path) and not ours(path):
            _remove(result, path)
        elif (value := _value_at(live, path)) is not None:
            _set(result, path, value)
    return result


def takeover(live: KubeObject, manager: str) -> list[dict[str, Any]]:
    """Return the JSON patch that gives this manager the fields of kubectl, so that changing them does not conflict.

    Empty if kubectl owns no fields.
    """
    entries: list[dict[str, Any]] = live.get("metadata", {}).get("managedFields") or []
    foreign = [entry for entry in entries if _is_taken_over(entry)]
    if not foreign:
        return []
    own = next((entry for entry in entries if _is_own(entry, manager)), None)
    merged: dict[str, Any] = copy.deepcopy(own["fieldsV1"]) if own else {}
    for entry in foreign:
        _merge(merged, entry.get("fieldsV1") or {})
    taken = {**(own or foreign[0]), "manager": manager, "operation": "Apply", "fieldsV1": merged}
    taken.pop("subresource", None)
    kept = [entry for entry in entries if entry is not own and entry not in foreign]
    return [
        {"op": "replace", "path": "/metadata/managedFields", "value": [*kept, taken]},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]},
    ]


def _is_taken_over(entry: dict[str, Any]) -> bool:
    name, operation = str(entry.get("manager", "")), entry.get("operation")
    return not entry.get("subresource") and any(
        name.startswith(prefix) and operation == expected for prefix, expected in _TAKEN_OVER
    )


def _is_own(entry: dict[str, Any], manager: str) -> bool:
    return entry.get("manager") == manager and entry.get("operation") == "Apply" and not entry.get("subresource")


def _merge(target: dict[str, Any], source: dict[str, Any]) -> None:
    for key, value in source.items():
        _merge(target.setdefault(key, {}), value)


def _owned(live: KubeObject, manager: str) -> Any:
    entries = live.get("metadata", {}).get("managedFields") or []

    def owns(path: Steps, mine: bool) -> bool:
        return any(
            _has_path(entry.get("fieldsV1") or {}, path)
            for entry in entries
            if (entry.get("manager") == manager) is mine
        )

    return (lambda path: owns(path, True)), (lambda path: owns(path, False))


def _has_path(fields: dict[str, Any], path: Steps) -> bool:
    for step in path:
        found = fields.get(f"f:{step}") if isinstance(step, str) else None
        if found is None:
            return False
        fields = found
    return True


def _value_at(obj: Any, path: Steps) -> Any:
    for step in path:
        if isinstance(step, int):
            obj = obj[step] if isinstance(obj, list) and step < len(obj) else None
        else:
            obj = obj.get(step) if isinstance(obj, dict) else None
    return obj


def _remove(obj: Any, path: Steps) -> None:
    parent = _value_at(obj, path[:-1])
    if isinstance(parent, dict):
        parent.pop(path[-1], None)


def _set(obj: Any, path: Steps, value: Any) -> None:
    for step, following in pairwise(path):
        if isinstance(obj, dict):
            obj = obj.setdefault(step, [] if isinstance(following, int) else {})
        elif isinstance(obj, list) and isinstance(step, int) and step < len(obj):
            obj = obj[step]
        else:
            return
    last = path[-1]
    if isinstance(obj, dict):
        obj[last] = json.loads(json.dumps(value))
    elif isinstance(obj, list) and isinstance(last, int) and last < len(obj):
        obj[last] = value
