"""The RPC requests of the largest pool: few, with the same result if the endpoint limits their size."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.observation import UnchangedRun
from config.models.pools import MAX_POOL_SIZE
from devnet.rpc import Rpc
from identity.chain.client import ChainClient
from identity.observation.observe import observe
from testkit.chain.development_chain import DevelopmentChain, reverted_at_the_end
from testkit.chain.ledger import Ledger
from testkit.chain.pool_on_chain import PoolOnChain
from testkit.faults.relay import Forward, Handler, Request, every, relaying
from testkit.identity.endpoint import Answer, refusal, result

REQUESTS_OF_A_LOOK = 3
MAX_REQUESTS_WITHOUT_CHANGES = 9
TOO_LARGE = 40_000
"""Maximum length of a request, in characters."""


def refuse_large_ones(request: Request, forward: Forward) -> Answer | None:
    large = len(request.parameters[0]["data"]) > TOO_LARGE
    return refusal("request entity too large", status=413) if large else forward()


def of_little_gas(request: Request, forward: Forward) -> Answer | None:
    call, block = request.parameters
    return forward({**call, "gas": hex(5_000_000)}, block)


@pytest.fixture(scope="module")
def pool(deployed_chain: DevelopmentChain) -> Iterator[PoolOnChain]:
    """The largest pool, provisioned once: these tests only read the chain."""
    with reverted_at_the_end(deployed_chain.rpc_url), Rpc(deployed_chain.rpc_url) as rpc:
        policy = {"safe_wxhopr_wei": 0, "safe_wxhopr_minimum_wei": 0}
        pool = PoolOnChain.of(deployed_chain, Ledger(rpc), MAX_POOL_SIZE, **policy)
        pool.apply()
        yield pool


def test_an_up_or_a_refresh_without_changes_takes_at_most_nine_requests(pool: PoolOnChain) -> None:
    of_up, of_refresh = UnchangedRun.of(pool).count_requests()
    assert 0 < of_up <= MAX_REQUESTS_WITHOUT_CHANGES
    assert 0 < of_refresh <= MAX_REQUESTS_WITHOUT_CHANGES


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
