"""A change of wallet through the `PoolOnChain` provider: `wallet.previous` hands the Safes over."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from eth_account.signers.local import LocalAccount

from config.models.pools import Pool
from identity.consent import OWNERS, Consent
from identity.errors import NotAllowed, PlanRefused
from identity.provider import PoolOnChainProvider
from testkit.chain.pool_on_chain import SIZE, PoolOnChain
from testkit.chain.stack import configured, created, inputs_for, updated

REMEDY = r"if one of the owners is your previous wallet, set wallet\.previous"


@pytest.fixture
def olds(pool: PoolOnChain) -> dict[str, Any]:
    """The pool's outputs under the wallet that created it."""
    provider = configured(pool.chain.rpc_url, bytes(pool.chain.wallet.key).hex())
    return created(provider, inputs_for(pool, Pool(size=SIZE)))


@pytest.fixture
def news(pool: PoolOnChain, new_wallet: LocalAccount) -> Any:
    """The same pool, configured with the new wallet."""
    renewed = replace(pool, desired=replace(pool.desired, wallet=new_wallet.address))
    return inputs_for(renewed, Pool(size=SIZE))


def provider_of(
    pool: PoolOnChain, wallet: LocalAccount, previous: LocalAccount | None = None, **more: Any
) -> PoolOnChainProvider:
    if previous:
        more["previous"] = {"privateKey": bytes(previous.key).hex()}
    return configured(pool.chain.rpc_url, bytes(wallet.key).hex(), wallet=more)


def owners(pool: PoolOnChain) -> set[tuple[str, ...]]:
    return {seen.safe.owners for seen in pool.observe().identities.values() if seen.safe}


def of_each(outputs: dict[str, Any], *keys: str) -> dict[str, tuple[Any, ...]]:
    return {name: tuple(one[key] for key in keys) for name, one in outputs["identities"].items()}


def test_with_the_previous_wallet_every_safe_gets_the_new_owner_at_its_old_address(
    pool: PoolOnChain, new_wallet: LocalAccount, olds: dict[str, Any], news: Any
) -> None:
    provider = provider_of(pool, new_wallet, pool.chain.wallet)
    assert provider.check(inputs_for(pool, Pool(size=SIZE)), news).failures == []
    assert provider.diff("rotsee/core", olds, news).changes is True
    outputs = updated(provider, olds, news)
    assert owners(pool) == {(new_wallet.address,)}
    same = ("safeAddress", "moduleAddress", "founder")
    assert of_each(outputs, *same) == of_each(olds, *same)
    assert set(of_each(outputs, "founder").values()) == {(pool.desired.wallet,)}


def test_after_the_hand_over_the_previous_wallet_is_not_needed(
    pool: PoolOnChain, new_wallet: LocalAccount, olds: dict[str, Any], news: Any
) -> None:
    outputs = updated(provider_of(pool, new_wallet, pool.chain.wallet), olds, news)
    block = pool.block()
    alone = provider_of(pool, new_wallet)
    assert alone.diff("rotsee/core", outputs, news).changes is False
    updated(alone, outputs, news)
    assert pool.block() == block


def test_another_wallet_without_the_previous_one_is_refused_with_what_to_set(
    pool: PoolOnChain, new_wallet: LocalAccount, olds: dict[str, Any], news: Any
) -> None:
    provider = provider_of(pool, new_wallet)
    block = pool.block()
    failures = provider.check(inputs_for(pool, Pool(size=SIZE)), news).failures
    assert [bool(re.search(REMEDY, failure.reason)) for failure in failures] == [True] * SIZE
    with pytest.raises(PlanRefused, match=REMEDY):
        provider.update("rotsee/core", olds, news)
    assert pool.block() == block


def test_a_pool_that_was_handed_over_may_change_without_the_former_wallet(
    pool: PoolOnChain, new_wallet: LocalAccount, olds: dict[str, Any], news: Any
) -> None:
    """`check` gets no outputs, so it passes the deployers of the Safes on in the inputs."""
    handing_over = provider_of(pool, new_wallet, pool.chain.wallet).check(inputs_for(pool, Pool(size=SIZE)), news)
    outputs = updated(provider_of(pool, new_wallet, pool.chain.wallet), olds, handing_over.inputs)
    unchanged = provider_of(pool, new_wallet).check(handing_over.inputs, news)
    changed = provider_of(pool, new_wallet).check(unchanged.inputs, {**news, "drainOnDestroy": True})
    assert changed.failures == []
    assert set(changed.inputs["founders"].values()) == {pool.desired.wallet}
    block = pool.block()
    updated(provider_of(pool, new_wallet), outputs, changed.inputs)
    assert pool.block() == block


def test_without_a_state_the_former_wallet_must_be_configured(
    pool: PoolOnChain, new_wallet: LocalAccount, olds: dict[str, Any], news: Any
) -> None:
    updated(provider_of(pool, new_wallet, pool.chain.wallet), olds, news)
    failures = provider_of(pool, new_wallet).check({}, news).failures
    assert ["list that wallet in wallet.formerAddresses" in failure.reason for failure in failures] == [True] * SIZE
    assert provider_of(pool, new_wallet, formerAddresses=[pool.desired.wallet]).check({}, news).failures == []


def test_owners_change_in_an_unattended_run_only_with_permission(
    pool: PoolOnChain, new_wallet: LocalAccount, olds: dict[str, Any], news: Any
) -> None:
    """The provider checks it too: the program does not see owners that somebody changed since the last run."""
    provider = provider_of(pool, new_wallet, pool.chain.wallet)
    provider.run.consent = Consent(attended=False)
    block = pool.block()
    with pytest.raises(
        NotAllowed, match=rf"set HOPRD_ALLOW=owners for this run\. The owners of .* {new_wallet.address}"
    ):
        provider.update("rotsee/core", olds, news)
    assert pool.block() == block
    provider.run.consent = Consent(attended=False, allowed=frozenset({OWNERS}))
    updated(provider, olds, news)
    assert owners(pool) == {(new_wallet.address,)}
