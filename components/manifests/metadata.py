"""The `metadata` of an object, and who owns it."""

from collections.abc import Mapping
from typing import Any

from components.manifests import names

Later = Any
"""A value that may be known only after something else was made: passed on, never looked into."""

SKIP_AWAIT = {"pulumi.com/skipAwait": "true"}
"""There is nothing to wait for; Pulumi's generic waiting takes 10 s for a Service alone."""

KEEP_DEPENDENTS = {"pulumi.com/deletionPropagationPolicy": "orphan"}
"""Deleting the object leaves what it owns: the garbage collector would delete a volume that is to stay."""


def metadata(
    name: str,
    namespace: str,
    labels: Mapping[str, Any],
    *,
    annotations: Mapping[str, Any] | None = None,
    owner: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Metadata of a namespaced object; `owner` is one of `owner_reference`."""
    result: dict[str, Any] = {"name": name, "namespace": namespace, "labels": dict(labels)}
    if annotations:
        result["annotations"] = dict(annotations)
    if owner:
        result["ownerReferences"] = [dict(owner)]
    return result


def owner_reference(kind: str, name: str, uid: Later) -> dict[str, Any]:
    """Reference to one of our custom resources as the controlling owner."""
    return {
        "apiVersion": names.API_VERSION,
        "kind": kind,
        "name": name,
        "uid": uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }
