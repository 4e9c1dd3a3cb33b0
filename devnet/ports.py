"""Which port each server of devnet has, and who holds one that is taken."""

import contextlib
import os
import random
import re
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from devnet.errors import PortTakenError

HOST = "127.0.0.1"
_LISTENING = "0A"
_FIRST_OUTGOING_PORT = 32768


@dataclass(frozen=True)
class Ports:
    """The block of ports that starts at DEVNET_PORT_BASE."""

    base: int

    @property
    def by_name(self) -> Mapping[str, int]:
        """Server name to port; etcd has a second one for its peers, which it insists on."""
        names = (
            "kube-apiserver",
            "etcd",
            "etcd-peer",
            "kube-controller-manager",
            "kube-scheduler",
            "kwok",
            "anvil",
        )
        return {name: self.base + offset for offset, name in enumerate(names)}

    def __getitem__(self, name: str) -> int:
        return self.by_name[name]


def require_free(ports: Mapping[str, int]) -> None:
    """Raise PortTakenError with every port that cannot be listened on and, where it can be seen, by whom it is held."""
    taken = [f"{port} ({name}) is taken{_by(port)}" for name, port in ports.items() if not is_free(port)]
    if taken:
        raise PortTakenError(
            f"port {'; '.join(taken)}. End that process, or choose others: "
            f"DEVNET_PORT_BASE={free_base(len(Ports(0).by_name))} python -m devnet up"
        )


def is_free(port: int) -> bool:
    """Whether a server can listen there now."""
    with socket.socket() as probe:
        # Without it the port of a server that has just ended counts as taken for a minute (TIME_WAIT).
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_base(count: int, first: int = 18600) -> int:
    """A port number from `first` on with `count` free ports behind it.

    Drawn at random, so that two who look at once rarely meet, and below the ports that outgoing connections get.
    """
    bases = range(first, _FIRST_OUTGOING_PORT - count, 20)
    for base in random.sample(bases, len(bases)):
        if all(is_free(base + offset) for offset in range(count)):
            return base
    raise PortTakenError(f"there are no {count} free ports in a row between {first} and {_FIRST_OUTGOING_PORT}")


def _by(port: int) -> str:
    holder = _holder(port)
    return f" by `{holder[1]}` (pid {holder[0]})" if holder else ""


def _holder(port: int) -> tuple[int, str] | None:
    """Pid and name of the process that listens on a port; None where /proc does not show it (another user's)."""
    inodes = set(_listening_inodes(port))
    for folder in Path("/proc").glob("[0-9]*"):
        if inodes & set(_socket_inodes(folder / "fd")):
            return int(folder.name), (folder / "comm").read_text().strip()
    return None


def _listening_inodes(port: int) -> Iterable[str]:
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = [line.split() for line in Path(table).read_text().splitlines()[1:]]
        except OSError:
            continue
        yield from (row[9] for row in rows if row[3] == _LISTENING and int(row[1].rsplit(":", 1)[1], 16) == port)


def _socket_inodes(descriptors: Path) -> Iterable[str]:
    try:
        links = list(descriptors.iterdir())
    except OSError:
        return
    for link in links:
        # Descriptors come and go while they are read.
        with contextlib.suppress(OSError):
            if match := re.fullmatch(r"socket:\[(\d+)\]", os.readlink(link)):
                yield match[1]
