"""The RPC client: retries, the error for each failure, and no key in any message."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from identity.chain import patience, rpc
from identity.chain.client import Block, ChainClient
from identity.errors import CallReverted, ChainError, RpcRejected, RpcUnavailable, WrongChain
from testkit.identity.endpoint import Answer, Endpoint, refusal, result, serving
from testkit.identity.pools import network

PLANTED = "planted-rpc-key"
ADDRESS = "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69"
HASH = "0x" + "ab" * 32
GS013 = "0x08c379a0" + f"{32:064x}{5:064x}" + b"GS013".hex().ljust(64, "0")


class Clock:
    """The time of `patience` and `rpc`: it passes only while the client pauses."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def monotonic(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds + 0.001


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(patience, "time", clock)
    monkeypatch.setattr(rpc, "time", clock)
    return clock


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with serving() as endpoint:
        yield endpoint


@pytest.fixture
def client(endpoint: Endpoint, clock: Clock) -> ChainClient:
    return ChainClient(f"{endpoint.url}/v3/{PLANTED}?apikey={PLANTED}", timeout_s=2)


TRANSIENT: dict[str, Answer | None] = {
    "connection dropped": None,
    "too many requests": (429, b""),
    "server error": (500, b"oops"),
    "bad gateway": (502, b""),
    "not json": (200, b"<html>"),
    "not json-rpc": (200, b"[]"),
    "rate limited": refusal("Too Many Requests", code=-32005),
    "lagging": refusal("header not found"),
}


@pytest.mark.parametrize("failure", TRANSIENT)
def test_a_failed_read_is_retried(client: ChainClient, endpoint: Endpoint, failure: str) -> None:
    endpoint.answers = [TRANSIENT[failure], TRANSIENT[failure], result("0x05")]
    assert client.code(ADDRESS) == b"\x05"
    assert len(endpoint.methods) == 3


@pytest.mark.parametrize("failure", TRANSIENT)
def test_a_read_that_keeps_failing_ends_in_one_sentence(client: ChainClient, endpoint: Endpoint, failure: str) -> None:
    endpoint.answers = [TRANSIENT[failure]]
    with pytest.raises(RpcUnavailable) as caught:
        client.code(ADDRESS)
    assert len(endpoint.methods) >= 3
    assert endpoint.url in str(caught.value)
    assert PLANTED not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("failure", TRANSIENT)
def test_a_send_is_never_retried(client: ChainClient, endpoint: Endpoint, failure: str) -> None:
    endpoint.answers = [TRANSIENT[failure]]
    with pytest.raises(RpcUnavailable):
        client.send(b"\x02")
    assert endpoint.methods == ["eth_sendRawTransaction"]


@pytest.mark.parametrize(
    "answer",
    [
        (401, f"no such project {PLANTED}".encode()),
        (401, json.dumps({"error": {"code": -32600, "message": f"Must be authenticated! {PLANTED}"}}).encode()),
        (403, json.dumps({"message": f"no such project {PLANTED}"}).encode()),
        (403, json.dumps({"error": {"code": -32002, "message": f"rejected {PLANTED}"}}).encode()),
    ],
)
def test_a_rejected_key_is_reported_at_once_and_not_shown(
    client: ChainClient, endpoint: Endpoint, answer: Answer
) -> None:
    endpoint.answers = [answer]
    with pytest.raises(RpcUnavailable, match=r"check chain\.rpcUrl and its key") as caught:
        client.code(ADDRESS)
    assert PLANTED not in str(caught.value)
    assert len(endpoint.methods) == 1


def test_a_refused_connection_is_one_sentence() -> None:
    client = ChainClient(f"http://127.0.0.1:1/{PLANTED}", patience_s=0)
    with pytest.raises(RpcUnavailable, match="cannot be reached") as caught:
        client.code(ADDRESS)
    assert PLANTED not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("status", [403, 404])
def test_a_page_of_a_proxy_that_refuses_a_request_is_asked_again(
    client: ChainClient, endpoint: Endpoint, status: int
) -> None:
    endpoint.answers = [(status, b"<html>blocked</html>"), result("0x05")]
    assert client.code(ADDRESS) == b"\x05"
    endpoint.answers = [(status, b"<html>blocked</html>")]
    with pytest.raises(RpcUnavailable, match=r"check chain\.rpcUrl and its key"):
        client.code(ADDRESS)


@pytest.mark.parametrize("words", ["quota of {url} is used up", "key {key} is blocked", "execution reverted: {key}"])
def test_a_key_that_the_endpoint_repeats_is_redacted(client: ChainClient, endpoint: Endpoint, words: str) -> None:
    endpoint.answers = [refusal(words.format(url=f"{endpoint.url}/v3/{PLANTED}?apikey={PLANTED}", key=PLANTED))]
    with pytest.raises(ChainError) as caught:
        client.code(ADDRESS)
    assert PLANTED not in str(caught.value)


def seconds_until_given_up(client: ChainClient, clock: Clock) -> float:
    began = clock.now_s
    with pytest.raises(RpcUnavailable):
        client.code(ADDRESS)
    return clock.now_s - began


NEVER_USABLE: dict[str, Answer | None] = {
    "nothing": None,
    "a page": (200, b"<html>"),
    "bad gateway": (502, b""),
    "not found": (404, b"<html>"),
    "true": result(True),
    "a list": result([]),
    "null": result(None),
    "an error that nobody knows": refusal("Internal error", code=-32603),
}


