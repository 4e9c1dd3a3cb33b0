"""Plans the decommission of identities from the observed pool. Pure.

The steps in order: release the node, deregister it, drain the Safe, drain the node (`node_drain`); see
docs/protocol.md#decommissioning-an-identity. Nothing is drained before an observation shows that all nodes are
released: until then, a node can spend its Safe's wxHOPR, and the amount that was read may be gone.

Each step is safe to repeat, so no step has to be remembered: a Safe transaction is mined once (its nonce is read at the
same block), and every payment goes to the wallet, regardless of who sends the transaction and how often.

A Safe that deregisters its node itself does so before it unbinds the node in the Safe registry: the network registry
lets a Safe act only for a node that is bound to it.
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
from identity.submission.wallet import GWEI
from identity.submission.wallet_transaction import WalletTransaction, split_evenly


def next_round(
    desired: DesiredPool, observed: ObservedPool, chain_settings: ChainSettings
) -> tuple[WalletTransaction, ...]:
    """Return the wallet's next transactions; empty when at most the drains of nodes are left.

    Raises PlanRefused, with the required signers, for a Safe that neither wallet can act for alone.
    """
    return release_transactions(desired, observed, chain_settings) or drain_transactions(
        desired, observed, chain_settings
    )


def all_transactions(
    desired: DesiredPool, observed: ObservedPool, chain_settings: ChainSettings
) -> tuple[WalletTransaction, ...]:
    """Return all remaining transactions of the wallet, to compute their cost; raises PlanRefused."""
    return (
        *release_transactions(desired, observed, chain_settings),
        *drain_transactions(desired, observed, chain_settings),
    )


def is_decommissioned(desired: DesiredPool, observed: ObservedPool, chain_settings: ChainSettings) -> bool:
    """Whether no step is left that this program can do; raises PlanRefused."""
    drains = (node_drain_wei(observed.identities[one.name], observed, chain_settings) for one in desired.identities)
    return not next_round(desired, observed, chain_settings) and not any(drains)


def release_transactions(
    desired: DesiredPool, observed: ObservedPool, chain_settings: ChainSettings
) -> tuple[WalletTransaction, ...]:
    """Return the transactions that release and deregister the nodes; raises PlanRefused."""
    _require_signatures(desired, observed)
    jobs, registered = [], []
    for identity in desired.identities:
        seen = observed.identities[identity.name]
        if seen.safe and (calls := release_calls(desired, identity, seen, observed.wallet)):
            jobs.append(_safe_job(desired, identity, seen.safe, calls))
        if observed.wallet.is_manager and seen.registered_to == identity.safe:
            registered.append(identity)
    most = chain_settings.block_gas_limit
    return (
        *(
            ReleaseNodes(desired, group)
            for group in split_evenly(jobs, lambda group: gas.fits(ReleaseNodes(desired, group).gas, most))
        ),
        *(
            Deregister(desired, group)
            for group in split_evenly(registered, lambda group: gas.fits(Deregister(desired, group).gas, most))
        ),
    )


def drain_transactions(
    desired: DesiredPool, observed: ObservedPool, chain_settings: ChainSettings
) -> tuple[WalletTransaction, ...]:
    """Return the transactions that drain the Safes that the wallet or the previous wallet can sign for."""
    jobs = []
    for identity in desired.identities:
        seen = observed.identities[identity.name]
        if seen.safe and (calls := drain_calls(desired, seen, observed, chain_settings)):
            jobs.append(_safe_job(desired, identity, seen.safe, calls, seen.safe_wxhopr_wei))
    most = chain_settings.block_gas_limit
    groups = split_evenly(jobs, lambda group: gas.fits(DrainSafes(desired, group).gas, most))
    return tuple(DrainSafes(desired, group) for group in groups)


def node_drain_wei(seen: ObservedIdentity, observed: ObservedPool, chain_settings: ChainSettings) -> int:
    """Return the amount that empties a node's account after gas; 0 if its xDai does not cover the gas."""
    return max(seen.node_xdai_wei - gas.TRANSACTION * fee_wei(observed, chain_settings), 0)


def fee_wei(observed: ObservedPool, chain_settings: ChainSettings) -> int:
    """Return the fee that a drained account offers per gas: twice the base fee plus tip, up to `chain.maxFeeGwei`."""
    with_room = 2 * observed.block.base_fee_wei + chain_settings.priority_fee_gwei * GWEI
    return min(with_room, chain_settings.max_fee_gwei * GWEI)


