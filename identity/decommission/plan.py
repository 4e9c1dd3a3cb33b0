"""Decides what is left to do for identities that leave, from what one look has shown. Pure.

The order is chain.md's: the Safe gives up its node, then what the Safe holds goes to the wallet, then what the node
holds (`node_drain`). Nothing is drained before a look has shown that all nodes are given up: until then a node may
spend its Safe's wxHOPR, and an amount that was read would not be there any more.

Each step is safe to repeat, so that nothing has to be remembered: a Safe transaction is mined once (its nonce is read
in the same look), and all money goes to the one wallet, whoever sends the transaction and however often.

Where a Safe registers and deregisters its node by itself, the network registry comes before the Safe registry: it lets
a Safe act only for a node that is bound to it.
"""

from config.errors import Problem
from config.models.chain import ChainSettings
from config.models.scalars import amount_text
from identity.decommission.transactions import Deregister, DrainSafes, ReleaseNodes, SafeJob
from identity.errors import PlanRefused
from identity.evm import gas
from identity.evm.calls import Call
from identity.evm.contracts import MODULE, NETWORK_REGISTRY, NODE_SAFE_REGISTRY, SAFE, TOKEN
from identity.observation.desired import DesiredIdentity, DesiredPool
from identity.observation.observe import ObservedIdentity, ObservedPool, ObservedSafe, ObservedWallet
from identity.submission.grouping import split_evenly
from identity.submission.wallet import GWEI
from identity.submission.wallet_transaction import WalletTransaction


def next_round(
    desired: DesiredPool, observed: ObservedPool, chain_settings: ChainSettings
) -> tuple[WalletTransaction, ...]:
    """The wallet's next transactions for a pool of leaving identities; empty when only nodes may still hold something.

    Raises PlanRefused, naming who must sign, for a Safe that no wallet of ours acts for alone.
    """
    return release_transactions(desired, observed, chain_settings) or drain_transactions(
        desired, observed, chain_settings
    )


def all_transactions(
    desired: DesiredPool, observed: ObservedPool, chain_settings: ChainSettings
) -> tuple[WalletTransaction, ...]:
    """All transactions of the wallet that are still to come if nobody interferes, for sums; raises PlanRefused."""
    return (
        *release_transactions(desired, observed, chain_settings),
        *drain_transactions(desired, observed, chain_settings),
    )


def is_decommissioned(desired: DesiredPool, observed: ObservedPool, chain_settings: ChainSettings) -> bool:
    """Whether nothing can be done any more; raises PlanRefused."""
    drains = (node_drain_wei(observed.identities[one.name], observed, chain_settings) for one in desired.identities)
    return not next_round(desired, observed, chain_settings) and not any(drains)


def release_transactions(
    desired: DesiredPool, observed: ObservedPool, chain_settings: ChainSettings
) -> tuple[WalletTransaction, ...]:
    """What makes the nodes strangers to their Safes and to the network; raises PlanRefused."""
    _require_signatures(desired, observed)
    jobs, on_registry = [], []
    for identity in desired.identities:
        seen = observed.identities[identity.name]
        if seen.safe and (calls := release_calls(desired, identity, seen, observed.wallet)):
            jobs.append(_job(desired, identity, seen.safe, calls))
        if observed.wallet.is_manager and seen.registered_to == identity.safe:
            on_registry.append(identity)
    most = chain_settings.block_gas_limit
    return (
        *(
            ReleaseNodes(desired, group)
            for group in split_evenly(jobs, lambda group: gas.fits(ReleaseNodes(desired, group).gas, most))
        ),
        *(
            Deregister(desired, group)
            for group in split_evenly(on_registry, lambda group: gas.fits(Deregister(desired, group).gas, most))
        ),
    )


def drain_transactions(
    desired: DesiredPool, observed: ObservedPool, chain_settings: ChainSettings
) -> tuple[WalletTransaction, ...]:
    """What brings all that the Safes hold to the wallet, as far as a wallet of ours can sign for them."""
    jobs = []
    for identity in desired.identities:
        seen = observed.identities[identity.name]
        if seen.safe and (calls := drain(desired, seen, observed, chain_settings)):
            jobs.append(_job(desired, identity, seen.safe, calls, seen.safe_wxhopr_wei))
    most = chain_settings.block_gas_limit
    groups = split_evenly(jobs, lambda group: gas.fits(DrainSafes(desired, group).gas, most))
    return tuple(DrainSafes(desired, group) for group in groups)


def node_drain_wei(seen: ObservedIdentity, observed: ObservedPool, chain_settings: ChainSettings) -> int:
    """What a node can send to the wallet so that exactly nothing is left; 0 where its xDai does not pay the gas."""
    return max(seen.node_xdai_wei - gas.TRANSACTION * fee_wei(observed, chain_settings), 0)


