"""What a stack owns in the cluster, and what it leaves: objects of others, namespaces, retained volumes."""

import json
import time
from collections.abc import Callable

import psutil
import pytest

from testkit.e2e.fleet import CLUSTER, POOL, Fleet
from testkit.e2e.killing import kill_all
from testkit.e2e.lost_state import uids

PATIENCE_S = 300
STACK = "hoprds.hoprnet.org/stack"


def namespace_uid(fleet: Fleet) -> str:
    return fleet.kubectl(
        "get", "namespace", fleet.stack.namespace, "--ignore-not-found", "-o", "jsonpath={.metadata.uid}"
    )


def port_map(fleet: Fleet, protocol: str) -> dict[str, str]:
    data: dict[str, str] = fleet.objects("configmap", "ingress-nginx")[f"ingress-nginx-{protocol}"]["data"]
    return data


def patch(fleet: Fleet, entries: dict[str, str | None]) -> None:
    """Change the TCP port map as somebody else; None removes an entry."""
    change = json.dumps({"data": entries})
    fleet.kubectl("patch", "configmap", "ingress-nginx-tcp", "-n", "ingress-nginx", "--type=merge", "-p", change)


def retain(fleet: Fleet) -> None:
    fleet.edit(lambda settings: settings["pools"][POOL].update(retainVolumes=True))


def test_what_existed_before_is_used_named_and_left(small_fleet: Callable[..., Fleet]) -> None:
    fleet = small_fleet("guest")
    fleet.stack.prepare()
    fleet.kubectl("create", "namespace", "guest")
    fleet.kubectl("create", "service", "clusterip", f"{CLUSTER}-1", "--tcp=80", "-n", "guest")
    sent, existing = fleet.transactions_of_the_wallet(), namespace_uid(fleet)

    for operation in ("preview", "up"):
        refused = fleet.run(operation)
        assert refused.returncode != 0
        message = f"namespace guest already has Service {CLUSTER}-1 of field manager kubectl-create: choose another"
        assert message in refused.stdout
    assert fleet.transactions_of_the_wallet() == sent
    made = {one["type"] for one in fleet.resources()}
    assert not [kind for kind in made if kind.startswith("kubernetes:") or kind.endswith((":NodeKeys", ":PoolOnChain"))]

    fleet.kubectl("delete", "service", f"{CLUSTER}-1", "-n", "guest")
    fleet.kubectl("create", "secret", "generic", "theirs", "-n", "guest")
    retain(fleet)
    assert "namespace guest exists already: it is used, and a destroy leaves it" in fleet.must("up")
    volumes = uids(fleet, "persistentvolumeclaim")
    assert len(volumes) == 2
    assert not [one for one in fleet.objects("persistentvolumeclaim").values() if "ownerReferences" in one["metadata"]]

    fleet.edit(lambda settings: settings.update(pools={}, clusters={}))
    fleet.must("up")
    assert uids(fleet, "persistentvolumeclaim") == volumes
    assert "namespace guest stays: this stack did not create it" in fleet.must("destroy")
    assert namespace_uid(fleet) == existing
    assert uids(fleet, "persistentvolumeclaim") == volumes
    assert "theirs" in fleet.objects("secret")
    fleet.kubectl("delete", "namespace", "guest")


def test_a_destroy_removes_a_namespace_of_its_own_only_when_it_is_empty(small_fleet: Callable[..., Fleet]) -> None:
    fleet = small_fleet("owner")
    retain(fleet)
    fleet.must("up")
    marked = fleet.objects("deployment")[f"{CLUSTER}-1"]
    assert marked["metadata"]["annotations"][STACK] == "hoprd/owner"
    assert STACK not in marked["spec"]["template"]["metadata"].get("annotations", {})
    volumes = uids(fleet, "persistentvolumeclaim")
    shown = fleet.must("destroy")
    assert "namespace owner stays: it holds PersistentVolumeClaim hoprd-core-local-1" in shown
    assert uids(fleet, "persistentvolumeclaim") == volumes

    fleet.must("up")  # the definitions and the volumes exist
    assert uids(fleet, "persistentvolumeclaim") == volumes
    fleet.edit(lambda settings: settings["pools"][POOL].update(retainVolumes=False))
    fleet.must("up")
    assert "namespace owner deleted: it was empty" in fleet.must("destroy")
    assert namespace_uid(fleet) == ""


