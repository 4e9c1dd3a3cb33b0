"""A small fleet whose pulumi commands are killed at random moments, and what must hold after the next command."""

import random
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import psutil

from testkit.e2e.fleet import CLUSTER, POOL, Fleet
from testkit.e2e.killing import kill_all

NEIGHBOUR = "neighbour"
"""A ConfigMap of somebody else, in the stack's namespace before its first `up`."""
NODE_XDAI_WEI, SAFE_WXHOPR_WEI = 10**17, 10 * 10**18
VERSIONS = ("2.1.0", "2.2.0")
SMALLEST, LARGEST = 2, 4
EXPECTED_S = 25.0
"""How long a command is assumed to take before the first one of its kind was measured."""
OWN_KINDS = ("hoprd", "identityhoprd", "clusterhoprd", "identitypool", "deployment", "service", "ingress", "cronjob")
PORT_MAPS = ("ingress-nginx-tcp", "ingress-nginx-udp")

Victims = Callable[[psutil.Process, random.Random], list[psutil.Process]]


def everything(pulumi: psutil.Process, chance: random.Random) -> list[psutil.Process]:
    """The machine dies."""
    return [pulumi, *pulumi.children(recursive=True)]


def engine_alone(pulumi: psutil.Process, chance: random.Random) -> list[psutil.Process]:
    """Providers and the program may go on for a while."""
    return [pulumi]


def one_child(pulumi: psutil.Process, chance: random.Random) -> list[psutil.Process]:
    """A provider, or the program: the engine sees it end."""
    children = pulumi.children(recursive=True)
    return [chance.choice(children)] if children else [pulumi]


VICTIMS: Mapping[str, Victims] = {"everything": everything, "the engine": engine_alone, "one child": one_child}


class BrokenPromiseError(AssertionError):
    """Something that must survive a kill did not."""


