"""The balances at the beginning of a test, and a check to the wei at its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from devnet.chain_contracts.addresses import MULTICALL3
from testkit.chain.fees import transactions_since
from testkit.chain.pool_on_chain import PoolOnChain
from testkit.chain.requirements import missing_in


@dataclass(frozen=True)
class OpeningBalances:
    """Balances of the wallet and of every identity of one pool at `block`, wei."""

    pool: PoolOnChain
    block: int
    xdai_wei: int
    wxhopr_wei: int
    nodes_xdai_wei: Mapping[str, int] = field(default_factory=dict)
    safes_wxhopr_wei: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, pool: PoolOnChain) -> OpeningBalances:
        held = pool.balances()
        return cls(
            pool,
            pool.block(),
            *pool.held_by_wallet(),
            {name: one.node_xdai_wei for name, one in held.items()},
            {name: one.safe_wxhopr_wei for name, one in held.items()},
        )

    def assert_complete_and_paid_once(
        self,
        *,
        received_xdai_wei: int = 0,
        received_wxhopr_wei: int = 0,
        spent_xdai_wei: int = 0,
        spent_wxhopr_wei: int = 0,
    ) -> None:
        """Assert that the pool is complete, that each missing amount was paid once, and that the wallet paid only that.

        Others paid the `received` amounts to the identities or the wallet, and sent the `spent` amounts from the
        wallet.
        """
        pool, policy = self.pool, self.pool.desired.policy
        assert missing_in(pool) == []
        got_xdai = got_wxhopr = 0
        for name, held in pool.balances().items():
            had = self.nodes_xdai_wei[name]
            assert held.node_xdai_wei == (had if had >= policy.node_xdai_minimum_wei else policy.node_xdai_wei), name
            got_xdai += held.node_xdai_wei - had
            had = self.safes_wxhopr_wei[name]
            target_wei = policy.safe_wxhopr_wei
            assert held.safe_wxhopr_wei == (had if had >= policy.safe_wxhopr_minimum_wei else target_wei), name
            got_wxhopr += held.safe_wxhopr_wei - had
        xdai_wei, wxhopr_wei = pool.held_by_wallet()
        gas_wei = pool.gas_paid_since(self.block)
        assert self.xdai_wei - xdai_wei == got_xdai + gas_wei + spent_xdai_wei - received_xdai_wei
        assert self.wxhopr_wei - wxhopr_wei == got_wxhopr + spent_wxhopr_wei - received_wxhopr_wei
        assert pool.ledger.xdai_of(MULTICALL3) == 0
        self.assert_no_safe_twice()

    def assert_unchanged(self) -> None:
        """Assert that no balance has changed and that the wallet has sent nothing."""
        held = self.pool.balances()
        assert self.pool.held_by_wallet() == (self.xdai_wei, self.wxhopr_wei)
        assert {name: one.node_xdai_wei for name, one in held.items()} == self.nodes_xdai_wei
        assert {name: one.safe_wxhopr_wei for name, one in held.items()} == self.safes_wxhopr_wei
        assert transactions_since(self.pool.ledger.rpc, [self.pool.chain.wallet.address], self.block) == []

    def assert_no_safe_twice(self) -> None:
        assert self.pool.safes_made(self.block) <= len(self.pool.desired.identities)