@pytest.mark.parametrize("answer", NEVER_USABLE.values(), ids=NEVER_USABLE)
def test_an_endpoint_that_has_never_worked_is_given_up_after_a_sixth_of_the_patience_and_remembered(
    endpoint: Endpoint, clock: Clock, answer: Answer | None
) -> None:
    """The program and its provider are two processes, and both together need less than half a minute."""
    endpoint.answers = [answer]
    assert seconds_until_given_up(ChainClient(endpoint.url), clock) == pytest.approx(10, abs=0.1)
    assert 2 < len(endpoint.methods) < 30
    endpoint.methods.clear()
    assert seconds_until_given_up(ChainClient(endpoint.url), clock) == 0
    assert len(endpoint.methods) == 1


@pytest.mark.parametrize("answer", NEVER_USABLE.values(), ids=NEVER_USABLE)
def test_an_endpoint_that_has_worked_gets_the_whole_patience(
    endpoint: Endpoint, clock: Clock, answer: Answer | None
) -> None:
    endpoint.answers = [result("0x05")]
    ChainClient(endpoint.url).code(ADDRESS)
    endpoint.answers = [answer]
    assert seconds_until_given_up(ChainClient(endpoint.url), clock) == pytest.approx(60, abs=0.1)


@pytest.mark.parametrize("answer", [(429, b""), refusal("header not found")])
def test_an_endpoint_that_limits_or_lags_gets_the_whole_patience_and_the_wait_is_reported(
    endpoint: Endpoint, clock: Clock, answer: Answer
) -> None:
    client = ChainClient(endpoint.url)
    reports: list[str] = []
    client.report = reports.append
    endpoint.answers = [answer]
    assert seconds_until_given_up(client, clock) == pytest.approx(60, abs=0.1)
    assert len(reports) == 2, "one sentence each half minute"


@pytest.mark.parametrize("answer", [(200, b"<html>"), (200, b"[]"), result(True)])
def test_an_endpoint_of_something_else_is_named_with_the_way_out(
    client: ChainClient, endpoint: Endpoint, answer: Answer
) -> None:
    endpoint.answers = [answer]
    way_out = r"check chain\.rpcUrl, because the endpoint does not speak JSON-RPC as it should$"
    with pytest.raises(RpcUnavailable, match=way_out):
        client.code(ADDRESS)


def test_a_host_that_accepts_connections_and_says_nothing_is_given_up(clock: Clock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent_client = ChainClient(f"http://127.0.0.1:{silent.getsockname()[1]}", patience_s=0)
        with pytest.raises(RpcUnavailable, match=r"did not answer eth_getCode in time: check chain\.rpcUrl"):
            silent_client.code(ADDRESS)


def test_retry_after_is_honoured() -> None:
    asked: list[float] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(time.monotonic())
            self.rfile.read(int(self.headers["Content-Length"]))
            body = json.dumps({"jsonrpc": "2.0", "id": 1, "result": "0x05"}).encode()
            self.send_response(429 if len(asked) == 1 else 200)
            self.send_header("Retry-After", "1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        log_message: Callable[..., None] = lambda *_: None

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        assert ChainClient(f"http://127.0.0.1:{server.server_port}").code(ADDRESS) == b"\x05"
        server.shutdown()
    assert asked[1] - asked[0] >= 1


def test_a_url_that_is_not_http_is_refused() -> None:
    with pytest.raises(RpcUnavailable, match=r"wss://node\.example is not an HTTP endpoint"):
        ChainClient(f"wss://node.example/{PLANTED}")


def test_another_chain_is_refused_with_both_numbers(client: ChainClient, endpoint: Endpoint) -> None:
    endpoint.answers = [result("0x1")]
    with pytest.raises(WrongChain, match="serves chain 1, but network rotsee is on chain 100"):
        client.require_network(network())


@pytest.mark.parametrize(
    "answer",
    [
        refusal("execution reverted", code=3, data=GS013),
        refusal("execution reverted: GS013", code=-32000),
        refusal("execution reverted", code=3, data=GS013, status=400),
    ],
)
def test_a_revert_is_decoded_and_not_retried(client: ChainClient, endpoint: Endpoint, answer: Answer) -> None:
    endpoint.answers = [answer]
    with pytest.raises(CallReverted) as caught:
        client.call(ADDRESS, b"")
    assert "GS013" in caught.value.revert
    assert len(endpoint.methods) == 1


def test_a_receipt_that_is_not_mined_is_none(client: ChainClient, endpoint: Endpoint) -> None:
    endpoint.answers = [result(None), result({"blockHash": None})]
    assert client.receipt(HASH) is None
    assert client.receipt(HASH) is None


def test_events_come_oldest_first(client: ChainClient, endpoint: Endpoint) -> None:
    def log(block: int, index: int) -> dict[str, object]:
        place = {"blockNumber": hex(block), "logIndex": hex(index), "transactionHash": HASH}
        return {**place, "address": ADDRESS.lower(), "topics": ["0x00"], "data": f"0x{index:02x}"}

    endpoint.answers = [result([log(7, 2), log(7, 10), log(6, 99)])]
    logs = client.logs([ADDRESS], [[b""]], Block(9, HASH, 0))
    assert [log.data for log in logs] == [b"\x63", b"\x02", b"\x0a"]
    assert {log.contract for log in logs} == {ADDRESS}


def test_every_error_of_the_client_is_a_chain_error() -> None:
    assert all(issubclass(kind, ChainError) for kind in (RpcUnavailable, RpcRejected, CallReverted, WrongChain))
