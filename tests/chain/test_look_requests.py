"""A look at the largest pool takes few requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from config.pools import MAX_POOL_SIZE
from identity.chain import ChainClient
from identity.observe import look
from tests.chain.development_chain import DevelopmentChain
from tests.chain.ledger import Ledger
from tests.chain.pool_on_chain import PoolOnChain

MOST_REQUESTS = 10


@dataclass
class Counted:
    """A client that notes each request it makes."""

    client: ChainClient
    methods: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        make_request = self.client._provider.make_request

        def counting(method: Any, parameters: Any) -> Any:
            self.methods.append(method)
            return make_request(method, parameters)

        self.client._provider.make_request = counting  # type: ignore[method-assign]


def test_the_largest_pool_is_seen_in_at_most_ten_requests(chain: DevelopmentChain, ledger: Ledger) -> None:
    pool = PoolOnChain.of(chain, ledger, MAX_POOL_SIZE)
    counted = Counted(pool.client())
    counted.client.expect_chain(100, "rotsee")
    observed = look(counted.client, pool.wanted)
    assert len(observed.identities) == MAX_POOL_SIZE
    assert len(counted.methods) <= MOST_REQUESTS, counted.methods
