"""Computes the calls that one identity's Safe must make to configure Safe and module, and the reasons not to make them.

A new Safe is the case in which all calls are missing, so one function creates, completes and repairs identities.
"""

from eth_abi.abi import encode

from identity.evm import targets
from identity.evm.addresses import module_init_code, module_salt
from identity.evm.calls import Call
from identity.evm.contracts import (
    CREATE_CALL,
    CREATOR,
    FACTORY_FALLBACK_HANDLER,
    FALLBACK_HANDLER,
    MODULE,
    MULTI_SEND,
    MULTI_SEND_CALL_ONLY,
    SAFE,
    SAFE_SINGLETON,
    SENTINEL,
    TOKEN,
    ZERO_ADDRESS,
)
from identity.observation.desired import DesiredIdentity, DesiredPool
from identity.observation.observe import ObservedIdentity, ObservedModule, ObservedSafe

_WALLET_CHANGED = (
    "if an earlier wallet of this stack created that Safe, list that wallet in wallet.formerAddresses instead"
)


def fresh_safe(deployer: str) -> ObservedSafe:
    """Return a Safe as the proxy factory creates it for its deployer."""
    return ObservedSafe((deployer,), 1, 0, (), SAFE_SINGLETON, FALLBACK_HANDLER, ZERO_ADDRESS)


def missing_calls(desired: DesiredPool, identity: DesiredIdentity, seen: ObservedIdentity) -> tuple[Call, ...]:
    """Return the Safe's calls that configure the identity, in an order that works; empty if nothing is missing."""
    safe = seen.safe or fresh_safe(identity.deployer)
    return (
        *_module_calls(desired, identity, safe, seen.module),
        *_allowance_calls(desired, seen.allowance_wei),
        *_membership_calls(identity, seen.module),
        *_owner_calls(desired, identity, safe),
    )


def objections(desired: DesiredPool, identity: DesiredIdentity, seen: ObservedIdentity) -> list[str]:
    """Return the reasons not to change this identity: someone changed it on purpose, or the wallet cannot sign."""
    if identity.trusted and (missing := _missing_trusted_contracts(desired, identity, seen)):
        return missing
    return [
        *_bound_elsewhere(identity, seen),
        *_unexpected_settings(desired, identity, seen),
        *_missing_signatures(desired, identity, seen),
    ]


def accepted_handlers(identity: DesiredIdentity) -> tuple[str, ...]:
    """Return the accepted fallback handlers of this identity's Safe, starting with the one that we set."""
    return (FALLBACK_HANDLER, FACTORY_FALLBACK_HANDLER) if identity.trusted else (FALLBACK_HANDLER,)


def accepted_multisends(identity: DesiredIdentity) -> tuple[str, ...]:
    """Return the accepted MultiSend contracts of this identity's module, starting with the one that we set."""
    return (MULTI_SEND_CALL_ONLY, MULTI_SEND) if identity.trusted else (MULTI_SEND_CALL_ONLY,)


def _missing_trusted_contracts(desired: DesiredPool, identity: DesiredIdentity, seen: ObservedIdentity) -> list[str]:
    """A trusted Safe and module must exist: nothing proves which contracts will be created at their addresses."""
    remedy = "correct the address, or remove safeAddress, moduleAddress and trustExistingSafe to get a new Safe"
    where = f"on chain {desired.network.chain_id}, and the program never creates a trusted Safe or module"
    found = []
    if seen.safe is None:
        found.append(f"safeAddress: there is no Safe at {identity.safe} {where}: {remedy}")
    if seen.module is None:
        found.append(f"moduleAddress: there is no node-management module at {identity.module} {where}: {remedy}")
    elif seen.module.owner == ZERO_ADDRESS:
        found.append(f"moduleAddress: {identity.module} has no owner, so anyone can initialize it: {remedy}")
    return found


def _bound_elsewhere(identity: DesiredIdentity, seen: ObservedIdentity) -> list[str]:
    found = []
    if seen.node_bound_to not in (ZERO_ADDRESS, identity.safe):
        found.append(
            f"node {identity.node} is bound to Safe {seen.node_bound_to}, expected Safe {identity.safe}: have that "
            f"other Safe release it (deregisterNodeBySafe), or use a new identity; {_WALLET_CHANGED}"
        )
    if seen.registered_to not in (ZERO_ADDRESS, identity.safe):
        found.append(
            f"node {identity.node} is registered on the network registry for {seen.registered_to}, expected Safe "
            f"{identity.safe}: have a manager deregister it (managerDeregister), or use a new identity; "
            f"{_WALLET_CHANGED}"
        )
    return found


def _unexpected_settings(desired: DesiredPool, identity: DesiredIdentity, seen: ObservedIdentity) -> list[str]:
    safe, module, name = seen.safe, seen.module, f"Safe {identity.safe}"
    replace_it, by_owners = "retire this identity and use a new one", "find out who did it, and have the Safe's owners"
    found = []
    if safe:
        if safe.singleton != SAFE_SINGLETON:
            found.append(
                f"{name} runs code {safe.singleton}, expected Safe 1.4.1 {SAFE_SINGLETON}: do not use this Safe, "
                f"{replace_it}"
            )
        if safe.fallback_handler not in (handlers := accepted_handlers(identity)):
            found.append(
                f"{name} has fallback handler {safe.fallback_handler}, expected {' or '.join(handlers)}: {by_owners} "
                "set it back (setFallbackHandler)"
            )
        if safe.guard != ZERO_ADDRESS:
            found.append(f"{name} has guard {safe.guard}, expected none: {by_owners} remove it (setGuard)")
        if others := [module for module in safe.modules if module != identity.module]:
            found.append(
                f"{name} has module {', '.join(others)}, expected {identity.module} alone: {by_owners} disable it "
                "(disableModule)"
            )
    if module and module.owner != ZERO_ADDRESS:
        if module.owner != identity.safe:
            found.append(
                f"module {identity.module} belongs to {module.owner}, expected {name}: do not use this module, "
                f"{replace_it}"
            )
        if module.multisend not in (accepted := accepted_multisends(identity)):
            found.append(
                f"module {identity.module} has MultiSend {module.multisend}, expected {' or '.join(accepted)}: do not "
                f"use this module, {replace_it}"
            )
    if module:
        expected = targets.by_address(targets.expected(desired.contracts, identity.node))
        if unexpected := [address for address in targets.by_address(module.targets) if address not in expected]:
            found.append(
                f"module {identity.module} lets the node call {', '.join(sorted(unexpected))} too: {by_owners} "
                "revoke it (revokeTarget, by the Safe on the module)"
            )
    return found


def _missing_signatures(desired: DesiredPool, identity: DesiredIdentity, seen: ObservedIdentity) -> list[str]:
    if not missing_calls(desired, identity, seen):
        return []
    safe = seen.safe or fresh_safe(identity.deployer)
    if desired.sole_signer(safe.owners, safe.threshold):
        return []
    owners = ", ".join(safe.owners)
    return [
        f"Safe {identity.safe} must be changed, which needs the signatures of {safe.threshold} of its owners "
        f"({owners}); wallet {desired.wallet} cannot sign alone: have the owners make the change, adapt the pool's "
        "safe settings, or, if one of the owners is your previous wallet, set wallet.previous"
    ]


def _module_calls(
    desired: DesiredPool, identity: DesiredIdentity, safe: ObservedSafe, module: ObservedModule | None
) -> list[Call]:
    calls: list[Call] = []
    if module is None:
        code = module_init_code(desired.contracts.module_implementation)
        salt = module_salt(desired.network.name, desired.network.chain_id, identity.node)
        calls.append(Call(CREATE_CALL, CREATOR.encode("performCreate2", 0, code, salt), delegate=True))
    initialized = module is not None and module.owner != ZERO_ADDRESS
    default_target = targets.default_target(desired.contracts)
    if not initialized:
        parameters = encode(["address", "address", "uint256"], [identity.safe, MULTI_SEND_CALL_ONLY, default_target])
        calls.append(Call(identity.module, MODULE.encode("initialize", parameters)))
    if identity.module not in safe.modules:
        calls.append(Call(identity.safe, SAFE.encode("enableModule", identity.module)))
    return calls + _target_calls(desired, identity, module.targets if module and initialized else None)


def _target_calls(desired: DesiredPool, identity: DesiredIdentity, stored: frozenset[int] | None) -> list[Call]:
    """Return the calls that set the target words; `stored` None means the words that `initialize` stores."""
    contracts = desired.contracts
    channels, token = targets.channels_target(contracts), targets.token_target(contracts)
    found = targets.by_address({channels, token} if stored is None else stored)
    calls = []
    for target, function in (
        (channels, "scopeTargetChannels"),
        (token, "scopeTargetToken"),
        (targets.announcements_target(contracts), "scopeTargetToken"),
    ):
        address = targets.address_of(target)
        if found.get(address) == target:
            continue
        if address in found:
            calls.append(Call(identity.module, MODULE.encode("revokeTarget", address)))
        calls.append(Call(identity.module, MODULE.encode(function, target)))
    return calls


def is_allowance_sufficient(desired: DesiredPool, allowance_wei: int) -> bool:
    """Whether the allowance for the channels contract needs no renewal.

    Payments reduce an allowance, so it is renewed once it is below half of its target. For an unlimited one that is
    practically never.
    """
    target = desired.policy.allowance_wei
    return target >= allowance_wei >= target // 2


def _allowance_calls(desired: DesiredPool, allowance_wei: int) -> list[Call]:
    if is_allowance_sufficient(desired, allowance_wei):
        return []
    return [
        Call(desired.contracts.token, TOKEN.encode("approve", desired.contracts.channels, desired.policy.allowance_wei))
    ]


def _membership_calls(identity: DesiredIdentity, module: ObservedModule | None) -> list[Call]:
    """Return the calls that include the node; `includeNode` reverts if a target word of the node is left."""
    include = MODULE.encode("includeNode", targets.node_target(identity.node))
    if module is None:
        return [Call(identity.module, include)]
    rule = targets.by_address(module.targets).get(identity.node)
    right_rule = rule == targets.node_target_stored(identity.node)
    if right_rule:
        data = [] if module.node_included else [MODULE.encode("addNode", identity.node)]
    else:
        data = [MODULE.encode("removeNode", identity.node)] if module.node_included else []
        data += [MODULE.encode("revokeTarget", identity.node)] if rule is not None else []
        data.append(include)
    return [Call(identity.module, one) for one in data]


def _owner_calls(desired: DesiredPool, identity: DesiredIdentity, safe: ObservedSafe) -> list[Call]:
    """Return the calls that add missing owners, then remove others; `linked` mirrors the Safe's list of owners."""
    desired_owners, threshold = desired.policy.owners, desired.policy.threshold
    linked, data = list(safe.owners), []
    for owner in desired_owners:
        if owner not in linked:
            data.append(SAFE.encode("addOwnerWithThreshold", owner, safe.threshold))
            linked.insert(0, owner)
    for owner in safe.owners:
        if owner not in desired_owners:
            position = linked.index(owner)
            previous = linked[position - 1] if position else SENTINEL
            data.append(SAFE.encode("removeOwner", previous, owner, min(safe.threshold, len(linked) - 1)))
            linked.remove(owner)
    if threshold != min(safe.threshold, len(linked)):
        data.append(SAFE.encode("changeThreshold", threshold))
    return [Call(identity.safe, one) for one in data]
