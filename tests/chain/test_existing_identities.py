"""Identities that HOPR's factory created: adopted, completed, paid and registered, or refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN
from pydantic import SecretStr

from config.models.identities import Identity
from config.models.pools import Pool
from devnet.chain_contracts.calls import encode_call
from identity.errors import PlanRefused
from identity.evm.calls import Call
from identity.evm.contracts import FACTORY_FALLBACK_HANDLER
from identity.provider import PoolOnChainProvider
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.factory_identities import create_with_factory
from testkit.chain.ledger import Ledger
from testkit.chain.pool_on_chain import NODE_XDAI_WEI, THIRD_PARTY, Before, PoolOnChain
from testkit.chain.stack import inputs_for


@pytest.fixture
def pool(chain: DevelopmentChain, ledger: Ledger) -> PoolOnChain:
    return create_with_factory(PoolOnChain.of(chain, ledger, 2))


def test_an_identity_of_the_factory_is_finished_paid_and_registered(pool: PoolOnChain) -> None:
    before = Before.of(pool)
    made = pool.safes_made(0)
    pool.apply()
    observed = pool.observe()
    assert pool.safes_made(0) == made, "no Safe of our own beside it"
    for identity in pool.desired.identities:
        seen = observed.identities[identity.name]
        assert seen.safe
        assert seen.module
        assert seen.safe.fallback_handler == FACTORY_FALLBACK_HANDLER
        assert seen.module.node_included
        assert seen.registered_to == identity.safe
        assert seen.eligible
    assert before.xdai_wei - pool.held_by_wallet()[0] == 2 * NODE_XDAI_WEI + pool.gas_paid_since(before.block)
    sent = pool.transactions_of_wallet()
    pool.apply()
    assert pool.transactions_of_wallet() == sent


def test_the_same_safe_without_trust_is_refused(pool: PoolOnChain) -> None:
    untrusted = tuple(replace(one, trusted=False) for one in pool.desired.identities)
    distrusting = replace(pool, desired=replace(pool.desired, identities=untrusted))
    sent = pool.transactions_of_wallet()
    with pytest.raises(PlanRefused, match="fallback handler"):
        distrusting.apply()
    assert pool.transactions_of_wallet() == sent


def test_a_trusted_safe_that_does_not_exist_is_never_created(chain: DevelopmentChain, ledger: Ledger) -> None:
    pool = PoolOnChain.of(chain, ledger, 1)
    nowhere = pool.desired.identities[0].at("0x" + "5b" * 20, "0x" + "5c" * 20)
    trusting = replace(pool, desired=replace(pool.desired, identities=(nowhere,)))
    sent = pool.transactions_of_wallet()
    with pytest.raises(PlanRefused) as refused:
        trusting.apply()
    assert [str(problem).split(":")[1].strip() for problem in refused.value.problems] == [
        "safeAddress",
        "moduleAddress",
    ]
    assert "never creates a trusted Safe" in str(refused.value)
    assert pool.transactions_of_wallet() == sent


def test_a_trusted_safe_of_others_is_refused_with_who_must_sign(chain: DevelopmentChain, ledger: Ledger) -> None:
    pool = create_with_factory(PoolOnChain.of(chain, ledger, 1), admins=[THIRD_PARTY])
    with pytest.raises(PlanRefused, match="must be changed, which needs the signatures of 1 of its owners"):
        pool.apply()


def inputs_of_pool(pool: PoolOnChain) -> dict[str, Any]:
    desired = pool.desired
    imported = {
        identity.name: Identity(
            identity_file=SecretStr("{}"),
            safe_address=identity.safe,
            module_address=identity.module,
            trust_existing_safe=True,
        )
        for identity in desired.identities
    }
    inputs: dict[str, Any] = inputs_for(pool, Pool(size=len(imported), identities=imported))
    return inputs


def test_pulumi_adopts_the_safes_that_are_given(provider: PoolOnChainProvider, pool: PoolOnChain) -> None:
    inputs = inputs_of_pool(pool)
    assert provider.check({}, inputs).failures == []
    outputs = provider.create(inputs).outs
    assert outputs
    for identity in pool.desired.identities:
        made = outputs["identities"][identity.name]
        assert (made["safeAddress"], made["moduleAddress"]) == (identity.safe, identity.module)
        assert made["registered"] is True
    assert provider.diff("rotsee/core", outputs, inputs).changes is False


def test_a_preview_names_what_was_left_behind(provider: PoolOnChainProvider, pool: PoolOnChain) -> None:
    operator = encode_call("authorizeOperator(address)", THIRD_PARTY)
    pool.as_safe(pool.desired.identities[1], Call(pool.desired.contracts.token, operator))
    failures = provider.check({}, inputs_of_pool(pool)).failures
    assert [failure.reason.split(";")[0] for failure in failures] == [
        f"core-2: Safe {pool.desired.identities[1].safe} was created elsewhere"
    ]
    assert "revokeOperator" in failures[0].reason


def test_a_preview_that_does_not_know_the_node_yet_does_not_judge_its_module(
    provider: PoolOnChainProvider, pool: PoolOnChain
) -> None:
    pool.apply()
    inputs = inputs_of_pool(pool)
    inputs["nodes"] = dict.fromkeys(inputs["nodes"], UNKNOWN)
    assert provider.check({}, inputs).failures == []
