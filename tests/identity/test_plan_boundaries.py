"""Plans on both sides of each boundary, with every transaction written out."""

from dataclasses import replace
from typing import Any

import pytest

from identity.errors import PlanRefused
from identity.observation.desired import DesiredPool
from identity.observation.observe import ObservedIdentity
from identity.provisioning.plan import due_wei, plan
from identity.provisioning.transactions import ApproveOperator, Batch, Job, TransferWxhopr
from testkit.identity.expected_calls import approval_of_channels, calls_of_a_new_identity
from testkit.identity.observations import absent, complete, complete_safe, observed_pool
from testkit.identity.pools import ADMIN, BLOCK_GAS, THIRD_PARTY, WALLET, WXHOPR, XDAI, pool

FUNDED = {"safe_wxhopr_wei": 10 * WXHOPR, "safe_wxhopr_minimum_wei": 5 * WXHOPR}
UNLIMITED_WEI = 2**256 - 1


@pytest.mark.parametrize(
    ("balance_wei", "minimum_wei", "target_wei", "expected_wei"),
    [
        (0, 50, 100, 100),
        (49, 50, 100, 51),
        (50, 50, 100, 0),
        (51, 50, 100, 0),
        (100, 50, 100, 0),
        (0, 0, 100, 100),
        (1, 0, 100, 0),
        (0, 1, 100, 100),
        (1, 1, 100, 0),
        (1, 2, 100, 99),
        (0, 0, 1, 1),
        (0, 0, 0, 0),
        (5, 10, 3, 0),
        (5, 10, 5, 0),
        (5, 10, 6, 1),
    ],
)
def test_a_balance_below_its_minimum_is_raised_to_its_target(
    balance_wei: int, minimum_wei: int, target_wei: int, expected_wei: int
) -> None:
    assert due_wei(balance_wei, minimum_wei, target_wei) == expected_wei


# set-up


def test_a_complete_pool_needs_no_transaction() -> None:
    desired = pool(2, **FUNDED)
    seen = [complete(desired, one) for one in desired.identities]
    assert plan(desired, observed_pool(desired, *seen), BLOCK_GAS) == ()


def test_a_new_identity_is_created_configured_and_paid_in_one_batch() -> None:
    desired = pool(1, **FUNDED)
    (identity,) = desired.identities
    observed = observed_pool(desired, absent(), operator_nonce=4, operator_allowance_wei=10 * WXHOPR)
    job = Job(
        identity,
        creates_safe=True,
        safe_nonce=0,
        calls=calls_of_a_new_identity(desired, identity),
        node_xdai_wei=XDAI // 10,
        safe_wxhopr_wei=10 * WXHOPR,
        node_is_new=True,
    )
    assert plan(desired, observed, BLOCK_GAS) == (Batch(desired, (job,), creates_operator=False, operator_nonce=4),)


