"""The claim on the real API server: races for ports, deleted maps, namespaces, definitions of others."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from components.cluster import definitions, namespaces, port_maps
from components.cluster.definitions import DefinitionUnusable
from components.cluster.port_maps import OwnEntries, PortsTaken
from components.manifests.crds import all_crds
from config.cluster_names import STACK_ANNOTATION
from devnet.home import CHECKOUT, Home
from devnet.info import DevnetInfo
from identity.cluster.api import ClusterApi
from testkit.provider.other_client import OtherClient

PLACE = "port-claims"
MAPS = ("tcp", "udp")


@pytest.fixture(scope="module")
def kubectl(devnet: DevnetInfo, devnet_home: Home) -> Iterator[OtherClient]:
    client = OtherClient(devnet.program("kubectl"), devnet_home.kubeconfig, PLACE)
    client.run("create", "namespace", PLACE)
    yield client
    client.run("delete", "namespace", PLACE, "--wait=false")


@pytest.fixture
def api(devnet_home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[ClusterApi]:
    monkeypatch.setenv("KUBECONFIG", str(devnet_home.kubeconfig))
    with ClusterApi("devnet") as connected:
        yield connected


@pytest.fixture
def maps(kubectl: OtherClient) -> Iterator[OtherClient]:
    """Two maps with an entry of another tenant."""
    for name in MAPS:
        kubectl.run("create", "configmap", name, "--from-literal=9000=other/web:80")
    yield kubectl
    kubectl.run("delete", "configmap", *MAPS, "--ignore-not-found")


def entries(kubectl: OtherClient, name: str = "tcp") -> dict[str, str]:
    live = kubectl.get(f"configmap/{name}")
    assert live is not None
    data: dict[str, str] = live["data"]
    return data


def of_stack(stack: str, *ports: int) -> OwnEntries:
    return OwnEntries({str(port): f"{stack}/node:{port}" for port in ports}, stack, f"hoprd/{stack}")


def test_each_stack_owns_its_entries_and_removes_only_them(api: ClusterApi, maps: OtherClient) -> None:
    port_maps.publish(api, PLACE, MAPS, of_stack("a", 9001, 9002))
    port_maps.publish(api, PLACE, MAPS, of_stack("b", 9003))
    port_maps.publish(api, PLACE, MAPS, of_stack("a", 9002))
    for name in MAPS:
        assert entries(maps, name) == {"9000": "other/web:80", "9002": "a/node:9002", "9003": "b/node:9003"}
    port_maps.withdraw(api, PLACE, MAPS, of_stack("b", 9003))
    assert entries(maps) == {"9000": "other/web:80", "9002": "a/node:9002"}


def test_in_another_namespace_a_stack_moves_its_own_entries_alone(api: ClusterApi, maps: OtherClient) -> None:
    former = {"former_namespaces": frozenset({"old"}), "former_stacks": frozenset({"hoprd/a", "hoprd/was"})}
    port_maps.publish(api, PLACE, MAPS, OwnEntries({"9001": "old/node:9001"}, "old", "hoprd/a"))
    port_maps.publish(api, PLACE, MAPS, OwnEntries({"9002": "old/node:9002"}, "old", "hoprd/b"))
    port_maps.publish(api, PLACE, MAPS, OwnEntries({"9001": "new/node:9001"}, "new", "hoprd/a", **former))
    for name in MAPS:
        assert entries(maps, name) == {"9000": "other/web:80", "9001": "new/node:9001", "9002": "old/node:9002"}
    with pytest.raises(PortsTaken, match="leads to old/node:9002, set by hoprd/b"):
        port_maps.publish(api, PLACE, MAPS, OwnEntries({"9002": "new/node:9002"}, "new", "hoprd/a", **former))


def test_ports_of_another_stack_are_not_taken_and_it_is_named(api: ClusterApi, maps: OtherClient) -> None:
    port_maps.publish(api, PLACE, MAPS, of_stack("a", 9001))
    with pytest.raises(PortsTaken, match="port 9001 in port map port-claims/tcp leads to a/node:9001, set by hoprd/a"):
        port_maps.publish(api, PLACE, MAPS, of_stack("b", 9001))
    assert entries(maps)["9001"] == "a/node:9001"


def test_an_entry_that_comes_between_the_read_and_the_write_is_not_overwritten(
    api: ClusterApi, maps: OtherClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply = ClusterApi.apply

    def late(self: ClusterApi, path: str, obj: dict[str, object], manager: str) -> dict[str, object]:
        if manager == "hoprd/b":
            monkeypatch.setattr(ClusterApi, "apply", apply)
            port_maps.publish(self, PLACE, MAPS, of_stack("a", 9001))
        return apply(self, path, obj, manager)

    monkeypatch.setattr(ClusterApi, "apply", late)
    with pytest.raises(PortsTaken, match="set by hoprd/a"):
        port_maps.publish(api, PLACE, MAPS, of_stack("b", 9001))
    assert entries(maps)["9001"] == "a/node:9001"


def test_a_deleted_map_is_named_and_withdrawing_does_not_create_it(api: ClusterApi, maps: OtherClient) -> None:
    maps.delete("configmap/udp")
    with pytest.raises(PortsTaken, match="there is no ConfigMap udp in namespace port-claims"):
        port_maps.publish(api, PLACE, MAPS, of_stack("a", 9001))
    port_maps.withdraw(api, PLACE, MAPS, of_stack("a", 9001))
    assert maps.get("configmap/udp") is None
    assert entries(maps) == {"9000": "other/web:80"}


def test_a_namespace_goes_only_if_it_is_ours_and_empty(api: ClusterApi, kubectl: OtherClient) -> None:
    def remove() -> str:
        return namespaces.remove_if_empty(api, "claimed", ["hoprd/a"], ["node-tls"])

    assert remove() == "namespace claimed does not exist any more"
    kubectl.run("create", "namespace", "claimed")
    assert remove() == "namespace claimed stays: this stack did not create it"
    kubectl.run("annotate", "namespace", "claimed", f"{STACK_ANNOTATION}=hoprd/a")
    kubectl.run("create", "secret", "generic", "node-tls", "-n", "claimed")
    kubectl.run("create", "secret", "generic", "theirs", "-n", "claimed")
    assert remove().startswith("namespace claimed stays: it holds Secret theirs. ")
    kubectl.run("delete", "secret", "theirs", "-n", "claimed")
    assert remove() == "namespace claimed deleted: it was empty"
    assert not kubectl.run("get", "namespace", "claimed", "--ignore-not-found")


def test_definitions_of_others_are_used_if_they_have_every_field(api: ClusterApi, kubectl: OtherClient) -> None:
    (definition, *_) = all_crds()
    name = definition["metadata"]["name"].replace("identitypools", "claimpools")
    names = {"kind": "ClaimPool", "listKind": "ClaimPoolList", "plural": "claimpools", "singular": "claimpool"}
    ours = {**definition, "metadata": {"name": name}, "spec": {**definition["spec"], "names": names}}
    assert definitions.of_others(api, [ours]) == {}
    kubectl.apply(ours)
    try:
        assert definitions.of_others(api, [ours]) == {name: "field manager other-client, kube-apiserver"}
        kubectl.run(
            *("patch", "crd", name, "--type=json", "-p"),
            '[{"op":"remove","path":"/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/funding"}]',
        )
        with pytest.raises(DefinitionUnusable, match=r"lacks spec\.funding: update it there"):
            definitions.of_others(api, [ours])
    finally:
        kubectl.delete(f"crd/{name}")


def test_threads_that_connect_first_at_the_same_time_do_not_block_each_other(devnet_home: Home) -> None:
    """Two threads that import the client for the first time end in a deadlock of Python's module locks."""
    script = (
        "import concurrent.futures as f; from identity.cluster.kubeconfig import connect\n"
        "with f.ThreadPoolExecutor(8) as pool: list(pool.map(lambda _: connect('devnet').close(), range(8)))"
    )
    environment = {**os.environ, "KUBECONFIG": str(devnet_home.kubeconfig)}
    subprocess.run([sys.executable, "-c", script], cwd=CHECKOUT, env=environment, check=True, timeout=60)
