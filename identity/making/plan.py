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
from identity.look.observe import ObservedIdentity, ObservedPool
from identity.look.wanted import WantedIdentity, WantedPool
from identity.making.configure import missing_calls, objections
from identity.making.registrations import ForceSync, Register
from identity.making.transactions import ApproveOperator, Batch, Job, Transaction, TransferWxhopr
from identity.sending.grouping import evenly


def plan(wanted: WantedPool, observed: ObservedPool, block_gas_limit: int) -> tuple[Transaction, ...]:
    """The next round of transactions; empty when the pool is what is wanted.

    Raises PlanRefused, with every reason of every identity, when one is in a state that must not be changed.
    """
    refused = [
        Problem(identity.name, reason)
        for identity in wanted.identities
        for reason in objections(wanted, identity, observed.identities[identity.name])
    ]
    if refused:
        raise PlanRefused(refused)
    setups = [job for identity in wanted.identities if (job := _setup(wanted, identity, observed))]
    if setups:
        return _setting_up(wanted, observed, setups, block_gas_limit)
    return (*_paying(wanted, observed, block_gas_limit), *_registering(wanted, observed, block_gas_limit))


def due_wei(balance_wei: int, minimum_wei: int, target_wei: int) -> int:
    """What to pay so that a balance below its minimum (or an empty one) reaches its target."""
    return max(target_wei - balance_wei, 0) if balance_wei < max(minimum_wei, 1) else 0


def _setup(wanted: WantedPool, identity: WantedIdentity, observed: ObservedPool) -> Job | None:
    seen = observed.identities[identity.name]
    calls = missing_calls(wanted, identity, seen)
    if not calls:
        return None
    nonce = seen.safe.nonce if seen.safe else 0
    signer = wanted.signs_for(seen.safe.owners, seen.safe.threshold) if seen.safe else identity.founder
    return Job(
        identity,
        creates_safe=seen.safe is None,
        safe_nonce=nonce,
        calls=calls,
        node_xdai_wei=_xdai_due(wanted, seen) if nonce == 0 else 0,
        safe_wxhopr_wei=_wxhopr_due(wanted, seen) if nonce == 0 else 0,
        node_is_new=seen.node_xdai_wei == 0,
        handed_over=signer != wanted.wallet,
    )


def _setting_up(
    wanted: WantedPool, observed: ObservedPool, jobs: Sequence[Job], block_gas_limit: int
) -> tuple[Transaction, ...]:
    if not _through_operator(wanted, observed):
        jobs = [job.without_wxhopr() for job in jobs]
    elif not _operator_may_pay(wanted, observed):
        return (ApproveOperator(wanted),)
    return tuple(_batches(wanted, observed, jobs, block_gas_limit))


def _paying(wanted: WantedPool, observed: ObservedPool, block_gas_limit: int) -> tuple[Transaction, ...]:
    """At most one transaction: see the module's text."""
    jobs = [job for identity in wanted.identities if (job := _top_up(wanted, identity, observed))]
    if not jobs:
        return ()
    if _through_operator(wanted, observed):
        if not _operator_may_pay(wanted, observed):
            return (ApproveOperator(wanted),)
        return tuple(_batches(wanted, observed, jobs, block_gas_limit))[:1]
    if native := [job.without_wxhopr() for job in jobs if job.node_xdai_wei]:
        return tuple(_batches(wanted, observed, native, block_gas_limit))[:1]
    first = jobs[0]
    return (TransferWxhopr(wanted, first.identity, first.safe_wxhopr_wei),)


def _top_up(wanted: WantedPool, identity: WantedIdentity, observed: ObservedPool) -> Job | None:
    seen = observed.identities[identity.name]
    xdai, wxhopr = _xdai_due(wanted, seen), _wxhopr_due(wanted, seen)
    if not xdai and not wxhopr:
        return None
    return Job(identity, node_xdai_wei=xdai, safe_wxhopr_wei=wxhopr, node_is_new=seen.node_xdai_wei == 0)


