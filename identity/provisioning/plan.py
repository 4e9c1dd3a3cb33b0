"""Plans the next round of transactions from the desired and the observed pool. Pure.

A plan is one round: `apply` submits it, observes the pool again and plans the next round, until a plan is empty. The
shape of a plan prevents double payments:

* The batch that creates or first configures an identity's Safe (Safe nonce 0) also pays its xDai and wxHOPR. The batch
  is all or nothing, and it can succeed only once, regardless of who sends it and how often.
* Every other payment is the first transaction of its round, and a round has at most one. Its nonce is the wallet's
  transaction count at the observed block: once any other transaction of the wallet is mined, it can never be mined.
* Once the operator Safe has an allowance for the wallet's wxHOPR, all wxHOPR is paid through that Safe, in the order
  of its nonces (read at the same block): mining a newer payment invalidates any older signed one.

All other transactions (create, configure, approve, register) are harmless when they are repeated.
"""

from collections.abc import Iterable, Sequence

from config.errors import Problem
from identity.errors import PlanRefused
from identity.evm import gas
from identity.observation.desired import DesiredIdentity, DesiredPool
from identity.observation.observe import ObservedIdentity, ObservedPool
from identity.provisioning.configure import missing_calls, objections
from identity.provisioning.registrations import ForceSync, Register
from identity.provisioning.transactions import ApproveOperator, Batch, Job, Transaction, TransferWxhopr
from identity.submission.wallet_transaction import split_evenly


def plan(desired: DesiredPool, observed: ObservedPool, block_gas_limit: int) -> tuple[Transaction, ...]:
    """Return the next round of transactions; empty if the observed pool equals the desired pool.

    Raises PlanRefused, with all reasons of all identities, if an identity is in a state that must not be changed.
    """
    refused = [
        Problem(identity.name, reason)
        for identity in desired.identities
        for reason in objections(desired, identity, observed.identities[identity.name])
    ]
    if refused:
        raise PlanRefused(refused)
    jobs = [job for identity in desired.identities if (job := _setup_job(desired, identity, observed))]
    if jobs:
        return _setup_transactions(desired, observed, jobs, block_gas_limit)
    return (
        *_payment_transactions(desired, observed, block_gas_limit),
        *_registration_transactions(desired, observed, block_gas_limit),
    )


def due_wei(balance_wei: int, minimum_wei: int, target_wei: int) -> int:
    """Return the payment that raises a balance to its target; 0 unless it is below its minimum or empty."""
    return max(target_wei - balance_wei, 0) if balance_wei < max(minimum_wei, 1) else 0


def _setup_job(desired: DesiredPool, identity: DesiredIdentity, observed: ObservedPool) -> Job | None:
    seen = observed.identities[identity.name]
    calls = missing_calls(desired, identity, seen)
    if not calls:
        return None
    nonce = seen.safe.nonce if seen.safe else 0
    signer = desired.sole_signer(seen.safe.owners, seen.safe.threshold) if seen.safe else identity.deployer
    return Job(
        identity,
        creates_safe=seen.safe is None,
        safe_nonce=nonce,
        calls=calls,
        node_xdai_wei=_xdai_due(desired, seen) if nonce == 0 else 0,
        safe_wxhopr_wei=_wxhopr_due(desired, seen) if nonce == 0 else 0,
        node_is_new=seen.node_xdai_wei == 0,
        safe_is_new=seen.safe_wxhopr_wei == 0,
        handed_over=signer != desired.wallet,
    )


def _setup_transactions(
    desired: DesiredPool, observed: ObservedPool, jobs: Sequence[Job], block_gas_limit: int
) -> tuple[Transaction, ...]:
    if not _pays_through_operator(desired, observed):
        jobs = [job.without_wxhopr() for job in jobs]
    elif not _operator_allowance_suffices(desired, observed):
        return (ApproveOperator(desired),)
    return tuple(_batches(desired, observed, jobs, block_gas_limit))


def _payment_transactions(
    desired: DesiredPool, observed: ObservedPool, block_gas_limit: int
) -> tuple[Transaction, ...]:
    """Return at most one transaction (the module's docstring gives the reason)."""
    jobs = [job for identity in desired.identities if (job := _top_up_job(desired, identity, observed))]
    if not jobs:
        return ()
    if _pays_through_operator(desired, observed):
        if not _operator_allowance_suffices(desired, observed):
            return (ApproveOperator(desired),)
        return tuple(_batches(desired, observed, jobs, block_gas_limit))[:1]
    if xdai_jobs := [job.without_wxhopr() for job in jobs if job.node_xdai_wei]:
        return tuple(_batches(desired, observed, xdai_jobs, block_gas_limit))[:1]
    first = jobs[0]
    return (TransferWxhopr(desired, first.identity, first.safe_wxhopr_wei, first.safe_is_new),)


