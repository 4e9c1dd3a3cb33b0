"""What stops a decommission: missing signatures, a missing role, wrong keys, missing contracts."""

from __future__ import annotations

import pytest
from eth_account import Account

from config.models.scalars import Amount
from config.models.spending import SpendingLimits
from devnet.chain_contracts.addresses import ADMINISTRATOR
from devnet.chain_contracts.calls import encode_call
from identity.decommission.execute import decommission
from identity.errors import PlanRefused, PreflightFailed, SpendingRefused, WalletCannotSign
from identity.evm.calls import Call, Signers
from identity.evm.contracts import SAFE, ZERO_ADDRESS
from identity.secrets.signers import LocalSigner
from identity.submission.spending import PoolBudget
from testkit.chain.change_of_wallet import desired_by_new_wallet
from testkit.chain.decommissioned_pool import BalancesInService, Decommission, node_signer
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.factory_identities import create_with_factory
from testkit.chain.ledger import Ledger
from testkit.chain.network_registry import grant_manager_role, revoke_manager_role
from testkit.chain.pool_on_chain import ADMIN, SAFE_WXHOPR_WEI, SIZE, THIRD_PARTY, XDAI, PoolOnChain
from testkit.chain.requirements import remains_of


def test_a_safe_that_needs_other_signatures_is_refused_with_signers_and_calls(
    decommissioning: Decommission, pool: PoolOnChain
) -> None:
    identity = pool.desired.identities[1]
    pool.as_safe(identity, Call(identity.safe, SAFE.encode("addOwnerWithThreshold", ADMIN, 2)))
    count = pool.transactions_of_wallet()
    with pytest.raises(PlanRefused) as caught:
        decommissioning.decommission()
    (problem,) = caught.value.problems
    text = str(problem)
    assert text.startswith(f"core-2: Safe {identity.safe} needs the signatures of 2 of its owners")
    assert ADMIN in text
    assert f"deregisterNodeBySafe and removeNode for node {identity.node}, then pay 10 wxHOPR and 0.25" in text
    assert pool.transactions_of_wallet() == count


def test_a_decommissioned_safe_of_other_owners_is_left_alone(decommissioning: Decommission, pool: PoolOnChain) -> None:
    decommissioning.decommission()
    identity = pool.desired.identities[0]
    pool.as_safe(identity, Call(identity.safe, SAFE.encode("addOwnerWithThreshold", ADMIN, 2)))
    pool.ledger.send(THIRD_PARTY, identity.safe, b"", value=XDAI)
    assert decommissioning.decommission().receipts == ()
    remains = f"1 xDai stays in Safe {identity.safe}: moving it takes the signatures of 2 of its owners"
    assert any(remains in text for text in pool.reports)


def test_a_node_bound_to_another_safe_stays_bound_and_is_drained(pool: PoolOnChain, chain: DevelopmentChain) -> None:
    pool.apply()
    first, second = pool.desired.identities
    include = encode_call("addNode(address)", first.node)
    pool.as_safe(second, Call(second.module, include))
    data = encode_call("registerSafeByNode(address)", second.safe)
    pool.ledger.send(first.node, pool.desired.contracts.node_safe_registry, data)
    Decommission(pool).decommission()
    seen = pool.observe().identities["core-1"]
    assert (seen.node_xdai_wei, seen.safe_wxhopr_wei) == (0, 0)
    assert seen.node_bound_to == second.safe
    assert any(f"stays bound to Safe {second.safe}" in text for text in pool.reports)


def rule_works(pool: PoolOnChain, chain: DevelopmentChain) -> None:
    proxy = chain.contracts["rotsee"]["networkRegistryProxy"]
    pool.ledger.send(ADMINISTRATOR, proxy, encode_call("updateStakeThreshold(uint256)", 1))


def test_without_a_manager_the_safe_deregisters_its_node_itself(
    decommissioning: Decommission, pool: PoolOnChain, chain: DevelopmentChain
) -> None:
    """The network registry comes first here: it reads the Safe registry to authorise the caller."""
    rule_works(pool, chain)
    revoke_manager_role(pool.ledger, pool.desired.contracts.network_registry, pool.desired.wallet)
    before = BalancesInService.of(pool)
    done = decommissioning.decommission()
    before.assert_fully_decommissioned()
    assert len(done.receipts) == 2 + SIZE