def fee_wei(observed: ObservedPool, chain_settings: ChainSettings) -> int:
    """What a leaving account offers for one gas: room for the base fee to double, within `chain.maxFeeGwei`."""
    with_room = 2 * observed.block.base_fee_wei + chain_settings.priority_fee_gwei * GWEI
    return min(with_room, chain_settings.max_fee_gwei * GWEI)


def release_calls(
    desired: DesiredPool, identity: DesiredIdentity, seen: ObservedIdentity, wallet: ObservedWallet
) -> tuple[Call, ...]:
    """What the Safe must still do about its node; a node that is bound but no member is made one for the moment."""
    if not seen.safe:
        return ()
    registry, module, node = desired.contracts.node_safe_registry, identity.module, identity.node
    calls = []
    if deregisters_itself(identity, seen, wallet):
        calls.append(Call(desired.contracts.network_registry, NETWORK_REGISTRY.encode("selfDeregister", [node])))
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


def _is_ours(identity: DesiredIdentity, seen: ObservedIdentity) -> bool:
    return seen.module is not None and seen.module.owner == identity.safe


def is_bound(identity: DesiredIdentity, seen: ObservedIdentity) -> bool:
    """Whether the Safe can release the node: it can where it owns the module that the registry asks."""
    return seen.node_bound_to == identity.safe and _is_ours(identity, seen)


def deregisters_itself(identity: DesiredIdentity, seen: ObservedIdentity, wallet: ObservedWallet) -> bool:
    """Whether the Safe takes the node off the network registry: there is no manager to do it, and the rules let it."""
    possible = wallet.registry_enabled and seen.registry_rule_answers and is_bound(identity, seen)
    return seen.registered_to == identity.safe and not wallet.is_manager and possible


def drain(
    desired: DesiredPool, seen: ObservedIdentity, observed: ObservedPool, chain_settings: ChainSettings
) -> tuple[Call, ...]:
    """The payments of a Safe that we act for; xDai alone moves only where it is more than moving it costs."""
    if not acts_for(desired, seen):
        return ()
    wxhopr, xdai = seen.safe_wxhopr_wei, seen.safe_xdai_wei
    cost = (gas.TRANSACTION + gas.SAFE_EXECUTION + gas.DECOMMISSION_CALL) * fee_wei(observed, chain_settings)
    calls = [Call(desired.contracts.token, TOKEN.encode("transfer", desired.wallet, wxhopr))] if wxhopr else []
    if xdai and (wxhopr or xdai > cost):
        calls.append(Call(desired.wallet, value_wei=xdai))
    return tuple(calls)


def acts_for(desired: DesiredPool, seen: ObservedIdentity) -> bool:
    """Whether a wallet of ours can make this identity's Safe act."""
    return seen.safe is not None and desired.signs_for(seen.safe.owners, seen.safe.threshold) is not None


def _job(
    desired: DesiredPool, identity: DesiredIdentity, safe: ObservedSafe, calls: tuple[Call, ...], wxhopr_wei: int = 0
) -> SafeJob:
    handed_over = desired.signs_for(safe.owners, safe.threshold) != desired.wallet
    return SafeJob(identity, safe.nonce, calls, handed_over, wxhopr_wei)


def _require_signatures(desired: DesiredPool, observed: ObservedPool) -> None:
    """Refuses what is in service and cannot be given up; money that comes to others' Safes later is theirs to move."""
    refused = []
    for identity in desired.identities:
        seen = observed.identities[identity.name]
        if not release_calls(desired, identity, seen, observed.wallet) or not seen.safe or acts_for(desired, seen):
            continue
        held = amounts(seen.safe_wxhopr_wei, seen.safe_xdai_wei)
        pay = f", then pay {held} to the wallet" if held else ""
        text = (
            f"Safe {identity.safe} acts with {seen.safe.threshold} of its owners ({', '.join(seen.safe.owners)}), the "
            f"wallet {desired.wallet} cannot sign alone: let them sign deregisterNodeBySafe and removeNode of node "
            f"{identity.node}{pay}; or keep it in service (no retire, no drainOnDestroy)"
        )
        refused.append(Problem(identity.name, text))
    if refused:
        raise PlanRefused(refused)


def amounts(wxhopr_wei: int, xdai_wei: int) -> str:
    """What is moved or stays, for people; empty for nothing."""
    both = ((wxhopr_wei, "wxHOPR"), (xdai_wei, "xDai"))
    return " and ".join(f"{amount_text(wei)} {unit}" for wei, unit in both if wei)
