"""The operations of a pool that send transactions: their initial state and their expected result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount

from identity.evm.calls import Call
from identity.evm.contracts import MODULE, TOKEN
from identity.submission.rounds import RunResult
from testkit.chain.change_of_wallet import desired_by_new_wallet
from testkit.chain.decommissioned_pool import BalancesInService, Decommission
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.ledger import Ledger
from testkit.chain.network_registry import grant_manager_role, revoke_manager_role, set_stake_threshold
from testkit.chain.pool_on_chain import ADMIN, NODE_XDAI_WEI, SAFE_WXHOPR_WEI, PoolOnChain
from testkit.faults.opening_balances import OpeningBalances
from testkit.faults.process_task import ProcessTask


@dataclass(frozen=True)
class PreparedScenario:
    """A pool in its initial state, the check of the result, and a function that repeats the operation."""

    pool: PoolOnChain
    assert_done: Callable[[], None]
    run_again: Callable[[], RunResult]
    task_options: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, pool: PoolOnChain, **task_options: Any) -> PreparedScenario:
        return cls(pool, OpeningBalances.of(pool).assert_complete_and_paid_once, pool.apply, task_options)

    def task(self, rpc_url: str, journal: Path) -> ProcessTask:
        return ProcessTask.of(self.pool, rpc_url, journal, **self.task_options)


def creating(chain: DevelopmentChain, ledger: Ledger) -> PreparedScenario:
    return PreparedScenario.of(PoolOnChain.of(chain, ledger, 3))


def creating_with_the_operator_safe(chain: DevelopmentChain, ledger: Ledger) -> PreparedScenario:
    return PreparedScenario.of(PoolOnChain.of(chain, ledger, 9))


def complete_pool(chain: DevelopmentChain, ledger: Ledger, size: int = 3) -> PoolOnChain:
    pool = PoolOnChain.of(chain, ledger, size)
    pool.apply()
    return pool


def topping_up(chain: DevelopmentChain, ledger: Ledger) -> PreparedScenario:
    """Two nodes and two Safes are below their minimum, one of each is empty."""
    pool = complete_pool(chain, ledger)
    first, second, _ = pool.desired.identities
    ledger.rpc.call("anvil_setBalance", first.node, hex(NODE_XDAI_WEI // 2 - 1))
    ledger.rpc.call("anvil_setBalance", second.node, "0x0")
    for identity, wei in ((first, SAFE_WXHOPR_WEI // 2 + 1), (second, SAFE_WXHOPR_WEI)):
        pool.as_safe(identity, Call(pool.desired.contracts.token, TOKEN.encode("transfer", ADMIN, wei)))
    return PreparedScenario.of(pool)


def repairing_and_changing_owners(chain: DevelopmentChain, ledger: Ledger) -> PreparedScenario:
    pool = complete_pool(chain, ledger)
    for identity in pool.desired.identities:
        pool.as_safe(identity, Call(identity.module, MODULE.encode("removeNode", identity.node)))
    return PreparedScenario.of(pool.with_policy(owners=(ADMIN, pool.desired.wallet), threshold=1))


def registering_through_the_safes(chain: DevelopmentChain, ledger: Ledger) -> PreparedScenario:
    """The wallet is not a manager, and the network counts the Safes' stake."""
    pool = PoolOnChain.of(chain, ledger, 3, register_nodes=False)
    pool.apply()
    registry = pool.desired.contracts.network_registry
    revoke_manager_role(ledger, registry, pool.desired.wallet)
    set_stake_threshold(ledger, chain.contracts["rotsee"], SAFE_WXHOPR_WEI)
    return PreparedScenario.of(pool.with_policy(register_nodes=True))


def handing_over_to_another_wallet(chain: DevelopmentChain, ledger: Ledger) -> PreparedScenario:
    before = complete_pool(chain, ledger)
    wallet: LocalAccount = Account.create()
    registry = before.desired.contracts.network_registry
    grant_manager_role(ledger, registry, wallet.address)
    ledger.rpc.call("anvil_setBalance", wallet.address, hex(10**20))
    desired = desired_by_new_wallet(before, wallet.address)
    pool = PoolOnChain(DevelopmentChain(chain.rpc_url, wallet, chain.contracts), ledger, desired)
    return PreparedScenario.of(pool, previous_key=bytes(chain.wallet.key))


def decommissioning(chain: DevelopmentChain, ledger: Ledger) -> PreparedScenario:
    """The nodes have started and the Safes hold some xDai; everything is drained to the wallet."""
    pool = PoolOnChain.of(chain, ledger, 2)
    decommissioning = Decommission.in_service(pool)
    return PreparedScenario(
        pool,
        BalancesInService.of(pool).assert_fully_decommissioned,
        decommissioning.decommission,
        {"decommissions": True},
    )


@dataclass(frozen=True)
class Scenario:
    """An operation, and the number of transactions it takes."""

    prepare: Callable[[DevelopmentChain, Ledger], PreparedScenario]
    transactions: int

    @property
    def name(self) -> str:
        return self.prepare.__name__.replace("_", "-")


SCENARIOS = [
    Scenario(creating, 6),
    Scenario(creating_with_the_operator_safe, 4),
    Scenario(topping_up, 3),
    Scenario(repairing_and_changing_owners, 1),
    Scenario(registering_through_the_safes, 1),
    Scenario(handing_over_to_another_wallet, 1),
    Scenario(decommissioning, 5),
]
