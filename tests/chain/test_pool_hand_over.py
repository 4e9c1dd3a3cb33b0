"""A hand-over to a new wallet changes the owner of every Safe and pays nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from eth_account.signers.local import LocalAccount

from identity.chain.client import ChainClient
from identity.errors import PlanRefused, RpcUnavailable
from identity.evm.calls import Call, Signers
from identity.evm.contracts import SAFE
from identity.observation import deployers
from identity.provisioning.apply import apply
from identity.secrets.signers import LocalSigner
from testkit.chain.change_of_wallet import desired_by_new_wallet, hand_over
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.ledger import Ledger
from testkit.chain.pool_on_chain import PoolOnChain

SIZE = 3


@pytest.fixture
def pool(chain: DevelopmentChain, ledger: Ledger) -> PoolOnChain:
    pool = PoolOnChain.of(chain, ledger, SIZE)
    pool.apply()
    return pool


def owners_of_all(pool: PoolOnChain) -> set[tuple[str, ...]]:
    return {seen.safe.owners for seen in pool.observe().identities.values() if seen.safe}


def test_a_hand_over_makes_the_new_wallet_the_only_owner_and_pays_nothing(
    pool: PoolOnChain, new_wallet: LocalAccount
) -> None:
    before = pool.observe()
    sent_by_previous_wallet, held = pool.transactions_of_wallet(), pool.held_by_wallet()
    hand_over(pool, new_wallet)
    assert owners_of_all(pool) == {(new_wallet.address,)}
    after = pool.observe()
    for name, seen in after.identities.items():
        assert replace(seen, safe=None) == replace(before.identities[name], safe=None)
    assert (pool.transactions_of_wallet(), pool.held_by_wallet()) == (sent_by_previous_wallet, held)


def test_a_second_hand_over_sends_nothing(pool: PoolOnChain, new_wallet: LocalAccount) -> None:
    hand_over(pool, new_wallet)
    block = pool.block()
    hand_over(pool, new_wallet)
    assert pool.block() == block


def test_the_next_run_completes_an_interrupted_hand_over(pool: PoolOnChain, new_wallet: LocalAccount) -> None:
    class InterruptedAfterSend(ChainClient):
        def send(self, raw_transaction: bytes) -> None:
            super().send(raw_transaction)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hand_over(pool, new_wallet, InterruptedAfterSend(pool.chain.rpc_url))
    hand_over(pool, new_wallet)
    assert owners_of_all(pool) == {(new_wallet.address,)}


def test_a_partial_hand_over_is_completed(pool: PoolOnChain, new_wallet: LocalAccount) -> None:
    first = pool.desired.identities[0]
    add_owner = SAFE.encode("addOwnerWithThreshold", new_wallet.address, 1)
    pool.as_safe(first, Call(first.safe, add_owner))
    hand_over(pool, new_wallet)
    assert owners_of_all(pool) == {(new_wallet.address,)}


def test_a_hand_over_without_the_previous_wallet_is_refused_and_names_the_setting(
    pool: PoolOnChain, new_wallet: LocalAccount
) -> None:
    desired = replace(desired_by_new_wallet(pool, new_wallet.address), previous_wallet=None)
    block = pool.block()
    with pytest.raises(PlanRefused, match=r"if one of the owners is your previous wallet, set wallet\.previous"):
        apply(pool.client(), lambda: Signers(LocalSigner(bytes(new_wallet.key))), desired, pool.chain_settings)
    assert pool.block() == block


def test_the_deployers_are_found_without_a_state(pool: PoolOnChain, new_wallet: LocalAccount) -> None:
    hand_over(pool, new_wallet)
    nodes = {identity.name: identity.node for identity in pool.desired.identities} | {"core-9": new_wallet.address}
    wallets = (new_wallet.address, pool.desired.wallet)
    found = deployers.find(pool.client(), pool.desired.network, wallets, nodes)
    assert found == {identity.name: pool.desired.wallet for identity in pool.desired.identities}


def test_a_single_possible_deployer_costs_no_request(pool: PoolOnChain) -> None:
    offline = ChainClient("http://127.0.0.1:1", patience_s=0)
    assert deployers.find(offline, pool.desired.network, (pool.desired.wallet,), {"core-1": pool.desired.wallet}) == {}
    with pytest.raises(RpcUnavailable):
        deployers.find(
            offline, pool.desired.network, (pool.desired.wallet, "0x" + "11" * 20), {"core-1": "0x" + "22" * 20}
        )
