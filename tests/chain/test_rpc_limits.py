"""An endpoint that sends for ever, or more than it may, costs little time and little memory."""

import contextlib
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator

import pytest
from eth_abi.abi import encode
from eth_abi.exceptions import DecodingError

from identity.chain import patience
from identity.chain.client import Block, ChainClient
from identity.chain.views import read_views, view
from identity.errors import ChainError, RpcUnavailable
from identity.evm.abi_decoding import decode_abi
from identity.evm.contracts import MULTICALL, MULTICALL3
from testkit.identity.endpoint import result, serving

ADDRESS = "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69"
AT = Block(1, "0x" + "ab" * 32, 0)
MIB = 2**20
MOST_MEMORY = 200 * MIB
HEADERS = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"


def drip(connection: socket.socket, first: bytes) -> None:
    connection.sendall(first)
    while True:
        time.sleep(0.05)
        connection.sendall(b" ")


def pour(connection: socket.socket, chunk: bytes) -> None:
    connection.sendall(HEADERS)
    while True:
        connection.sendall(chunk)


BEHAVIOURS: dict[str, Callable[[socket.socket], None]] = {
    "says nothing": lambda _: time.sleep(3),
    "drips the status line": lambda connection: drip(connection, b"HTTP/1.1 "),
    "drips a header": lambda connection: drip(connection, b"HTTP/1.1 200 OK\r\nX-Slow: "),
    "drips the body": lambda connection: drip(connection, HEADERS),
    "drips a chunk": lambda connection: drip(
        connection, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\n"
    ),
    "drips a redirect": lambda connection: drip(connection, b"HTTP/1.1 307 Moved\r\nLocation: /a\r\n\r\n"),
    "endless spaces": lambda connection: pour(connection, b" " * MIB),
    "endless text": lambda connection: pour(connection, b"a" * MIB),
    "endless lists": lambda connection: pour(connection, b"[" * MIB),
}


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[socket.socket], None]], str]]:
    """Start a server that behaves in one way on each connection; return its URL."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def start(behave: Callable[[socket.socket], None]) -> str:
            def accept() -> None:
                with contextlib.suppress(OSError):
                    while True:
                        connection, _ = server.accept()
                        threading.Thread(target=answer, args=(connection,), daemon=True).start()

            def answer(connection: socket.socket) -> None:
                with connection, contextlib.suppress(OSError):
                    connection.recv(65536)
                    behave(connection)

            threading.Thread(target=accept, daemon=True).start()
            return f"http://127.0.0.1:{server.getsockname()[1]}"

        yield start
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_a_request_has_a_deadline_and_a_response_a_size(
    serve: Callable[[Callable[[socket.socket], None]], str], behaviour: str
) -> None:
    client = ChainClient(serve(BEHAVIOURS[behaviour]), timeout_s=1, patience_s=0)
    began = time.monotonic()
    tracemalloc.start()
    try:
        with pytest.raises(RpcUnavailable, match=r"in time|more than 16 MiB|HTTP 307"):
            client.code(ADDRESS)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert time.monotonic() - began < 5
    assert peak < MOST_MEMORY


BODIES = {
    "nested lists": b'{"result":' + b"[" * 4 * MIB,
    "a list of objects": b'{"result":[' + b"{}," * 4 * MIB + b"{}]}",
    "a list of numbers": b'{"result":[' + b"1," * 6 * MIB + b"1]}",
    "a long number": b'{"result":' + b"1" * MIB + b"}",
    "a long quantity": b'{"result":"0x' + b"f" * 8 * MIB + b'"}',
    "a long message": b'{"error":{"code":-32000,"message":"' + b"a" * 8 * MIB + b'"}}',
    "a huge code": b'{"error":{"code":1e999,"message":"no"}}',
}


@pytest.mark.parametrize("body", BODIES)
def test_a_response_that_would_take_much_memory_is_not_parsed(body: str) -> None:
    with serving() as endpoint:
        endpoint.answers = [(200, BODIES[body])]
        client = ChainClient(endpoint.url, timeout_s=5, patience_s=0)
        tracemalloc.start()
        try:
            with pytest.raises(RpcUnavailable) as caught:
                client.latest_transaction_count(ADDRESS)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < MOST_MEMORY
    assert len(str(caught.value)) < 500


def word(number: int) -> bytes:
    return number.to_bytes(32)


def bomb(repetitions: int, size: int) -> bytes:
    """A list of results that all point to the same bytes: a small response that describes a huge value."""
    shared = word(1) + word(64) + word(size) + b"\x01" * size
    return word(32) + word(repetitions) + word(32 * repetitions) * repetitions + shared


def test_a_value_that_is_larger_than_its_data_is_not_decoded() -> None:
    tracemalloc.start()
    try:
        with pytest.raises(DecodingError):
            decode_abi(["(bool,bytes)[]"], bomb(10_000, MIB))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 50 * MIB


@pytest.mark.parametrize("length", [2**31, 2**64, 2**255, 2**256 - 1])
def test_a_length_or_offset_beyond_the_data_is_a_decoding_error(length: int) -> None:
    for data in (word(length), word(32) + word(length), word(32) + word(1) + word(length)):
        with pytest.raises(DecodingError):
            decode_abi(["bytes[]"], data)


def test_data_that_contracts_encode_is_decoded() -> None:
    results = [(True, bytes(range(256)) * size) for size in range(60)] + [(False, b"")] * 60
    assert decode_abi(["(bool,bytes)[]"], encode(["(bool,bytes)[]"], [results])) == (tuple(results),)


def test_a_bomb_in_the_results_of_an_observation_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_FIRST_PAUSE_S", 0.001)
    views = [view(MULTICALL, MULTICALL3, "getEthBalance", ADDRESS)] * 9_999
    with serving() as endpoint:
        endpoint.answers = [result("0x" + bomb(10_000, MIB).hex())]
        with pytest.raises(ChainError, match="JSON-RPC does not define"):
            read_views(ChainClient(endpoint.url, patience_s=0), AT, views[:10])
