"""From a snapshot to statuses, changes and words."""

import copy
from dataclasses import replace
from typing import Any

import pytest

from components.manifests import names
from components.status.decide import Decision, decide
from components.status.observe import Snapshot
from testkit.status.objects import MARKED, STOPPED, UNAVAILABLE, deployment, fleet, pod, settled, unwritten, waiting

POOL, IDENTITY, CLUSTER, NODE = names.POOL_KIND, names.IDENTITY_KIND, names.CLUSTER_KIND, names.NODE_KIND


def phases(decision: Decision) -> dict[str, str]:
    return {name: str(status["phase"]) for (_, name), status in decision.statuses.items()}


def with_resource(seen: Snapshot, kind: str, name: str, **groups: dict[str, Any] | None) -> Snapshot:
    """Change `metadata` or `status` of a custom resource; None removes a key."""
    resources = copy.deepcopy({kind: dict(found) for kind, found in seen.resources.items()})
    live = dict(resources[kind][name])
    for group, change in groups.items():
        merged = {**live.get(group, {}), **(change or {})}
        live[group] = {key: value for key, value in merged.items() if value is not None}
    resources[kind][name] = live
    return replace(seen, resources=resources)


def without(seen: Snapshot, kind: str, name: str) -> Snapshot:
    resources = {
        of: {key: live for key, live in found.items() if (of, key) != (kind, name)}
        for of, found in seen.resources.items()
    }
    return replace(seen, resources=resources)


def test_a_settled_fleet_needs_no_write_and_no_word() -> None:
    desired = fleet()
    decision = decide(desired, settled(desired))
    assert decision.changes == ()
    assert list(decision.findings()) == []
    assert decision.complete
    assert phases(decision) == {
        "p": "Ready", "p-1": "InUse", "p-2": "InUse", "p-3": "Ready", "c": "Ready", "c-1": "Running", "c-2": "Running",
    }  # fmt: skip
    assert decision.summary()[POOL] == {"p": {"phase": "Ready", "size": 3, "locked": 2}}
    assert decision.summary()[IDENTITY]["p-1"] == {"phase": "InUse", "hoprdNodeName": "c-1"}


def test_a_disabled_fleet_is_stopped() -> None:
    desired = fleet(enabled=False)
    decision = decide(desired, settled(desired))
    assert decision.complete
    assert (phases(decision)["c"], phases(decision)["c-1"]) == ("NotScaled", "Stopped")


def test_new_resources_get_status_and_finalizer() -> None:
    desired = fleet()
    decision = decide(desired, unwritten(desired))
    assert {(change.kind, change.name) for change in decision.changes} == set(desired.resources())
    assert all(change.finalizers == (names.FINALIZER,) for change in decision.changes)
    assert list(decision.findings()) == [], "a status that was never written is not drift"


def test_after_a_broken_version_no_status_says_running() -> None:
    desired = fleet()
    broken = replace(
        settled(desired),
        deployments={name: deployment(name, UNAVAILABLE) for name in desired.nodes},
        pods={name: (pod(name, waiting("ImagePullBackOff", "no such image")),) for name in desired.nodes},
    )
    decision = decide(desired, broken)
    assert (phases(decision)["c"], phases(decision)["c-1"], phases(decision)["c-2"]) == ("Failed", "Failed", "Failed")
    assert decision.statuses[CLUSTER, "c"]["currentNodes"] == 0
    assert not decision.complete
    assert not decision.hopeless
    assert "node c-1 is not ready: pod c-1-pod: container hoprd: ImagePullBackOff: no such image" in decision.findings()
    assert "Hoprd c-1: the status is out of date: phase Running → Failed" in decision.findings()


def test_one_failing_node_fails_its_cluster_and_counts_the_others() -> None:
    desired = fleet(3)
    seen = settled(desired)
    pods = {**seen.pods, "c-2": (pod("c-2", waiting("CrashLoopBackOff")),)}
    decision = decide(desired, replace(seen, pods=pods))
    assert decision.statuses[CLUSTER, "c"] == {
        "phase": "Failed", "currentNodes": 2, "updateTimestamp": "2026-01-01T00:00:00Z", "checksum": "abc",
    }  # fmt: skip


def test_a_missing_deployment_is_told_and_is_hopeless() -> None:
    desired = fleet()
    seen = settled(desired)
    decision = decide(desired, replace(seen, deployments={"c-2": seen.deployments["c-2"]}))
    assert "node c-1 is not ready: Deployment c-1 is missing" in decision.findings()
    assert decision.hopeless
    assert phases(decision)["c-1"] == "Failed"


@pytest.mark.parametrize(("kind", "name"), [(POOL, "p"), (IDENTITY, "p-3"), (CLUSTER, "c"), (NODE, "c-1")])
def test_a_missing_custom_resource_is_told_and_never_written(kind: str, name: str) -> None:
    desired = fleet()
    decision = decide(desired, without(settled(desired), kind, name))
    assert f"{kind} {name} is missing" in decision.findings()
    assert (kind, name) not in decision.statuses
    assert not decision.complete


