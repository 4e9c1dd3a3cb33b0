"""What a complete pool and a decommissioned pool are on chain, read contract by contract without the program."""

from __future__ import annotations

from collections.abc import Iterator

from identity.observation.desired import DesiredIdentity
from testkit.chain.pool_on_chain import PoolOnChain
from testkit.protocol import ZERO_ADDRESS, stored_targets


def missing_in(pool: PoolOnChain) -> list[str]:
    """What the identities lack, as `core-1: module enabled`; empty for a complete pool."""
    eligible = _eligible_safes(pool)
    return [
        f"{identity.name}: {requirement}"
        for identity in pool.desired.identities
        for requirement, holds in _requirements(pool, identity, eligible)
        if not holds
    ]


def remains_of(pool: PoolOnChain) -> list[str]:
    """What a decommission has not removed yet, as `core-1: node bound`; empty for a decommissioned pool."""
    return [
        f"{identity.name}: {remnant}"
        for identity in pool.desired.identities
        for remnant, exists in _remnants(pool, identity)
        if exists
    ]


def _requirements(pool: PoolOnChain, identity: DesiredIdentity, eligible: set[str]) -> Iterator[tuple[str, bool]]:
    ledger, contracts, policy = pool.ledger, pool.desired.contracts, pool.desired.policy
    safe, module, node = identity.safe, identity.module, identity.node
    created = ledger.has_code(safe), ledger.has_code(module)
    yield from zip(("Safe created", "module created"), created, strict=True)
    if not all(created):
        return
    owners = {owner.lower() for owner in policy.owners}
    yield "Safe owners", set(ledger.view(safe, "getOwners()", returns="address[]")) == owners
    yield "Safe threshold", ledger.view(safe, "getThreshold()", returns="uint256") == policy.threshold
    yield "module enabled", ledger.view(safe, "isModuleEnabled(address)", module, returns="bool")
    yield "module owner", ledger.view(module, "owner()", returns="address") == safe.lower()
    targets = ledger.view(module, "getTargets()", returns="uint256[]")
    expected = stored_targets(contracts.channels, contracts.token, contracts.announcements, node)
    yield "module targets", len(targets) == 4 and set(targets) == expected
    yield "node included", ledger.view(module, "isNode(address)", node, returns="bool")
    allowance = "allowance(address,address)"
    allowed_wei = ledger.view(contracts.token, allowance, safe, contracts.channels, returns="uint256")
    yield "allowance", allowed_wei == policy.allowance_wei
    balances = pool.balances()[identity.name]
    yield "node balance", balances.node_xdai_wei >= policy.node_xdai_minimum_wei
    yield "Safe balance", balances.safe_wxhopr_wei >= policy.safe_wxhopr_minimum_wei
    registry = contracts.network_registry
    if policy.register_nodes and ledger.view(registry, "enabled()", returns="bool"):
        registered_to = ledger.view(registry, "nodeRegisterdToAccount(address)", node, returns="address")
        yield "registered", registered_to == safe.lower()
        yield "eligible", safe.lower() in eligible


def _remnants(pool: PoolOnChain, identity: DesiredIdentity) -> Iterator[tuple[str, bool]]:
    ledger, contracts, node = pool.ledger, pool.desired.contracts, identity.node
    balances = pool.balances()[identity.name]
    yield "node xDai", balances.node_xdai_wei > 0
    yield "Safe xDai", balances.safe_xdai_wei > 0
    yield "Safe wxHOPR", balances.safe_wxhopr_wei > 0
    bound_to = ledger.view(contracts.node_safe_registry, "nodeToSafe(address)", node, returns="address")
    yield "node bound", bound_to != ZERO_ADDRESS
    registry = contracts.network_registry
    registered_to = ledger.view(registry, "nodeRegisterdToAccount(address)", node, returns="address")
    yield "node registered", registered_to != ZERO_ADDRESS
    included = ledger.has_code(identity.module) and ledger.view(
        identity.module, "isNode(address)", node, returns="bool"
    )
    yield "node included", included


def _eligible_safes(pool: PoolOnChain) -> set[str]:
    """The Safes whose last EligibilityUpdated event says that they are eligible, in lower case."""
    events = pool.ledger.events(pool.desired.contracts.network_registry, "EligibilityUpdated(address,bool)")
    last = {"0x" + safe[-40:]: bool(int(eligible, 16)) for safe, eligible in events}
    return {safe for safe, eligible in last.items() if eligible}