def _top_up_job(desired: DesiredPool, identity: DesiredIdentity, observed: ObservedPool) -> Job | None:
    seen = observed.identities[identity.name]
    xdai, wxhopr = _xdai_due(desired, seen), _wxhopr_due(desired, seen)
    if not xdai and not wxhopr:
        return None
    return Job(
        identity,
        node_xdai_wei=xdai,
        safe_wxhopr_wei=wxhopr,
        node_is_new=seen.node_xdai_wei == 0,
        safe_is_new=seen.safe_wxhopr_wei == 0,
    )


def _registration_transactions(
    desired: DesiredPool, observed: ObservedPool, block_gas_limit: int
) -> Iterable[Transaction]:
    """Return the registrations, then the transactions that announce eligible Safes to the nodes.

    A manager registers all nodes. Otherwise each Safe registers its own node, as far as the network registry allows it
    (docs/protocol.md#network-registration).
    """
    if not desired.policy.register_nodes or not observed.wallet.registry_enabled:
        return
    seen = observed.identities
    if not observed.wallet.is_manager:
        jobs = [job for identity in desired.identities if (job := _self_registration_job(desired, identity, observed))]
        yield from _batches(desired, observed, jobs, block_gas_limit)
        return
    unregistered = [identity for identity in desired.identities if seen[identity.name].registered_to != identity.safe]
    not_eligible = [identity for identity in desired.identities if not seen[identity.name].eligible]
    for group in split_evenly(unregistered, lambda group: gas.fits(Register(desired, group).gas, block_gas_limit)):
        yield Register(desired, group)
    for group in split_evenly(not_eligible, lambda group: gas.fits(ForceSync(desired, group).gas, block_gas_limit)):
        yield ForceSync(desired, group)


def _self_registration_job(desired: DesiredPool, identity: DesiredIdentity, observed: ObservedPool) -> Job | None:
    seen = observed.identities[identity.name]
    if is_registered(identity, seen) or not can_self_register(desired, identity, seen) or not seen.safe:
        return None
    return Job(
        identity,
        safe_nonce=seen.safe.nonce,
        self_registers=True,
        node_signatures=seen.node_signatures if seen.node_bound_to != identity.safe else None,
        handed_over=desired.sole_signer(seen.safe.owners, seen.safe.threshold) != desired.wallet,
    )


def is_registered(identity: DesiredIdentity, seen: ObservedIdentity) -> bool:
    """Whether the node is registered for its Safe, and the Safe is eligible."""
    return seen.registered_to == identity.safe and seen.eligible


def can_self_register(desired: DesiredPool, identity: DesiredIdentity, seen: ObservedIdentity) -> bool:
    """Whether the network registry lets the Safe register its node, and the wallet can sign for the Safe."""
    if not seen.safe or not desired.sole_signer(seen.safe.owners, seen.safe.threshold):
        return False
    return seen.self_registrations > 0 or (seen.registered_to == identity.safe and seen.registry_rule_answers)


def _batches(
    desired: DesiredPool, observed: ObservedPool, jobs: Sequence[Job], block_gas_limit: int
) -> Iterable[Batch]:
    """Return the jobs in as few batches as possible; each that pays wxHOPR uses the operator Safe's next nonce."""
    nonce = observed.wallet.operator_nonce

    def batch(group: tuple[Job, ...]) -> Batch:
        return Batch(desired, group, creates_operator=nonce is None, operator_nonce=nonce or 0)

    for group in split_evenly(jobs, lambda group: gas.fits(batch(group).gas, block_gas_limit)):
        transaction = batch(group)
        yield transaction
        if transaction.wxhopr_wei:
            nonce = transaction.operator_nonce + 1


def _pays_through_operator(desired: DesiredPool, observed: ObservedPool) -> bool:
    """Whether the operator Safe pays wxHOPR: always once it has an allowance, before that if it takes less gas."""
    if observed.wallet.operator_allowance_wei:
        return True
    payments = sum(1 for due in _wxhopr_dues(desired, observed) if due)
    creation = 0 if observed.wallet.operator_nonce is not None else gas.SAFE_CREATION
    operator = creation + gas.APPROVAL + gas.SAFE_FIRST_EXECUTION + payments * gas.WXHOPR_OPERATOR_PAYMENT
    return operator < payments * gas.WXHOPR_TRANSFER


def _operator_allowance_suffices(desired: DesiredPool, observed: ObservedPool) -> bool:
    return observed.wallet.operator_allowance_wei >= sum(_wxhopr_dues(desired, observed))


def _wxhopr_dues(desired: DesiredPool, observed: ObservedPool) -> list[int]:
    return [_wxhopr_due(desired, observed.identities[identity.name]) for identity in desired.identities]


def _xdai_due(desired: DesiredPool, seen: ObservedIdentity) -> int:
    return due_wei(seen.node_xdai_wei, desired.policy.node_xdai_minimum_wei, desired.policy.node_xdai_wei)


def _wxhopr_due(desired: DesiredPool, seen: ObservedIdentity) -> int:
    return due_wei(seen.safe_wxhopr_wei, desired.policy.safe_wxhopr_minimum_wei, desired.policy.safe_wxhopr_wei)
