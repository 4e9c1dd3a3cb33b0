"""Observed pools written out by hand, for the exact tests of the planner."""

from dataclasses import replace
from typing import Any

from identity.chain.client import Block
from identity.observation.desired import DesiredIdentity, DesiredPool
from identity.observation.observe import ObservedIdentity, ObservedModule, ObservedPool, ObservedSafe, ObservedWallet

SINGLETON = "0x41675C099F32341bf84BFc5382aF534df5C7461a"
HANDLER = "0xfd0732Dc9E303f09fCEf3a7388Ad10A83459Ec99"
MULTI_SEND_CALL_ONLY = "0x9641d764fc13c8B624c04430C7356C1C7C8102e2"
ZERO = "0x" + "00" * 20
UNLIMITED_WEI = 2**256 - 1


def word(address: str, permissions: str) -> int:
    """A target word of the module (docs/protocol.md#target-words)."""
    return int(address[2:] + permissions, 16)


def stored_words(desired: DesiredPool, node: str) -> dict[str, int]:
    """The target words in the module of a complete identity, by what they allow."""
    contracts = desired.contracts
    return {
        "channels": word(contracts.channels, "010103030303030303030000"),
        "token": word(contracts.token, "010003000000000000000303"),
        "announcements": word(contracts.announcements, "010003000000000000000000"),
        "node": word(node, "010203000000000000000000"),
    }


def complete_safe(desired: DesiredPool, identity: DesiredIdentity, **changes: Any) -> ObservedSafe:
    """The Safe of a complete identity, with changes."""
    policy = desired.policy
    safe = ObservedSafe(policy.owners, policy.threshold, 1, (identity.module,), SINGLETON, HANDLER, ZERO)
    return replace(safe, **changes)


def complete_module(desired: DesiredPool, identity: DesiredIdentity, **changes: Any) -> ObservedModule:
    """The module of a complete identity, with changes."""
    words = frozenset(stored_words(desired, identity.node).values())
    return replace(ObservedModule(identity.safe, MULTI_SEND_CALL_ONLY, words, True), **changes)


def complete(desired: DesiredPool, identity: DesiredIdentity, **changes: Any) -> ObservedIdentity:
    """A complete identity: configured, funded to its targets and registered; with changes."""
    policy = desired.policy
    seen = ObservedIdentity(
        safe=complete_safe(desired, identity),
        module=complete_module(desired, identity),
        allowance_wei=policy.allowance_wei,
        safe_wxhopr_wei=policy.safe_wxhopr_wei,
        safe_xdai_wei=0,
        node_xdai_wei=policy.node_xdai_wei,
        node_bound_to=ZERO,
        registered_to=identity.safe,
        eligible=True,
    )
    return replace(seen, **changes)


def absent(**changes: Any) -> ObservedIdentity:
    """An identity of which nothing exists yet; with changes."""
    seen = ObservedIdentity(
        safe=None,
        module=None,
        allowance_wei=0,
        safe_wxhopr_wei=0,
        safe_xdai_wei=0,
        node_xdai_wei=0,
        node_bound_to=ZERO,
        registered_to=ZERO,
        eligible=False,
    )
    return replace(seen, **changes)


def observed_pool(desired: DesiredPool, *seen: ObservedIdentity, **wallet: Any) -> ObservedPool:
    """The pool with these identities; by default the wallet is a manager and has no operator Safe yet."""
    of_wallet = ObservedWallet(
        xdai_wei=10**21,
        wxhopr_wei=10**23,
        operator_nonce=None,
        operator_allowance_wei=0,
        is_manager=True,
        registry_enabled=True,
    )
    names = [identity.name for identity in desired.identities]
    return ObservedPool(Block(1, "0x1", 10**9), replace(of_wallet, **wallet), dict(zip(names, seen, strict=True)))
