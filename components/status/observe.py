"""Reads the objects of one namespace in a few requests, whatever the number of nodes."""

import logging
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from components.cluster.collections import CLAIM, DEPLOYMENT, EVENT, POD, collection
from components.manifests import labels, names
from identity.cluster.api import FORBIDDEN, ClusterApi, ClusterRefused, Object
from summary.recorded import RecordedObject

_log = logging.getLogger(__name__)

Objects = Mapping[str, Object]


@dataclass(frozen=True)
class Snapshot:
    """The objects at one time: custom resources by kind, the others by name, events by the name of their object."""

    resources: Mapping[str, Objects] = field(default_factory=dict)
    deployments: Objects = field(default_factory=dict)
    pods: Mapping[str, tuple[Object, ...]] = field(default_factory=dict)
    """The pods of each node."""
    claims: Objects = field(default_factory=dict)
    events: Mapping[str, tuple[Object, ...]] = field(default_factory=dict)
    """Warnings about pods."""

    def resource(self, kind: str, name: str) -> Object | None:
        """One custom resource; None if it does not exist."""
        return self.resources.get(kind, {}).get(name)


def observe(api: ClusterApi, namespace: str) -> Snapshot:
    """Read everything that decides the status of the stack's custom resources, in eight requests."""

    def read(kind: str, **selectors: str) -> list[Object]:
        return api.list(collection(kind, namespace), metadata_only=False, selectors=selectors)

    pods: dict[str, list[Object]] = {}
    for pod in read(POD, labelSelector=labels.all_nodes()):
        pods.setdefault(labels.node_of(pod["metadata"].get("labels") or {}), []).append(pod)
    events: dict[str, list[Object]] = {}
    for event in read(EVENT, fieldSelector="type=Warning,involvedObject.kind=Pod"):
        events.setdefault(str((event.get("involvedObject") or {}).get("name")), []).append(event)
    kinds = (names.POOL_KIND, names.IDENTITY_KIND, names.CLUSTER_KIND, names.NODE_KIND)
    return Snapshot(
        resources={kind: _by_name(read(kind)) for kind in kinds},
        deployments=_by_name(read(DEPLOYMENT)),
        pods={node: tuple(found) for node, found in pods.items()},
        claims=_by_name(read(CLAIM)),
        events={name: tuple(found) for name, found in events.items()},
    )


def absent(api: ClusterApi, objects: Iterable[RecordedObject]) -> list[RecordedObject]:
    """Return the objects that do not exist, from one request for each collection. Their metadata alone is read.

    An object whose kind does not exist is left out: it cannot be created either. So is one whose kind the user of the
    kubeconfig may not list.
    """

    def names_at(path: str) -> set[str] | None:
        try:
            live = api.find(path)
        except ClusterRefused as refused:
            if refused.status != FORBIDDEN:
                raise
            _log.info("deleted objects are not noticed: %s", refused)
            return None
        return None if live is None else {one["metadata"]["name"] for one in live}

    by_path: dict[str, list[RecordedObject]] = {}
    for one in objects:
        by_path.setdefault(collection(one.kind, one.namespace), []).append(one)
    with ThreadPoolExecutor(len(by_path)) as pool:
        found = dict(zip(by_path, pool.map(names_at, by_path), strict=True))
    return [
        one
        for path, wanted in by_path.items()
        if (present := found[path]) is not None
        for one in wanted
        if one.name not in present
    ]


def _by_name(objects: list[Object]) -> Objects:
    return {one["metadata"]["name"]: one for one in objects}
