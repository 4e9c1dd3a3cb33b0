"""The health of a devnet, found by probing every server; nothing is changed."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from devnet import probes, processes
from devnet.home import Choices, Home
from devnet.info import DevnetInfo
from devnet.ports import Ports

CONTROL_PLANE = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok")
SERVERS = (*CONTROL_PLANE, "anvil")
_POLL_S = 0.5


@dataclass(frozen=True)
class Health:
    """Choices and results of the last `up` (None when none began or finished), and problems by server."""

    choices: Choices | None
    info: DevnetInfo | None
    problems: Mapping[str, str]

    @property
    def works(self) -> bool:
        """Every server runs and answers."""
        return self.info is not None and not self.problems

    @property
    def can_be_repaired(self) -> bool:
        """Only servers of the cluster are down: etcd keeps its data on disk, while the chain exists in memory only."""
        return self.info is not None and "anvil" not in self.problems


def check_health(home: Home) -> Health:
    """Probe every server that should run."""
    choices = home.choices()
    if choices is None:
        return Health(None, None, dict.fromkeys(SERVERS, "not started"))
    ports = Ports(choices.port_base)
    found = {name: _problem(home, ports, name) for name in SERVERS}
    return Health(choices, DevnetInfo.read(home), {name: problem for name, problem in found.items() if problem})


def check_health_patiently(home: Home, patience_s: float = 20) -> Health:
    """Probe again while a server runs without answering: on a busy machine that is not a reason to stop it."""
    deadline = time.monotonic() + patience_s
    while (health := check_health(home)).problems and time.monotonic() < deadline:
        if not all(is_alive(home, name) for name in health.problems):
            return health
        time.sleep(_POLL_S)
    return health


def is_alive(home: Home, name: str) -> bool:
    """Return whether the server's process runs, answering or not."""
    return processes.is_running(processes.find(home, name))


def _problem(home: Home, ports: Ports, name: str) -> str | None:
    record = processes.find(home, name)
    if record is None:
        return "not started"
    if not processes.is_running(record):
        return f"exited (was pid {record.pid})"
    problem = probes.probe(name, home, ports)
    return f"pid {record.pid} runs, but {problem}" if problem else None
