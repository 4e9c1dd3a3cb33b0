"""From what the stack wants and what the cluster shows: every status, what must be written, what to tell. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from components.manifests import names
from components.manifests.status import cluster_status, identity_status, node_status, pool_status
from components.status.model import DesiredFleet
from components.status.nodes import NodeView, view
from components.status.observe import Snapshot
from identity.cluster.api import Object

FIELD_MANAGER = "hoprd-fleet-status"
"""Owns the finalizer and the status of each custom resource."""

Status = Mapping[str, Any]
Key = tuple[str, str]
"""Kind and name."""

_UPDATED = ("updateTimestamp", "checksum")


@dataclass(frozen=True)
class Change:
    """A custom resource whose status or finalizer differs, or is not owned by this program's field manager alone.

    `superfluous` are fields of its status that it must not have.
    """

    kind: str
    name: str
    uid: str
    status: Status
    finalizers: tuple[str, ...]
    superfluous: tuple[str, ...] = ()
    visible: str = ""
    """What a person would see change; empty if only ownership changes."""


@dataclass(frozen=True)
class Decision:
    """Everything that follows from one look at the cluster."""

    statuses: Mapping[Key, Status]
    changes: tuple[Change, ...]
    nodes: Mapping[str, NodeView]
    missing: tuple[str, ...] = ()
    """Objects of the stack that do not exist, apart from Deployments."""
    marked: tuple[str, ...] = ()
    """Objects that somebody has deleted and that only a finalizer keeps."""
    unready: Mapping[str, NodeView] = field(default_factory=dict)
    """The nodes that have not settled."""
    scales: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """Deployments to scale back: the uid and the replicas, by name."""

    @property
    def complete(self) -> bool:
        """Whether every node has settled and every object exists."""
        return not self.unready and not self.missing

    @property
    def hopeless(self) -> bool:
        """Whether waiting does not help."""
        return not self.complete and all(node.hopeless for node in self.unready.values())

    def summary(self) -> dict[str, dict[str, dict[str, Any]]]:
        """The statuses by kind and name, without the time and checksum of the last change."""
        result: dict[str, dict[str, dict[str, Any]]] = {}
        for (kind, name), status in self.statuses.items():
            shown = {key: value for key, value in status.items() if key not in _UPDATED}
            result.setdefault(kind, {})[name] = shown
        return result

    def findings(self) -> Iterator[str]:
        """What a preview tells: what differs from the stack, in words."""
        yield from self.missing
        yield from self.marked
        yield from (f"node {name} is not ready: {node.problem}" for name, node in self.unready.items())
        yield from (change.visible for change in self.changes if change.visible)


def decide(desired: DesiredFleet, seen: Snapshot) -> Decision:
    """Return the decision; the status of an object that does not exist is left out."""
    views = {
        name: view(
            name,
            enabled=node.enabled,
            deployment=seen.deployments.get(name),
            pods=seen.pods.get(name, ()),
            events=seen.events,
        )
        for name, node in desired.nodes.items()
    }
    wanted = {**dict(_pools(desired)), **dict(_identities(desired, seen)), **dict(_workloads(desired, views, seen))}
    found = {key: live for key in wanted if (live := seen.resource(*key)) is not None}
    statuses = {key: _deleting(wanted[key], found[key]) for key in found}
    return Decision(
        statuses=statuses,
        changes=tuple(change for key, live in found.items() if (change := _change(key, live, statuses[key]))),
        nodes=views,
        missing=tuple(_missing(wanted, found, desired, seen)),
        marked=tuple(_marked(found, desired, seen)),
        unready={name: node for name, node in views.items() if not node.settled},
        scales={
            name: (seen.deployments[name]["metadata"]["uid"], node.replicas)
            for name, node in views.items()
            if node.replicas is not None
        },
    )


def _pools(desired: DesiredFleet) -> Iterator[tuple[Key, Status]]:
    users = desired.users
    for name, pool in desired.pools.items():
        locked = sum(identity in users for identity in pool.identities)
        status = pool_status(desired=len(pool.identities), usable=pool.usable, locked=locked, stamp=pool.stamp)
        yield (names.POOL_KIND, name), status


def _identities(desired: DesiredFleet, seen: Snapshot) -> Iterator[tuple[Key, Status]]:
    users = desired.users
    for pool in desired.pools.values():
        for identity in pool.identities:
            lost = _volume_problem(identity, seen) is not None
            yield (names.IDENTITY_KIND, identity), identity_status(users.get(identity), lost=lost)


def _workloads(desired: DesiredFleet, views: Mapping[str, NodeView], seen: Snapshot) -> Iterator[tuple[Key, Status]]:
    phases = {name: views[name].phase(enabled=node.enabled) for name, node in desired.nodes.items()}
    for name, node in desired.nodes.items():
        yield (names.NODE_KIND, name), node_status(phases[name], node.identity, node.stamp)
    for name, cluster in desired.clusters.items():
        of_nodes = [
            phases[node] if seen.resource(names.NODE_KIND, node) is not None else "Failed" for node in cluster.nodes
        ]
        yield (names.CLUSTER_KIND, name), cluster_status(of_nodes, enabled=cluster.enabled, stamp=cluster.stamp)


def _deleting(status: Status, live: Object) -> Status:
    return {**status, "phase": "Deleting"} if live["metadata"].get("deletionTimestamp") else status


def _change(key: Key, live: Object, status: Status) -> Change | None:
    kind, name = key
    metadata, current = live["metadata"], live.get("status") or {}
    existing = metadata.get("finalizers") or []
    # The API server accepts no new finalizer on an object that is being deleted.
    wants_finalizer = names.FINALIZER in existing or not metadata.get("deletionTimestamp")
    finalizers = (names.FINALIZER,) if wants_finalizer else ()
    superfluous = tuple(sorted(current.keys() - status.keys()))
    visible = ""
    if current.get("phase"):
        differing = [field for field in status if field not in _UPDATED and current.get(field) != status[field]]
        if differing:
            shown = ", ".join(f"{field} {current.get(field)} → {status[field]}" for field in differing)
            visible = f"{kind} {name}: the status is out of date: {shown}"
        elif superfluous:
            visible = f"{kind} {name}: the status has fields that do not belong to it: {', '.join(superfluous)}"
        elif finalizers and names.FINALIZER not in existing:
            visible = f"{kind} {name}: the finalizer {names.FINALIZER} is missing"
    equal = all(current.get(field) == value for field, value in status.items())
    if equal and not superfluous and set(finalizers) <= set(existing) and _is_owned(metadata):
        return None
    return Change(kind, name, metadata["uid"], status, finalizers, superfluous, visible)


def _is_owned(metadata: Mapping[str, Any]) -> bool:
    """A stack of an earlier release has the same status, but Pulumi's patch owns it, which this run deletes."""
    return any(
        entry.get("manager") == FIELD_MANAGER and entry.get("operation") == "Apply"
        for entry in metadata.get("managedFields") or []
    )


