"""What is missing on one identity's Safe and module, as the calls its Safe must make; and what must not be touched.

A fresh Safe is only the case where everything is missing, so making, finishing and repairing are one function.
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
    UNLIMITED_WEI,
    ZERO_ADDRESS,
)
from identity.observation.desired import DesiredIdentity, DesiredPool
from identity.observation.observe import ObservedIdentity, ObservedModule, ObservedSafe

_NEVER_USED_UP_WEI = UNLIMITED_WEI // 2
_WALLET_CHANGED = "but where an earlier wallet of this stack made that Safe, list it in wallet.formerAddresses instead"


def fresh_safe(deployer: str) -> ObservedSafe:
    """A Safe as the proxy factory makes it for its founder."""
    return ObservedSafe((deployer,), 1, 0, (), SAFE_SINGLETON, FALLBACK_HANDLER, ZERO_ADDRESS)


def missing_calls(desired: DesiredPool, identity: DesiredIdentity, seen: ObservedIdentity) -> tuple[Call, ...]:
    """The calls of the Safe that make the identity what is wanted, in an order that works; empty when nothing is."""
    safe = seen.safe or fresh_safe(identity.deployer)
    return (
        *_module_calls(desired, identity, safe, seen.module),
        *_allowance_calls(desired, seen.allowance_wei),
        *_membership_calls(identity, seen.module),
        *_owner_calls(desired, identity, safe),
    )


def objections(desired: DesiredPool, identity: DesiredIdentity, seen: ObservedIdentity) -> list[str]:
    """Why this identity must not be changed by the program: somebody decided otherwise about it."""
    if identity.trusted and (absent := _absent(desired, identity, seen)):
        return absent
    return [
        *_bound_elsewhere(identity, seen),
        *_altered(desired, identity, seen),
        *_uncontrolled(desired, identity, seen),
    ]


def accepted_handlers(identity: DesiredIdentity) -> tuple[str, ...]:
    """The fallback handlers that this identity's Safe may have, ours first."""
    return (FALLBACK_HANDLER, FACTORY_FALLBACK_HANDLER) if identity.trusted else (FALLBACK_HANDLER,)


def accepted_multisends(identity: DesiredIdentity) -> tuple[str, ...]:
    """The MultiSend contracts that this identity's module may name, ours first."""
    return (MULTI_SEND_CALL_ONLY, MULTI_SEND) if identity.trusted else (MULTI_SEND_CALL_ONLY,)


def _absent(desired: DesiredPool, identity: DesiredIdentity, seen: ObservedIdentity) -> list[str]:
    """A trusted Safe and module exist: only who made them knows what else could be put at their addresses."""
    cure = "correct the address, or remove safeAddress, moduleAddress and trustExistingSafe to get a new Safe"
    where = f"on chain {desired.network.chain_id}, and what is trusted is never made"
    found = []
    if seen.safe is None:
        found.append(f"safeAddress: there is no Safe at {identity.safe} {where}: {cure}")
    if seen.module is None:
        found.append(f"moduleAddress: there is no node-management module at {identity.module} {where}: {cure}")
    elif seen.module.owner == ZERO_ADDRESS:
        found.append(f"moduleAddress: {identity.module} belongs to nobody, so anybody may take it: {cure}")
    return found


def _bound_elsewhere(identity: DesiredIdentity, seen: ObservedIdentity) -> list[str]:
    found = []
    if seen.node_bound_to not in (ZERO_ADDRESS, identity.safe):
        found.append(
            f"node {identity.node} is bound to Safe {seen.node_bound_to}, the pool would give it Safe {identity.safe}: "
            f"deregister it there (deregisterNodeBySafe, by that Safe) or use a new identity; {_WALLET_CHANGED}"
        )
    if seen.registered_to not in (ZERO_ADDRESS, identity.safe):
        found.append(
            f"node {identity.node} is registered on the network registry for {seen.registered_to}, the pool would "
            f"register it for Safe {identity.safe}: deregister it there (managerDeregister) or use a new identity; "
            f"{_WALLET_CHANGED}"
        )
    return found


def _altered(desired: DesiredPool, identity: DesiredIdentity, seen: ObservedIdentity) -> list[str]:
    safe, module, name = seen.safe, seen.module, f"Safe {identity.safe}"
    replace_it, by_owners = "retire this identity and use a new one", "find out who did it, and let the Safe's owners"
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
        if strangers := [module for module in safe.modules if module != identity.module]:
            found.append(
                f"{name} has module {', '.join(strangers)}, expected {identity.module} alone: {by_owners} disable it "
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
        known = targets.by_address(targets.expected(desired.contracts, identity.node))
        if strange := [address for address in targets.by_address(module.targets) if address not in known]:
            found.append(
                f"module {identity.module} lets the node call {', '.join(sorted(strange))} too: {by_owners} revoke it "
                "(revokeTarget, by the Safe on the module)"
            )
    return found


def _uncontrolled(desired: DesiredPool, identity: DesiredIdentity, seen: ObservedIdentity) -> list[str]:
    if not missing_calls(desired, identity, seen):
        return []
    safe = seen.safe or fresh_safe(identity.deployer)
    if desired.sole_signer(safe.owners, safe.threshold):
        return []
    owners = ", ".join(safe.owners)
    return [
        f"Safe {identity.safe} must be changed, which takes {safe.threshold} of its owners ({owners}); the wallet "
        f"{desired.wallet} cannot do that alone: let the owners make the change, adapt the pool's safe settings, or, "
        "if one of them is the wallet you had before, set wallet.previous"
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
    """Rules for channels, token and announcements; `stored` None means as `initialize` leaves them."""
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


def allows_enough(desired: DesiredPool, allowance_wei: int) -> bool:
    """Whether channels may spend enough: an allowance is used up, so a limited one is renewed at half.

    An unlimited one only looks large for ever.
    """
    aim = desired.policy.allowance_wei
    return allowance_wei >= _NEVER_USED_UP_WEI if aim == UNLIMITED_WEI else aim >= allowance_wei >= aim // 2


def _allowance_calls(desired: DesiredPool, allowance_wei: int) -> list[Call]:
    if allows_enough(desired, allowance_wei):
        return []
    return [
        Call(desired.contracts.token, TOKEN.encode("approve", desired.contracts.channels, desired.policy.allowance_wei))
    ]


def _membership_calls(identity: DesiredIdentity, module: ObservedModule | None) -> list[Call]:
    """The node as a member with its rule. `removeNode` leaves the rule, `includeNode` fails where one is."""
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
    """Adds what is wanted, then removes what is not; `chain` follows the Safe's linked list of owners."""
    aim, threshold = desired.policy.owners, desired.policy.threshold
    chain, data = list(safe.owners), []
    for owner in aim:
        if owner not in chain:
            data.append(SAFE.encode("addOwnerWithThreshold", owner, safe.threshold))
            chain.insert(0, owner)
    for owner in safe.owners:
        if owner not in aim:
            position = chain.index(owner)
            previous = chain[position - 1] if position else SENTINEL
            data.append(SAFE.encode("removeOwner", previous, owner, min(safe.threshold, len(chain) - 1)))
            chain.remove(owner)
    if threshold != min(safe.threshold, len(chain)):
        data.append(SAFE.encode("changeThreshold", threshold))
    return [Call(identity.safe, one) for one in data]
