"""A node belongs to one identity: a shared one would be paid twice, and two hoprd processes would share a key."""

from __future__ import annotations

from typing import Any

from config.models.pools import Pool
from identity.provider import PoolOnChainProvider
from testkit.chain.pool_on_chain import PoolOnChain
from testkit.chain.stack import configured, inputs_for


def provider_of(pool: PoolOnChain) -> PoolOnChainProvider:
    return configured(pool.chain.rpc_url, bytes(pool.chain.wallet.key).hex())


def inputs(pool: PoolOnChain, name: str = "core", **changed_nodes: str) -> Any:
    made = inputs_for(pool, Pool(size=2), name)
    return {**made, "nodes": {**made["nodes"], **{key.replace("_", "-"): node for key, node in changed_nodes.items()}}}


def test_a_node_of_two_identities_of_a_pool_is_refused_before_anything_is_sent(pool: PoolOnChain) -> None:
    node = pool.desired.identities[0].node
    count = pool.transactions_of_wallet()
    (failure,) = provider_of(pool).check({}, inputs(pool, core_2=node)).failures
    assert failure.reason.startswith(f"pools.core.identities.core-2: core-1 in pool core already uses node {node}, ")
    assert pool.transactions_of_wallet() == count


def test_a_node_of_another_pools_identity_is_refused_before_anything_is_sent(pool: PoolOnChain) -> None:
    provider, first = provider_of(pool), pool.desired.identities[0]
    assert provider.check(inputs(pool), inputs(pool)).failures == []
    others = {**inputs(pool, "edge"), "nodes": {"edge-1": first.node.lower()}}
    (failure,) = provider.check(others, others).failures
    assert failure.reason.startswith("pools.edge.identities.edge-1: ")
    assert "core-1 in pool core already uses node " in failure.reason


def test_a_pool_can_be_checked_repeatedly(pool: PoolOnChain) -> None:
    provider = provider_of(pool)
    for _ in range(2):
        assert provider.check(inputs(pool), inputs(pool)).failures == []
    others = {**inputs(pool, "edge"), "nodes": {"edge-1": pool.desired.identities[0].node}}
    assert provider_of(pool).check(others, others).failures == []
