"""Statuses, waiting and repairs: what `FleetStatus` does on a real API server with the real engine."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from devnet.home import Home
from devnet.info import DevnetInfo
from testkit.e2e.fleet import CLUSTER, IDENTITIES, POOL, Fleet

NODES = [f"{CLUSTER}-{number}" for number in range(1, 8)]
FINALIZER = "hoprds.hoprnet.org/finalizer"
KINDS = ("identitypool", "identityhoprd", "clusterhoprd", "hoprd")
PATIENCE_S = 120


@pytest.fixture(scope="module")
def created(devnet_home: Home, devnet: DevnetInfo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    fleet = Fleet.create(devnet_home, devnet, tmp_path_factory.mktemp("stack"), "status")
    fleet.edit(lambda settings: settings["platform"].update(namespace="status", deploymentTimeoutS=20))
    fleet.must("up")
    configured = fleet.stack.source.read_text()
    yield fleet
    fleet.stack.source.write_text(configured)
    fleet.must("destroy")
    for kind in KINDS:
        assert fleet.objects(kind) == {}


@pytest.fixture
def fleet(created: Fleet, request: pytest.FixtureRequest) -> Iterator[Fleet]:
    """The fleet of five running nodes."""
    configured = created.stack.source.read_text()
    yield created
    if created.stack.source.read_text() != configured:
        created.stack.source.write_text(configured)
        created.must("up")


def configure(fleet: Fleet, **values: Any) -> None:
    fleet.edit(lambda settings: settings["clusters"][CLUSTER].update(values))


def phases(fleet: Fleet, kind: str = "hoprd") -> dict[str, str]:
    return {name: status["phase"] for name, status in fleet.statuses(kind).items()}


def printed(fleet: Fleet, operation: str, *arguments: str) -> tuple[int, str]:
    done = fleet.run(operation, *arguments)
    return done.returncode, done.stdout + done.stderr


def uids(fleet: Fleet, kind: str) -> dict[str, str]:
    return {name: item["metadata"]["uid"] for name, item in fleet.objects(kind).items()}


def test_a_refresh_right_after_an_up_changes_no_status(fleet: Fleet) -> None:
    shown = fleet.must("refresh", "--diff")
    for name in ("fleet-status", "fleet-finalizers", "presence"):
        assert f"hoprd:FleetStatus {name}" not in shown, shown
        assert not any(line.strip().startswith("~") and name in line for line in shown.splitlines()), shown


def test_disabled_nodes_are_stopped_and_enabled_ones_run_again(fleet: Fleet) -> None:
    configure(fleet, enabled=False)
    fleet.must("up")
    assert phases(fleet) == dict.fromkeys(NODES[:5], "Stopped")
    assert fleet.statuses("clusterhoprd")[CLUSTER] == {"phase": "NotScaled", "currentNodes": 0}
    assert fleet.objects("pod") == {}
    configure(fleet, enabled=True)
    fleet.must("up")
    assert phases(fleet) == dict.fromkeys(NODES[:5], "Running")
    assert fleet.statuses("clusterhoprd")[CLUSTER] == {"phase": "Ready", "currentNodes": 5}
    assert {node["phase"] for node in fleet.outputs()["nodes"].values()} == {"Running"}
    fleet.must("preview", "--expect-no-changes")


def test_after_a_broken_version_every_status_is_true_and_the_next_up_repairs(fleet: Fleet) -> None:
    version = fleet.settings["clusters"][CLUSTER]["version"]
    fleet.edit(lambda settings: settings["platform"].update(deploymentTimeoutS=6))
    configure(fleet, version="broken-9")
    code, shown = printed(fleet, "up")
    assert code != 0
    assert "5 of 5 nodes are not ready after" in shown
    for node in NODES[:5]:
        assert f"{node}: pod {node}-" in shown
    assert "ImagePullBackOff" in shown
    assert "Traceback" not in shown
    assert phases(fleet) == dict.fromkeys(NODES[:5], "Failed")
    assert fleet.statuses("clusterhoprd")[CLUSTER] == {"phase": "Failed", "currentNodes": 0}

    code, shown = printed(fleet, "preview", "--expect-no-changes")
    assert code != 0
    assert "ImagePullBackOff" in shown, "a plain preview tells it"
    configure(fleet, version=version)
    fleet.must("up")
    assert phases(fleet) == dict.fromkeys(NODES[:5], "Running")
    fleet.must("preview", "--expect-no-changes")


def test_a_deleted_deployment_is_named_by_a_plain_preview_and_created_again(fleet: Fleet) -> None:
    others, volumes = uids(fleet, "deployment"), uids(fleet, "persistentvolumeclaim")
    gone = NODES[1]
    fleet.kubectl("delete", "deployment", gone, "-n", fleet.stack.namespace)
    code, shown = printed(fleet, "preview", "--expect-no-changes")
    assert code != 0
    assert f"Deployment {gone} is missing" in shown
    fleet.must("up")
    assert phases(fleet) == dict.fromkeys(NODES[:5], "Running")
    now = uids(fleet, "deployment")
    assert now.keys() == others.keys()
    assert {name for name in now if now[name] != others[name]} == {gone}
    assert uids(fleet, "persistentvolumeclaim") == volumes
    fleet.must("preview", "--expect-no-changes")


def test_a_deployment_that_somebody_has_scaled_is_told_and_scaled_back(fleet: Fleet) -> None:
    fleet.kubectl("scale", "deployment", NODES[2], "-n", fleet.stack.namespace, "--replicas=0")
    code, shown = printed(fleet, "preview", "--expect-no-changes")
    assert code != 0
    assert f"another client has changed the replicas of Deployment {NODES[2]} from 1 to 0" in shown
    fleet.must("up")
    assert phases(fleet) == dict.fromkeys(NODES[:5], "Running")
    fleet.must("preview", "--expect-no-changes")


def test_an_edited_status_and_a_removed_finalizer_are_reported_and_put_back(fleet: Fleet) -> None:
    namespace = fleet.stack.namespace
    patch = '{"metadata":{"finalizers":null},"status":{"phase":"Stopped"}}'
    fleet.kubectl("patch", "hoprd", NODES[0], "-n", namespace, "--type=merge", "-p", patch)
    extra = '{"status":{"hoprdNodeName":"x"}}'
    fleet.kubectl("patch", "identityhoprd", IDENTITIES[6], "-n", namespace, "--type=merge", "-p", extra)
    code, shown = printed(fleet, "preview", "--expect-no-changes")
    assert code != 0
    assert f"Hoprd {NODES[0]}: the status is out of date: phase Stopped → Running" in shown
    assert f"IdentityHoprd {IDENTITIES[6]}: the status has fields that do not belong to it: hoprdNodeName" in shown
    fleet.must("up")
    assert phases(fleet)[NODES[0]] == "Running"
    assert fleet.statuses("identityhoprd")[IDENTITIES[6]] == {"phase": "Ready"}
    for kind in KINDS:
        for name, item in fleet.objects(kind).items():
            assert item["metadata"]["finalizers"] == [FINALIZER], name
    fleet.must("preview", "--expect-no-changes")


def test_scaling_removes_the_finalizers_of_removed_nodes_alone(fleet: Fleet) -> None:
    for replicas in (7, 3, 5):
        configure(fleet, replicas=replicas)
        fleet.must("up")
        assert phases(fleet) == dict.fromkeys(NODES[:replicas], "Running")
        assert fleet.statuses("clusterhoprd")[CLUSTER] == {"phase": "Ready", "currentNodes": replicas}
        assert fleet.statuses("identitypool")[POOL] == {"phase": "Ready", "size": 7, "locked": replicas}
        fleet.must("preview", "--expect-no-changes")


def test_an_object_that_is_marked_for_deletion_is_reported_and_stays(small_fleet: Callable[..., Fleet]) -> None:
    """Kubernetes cannot undo the mark, so the fleet is one of its own."""
    fleet = small_fleet("marked")
    fleet.must("up")
    marked = IDENTITIES[1]
    fleet.kubectl("delete", "identityhoprd", marked, "-n", fleet.stack.namespace, "--wait=false")
    assert f"IdentityHoprd {marked} is marked for deletion since" in fleet.must("preview")
    fleet.must("up")
    assert phases(fleet, "identityhoprd")[marked] == "Deleting"
    assert marked in fleet.objects("persistentvolumeclaim")


def test_a_stack_whose_first_up_was_killed_while_it_waited_can_be_destroyed(
    devnet_home: Home, devnet: DevnetInfo, tmp_path: Path
) -> None:
    fleet = Fleet.create(devnet_home, devnet, tmp_path, "killed-waiting")

    def broken(settings: dict[str, Any]) -> None:
        settings["platform"].update(namespace="killed-waiting", deploymentTimeoutS=PATIENCE_S)
        settings["pools"][POOL]["size"] = 2
        settings["clusters"][CLUSTER].update(replicas=1, version="broken-9")

    fleet.edit(broken)
    process = fleet.start("up")
    deadline = time.monotonic() + PATIENCE_S
    while "Failed" not in phases_or_none(fleet).values():
        assert process.poll() is None, "up ended before it waited"
        assert time.monotonic() < deadline, "up wrote no status"
        time.sleep(0.5)
    started = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    psutil.wait_procs(started, timeout=10)
    assert phases(fleet) == {NODES[0]: "Failed"}

    fleet.must("destroy")
    for kind in KINDS:
        assert fleet.objects(kind) == {}


def phases_or_none(fleet: Fleet) -> dict[str, str]:
    """The phases while the first `up` runs: definitions, namespace and statuses may not exist yet."""
    try:
        return {name: status.get("phase", "") for name, status in fleet.statuses("hoprd").items()}
    except subprocess.CalledProcessError:
        return {}
