"""Observes a whole pool: reads all its views at one block (by block hash), in few requests.

The views cover all points of `docs/protocol.md#a-usable-identity`. `identity.submission.rounds` relies on the single
block to pay each amount once.
"""

import itertools
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from eth_utils.crypto import keccak

from identity.chain.client import Block, ChainClient, Log
from identity.chain.views import View, address, address_in, as_topic, integer, read_views, view
from identity.errors import BlockReplaced, RpcRejected, RpcUnavailable
from identity.evm.contracts import (
    MODULE,
    MULTICALL,
    MULTICALL3,
    NETWORK_REGISTRY,
    NODE_SAFE_REGISTRY,
    SAFE,
    SENTINEL,
    TOKEN,
)
from identity.observation.desired import DesiredIdentity, DesiredPool

MANAGER_ROLE = keccak(text="MANAGER_ROLE")
_SINGLETON_SLOT = 0
_FALLBACK_HANDLER_SLOT = int.from_bytes(keccak(text="fallback_manager.handler.address"))
_GUARD_SLOT = int.from_bytes(keccak(text="guard_manager.guard.address"))
_MODULES_PAGE_SIZE = 10


@dataclass(frozen=True)
class ObservedSafe:
    """An existing Safe."""

    owners: tuple[str, ...]
    threshold: int
    nonce: int
    modules: tuple[str, ...]
    singleton: str
    fallback_handler: str
    guard: str


@dataclass(frozen=True)
class ObservedModule:
    """An existing module."""

    owner: str
    multisend: str
    targets: frozenset[int]
    node_included: bool


@dataclass(frozen=True)
class ObservedIdentity:
    """One identity on chain; `safe` and `module` are None while the contract does not exist.

    `eligible` comes from the last `EligibilityUpdated` event, because the network registry stores no such value
    (`docs/protocol.md#network-registration`).
    """

    safe: ObservedSafe | None
    module: ObservedModule | None
    allowance_wei: int
    safe_wxhopr_wei: int
    safe_xdai_wei: int
    node_xdai_wei: int
    node_bound_to: str
    registered_to: str
    eligible: bool
    node_signatures: int = 0
    """`nodeSigNonce` of the Safe registry: part of the message that the node signs next to bind itself to a Safe."""
    self_registrations: int = 0
    """How many more nodes the network registry allows this Safe to register itself."""
    registry_rule_answers: bool = False
    """Whether `maxAdditionalRegistrations` answers; it reverts if the network's stake threshold is 0."""


@dataclass(frozen=True)
class ObservedWallet:
    """The wallet, its operator Safe (`operator_nonce` is None while that does not exist) and its registry role."""

    xdai_wei: int
    wxhopr_wei: int
    operator_nonce: int | None
    operator_allowance_wei: int
    is_manager: bool
    registry_enabled: bool


@dataclass(frozen=True)
class ObservedPool:
    """A pool as it is on chain at `block`."""

    block: Block
    wallet: ObservedWallet
    identities: dict[str, ObservedIdentity]
    logs_searched: bool = True
    """Whether eligibility was read from events; otherwise it comes from the state."""


def observe(chain: ChainClient, desired: DesiredPool, known_eligible: Collection[str] = ()) -> ObservedPool:
    """Return the observed pool at the latest block, in 3 requests if the endpoint accepts requests of that size.

    `known_eligible` has the Safes that the state records as eligible, and replaces events if the endpoint does not
    search its logs. Raises WrongChain.
    """
    deadline = time.monotonic() + chain.patience_s
    while True:
        try:
            return _observe_at(chain, desired, known_eligible, chain.latest_block())
        except BlockReplaced:
            if time.monotonic() > deadline:
                raise


def _observe_at(
    chain: ChainClient, desired: DesiredPool, known_eligible: Collection[str], block: Block
) -> ObservedPool:
    views_by_subject = [
        _wallet_views(desired),
        *(_identity_views(desired, identity) for identity in desired.identities),
    ]
    answers = iter(read_views(chain, block, list(itertools.chain.from_iterable(views_by_subject))))
    chain_id, *wallet_answers = itertools.islice(answers, len(views_by_subject[0]))
    if isinstance(chain_id, int):
        chain.require_chain_id(desired.network, chain_id)
    else:
        chain.require_network(desired.network)  # no Multicall3, no answers: preflight reports it
    searched = _eligible_safes(chain, desired, block)
    eligible = known_eligible if searched is None else searched
    identities = {
        identity.name: _identity(list(itertools.islice(answers, len(views))), identity.safe in eligible)
        for identity, views in zip(desired.identities, views_by_subject[1:], strict=True)
    }
    return ObservedPool(block, _wallet(wallet_answers), identities, logs_searched=searched is not None)


def _eligible_safes(chain: ChainClient, desired: DesiredPool, block: Block) -> Collection[str] | None:
    """Return the Safes whose last event says eligible; None if the endpoint does not search its logs."""
    if not desired.policy.register_nodes or not desired.identities:
        return ()
    registry, event = desired.contracts.network_registry, NETWORK_REGISTRY.topic("EligibilityUpdated")
    safes = [as_topic(identity.safe) for identity in desired.identities]
    try:
        logs = chain.logs([registry], [[event], safes], block)
    except (RpcRejected, RpcUnavailable):
        return None
    return {safe for safe, eligible in eligibility_in(logs, registry).items() if eligible}


