"""The port of each server of devnet: reserved until the server starts, and reported with its process when taken."""

import random
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import psutil

from devnet.errors import PortTakenError

HOST = "127.0.0.1"
_SERVERS = ("kube-apiserver", "etcd", "etcd-peer", "kube-controller-manager", "kube-scheduler", "kwok", "anvil")
_FIRST_EPHEMERAL_PORT = 32768
_FIRST_FREE_BASE = 18600
_STEP = 20


@dataclass(frozen=True)
class Ports:
    """The block of ports that starts at DEVNET_PORT_BASE."""

    base: int

    @property
    def by_name(self) -> Mapping[str, int]:
        """Server name to port; etcd requires a peer port."""
        return {name: self.base + offset for offset, name in enumerate(_SERVERS)}

    def __getitem__(self, name: str) -> int:
        return self.by_name[name]

    def __str__(self) -> str:
        return f"{self.base}-{self.base + len(_SERVERS) - 1}"


class Reservation:
    """Sockets that listen on ports until their servers start, so that no other process can take the ports."""

    def __init__(self, sockets: dict[str, socket.socket]) -> None:
        self._sockets = sockets

    @classmethod
    def attempt(cls, ports: Mapping[str, int]) -> Self | None:
        """Reserve all of the ports; None when one of them is taken."""
        reservation = cls({})
        try:
            for name, port in ports.items():
                reservation._sockets[name] = _listen(port)
        except OSError:
            reservation.release(ports)
            return None
        return reservation

    def release(self, names: Iterable[str]) -> None:
        """Free the ports of a server, right before it starts."""
        for name in names:
            if reserved := self._sockets.pop(name, None):
                reserved.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release(list(self._sockets))


def reserve(ports: Mapping[str, int], advice: str | None = None) -> Reservation:
    """Reserve these ports; raise PortTakenError like `require_free`."""
    reservation = Reservation.attempt(ports)
    if reservation is None:
        require_free(ports, advice)
        raise PortTakenError(f"ports {', '.join(map(str, ports.values()))}: taken a moment ago; try again")
    return reservation


def reserve_block(base: int, *, may_move: bool) -> tuple[Ports, Reservation]:
    """Reserve the block at `base`; with `may_move`, another free block when that one is busy.

    Raise PortTakenError when the block is busy and must not move, or when there is no free block.
    """
    ports = Ports(base)
    if not may_move:
        return ports, reserve(ports.by_name)
    for candidate in (ports, *map(Ports, _bases(len(_SERVERS), _FIRST_FREE_BASE))):
        if reservation := Reservation.attempt(candidate.by_name):
            return candidate, reservation
    raise PortTakenError(_no_free_ports(len(_SERVERS), _FIRST_FREE_BASE))


def require_free(ports: Mapping[str, int], advice: str | None = None) -> None:
    """Raise PortTakenError with every port that is taken and, where the system shows it, the process that has it.

    `advice` ends the message: how to go on after stopping that process.
    """
    if taken := describe_taken(ports):
        other = f"or choose other ports: DEVNET_PORT_BASE={free_base(len(_SERVERS))} python -m devnet up"
        raise PortTakenError(f"port {taken}. Stop that process, {advice or other}")


def describe_taken(ports: Mapping[str, int]) -> str:
    """Describe each of the ports that is taken, with its process; empty when all are free."""
    return "; ".join(f"{port} ({name}) is taken{_by(port)}" for name, port in ports.items() if not is_free(port))


def is_free(port: int) -> bool:
    """Return whether a server can listen on the port now."""
    try:
        _listen(port).close()
    except OSError:
        return False
    return True


def free_base(count: int, first: int = _FIRST_FREE_BASE) -> int:
    """Return a port number from `first` on that starts `count` free ports.

    The choice is random, so that two processes that search at the same time rarely find the same block.
    """
    for base in _bases(count, first):
        if all(is_free(base + offset) for offset in range(count)):
            return base
    raise PortTakenError(_no_free_ports(count, first))


def _bases(count: int, first: int) -> list[int]:
    """Return the possible block starts in random order, all below the ports of outgoing connections."""
    bases = range(first, _FIRST_EPHEMERAL_PORT - count, _STEP)
    return random.sample(bases, len(bases))


def _no_free_ports(count: int, first: int) -> str:
    return f"there are no {count} consecutive free ports between {first} and {_FIRST_EPHEMERAL_PORT}"


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    try:
        # Without it the port of a server that has just exited counts as taken for a minute (TIME_WAIT).
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        # Only a listening socket keeps other programs off: Linux lets two sockets with SO_REUSEADDR bind the same port.
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def _by(port: int) -> str:
    """Name the process that listens on a port; empty where the system does not show it, e.g. another user's."""
    try:
        listening = [one for one in psutil.net_connections("tcp") if one.status == psutil.CONN_LISTEN]
        pid = next((one.pid for one in listening if one.pid and one.laddr and one.laddr.port == port), None)
        return f" by `{psutil.Process(pid).name()}` (pid {pid})" if pid else ""
    except psutil.Error:
        return ""
