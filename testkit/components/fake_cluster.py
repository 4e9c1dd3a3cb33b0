"""A model of the API server for unit tests: objects by path, with server-side apply of ConfigMap data."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from components.allocation_provider import AllocationProvider
from components.cluster.collections import config_map, namespace_path
from identity.cluster.api import CONFLICT, NOT_FOUND, ClusterRefused, ClusterUnreachable, Object
from testkit.components.served_objects import ServedObjects

INGRESS = "ingress-nginx"
PORT_MAPS = ("ingress-nginx-tcp", "ingress-nginx-udp")


class FakeCluster(ServedObjects):
    """A cluster whose ConfigMaps others own and change, too; `fake_cluster` makes one."""

    reachable: ClassVar[bool] = True

    def __enter__(self) -> Self:
        if not self.reachable:
            raise ClusterUnreachable("the cluster of the current context does not respond")
        return self

    def apply(self, path: str, obj: Mapping[str, Any], manager: str) -> Object:
        live = self._current(path, obj)
        entries = live["metadata"].setdefault("managedFields", [])
        before = next((entry for entry in entries if entry["manager"] == manager), None)
        owned = {field.removeprefix("f:") for field in before["fieldsV1"]["f:data"]} if before else set()
        kept = {key: value for key, value in (live.get("data") or {}).items() if key not in owned - set(obj["data"])}
        live["data"] = {**kept, **obj["data"]}
        live["metadata"]["managedFields"] = [
            *(entry for entry in entries if entry is not before),
            {"manager": manager, "operation": "Apply", "fieldsV1": {"f:data": {f"f:{key}": {} for key in obj["data"]}}},
        ]
        return self._written(path, live)

    def merge(self, path: str, patch: Mapping[str, Any], manager: str) -> Object:
        live = self._current(path, patch)
        data = {**(live.get("data") or {}), **patch["data"]}
        live["data"] = {key: value for key, value in data.items() if value is not None}
        return self._written(path, live)

    def delete(self, path: str, uid: str) -> None:
        self.writes.append(path)
        del self.objects[path]

    def _current(self, path: str, sent: Mapping[str, Any]) -> Object:
        live = self.objects.get(path)
        if live is None:
            raise ClusterRefused(NOT_FOUND, "not found")
        if live["metadata"]["resourceVersion"] != sent["metadata"]["resourceVersion"]:
            raise ClusterRefused(CONFLICT, "the object has been modified")
        return live

    def _written(self, path: str, live: Object) -> Object:
        self.writes.append(path)
        live["metadata"]["resourceVersion"] += "+"
        return live


def fake_cluster(
    *ports: Mapping[str, str], objects: Mapping[str, Object] | None = None, reachable: bool = True
) -> type[FakeCluster]:
    """A cluster with the two port maps (entries: those of other tenants) and further objects by path."""
    maps = {
        config_map(name, INGRESS): made(name, data=dict(entries))
        for name, entries in zip(PORT_MAPS, ports or ({}, {}), strict=True)
    }
    content = {"objects": {**maps, **(objects or {})}, "reachable": reachable, "writes": []}
    return type("Cluster", (FakeCluster,), content)


def made(name: str, *, manager: str = "kubectl", **fields: Any) -> Object:
    """An object that `manager` has created; `metadata` among the fields is added to its metadata."""
    metadata = {"name": name, "uid": f"uid-of-{name}", "resourceVersion": "1", **fields.pop("metadata", {})}
    data: dict[str, Any] = {f"f:{key}": {} for key in fields.get("data") or ()}
    managed = [{"manager": manager, "operation": "Update", "fieldsV1": {"f:data": data}}]
    return {"metadata": {"managedFields": managed, **metadata}, **fields}


def namespace(name: str, **metadata: Any) -> dict[str, Object]:
    """A namespace, by its path."""
    return {namespace_path(name): made(name, metadata=metadata)}


def allocation_provider(cluster: type[FakeCluster]) -> AllocationProvider:
    """The provider of the allocation, connected to this cluster."""
    connected: type[AllocationProvider] = type("Provider", (AllocationProvider,), {"connect": cluster})
    return connected()
