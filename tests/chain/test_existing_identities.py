"""Identities made by the HOPR factory: adopted, finished, paid and registered; refused where something is wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest

from identity.contracts import FACTORY_FALLBACK_HANDLER
from identity.errors import PlanRefused
from tests.chain.development_chain import DevelopmentChain
from tests.chain.ledger import Ledger
from tests.chain.made_elsewhere import factory_makes
from tests.chain.pool_on_chain import STRANGER, Before, PoolOnChain


@pytest.fixture
def pool(chain: DevelopmentChain, ledger: Ledger) -> PoolOnChain:
    return factory_makes(PoolOnChain.of(chain, ledger, 2))


def test_an_identity_of_the_factory_is_finished_paid_and_registered(pool: PoolOnChain) -> None:
    before = Before.of(pool)
    made = pool.safes_made(0)
    pool.apply()
    observed = pool.look()
    assert pool.safes_made(0) == made, "no Safe of our own beside it"
    for identity in pool.wanted.identities:
        seen = observed.identities[identity.name]
        assert seen.safe
        assert seen.module
        assert seen.safe.fallback_handler == FACTORY_FALLBACK_HANDLER
        assert seen.module.node_included
        assert seen.registered_to == identity.safe
        assert seen.eligible
    assert before.xdai_wei - pool.held_by_wallet()[0] == 2 * pool.wanted.policy.node_xdai_wei + pool.gas_paid_since(
        before.block
    )
    sent = pool.transactions_of_wallet()
    pool.apply()
    assert pool.transactions_of_wallet() == sent


def test_the_same_safe_without_trust_is_refused(pool: PoolOnChain) -> None:
    untrusted = tuple(replace(one, trusted=False) for one in pool.wanted.identities)
    distrusting = replace(pool, wanted=replace(pool.wanted, identities=untrusted))
    sent = pool.transactions_of_wallet()
    with pytest.raises(PlanRefused, match="fallback handler"):
        distrusting.apply()
    assert pool.transactions_of_wallet() == sent


def test_a_trusted_safe_that_does_not_exist_is_never_made(chain: DevelopmentChain, ledger: Ledger) -> None:
    pool = PoolOnChain.of(chain, ledger, 1)
    nowhere = pool.wanted.identities[0].at("0x" + "5b" * 20, "0x" + "5c" * 20)
    trusting = replace(pool, wanted=replace(pool.wanted, identities=(nowhere,)))
    sent = pool.transactions_of_wallet()
    with pytest.raises(PlanRefused) as refused:
        trusting.apply()
    assert [str(problem).split(":")[1].strip() for problem in refused.value.problems] == [
        "safeAddress",
        "moduleAddress",
    ]
    assert "is never made" in str(refused.value)
    assert pool.transactions_of_wallet() == sent


def test_a_trusted_safe_of_others_is_refused_with_who_must_sign(chain: DevelopmentChain, ledger: Ledger) -> None:
    pool = factory_makes(PoolOnChain.of(chain, ledger, 1), admins=[STRANGER])
    with pytest.raises(PlanRefused, match="must be changed, which takes 1 of its owners"):
        pool.apply()
