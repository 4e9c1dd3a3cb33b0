"""Every row of docs/rpc-errors.md, sent to the program's own client by an HTTP server."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from identity.chain import patience
from identity.chain.client import Block, ChainClient
from identity.errors import NonceTaken, Refusal, RequestTooLarge, RpcRejected, RpcUnavailable, Underpriced
from identity.evm.calls import Call
from identity.submission.delivery import submit
from identity.submission.wallet import Fees, SignedTransaction
from testkit.identity.endpoint import Answer, answering, result

_DOCUMENT = Path(__file__).parents[2] / "docs" / "rpc-errors.md"
_HEADER = "| source | method | HTTP | error or body | class |"
WALLET = "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69"
HASH = "0x" + "ab" * 32
AT = Block(1, HASH, 7)
SEND = "eth_sendRawTransaction"
NONCE = 4
TRANSACTION = SignedTransaction(HASH, NONCE, b"\x02", Call(WALLET), Fees(10, 1))
READS: dict[str, Callable[[ChainClient], Any]] = {
    "eth_call": lambda client: client.call_many(WALLET, b"", lambda found: found, at=AT),
    "eth_getTransactionCount": lambda client: client.transaction_count(WALLET, AT),
    "eth_getBlockByNumber": lambda client: client.latest_block(),
    "eth_getLogs": lambda client: client.logs([WALLET], [[]], AT),
    "eth_estimateGas": lambda client: client.estimate_gas(WALLET, WALLET, b"", 0),
}
BLOCK = {"number": "0x1", "hash": HASH, "baseFeePerGas": "0x7", "timestamp": "0x1", "gasLimit": "0x1"}
GOOD: dict[str, Any] = {
    "eth_call": "0x05",
    "eth_getTransactionCount": "0x5",
    "eth_getBlockByNumber": BLOCK,
    "eth_getLogs": [],
    "eth_estimateGas": "0x5",
    "eth_getTransactionByHash": None,
}
REFUSALS = {"lag": Refusal.LAG, "limit": Refusal.THROTTLED}


@dataclass(frozen=True)
class Row:
    source: str
    method: str
    answer: Answer
    kind: str

    def __str__(self) -> str:
        return f"{self.source}-{self.method}-{self.answer[0]}-{self.answer[1].decode()[:70]}"


def _rows() -> list[Row]:
    """The rows of the table; one that applies to any method yields a row for each."""
    lines = _DOCUMENT.read_text(encoding="utf-8").partition(_HEADER)[2].splitlines()[2:]
    rows = []
    for line in lines:
        source, method, status, text, kind = (cell.strip() for cell in line.strip("|").split(" | "))
        text = text.strip("`")
        is_error = text.startswith('{"code"')
        body = f'{{"jsonrpc": "2.0", "id": 1, "error": {text}}}' if is_error else text
        methods = [*READS, SEND] if method == "any" else [method.strip("`")]
        rows += [Row(source, one, (int(status), body.encode()), kind) for one in methods]
    return rows


ROWS = _rows()


@dataclass
class Server:
    """Sends the row's answer to the first request of its method, or to all of them."""

    row: Row
    always: bool = False
    methods: list[str] = field(default_factory=list)

    def answer(self, request: dict[str, Any]) -> Answer:
        method = request["method"]
        first = method not in self.methods
        self.methods.append(method)
        return self.row.answer if method == self.row.method and (first or self.always) else result(GOOD[method])


def params(*methods: str) -> list[Any]:
    return [pytest.param(row, id=str(row)) for row in ROWS if row.method in methods]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_FIRST_PAUSE_S", 0.001)


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[[Server], ChainClient]]:
    """Start to answer as the server says; return a client."""
    servers: list[Server] = []

    def answer(request: dict[str, Any]) -> Answer:
        return servers[-1].answer(request)

    with answering(answer) as url:

        def start(server: Server) -> ChainClient:
            servers.append(server)
            return ChainClient(url, timeout_s=2, patience_s=10)

        yield start


def test_the_table_has_many_answers_of_many_sources() -> None:
    assert len({(row.source, row.answer) for row in ROWS}) >= 100
    assert len({row.source for row in ROWS}) >= 12
    assert {row.kind for row in ROWS} == {
        *("again", "limit", "lag", "too large", "known", "overtaken", "underpriced", "final")
    }


@pytest.mark.parametrize("row", params(*READS))
def test_a_read(serve: Callable[[Server], ChainClient], row: Row) -> None:
    read, server = READS[row.method], Server(row)
    client = serve(server)
    if row.kind == "final":
        with pytest.raises((RpcRejected, RpcUnavailable)):
            read(client)
    elif row.kind == "too large" and row.method == "eth_estimateGas":
        assert read(client) is None
    elif row.kind == "too large":
        with pytest.raises(RequestTooLarge):
            read(client)
    else:
        read(client)
    expected = 1 if row.kind in ("final", "too large") else 2
    assert server.methods.count(row.method) == expected


@pytest.mark.parametrize("row", params("eth_call", "eth_getTransactionCount"))
def test_a_read_that_is_never_answered_is_an_error_that_says_why(
    serve: Callable[[Server], ChainClient], row: Row
) -> None:
    client = serve(Server(row, always=True))
    client.patience_s = 0
    with pytest.raises((RpcRejected, RpcUnavailable)) as caught:
        READS[row.method](client)
    assert "\n" not in str(caught.value)
    if row.kind in REFUSALS:
        assert getattr(caught.value, "refusal", None) is REFUSALS[row.kind]


@pytest.mark.parametrize("row", params(SEND))
def test_a_transaction(serve: Callable[[Server], ChainClient], row: Row) -> None:
    client = serve(Server(row))
    errors = {"final": RpcRejected, "overtaken": NonceTaken, "underpriced": Underpriced}
    if error := errors.get(row.kind):
        with pytest.raises(error):
            submit(client, WALLET, TRANSACTION)
    else:
        submit(client, WALLET, TRANSACTION)


@pytest.mark.parametrize("row", [one for one in params(SEND) if one.values[0].kind in ("overtaken", "underpriced")])
def test_a_refused_transaction_that_the_endpoint_has_is_awaited(
    serve: Callable[[Server], ChainClient], row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(GOOD, "eth_getTransactionByHash", {"hash": HASH, "blockNumber": None})
    submit(serve(Server(row)), WALLET, TRANSACTION)


@pytest.mark.parametrize("row", [one for one in params(SEND) if one.values[0].kind == "overtaken"])
def test_a_nonce_that_nobody_uses_is_not_taken(
    serve: Callable[[Server], ChainClient], row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(GOOD, "eth_getTransactionCount", hex(NONCE))
    submit(serve(Server(row)), WALLET, TRANSACTION)


def test_every_error_is_json() -> None:
    for row in ROWS:
        if row.answer[1].startswith(b'{"jsonrpc"'):
            json.loads(row.answer[1])
