"""Decides what is left to do for identities that leave, from what one look has shown. Pure.

The order is chain.md's: the Safe gives up its node, then what the Safe holds goes to the wallet, then what the node
holds (`node_drain`). Nothing is drained before a look has shown that all nodes are given up: until then a node may
spend its Safe's wxHOPR, and an amount that was read would not be there any more.

Each step is safe to repeat, so that nothing has to be remembered: a Safe transaction is mined once (its nonce is read
in the same look), and all money goes to the one wallet, whoever sends the transaction and however often.

Where a Safe registers and deregisters its node by itself, the network registry comes before the Safe registry: it lets
a Safe act only for a node that is bound to it.
"""

from config.chain import Chain
from config.errors import Problem
from config.scalars import amount_text
from identity.errors import PlanRefused
from identity.evm import gas
from identity.evm.calls import Call
from identity.evm.contracts import MODULE, NETWORK_REGISTRY, NODE_SAFE_REGISTRY, SAFE, TOKEN
from identity.leaving.transactions import Deregister, DrainSafes, Resign, SafeJob
from identity.look.observe import ObservedIdentity, ObservedPool, ObservedSafe, ObservedWallet
from identity.look.wanted import WantedIdentity, WantedPool
from identity.sending.grouping import evenly
from identity.sending.wallet import GWEI
from identity.sending.wallet_transaction import WalletTransaction


def next_round(wanted: WantedPool, observed: ObservedPool, limits: Chain) -> tuple[WalletTransaction, ...]:
    """The wallet's next transactions for a pool of leaving identities; empty when only nodes may still hold something.

    Raises PlanRefused, naming who must sign, for a Safe that no wallet of ours acts for alone.
    """
    return resigning(wanted, observed, limits) or draining(wanted, observed, limits)


def whole_leaving(wanted: WantedPool, observed: ObservedPool, limits: Chain) -> tuple[WalletTransaction, ...]:
    """All transactions of the wallet that are still to come if nobody interferes, for sums; raises PlanRefused."""
    return (*resigning(wanted, observed, limits), *draining(wanted, observed, limits))


def has_left(wanted: WantedPool, observed: ObservedPool, limits: Chain) -> bool:
    """Whether nothing can be done any more; raises PlanRefused."""
    drains = (node_drain_wei(observed.identities[one.name], observed, limits) for one in wanted.identities)
    return not next_round(wanted, observed, limits) and not any(drains)


def resigning(wanted: WantedPool, observed: ObservedPool, limits: Chain) -> tuple[WalletTransaction, ...]:
    """What makes the nodes strangers to their Safes and to the network; raises PlanRefused."""
    _require_signatures(wanted, observed)
    jobs, on_registry = [], []
    for identity in wanted.identities:
        seen = observed.identities[identity.name]
        if seen.safe and (calls := resignation(wanted, identity, seen, observed.wallet)):
            jobs.append(_job(wanted, identity, seen.safe, calls))
        if observed.wallet.is_manager and seen.registered_to == identity.safe:
            on_registry.append(identity)
    most = limits.block_gas_limit
    return (
        *(Resign(wanted, group) for group in evenly(jobs, lambda group: gas.fits(Resign(wanted, group).gas, most))),
        *(
            Deregister(wanted, group)
            for group in evenly(on_registry, lambda group: gas.fits(Deregister(wanted, group).gas, most))
        ),
    )


def draining(wanted: WantedPool, observed: ObservedPool, limits: Chain) -> tuple[WalletTransaction, ...]:
    """What brings all that the Safes hold to the wallet, as far as a wallet of ours can sign for them."""
    jobs = []
    for identity in wanted.identities:
        seen = observed.identities[identity.name]
        if seen.safe and (calls := drain(wanted, seen, observed, limits)):
            jobs.append(_job(wanted, identity, seen.safe, calls, seen.safe_wxhopr_wei))
    most = limits.block_gas_limit
    groups = evenly(jobs, lambda group: gas.fits(DrainSafes(wanted, group).gas, most))
    return tuple(DrainSafes(wanted, group) for group in groups)


def node_drain_wei(seen: ObservedIdentity, observed: ObservedPool, limits: Chain) -> int:
    """What a node can send to the wallet so that exactly nothing is left; 0 where its xDai does not pay the gas."""
    return max(seen.node_xdai_wei - gas.TRANSACTION * fee_wei(observed, limits), 0)


def fee_wei(observed: ObservedPool, limits: Chain) -> int:
    """What a leaving account offers for one gas: room for the base fee to double, within `chain.maxFeeGwei`."""
    with_room = 2 * observed.block.base_fee_wei + limits.priority_fee_gwei * GWEI
    return min(with_room, limits.max_fee_gwei * GWEI)


