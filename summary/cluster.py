"""What happens to keys, volumes, namespaces and nodes. Pure: it compares the state with the configuration."""

from collections.abc import Iterable, Iterator, Mapping

from config.validation.explain import counted
from config.validation.folding import folded
from identity.consent import IDENTITIES, VOLUMES
from summary.entries import Entry, Kind, agreeing
from summary.planned import Planned
from summary.recorded import Recorded


def cluster_entries(recorded: Recorded, planned: Planned, restarting: Iterable[str] = ()) -> Iterator[Entry]:
    """Yield the entries; `restarting` has the nodes whose pods get another template."""
    yield from _keys(recorded, planned)
    yield from _volumes(recorded, planned)
    yield from _namespaces(recorded, planned)
    yield from _databases(recorded, planned)
    yield from _nodes(recorded, planned, frozenset(restarting))


def new_keys(
    nodes: Mapping[str, str | None], planned: Planned, not_searched: Exception | None = None
) -> Iterator[Entry]:
    """Yield the entry of identities whose node is None: their keys are neither in the state nor found elsewhere.

    `not_searched` is the reason if the cluster, which may have keys, was not searched.
    """
    names = tuple(sorted(name for name, node in nodes.items() if node is None))
    if names and not_searched:
        text = (
            f"Problem: the keys of {counted(len(names), 'identity')} are not in the state, and the cluster was not "
            f"searched for them, so the figures count new identities: {not_searched}"
        )
        yield Entry(Kind.PROBLEM, text, names)
    elif names:
        where = "state, cluster and escrow have" if planned.escrowed else "state and cluster have"
        verb = agreeing(names, "gets", "get")
        text = f"{counted(len(names), 'identity')} {verb} new keys, because {where} none: {folded(names)}."
        yield Entry(Kind.KEYS_CREATED, text, names)


def _keys(recorded: Recorded, planned: Planned) -> Iterator[Entry]:
    removed = tuple(sorted(recorded.keys.keys() - planned.identities))
    if removed:
        copies = "the escrow keeps its copies" if planned.escrowed else "no escrow has a copy"
        yield Entry(
            Kind.KEYS,
            f"The keys of {counted(len(removed), 'identity')} leave the state, unless they are protected "
            f"(protectKeys); {copies}: {folded(removed)}.",
            removed,
            IDENTITIES,
        )


def _volumes(recorded: Recorded, planned: Planned) -> Iterator[Entry]:
    gone = {
        name: volume
        for name, volume in recorded.volumes.items()
        if name not in planned.in_service or _is_replaced(recorded, planned, name)
    }
    deleted = tuple(sorted(name for name, volume in gone.items() if not volume.retained))
    retained = tuple(sorted(name for name, volume in gone.items() if volume.retained))
    if deleted:
        yield Entry(
            Kind.VOLUMES_DELETED,
            f"{counted(len(deleted), 'volume')} with the nodes' databases {agreeing(deleted, 'is', 'are')} deleted: "
            f"{folded(deleted)}.",
            deleted,
            VOLUMES,
        )
    if retained:
        where = ", ".join(sorted({gone[name].namespace for name in retained}))
        yield Entry(
            Kind.RETAINED,
            f"{counted(len(retained), 'volume')} {agreeing(retained, 'stays', 'stay')} in namespace {where} "
            f"(retainVolumes): {folded(retained)}.",
            retained,
        )


def _namespaces(recorded: Recorded, planned: Planned) -> Iterator[Entry]:
    owned = {planned.namespace} if planned.owns_namespace else set()
    kept = {volume.namespace for volume in recorded.volumes.values() if volume.retained}
    for namespace in sorted(recorded.namespaces - owned):
        if namespace in kept:
            text = f"Namespace {namespace} stays, with the volumes in it."
            yield Entry(Kind.RETAINED, text, (namespace,))
        elif planned.namespace is not None:
            text = f"Namespace {namespace} stays until a destroy of the stack, which deletes it if it is empty."
            yield Entry(Kind.RETAINED, text, (namespace,))
        else:
            text = f"Namespace {namespace} is deleted if this stack created it and nothing of others is in it."
            yield Entry(Kind.NAMESPACE_DELETED, text, (namespace,), VOLUMES)


def _databases(recorded: Recorded, planned: Planned) -> Iterator[Entry]:
    empty = tuple(
        sorted(name for name in planned.in_service & recorded.volumes.keys() if _is_replaced(recorded, planned, name))
    )
    if empty:
        yield Entry(
            Kind.EMPTY_DATABASES,
            f"{counted(len(empty), 'database')} {agreeing(empty, 'starts', 'start')} empty, on a new volume in "
            f"namespace {planned.namespace}, unless that namespace already has the volume: {folded(empty)}.",
            empty,
        )


def _is_replaced(recorded: Recorded, planned: Planned, identity: str) -> bool:
    """Whether the identity gets another volume: namespace and storage class of a claim never change."""
    volume = recorded.volumes[identity]
    other_class = planned.storage_class is not None and planned.storage_class != volume.storage_class
    return volume.namespace != planned.namespace or other_class


def _is_moved(recorded: Recorded, planned: Planned, identity: str | None) -> bool:
    volume = recorded.volumes.get(identity or "")
    return volume is not None and volume.namespace != planned.namespace


def _nodes(recorded: Recorded, planned: Planned, restarting: frozenset[str]) -> Iterator[Entry]:
    before, after = recorded.nodes, planned.versions
    removed, created = before.keys() - after.keys(), after.keys() - before.keys()
    stopped = {name for name, node in before.items() if node.enabled and name in after.keys() - planned.enabled}
    moved = {name for name in planned.enabled & before.keys() if _is_moved(recorded, planned, before[name].identity)}
    running = {name for name in restarting & planned.enabled if name in before and before[name].enabled} - moved
    started = {name for name in planned.enabled & before.keys() if not before[name].enabled} - moved
    if removed:
        yield _about_nodes(Kind.NODES_REMOVED, removed, "is removed", "are removed")
    if stopped:
        yield _about_nodes(Kind.NODES_STOPPED, stopped, "stops", "stop")
    if moved:
        to = f"to namespace {planned.namespace} and"
        yield _about_nodes(Kind.NODES_RESTARTED, moved, f"moves {to} starts anew", f"move {to} start anew")
    if running:
        changes = _version_changes({name: before[name].version for name in running}, after)
        yield _about_nodes(Kind.NODES_RESTARTED, running, "restarts", "restart", changes)
    if created or started:
        yield _about_nodes(Kind.NODES_CREATED, created | started, "starts", "start")


def _about_nodes(kind: Kind, names: Iterable[str], one: str, many: str, more: str = "") -> Entry:
    nodes = tuple(sorted(names))
    return Entry(kind, f"{counted(len(nodes), 'node')} {agreeing(nodes, one, many)}: {folded(nodes)}{more}.", nodes)


def _version_changes(before: Mapping[str, str | None], after: Mapping[str, str]) -> str:
    changes = sorted({(old, after[name]) for name, old in before.items() if old and old != after[name]})
    return f" (version {', '.join(f'{old} → {new}' for old, new in changes)})" if changes else ""