def _missing(
    wanted: Mapping[Key, Status], found: Mapping[Key, Object], desired: DesiredFleet, seen: Snapshot
) -> Iterator[str]:
    for kind, name in wanted:
        if (kind, name) not in found:
            yield f"{kind} {name} is missing"
    for pool in desired.pools.values():
        for identity in pool.identities:
            if problem := _volume_problem(identity, seen):
                yield problem


def _volume_problem(identity: str, seen: Snapshot) -> str | None:
    """The claim has the name of the identity."""
    claim = seen.claims.get(identity)
    if claim is None:
        return f"PersistentVolumeClaim {identity} is missing: its node has no database"
    if (claim.get("status") or {}).get("phase") == "Lost":
        return f"PersistentVolumeClaim {identity} has lost its volume"
    return None


def _marked(found: Mapping[Key, Object], desired: DesiredFleet, seen: Snapshot) -> Iterator[str]:
    claims = {
        ("PersistentVolumeClaim", identity): seen.claims[identity]
        for pool in desired.pools.values()
        for identity in pool.identities
        if identity in seen.claims
    }
    for (kind, name), live in {**found, **claims}.items():
        if since := live["metadata"].get("deletionTimestamp"):
            holders = ", ".join(live["metadata"].get("finalizers") or [])
            yield f"{kind} {name} is marked for deletion since {since}; only its finalizers keep it ({holders})"