def test_if_only_a_manager_can_deregister_the_balances_are_drained_and_that_is_reported(
    decommissioning: Decommission, pool: PoolOnChain
) -> None:
    revoke_manager_role(pool.ledger, pool.desired.contracts.network_registry, pool.desired.wallet)
    decommissioning.decommission()
    for identity in pool.desired.identities:
        seen = pool.observe().identities[identity.name]
        assert (seen.node_xdai_wei, seen.safe_xdai_wei, seen.safe_wxhopr_wei) == (0, 0, 0)
        assert (seen.node_bound_to, seen.registered_to) == (ZERO_ADDRESS, identity.safe)
        assert any(f"managerDeregister for {identity.node}" in text for text in pool.reports)
    assert decommissioning.decommission().receipts == ()


def test_missing_xdai_for_gas_is_reported_before_anything_is_sent(
    decommissioning: Decommission, pool: PoolOnChain
) -> None:
    pool.ledger.rpc.call("anvil_setBalance", pool.desired.wallet, hex(10**12))
    count = pool.transactions_of_wallet()
    with pytest.raises(PreflightFailed, match=r"has 0\.000001 xDai and needs up to .* for the gas of decommissioning"):
        decommissioning.decommission()
    assert pool.transactions_of_wallet() == count


def test_missing_contracts_do_not_count_as_decommissioned(pool: PoolOnChain, ledger: Ledger) -> None:
    ledger.rpc.call("anvil_setCode", pool.desired.contracts.node_safe_registry, "0x")
    with pytest.raises(PreflightFailed, match="there is no contract at"):
        Decommission(pool).decommission()


def test_keys_of_another_node_are_refused_before_the_node_pays(
    decommissioning: Decommission, pool: PoolOnChain
) -> None:
    with pytest.raises(WalletCannotSign, match="has the keys of node"):
        decommissioning.decommission(signers=lambda: _with_wrong_keys(decommissioning))
    decommissioning.decommission()
    assert pool.ledger.xdai_of(pool.desired.identities[0].node) == 0


def _with_wrong_keys(decommissioning: Decommission) -> Signers:
    right = decommissioning.signers()
    return Signers(right.wallet, right.previous, lambda _: right.wallet)


def test_a_decommission_respects_the_spending_limits(decommissioning: Decommission, pool: PoolOnChain) -> None:
    limits = SpendingLimits(xdai=Amount("0.000001"))
    count = pool.transactions_of_wallet()
    with pytest.raises(SpendingRefused, match=r"pools\.core\.spending\.xdai"):
        decommissioning.decommission(budget=PoolBudget("core", limits))
    assert pool.transactions_of_wallet() == count


# Safes that the program did not create


def test_factory_identities_are_decommissioned(chain: DevelopmentChain, ledger: Ledger) -> None:
    pool = create_with_factory(PoolOnChain.of(chain, ledger, SIZE))
    decommissioning = Decommission.in_service(pool)
    before = BalancesInService.of(pool)
    decommissioning.decommission()
    before.assert_fully_decommissioned()


def test_safes_that_are_not_handed_over_are_decommissioned_with_the_previous_wallet(
    decommissioning: Decommission, pool: PoolOnChain
) -> None:
    account = Account.create()
    registry = pool.desired.contracts.network_registry
    grant_manager_role(pool.ledger, registry, account.address)
    pool.ledger.rpc.call("anvil_setBalance", account.address, hex(XDAI))
    both = Signers(LocalSigner(bytes(account.key)), pool.signers().wallet, node_signer)
    taken_over = desired_by_new_wallet(pool, account.address)
    count = pool.transactions_of_wallet()
    decommission(pool.client(), lambda: both, taken_over, pool.chain_settings)
    assert remains_of(pool) == []
    held_wei = pool.ledger.balance_of(pool.desired.contracts.token, account.address)
    assert held_wei == SIZE * SAFE_WXHOPR_WEI
    assert pool.transactions_of_wallet() == count
