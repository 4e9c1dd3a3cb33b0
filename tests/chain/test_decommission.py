"""The decommission of identities on a real EVM: from every state, to the wei, and only once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from config.models.identities import Identity
from devnet.chain_contracts.calls import encode_call
from identity.decommission.plan import next_round
from identity.decommission.report import decommission_reports, describe_decommission
from identity.evm import gas
from identity.evm.calls import Call
from identity.evm.contracts import MODULE, NETWORK_REGISTRY, NODE_SAFE_REGISTRY, SENTINEL, TOKEN
from testkit.chain.decommissioned_pool import SAFE_XDAI_WEI, BalancesInService, Decommission, start_node
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.ledger import Ledger
from testkit.chain.pool_on_chain import SAFE_WXHOPR_WEI, SIZE, THIRD_PARTY, PoolOnChain
from testkit.chain.preview import describe_pool
from testkit.chain.requirements import missing_in


def test_a_decommission_drains_and_deregisters_everything(decommissioning: Decommission, pool: PoolOnChain) -> None:
    before = BalancesInService.of(pool)
    done = decommissioning.decommission()
    before.assert_fully_decommissioned()
    assert before.wxhopr_wei == SIZE * SAFE_WXHOPR_WEI
    assert len(done.receipts) == 3 + SIZE  # release, deregister, drain the Safes; one transfer of each node
    assert done.observed.identities["core-1"].safe_wxhopr_wei == 0
    assert decommissioning.decommission().receipts == ()
    before.assert_fully_decommissioned()


def test_identities_that_never_existed_need_no_transaction(pool: PoolOnChain) -> None:
    count = pool.transactions_of_wallet()
    assert Decommission(pool).decommission().receipts == ()
    assert pool.transactions_of_wallet() == count


def test_nodes_that_never_started_are_decommissioned(pool: PoolOnChain) -> None:
    pool.apply()
    before = BalancesInService.of(pool)
    Decommission(pool).decommission()
    before.assert_fully_decommissioned()


Left = Callable[[PoolOnChain], None]


def first_gives_up_its_node(pool: PoolOnChain) -> None:
    identity, contracts = pool.desired.identities[0], pool.desired.contracts
    deregister = Call(contracts.node_safe_registry, NODE_SAFE_REGISTRY.encode("deregisterNodeBySafe", identity.node))
    pool.as_safe(identity, deregister, Call(identity.module, MODULE.encode("removeNode", identity.node)))


def first_is_removed_but_bound(pool: PoolOnChain) -> None:
    """The wrong order: `deregisterNodeBySafe` reverts from here on."""
    identity = pool.desired.identities[0]
    pool.as_safe(identity, Call(identity.module, MODULE.encode("removeNode", identity.node)))


def first_has_its_module_off(pool: PoolOnChain) -> None:
    identity = pool.desired.identities[0]
    pool.as_safe(
        identity, Call(identity.safe, encode_call("disableModule(address,address)", SENTINEL, identity.module))
    )


def first_is_off_the_registry(pool: PoolOnChain) -> None:
    data = NETWORK_REGISTRY.encode("managerDeregister", [pool.desired.identities[0].node])
    pool.ledger.send(pool.desired.wallet, pool.desired.contracts.network_registry, data)


def first_safe_is_empty(pool: PoolOnChain) -> None:
    identity, wallet = pool.desired.identities[0], pool.desired.wallet
    pay = Call(pool.desired.contracts.token, TOKEN.encode("transfer", wallet, SAFE_WXHOPR_WEI))
    pool.as_safe(identity, pay, Call(wallet, value_wei=SAFE_XDAI_WEI))


def first_node_is_empty(pool: PoolOnChain) -> None:
    pool.ledger.rpc.call("anvil_setBalance", pool.desired.identities[0].node, "0x0")


def registry_is_off(pool: PoolOnChain) -> None:
    pool.ledger.send(pool.desired.wallet, pool.desired.contracts.network_registry, encode_call("disableRegistry()"))


HALF_LEFT: list[Left] = [
    first_gives_up_its_node,
    first_is_removed_but_bound,
    first_has_its_module_off,
    first_is_off_the_registry,
    first_safe_is_empty,
    first_node_is_empty,
    registry_is_off,
]


@pytest.mark.parametrize("did", HALF_LEFT, ids=lambda did: did.__name__)
def test_a_half_done_decommission_is_finished(decommissioning: Decommission, pool: PoolOnChain, did: Left) -> None:
    did(pool)
    before = BalancesInService.of(pool)
    decommissioning.decommission()
    before.assert_fully_decommissioned()
    assert decommissioning.decommission().receipts == ()


def test_no_safe_is_drained_before_every_node_is_released(decommissioning: Decommission, pool: PoolOnChain) -> None:
    first_gives_up_its_node(pool)
    kinds = [type(one).__name__ for one in next_round(pool.desired, pool.observe(), pool.chain_settings)]
    assert kinds == ["ReleaseNodes", "Deregister"]


def test_twenty_identities_are_decommissioned_with_three_transactions_of_the_wallet(
    chain: DevelopmentChain, ledger: Ledger
) -> None:
    pool = PoolOnChain.of(chain, ledger, 20)
    decommissioning, count = Decommission.in_service(pool), pool.transactions_of_wallet()
    before = BalancesInService.of(pool)
    decommissioning.decommission()
    before.assert_fully_decommissioned()
    assert pool.transactions_of_wallet() - count == 3


def test_gas_limits_are_close_to_the_gas_used(decommissioning: Decommission, pool: PoolOnChain) -> None:
    """Expected within 25 %, and the limits that follow are high enough to succeed."""
    while round_ := next_round(pool.desired, pool.observe(), pool.chain_settings):
        for transaction in round_:
            call = transaction.call(decommissioning.signers())
            used = pool.ledger.send(pool.desired.wallet, call.target, call.data, value=call.value_wei).gas_used
            limit = gas.limit(transaction.gas, pool.chain_settings.block_gas_limit)
            assert transaction.gas * 0.75 < used < limit, (transaction.summary, used, transaction.gas, limit)


def test_xdai_below_the_gas_cost_stays_and_is_reported(decommissioning: Decommission, pool: PoolOnChain) -> None:
    decommissioning.decommission()
    first, second = pool.desired.identities
    pool.ledger.send(THIRD_PARTY, first.safe, b"", value=5)
    pool.ledger.send(THIRD_PARTY, second.node, b"", value=6)
    assert decommissioning.decommission().receipts == ()
    assert any(f"0.000000000000000005 xDai stays in Safe {first.safe}" in text for text in pool.reports)
    assert any(f"0.000000000000000006 xDai stays with node {second.node}" in text for text in pool.reports)
    (of_first, of_second) = decommission_reports(pool.desired, pool.observe(), pool.chain_settings)
    assert (of_first.steps, of_second.steps) == ((), ())
    assert of_first.remains


def test_balances_that_arrive_later_are_drained(decommissioning: Decommission, pool: PoolOnChain) -> None:
    decommissioning.decommission()
    before = BalancesInService.of(pool)
    token = TOKEN.encode("transfer", pool.desired.identities[0].safe, 3)
    pool.ledger.send(pool.desired.wallet, pool.desired.contracts.token, token)
    pool.ledger.send(THIRD_PARTY, pool.desired.identities[1].node, b"", value=SAFE_XDAI_WEI)
    assert len(decommissioning.decommission().receipts) == 2
    assert pool.held_by_wallet()[1] == before.wallet_wxhopr_wei
    assert pool.ledger.xdai_of(pool.desired.identities[1].node) == 0


def test_open_channels_of_started_nodes_are_pointed_out(pool: PoolOnChain) -> None:
    pool.apply()
    start_node(pool, "core-2")
    Decommission(pool).decommission()
    reported = [text for text in pool.reports if "close the payment channels" in text]
    assert [text.partition(":")[0] for text in reported] == ["core-2"]


def test_a_decommissioned_pool_can_be_provisioned_again(decommissioning: Decommission, pool: PoolOnChain) -> None:
    """The node's rule is still in the module: from here `includeNode` reverts, `addNode` works."""
    decommissioning.decommission()
    pool.apply()
    observed = pool.observe()
    assert missing_in(pool) == []
    assert all(seen.module and seen.module.node_included for seen in observed.identities.values())
    start_node(pool, "core-1")
    assert pool.observe().identities["core-1"].node_bound_to == pool.desired.identities[0].safe
    before = BalancesInService.of(pool)
    decommissioning.decommission()
    before.assert_fully_decommissioned()


# what a preview shows


def test_a_preview_shows_the_steps_and_the_cost_of_retiring(decommissioning: Decommission, pool: PoolOnChain) -> None:
    retired = pool.desired.only({"core-2"})
    text = describe_decommission(retired, pool.observe(), pool.chain_settings)
    assert "core-2 retires: release the node, deregister the node from the network registry, move " in text
    assert "network registry, move 10 wxHOPR and 0.25" in text
    assert "from the node to the wallet" in text
    assert "Decommissioning takes 3 transactions of the wallet" in text
    assert "close the payment channels of node" in text
    assert "core-1" not in text
    decommissioning.decommission()
    assert describe_decommission(retired, pool.observe(), pool.chain_settings) == "core-2 retires: nothing left to do"


def test_the_preview_of_a_pool_separates_serving_and_retired_identities(
    decommissioning: Decommission, pool: PoolOnChain
) -> None:
    settings = pool.settings(identities={"core-2": Identity(retire=True)})
    text = describe_pool(settings, "core", {identity.name: identity.node for identity in pool.desired.identities})
    first, second = pool.desired.identities
    assert first.safe in text
    assert second.safe not in text
    assert "core-2 retires: release the node" in text
