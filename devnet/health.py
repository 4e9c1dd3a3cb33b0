"""What state a devnet is in, by asking every server; nothing is changed."""

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
    """What the last `up` chose and found (None where none began or finished), and which server has which problem."""

    choices: Choices | None
    info: DevnetInfo | None
    problems: Mapping[str, str]

    @property
    def works(self) -> bool:
        """Everything runs and answers."""
        return self.info is not None and not self.problems

    @property
    def can_be_repaired(self) -> bool:
        """Only servers of the cluster are down: etcd keeps its data on disk, while the chain lives in memory."""
        return self.info is not None and "anvil" not in self.problems


def look_patiently(home: Home, patience_s: float = 20) -> Health:
    """Look again while a server runs without answering: on a busy machine that is no reason to end it."""
    deadline = time.monotonic() + patience_s
    while (seen := look(home)).problems and time.monotonic() < deadline:
        if not all(is_alive(home, name) for name in seen.problems):
            return seen
        time.sleep(_POLL_S)
    return seen


def is_alive(home: Home, name: str) -> bool:
    """Whether the server's process runs, answering or not."""
    return processes.is_running(processes.find(home, name))


def look(home: Home) -> Health:
    """Ask all servers that should run."""
    choices = home.choices()
    if choices is None:
        return Health(None, None, dict.fromkeys(SERVERS, "not started"))
    ports = Ports(choices.port_base)
    seen = {name: _problem(home, ports, name) for name in SERVERS}
    return Health(choices, DevnetInfo.read(home), {name: problem for name, problem in seen.items() if problem})


def _problem(home: Home, ports: Ports, name: str) -> str | None:
    record = processes.find(home, name)
    if record is None:
        return "not started"
    if not processes.is_running(record):
        return f"ended (was pid {record.pid})"
    seen = probes.probe(name, home, ports)
    return f"pid {record.pid} runs, but {seen}" if seen else None
