"""The volume of an identity's database. It belongs to the identity, so it stays when a node is removed."""

from collections.abc import Mapping
from typing import Any

from components.manifests.metadata import SKIP_AWAIT, Later, metadata
from config.models.platform import Persistence


def volume_claim(
    identity: str,
    namespace: str,
    labels: Mapping[str, Any],
    owner: Mapping[str, Later] | None,
    persistence: Persistence,
) -> dict[str, Any]:
    """The claim, named like the identity. Pulumi does not await it: many storage classes bind it only for a pod."""
    spec: dict[str, Any] = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": persistence.size}},
    }
    if persistence.storage_class:
        spec["storageClassName"] = persistence.storage_class
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": metadata(identity, namespace, labels, annotations=SKIP_AWAIT, owner=owner),
        "spec": spec,
    }
