"""Plans of registrations on both sides of each boundary, with every transaction written out."""

from dataclasses import replace
from typing import Any

import pytest

from identity.provisioning.plan import can_self_register, is_registered, plan
from identity.provisioning.registrations import ForceSync, Register
from identity.provisioning.transactions import Batch, Job
from testkit.identity.observations import ZERO, complete, complete_safe, observed_pool
from testkit.identity.pools import ADMIN, BLOCK_GAS, SECOND_ADMIN, THIRD_PARTY, WALLET, pool


def test_a_manager_registers_the_nodes_and_announces_the_safes_that_lack_it() -> None:
    desired = pool(4)
    first, second, third, _ = desired.identities
    seen = [
        complete(desired, first, registered_to=ZERO, eligible=False),
        complete(desired, second, registered_to=ZERO),
        complete(desired, third, eligible=False),
        complete(desired, desired.identities[3]),
    ]
    assert plan(desired, observed_pool(desired, *seen), BLOCK_GAS) == (
        Register(desired, (first, second)),
        ForceSync(desired, (first, third)),
    )
    assert plan(desired, observed_pool(desired, *seen, registry_enabled=False), BLOCK_GAS) == ()
    unregistered = replace(desired, policy=replace(desired.policy, register_nodes=False))
    assert plan(unregistered, observed_pool(unregistered, *seen), BLOCK_GAS) == ()


def test_payments_come_before_registrations_in_the_same_round() -> None:
    desired = pool(1)
    (identity,) = desired.identities
    seen = complete(desired, identity, node_xdai_wei=0, registered_to=ZERO, eligible=False)
    round_ = plan(desired, observed_pool(desired, seen), BLOCK_GAS)
    assert [type(transaction) for transaction in round_] == [Batch, Register, ForceSync]


def test_registrations_are_split_by_the_gas_of_a_block() -> None:
    """By hand: 30,000 + 2 * 50,000 is 143,000 gas with the margin of 10 %; 26,000 + 3 * 5,000 is 45,100."""
    desired = pool(3)
    seen = [complete(desired, one, registered_to=ZERO, eligible=False) for one in desired.identities]
    observed = observed_pool(desired, *seen)
    first, second, third = desired.identities
    assert plan(desired, observed, 143_000) == (
        Register(desired, (first,)),
        Register(desired, (second, third)),
        ForceSync(desired, (first, second, third)),
    )
    assert [len(one.identities) for one in plan(desired, observed, 142_999) if isinstance(one, Register)] == [1, 1, 1]
    assert [len(one.identities) for one in plan(desired, observed, 45_100) if isinstance(one, ForceSync)] == [3]
    assert [len(one.identities) for one in plan(desired, observed, 45_099) if isinstance(one, ForceSync)] == [1, 2]


def test_without_a_manager_each_safe_registers_its_node() -> None:
    desired = pool(3)
    first, second, third = desired.identities
    seen = [
        complete(desired, first, registered_to=ZERO, eligible=False, self_registrations=1, node_signatures=2),
        complete(
            desired, second, registered_to=ZERO, eligible=False, self_registrations=1, node_bound_to=second.safe,
            safe=complete_safe(desired, second, nonce=6),
        ),
        complete(desired, third),
    ]  # fmt: skip
    jobs = (
        Job(first, safe_nonce=1, self_registers=True, node_signatures=2),
        Job(second, safe_nonce=6, self_registers=True, node_signatures=None),
    )
    observed = observed_pool(desired, *seen, is_manager=False)
    assert plan(desired, observed, BLOCK_GAS) == (Batch(desired, jobs, creates_operator=True, operator_nonce=0),)


def test_the_previous_wallet_signs_a_self_registration_of_its_safe() -> None:
    desired = replace(pool(1, owners=(ADMIN,)), previous_wallet=ADMIN)
    (identity,) = desired.identities
    seen = complete(desired, identity, registered_to=ZERO, eligible=False, self_registrations=1)
    (batch,) = plan(desired, observed_pool(desired, seen, is_manager=False), BLOCK_GAS)
    assert isinstance(batch, Batch)
    assert [job.handed_over for job in batch.jobs] == [True]


@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        ({"self_registrations": 0}, False),
        ({"self_registrations": 1}, True),
        ({"self_registrations": 2}, True),
        ({"registered_to": "its Safe", "registry_rule_answers": True}, True),
        ({"registered_to": "its Safe", "registry_rule_answers": False}, False),
        ({"registered_to": ZERO, "registry_rule_answers": True}, False),
        ({"self_registrations": 1, "safe": None}, False),
    ],
)
def test_a_safe_registers_its_node_only_if_the_registry_allows_it(change: dict[str, Any], allowed: bool) -> None:
    desired = pool(1)
    (identity,) = desired.identities
    values = {key: identity.safe if value == "its Safe" else value for key, value in change.items()}
    seen = complete(desired, identity, **{"registered_to": ZERO, "eligible": False, **values})
    assert can_self_register(desired, identity, seen) is allowed


@pytest.mark.parametrize(
    ("owners", "threshold", "allowed"),
    [((WALLET, ADMIN), 1, True), ((WALLET, ADMIN), 2, False), ((ADMIN, SECOND_ADMIN), 1, False)],
)
def test_a_safe_registers_its_node_only_if_the_wallet_signs_alone(
    owners: tuple[str, ...], threshold: int, allowed: bool
) -> None:
    desired = pool(1, owners=owners, threshold=threshold)
    (identity,) = desired.identities
    seen = complete(desired, identity, registered_to=ZERO, eligible=False, self_registrations=1)
    assert can_self_register(desired, identity, seen) is allowed


@pytest.mark.parametrize(
    ("registered_to", "eligible", "expected"),
    [("its Safe", True, True), ("its Safe", False, False), (ZERO, True, False), (THIRD_PARTY, True, False)],
)
def test_a_node_is_registered_once_its_safe_is_eligible_too(registered_to: str, eligible: bool, expected: bool) -> None:
    desired = pool(1)
    (identity,) = desired.identities
    to = identity.safe if registered_to == "its Safe" else registered_to
    assert is_registered(identity, complete(desired, identity, registered_to=to, eligible=eligible)) is expected