@dataclass
class FleetUnderKills:
    """One stack over many kills. Each `kill` starts a command, kills it, finishes it with a second one, and checks."""

    fleet: Fleet
    addresses: dict[str, str] = field(default_factory=dict)
    """Identity name -> native address, of this life: from the first `up` to the end of `destroy`."""
    volumes: dict[str, str] = field(default_factory=dict)
    _duration_s: dict[str, float] = field(default_factory=dict)
    _first_nonce: int = 0
    _xdai_wei: int = 0
    _wxhopr_wei: int = 0
    _safes: set[str] = field(default_factory=set)
    _foreign_ports: dict[str, dict[str, str]] = field(default_factory=dict)

    def prepare(self) -> None:
        """Create the namespace with an object of somebody else, and remember the entries of other port owners."""
        name = self.fleet.settings["platform"]["namespace"]
        self.fleet.kubectl("create", "namespace", name)
        self.fleet.kubectl("create", "configmap", NEIGHBOUR, "-n", name)
        self._foreign_ports = self._port_entries_of_others()

    def kill(self, seed: int) -> str:
        """Kill one command as the seed says; return one line about it. Raise BrokenPromiseError."""
        chance = random.Random(seed)  # noqa: S311 (repeatable, not secret)
        operation = chance.choice(("scale", "roll", "grow", "destroy")) if self.addresses else "create"
        if operation == "create":
            self._start_life()
        change = {"create": self._create, "scale": self._scale, "roll": self._roll, "grow": self._grow}.get(operation)
        if change:
            self.fleet.edit(lambda settings: change(settings, chance))
        command = "destroy" if operation == "destroy" else "up"
        victims = chance.choice(sorted(VICTIMS))
        after_s = chance.uniform(0, self._duration_s.get(operation, EXPECTED_S))
        left, killed = self._run_and_kill(command, after_s, VICTIMS[victims], chance)
        started = time.monotonic()
        try:
            self.fleet.must(command)
        finally:
            kill_all(left)
        if not killed:
            after_s = min(after_s, EXPECTED_S)
        self._duration_s[operation] = max(time.monotonic() - started, after_s)
        self._check_destroyed() if command == "destroy" else self._check_alive()
        outcome = f"{victims} killed after {after_s:.1f} s" if killed else "ended before the kill"
        return f"seed {seed}: {operation}, {outcome}: {len(self.addresses)} identities, nothing lost"

    def _start_life(self) -> None:
        wallet = self.fleet.info.wallet
        self._first_nonce = self.fleet.transactions_of_the_wallet()
        self._xdai_wei, self._wxhopr_wei = self.fleet.xdai_wei(wallet), self.fleet.wxhopr_wei(wallet)
        self._safes = self.fleet.safe_proxies()
        self.volumes = {}

    def _run_and_kill(
        self, command: str, after_s: float, victims: Victims, chance: random.Random
    ) -> tuple[list[psutil.Process], bool]:
        """Return the processes that may still run, and whether the command was killed before it ended."""
        process = self.fleet.start(command)
        try:
            process.wait(after_s)
        except subprocess.TimeoutExpired:
            pulumi = psutil.Process(process.pid)
            left = pulumi.children(recursive=True)
            kill_all(victims(pulumi, chance))
            process.wait()
            return left, True
        return [], False

    @staticmethod
    def _create(settings: dict[str, Any], chance: random.Random) -> None:
        settings["pools"][POOL]["size"] = SMALLEST
        settings["clusters"][CLUSTER].update(replicas=1, version=VERSIONS[0])

    @staticmethod
    def _scale(settings: dict[str, Any], chance: random.Random) -> None:
        now, size = settings["clusters"][CLUSTER]["replicas"], settings["pools"][POOL]["size"]
        settings["clusters"][CLUSTER]["replicas"] = chance.choice([n for n in range(1, size + 1) if n != now])

    @staticmethod
    def _roll(settings: dict[str, Any], chance: random.Random) -> None:
        now = settings["clusters"][CLUSTER]["version"]
        settings["clusters"][CLUSTER]["version"] = next(version for version in VERSIONS if version != now)

    @staticmethod
    def _grow(settings: dict[str, Any], chance: random.Random) -> None:
        settings["pools"][POOL]["size"] = min(LARGEST, settings["pools"][POOL]["size"] + 1)

    def _check_alive(self) -> None:
        settings, outputs = self.fleet.settings, self.fleet.outputs()
        size, replicas = settings["pools"][POOL]["size"], settings["clusters"][CLUSTER]["replicas"]
        identities = {name: row["nativeAddress"] for name, row in outputs["identities"].items()}
        _require(len(identities) == size, f"{size} identities are configured, {sorted(identities)} exist")
        lost = {name: address for name, address in self.addresses.items() if identities.get(name) != address}
        _require(not lost, f"identities changed or are gone: {lost}")
        self.addresses = identities
        self._check_money(size, {row["safeAddress"].lower() for row in outputs["identities"].values()})
        phases = [status.get("phase") for status in self.fleet.statuses("hoprd").values()]
        _require(phases == ["Running"] * replicas, f"{replicas} nodes must run, the phases are {phases}")
        self._check_objects()
        self._check_foreign()

    def _check_money(self, size: int, safes: set[str]) -> None:
        wallet = self.fleet.info.wallet
        paid_xdai = self._xdai_wei - self.fleet.xdai_wei(wallet) - self.fleet.fees_wei(self._first_nonce)
        paid_wxhopr = self._wxhopr_wei - self.fleet.wxhopr_wei(wallet)
        _require(paid_xdai == size * NODE_XDAI_WEI, f"{size} nodes got {paid_xdai} wei")
        _require(paid_wxhopr == size * SAFE_WXHOPR_WEI, f"{size} Safes got {paid_wxhopr} wei of wxHOPR")
        created = self.fleet.safe_proxies() - self._safes
        operator = 1
        _require(safes <= created | self._safes, "an identity has a Safe that was not created for it")
        _require(len(created) <= size + operator, f"{len(created)} Safes were created for {size} identities")

    def _check_objects(self) -> None:
        """Objects of the stack in the cluster and in the state are the same, and no volume was created again."""
        volumes = {name: item["metadata"]["uid"] for name, item in self.fleet.objects("persistentvolumeclaim").items()}
        lost = {name: uid for name, uid in self.volumes.items() if volumes.get(name) != uid}
        _require(not lost, f"volumes changed or are gone: {lost}")
        self.volumes = volumes
        in_state = {
            (str(entry["outputs"]["kind"]).lower(), entry["outputs"]["metadata"]["name"])
            for entry in self.fleet.resources()
            if entry["type"].startswith("kubernetes:") and not entry["type"].endswith("Patch")
        }
        for kind in OWN_KINDS:
            live = set(self.fleet.objects(kind))
            stored = {name for stored_kind, name in in_state if stored_kind == kind}
            _require(live == stored, f"{kind}: the cluster has {sorted(live)}, the state {sorted(stored)}")

    def _check_destroyed(self) -> None:
        _require(self.fleet.resources() == [], "the state has resources after destroy")
        for kind in OWN_KINDS:
            left = sorted(self.fleet.objects(kind))
            _require(not left, f"{kind}: {left} exist after destroy")
        self._check_foreign()
        self.addresses = {}

    def _check_foreign(self) -> None:
        _require(NEIGHBOUR in self.fleet.objects("configmap"), "an object of somebody else is gone")
        now = self._port_entries_of_others()
        _require(now == self._foreign_ports, f"port entries of others changed: {now}")

    def _port_entries_of_others(self) -> dict[str, dict[str, str]]:
        own = self.fleet.settings["platform"]["namespace"] + "/"
        maps = self.fleet.objects("configmap", "ingress-nginx")
        return {
            name: {port: backend for port, backend in maps[name].get("data", {}).items() if not backend.startswith(own)}
            for name in PORT_MAPS
        }


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise BrokenPromiseError(otherwise)
