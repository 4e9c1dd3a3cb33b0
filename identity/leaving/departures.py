"""What leaving still means for each identity, in words: for previews, and for what is said at the end. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from config.chain import Chain
from identity.evm.contracts import ZERO_ADDRESS
from identity.leaving.steps import acts_for, amounts, deregisters_itself, drain, is_bound, node_drain_wei, resignation
from identity.look.observe import ObservedIdentity, ObservedPool, ObservedWallet
from identity.look.wanted import WantedIdentity, WantedPool


@dataclass(frozen=True)
class Departure:
    """One leaving identity for people: what will be done, and what stays as it is and why."""

    name: str
    steps: tuple[str, ...]
    stays: tuple[str, ...]


def departures(wanted: WantedPool, observed: ObservedPool, limits: Chain) -> tuple[Departure, ...]:
    """What leaving still means for each identity, in order."""
    return tuple(
        Departure(
            identity.name,
            tuple(_steps(wanted, identity, observed, limits)),
            tuple(_stays(wanted, identity, observed, limits)),
        )
        for identity in wanted.identities
    )


def _steps(wanted: WantedPool, identity: WantedIdentity, observed: ObservedPool, limits: Chain) -> Iterable[str]:
    seen = observed.identities[identity.name]
    if resignation(wanted, identity, seen, observed.wallet):
        yield "give up the node"
    if _is_deregistered(identity, seen, observed.wallet):
        yield "take it off the network registry"
    calls = drain(wanted, seen, observed, limits)
    if held := amounts(seen.safe_wxhopr_wei if calls else 0, sum(call.value_wei for call in calls)):
        yield f"move {held} from the Safe to the wallet"
    if xdai := node_drain_wei(seen, observed, limits):
        yield f"move {amounts(0, xdai)} from the node to the wallet"


def _stays(wanted: WantedPool, identity: WantedIdentity, observed: ObservedPool, limits: Chain) -> Iterable[str]:
    seen, wallet = observed.identities[identity.name], observed.wallet
    yield from _stays_registered(wanted, identity, seen, wallet)
    if seen.node_bound_to != ZERO_ADDRESS and not is_bound(identity, seen):
        yield f"the node stays bound to Safe {seen.node_bound_to}, which alone can release it (deregisterNodeBySafe)"
    held = amounts(seen.safe_wxhopr_wei, seen.safe_xdai_wei)
    if held and not seen.safe:
        yield f"{held} stays at {identity.safe}, where no Safe was made: remove retire to make it"
    elif held and seen.safe and not acts_for(wanted, seen):
        owners = f"{seen.safe.threshold} of its owners ({', '.join(seen.safe.owners)})"
        yield f"{held} stays in Safe {identity.safe}, which acts with {owners}: they alone can move it"
    elif held and not drain(wanted, seen, observed, limits):
        yield f"{held} stays in Safe {identity.safe}: moving it costs more"
    if seen.node_xdai_wei and not node_drain_wei(seen, observed, limits):
        yield f"{amounts(0, seen.node_xdai_wei)} stays with node {identity.node}: it does not pay the gas of moving it"


def _stays_registered(
    wanted: WantedPool, identity: WantedIdentity, seen: ObservedIdentity, wallet: ObservedWallet
) -> Iterable[str]:
    registry = wanted.contracts.network_registry
    if seen.registered_to not in (ZERO_ADDRESS, identity.safe):
        yield f"the node stays registered on the network registry {registry} for {seen.registered_to}"
    elif seen.registered_to == identity.safe and not _is_deregistered(identity, seen, wallet):
        yield (
            f"the node stays registered on the network registry {registry}, which lets only a manager remove it: "
            f"ask one for managerDeregister of {identity.node}"
        )


def _is_deregistered(identity: WantedIdentity, seen: ObservedIdentity, wallet: ObservedWallet) -> bool:
    by_manager = wallet.is_manager and seen.registered_to == identity.safe
    return by_manager or deregisters_itself(identity, seen, wallet)


def channel_advice(wanted: WantedPool, observed: ObservedPool) -> tuple[str, ...]:
    """What people must do about payment channels before identities leave; nothing for nodes that never started."""
    return tuple(
        f"{identity.name}: close the payment channels of node {identity.node} in the node, and wait until they are "
        "closed, before it leaves: wxHOPR in channels is not in the Safe and is not moved; a node that has left cannot "
        "close them (without retire, the next run makes it usable again)"
        for identity in wanted.identities
        if observed.identities[identity.name].node_bound_to == identity.safe
    )