def test_a_second_stack_shares_the_definitions_and_takes_no_object_of_the_first(
    small_fleet: Callable[..., Fleet],
) -> None:
    first, second = small_fleet("first"), small_fleet("second")
    first.must("up")
    second.edit(lambda settings: settings["platform"].update(namespace="first"))
    for operation in ("preview", "up"):
        refused = second.run(operation)
        assert refused.returncode != 0
        assert "of stack hoprd/first: choose another namespace" in refused.stdout
    second.edit(lambda settings: settings["platform"].update(namespace="second"))
    second.must("up")

    ports = {fleet.stack.name: fleet.outputs()["nodes"][f"{CLUSTER}-1"]["port"] for fleet in (first, second)}
    assert abs(ports["first"] - ports["second"]) >= 10
    second.must("destroy")
    first.must("up", "--expect-no-changes")
    assert set(port_map(first, "tcp").values()) >= {f"first/{CLUSTER}-1:{ports['first']}"}


def test_port_maps_that_were_reset_are_seen_and_put_back(small_fleet: Callable[..., Fleet]) -> None:
    fleet = small_fleet("ports")
    fleet.must("up")
    fleet.must("refresh", "--expect-no-changes")
    before = {protocol: port_map(fleet, protocol) for protocol in ("tcp", "udp")}
    own = sorted(port for port, target in before["tcp"].items() if target.startswith("ports/"))
    foreign = {port: target for port, target in before["tcp"].items() if port not in own}
    patch(fleet, dict.fromkeys(own))
    fleet.kubectl("delete", "configmap", "ingress-nginx-udp", "-n", "ingress-nginx")
    literals = [f"--from-literal={port}={target}" for port, target in before["udp"].items() if port not in own]
    fleet.kubectl("create", "configmap", "ingress-nginx-udp", "-n", "ingress-nginx", *literals)

    assert f"the port maps lack {len(own)} entries of this stack" in fleet.must("preview")
    fleet.must("up", "--refresh")
    assert {protocol: port_map(fleet, protocol) for protocol in ("tcp", "udp")} == before
    assert foreign.items() <= port_map(fleet, "tcp").items()
    fleet.must("up", "--expect-no-changes")

    patch(fleet, {own[0]: "other/web:80"})
    refused = fleet.run("preview")
    assert refused.returncode != 0
    assert f"port {own[0]} in port map ingress-nginx/ingress-nginx-tcp leads to other/web:80" in refused.stdout
    patch(fleet, {own[0]: None})
    fleet.must("up")
    assert port_map(fleet, "tcp") == before["tcp"]


@pytest.mark.faults
def test_an_up_that_is_killed_while_it_creates_objects_is_finished_by_the_next(
    small_fleet: Callable[..., Fleet],
) -> None:
    fleet = small_fleet("killed")
    process = fleet.start("up")
    started: list[psutil.Process] = []
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not fleet.objects("service", "killed"):
            assert process.poll() is None, "up ended before it created a Service"
            assert time.monotonic() < deadline, "up created no Service"
            time.sleep(0.05)
    finally:
        started = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.wait()
        kill_all(started)
    created = uids(fleet, "service")

    fleet.must("up")
    assert created.items() <= uids(fleet, "service").items()
    assert fleet.statuses("identitypool")[POOL] == {"phase": "Ready", "size": 2, "locked": 1}
    owners = {
        entry["manager"]
        for one in fleet.objects("service").values()
        for entry in one["metadata"].get("managedFields", ())
    }
    assert owners <= {"hoprd/killed"}
    fleet.must("up", "--expect-no-changes")


def test_a_volume_cannot_shrink_and_the_preview_says_so_once(small_fleet: Callable[..., Fleet]) -> None:
    fleet = small_fleet("shrunk")
    fleet.must("up")
    fleet.edit(lambda settings: settings["platform"]["persistence"].update(size="2Gi"))
    refused = fleet.run("preview")
    assert refused.returncode != 0
    message = "platform.persistence.size: 2Gi is less than 4Gi, the size of 2 volumes, and Kubernetes cannot shrink"
    assert message in refused.stdout
    fleet.edit(lambda settings: settings["platform"]["persistence"].update(size="4Gi"))
    fleet.must("up", "--expect-no-changes")
