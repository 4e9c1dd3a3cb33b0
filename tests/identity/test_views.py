"""Batches of views: an endpoint that refuses a batch gets smaller ones, and a partial result is never accepted."""

import time
from collections.abc import Iterator

import pytest
from eth_abi.abi import encode

from identity.chain.client import Block, ChainClient
from identity.chain.views import read_views, view
from identity.errors import RpcRejected
from identity.evm.contracts import MULTICALL, MULTICALL3
from testkit.identity.endpoint import Answer, Endpoint, refusal, result, serving

AT = Block(1, "0x" + "ab" * 32, 0)
VIEWS = [view(MULTICALL, MULTICALL3, "getEthBalance", f"0x{number:040x}") for number in range(4)]


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with serving() as endpoint:
        yield endpoint


def answered(*balances: int | None) -> Answer:
    """Return the result of Multicall3; None for a call that reverted."""
    results = [(one is not None, encode(["uint256"], [one]) if one is not None else b"") for one in balances]
    return result("0x" + encode(["(bool,bytes)[]"], [results]).hex())


def test_a_batch_that_runs_out_of_gas_is_repeated_in_parts(endpoint: Endpoint) -> None:
    endpoint.answers = [answered(10, 11, None, None, None), answered(10, 11, 1), answered(12, 13, 1)]
    assert read_views(ChainClient(endpoint.url), AT, VIEWS) == [10, 11, 12, 13]


def test_an_absent_contract_is_not_a_lack_of_gas(endpoint: Endpoint) -> None:
    endpoint.answers = [answered(10, None, 12, 13, 1)]
    assert read_views(ChainClient(endpoint.url), AT, VIEWS) == [10, None, 12, 13]


def test_an_endpoint_that_never_has_enough_gas_is_an_error(endpoint: Endpoint) -> None:
    endpoint.answers = [answered(None, None)]
    with pytest.raises(RpcRejected, match="too little gas"):
        read_views(ChainClient(endpoint.url), AT, VIEWS[:1])


@pytest.mark.parametrize("status", [200, 400, 413])
def test_a_request_that_is_too_large_is_repeated_in_parts_as_are_later_ones_for_a_while(
    endpoint: Endpoint, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = ChainClient(endpoint.url)
    endpoint.answers = [refusal("too large", status=status), answered(10, 11, 1), answered(12, 13, 1)]
    assert read_views(client, AT, VIEWS) == [10, 11, 12, 13]
    assert len(endpoint.methods) == 3
    endpoint.answers = [answered(20, 21, 1), answered(22, 23, 1)]
    assert read_views(client, AT, VIEWS) == [20, 21, 22, 23]
    assert len(endpoint.methods) == 5
    monkeypatch.setattr(client, "_most_views_until", time.monotonic())
    endpoint.answers = [answered(30, 31, 32, 33, 1)]
    assert read_views(client, AT, VIEWS) == [30, 31, 32, 33]
    assert len(endpoint.methods) == 6


@pytest.mark.parametrize("words", ["header for hash not found", "something unheard of", "too many requests"])
def test_an_answer_that_is_not_about_size_does_not_lead_to_smaller_requests(endpoint: Endpoint, words: str) -> None:
    endpoint.answers = [refusal(words), answered(10, 11, 12, 13, 1)]
    assert read_views(ChainClient(endpoint.url), AT, VIEWS) == [10, 11, 12, 13]
    assert len(endpoint.methods) == 2


def test_another_number_of_results_is_asked_again(endpoint: Endpoint) -> None:
    endpoint.answers = [answered(10, 1), answered(10, 11, 12, 13, 1)]
    assert read_views(ChainClient(endpoint.url), AT, VIEWS) == [10, 11, 12, 13]


def test_a_body_that_is_too_large_for_a_gateway_is_repeated_in_parts(endpoint: Endpoint) -> None:
    endpoint.answers = [(413, b"<html>Payload Too Large</html>"), answered(10, 11, 1), answered(12, 13, 1)]
    assert read_views(ChainClient(endpoint.url), AT, VIEWS) == [10, 11, 12, 13]
