"""The `metadata` of an object, and owner references."""

from collections.abc import Mapping
from typing import Any

from components.manifests import names

Later = Any
"""A value that may be known only after another object exists. It is passed on and never read."""

SKIP_AWAIT = {"pulumi.com/skipAwait": "true"}
"""Without it, Pulumi waits for the object, for example 10 s for a Service, although nothing has to happen."""

KEEP_DEPENDENTS = {"pulumi.com/deletionPropagationPolicy": "orphan"}
"""Deleting the object orphans its dependents. Else the garbage collector would delete a volume that must stay."""


def metadata(
    name: str,
    namespace: str,
    labels: Mapping[str, Any],
    *,
    annotations: Mapping[str, Any] | None = None,
    owner: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Metadata of a namespaced object; `owner` is a result of `owner_reference`."""
    result: dict[str, Any] = {"name": name, "namespace": namespace, "labels": dict(labels)}
    if annotations:
        result["annotations"] = dict(annotations)
    if owner:
        result["ownerReferences"] = [dict(owner)]
    return result


def owner_reference(kind: str, name: str, uid: Later) -> dict[str, Any]:
    """Reference to a custom resource of this program as the controlling owner."""
    return {
        "apiVersion": names.API_VERSION,
        "kind": kind,
        "name": name,
        "uid": uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }
