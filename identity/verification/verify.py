"""Evaluates every point of `docs/protocol.md#a-usable-identity`: expected and found. Pure.

Programs read the keys of points, so the keys never change: `safe.*`, `module.*`, `balances.*`, `registry.*`,
`stack.*`, `provenance.*` for Safes that were created elsewhere, and `left.*` for retired identities.
"""

from collections.abc import Sequence

from config.models.chain import ChainSettings
from config.models.scalars import amount_text
from identity.decommission.plan import amounts, drain_calls, node_drain_wei
from identity.evm import targets
from identity.evm.contracts import SAFE_SINGLETON, UNLIMITED_WEI, ZERO_ADDRESS
from identity.observation.desired import DesiredIdentity, DesiredPool
from identity.observation.observe import ObservedIdentity, ObservedModule, ObservedPool, ObservedSafe
from identity.observation.points import LOGS_NOT_SEARCHED, Point, Verdict, join_sorted
from identity.provisioning.configure import accepted_handlers, accepted_multisends, is_allowance_sufficient
from identity.provisioning.plan import due_wei

_NOTHING = "nothing"


def usable(
    desired: DesiredPool, identity: DesiredIdentity, observed: ObservedPool, provenance: Sequence[Point] = ()
) -> list[Point]:
    """Return the points of an identity in service; `provenance` has those of a trusted Safe's provenance."""
    seen = observed.identities[identity.name]
    return [
        *_safe_points(desired, identity, seen.safe),
        *_module_points(desired, identity, seen.module),
        *([] if identity.trusted or not seen.module else [_module_code_point(desired)]),
        *_balance_points(desired, seen),
        *_registry_points(desired, identity, seen, observed),
        *provenance,
    ]


def decommissioned(
    desired: DesiredPool, identity: DesiredIdentity, observed: ObservedPool, chain_settings: ChainSettings
) -> list[Point]:
    """Return the points of a retired identity; balances that do not cover the gas of moving them may remain."""
    seen = observed.identities[identity.name]
    included = seen.module is not None and seen.module.node_included
    in_safe, in_node = amounts(seen.safe_wxhopr_wei, seen.safe_xdai_wei), amounts(0, seen.node_xdai_wei)
    return [
        Point.checked("left.bound", "to no Safe", _or_none(seen.node_bound_to), seen.node_bound_to == ZERO_ADDRESS),
        Point.checked("left.module", "node not included", "included" if included else "not included", not included),
        Point.checked(
            "left.registry", "not registered", _or_none(seen.registered_to), seen.registered_to == ZERO_ADDRESS
        ),
        Point.checked(
            "left.safe", _NOTHING, in_safe or _NOTHING, not drain_calls(desired, seen, observed, chain_settings)
        ),
        Point.checked("left.node", _NOTHING, in_node or _NOTHING, not node_drain_wei(seen, observed, chain_settings)),
    ]


def recorded(identity: DesiredIdentity, safe: str, module: str) -> Point:
    """Return whether the stack's outputs have the addresses that follow from node and deployer, or are configured."""
    origin = "as configured" if identity.trusted else f"for wallet {identity.deployer}"
    expected = f"Safe {identity.safe}, module {identity.module} ({origin})"
    found = f"Safe {safe}, module {module}"
    return Point.checked("stack.addresses", expected, found, (safe, module) == (identity.safe, identity.module))


def _safe_points(desired: DesiredPool, identity: DesiredIdentity, safe: ObservedSafe | None) -> list[Point]:
    exists = Point.checked("safe.exists", identity.safe, identity.safe if safe else "no Safe", safe is not None)
    if safe is None:
        return [exists]
    owners, handlers = desired.policy.owners, accepted_handlers(identity)
    threshold = desired.policy.threshold
    return [
        exists,
        Point.checked("safe.owners", join_sorted(owners), join_sorted(safe.owners), set(owners) == set(safe.owners)),
        Point.checked("safe.threshold", str(threshold), str(safe.threshold), threshold == safe.threshold),
        Point.checked("safe.singleton", SAFE_SINGLETON, safe.singleton, safe.singleton == SAFE_SINGLETON),
        Point.checked(
            "safe.fallbackHandler",
            " or ".join(handlers),
            _or_none(safe.fallback_handler),
            safe.fallback_handler in handlers,
        ),
        Point.checked("safe.guard", "none", _or_none(safe.guard), safe.guard == ZERO_ADDRESS),
        Point.checked(
            "safe.modules", identity.module, join_sorted(safe.modules) or "none", safe.modules == (identity.module,)
        ),
    ]