def test_a_safe_that_has_executed_a_transaction_is_configured_without_a_payment() -> None:
    """Its batch could be mined a second time: only nonce 0 is used once, together with the Safe's creation."""
    desired = pool(1, **FUNDED)
    (identity,) = desired.identities
    for nonce, xdai_wei, wxhopr_wei in ((0, XDAI // 10 - 1, 10 * WXHOPR - 2), (1, 0, 0)):
        safe = complete_safe(desired, identity, nonce=nonce)
        seen = complete(desired, identity, safe=safe, allowance_wei=0, node_xdai_wei=1, safe_wxhopr_wei=2)
        observed = observed_pool(desired, seen, operator_nonce=4, operator_allowance_wei=UNLIMITED_WEI)
        job = Job(
            identity,
            safe_nonce=nonce,
            calls=(approval_of_channels(desired),),
            node_xdai_wei=xdai_wei,
            safe_wxhopr_wei=wxhopr_wei,
            node_is_new=False,
            safe_is_new=False,
        )
        assert plan(desired, observed, BLOCK_GAS) == (Batch(desired, (job,), creates_operator=False, operator_nonce=4),)


def test_identities_that_miss_nothing_wait_until_all_are_set_up() -> None:
    desired = pool(2, **FUNDED)
    first, second = desired.identities
    seen = [complete(desired, first, allowance_wei=0), complete(desired, second, node_xdai_wei=0, eligible=False)]
    (batch,) = plan(desired, observed_pool(desired, *seen), BLOCK_GAS)
    assert isinstance(batch, Batch)
    assert [job.identity for job in batch.jobs] == [first]


def test_the_previous_wallet_signs_for_a_safe_that_is_not_handed_over() -> None:
    before = pool(1)
    desired = replace(before, previous_wallet=ADMIN)
    (identity,) = desired.identities
    for owners, handed_over in (((ADMIN,), True), ((WALLET, ADMIN), False)):
        seen = complete(desired, identity, safe=complete_safe(desired, identity, owners=owners))
        (batch,) = plan(desired, observed_pool(desired, seen), BLOCK_GAS)
        assert isinstance(batch, Batch)
        assert [job.handed_over for job in batch.jobs] == [handed_over]


def test_the_deployer_signs_for_a_safe_that_does_not_exist() -> None:
    desired = replace(pool(1), previous_wallet=ADMIN)
    of_previous = replace(desired, identities=(replace(desired.identities[0], deployer=ADMIN),))
    for one, handed_over in ((desired, False), (of_previous, True)):
        (batch,) = plan(one, observed_pool(one, absent()), BLOCK_GAS)
        assert isinstance(batch, Batch)
        assert [job.handed_over for job in batch.jobs] == [handed_over]


def test_all_objections_to_all_identities_are_reported_together() -> None:
    desired = pool(3)
    seen = [complete(desired, one) for one in desired.identities]
    seen[0] = replace(seen[0], node_bound_to=THIRD_PARTY, registered_to=THIRD_PARTY)
    seen[2] = replace(seen[2], node_bound_to=THIRD_PARTY)
    with pytest.raises(PlanRefused) as caught:
        plan(desired, observed_pool(desired, *seen), BLOCK_GAS)
    assert [problem.path for problem in caught.value.problems] == ["core-1", "core-1", "core-3"]


# payments


def top_ups(desired: DesiredPool, count: int, **balances: int) -> list[ObservedIdentity]:
    """The first `count` identities with these balances, the others complete."""
    return [
        complete(desired, one, **(balances if position < count else {}))
        for position, one in enumerate(desired.identities)
    ]


def test_xdai_is_paid_first_and_in_one_batch() -> None:
    desired = pool(3, **FUNDED)
    seen = top_ups(desired, 2, node_xdai_wei=XDAI // 20 - 1, safe_wxhopr_wei=0)
    first, second, _ = desired.identities
    due = XDAI // 10 - (XDAI // 20 - 1)
    jobs = tuple(Job(one, node_xdai_wei=due, node_is_new=False) for one in (first, second))
    observed = observed_pool(desired, *seen)
    assert plan(desired, observed, BLOCK_GAS) == (Batch(desired, jobs, creates_operator=True, operator_nonce=0),)


def test_few_safes_are_paid_one_transfer_a_round() -> None:
    desired = pool(3, **FUNDED)
    observed = observed_pool(desired, *top_ups(desired, 2, safe_wxhopr_wei=5 * WXHOPR - 1))
    first = desired.identities[0]
    assert plan(desired, observed, BLOCK_GAS) == (TransferWxhopr(desired, first, 5 * WXHOPR + 1, safe_is_new=False),)


@pytest.mark.parametrize(
    ("operator_nonce", "payments", "through_operator"),
    [(None, 7, False), (None, 8, True), (0, 2, False), (0, 3, True), (5, 2, False), (5, 3, True)],
)
def test_the_operator_safe_pays_once_that_takes_less_gas(
    operator_nonce: int | None, payments: int, through_operator: bool
) -> None:
    """By hand: 250,000 + 50,000 + 62,000 + n * 91,000 < n * 141,000 from n = 8; with an operator Safe from n = 3."""
    desired = pool(9, **FUNDED)
    seen = top_ups(desired, payments, safe_wxhopr_wei=0)
    round_ = plan(desired, observed_pool(desired, *seen, operator_nonce=operator_nonce), BLOCK_GAS)
    transfer = TransferWxhopr(desired, desired.identities[0], 10 * WXHOPR)
    assert round_ == ((ApproveOperator(desired),) if through_operator else (transfer,))


@pytest.mark.parametrize("seen_kind", ["new", "complete"])
@pytest.mark.parametrize(("allowance_wei", "suffices"), [(20 * WXHOPR, True), (20 * WXHOPR - 1, False), (1, False)])
def test_the_operator_safe_needs_an_allowance_for_all_payments(
    seen_kind: str, allowance_wei: int, suffices: bool
) -> None:
    desired = pool(2, **FUNDED)
    seen = [absent() if seen_kind == "new" else complete(desired, one, safe_wxhopr_wei=0) for one in desired.identities]
    observed = observed_pool(desired, *seen, operator_nonce=3, operator_allowance_wei=allowance_wei)
    (transaction,) = plan(desired, observed, BLOCK_GAS)
    if suffices:
        assert isinstance(transaction, Batch)
        assert [job.safe_wxhopr_wei for job in transaction.jobs] == [10 * WXHOPR] * 2
        assert (transaction.creates_operator, transaction.operator_nonce) == (False, 3)
    else:
        assert transaction == ApproveOperator(desired)


def test_a_new_pool_without_an_operator_safe_is_created_without_wxhopr() -> None:
    desired = pool(2, **FUNDED)
    (batch,) = plan(desired, observed_pool(desired, absent(), absent()), BLOCK_GAS)
    assert isinstance(batch, Batch)
    assert [(job.node_xdai_wei, job.safe_wxhopr_wei) for job in batch.jobs] == [(XDAI // 10, 0)] * 2
    assert (batch.creates_operator, batch.operator_nonce) == (True, 0)


@pytest.mark.parametrize(
    ("wallet", "block_gas"),
    [({}, 150_000), ({"operator_nonce": 3, "operator_allowance_wei": UNLIMITED_WEI}, 400_000)],
)
def test_a_round_has_one_batch_of_payments_however_many_are_due(wallet: dict[str, Any], block_gas: int) -> None:
    desired = pool(4, **FUNDED)
    seen = top_ups(desired, 4, node_xdai_wei=0, safe_wxhopr_wei=0)
    (batch,) = plan(desired, observed_pool(desired, *seen, **wallet), block_gas)
    assert isinstance(batch, Batch)
    assert [job.identity for job in batch.jobs] == list(desired.identities[:2])


def test_every_batch_that_pays_wxhopr_uses_the_next_nonce_of_the_operator_safe() -> None:
    desired = pool(4, **FUNDED)
    one_identity = 1_100_000
    observed = observed_pool(desired, *[absent()] * 4, operator_nonce=None, operator_allowance_wei=UNLIMITED_WEI)
    batches = plan(desired, observed, one_identity)
    assert [(batch.creates_operator, batch.operator_nonce) for batch in batches if isinstance(batch, Batch)] == [
        (True, 0),
        (False, 1),
        (False, 2),
        (False, 3),
    ]


def test_batches_without_wxhopr_leave_the_nonce_of_the_operator_safe() -> None:
    desired = pool(2)
    observed = observed_pool(desired, absent(), absent(), operator_nonce=7)
    batches = plan(desired, observed, 1_000_000)
    assert [(batch.creates_operator, batch.operator_nonce) for batch in batches if isinstance(batch, Batch)] == [
        (False, 7),
        (False, 7),
    ]


@pytest.mark.parametrize(
    ("node_xdai_wei", "safe_wxhopr_wei", "job"),
    [
        (0, 5 * WXHOPR, {"node_xdai_wei": XDAI // 10, "node_is_new": True, "safe_is_new": False}),
        (1, 5 * WXHOPR, {"node_xdai_wei": XDAI // 10 - 1, "node_is_new": False, "safe_is_new": False}),
        (XDAI // 20, 0, {"safe_wxhopr_wei": 10 * WXHOPR, "node_is_new": False}),
        (0, 0, {"node_xdai_wei": XDAI // 10, "safe_wxhopr_wei": 10 * WXHOPR, "node_is_new": True}),
    ],
)
def test_a_top_up_pays_exactly_what_is_due(node_xdai_wei: int, safe_wxhopr_wei: int, job: dict[str, Any]) -> None:
    desired = pool(1, **FUNDED)
    (identity,) = desired.identities
    seen = complete(desired, identity, node_xdai_wei=node_xdai_wei, safe_wxhopr_wei=safe_wxhopr_wei)
    observed = observed_pool(desired, seen, operator_nonce=1, operator_allowance_wei=UNLIMITED_WEI)
    expected = Batch(desired, (Job(identity, **job),), creates_operator=False, operator_nonce=1)
    assert plan(desired, observed, BLOCK_GAS) == (expected,)