def release_calls(
    desired: DesiredPool, identity: DesiredIdentity, seen: ObservedIdentity, wallet: ObservedWallet
) -> tuple[Call, ...]:
    """Return the Safe's calls that release its node.

    `deregisterNodeBySafe` needs the node in the module, so a bound node that is not in the module is added first.
    """
    if not seen.safe:
        return ()
    registry, module, node = desired.contracts.node_safe_registry, identity.module, identity.node
    calls = []
    if deregisters_itself(identity, seen, wallet):
        calls.append(Call(desired.contracts.network_registry, NETWORK_REGISTRY.encode("selfDeregister", [node])))
    releasable, included = is_releasable(identity, seen), seen.module is not None and seen.module.node_included
    if releasable and module not in seen.safe.modules:
        calls.append(Call(identity.safe, SAFE.encode("enableModule", module)))
    if releasable and not included:
        calls.append(Call(module, MODULE.encode("addNode", node)))
    if releasable:
        calls.append(Call(registry, NODE_SAFE_REGISTRY.encode("deregisterNodeBySafe", node)))
    if _owns_module(identity, seen) and (releasable or included):
        calls.append(Call(module, MODULE.encode("removeNode", node)))
    return tuple(calls)


def _owns_module(identity: DesiredIdentity, seen: ObservedIdentity) -> bool:
    return seen.module is not None and seen.module.owner == identity.safe


def is_releasable(identity: DesiredIdentity, seen: ObservedIdentity) -> bool:
    """Whether the Safe can release the node: it is bound to the Safe, and the Safe owns the module."""
    return seen.node_bound_to == identity.safe and _owns_module(identity, seen)


def deregisters_itself(identity: DesiredIdentity, seen: ObservedIdentity, wallet: ObservedWallet) -> bool:
    """Whether the Safe deregisters the node: the wallet is not a manager, and the registry's rules allow it."""
    allowed = wallet.registry_enabled and seen.registry_rule_answers and is_releasable(identity, seen)
    return seen.registered_to == identity.safe and not wallet.is_manager and allowed


def drain_calls(
    desired: DesiredPool, seen: ObservedIdentity, observed: ObservedPool, chain_settings: ChainSettings
) -> tuple[Call, ...]:
    """Return the payments that drain a Safe; without wxHOPR, only if its xDai exceeds the cost of moving it."""
    if not acts_for(desired, seen):
        return ()
    wxhopr, xdai = seen.safe_wxhopr_wei, seen.safe_xdai_wei
    cost = (gas.BATCH + gas.SAFE_EXECUTION + gas.DECOMMISSION_CALL) * fee_wei(observed, chain_settings)
    calls = [Call(desired.contracts.token, TOKEN.encode("transfer", desired.wallet, wxhopr))] if wxhopr else []
    if xdai and (wxhopr or xdai > cost):
        calls.append(Call(desired.wallet, value_wei=xdai))
    return tuple(calls)


def acts_for(desired: DesiredPool, seen: ObservedIdentity) -> bool:
    """Whether the wallet or the previous wallet alone can sign for this identity's Safe."""
    return seen.safe is not None and desired.sole_signer(seen.safe.owners, seen.safe.threshold) is not None


def _safe_job(
    desired: DesiredPool, identity: DesiredIdentity, safe: ObservedSafe, calls: tuple[Call, ...], wxhopr_wei: int = 0
) -> SafeJob:
    handed_over = desired.sole_signer(safe.owners, safe.threshold) != desired.wallet
    return SafeJob(identity, safe.nonce, calls, handed_over, wxhopr_wei)


def _require_signatures(desired: DesiredPool, observed: ObservedPool) -> None:
    """Raise PlanRefused for nodes that must be released by Safes that we cannot sign for.

    Funds that later arrive in such a Safe are not a reason to refuse: only its owners can move them.
    """
    refused = []
    for identity in desired.identities:
        seen = observed.identities[identity.name]
        if not release_calls(desired, identity, seen, observed.wallet) or not seen.safe or acts_for(desired, seen):
            continue
        held = amounts(seen.safe_wxhopr_wei, seen.safe_xdai_wei)
        pay = f", then pay {held} to the wallet" if held else ""
        text = (
            f"Safe {identity.safe} needs the signatures of {seen.safe.threshold} of its owners "
            f"({', '.join(seen.safe.owners)}); wallet {desired.wallet} cannot sign alone: have the owners call "
            f"deregisterNodeBySafe and removeNode for node {identity.node}{pay}; or keep the identity in service "
            "(without retire and drainOnDestroy)"
        )
        refused.append(Problem(identity.name, text))
    if refused:
        raise PlanRefused(refused)


def amounts(wxhopr_wei: int, xdai_wei: int) -> str:
    """Return both amounts with their units for messages; empty for nothing."""
    both = ((wxhopr_wei, "wxHOPR"), (xdai_wei, "xDai"))
    return " and ".join(f"{amount_text(wei)} {unit}" for wei, unit in both if wei)
