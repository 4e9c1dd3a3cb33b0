"""Recovery without a state on a real chain: the Safes of the stack's wallets, and what prevents their use."""

from __future__ import annotations

import pytest

from config.models.settings import Settings
from identity.errors import PreflightFailed
from identity.verification.recovery import KnownState, RestorableIdentity, StoredKeys, find_on_chain
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.ledger import Ledger
from testkit.chain.pool_on_chain import THIRD_PARTY, PoolOnChain
from testkit.chain.stack import POOL, settings_of_stack

NO_STATE = KnownState({}, {})


@pytest.fixture
def pool(chain: DevelopmentChain, ledger: Ledger) -> PoolOnChain:
    pool = PoolOnChain.of(chain, ledger, 2)
    pool.apply()
    return pool


def find(pool: PoolOnChain, settings: Settings, state: KnownState = NO_STATE) -> list[RestorableIdentity]:
    stored = [StoredKeys(identity.name, "escrow", identity.node) for identity in pool.desired.identities]
    return find_on_chain(pool.client(), settings, POOL, stored, state)


def with_another_wallet(settings: Settings, *former: str) -> Settings:
    wallet = settings.wallet.model_copy(
        update={"address": THIRD_PARTY, "private_key": None, "former_addresses": list(former)}
    )
    return settings.model_copy(update={"wallet": wallet})


def test_safes_and_balances_are_found_from_the_nodes_alone(pool: PoolOnChain) -> None:
    seen = find(pool, settings_of_stack(pool))
    assert [one.safe for one in seen] == [identity.safe for identity in pool.desired.identities]
    assert all(one.safe_exists and one.problems == [] for one in seen)
    assert {(one.node_xdai_wei, one.safe_wxhopr_wei) for one in seen} == {(10**17, 10 * 10**18)}


def test_nothing_is_found_on_chain_for_an_identity_without_keys(pool: PoolOnChain) -> None:
    lost = StoredKeys(f"{POOL}-1", None, None)
    assert find_on_chain(pool.client(), settings_of_stack(pool), POOL, [lost], NO_STATE) == [RestorableIdentity(lost)]


def test_the_safe_of_a_former_wallet_is_a_problem_until_the_settings_list_that_wallet(pool: PoolOnChain) -> None:
    """Without it `pulumi up` would create a second Safe for a node that is registered for its first."""
    deployer, settings = pool.desired.wallet, settings_of_stack(pool)
    unlisted = find(pool, with_another_wallet(settings))
    assert [one.safe_exists for one in unlisted] == [False, False]
    assert all(
        any("is registered on the network registry for" in problem for problem in one.problems) for one in unlisted
    )

    listed = find(pool, with_another_wallet(settings, deployer))
    assert [one.safe for one in listed] == [identity.safe for identity in pool.desired.identities]
    assert all(one.safe_exists for one in listed)


def test_the_state_provides_the_deployer_of_a_safe(pool: PoolOnChain) -> None:
    state = KnownState({}, {identity.name: identity.deployer for identity in pool.desired.identities})
    seen = find(pool, with_another_wallet(settings_of_stack(pool)), state)
    assert all(one.safe_exists for one in seen)


def test_missing_contracts_stop_the_recovery(pool: PoolOnChain) -> None:
    settings = settings_of_stack(pool)
    contracts = settings.network.contracts.model_copy(update={"token": THIRD_PARTY})
    network = settings.network.model_copy(update={"contracts": contracts})
    with pytest.raises(PreflightFailed, match="there is no contract at"):
        find(pool, settings.model_copy(update={"network": network}))
