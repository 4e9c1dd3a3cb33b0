"""Inputs in the form in which the API server returns them, so that a comparison with the live object shows only real
changes.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from .objects import KubeObject, is_built_in, is_crd, is_secret
from .properties import Unknown, contains
from .quantities import canonicalize

_READ_ONLY_METADATA = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "uid",
)

# x-kubernetes-* keys of CRD schemas are written with underscores on Pulumi's side.
_DASHED = {
    name.replace("-", "_"): name
    for name in (
        "x-kubernetes-embedded-resource",
        "x-kubernetes-int-or-string",
        "x-kubernetes-list-map-keys",
        "x-kubernetes-list-type",
        "x-kubernetes-map-type",
        "x-kubernetes-preserve-unknown-fields",
        "x-kubernetes-validations",
    )
}
_UNDERSCORED = {dashed: underscored for underscored, dashed in _DASHED.items()}


def normalize(obj: KubeObject) -> KubeObject:
    """Return a copy of the inputs without read-only metadata.

    Built-in kinds are also in the API server's form, unless values are still unknown.
    """
    result = dict(obj)
    if not contains(obj, Unknown) and is_built_in(obj):
        if is_crd(obj):
            result = _normalized_crd(result)
        elif is_secret(obj):
            result = _normalized_secret(result)
        else:
            result = canonicalize(result)
    meta = result.get("metadata")
    if isinstance(meta, dict):
        result["metadata"] = {key: value for key, value in meta.items() if key not in _READ_ONLY_METADATA}
    return result


def _normalized_crd(crd: KubeObject) -> KubeObject:
    result = {key: value for key, value in crd.items() if key != "status"}
    spec = result.get("spec")
    if isinstance(spec, dict) and spec.get("preserveUnknownFields") is False:
        result["spec"] = {key: value for key, value in spec.items() if key != "preserveUnknownFields"}
    return result


def _normalized_secret(secret: KubeObject) -> KubeObject:
    """Merge `stringData` into `data`, as the API server does: `stringData` is write-only."""
    data = {key: _reencoded(value) for key, value in (secret.get("data") or {}).items()}
    plain = secret.get("stringData") or {}
    data.update({key: base64.b64encode(str(value).encode()).decode() for key, value in plain.items()})
    result = {key: value for key, value in secret.items() if not (key == "stringData" and plain)}
    if data:
        result["data"] = data
    return result


def _reencoded(text: Any) -> Any:
    """Return base64 without line breaks. Invalid base64 is returned unchanged; the API server rejects it."""
    if not isinstance(text, str):
        return text
    try:
        return base64.b64encode(base64.b64decode(text)).decode()
    except (binascii.Error, ValueError):
        return text


def with_dashes(value: Any) -> Any:
    """Rename extension keys from Pulumi's form to Kubernetes' form."""
    return _renamed(value, _DASHED)


def with_underscores(value: Any) -> Any:
    """Rename extension keys from Kubernetes' form to Pulumi's form."""
    return _renamed(value, _UNDERSCORED)


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {names.get(key, key): _renamed(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    return value
