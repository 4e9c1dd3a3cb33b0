"""The gas that a preview shows is within a quarter of the gas that the run uses, for each operation of a pool."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from eth_account import Account

from identity.chain.client import Receipt
from identity.decommission.plan import all_transactions
from identity.evm.calls import Call, Signers
from identity.evm.contracts import MODULE, TOKEN
from identity.provisioning.apply import apply
from identity.provisioning.forecast import forecast
from identity.secrets.signers import LocalSigner
from testkit.chain.change_of_wallet import desired_by_new_wallet
from testkit.chain.decommissioned_pool import Decommission
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.ledger import Ledger
from testkit.chain.network_registry import grant_manager_role, revoke_manager_role, set_stake_threshold
from testkit.chain.pool_on_chain import ADMIN, NODE_XDAI_WEI, SAFE_WXHOPR_WEI, PoolOnChain

TOLERANCE = 0.25
Prepare = Callable[[DevelopmentChain, Ledger, int], PoolOnChain]


def _nothing(chain: DevelopmentChain, ledger: Ledger, size: int) -> PoolOnChain:
    return PoolOnChain.of(chain, ledger, size)


def _complete(chain: DevelopmentChain, ledger: Ledger, size: int) -> PoolOnChain:
    pool = PoolOnChain.of(chain, ledger, size)
    pool.apply()
    return pool


def _without_xdai(chain: DevelopmentChain, ledger: Ledger, size: int) -> PoolOnChain:
    pool = _complete(chain, ledger, size)
    for identity in pool.desired.identities:
        ledger.rpc.call("anvil_setBalance", identity.node, hex(NODE_XDAI_WEI // 3))
    return pool


def _without_wxhopr(chain: DevelopmentChain, ledger: Ledger, size: int) -> PoolOnChain:
    pool = _complete(chain, ledger, size)
    for identity in pool.desired.identities:
        amount = SAFE_WXHOPR_WEI // 2 + 1
        pool.as_safe(identity, Call(pool.desired.contracts.token, TOKEN.encode("transfer", ADMIN, amount)))
    return pool


def _without_membership(chain: DevelopmentChain, ledger: Ledger, size: int) -> PoolOnChain:
    pool = _complete(chain, ledger, size)
    for identity in pool.desired.identities:
        pool.as_safe(identity, Call(identity.module, MODULE.encode("removeNode", identity.node)))
    return pool


def _without_allowance(chain: DevelopmentChain, ledger: Ledger, size: int) -> PoolOnChain:
    pool = _complete(chain, ledger, size)
    token, channels = pool.desired.contracts.token, pool.desired.contracts.channels
    for identity in pool.desired.identities:
        pool.as_safe(identity, Call(token, TOKEN.encode("approve", channels, 0)))
    return pool


def _with_another_owner(chain: DevelopmentChain, ledger: Ledger, size: int) -> PoolOnChain:
    pool = _complete(chain, ledger, size)
    return pool.with_policy(owners=(ADMIN, pool.desired.wallet))


def _registers_itself(chain: DevelopmentChain, ledger: Ledger, size: int) -> PoolOnChain:
    pool = PoolOnChain.of(chain, ledger, size, register_nodes=False)
    pool.apply()
    revoke_manager_role(ledger, pool.desired.contracts.network_registry, pool.desired.wallet)
    set_stake_threshold(ledger, chain.contracts["rotsee"], SAFE_WXHOPR_WEI)
    return pool.with_policy(register_nodes=True)


PROVISIONED: dict[str, Prepare] = {
    "create": _nothing,
    "top up xDai": _without_xdai,
    "top up wxHOPR": _without_wxhopr,
    "membership": _without_membership,
    "allowance": _without_allowance,
    "owners": _with_another_owner,
}


def assert_close(expected: int, receipts: Sequence[Receipt]) -> None:
    used = sum(receipt.gas_used for receipt in receipts)
    assert abs(expected - used) <= TOLERANCE * used, f"forecast {expected}, used {used}"


@pytest.mark.parametrize("size", [1, 3, 9])
@pytest.mark.parametrize("operation", PROVISIONED)
def test_the_gas_of_provisioning(chain: DevelopmentChain, ledger: Ledger, operation: str, size: int) -> None:
    pool = PROVISIONED[operation](chain, ledger, size)
    expected = forecast(pool.desired, pool.observe(), pool.chain_settings.block_gas_limit)
    assert_close(sum(one.gas for one in expected), pool.apply().receipts)


@pytest.mark.parametrize("size", [1, 39])
def test_the_gas_of_a_change_of_wallet(chain: DevelopmentChain, ledger: Ledger, size: int) -> None:
    before = _complete(chain, ledger, size)
    wallet = Account.create()
    grant_manager_role(ledger, before.desired.contracts.network_registry, wallet.address)
    ledger.rpc.call("anvil_setBalance", wallet.address, hex(10**20))
    desired = desired_by_new_wallet(before, wallet.address)
    pool = PoolOnChain(DevelopmentChain(chain.rpc_url, wallet, chain.contracts), ledger, desired)
    expected = forecast(pool.desired, pool.observe(), pool.chain_settings.block_gas_limit)
    signers = Signers(LocalSigner(bytes(wallet.key)), LocalSigner(bytes(before.chain.wallet.key)))
    done = apply(pool.client(), lambda: signers, desired, pool.chain_settings)
    assert_close(sum(one.gas for one in expected), done.receipts)


@pytest.mark.parametrize("size", [1, 9])
def test_the_gas_of_self_registration(chain: DevelopmentChain, ledger: Ledger, size: int) -> None:
    pool = _registers_itself(chain, ledger, size)
    decommission = Decommission(pool)
    expected = forecast(pool.desired, pool.observe(), pool.chain_settings.block_gas_limit)
    done = apply(pool.client(), decommission.signers, pool.desired, pool.chain_settings)
    assert_close(sum(one.gas for one in expected), done.receipts)


@pytest.mark.parametrize("size", [1, 3, 9])
def test_the_gas_of_decommissioning(chain: DevelopmentChain, ledger: Ledger, size: int) -> None:
    decommission = Decommission.in_service(PoolOnChain.of(chain, ledger, size))
    pool = decommission.pool
    expected = all_transactions(pool.desired, pool.observe(), pool.chain_settings)
    receipts = decommission.decommission().receipts
    assert_close(sum(one.gas for one in expected), receipts[: len(expected)])