def _registering(wanted: WantedPool, observed: ObservedPool, block_gas_limit: int) -> Iterable[Transaction]:
    """Registration first, then the event that tells the nodes that their Safes are eligible (chain.md).

    A manager does it for all. Otherwise each Safe does it for its node, as far as the network lets it.
    """
    if not wanted.policy.register_nodes or not observed.wallet.registry_enabled:
        return
    seen = observed.identities
    if not observed.wallet.is_manager:
        jobs = [job for identity in wanted.identities if (job := _self_registration(wanted, identity, observed))]
        yield from _batches(wanted, observed, jobs, block_gas_limit)
        return
    unregistered = [identity for identity in wanted.identities if seen[identity.name].registered_to != identity.safe]
    not_eligible = [identity for identity in wanted.identities if not seen[identity.name].eligible]
    for group in evenly(unregistered, lambda group: gas.fits(Register(wanted, group).gas, block_gas_limit)):
        yield Register(wanted, group)
    for group in evenly(not_eligible, lambda group: gas.fits(ForceSync(wanted, group).gas, block_gas_limit)):
        yield ForceSync(wanted, group)


def _self_registration(wanted: WantedPool, identity: WantedIdentity, observed: ObservedPool) -> Job | None:
    seen = observed.identities[identity.name]
    if is_registered(identity, seen) or not may_register_itself(wanted, identity, seen) or not seen.safe:
        return None
    return Job(
        identity,
        safe_nonce=seen.safe.nonce,
        self_registers=True,
        node_signatures=seen.node_signatures if seen.node_bound_to != identity.safe else None,
        handed_over=wanted.signs_for(seen.safe.owners, seen.safe.threshold) != wanted.wallet,
    )


def is_registered(identity: WantedIdentity, seen: ObservedIdentity) -> bool:
    """Whether the network knows the node for its Safe, and the Safe as eligible."""
    return seen.registered_to == identity.safe and seen.eligible


def may_register_itself(wanted: WantedPool, identity: WantedIdentity, seen: ObservedIdentity) -> bool:
    """Whether the network lets the identity's Safe register its node, and a wallet of ours can make the Safe do it."""
    if not seen.safe or not wanted.signs_for(seen.safe.owners, seen.safe.threshold):
        return False
    return seen.self_registrations > 0 or (seen.registered_to == identity.safe and seen.registry_rule_answers)


def _batches(wanted: WantedPool, observed: ObservedPool, jobs: Sequence[Job], block_gas_limit: int) -> Iterable[Batch]:
    """The jobs in as few batches as the gas limit allows; each that pays wxHOPR uses the operator Safe's next nonce."""
    nonce = observed.wallet.operator_nonce

    def batch(group: tuple[Job, ...]) -> Batch:
        return Batch(wanted, group, creates_operator=nonce is None, operator_nonce=nonce or 0)

    for group in evenly(jobs, lambda group: gas.fits(batch(group).gas, block_gas_limit)):
        made = batch(group)
        yield made
        if made.wxhopr_wei:
            nonce = made.operator_nonce + 1


def _through_operator(wanted: WantedPool, observed: ObservedPool) -> bool:
    """Whether wxHOPR goes through the operator Safe: always once it may spend, before that if it costs less gas."""
    if observed.wallet.operator_allowance_wei:
        return True
    payments = sum(1 for due in _wxhopr_dues(wanted, observed) if due)
    creation = 0 if observed.wallet.operator_nonce is not None else gas.SAFE_CREATION
    operator = creation + gas.APPROVAL + gas.SAFE_EXECUTION + payments * gas.WXHOPR_OPERATOR_PAYMENT
    return operator < payments * gas.WXHOPR_TRANSFER


def _operator_may_pay(wanted: WantedPool, observed: ObservedPool) -> bool:
    return observed.wallet.operator_allowance_wei >= sum(_wxhopr_dues(wanted, observed))


def _wxhopr_dues(wanted: WantedPool, observed: ObservedPool) -> list[int]:
    return [_wxhopr_due(wanted, observed.identities[identity.name]) for identity in wanted.identities]


def _xdai_due(wanted: WantedPool, seen: ObservedIdentity) -> int:
    return due_wei(seen.node_xdai_wei, wanted.policy.node_xdai_minimum_wei, wanted.policy.node_xdai_wei)


def _wxhopr_due(wanted: WantedPool, seen: ObservedIdentity) -> int:
    return due_wei(seen.safe_wxhopr_wei, wanted.policy.safe_wxhopr_minimum_wei, wanted.policy.safe_wxhopr_wei)
