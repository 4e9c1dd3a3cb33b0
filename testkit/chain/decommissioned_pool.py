"""A pool to decommission: started nodes, Safes with xDai, and a check of all balances to the wei."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from devnet.chain_contracts.addresses import MULTICALL3
from devnet.chain_contracts.calls import encode_call
from identity.chain.client import ChainClient
from identity.decommission.execute import decommission
from identity.evm.calls import Signer, Signers
from identity.secrets.signers import LocalSigner
from identity.submission.journal import Journal
from identity.submission.rounds import RunResult
from identity.submission.spending import PoolBudget
from testkit.chain.fees import fees_paid_wei
from testkit.chain.pool_on_chain import THIRD_PARTY, XDAI, PoolOnChain, node_key
from testkit.chain.requirements import remains_of

SAFE_XDAI_WEI = XDAI // 4 + 7


def node_signer(name: str) -> Signer:
    """The chain key of the node of identity `core-<n>`."""
    return LocalSigner(node_key(int(name.rpartition("-")[2])))


@dataclass
class Decommission:
    """One pool in service, and its decommission."""

    pool: PoolOnChain
    journal: Journal | None = None

    @classmethod
    def in_service(cls, pool: PoolOnChain) -> Decommission:
        """Provision the pool, start its nodes and give its Safes some xDai."""
        pool.apply()
        for identity in pool.desired.identities:
            start_node(pool, identity.name)
            pool.ledger.send(THIRD_PARTY, identity.safe, b"", value=SAFE_XDAI_WEI)
        return cls(pool)

    def signers(self) -> Signers:
        wallet = self.pool.signers()
        return Signers(wallet.wallet, wallet.previous, node_signer)

    def decommission(
        self,
        client: ChainClient | None = None,
        *,
        signers: Callable[[], Signers] | None = None,
        budget: PoolBudget | None = None,
    ) -> RunResult:
        pool, report = self.pool, self.pool.reports.append
        return decommission(
            client or pool.client(),
            signers or self.signers,
            pool.desired,
            pool.chain_settings,
            budget=budget,
            journal=self.journal,
            report=report,
        )


def start_node(pool: PoolOnChain, name: str) -> None:
    """Bind the node to its Safe as hoprd does at its first start; the node's xDai balance stays the same."""
    identity = next(one for one in pool.desired.identities if one.name == name)
    had = pool.ledger.xdai_of(identity.node)
    data = encode_call("registerSafeByNode(address)", identity.safe)
    pool.ledger.send(identity.node, pool.desired.contracts.node_safe_registry, data)
    pool.ledger.rpc.call("anvil_setBalance", identity.node, hex(had))


@dataclass(frozen=True)
class BalancesInService:
    """The balances before the decommission, wei."""

    pool: PoolOnChain
    block: int
    wallet_xdai_wei: int
    wallet_wxhopr_wei: int
    xdai_wei: int
    wxhopr_wei: int

    @classmethod
    def of(cls, pool: PoolOnChain) -> BalancesInService:
        held = pool.balances().values()
        return cls(
            pool,
            pool.block(),
            *pool.held_by_wallet(),
            sum(one.node_xdai_wei + one.safe_xdai_wei for one in held),
            sum(one.safe_wxhopr_wei for one in held),
        )

    def assert_fully_decommissioned(self) -> None:
        """Assert that no identity holds or is anything on the network, and that the wallet has everything less gas."""
        pool = self.pool
        assert remains_of(pool) == []
        payers = [pool.chain.wallet.address, *(identity.node for identity in pool.desired.identities)]
        gas_wei = fees_paid_wei(pool.ledger.rpc, payers, self.block)
        assert pool.held_by_wallet() == (
            self.wallet_xdai_wei + self.xdai_wei - gas_wei,
            self.wallet_wxhopr_wei + self.wxhopr_wei,
        )
        assert pool.ledger.xdai_of(MULTICALL3) == 0
