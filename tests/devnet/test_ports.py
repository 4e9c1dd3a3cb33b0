import os
import socket
from collections.abc import Iterator

import pytest

from devnet.errors import PortTakenError
from devnet.ports import HOST, Ports, Reservation, free_base, is_free, require_free, reserve, reserve_block


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket() as server:
        server.bind((HOST, 0))
        server.listen()
        yield server


def test_a_taken_port_is_reported_with_its_process_and_a_free_alternative(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    with pytest.raises(PortTakenError) as error:
        require_free({"anvil": port})
    message = str(error.value)
    assert f"{port} (anvil) is taken by" in message
    assert f"(pid {os.getpid()})" in message
    assert "DEVNET_PORT_BASE=" in message


def test_advice_replaces_the_suggestion_of_other_ports(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    with pytest.raises(PortTakenError, match=r"Stop that process, then try again$"):
        reserve({"anvil": port}, "then try again")


def test_all_taken_ports_are_reported_at_once(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    with pytest.raises(PortTakenError, match=r"\(etcd\).*\(anvil\)"):
        require_free({"etcd": port, "anvil": port})


def test_a_free_block_is_free_and_below_the_ports_of_outgoing_connections() -> None:
    base = free_base(8, first=30000)
    assert all(is_free(base + offset) for offset in range(8))
    assert 30000 <= base < 32768


def test_every_server_has_its_own_port_inside_the_block() -> None:
    ports = Ports(18500).by_name
    assert sorted(ports.values()) == list(range(18500, 18500 + len(ports)))


def test_nobody_else_can_listen_on_a_reserved_port_until_it_is_released() -> None:
    base = free_base(8, first=30000)
    with reserve({"etcd": base, "anvil": base + 1}) as reservation:
        assert Reservation.attempt({"other": base}) is None
        reservation.release(["etcd"])
        assert is_free(base)
        assert not is_free(base + 1)
    assert is_free(base + 1)


def test_a_failed_reservation_keeps_no_port(listener: socket.socket) -> None:
    base = free_base(8, first=30000)
    assert Reservation.attempt({"etcd": base, "anvil": listener.getsockname()[1]}) is None
    assert is_free(base)


def test_a_free_block_replaces_a_busy_one_that_may_move() -> None:
    base = free_base(8, first=30000)
    with reserve({"other": base + 2}):
        ports, reservation = reserve_block(base, may_move=True)
        with reservation:
            assert ports.base != base
            assert not any(map(is_free, ports.by_name.values()))


def test_a_free_block_does_not_move() -> None:
    base = free_base(8, first=30000)
    ports, reservation = reserve_block(base, may_move=True)
    with reservation:
        assert ports == Ports(base)


def test_a_busy_block_that_must_not_move_is_an_error_with_port_and_process() -> None:
    base = free_base(8, first=30000)
    expected = rf"port {base + 2} \(etcd-peer\) is taken by .* \(pid {os.getpid()}\)"
    with reserve({"other": base + 2}), pytest.raises(PortTakenError, match=expected):
        reserve_block(base, may_move=False)
