"""Observing the largest pool takes few requests, with the same result if the endpoint limits their size."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.environment import BenchChain
from config.models.pools import MAX_POOL_SIZE
from identity.chain.client import ChainClient
from identity.observation.observe import observe
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.ledger import Ledger
from testkit.chain.pool_on_chain import PoolOnChain
from testkit.faults.relay import Forward, Handler, Request, every, relaying
from testkit.identity.endpoint import Answer, refusal, result

REQUESTS_OF_A_LOOK = 3
TOO_LARGE = 40_000
"""Maximum length of a request, in characters."""


def refuse_large_ones(request: Request, forward: Forward) -> Answer | None:
    large = len(request.parameters[0]["data"]) > TOO_LARGE
    return refusal("request entity too large", status=413) if large else forward()


def of_little_gas(request: Request, forward: Forward) -> Answer | None:
    call, block = request.parameters
    return forward({**call, "gas": hex(5_000_000)}, block)


@pytest.fixture
def pool(chain: DevelopmentChain, ledger: Ledger, tmp_path: Path) -> PoolOnChain:
    environment = BenchChain(chain, ledger, tmp_path)
    pool = environment.pool(MAX_POOL_SIZE, safe_wxhopr_wei=0, safe_wxhopr_minimum_wei=0)
    pool.apply(journal=environment.journal())
    return pool


def test_the_largest_pool_is_observed_in_three_requests(pool: PoolOnChain) -> None:
    with relaying(pool.chain.rpc_url) as relay:
        observed = observe(ChainClient(relay.url), pool.desired)
    assert len(observed.identities) == MAX_POOL_SIZE
    assert relay.counts.total() == REQUESTS_OF_A_LOOK, relay.counts


def test_an_empty_part_of_an_observation_is_not_accepted(pool: PoolOnChain) -> None:
    """Multicall3 always responds: an empty response would count as empty balances, and the program would pay again."""
    asked = 0

    def empty_in_the_middle(request: Request, forward: Forward) -> Answer | None:
        nonlocal asked
        if len(request.parameters[0]["data"]) > TOO_LARGE:
            return refusal("too large")
        asked += 1
        return result("0x") if asked == 2 else forward()

    with relaying(pool.chain.rpc_url) as relay:
        relay.handler = every("eth_call", empty_in_the_middle)
        assert observe(ChainClient(relay.url), pool.desired) == pool.observe()
    assert asked > 2


@pytest.mark.parametrize("handler", [refuse_large_ones, of_little_gas])
def test_an_endpoint_with_small_request_limits_gives_the_same_observation(pool: PoolOnChain, handler: Handler) -> None:
    with relaying(pool.chain.rpc_url) as relay:
        relay.handler = every("eth_call", handler)
        client = ChainClient(relay.url)
        assert observe(client, pool.desired) == pool.observe()
        first = relay.counts.total()
        assert observe(client, pool.desired) == pool.observe()
        second = relay.counts.total() - first
    assert REQUESTS_OF_A_LOOK < second < first
