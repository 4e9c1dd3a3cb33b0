"""The ports of one node: the p2p port, then the session ports; each for TCP and UDP."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

PROTOCOLS = ("TCP", "UDP")


@dataclass(frozen=True)
class NodePorts:
    """A block of `count` consecutive ports that starts at `p2p`."""

    p2p: int
    count: int

    @property
    def sessions(self) -> range:
        """The session ports, which follow the p2p port."""
        return range(self.p2p + 1, self.p2p + self.count)

    @property
    def session_range(self) -> str | None:
        """First and last session port in hoprd's format, or None without session ports."""
        return f"{self.sessions[0]}:{self.sessions[-1]}" if self.sessions else None

    def named(self, protocols: tuple[str, ...] = PROTOCOLS) -> Iterator[tuple[str, int, str]]:
        """Name, number and protocol of each port."""
        for protocol in protocols:
            yield f"p2p-{protocol.lower()}", self.p2p, protocol
        for port in self.sessions:
            for protocol in protocols:
                yield f"session{protocol[0].lower()}-{port}", port, protocol

    def of_container(self) -> list[dict[str, Any]]:
        """Port entries of a container."""
        return [{"name": name, "containerPort": port, "protocol": protocol} for name, port, protocol in self.named()]

    def of_service(self, protocols: tuple[str, ...] = PROTOCOLS) -> list[dict[str, Any]]:
        """Port entries of a Service."""
        return [
            {"name": name, "port": port, "targetPort": name, "protocol": protocol}
            for name, port, protocol in self.named(protocols)
        ]


def port_map_entries(namespace: str, blocks: dict[str, range]) -> dict[str, str]:
    """Entries of the ingress controller's port maps for the port block of each node; the same for TCP and UDP."""
    return {str(port): f"{namespace}/{node}:{port}" for node, block in sorted(blocks.items()) for port in block}


def ingress_controller_ports(first: int, last: int) -> list[dict[str, Any]]:
    """Container ports of the ingress controller for the whole range and both protocols."""
    return [
        {"name": f"{protocol.lower()}-{port}", "containerPort": port, "protocol": protocol}
        for port in range(first, last + 1)
        for protocol in PROTOCOLS
    ]
