"""One devnet of its own, worked on from test to test: these break servers that other tests rely on."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from devnet import health as condition
from devnet import processes
from devnet.api import Devnet, cached_tools
from devnet.errors import DevnetError, PortTakenError
from devnet.health import SERVERS
from devnet.home import Choices, Home
from devnet.info import DevnetInfo
from devnet.ports import HOST, Ports, free_base, is_free
from devnet.rpc import Rpc
from devnet.status import collect

pytestmark = pytest.mark.cluster


class Watched:
    """A devnet, what it said, and how often it asked for tools."""

    def __init__(self, home: Home, choices: Choices) -> None:
        self.home = home
        self.choices = choices
        self.said: list[str] = []
        self.tools_asked = 0
        self.devnet = Devnet(home, self._tools, self.said.append)

    def _tools(self) -> dict[str, Path]:
        self.tools_asked += 1
        return cached_tools()

    def up(self) -> DevnetInfo:
        self.said.clear()
        return self.devnet.up(self.choices)

    def pids(self) -> dict[str, int]:
        return {record.name: record.pid for record in processes.recorded(self.home)}

    def kill(self, name: str) -> None:
        record = processes.find(self.home, name)
        assert record
        os.kill(record.pid, signal.SIGKILL)
        while processes.is_running(record):
            time.sleep(0.01)

    def kubectl(self, *arguments: str) -> str:
        info = DevnetInfo.read(self.home)
        assert info
        command = [str(info.program("kubectl")), f"--kubeconfig={self.home.kubeconfig}", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    home = Home(tmp_path_factory.mktemp("own") / "home")
    own = Watched(home, Choices(port_base=free_base(20)))
    try:
        own.up()
        yield own
    finally:
        own.devnet.down()


def test_everything_works_after_up(watched: Watched) -> None:
    seen = collect(watched.home)
    assert seen["works"]
    assert {name: server["pid"] for name, server in seen["processes"].items()} == watched.pids()
    assert set(seen["contracts"]) == {"local", "rotsee", "dufour"}
    with Rpc(f"http://{HOST}:{watched.choices.port_base + 6}") as rpc:
        assert int(rpc.call("eth_chainId"), 16) == seen["chainId"] == 100
    json.dumps(seen)


def test_the_wallet_and_the_credentials_are_closed_to_others(watched: Watched) -> None:
    for file in (watched.home.kubeconfig, watched.home.wallet_key, *watched.home.certificates.glob("*.key")):
        assert file.stat().st_mode & 0o077 == 0, file


def test_a_second_up_changes_nothing(watched: Watched) -> None:
    before, asked = watched.pids(), watched.tools_asked
    watched.up()
    assert watched.pids() == before
    assert watched.tools_asked == asked
    assert watched.said == []


def test_a_running_devnet_keeps_its_choices(watched: Watched) -> None:
    with pytest.raises(DevnetError, match=r"block_time_s 0 \(wanted: 5\): run `python -m devnet down` first"):
        watched.devnet.up(Choices(port_base=watched.choices.port_base, block_time_s=5))


def test_another_devnet_on_the_same_ports_names_who_holds_them(watched: Watched, tmp_path: Path) -> None:
    other = Devnet(Home(tmp_path / "other"))
    with pytest.raises(PortTakenError, match=r"\(kube-apiserver\) is taken by `kube-apiserver` \(pid \d+\)"):
        other.up(watched.choices)
    other.down()
    assert watched.devnet.look().works


@pytest.mark.parametrize("dead", [["kube-scheduler"], ["etcd", "kube-apiserver"]])
def test_dead_servers_of_the_cluster_start_again_on_their_data(dead: list[str], watched: Watched) -> None:
    watched.kubectl("create", "configmap", f"kept-{len(dead)}")
    before = watched.pids()
    for name in dead:
        watched.kill(name)
    seen = collect(watched.home)
    assert not seen["works"]
    assert f"ended (was pid {before[dead[0]]})" == seen["processes"][dead[0]]["problem"]
    watched.up()
    after = watched.pids()
    assert set(dead) <= {name for name in SERVERS if after[name] != before[name]}
    assert after["anvil"] == before["anvil"]
    assert watched.devnet.look().works
    assert f"configmap/kept-{len(dead)}" in watched.kubectl("get", "configmap", "--output=name")
    assert any(line.startswith(f"{dead[0]} ended") for line in watched.said)


def test_a_chain_that_only_does_not_answer_is_never_given_up(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devnet.probes._TIMEOUT_S", 0.1)
    monkeypatch.setattr(condition.look_patiently, "__defaults__", (0.2,))
    before = watched.pids()
    os.kill(before["anvil"], signal.SIGSTOP)
    try:
        with pytest.raises(DevnetError, match=r"anvil: pid \d+ runs, but no answer.*try again later, or give it up"):
            watched.up()
    finally:
        os.kill(before["anvil"], signal.SIGCONT)
    assert watched.pids() == before


def test_a_lost_chain_is_said_and_everything_starts_afresh(watched: Watched) -> None:
    watched.kubectl("create", "configmap", "gone")
    (watched.home.state / "stack.json").write_text("speaks of Safes that are no more")
    watched.kill("anvil")
    watched.up()
    assert any("anvil ended" in line and "all starts afresh" in line for line in watched.said)
    assert watched.devnet.look().works
    assert "configmap/gone" not in watched.kubectl("get", "configmap", "--output=name")
    assert list(watched.home.state.iterdir()) == []


def test_an_up_that_was_killed_halfway_is_cleared_away(watched: Watched) -> None:
    watched.home.info.unlink()
    before = watched.pids()
    watched.up()
    assert any("did not finish" in line for line in watched.said)
    assert watched.devnet.look().works
    assert set(watched.pids().values()).isdisjoint(before.values())


def test_a_start_that_fails_ends_what_it_started(tmp_path: Path) -> None:
    def tools() -> dict[str, Path]:
        return {**cached_tools(), "kube-apiserver": Path("/bin/false")}

    home = Home(tmp_path / "home")
    devnet = Devnet(home, tools)
    with pytest.raises(DevnetError, match="kube-apiserver exited right after its start"):
        devnet.up(Choices(port_base=free_base(20)))
    assert processes.recorded(home) == []
    devnet.down()


def test_down_ends_all_and_leaves_nothing(watched: Watched) -> None:
    records = processes.recorded(watched.home)
    assert len(records) == len(SERVERS)
    watched.devnet.down()
    assert not any(map(processes.is_running, records))
    assert not watched.home.root.exists()
    assert all(map(is_free, Ports(watched.choices.port_base).by_name.values()))
    watched.devnet.down()
