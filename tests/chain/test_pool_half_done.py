"""Every half-done state on a real chain is finished by the next run and paid once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from devnet.chain_contracts.calls import encode_call
from identity.chain.client import ChainClient
from identity.errors import PlanRefused, PreflightFailed
from identity.evm.calls import Call, safe_execution
from identity.evm.contracts import MODULE, NETWORK_REGISTRY, SAFE, SENTINEL, TOKEN
from identity.observation.observe import observe
from identity.provisioning.configure import missing_calls
from identity.secrets.signers import LocalSigner
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.ledger import Ledger
from testkit.chain.network_registry import revoke_manager_role
from testkit.chain.pool_on_chain import (
    ADMIN,
    NODE_XDAI_WEI,
    THIRD_PARTY,
    Before,
    PoolOnChain,
    third_party_creates_the_safe,
)
from testkit.chain.reference_setup import plan_identity, set_up
from testkit.chain.requirements import missing_in
from testkit.protocol import target_word


def third_party_relays_part_of_the_batch(pool: PoolOnChain) -> None:
    """Create the Safe and relay its signed configuration, without the payments of the batch."""
    third_party_creates_the_safe(pool)
    identity = pool.desired.identities[0]
    calls = missing_calls(pool.desired, identity, pool.observe().identities[identity.name])
    signer = LocalSigner(bytes(pool.chain.wallet.key))
    execution = safe_execution(identity.safe, 100, 0, calls, signer)
    pool.ledger.send(THIRD_PARTY, execution.target, execution.data)


@pytest.mark.parametrize("interfere", [third_party_creates_the_safe, third_party_relays_part_of_the_batch])
def test_a_safe_that_a_third_party_creates_or_configures_is_used_and_paid_once(
    pool: PoolOnChain, interfere: Callable[[PoolOnChain], None]
) -> None:
    before = Before.of(pool)
    interfere(pool)
    pool.apply()
    before.assert_paid_once()


def test_dust_from_a_third_party_counts_towards_the_target(pool: PoolOnChain) -> None:
    node = pool.desired.identities[0].node
    pool.ledger.send(THIRD_PARTY, node, b"", value=7)
    pool.apply()
    assert pool.ledger.xdai_of(node) == NODE_XDAI_WEI


Damage = Callable[[PoolOnChain], None]


def on_module(function: str, *arguments: object) -> Damage:
    def damage(pool: PoolOnChain) -> None:
        identity = pool.desired.identities[0]
        pool.as_safe(identity, Call(identity.module, MODULE.encode(function, *arguments)))

    return damage


def remove_node(pool: PoolOnChain) -> None:
    on_module("removeNode", pool.desired.identities[0].node)(pool)


def remove_node_and_its_rule(pool: PoolOnChain) -> None:
    remove_node(pool)
    on_module("revokeTarget", pool.desired.identities[0].node)(pool)


def revoke_rule_of_the_node(pool: PoolOnChain) -> None:
    on_module("revokeTarget", pool.desired.identities[0].node)(pool)


def revoke_announcements(pool: PoolOnChain) -> None:
    on_module("revokeTarget", pool.desired.contracts.announcements)(pool)


def revoke_all_targets(pool: PoolOnChain) -> None:
    contracts = pool.desired.contracts
    for address in (contracts.channels, contracts.token, contracts.announcements):
        on_module("revokeTarget", address)(pool)


def change_rule_of_the_token(pool: PoolOnChain) -> None:
    token = pool.desired.contracts.token
    on_module("revokeTarget", token)(pool)
    on_module("scopeTargetToken", target_word(token, "010003000000000000000000"))(pool)


def lower_allowance(pool: PoolOnChain) -> None:
    contracts, identity = pool.desired.contracts, pool.desired.identities[0]
    pool.as_safe(identity, Call(contracts.token, TOKEN.encode("approve", contracts.channels, 5)))


def add_owner(pool: PoolOnChain) -> None:
    identity = pool.desired.identities[0]
    pool.as_safe(identity, Call(identity.safe, SAFE.encode("addOwnerWithThreshold", ADMIN, 1)))


def disable_module(pool: PoolOnChain) -> None:
    identity = pool.desired.identities[0]
    data = encode_call("disableModule(address,address)", SENTINEL, identity.module)
    pool.as_safe(identity, Call(identity.safe, data))


def deregister(pool: PoolOnChain) -> None:
    data = encode_call("managerDeregister(address[])", [pool.desired.identities[0].node])
    pool.ledger.send(pool.desired.wallet, pool.desired.contracts.network_registry, data)


def make_ineligible(pool: PoolOnChain) -> None:
    data = NETWORK_REGISTRY.encode("managerForceSync", [pool.desired.identities[0].safe], [False])
    pool.ledger.send(pool.desired.wallet, pool.desired.contracts.network_registry, data)


DAMAGES: dict[str, tuple[Damage, int]] = {
    "node removed": (remove_node, 1),
    "node and rule removed": (remove_node_and_its_rule, 1),
    "rule of the node revoked": (revoke_rule_of_the_node, 1),
    "announcements revoked": (revoke_announcements, 1),
    "all targets revoked": (revoke_all_targets, 1),
    "a rule changed": (change_rule_of_the_token, 1),
    "allowance too low": (lower_allowance, 1),
    "another owner": (add_owner, 1),
    "module disabled": (disable_module, 1),
    "not registered": (deregister, 1),
    "not eligible": (make_ineligible, 1),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_repaired_with_one_transaction(pool: PoolOnChain, name: str) -> None:
    damage, transactions = DAMAGES[name]
    pool.apply()
    damage(pool)
    assert missing_in(pool) != []
    assert len(pool.apply().receipts) == transactions
    assert missing_in(pool) == []


def test_one_transaction_sets_new_owners_and_threshold(pool: PoolOnChain) -> None:
    pool.apply()
    changed = pool.with_policy(owners=(ADMIN, pool.desired.wallet), threshold=2)
    assert len(changed.apply().receipts) == 1
    for seen in changed.observe().identities.values():
        assert seen.safe
        assert (set(seen.safe.owners), seen.safe.threshold) == ({ADMIN, pool.desired.wallet}, 2)


def test_only_a_node_below_its_minimum_is_topped_up_to_its_target(pool: PoolOnChain) -> None:
    pool.apply()
    low, sufficient = (identity.node for identity in pool.desired.identities)
    pool.ledger.rpc.call("anvil_setBalance", low, hex(NODE_XDAI_WEI // 2 - 1))
    pool.ledger.rpc.call("anvil_setBalance", sufficient, hex(NODE_XDAI_WEI // 2))
    before = pool.held_by_wallet()[0]
    block = pool.block()
    assert len(pool.apply().receipts) == 1
    assert (pool.ledger.xdai_of(low), pool.ledger.xdai_of(sufficient)) == (NODE_XDAI_WEI, NODE_XDAI_WEI // 2)
    assert before - pool.held_by_wallet()[0] == NODE_XDAI_WEI // 2 + 1 + pool.gas_paid_since(block)


def test_a_disabled_registry_does_not_stop_the_run(pool: PoolOnChain) -> None:
    registry = pool.desired.contracts.network_registry
    pool.ledger.send(pool.desired.wallet, registry, encode_call("disableRegistry()"))
    pool.apply()
    assert pool.observe().identities["core-1"].registered_to == "0x" + "0" * 40
    pool.ledger.send(pool.desired.wallet, registry, encode_call("enableRegistry()"))
    assert len(pool.apply().receipts) == 2


def test_a_node_bound_to_another_safe_is_refused_before_any_transaction(
    pool: PoolOnChain, ledger: Ledger, chain: DevelopmentChain
) -> None:
    node = pool.desired.identities[1].node
    other = plan_identity(ledger, chain.wallet, chain.contracts["rotsee"], node)
    set_up(ledger, chain.wallet, [other])
    registry = pool.desired.contracts.node_safe_registry
    ledger.send(node, registry, encode_call("registerSafeByNode(address)", other.safe))
    count = pool.transactions_of_wallet()
    with pytest.raises(PlanRefused, match=f"core-2: node {node} is bound to Safe {other.safe}"):
        pool.apply()
    assert pool.transactions_of_wallet() == count


def test_everything_the_wallet_lacks_is_reported_at_once(pool: PoolOnChain, ledger: Ledger) -> None:
    wallet, contracts = pool.desired.wallet, pool.desired.contracts
    ledger.send(wallet, contracts.token, TOKEN.encode("transfer", THIRD_PARTY, pool.held_by_wallet()[1] - 1))
    revoke_manager_role(ledger, contracts.network_registry, wallet)
    ledger.rpc.call("anvil_setBalance", wallet, hex(10**15))
    count = pool.transactions_of_wallet()
    with pytest.raises(PreflightFailed) as caught:
        pool.apply()
    text = str(caught.value)
    assert len(caught.value.problems) == 3
    assert "has 0.001 xDai and needs 0.2" in text
    assert "has 0.000000000000000001 wxHOPR and needs 20" in text
    assert "MANAGER_ROLE" in text
    assert pool.transactions_of_wallet() == count


def test_a_missing_contract_is_reported_by_its_configuration_key(pool: PoolOnChain, ledger: Ledger) -> None:
    ledger.rpc.call("anvil_setCode", pool.desired.contracts.announcements, "0x")
    with pytest.raises(PreflightFailed, match=r"networks\.rotsee\.contracts\.announcements: there is no contract at"):
        pool.apply()


def test_observation_works_without_any_contract(pool: PoolOnChain, fresh_anvil: str) -> None:
    observed = observe(ChainClient(fresh_anvil), pool.desired)
    assert all(seen.safe is None for seen in observed.identities.values())
