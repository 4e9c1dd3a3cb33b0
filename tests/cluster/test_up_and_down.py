"""A devnet of this file alone: its tests kill servers that the tests of other files need."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from devnet import health, processes
from devnet.api import Devnet, cached_tools
from devnet.errors import DevnetError, PortTakenError
from devnet.health import SERVERS
from devnet.home import Choices, Home
from devnet.info import DevnetInfo
from devnet.ports import HOST, Ports, Reservation, free_base, is_free
from devnet.rpc import Rpc
from devnet.status import collect


class Watched:
    """A devnet, the lines that it printed, and how often it requested the tools."""

    def __init__(self, home: Home, choices: Choices) -> None:
        self.home = home
        self.choices = choices
        self.printed: list[str] = []
        self.tools_requested = 0
        self.devnet = Devnet(home, self._tools, self.printed.append)

    def _tools(self) -> dict[str, Path]:
        self.tools_requested += 1
        return cached_tools()

    def up(self) -> DevnetInfo:
        self.printed.clear()
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
def own_devnet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    home = Home(tmp_path_factory.mktemp("own") / "home")
    own = Watched(home, Choices(port_base=free_base(20)))
    try:
        yield own
    finally:
        own.devnet.down()


@pytest.fixture
def watched(own_devnet: Watched) -> Watched:
    """The module's devnet, up and complete: `up` repairs what the test before has broken and is quick otherwise."""
    own_devnet.up()
    return own_devnet


def test_everything_works_after_up(watched: Watched) -> None:
    report = collect(watched.home)
    assert report["works"]
    assert {name: server["pid"] for name, server in report["processes"].items()} == watched.pids()
    assert set(report["contracts"]) == {"local", "rotsee", "dufour"}
    with Rpc(f"http://{HOST}:{watched.choices.port_base + 6}") as rpc:
        assert int(rpc.call("eth_chainId"), 16) == report["chainId"] == 100
    json.dumps(report)


def test_only_the_user_can_read_wallet_and_credentials(watched: Watched) -> None:
    for file in (watched.home.kubeconfig, watched.home.wallet_key, *watched.home.certificates.glob("*.key")):
        assert file.stat().st_mode & 0o077 == 0, file


def test_a_second_up_changes_nothing(watched: Watched) -> None:
    before, requested = watched.pids(), watched.tools_requested
    watched.up()
    assert watched.pids() == before
    assert watched.tools_requested == requested
    assert watched.printed == []


def test_a_running_devnet_keeps_its_choices(watched: Watched) -> None:
    with pytest.raises(DevnetError, match=r"block_time_s 0 \(requested: 5\): run `python -m devnet down` first"):
        watched.devnet.up(Choices(port_base=watched.choices.port_base, block_time_s=5))


def test_another_devnet_on_the_same_ports_names_the_process_that_has_them(watched: Watched, tmp_path: Path) -> None:
    other = Devnet(Home(tmp_path / "other"))
    with pytest.raises(PortTakenError, match=r"\(kube-apiserver\) is taken by `kube-apiserver` \(pid \d+\)"):
        other.up(watched.choices)
    other.down()
    assert watched.devnet.health().works


def test_a_port_that_is_lost_during_the_start_is_named_or_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process takes etcd's port between the release of the reservation and the start of etcd."""
    release, thieves = Reservation.release, [socket.socket(), socket.socket()]
    unused = list(thieves)

    def release_and_lose(reservation: Reservation, names: Iterable[str]) -> None:
        names = list(names)
        ports = {name: reserved.getsockname()[1] for name, reserved in reservation._sockets.items()}
        release(reservation, names)
        if "etcd" in names and "etcd" in ports and unused:
            thief = unused.pop()
            thief.bind((HOST, ports["etcd"]))
            thief.listen()

    monkeypatch.setattr(Reservation, "release", release_and_lose)
    printed: list[str] = []
    devnet = Devnet(Home(tmp_path / "home"), say=printed.append)
    base = free_base(20)
    try:
        with pytest.raises(PortTakenError, match=rf"port {base + 1} \(etcd\) is taken by .*, so etcd could not start"):
            devnet.up(Choices(port_base=base))
        devnet.up(Choices(port_base=base, ports_are_fixed=False))
        assert any(f"port {base + 1} (etcd) is taken" in line and "devnet uses the ports" in line for line in printed)
        assert "another process took a port during the start: starting again with other ports" in printed
        choices = devnet.home.choices()
        assert choices
        assert choices.port_base != base
        assert devnet.health().works
    finally:
        devnet.down()
        for thief in thieves:
            thief.close()