def eligibility_in(logs: Sequence[Log], registry: str) -> dict[str, bool]:
    """Return the eligibility of each Safe after the last `EligibilityUpdated` event in these logs."""
    event = NETWORK_REGISTRY.topic("EligibilityUpdated")
    return {
        address_in(log.topics[1]): any(log.topics[2])
        for log in logs
        if log.contract == registry and log.topics[0] == event
    }


def _wallet_views(desired: DesiredPool) -> list[View]:
    token, registry = desired.contracts.token, desired.contracts.network_registry
    return [
        view(MULTICALL, MULTICALL3, "getChainId"),
        view(MULTICALL, MULTICALL3, "getEthBalance", desired.wallet),
        view(TOKEN, token, "balanceOf", desired.wallet),
        view(SAFE, desired.operator, "nonce"),
        view(TOKEN, token, "allowance", desired.wallet, desired.operator),
        view(NETWORK_REGISTRY, registry, "hasRole", MANAGER_ROLE, desired.wallet),
        view(NETWORK_REGISTRY, registry, "enabled"),
    ]


def _wallet(answers: Sequence[object]) -> ObservedWallet:
    xdai, wxhopr, operator_nonce, allowance, manager, enabled = answers
    return ObservedWallet(
        xdai_wei=integer(xdai),
        wxhopr_wei=integer(wxhopr),
        operator_nonce=operator_nonce if isinstance(operator_nonce, int) else None,
        operator_allowance_wei=integer(allowance),
        is_manager=manager is True,
        registry_enabled=enabled is True,
    )


def _identity_views(desired: DesiredPool, identity: DesiredIdentity) -> list[View]:
    safe, module, node, contracts = identity.safe, identity.module, identity.node, desired.contracts
    return [
        view(SAFE, safe, "getOwners"),
        view(SAFE, safe, "getThreshold"),
        view(SAFE, safe, "nonce"),
        view(SAFE, safe, "getModulesPaginated", SENTINEL, _MODULES_PAGE_SIZE),
        view(SAFE, safe, "getStorageAt", _SINGLETON_SLOT, 1),
        view(SAFE, safe, "getStorageAt", _FALLBACK_HANDLER_SLOT, 1),
        view(SAFE, safe, "getStorageAt", _GUARD_SLOT, 1),
        view(MODULE, module, "owner"),
        view(MODULE, module, "multisend"),
        view(MODULE, module, "getTargets"),
        view(MODULE, module, "isNode", node),
        view(TOKEN, contracts.token, "allowance", safe, contracts.channels),
        view(TOKEN, contracts.token, "balanceOf", safe),
        view(MULTICALL, MULTICALL3, "getEthBalance", safe),
        view(MULTICALL, MULTICALL3, "getEthBalance", node),
        view(NODE_SAFE_REGISTRY, contracts.node_safe_registry, "nodeToSafe", node),
        view(NETWORK_REGISTRY, contracts.network_registry, "nodeRegisterdToAccount", node),
        view(NODE_SAFE_REGISTRY, contracts.node_safe_registry, "nodeSigNonce", node),
        view(NETWORK_REGISTRY, contracts.network_registry, "maxAdditionalRegistrations", safe),
    ]


def _identity(answers: Sequence[object], eligible: bool) -> ObservedIdentity:
    allowance, wxhopr, safe_xdai, node_xdai, bound_to, registered_to, signatures, registrations = answers[11:]
    return ObservedIdentity(
        safe=_safe(answers[:7]),
        module=_module(answers[7:11]),
        allowance_wei=integer(allowance),
        safe_wxhopr_wei=integer(wxhopr),
        safe_xdai_wei=integer(safe_xdai),
        node_xdai_wei=integer(node_xdai),
        node_bound_to=address(bound_to),
        registered_to=address(registered_to),
        eligible=eligible,
        node_signatures=integer(signatures),
        self_registrations=integer(registrations),
        registry_rule_answers=isinstance(registrations, int),
    )


def _safe(answers: Sequence[object]) -> ObservedSafe | None:
    owners, threshold, nonce, modules, singleton, handler, guard = answers
    if not isinstance(nonce, int) or not isinstance(owners, tuple):
        return None
    return ObservedSafe(
        owners=tuple(address(owner) for owner in owners),
        threshold=integer(threshold),
        nonce=nonce,
        modules=tuple(address(module) for module in modules[0]) if isinstance(modules, tuple) else (),
        singleton=address_in(singleton),
        fallback_handler=address_in(handler),
        guard=address_in(guard),
    )


def _module(answers: Sequence[object]) -> ObservedModule | None:
    owner, multisend, targets, included = answers
    if not isinstance(owner, str) or not isinstance(targets, tuple):
        return None
    return ObservedModule(address(owner), address(multisend), frozenset(targets), included is True)
