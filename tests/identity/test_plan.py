"""The planner on the chain model: which transactions it plans, and what it refuses."""

from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.errors import PlanRefused
from identity.evm import gas, targets
from identity.evm.contracts import UNLIMITED_WEI
from identity.provisioning.configure import missing_calls, objections
from identity.provisioning.forecast import forecast, simulate
from identity.provisioning.plan import plan
from identity.provisioning.transactions import ApproveOperator, Batch, TransferWxhopr
from identity.submission.wallet_transaction import split_evenly
from testkit.identity.fake_contracts import FakeSafe
from testkit.identity.pools import ADMIN, BLOCK_GAS, SECOND_ADMIN, THIRD_PARTY, WALLET, WXHOPR, empty_chain, pool, run


@pytest.mark.parametrize(("size", "batches"), [(1, 1), (7, 1), (17, 1), (20, 2), (50, 3)])
def test_a_new_pool_takes_as_few_batches_as_the_gas_allows(size: int, batches: int) -> None:
    desired = pool(size, safe_wxhopr_wei=WXHOPR, safe_wxhopr_minimum_wei=WXHOPR)
    chain = empty_chain(desired)
    chain.allowances[(WALLET, desired.operator)] = UNLIMITED_WEI
    chain.safes[desired.operator] = FakeSafe([WALLET])
    transactions = forecast(desired, chain.observe(), BLOCK_GAS)
    assert [type(transaction).__name__ for transaction in transactions] == ["Batch"] * batches + [
        "Register",
        "ForceSync",
    ]
    assert all(gas.limit(transaction.gas, BLOCK_GAS) <= BLOCK_GAS for transaction in transactions)


def test_many_safes_are_paid_by_the_operator_and_few_by_plain_transfers() -> None:
    for size, kind in ((3, TransferWxhopr), (20, ApproveOperator)):
        desired = pool(size, safe_wxhopr_wei=WXHOPR, safe_wxhopr_minimum_wei=WXHOPR)
        transactions = forecast(desired, empty_chain(desired).observe(), BLOCK_GAS)
        assert any(isinstance(transaction, kind) for transaction in transactions)


def test_once_the_operator_may_spend_it_pays_everything() -> None:
    desired = pool(1, safe_wxhopr_wei=WXHOPR, safe_wxhopr_minimum_wei=WXHOPR)
    chain = empty_chain(desired)
    chain.allowances[(WALLET, desired.operator)] = UNLIMITED_WEI
    transactions = forecast(desired, chain.observe(), BLOCK_GAS)
    assert not any(isinstance(transaction, TransferWxhopr | ApproveOperator) for transaction in transactions)


def test_a_separate_payment_is_the_first_of_its_round() -> None:
    desired = pool(3, safe_wxhopr_wei=WXHOPR, safe_wxhopr_minimum_wei=WXHOPR)
    observed = empty_chain(desired).observe()
    while round_ := plan(desired, observed, BLOCK_GAS):
        for position, transaction in enumerate(round_):
            rides_with_setup = isinstance(transaction, Batch) and all(job.calls for job in transaction.jobs)
            pays = transaction.xdai_wei or transaction.wxhopr_wei
            assert not pays or rides_with_setup or position == 0
            observed = simulate(desired, observed, transaction)


def test_a_node_bound_to_another_safe_is_refused_and_named() -> None:
    desired = pool(3)
    chain = empty_chain(desired)
    chain.nodes.bound[desired.identities[1].node] = THIRD_PARTY
    chain.network.registered[desired.identities[2].node] = THIRD_PARTY
    with pytest.raises(PlanRefused) as caught:
        plan(desired, chain.observe(), BLOCK_GAS)
    assert [problem.path for problem in caught.value.problems] == ["core-2", "core-3"]
    assert str(caught.value).count(THIRD_PARTY) == 2


def test_a_safe_that_the_wallet_does_not_control_is_refused_when_it_needs_a_change() -> None:
    desired = pool(1)
    chain = empty_chain(desired)
    run(chain, [])
    chain.safes[desired.identities[0].safe].owners = [THIRD_PARTY]
    with pytest.raises(PlanRefused, match=f"{THIRD_PARTY}.*cannot sign alone"):
        plan(desired, chain.observe(), BLOCK_GAS)


