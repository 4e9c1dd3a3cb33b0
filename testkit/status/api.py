"""A model of the API server that serves, applies and merges the objects of a snapshot."""

import copy
from collections.abc import Mapping
from typing import Any

from components.cluster.collections import CLAIM, DEPLOYMENT, POD, collection
from components.status.observe import Snapshot
from identity.cluster.api import CONFLICT, NOT_FOUND, ClusterRefused, Object
from testkit.components.served_objects import ServedObjects

NAMESPACE = "hoprd"


class StatusApi(ServedObjects):
    """A cluster that applies statuses and merges fields, if the object is the one that was seen (`status_api`)."""

    def apply(self, path: str, obj: Mapping[str, Any], manager: str) -> Object:
        live = self._current(path, obj, missing=CONFLICT)
        live["status"] = {**(live.get("status") or {}), **obj["status"]}
        before = live["metadata"].get("finalizers") or []
        live["metadata"]["finalizers"] = list(dict.fromkeys([*before, *obj["metadata"]["finalizers"]]))
        live["metadata"]["managedFields"] = [{"manager": manager, "operation": "Apply"}]
        return self._written(path, live)

    def merge(self, path: str, patch: Mapping[str, Any], manager: str) -> Object:
        live = self._current(path, patch, missing=NOT_FOUND)
        for group in {"metadata", "spec", "status"} & patch.keys():
            merged = {**(live.get(group) or {}), **patch.get(group, {})}
            live[group] = {key: value for key, value in merged.items() if value is not None}
        return self._written(path, live)

    def _current(self, path: str, sent: Mapping[str, Any], *, missing: int) -> Object:
        live = self.objects.get(path)
        if live is None:
            raise ClusterRefused(missing, "no such object")
        if live["metadata"]["uid"] != sent["metadata"]["uid"]:
            raise ClusterRefused(422, "metadata.uid: Invalid value")
        return live

    def _written(self, path: str, live: Object) -> Object:
        self.writes.append(path.rpartition("/")[2])
        return live


def status_api(seen: Snapshot) -> type[StatusApi]:
    """A cluster with the objects of the snapshot; they may be changed afterwards."""
    objects = {
        f"{collection(kind, NAMESPACE)}/{name}": live
        for kind, found in {**seen.resources, DEPLOYMENT: seen.deployments, CLAIM: seen.claims}.items()
        for name, live in found.items()
    } | {
        f"{collection(POD, NAMESPACE)}/{pod['metadata']['name']}": pod for found in seen.pods.values() for pod in found
    }
    for one in objects.values():
        one["metadata"].setdefault("resourceVersion", "1")
    return type("Cluster", (StatusApi,), {"objects": copy.deepcopy(objects), "writes": []})


def path(kind: str, name: str) -> str:
    """The path of an object."""
    return f"{collection(kind, NAMESPACE)}/{name}"
