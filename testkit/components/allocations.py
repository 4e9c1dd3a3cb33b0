"""Inputs of the allocation, and what its `check` stores of them."""

from collections.abc import Mapping
from typing import Any

from testkit.components.fake_cluster import INGRESS, PORT_MAPS, FakeCluster, allocation_provider, fake_cluster


def inputs(nodes: list[str], *, stack: str = "hoprd/rotsee", place: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {
        "wishes": {node: {"pool": "core", "ports": 2.0} for node in nodes},
        "pools": {"core": ["core-1", "core-2", "core-3"]},
        "retired": [],
        "firstPort": 9000.0,
        "lastPort": 9009.0,
        "preview": False,
        "objects": {"Deployment": nodes, "PersistentVolumeClaim": ["core-1"]},
        "place": {
            "stack": stack,
            "namespace": "rotsee",
            "create_namespace": True,
            "ingress_namespace": INGRESS,
            "port_maps": list(PORT_MAPS),
            "volume_size": "4Gi",
            **(place or {}),
        },
    }


def check(olds: dict[str, Any], news: dict[str, Any], cluster: type[FakeCluster] | None = None) -> dict[str, Any]:
    result = allocation_provider(cluster or fake_cluster()).check(olds, news)
    assert result.failures == []
    return result.inputs