def test_a_safe_of_other_admins_is_accepted_while_nothing_is_missing() -> None:
    desired = pool(1, owners=(ADMIN, SECOND_ADMIN), threshold=2)
    chain = empty_chain(desired)
    run(chain, [])
    assert chain.safes[desired.identities[0].safe].threshold == 2
    assert plan(desired, chain.observe(), BLOCK_GAS) == ()


def test_an_extra_module_or_target_is_refused() -> None:
    desired = pool(2)
    chain = empty_chain(desired)
    run(chain, [])
    chain.safes[desired.identities[0].safe].modules.append(THIRD_PARTY)
    chain.modules[desired.identities[1].module].rules[THIRD_PARTY] = targets.word(THIRD_PARTY, "0" * 24)
    with pytest.raises(PlanRefused) as caught:
        plan(desired, chain.observe(), BLOCK_GAS)
    assert [problem.path for problem in caught.value.problems] == ["core-1", "core-2"]


ALTERED: dict[str, tuple[Literal["safe", "module"], dict[str, object], str]] = {
    "code": ("safe", {"singleton": THIRD_PARTY}, "retire this identity and use a new one"),
    "handler": ("safe", {"fallback_handler": THIRD_PARTY}, "set it back (setFallbackHandler)"),
    "guard": ("safe", {"guard": THIRD_PARTY}, "remove it (setGuard)"),
    "other module": ("safe", {"modules": (THIRD_PARTY,)}, "disable it (disableModule)"),
    "module's owner": ("module", {"owner": THIRD_PARTY}, "retire this identity and use a new one"),
    "MultiSend": ("module", {"multisend": THIRD_PARTY}, "retire this identity and use a new one"),
    "target": ("module", {"targets": frozenset({targets.word(THIRD_PARTY, "0" * 24)})}, "revoke it (revokeTarget"),
}


@pytest.mark.parametrize(("part", "change", "fix"), ALTERED.values(), ids=ALTERED)
def test_a_changed_setting_is_refused_with_the_fix(
    part: Literal["safe", "module"], change: dict[str, object], fix: str
) -> None:
    desired = pool(1)
    chain = empty_chain(desired)
    run(chain, [])
    seen = chain.observe().identities["core-1"]
    altered = replace(seen, **{part: replace(getattr(seen, part), **change)})
    assert not objections(desired, desired.identities[0], seen)
    (found,) = objections(desired, desired.identities[0], altered)
    assert THIRD_PARTY in found
    assert fix in found.partition(": ")[2]


def test_nothing_is_registered_while_the_registry_is_off() -> None:
    desired = pool(1)
    chain = empty_chain(desired)
    chain.network.enabled = False
    run(chain, [])
    assert chain.network.registered == {}


@pytest.mark.parametrize("allowed", [0, 1])
def test_a_safe_registers_its_node_only_where_the_networks_rule_answers(allowed: int) -> None:
    """A manager registered it earlier without an announcement; if the rule reverts, so would the transaction."""
    desired = pool(1)
    chain = empty_chain(desired)
    chain.network.manager, chain.network.self_registrations = None, allowed
    chain.network.registered[desired.identities[0].node] = desired.identities[0].safe
    run(chain, [])
    assert (desired.identities[0].safe in chain.network.eligible) == bool(allowed)


def test_an_unlimited_allowance_that_channels_have_used_is_not_renewed() -> None:
    desired = pool(1)
    chain = empty_chain(desired)
    run(chain, [])
    identity = desired.identities[0]
    chain.allowances[(identity.safe, desired.contracts.channels)] -= 10**24
    assert missing_calls(desired, identity, chain.observe().identities[identity.name]) == ()


@given(st.lists(st.integers(1, 9), max_size=30), st.integers(9, 40))
def test_groups_keep_the_order_and_fit(items: list[int], most: int) -> None:
    groups = list(split_evenly(items, lambda group: sum(group) <= most))
    assert [item for group in groups for item in group] == items
    assert all(group and sum(group) <= most for group in groups)
