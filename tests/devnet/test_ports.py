import os
import socket
from collections.abc import Iterator

import pytest

from devnet.errors import PortTakenError
from devnet.ports import HOST, Ports, free_base, is_free, require_free


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket() as server:
        server.bind((HOST, 0))
        server.listen()
        yield server


def test_a_taken_port_is_reported_with_its_holder_and_a_way_out(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    with pytest.raises(PortTakenError) as error:
        require_free({"anvil": port})
    message = str(error.value)
    assert f"{port} (anvil) is taken by" in message
    assert f"(pid {os.getpid()})" in message
    assert "DEVNET_PORT_BASE=" in message


def test_all_taken_ports_are_reported_at_once(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    with pytest.raises(PortTakenError, match=r"\(etcd\).*\(anvil\)"):
        require_free({"etcd": port, "anvil": port})


def test_a_free_block_is_free_and_below_the_ports_of_outgoing_connections() -> None:
    base = free_base(8, first=30000)
    assert all(is_free(base + offset) for offset in range(8))
    assert 30000 <= base < 32768


def test_servers_have_ports_of_their_own_inside_the_block() -> None:
    ports = Ports(18500).by_name
    assert sorted(ports.values()) == list(range(18500, 18500 + len(ports)))
