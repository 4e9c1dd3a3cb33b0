"""A wallet without the manager role: each Safe registers its node itself, as soon as the network allows it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from devnet.chain_contracts.calls import encode_call
from identity.chain.client import ChainClient
from identity.errors import PreflightFailed, WalletCannotSign
from identity.evm.calls import Call, Signers
from identity.evm.contracts import NODE_SAFE_REGISTRY
from identity.provisioning.apply import apply
from identity.secrets.signers import LocalSigner
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.ledger import Ledger
from testkit.chain.network_registry import revoke_manager_role, set_stake_threshold
from testkit.chain.pool_on_chain import SAFE_WXHOPR_WEI, PoolOnChain, node_signer
from testkit.faults.relay import answer, every, relaying
from testkit.identity.endpoint import refusal

SIZE = 3


@pytest.fixture
def pool(chain: DevelopmentChain, ledger: Ledger) -> PoolOnChain:
    """Complete but not registered; the wallet is not a manager, and the network counts the Safes' stake."""
    contracts = chain.contracts["rotsee"]
    unregistered = PoolOnChain.of(chain, ledger, SIZE, register_nodes=False)
    unregistered.apply()
    revoke_manager_role(ledger, contracts["networkRegistry"], chain.wallet.address)
    set_stake_threshold(ledger, contracts, SAFE_WXHOPR_WEI)
    return unregistered.with_policy(register_nodes=True)


def run(pool: PoolOnChain) -> None:
    signers = replace(pool.signers(), node=lambda name: node_signer(int(name.rpartition("-")[2])))
    apply(pool.client(), lambda: signers, pool.desired, pool.chain_settings, report=pool.reports.append)


def assert_all_registered(pool: PoolOnChain) -> None:
    for identity in pool.desired.identities:
        seen = pool.observe().identities[identity.name]
        assert (seen.node_bound_to, seen.registered_to, seen.eligible) == (identity.safe, identity.safe, True)


def test_all_safes_register_in_one_transaction_and_nothing_is_paid(pool: PoolOnChain) -> None:
    count, (_, wxhopr_wei) = pool.transactions_of_wallet(), pool.held_by_wallet()
    run(pool)
    assert_all_registered(pool)
    assert pool.transactions_of_wallet() == count + 1
    assert pool.held_by_wallet()[1] == wxhopr_wei
    assert any("self-register 3 identities" in text for text in pool.reports)
    run(pool)
    assert pool.transactions_of_wallet() == count + 1


def test_without_log_search_the_receipts_events_show_which_safes_are_eligible(pool: PoolOnChain) -> None:
    count = pool.transactions_of_wallet()
    with relaying(pool.chain.rpc_url) as relay:
        relay.handler = every("eth_getLogs", answer(refusal("query returned more than 10000 results")))
        signers = replace(pool.signers(), node=lambda name: node_signer(int(name.rpartition("-")[2])))
        apply(ChainClient(relay.url), lambda: signers, pool.desired, pool.chain_settings)
    assert pool.transactions_of_wallet() == count + 1
    assert_all_registered(pool)


def test_a_bound_node_needs_no_signature(pool: PoolOnChain, ledger: Ledger) -> None:
    registry = pool.desired.contracts.node_safe_registry
    for identity in pool.desired.identities:
        ledger.send(identity.node, registry, encode_call("registerSafeByNode(address)", identity.safe))
    signers = pool.signers()
    apply(pool.client(), lambda: signers, pool.desired, pool.chain_settings)
    assert_all_registered(pool)


def test_a_released_node_signs_again_when_it_returns(pool: PoolOnChain) -> None:
    run(pool)
    first = pool.desired.identities[0]
    registry = pool.desired.contracts.node_safe_registry
    unbind = NODE_SAFE_REGISTRY.encode("deregisterNodeBySafe", first.node)
    deregister = encode_call("selfDeregister(address[])", [first.node])
    pool.as_safe(first, Call(pool.desired.contracts.network_registry, deregister), Call(registry, unbind))
    run(pool)
    assert_all_registered(pool)
    assert pool.observe().identities[first.name].node_signatures == 2


def test_safes_that_the_network_does_not_accept_are_reported_before_any_transaction(
    pool: PoolOnChain, ledger: Ledger
) -> None:
    set_stake_threshold(ledger, pool.chain.contracts["rotsee"], SAFE_WXHOPR_WEI + 1)
    count = pool.transactions_of_wallet()
    with pytest.raises(PreflightFailed, match="may not register nodes on network rotsee") as caught:
        run(pool)
    assert "the Safes of core-1, core-2, core-3" in str(caught.value)
    assert "grant the wallet MANAGER_ROLE" in str(caught.value)
    assert pool.transactions_of_wallet() == count


def test_without_identity_files_the_error_names_the_node_that_must_sign(pool: PoolOnChain) -> None:
    count = pool.transactions_of_wallet()
    signers = Signers(LocalSigner(bytes(pool.chain.wallet.key)))
    with pytest.raises(WalletCannotSign, match="core-1: its node must sign"):
        apply(pool.client(), lambda: signers, pool.desired, pool.chain_settings)
    assert pool.transactions_of_wallet() == count
