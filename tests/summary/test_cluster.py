"""What the summary says of keys, volumes, namespaces and nodes."""

from dataclasses import replace

import pytest

from identity.keys.fingerprint import NodeIds
from summary.cluster import cluster_entries, new_keys
from summary.entries import Kind, Summary
from summary.planned import Planned
from summary.recorded import Recorded, RecordedKeys, RecordedNode, RecordedVolume
from testkit.manifests import samples

POOL, CLUSTER = samples.POOL_NAME, samples.CLUSTER_NAME
IDENTITIES = [f"{POOL}-{number}" for number in range(1, 8)]
NODES = [f"{CLUSTER}-{number}" for number in range(1, 6)]
PLANNED = Planned.of(samples.settings())


def recorded(*, retained: bool = False) -> Recorded:
    """The state after the example of the golden files was created."""
    volume = RecordedVolume(samples.NAMESPACE, "standard-rwo", "5Gi", retained)
    return Recorded(
        keys={name: RecordedKeys(f"0x{name}", f"peer-{name}") for name in IDENTITIES},
        volumes=dict.fromkeys(IDENTITIES, volume),
        namespaces=frozenset({samples.NAMESPACE}),
        nodes={
            name: RecordedNode(identity, "peer", "2.1.0", "203.0.113.10", enabled=True, template={})
            for name, identity in zip(NODES, IDENTITIES, strict=False)
        },
    )


def lines(before: Recorded, after: Planned, *restarting: str) -> dict[str, str]:
    return {entry.kind.key: entry.text for entry in Summary.of(cluster_entries(before, after, restarting)).entries}


def test_an_unchanged_stack_has_no_entry() -> None:
    assert lines(recorded(), PLANNED) == {}


def test_the_first_run_only_starts_nodes() -> None:
    assert lines(Recorded(), PLANNED) == {"nodesCreated": f"5 nodes start: {CLUSTER}-1…5."}


def test_identities_without_keys_are_named_unless_the_cluster_may_have_them() -> None:
    nodes = {IDENTITIES[0]: "0x1", IDENTITIES[1]: None, IDENTITIES[2]: None}
    (entry,) = new_keys(nodes, PLANNED)
    assert entry.kind is Kind.KEYS_CREATED
    assert entry.text == f"2 identities get new keys, because state and cluster have none: {POOL}-2…3."
    (entry,) = new_keys(nodes, replace(PLANNED, escrowed=True))
    assert "because state, cluster and escrow have none" in entry.text
    (entry,) = new_keys(nodes, PLANNED, Exception("platform: the cluster does not respond"))
    assert entry.kind is Kind.PROBLEM
    assert entry.text == (
        "Problem: the keys of 2 identities are not in the state, and the cluster was not searched for them, so the "
        "figures count new identities: platform: the cluster does not respond"
    )
    assert not [*new_keys({IDENTITIES[0]: "0x1"}, PLANNED, Exception("silent"))]


def test_found_keys_are_those_of_the_state_in_every_entry() -> None:
    found = Recorded().with_keys({IDENTITIES[0]: NodeIds("0x1", "peer")})
    assert found.keys == {IDENTITIES[0]: RecordedKeys("0x1", "peer")}
    assert recorded().with_keys({}) == recorded()


def test_an_emptied_stack_deletes_keys_volumes_and_nodes() -> None:
    after = replace(PLANNED, identities=frozenset(), in_service=frozenset(), versions={}, enabled=frozenset())
    found = lines(recorded(), after)
    assert found.keys() == {"keys", "volumesDeleted", "nodesRemoved"}
    assert found["volumesDeleted"] == f"7 volumes with the nodes' databases are deleted: {POOL}-1…7."
    without = f"The keys of 7 identities leave the state, unless they are protected (protectKeys); %s: {POOL}-1…7."
    assert found["keys"] == without % "no escrow has a copy"
    assert lines(recorded(), replace(after, escrowed=True))["keys"] == without % "the escrow keeps its copies"


def test_a_destroy_deletes_the_namespace_or_keeps_it_with_the_volumes() -> None:
    text = "Namespace rotsee is deleted if this stack created it and nothing of others is in it."
    assert lines(recorded(), Planned())["namespaceDeleted"] == text
    kept = Summary.of(cluster_entries(recorded(retained=True), Planned()))
    assert Kind.NAMESPACE_DELETED not in {entry.kind for entry in kept.entries}
    assert "Namespace rotsee stays, with the volumes in it." in kept.lines


@pytest.mark.parametrize(
    "change", [{"namespace": "other"}, {"storage_class": "fast"}], ids=["namespace", "storage class"]
)
def test_replaced_volumes_are_deleted_and_databases_start_empty(change: dict[str, str]) -> None:
    found = lines(recorded(), replace(PLANNED, **change))  # type: ignore[arg-type]
    assert found["volumesDeleted"].startswith("7 volumes")
    assert found["emptyDatabases"].startswith("7 databases start empty")


def test_in_another_namespace_enabled_nodes_start_anew() -> None:
    after = replace(PLANNED, namespace="other", enabled=frozenset(NODES[:3]), versions=dict.fromkeys(NODES, "2.2.0"))
    found = lines(recorded(), after, *NODES)
    assert found["retained"] == "Namespace rotsee stays until a destroy of the stack, which deletes it if it is empty."
    assert "namespaceDeleted" not in found
    assert found["nodesRestarted"] == f"3 nodes move to namespace other and start anew: {CLUSTER}-1…3."
    assert "nodesCreated" not in found


def test_restarts_name_the_change_of_the_version() -> None:
    after = replace(PLANNED, versions=dict.fromkeys(NODES, "2.2.0"))
    assert (
        lines(recorded(), after, *NODES)["nodesRestarted"] == f"5 nodes restart: {CLUSTER}-1…5 (version 2.1.0 → 2.2.0)."
    )


def test_stopped_nodes_do_not_restart() -> None:
    after = replace(PLANNED, enabled=frozenset())
    assert lines(recorded(), after, *NODES) == {"nodesStopped": f"5 nodes stop: {CLUSTER}-1…5."}


def test_unattended_deletions_need_permissions() -> None:
    entries = list(cluster_entries(recorded(), Planned()))
    assert {entry.kind: entry.permission for entry in entries if entry.permission} == {
        Kind.KEYS: "identities",
        Kind.VOLUMES_DELETED: "volumes",
        Kind.NAMESPACE_DELETED: "volumes",
    }
