"""Describes the remaining steps of a decommission, for `pulumi preview` and for final reports. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from config.models.chain import ChainSettings
from config.models.scalars import amount_text
from identity.decommission.plan import (
    acts_for,
    all_transactions,
    amounts,
    deregisters_itself,
    drain_calls,
    is_releasable,
    node_drain_wei,
    release_calls,
)
from identity.evm.contracts import ZERO_ADDRESS
from identity.observation.desired import DesiredIdentity, DesiredPool
from identity.observation.observe import ObservedIdentity, ObservedPool, ObservedWallet
from identity.provisioning.preflight import cost_of


@dataclass(frozen=True)
class DecommissionReport:
    """One identity: the steps still to do, and what remains on chain afterwards with the reason."""

    name: str
    steps: tuple[str, ...]
    remains: tuple[str, ...]


def describe_decommission(desired: DesiredPool, observed: ObservedPool, chain_settings: ChainSettings) -> str:
    """Return one line for each retired identity, and the total gas; raises PlanRefused."""
    lines = [
        "; ".join((f"{one.name} retires: {', '.join(one.steps) or 'nothing left to do'}", *one.remains))
        for one in decommission_reports(desired, observed, chain_settings)
    ]
    if transactions := all_transactions(desired, observed, chain_settings):
        cost = cost_of(transactions, observed, chain_settings)
        now, most = amount_text(cost.fee_now_wei), amount_text(cost.fee_most_wei)
        lines.append(
            f"Decommissioning takes {cost.transactions} transactions of the wallet, about {cost.gas:,} gas: {now} xDai "
            f"at the current fee, {most} xDai at most; each node pays the gas of its own transfer."
        )
    return "\n".join([*lines, *channel_advice(desired, observed)])


def decommission_reports(
    desired: DesiredPool, observed: ObservedPool, chain_settings: ChainSettings
) -> tuple[DecommissionReport, ...]:
    """Return one report for each identity, in the pool's order."""
    return tuple(
        DecommissionReport(
            identity.name,
            tuple(_steps(desired, identity, observed, chain_settings)),
            tuple(_remains(desired, identity, observed, chain_settings)),
        )
        for identity in desired.identities
    )


def _steps(
    desired: DesiredPool, identity: DesiredIdentity, observed: ObservedPool, chain_settings: ChainSettings
) -> Iterable[str]:
    seen = observed.identities[identity.name]
    if release_calls(desired, identity, seen, observed.wallet):
        yield "release the node"
    if _is_deregistered(identity, seen, observed.wallet):
        yield "deregister the node from the network registry"
    calls = drain_calls(desired, seen, observed, chain_settings)
    if held := amounts(seen.safe_wxhopr_wei if calls else 0, sum(call.value_wei for call in calls)):
        yield f"move {held} from the Safe to the wallet"
    if xdai := node_drain_wei(seen, observed, chain_settings):
        yield f"move {amounts(0, xdai)} from the node to the wallet"


def _remains(
    desired: DesiredPool, identity: DesiredIdentity, observed: ObservedPool, chain_settings: ChainSettings
) -> Iterable[str]:
    seen, wallet = observed.identities[identity.name], observed.wallet
    yield from _remaining_registration(desired, identity, seen, wallet)
    if seen.node_bound_to != ZERO_ADDRESS and not is_releasable(identity, seen):
        yield f"the node stays bound to Safe {seen.node_bound_to}: only that Safe can release it (deregisterNodeBySafe)"
    held = amounts(seen.safe_wxhopr_wei, seen.safe_xdai_wei)
    if held and not seen.safe:
        yield f"{held} stays at {identity.safe}, where no Safe exists: remove `retire` to create it"
    elif held and seen.safe and not acts_for(desired, seen):
        owners = f"{seen.safe.threshold} of its owners ({', '.join(seen.safe.owners)})"
        yield f"{held} stays in Safe {identity.safe}: moving it takes the signatures of {owners}"
    elif held and not drain_calls(desired, seen, observed, chain_settings):
        yield f"{held} stays in Safe {identity.safe}: moving it costs more"
    if seen.node_xdai_wei and not node_drain_wei(seen, observed, chain_settings):
        held_by_node = amounts(0, seen.node_xdai_wei)
        yield f"{held_by_node} stays with node {identity.node}: it does not cover the gas of a transfer"


def _remaining_registration(
    desired: DesiredPool, identity: DesiredIdentity, seen: ObservedIdentity, wallet: ObservedWallet
) -> Iterable[str]:
    registry = desired.contracts.network_registry
    if seen.registered_to not in (ZERO_ADDRESS, identity.safe):
        yield f"the node stays registered on the network registry {registry} for {seen.registered_to}"
    elif seen.registered_to == identity.safe and not _is_deregistered(identity, seen, wallet):
        yield (
            f"the node stays registered on the network registry {registry}: only a manager of the registry can remove "
            f"it; ask one to call managerDeregister for {identity.node}"
        )


def _is_deregistered(identity: DesiredIdentity, seen: ObservedIdentity, wallet: ObservedWallet) -> bool:
    by_manager = wallet.is_manager and seen.registered_to == identity.safe
    return by_manager or deregisters_itself(identity, seen, wallet)


def channel_advice(desired: DesiredPool, observed: ObservedPool) -> tuple[str, ...]:
    """Return what to do about payment channels before the decommission; nothing for nodes that never started."""
    return tuple(
        f"{identity.name}: close the payment channels of node {identity.node} in the node, and wait until they are "
        "closed, before you decommission it: wxHOPR in channels is not in the Safe and is not moved; a released node "
        "cannot close them (without `retire`, the next run puts it back into service)"
        for identity in desired.identities
        if observed.identities[identity.name].node_bound_to == identity.safe
    )
