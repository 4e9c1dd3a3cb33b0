"""An endpoint answers with values of another type than JSON-RPC defines: one sentence, never a traceback."""

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from identity.chain.client import Block, ChainClient
from identity.errors import ChainError, RpcUnavailable
from testkit.identity.endpoint import Endpoint, result, serving

ADDRESS = "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69"
HASH = "0x" + "ab" * 32
BLOCK = Block(1, HASH, 0, 0, 17_000_000)
READS: dict[str, Callable[[ChainClient], Any]] = {
    "latest block": lambda client: client.latest_block(),
    "code": lambda client: client.code(ADDRESS),
    "call": lambda client: client.call(ADDRESS, b"\x01", at=BLOCK),
    "estimate": lambda client: client.estimate_gas(ADDRESS, ADDRESS, b"", 0),
    "transaction count": lambda client: client.transaction_count(ADDRESS, BLOCK),
    "receipt": lambda client: client.receipt(HASH),
    "pending": lambda client: client.is_pending(HASH),
    "logs": lambda client: client.logs([ADDRESS], [[b"\x01"]], BLOCK),
    "logs of a transaction": lambda client: client.logs_of(HASH),
    "target and data": lambda client: client.target_and_data(HASH),
}
MALFORMED = [True, 7, 1.5, "text", "0xzz", [], [1], {}, {"number": 1}, {"blockHash": 1, "logs": 2, "to": 3}]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | st.just("0x1"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    with serving() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def client(endpoint: Endpoint) -> ChainClient:
    return ChainClient(endpoint.url, timeout_s=2, patience_s=0)


@pytest.mark.parametrize("value", MALFORMED, ids=str)
def test_an_estimate_of_another_type_is_no_estimate(client: ChainClient, endpoint: Endpoint, value: object) -> None:
    endpoint.answers = [result(value)]
    assert READS["estimate"](client) is None


@pytest.mark.parametrize("read", ["latest block", "code", "call", "transaction count"])
@pytest.mark.parametrize("value", MALFORMED, ids=str)
def test_a_result_of_another_type_is_one_sentence_about_the_endpoint(
    client: ChainClient, endpoint: Endpoint, read: str, value: object
) -> None:
    endpoint.answers = [result(value)]
    with pytest.raises(
        RpcUnavailable, match=r"^http://127\.0\.0\.1:\d+ sent a result of eth_\w+ that JSON-RPC does not"
    ):
        READS[read](client)


@pytest.mark.parametrize("body", [{"jsonrpc": "2.0", "id": 0, "error": None}, {"error": {}}, {"id": 0}, [], None, 7])
def test_a_response_without_result_and_error_is_one_sentence(
    client: ChainClient, endpoint: Endpoint, body: object
) -> None:
    endpoint.answers = [(200, json.dumps(body).encode())]
    with pytest.raises(RpcUnavailable, match="sent a response to eth_getCode that is not JSON-RPC"):
        client.code(ADDRESS)


@pytest.mark.parametrize("read", READS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(value=JSON)
def test_no_result_ends_in_a_traceback(client: ChainClient, endpoint: Endpoint, read: str, value: object) -> None:
    endpoint.answers = [result(value)]
    with contextlib.suppress(ChainError):
        READS[read](client)
