"""Decides which transactions come next, from what is wanted and what one look has shown. Pure.

A plan is one round: `apply` sends it, looks again and asks for the next, until there is none. What keeps payments
from being made twice is in the plan's shape:

* xDai and wxHOPR for an identity ride in the very batch that makes its Safe or first configures it (Safe nonce 0).
  That batch is all or nothing, and it can succeed only once, whoever sends it and however often.
* Every other payment is the FIRST transaction of its round, and there is one a round. `apply` gives it the nonce that
  the wallet had in the block of the look: if anything of the wallet was mined since, it can never be mined.
* Once the wallet has let its operator Safe spend wxHOPR, wxHOPR moves through that Safe alone, in the order of the
  Safe's nonces (also read in the look): an older signed payment that somebody kept dies when a newer one is mined.

All else (creating, configuring, approving, registering) has no effect, or none of harm, when it is done twice.
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
from identity.submission.grouping import split_evenly


def plan(desired: DesiredPool, observed: ObservedPool, block_gas_limit: int) -> tuple[Transaction, ...]:
    """The next round of transactions; empty when the pool is what is wanted.

    Raises PlanRefused, with every reason of every identity, when one is in a state that must not be changed.
    """
    refused = [
        Problem(identity.name, reason)
        for identity in desired.identities
        for reason in objections(desired, identity, observed.identities[identity.name])
    ]
    if refused:
        raise PlanRefused(refused)
    setups = [job for identity in desired.identities if (job := _setup(desired, identity, observed))]
    if setups:
        return _setting_up(desired, observed, setups, block_gas_limit)
    return (*_paying(desired, observed, block_gas_limit), *_registering(desired, observed, block_gas_limit))


def due_wei(balance_wei: int, minimum_wei: int, target_wei: int) -> int:
    """What to pay so that a balance below its minimum (or an empty one) reaches its target."""
    return max(target_wei - balance_wei, 0) if balance_wei < max(minimum_wei, 1) else 0


def _setup(desired: DesiredPool, identity: DesiredIdentity, observed: ObservedPool) -> Job | None:
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
        handed_over=signer != desired.wallet,
    )


def _setting_up(
    desired: DesiredPool, observed: ObservedPool, jobs: Sequence[Job], block_gas_limit: int
) -> tuple[Transaction, ...]:
    if not _through_operator(desired, observed):
        jobs = [job.without_wxhopr() for job in jobs]
    elif not _operator_may_pay(desired, observed):
        return (ApproveOperator(desired),)
    return tuple(_batches(desired, observed, jobs, block_gas_limit))


def _paying(desired: DesiredPool, observed: ObservedPool, block_gas_limit: int) -> tuple[Transaction, ...]:
    """At most one transaction: see the module's text."""
    jobs = [job for identity in desired.identities if (job := _top_up(desired, identity, observed))]
    if not jobs:
        return ()
    if _through_operator(desired, observed):
        if not _operator_may_pay(desired, observed):
            return (ApproveOperator(desired),)
        return tuple(_batches(desired, observed, jobs, block_gas_limit))[:1]
    if native := [job.without_wxhopr() for job in jobs if job.node_xdai_wei]:
        return tuple(_batches(desired, observed, native, block_gas_limit))[:1]
    first = jobs[0]
    return (TransferWxhopr(desired, first.identity, first.safe_wxhopr_wei),)


def _top_up(desired: DesiredPool, identity: DesiredIdentity, observed: ObservedPool) -> Job | None:
    seen = observed.identities[identity.name]
    xdai, wxhopr = _xdai_due(desired, seen), _wxhopr_due(desired, seen)
    if not xdai and not wxhopr:
        return None
    return Job(identity, node_xdai_wei=xdai, safe_wxhopr_wei=wxhopr, node_is_new=seen.node_xdai_wei == 0)