def _module_points(desired: DesiredPool, identity: DesiredIdentity, module: ObservedModule | None) -> list[Point]:
    found = identity.module if module else "no module"
    exists = Point.checked("module.exists", identity.module, found, module is not None)
    if module is None:
        return [exists]
    multisends = accepted_multisends(identity)
    differences = _target_differences(desired, identity, module)
    return [
        exists,
        Point.checked("module.owner", f"Safe {identity.safe}", _or_none(module.owner), module.owner == identity.safe),
        Point.checked(
            "module.multisend", " or ".join(multisends), _or_none(module.multisend), module.multisend in multisends
        ),
        Point.checked(
            "module.targets",
            "channels, token, announcements and the node, each with its permissions",
            ", ".join(differences) or "as expected",
            not differences,
        ),
        Point.checked(
            "module.node",
            f"{identity.node} included",
            "included" if module.node_included else "not included",
            module.node_included,
        ),
    ]


def _module_code_point(desired: DesiredPool) -> Point:
    """The address of a module that we create is a hash of its code (`identity.evm.addresses`), so it is proof."""
    implementation = desired.contracts.module_implementation
    return Point(
        "module.code", f"a clone (EIP-1167) of {implementation}", "as expected, proven by its address", Verdict.OK
    )


def _target_differences(desired: DesiredPool, identity: DesiredIdentity, module: ObservedModule) -> list[str]:
    contracts = desired.contracts
    names = {
        contracts.channels: "channels",
        contracts.token: "token",
        contracts.announcements: "announcements",
        identity.node: "node",
    }
    expected = targets.by_address(targets.expected(contracts, identity.node))
    found = targets.by_address(module.targets)
    return [
        *(f"{names[address]} missing" for address in expected if address not in found),
        *(
            f"{names[address]} with permissions {targets.permissions(found[address])}, not {targets.permissions(word)}"
            for address, word in expected.items()
            if address in found and found[address] != word
        ),
        *(f"{address} in addition" for address in sorted(found.keys() - expected.keys())),
    ]


def _balance_points(desired: DesiredPool, seen: ObservedIdentity) -> list[Point]:
    policy = desired.policy
    allowance = policy.allowance_wei
    range_text = (
        "unlimited"
        if allowance == UNLIMITED_WEI
        else f"{amount_text(allowance // 2)} to {amount_text(allowance)} wxHOPR"
    )
    return [
        Point.checked(
            "safe.allowance",
            f"{range_text} for the channels contract",
            _allowance(seen.allowance_wei),
            is_allowance_sufficient(desired, seen.allowance_wei),
        ),
        _balance("balances.nodeXdai", "xDai", seen.node_xdai_wei, policy.node_xdai_minimum_wei, policy.node_xdai_wei),
        _balance(
            "balances.safeWxhopr",
            "wxHOPR",
            seen.safe_wxhopr_wei,
            policy.safe_wxhopr_minimum_wei,
            policy.safe_wxhopr_wei,
        ),
    ]


def _balance(key: str, unit: str, wei: int, minimum_wei: int, target_wei: int) -> Point:
    expected = f"at least {amount_text(minimum_wei)} {unit} (target {amount_text(target_wei)})"
    return Point.checked(key, expected, f"{amount_text(wei)} {unit}", not due_wei(wei, minimum_wei, target_wei))


def _registry_points(
    desired: DesiredPool, identity: DesiredIdentity, seen: ObservedIdentity, observed: ObservedPool
) -> list[Point]:
    safe, bound = identity.safe, seen.node_bound_to
    binding = Point.checked(
        "registry.bound",
        f"to Safe {safe}, or to no Safe before the node's first start",
        _or_none(bound),
        bound in (ZERO_ADDRESS, safe),
    )
    if not desired.policy.register_nodes:
        return [binding]
    if not observed.wallet.registry_enabled:
        return [binding, Point("registry.registered", f"for {safe}", "the network registry is disabled", Verdict.OK)]
    registered = seen.registered_to
    return [
        binding,
        Point.checked("registry.registered", f"for {safe}", _or_none(registered), registered == safe),
        Point.checked("registry.eligible", "eligible", "eligible" if seen.eligible else "not eligible", seen.eligible)
        if observed.logs_searched
        else Point("registry.eligible", "eligible", LOGS_NOT_SEARCHED, Verdict.UNPROVEN),
    ]


def _or_none(address: str) -> str:
    return "none" if address == ZERO_ADDRESS else address


def _allowance(wei: int) -> str:
    return "unlimited" if wei >= UNLIMITED_WEI // 2 else f"{amount_text(wei)} wxHOPR"
