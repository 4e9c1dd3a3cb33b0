"""What leaving still means for each identity, in words: for previews, and for what is said at the end. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from config.models.chain import ChainSettings
from identity.decommission.plan import (
    acts_for,
    amounts,
    deregisters_itself,
    drain,
    is_bound,
    node_drain_wei,
    release_calls,
)
from identity.evm.contracts import ZERO_ADDRESS
from identity.observation.desired import DesiredIdentity, DesiredPool
from identity.observation.observe import ObservedIdentity, ObservedPool, ObservedWallet


@dataclass(frozen=True)
class DecommissionReport:
    """One leaving identity for people: what will be done, and what stays as it is and why."""

    name: str
    steps: tuple[str, ...]
    stays: tuple[str, ...]


def decommission_reports(
    desired: DesiredPool, observed: ObservedPool, chain_settings: ChainSettings
) -> tuple[DecommissionReport, ...]:
    """What leaving still means for each identity, in order."""
    return tuple(
        DecommissionReport(
            identity.name,
            tuple(_steps(desired, identity, observed, chain_settings)),
            tuple(_stays(desired, identity, observed, chain_settings)),
        )
        for identity in desired.identities
    )


def _steps(
    desired: DesiredPool, identity: DesiredIdentity, observed: ObservedPool, chain_settings: ChainSettings
) -> Iterable[str]:
    seen = observed.identities[identity.name]
    if release_calls(desired, identity, seen, observed.wallet):
        yield "give up the node"
    if _is_deregistered(identity, seen, observed.wallet):
        yield "take it off the network registry"
    calls = drain(desired, seen, observed, chain_settings)
    if held := amounts(seen.safe_wxhopr_wei if calls else 0, sum(call.value_wei for call in calls)):
        yield f"move {held} from the Safe to the wallet"
    if xdai := node_drain_wei(seen, observed, chain_settings):
        yield f"move {amounts(0, xdai)} from the node to the wallet"


def _stays(
    desired: DesiredPool, identity: DesiredIdentity, observed: ObservedPool, chain_settings: ChainSettings
) -> Iterable[str]:
    seen, wallet = observed.identities[identity.name], observed.wallet
    yield from _stays_registered(desired, identity, seen, wallet)
    if seen.node_bound_to != ZERO_ADDRESS and not is_bound(identity, seen):
        yield f"the node stays bound to Safe {seen.node_bound_to}, which alone can release it (deregisterNodeBySafe)"
    held = amounts(seen.safe_wxhopr_wei, seen.safe_xdai_wei)
    if held and not seen.safe:
        yield f"{held} stays at {identity.safe}, where no Safe was made: remove retire to make it"
    elif held and seen.safe and not acts_for(desired, seen):
        owners = f"{seen.safe.threshold} of its owners ({', '.join(seen.safe.owners)})"
        yield f"{held} stays in Safe {identity.safe}, which acts with {owners}: they alone can move it"
    elif held and not drain(desired, seen, observed, chain_settings):
        yield f"{held} stays in Safe {identity.safe}: moving it costs more"
    if seen.node_xdai_wei and not node_drain_wei(seen, observed, chain_settings):
        yield f"{amounts(0, seen.node_xdai_wei)} stays with node {identity.node}: it does not pay the gas of moving it"


def _stays_registered(
    desired: DesiredPool, identity: DesiredIdentity, seen: ObservedIdentity, wallet: ObservedWallet
) -> Iterable[str]:
    registry = desired.contracts.network_registry
    if seen.registered_to not in (ZERO_ADDRESS, identity.safe):
        yield f"the node stays registered on the network registry {registry} for {seen.registered_to}"
    elif seen.registered_to == identity.safe and not _is_deregistered(identity, seen, wallet):
        yield (
            f"the node stays registered on the network registry {registry}, which lets only a manager remove it: "
            f"ask one for managerDeregister of {identity.node}"
        )


def _is_deregistered(identity: DesiredIdentity, seen: ObservedIdentity, wallet: ObservedWallet) -> bool:
    by_manager = wallet.is_manager and seen.registered_to == identity.safe
    return by_manager or deregisters_itself(identity, seen, wallet)


def channel_advice(desired: DesiredPool, observed: ObservedPool) -> tuple[str, ...]:
    """What people must do about payment channels before identities leave; nothing for nodes that never started."""
    return tuple(
        f"{identity.name}: close the payment channels of node {identity.node} in the node, and wait until they are "
        "closed, before it leaves: wxHOPR in channels is not in the Safe and is not moved; a node that has left cannot "
        "close them (without retire, the next run makes it usable again)"
        for identity in desired.identities
        if observed.identities[identity.name].node_bound_to == identity.safe
    )