def resignation(
    wanted: WantedPool, identity: WantedIdentity, seen: ObservedIdentity, wallet: ObservedWallet
) -> tuple[Call, ...]:
    """What the Safe must still do about its node; a node that is bound but no member is made one for the moment."""
    if not seen.safe:
        return ()
    registry, module, node = wanted.contracts.node_safe_registry, identity.module, identity.node
    calls = []
    if deregisters_itself(identity, seen, wallet):
        calls.append(Call(wanted.contracts.network_registry, NETWORK_REGISTRY.encode("selfDeregister", [node])))
    bound, included = is_bound(identity, seen), seen.module is not None and seen.module.node_included
    if bound and module not in seen.safe.modules:
        calls.append(Call(identity.safe, SAFE.encode("enableModule", module)))
    if bound and not included:
        calls.append(Call(module, MODULE.encode("addNode", node)))
    if bound:
        calls.append(Call(registry, NODE_SAFE_REGISTRY.encode("deregisterNodeBySafe", node)))
    if _is_ours(identity, seen) and (bound or included):
        calls.append(Call(module, MODULE.encode("removeNode", node)))
    return tuple(calls)


def _is_ours(identity: WantedIdentity, seen: ObservedIdentity) -> bool:
    return seen.module is not None and seen.module.owner == identity.safe


def is_bound(identity: WantedIdentity, seen: ObservedIdentity) -> bool:
    """Whether the Safe can release the node: it can where it owns the module that the registry asks."""
    return seen.node_bound_to == identity.safe and _is_ours(identity, seen)


def deregisters_itself(identity: WantedIdentity, seen: ObservedIdentity, wallet: ObservedWallet) -> bool:
    """Whether the Safe takes the node off the network registry: there is no manager to do it, and the rules let it."""
    possible = wallet.registry_enabled and seen.registry_rule_answers and is_bound(identity, seen)
    return seen.registered_to == identity.safe and not wallet.is_manager and possible


def drain(wanted: WantedPool, seen: ObservedIdentity, observed: ObservedPool, limits: Chain) -> tuple[Call, ...]:
    """The payments of a Safe that we act for; xDai alone moves only where it is more than moving it costs."""
    if not acts_for(wanted, seen):
        return ()
    wxhopr, xdai = seen.safe_wxhopr_wei, seen.safe_xdai_wei
    cost = (gas.TRANSACTION + gas.SAFE_EXECUTION + gas.LEAVING_CALL) * fee_wei(observed, limits)
    calls = [Call(wanted.contracts.token, TOKEN.encode("transfer", wanted.wallet, wxhopr))] if wxhopr else []
    if xdai and (wxhopr or xdai > cost):
        calls.append(Call(wanted.wallet, value_wei=xdai))
    return tuple(calls)


def acts_for(wanted: WantedPool, seen: ObservedIdentity) -> bool:
    """Whether a wallet of ours can make this identity's Safe act."""
    return seen.safe is not None and wanted.signs_for(seen.safe.owners, seen.safe.threshold) is not None


def _job(
    wanted: WantedPool, identity: WantedIdentity, safe: ObservedSafe, calls: tuple[Call, ...], wxhopr_wei: int = 0
) -> SafeJob:
    handed_over = wanted.signs_for(safe.owners, safe.threshold) != wanted.wallet
    return SafeJob(identity, safe.nonce, calls, handed_over, wxhopr_wei)


def _require_signatures(wanted: WantedPool, observed: ObservedPool) -> None:
    """Refuses what is in service and cannot be given up; money that comes to others' Safes later is theirs to move."""
    refused = []
    for identity in wanted.identities:
        seen = observed.identities[identity.name]
        if not resignation(wanted, identity, seen, observed.wallet) or not seen.safe or acts_for(wanted, seen):
            continue
        held = amounts(seen.safe_wxhopr_wei, seen.safe_xdai_wei)
        pay = f", then pay {held} to the wallet" if held else ""
        text = (
            f"Safe {identity.safe} acts with {seen.safe.threshold} of its owners ({', '.join(seen.safe.owners)}), the "
            f"wallet {wanted.wallet} cannot sign alone: let them sign deregisterNodeBySafe and removeNode of node "
            f"{identity.node}{pay}; or keep it in service (no retire, no drainOnDestroy)"
        )
        refused.append(Problem(identity.name, text))
    if refused:
        raise PlanRefused(refused)


def amounts(wxhopr_wei: int, xdai_wei: int) -> str:
    """What is moved or stays, for people; empty for nothing."""
    both = ((wxhopr_wei, "wxHOPR"), (xdai_wei, "xDai"))
    return " and ".join(f"{amount_text(wei)} {unit}" for wei, unit in both if wei)
