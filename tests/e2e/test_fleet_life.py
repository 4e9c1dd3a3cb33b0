"""The stack `local`: one `up` creates the fleet, and each test begins with the checked-in configuration applied."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from devnet.home import Home
from devnet.info import DevnetInfo
from testkit.e2e.fleet import CLUSTER, IDENTITIES, POOL, Fleet
from testkit.e2e.lost_state import uids
from testkit.e2e.secrets_of_fleet import identity_files, leaks, read_files, secrets_of

XDAI_WEI = WXHOPR_WEI = 10**18
NODES = [f"{CLUSTER}-{number}" for number in range(1, 8)]
FOREIGN_TCP, FOREIGN_UDP = "9003", "9005"


@dataclass(frozen=True)
class CreatedFleet:
    """The fleet after its first `up`, and what that `up` did on chain."""

    fleet: Fleet
    configuration: str
    paid_xdai_wei: int
    """Without the gas."""
    paid_wxhopr_wei: int
    created_safes: frozenset[str]


@pytest.fixture(scope="module")
def created(devnet_home: Home, devnet: DevnetInfo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CreatedFleet]:
    fleet = Fleet.create(devnet_home, devnet, tmp_path_factory.mktemp("stack"))
    fleet.edit(lambda settings: None)  # the YAML of later edits, so that a configuration that is edited back is equal
    xdai_wei, wxhopr_wei = fleet.xdai_wei(devnet.wallet), fleet.wxhopr_wei(devnet.wallet)
    first_nonce, safes = fleet.transactions_of_the_wallet(), fleet.safe_proxies()
    fleet.must("up")
    yield CreatedFleet(
        fleet,
        fleet.stack.source.read_text(),
        xdai_wei - fleet.xdai_wei(devnet.wallet) - fleet.fees_wei(first_nonce),
        wxhopr_wei - fleet.wxhopr_wei(devnet.wallet),
        frozenset(fleet.safe_proxies() - safes),
    )
    fleet.discard()


@pytest.fixture
def fleet(created: CreatedFleet) -> Fleet:
    """The fleet with the checked-in configuration applied, whatever the test before has changed."""
    created.fleet.restore_configuration(created.configuration)
    return created.fleet


def scale(fleet: Fleet, replicas: int) -> None:
    """Scale the cluster; the nodes run, and every status is true."""
    fleet.edit(lambda settings: settings["clusters"][CLUSTER].update(replicas=replicas))
    fleet.must("up")
    assert fleet.statuses("clusterhoprd")[CLUSTER] == {"phase": "Ready", "currentNodes": replicas}
    assert fleet.statuses("identitypool")[POOL] == {"phase": "Ready", "size": 7, "locked": replicas}
    assert {name: status["phase"] for name, status in fleet.statuses("hoprd").items()} == dict.fromkeys(
        NODES[:replicas], "Running"
    )


def node_ports(fleet: Fleet) -> dict[str, int]:
    return {name: node["port"] for name, node in fleet.outputs()["nodes"].items()}


def identities_in_use(fleet: Fleet) -> dict[str, str]:
    return {name: node["identity"] for name, node in fleet.outputs()["nodes"].items()}


def test_one_up_creates_the_whole_fleet_and_pays_each_target_once(created: CreatedFleet, fleet: Fleet) -> None:
    assert fleet.statuses("identitypool") == {POOL: {"phase": "Ready", "size": 7, "locked": 5}}
    assert fleet.statuses("clusterhoprd") == {CLUSTER: {"phase": "Ready", "currentNodes": 5}}
    nodes = fleet.statuses("hoprd")
    assert sorted(nodes) == NODES[:5]
    assert {status["phase"] for status in nodes.values()} == {"Running"}
    user_of = {status["identityName"]: node for node, status in nodes.items()}
    assert fleet.statuses("identityhoprd") == {
        name: {"phase": "InUse", "hoprdNodeName": user_of[name]} if name in user_of else {"phase": "Ready"}
        for name in IDENTITIES
    }
    assert all(item["status"]["readyReplicas"] == 1 for item in fleet.objects("deployment").values())

    assert json.loads(fleet.stack.capture("output", ["--json"]).stdout) == fleet.outputs()
    safes = {name: row["safeAddress"] for name, row in fleet.outputs()["identities"].items()}
    assert sorted(safes) == IDENTITIES
    assert {safe.lower() for safe in safes.values()} <= created.created_safes
    assert created.paid_wxhopr_wei == 7 * 10 * WXHOPR_WEI
    assert created.paid_xdai_wei == 7 * XDAI_WEI // 10


def test_custom_resources_own_each_other(fleet: Fleet) -> None:
    pool, cluster = uids(fleet, "identitypool")[POOL], uids(fleet, "clusterhoprd")[CLUSTER]
    identity = uids(fleet, "identityhoprd")
    for item in fleet.objects("identityhoprd").values():
        assert [owner["uid"] for owner in item["metadata"]["ownerReferences"]] == [pool]
    for item in fleet.objects("hoprd").values():
        assert [owner["uid"] for owner in item["metadata"]["ownerReferences"]] == [cluster]
    for name, item in fleet.objects("persistentvolumeclaim").items():
        assert [owner["uid"] for owner in item["metadata"]["ownerReferences"]] == [identity[name]]
        assert item["status"]["phase"] == "Bound"
    for kind in ("identitypool", "identityhoprd", "clusterhoprd", "hoprd"):
        for item in fleet.objects(kind).values():
            assert item["metadata"]["finalizers"] == ["hoprds.hoprnet.org/finalizer"]


def test_kubectl_shows_the_columns_of_each_kind(fleet: Fleet) -> None:
    def columns(kind: str) -> list[str]:
        return fleet.kubectl("get", kind, "-n", fleet.stack.namespace).splitlines()[0].split()

    assert columns("identitypool") == ["NAME", "NETWORK", "PHASE", "SIZE", "LOCKED", "AGE"]
    assert columns("identityhoprd") == ["NAME", "PHASE", "POOL", "HOPRDNODE", "AGE"]
    assert columns("clusterhoprd") == ["NAME", "PHASE", "POOL", "VERSION", "REPLICAS", "CURRENT", "AGE"]
    assert columns("hoprd") == ["NAME", "PHASE", "VERSION", "IDENTITYHOPRD", "AGE"]


def test_port_maps_contain_our_nodes_next_to_other_tenants(fleet: Fleet) -> None:
    maps = fleet.objects("configmap", "ingress-nginx")
    tcp, udp = maps["ingress-nginx-tcp"]["data"], maps["ingress-nginx-udp"]["data"]
    for node, port in node_ports(fleet).items():
        for number in range(port, port + 10):
            assert tcp[str(number)] == udp[str(number)] == f"{fleet.stack.namespace}/{node}:{number}"
    assert not tcp[FOREIGN_TCP].startswith(fleet.stack.namespace)
    assert not udp[FOREIGN_UDP].startswith(fleet.stack.namespace)


@pytest.mark.parametrize(("operation", "arguments"), [("refresh", ()), ("up", ("--refresh",))])
def test_a_refresh_changes_nothing(fleet: Fleet, operation: str, arguments: tuple[str, ...]) -> None:
    """Plain runs without changes: test_funding_job.py and test_first_screen.py."""
    sent = fleet.transactions_of_the_wallet()
    shown = fleet.must(operation, "--expect-no-changes", "--diff", *arguments)
    for name in ("fleet-status", "fleet-finalizers", "presence"):
        assert not any(line.strip().startswith("~") and name in line for line in shown.splitlines()), shown
    assert fleet.transactions_of_the_wallet() == sent


def test_no_secret_is_in_the_state_the_logs_or_the_output(fleet: Fleet) -> None:
    shown = fleet.must("preview", "--diff")
    assert all(
        row["safeAddress"] in shown and row["moduleAddress"] in shown for row in fleet.outputs()["identities"].values()
    )

    home = fleet.stack.home
    places = {
        "the output": read_files(fleet.printed),
        "the state": read_files(home.state),
        "the logs of devnet": read_files(home.logs),
        "the logs of Pulumi": read_files(home.pulumi / "logs"),
    }
    assert b'"hoprd:index:IdentityPool"' in places["the state"]
    assert leaks({**secrets_of(fleet), **identity_files(fleet)}, places) == []


def test_the_funding_job_finds_every_node_and_has_no_rights_in_the_cluster(fleet: Fleet, tmp_path: Path) -> None:
    name = f"auto-funding-{POOL}"
    pod = fleet.objects("cronjob")[name]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert "initContainers" not in pod
    assert [volume["configMap"]["name"] for volume in pod["volumes"]] == [name]
    for file, text in fleet.objects("configmap")[name]["data"].items():
        (tmp_path / file).write_text(text)

    (faucet,) = pod["containers"]
    substitute = tmp_path / "hopli"
    substitute.write_text('#!/bin/sh\nexec echo "$@"\n')
    substitute.chmod(0o700)
    script = faucet["command"][-1].replace("/data/", f"{tmp_path}/")
    given = {entry["name"]: entry["value"] for entry in faucet["env"] if "value" in entry}
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "RPC_URL": "http://chain", **given}
    done = subprocess.run(["/bin/sh", "-c", script], env=environment, capture_output=True, text=True, check=True)
    called = done.stdout.split()
    addresses = {row["nativeAddress"] for row in fleet.outputs()["identities"].values()}
    assert set(called[called.index("--address") + 1].split(",")) == addresses
    assert called[called.index("--native-amount") + 1] == "0.1"
    assert called[called.index("--hopr-amount") + 1] == "0"

    account = f"system:serviceaccount:{fleet.stack.namespace}:{pod['serviceAccountName']}"
    kubectl = [str(fleet.info.program("kubectl")), "--kubeconfig", str(fleet.stack.home.kubeconfig), "--as", account]
    for verb in ("get", "list", "watch", "create", "delete", "patch"):
        question = [*kubectl, "auth", "can-i", verb, "identityhoprds", "-n", fleet.stack.namespace]
        assert subprocess.run(question, capture_output=True, text=True, check=False).stdout.strip() == "no", verb


def test_scaling_keeps_identities_ports_and_databases(fleet: Fleet) -> None:
    sent, volumes, ports, identities = (
        fleet.transactions_of_the_wallet(),
        uids(fleet, "persistentvolumeclaim"),
        node_ports(fleet),
        identities_in_use(fleet),
    )

    scale(fleet, 7)
    assert {node: port for node, port in node_ports(fleet).items() if node in ports} == ports
    assert {node: name for node, name in identities_in_use(fleet).items() if node in ports} == identities

    scale(fleet, 3)
    assert uids(fleet, "persistentvolumeclaim") == volumes
    assert node_ports(fleet) == {node: ports[node] for node in NODES[:3]}
    published = fleet.objects("configmap", "ingress-nginx")["ingress-nginx-tcp"]["data"]
    assert FOREIGN_TCP in published
    assert sum(backend.startswith(f"{fleet.stack.namespace}/") for backend in published.values()) == 3 * 10
    fleet.must("preview", "--expect-no-changes")

    scale(fleet, 5)
    assert fleet.transactions_of_the_wallet() == sent