def _registering(desired: DesiredPool, observed: ObservedPool, block_gas_limit: int) -> Iterable[Transaction]:
    """Registration first, then the event that tells the nodes that their Safes are eligible.

    See docs/protocol.md#network-registration.

    A manager does it for all. Otherwise each Safe does it for its node, as far as the network lets it.
    """
    if not desired.policy.register_nodes or not observed.wallet.registry_enabled:
        return
    seen = observed.identities
    if not observed.wallet.is_manager:
        jobs = [job for identity in desired.identities if (job := _self_registration(desired, identity, observed))]
        yield from _batches(desired, observed, jobs, block_gas_limit)
        return
    unregistered = [identity for identity in desired.identities if seen[identity.name].registered_to != identity.safe]
    not_eligible = [identity for identity in desired.identities if not seen[identity.name].eligible]
    for group in split_evenly(unregistered, lambda group: gas.fits(Register(desired, group).gas, block_gas_limit)):
        yield Register(desired, group)
    for group in split_evenly(not_eligible, lambda group: gas.fits(ForceSync(desired, group).gas, block_gas_limit)):
        yield ForceSync(desired, group)


def _self_registration(desired: DesiredPool, identity: DesiredIdentity, observed: ObservedPool) -> Job | None:
    seen = observed.identities[identity.name]
    if is_registered(identity, seen) or not may_register_itself(desired, identity, seen) or not seen.safe:
        return None
    return Job(
        identity,
        safe_nonce=seen.safe.nonce,
        self_registers=True,
        node_signatures=seen.node_signatures if seen.node_bound_to != identity.safe else None,
        handed_over=desired.sole_signer(seen.safe.owners, seen.safe.threshold) != desired.wallet,
    )


def is_registered(identity: DesiredIdentity, seen: ObservedIdentity) -> bool:
    """Whether the network knows the node for its Safe, and the Safe as eligible."""
    return seen.registered_to == identity.safe and seen.eligible


def may_register_itself(desired: DesiredPool, identity: DesiredIdentity, seen: ObservedIdentity) -> bool:
    """Whether the network lets the identity's Safe register its node, and a wallet of ours can make the Safe do it."""
    if not seen.safe or not desired.sole_signer(seen.safe.owners, seen.safe.threshold):
        return False
    return seen.self_registrations > 0 or (seen.registered_to == identity.safe and seen.registry_rule_answers)


def _batches(
    desired: DesiredPool, observed: ObservedPool, jobs: Sequence[Job], block_gas_limit: int
) -> Iterable[Batch]:
    """The jobs in as few batches as the gas limit allows; each that pays wxHOPR uses the operator Safe's next nonce."""
    nonce = observed.wallet.operator_nonce

    def batch(group: tuple[Job, ...]) -> Batch:
        return Batch(desired, group, creates_operator=nonce is None, operator_nonce=nonce or 0)

    for group in split_evenly(jobs, lambda group: gas.fits(batch(group).gas, block_gas_limit)):
        made = batch(group)
        yield made
        if made.wxhopr_wei:
            nonce = made.operator_nonce + 1


def _through_operator(desired: DesiredPool, observed: ObservedPool) -> bool:
    """Whether wxHOPR goes through the operator Safe: always once it may spend, before that if it costs less gas."""
    if observed.wallet.operator_allowance_wei:
        return True
    payments = sum(1 for due in _wxhopr_dues(desired, observed) if due)
    creation = 0 if observed.wallet.operator_nonce is not None else gas.SAFE_CREATION
    operator = creation + gas.APPROVAL + gas.SAFE_EXECUTION + payments * gas.WXHOPR_OPERATOR_PAYMENT
    return operator < payments * gas.WXHOPR_TRANSFER


def _operator_may_pay(desired: DesiredPool, observed: ObservedPool) -> bool:
    return observed.wallet.operator_allowance_wei >= sum(_wxhopr_dues(desired, observed))


def _wxhopr_dues(desired: DesiredPool, observed: ObservedPool) -> list[int]:
    return [_wxhopr_due(desired, observed.identities[identity.name]) for identity in desired.identities]


def _xdai_due(desired: DesiredPool, seen: ObservedIdentity) -> int:
    return due_wei(seen.node_xdai_wei, desired.policy.node_xdai_minimum_wei, desired.policy.node_xdai_wei)


def _wxhopr_due(desired: DesiredPool, seen: ObservedIdentity) -> int:
    return due_wei(seen.safe_wxhopr_wei, desired.policy.safe_wxhopr_minimum_wei, desired.policy.safe_wxhopr_wei)