@pytest.mark.parametrize("dead", [["kube-scheduler"], ["etcd", "kube-apiserver"]])
def test_dead_servers_of_the_cluster_start_again_on_their_data(dead: list[str], watched: Watched) -> None:
    watched.kubectl("create", "configmap", f"kept-{len(dead)}")
    before = watched.pids()
    for name in dead:
        watched.kill(name)
    report = collect(watched.home)
    assert not report["works"]
    assert f"exited (was pid {before[dead[0]]})" == report["processes"][dead[0]]["problem"]
    watched.up()
    after = watched.pids()
    assert set(dead) <= {name for name in SERVERS if after[name] != before[name]}
    assert after["anvil"] == before["anvil"]
    assert watched.devnet.health().works
    assert f"configmap/kept-{len(dead)}" in watched.kubectl("get", "configmap", "--output=name")
    assert any(line.startswith(f"{dead[0]} exited") for line in watched.printed)


def test_a_chain_that_does_not_answer_is_never_discarded(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devnet.probes._TIMEOUT_S", 0.1)
    monkeypatch.setattr(health.check_health_patiently, "__defaults__", (0.2,))
    before = watched.pids()
    os.kill(before["anvil"], signal.SIGSTOP)
    try:
        with pytest.raises(DevnetError, match=r"anvil: pid \d+ runs.*no answer.*try again later, or discard the chain"):
            watched.up()
    finally:
        os.kill(before["anvil"], signal.SIGCONT)
    assert watched.pids() == before


def test_a_lost_chain_is_reported_and_everything_starts_again(watched: Watched) -> None:
    watched.kubectl("create", "configmap", "gone")
    (watched.home.state / "stack.json").write_text("with Safes of the lost chain")
    watched.kill("anvil")
    watched.up()
    assert any("anvil exited" in line and "starting a new one" in line for line in watched.printed)
    assert watched.devnet.health().works
    assert "configmap/gone" not in watched.kubectl("get", "configmap", "--output=name")
    assert list(watched.home.state.iterdir()) == []


def test_the_next_up_removes_an_up_that_was_killed_halfway(watched: Watched) -> None:
    watched.home.info.unlink()
    before = watched.pids()
    watched.up()
    assert any("did not finish" in line for line in watched.printed)
    assert watched.devnet.health().works
    assert set(watched.pids().values()).isdisjoint(before.values())


def test_a_start_that_fails_stops_what_it_started(tmp_path: Path) -> None:
    def tools() -> dict[str, Path]:
        return {**cached_tools(), "kube-apiserver": Path("/bin/false")}

    home = Home(tmp_path / "home")
    devnet = Devnet(home, tools)
    with pytest.raises(DevnetError, match="kube-apiserver exited right after its start"):
        devnet.up(Choices(port_base=free_base(20)))
    assert processes.recorded(home) == []
    devnet.down()


def test_down_stops_and_removes_everything(watched: Watched) -> None:
    records = processes.recorded(watched.home)
    assert len(records) == len(SERVERS)
    watched.devnet.down()
    assert not any(map(processes.is_running, records))
    assert not watched.home.root.exists()
    assert all(map(is_free, Ports(watched.choices.port_base).by_name.values()))
    watched.devnet.down()
