"""The volume of an identity's database. It belongs to the identity: nodes come and go, the database stays."""

from collections.abc import Mapping
from typing import Any

from components.manifests.metadata import SKIP_AWAIT, Later, metadata
from config.models.platform import Persistence


def volume_claim(
    identity: str,
    namespace: str,
    labels: Mapping[str, Any],
    owner: Mapping[str, Later],
    persistence: Persistence,
) -> dict[str, Any]:
    """A claim named like the identity; not awaited, because many storage classes bind only when a pod comes."""
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
