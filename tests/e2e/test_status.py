"""Statuses, waiting and repairs: what `FleetStatus` does on a real API server with the real engine."""

from collections.abc import Callable
from typing import Any

from testkit.e2e.fleet import CLUSTER, CUSTOM_RESOURCES, IDENTITIES, POOL, Fleet
from testkit.e2e.lost_state import uids

DELETED, SCALED, EDITED = NODES = [f"{CLUSTER}-{number}" for number in (1, 2, 3)]
LONE, SOUND = "lone", "sound"
UNUSED = IDENTITIES[5]
FINALIZER = "hoprds.hoprnet.org/finalizer"
BROKEN = "broken-9"
READY_WITHIN_S = 20


def three_nodes_of_six_identities(settings: dict[str, Any]) -> None:
    settings["platform"]["deploymentTimeoutS"] = READY_WITHIN_S
    settings["pools"][POOL]["size"] = 6
    settings["clusters"][CLUSTER]["replicas"] = 3


def configure(fleet: Fleet, **values: Any) -> None:
    fleet.edit(lambda settings: settings["clusters"][CLUSTER].update(values))


def single_nodes(**versions: str) -> Callable[[dict[str, Any]], None]:
    """Add nodes without a cluster, by name and version."""

    def change(settings: dict[str, Any]) -> None:
        of_cluster = settings["clusters"][CLUSTER].items()
        common = {key: value for key, value in of_cluster if key not in {"replicas", "forceIdentityName"}}
        settings["nodes"] = {name: {**common, "version": version} for name, version in versions.items()}

    return change


def phases(fleet: Fleet, kind: str = "hoprd") -> dict[str, str]:
    return {name: status["phase"] for name, status in fleet.statuses(kind).items()}


def assert_nothing_to_do(fleet: Fleet) -> None:
    fleet.must("preview", "--expect-no-changes")


def preview_of_changes(fleet: Fleet) -> str:
    """A plain preview, which finds something to do."""
    done = fleet.run("preview", "--expect-no-changes")
    assert done.returncode != 0
    return done.stdout + done.stderr


def test_the_statuses_of_a_fleet_are_true_through_its_life(small_fleet: Callable[..., Fleet]) -> None:
    fleet = small_fleet("status")
    fleet.edit(three_nodes_of_six_identities)
    fleet.must("up")
    changes_of_others_are_reported_and_put_back(fleet)
    disabled_nodes_are_stopped_and_enabled_ones_run_again(fleet)
    nodes_that_never_become_ready_are_named_and_repaired_by_the_next_up(fleet)
    an_object_that_is_marked_for_deletion_is_reported_and_stays(fleet)


def changes_of_others_are_reported_and_put_back(fleet: Fleet) -> None:
    """One Deployment is deleted, another one scaled; a status is edited, another one extended, a finalizer removed."""
    namespace = fleet.stack.namespace
    before, volumes = uids(fleet, "deployment"), uids(fleet, "persistentvolumeclaim")
    fleet.kubectl("delete", "deployment", DELETED, "-n", namespace)
    fleet.kubectl("scale", "deployment", SCALED, "-n", namespace, "--replicas=0")
    patch = '{"metadata":{"finalizers":null},"status":{"phase":"Stopped"}}'
    fleet.kubectl("patch", "hoprd", EDITED, "-n", namespace, "--type=merge", "-p", patch)
    extra = '{"status":{"hoprdNodeName":"x"}}'
    fleet.kubectl("patch", "identityhoprd", UNUSED, "-n", namespace, "--type=merge", "-p", extra)

    shown = preview_of_changes(fleet)
    assert f"Deployment {DELETED} is missing" in shown
    assert f"another client has changed the replicas of Deployment {SCALED} from 1 to 0" in shown
    assert f"Hoprd {EDITED}: the status is out of date: phase Stopped → Running" in shown
    assert f"IdentityHoprd {UNUSED}: the status has fields that do not belong to it: hoprdNodeName" in shown

    fleet.must("up")
    assert phases(fleet) == dict.fromkeys(NODES, "Running")
    assert fleet.statuses("identityhoprd")[UNUSED] == {"phase": "Ready"}
    for kind in CUSTOM_RESOURCES:
        for name, item in fleet.objects(kind).items():
            assert item["metadata"]["finalizers"] == [FINALIZER], name
    after = uids(fleet, "deployment")
    assert after.keys() == before.keys()
    assert {name for name in after if after[name] != before[name]} == {DELETED}
    assert uids(fleet, "persistentvolumeclaim") == volumes
    assert_nothing_to_do(fleet)


def disabled_nodes_are_stopped_and_enabled_ones_run_again(fleet: Fleet) -> None:
    configure(fleet, enabled=False)
    fleet.must("up")
    assert {item["spec"]["replicas"] for item in fleet.objects("deployment").values()} == {0}
    assert fleet.objects("pod") == {}
    assert phases(fleet) == dict.fromkeys(NODES, "Stopped")
    assert fleet.statuses("clusterhoprd")[CLUSTER] == {"phase": "NotScaled", "currentNodes": 0}
    configure(fleet, enabled=True)
    fleet.must("up")
    assert phases(fleet) == dict.fromkeys(NODES, "Running")
    assert fleet.statuses("clusterhoprd")[CLUSTER] == {"phase": "Ready", "currentNodes": 3}
    assert {node["phase"] for node in fleet.outputs()["nodes"].values()} == {"Running"}
    assert_nothing_to_do(fleet)


def nodes_that_never_become_ready_are_named_and_repaired_by_the_next_up(fleet: Fleet) -> None:
    """The nodes of the cluster get a broken version; of two new nodes, one is broken."""
    version, failing = fleet.settings["clusters"][CLUSTER]["version"], [*NODES, LONE]
    fleet.edit(single_nodes(lone=BROKEN, sound=version))
    fleet.edit(lambda settings: settings["platform"].update(deploymentTimeoutS=8))
    configure(fleet, version=BROKEN)
    failed = fleet.run("up")
    shown = failed.stdout + failed.stderr
    assert failed.returncode != 0
    assert "4 of 5 nodes are not ready after" in shown
    for node in failing:
        assert f"{node}: pod {node}-" in shown
    assert "ImagePullBackOff" in shown
    assert "Traceback" not in shown
    assert phases(fleet) == {**dict.fromkeys(failing, "Failed"), SOUND: "Running"}
    assert fleet.statuses("clusterhoprd")[CLUSTER] == {"phase": "Failed", "currentNodes": 0}
    assert "ImagePullBackOff" in preview_of_changes(fleet)

    configure(fleet, version=version)
    fleet.edit(lambda settings: settings["platform"].update(deploymentTimeoutS=READY_WITHIN_S))
    fleet.edit(single_nodes(lone=version, sound=version))
    fleet.must("up")
    assert phases(fleet) == dict.fromkeys((*failing, SOUND), "Running")
    assert fleet.statuses("identitypool")[POOL]["locked"] == 5
    assert_nothing_to_do(fleet)


def an_object_that_is_marked_for_deletion_is_reported_and_stays(fleet: Fleet) -> None:
    """Kubernetes cannot undo the mark."""
    fleet.kubectl("delete", "identityhoprd", UNUSED, "-n", fleet.stack.namespace, "--wait=false")
    assert f"IdentityHoprd {UNUSED} is marked for deletion since" in preview_of_changes(fleet)
    fleet.must("up")
    assert phases(fleet, "identityhoprd")[UNUSED] == "Deleting"
    assert UNUSED in fleet.objects("persistentvolumeclaim")
