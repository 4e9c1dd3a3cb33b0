"""Live objects as the API server returns them, and snapshots of a whole fleet."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from components.manifests import names
from components.manifests.labels import node_selector
from components.status.decide import FIELD_MANAGER, decide
from components.status.model import DesiredCluster, DesiredFleet, DesiredNode, DesiredPool
from components.status.observe import Snapshot

STAMP = {"timestamp": "2026-01-01T00:00:00Z", "checksum": "abc"}
OWNED = [{"manager": FIELD_MANAGER, "operation": "Apply"}]
READY = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1}
UNAVAILABLE = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "unavailableReplicas": 1}
STOPPED = {"observedGeneration": 1}
MARKED = "2026-02-03T04:05:06Z"
KINDS = (names.POOL_KIND, names.IDENTITY_KIND, names.CLUSTER_KIND, names.NODE_KIND)


def fleet(nodes: int = 2, identities: int = 3, *, enabled: bool = True) -> DesiredFleet:
    """Pool `p` with identities `p-<n>`, cluster `c` with nodes `c-<n>`."""
    present = [f"c-{number}" for number in range(1, nodes + 1)]
    return DesiredFleet(
        pools={"p": DesiredPool(tuple(f"p-{number}" for number in range(1, identities + 1)), identities, STAMP)},
        clusters={"c": DesiredCluster(tuple(present), enabled, STAMP)},
        nodes={node: DesiredNode(f"p-{node.removeprefix('c-')}", enabled, STAMP) for node in present},
    )


def deployment(
    name: str, status: Mapping[str, Any] | None = None, *, replicas: int = 1, **metadata: Any
) -> dict[str, Any]:
    """A Deployment of one node."""
    return {
        "metadata": {"name": name, "uid": f"uid-of-{name}", "generation": 1, **metadata},
        "spec": {"replicas": replicas},
        "status": dict(READY if status is None else status),
    }


def pod(node: str, status: Mapping[str, Any] | None = None, *, ready: bool = True, **metadata: Any) -> dict[str, Any]:
    """A pod of one node; `status` replaces the status of a running pod."""
    condition = {"type": "Ready", "status": "True" if ready else "False"}
    running = {"phase": "Running", "conditions": [condition]}
    return {
        "metadata": {"name": f"{node}-pod", "labels": node_selector(node), **metadata},
        "status": dict(running if status is None else status),
    }


def waiting(reason: str, message: str = "", **container: Any) -> dict[str, Any]:
    """The status of a pod whose container hoprd waits."""
    state = {"waiting": {"reason": reason, "message": message}}
    return {
        "phase": "Pending",
        "conditions": [{"type": "Ready", "status": "False"}],
        "containerStatuses": [{"name": "hoprd", "ready": False, "state": state, **container}],
    }


def settled(desired: DesiredFleet) -> Snapshot:
    """Everything as it should be, statuses included."""
    bare = unwritten(desired)
    statuses = decide(desired, bare).statuses
    written = {
        kind: {name: {**live, "status": dict(statuses[kind, name])} for name, live in found.items()}
        for kind, found in bare.resources.items()
    }
    return replace(bare, resources=written)


def unwritten(desired: DesiredFleet) -> Snapshot:
    """Everything runs or is stopped as it should be, and the custom resources have no status."""
    resources: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
    for kind, name in desired.resources():
        metadata = {"name": name, "uid": f"uid-of-{name}", "finalizers": [names.FINALIZER], "managedFields": OWNED}
        resources[kind][name] = {"metadata": metadata}
    running = [name for name, node in desired.nodes.items() if node.enabled]
    return Snapshot(
        resources=resources,
        deployments={
            name: deployment(name) if node.enabled else deployment(name, STOPPED, replicas=0)
            for name, node in desired.nodes.items()
        },
        pods={name: (pod(name),) for name in running},
        claims={
            identity: {"metadata": {"name": identity}, "status": {"phase": "Bound"}}
            for one in desired.pools.values()
            for identity in one.identities
        },
    )