def test_a_cluster_without_one_of_its_nodes_is_not_ready() -> None:
    desired = fleet()
    assert phases(decide(desired, without(settled(desired), NODE, "c-1")))["c"] == "Failed"


def test_a_missing_or_lost_volume_fails_its_identity() -> None:
    desired = fleet()
    seen = settled(desired)
    lost = {"metadata": {"name": "p-2"}, "status": {"phase": "Lost"}}
    decision = decide(desired, replace(seen, claims={"p-2": lost, "p-3": seen.claims["p-3"]}))
    assert {name: phases(decision)[name] for name in ("p-1", "p-2", "p-3")} == {
        "p-1": "Failed", "p-2": "Failed", "p-3": "Ready",
    }  # fmt: skip
    assert list(decision.missing) == [
        "PersistentVolumeClaim p-1 is missing: its node has no database",
        "PersistentVolumeClaim p-2 has lost its volume",
    ]


@pytest.mark.parametrize(("kind", "name"), [(POOL, "p"), (IDENTITY, "p-1"), (CLUSTER, "c"), (NODE, "c-1")])
def test_a_resource_that_is_marked_for_deletion_says_so(kind: str, name: str) -> None:
    desired = fleet()
    decision = decide(desired, with_resource(settled(desired), kind, name, metadata={"deletionTimestamp": MARKED}))
    assert decision.statuses[kind, name]["phase"] == "Deleting"
    (marked,) = decision.marked
    assert (
        marked
        == f"{kind} {name} is marked for deletion since {MARKED}; only its finalizers keep it ({names.FINALIZER})"
    )
    assert decision.complete, "nothing of it can be undone, so no run fails because of it"


def test_a_finalizer_is_never_added_to_a_resource_that_is_being_deleted() -> None:
    """The API server would reject the request."""
    desired = fleet()
    marked = {"deletionTimestamp": MARKED, "finalizers": ["foregroundDeletion"]}
    (change,) = decide(desired, with_resource(settled(desired), NODE, "c-1", metadata=marked)).changes
    assert change.finalizers == ()


def test_a_volume_that_is_marked_for_deletion_is_told() -> None:
    desired = fleet()
    seen = settled(desired)
    marked = {"metadata": {"name": "p-1", "deletionTimestamp": MARKED, "finalizers": ["kubernetes.io/pvc-protection"]}}
    (finding,) = decide(desired, replace(seen, claims={**seen.claims, "p-1": {**marked, "status": {}}})).marked
    assert finding.startswith("PersistentVolumeClaim p-1 is marked for deletion")


def test_a_status_of_another_field_manager_is_taken_over_without_a_word() -> None:
    """Pulumi's patch of an earlier release owns it, and this run deletes that patch."""
    desired = fleet()
    patch = {"managedFields": [{"manager": "pulumi-kubernetes-1a2b", "operation": "Apply"}]}
    decision = decide(desired, with_resource(settled(desired), NODE, "c-1", metadata=patch))
    (change,) = decision.changes
    assert (change.kind, change.name, change.visible) == (NODE, "c-1", "")
    assert list(decision.findings()) == []


def test_a_removed_finalizer_is_told_and_put_back() -> None:
    desired = fleet()
    decision = decide(desired, with_resource(settled(desired), CLUSTER, "c", metadata={"finalizers": None}))
    (change,) = decision.changes
    assert change.finalizers == (names.FINALIZER,)
    assert change.visible == f"ClusterHoprd c: the finalizer {names.FINALIZER} is missing"


def test_an_edited_status_is_told_and_written() -> None:
    desired = fleet()
    edited = with_resource(settled(desired), POOL, "p", status={"size": 9, "phase": "Failed"})
    (change,) = decide(desired, edited).changes
    assert change.visible == "IdentityPool p: the status is out of date: phase Failed → Ready, size 9 → 3"
    assert change.superfluous == ()


def test_a_field_that_a_status_must_not_have_is_removed() -> None:
    desired = fleet()
    edited = with_resource(settled(desired), IDENTITY, "p-3", status={"hoprdNodeName": "c-9"})
    (change,) = decide(desired, edited).changes
    assert change.superfluous == ("hoprdNodeName",)
    assert change.visible == "IdentityHoprd p-3: the status has fields that do not belong to it: hoprdNodeName"


def test_the_time_of_the_last_change_alone_is_written_without_a_word() -> None:
    desired = fleet()
    edited = with_resource(settled(desired), NODE, "c-1", status={"checksum": "old"})
    (change,) = decide(desired, edited).changes
    assert change.visible == ""


def test_more_nodes_than_usable_identities_are_out_of_sync() -> None:
    desired = fleet()
    short = replace(desired, pools={"p": replace(desired.pools["p"], usable=1)})
    assert phases(decide(short, settled(short)))["p"] == "OutOfSync"


def test_a_node_that_still_stops_is_told() -> None:
    desired = fleet(1, enabled=False)
    seen = settled(desired)
    decision = decide(
        desired, replace(seen, deployments={"c-1": deployment("c-1", STOPPED, replicas=0)}, pods={"c-1": (pod("c-1"),)})
    )
    assert "node c-1 is not ready: pod c-1-pod still exists" in decision.findings()
