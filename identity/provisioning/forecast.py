"""Simulates all rounds of a plan until nothing is missing, for previews and cost estimates. Pure."""

from dataclasses import replace

from identity.evm import targets
from identity.evm.contracts import MULTI_SEND_CALL_ONLY, UNLIMITED_WEI
from identity.observation.desired import DesiredPool
from identity.observation.observe import ObservedIdentity, ObservedModule, ObservedPool
from identity.provisioning.configure import fresh_safe
from identity.provisioning.plan import plan
from identity.provisioning.registrations import ForceSync, Register
from identity.provisioning.transactions import ApproveOperator, Batch, Job, Transaction, TransferWxhopr


def forecast(desired: DesiredPool, observed: ObservedPool, block_gas_limit: int) -> tuple[Transaction, ...]:
    """Return all transactions until the pool is provisioned, if nothing else changes it; raises PlanRefused."""
    transactions: list[Transaction] = []
    while round_ := plan(desired, observed, block_gas_limit):
        transactions += round_
        for transaction in round_:
            observed = simulate(desired, observed, transaction)
    return tuple(transactions)


def simulate(desired: DesiredPool, observed: ObservedPool, transaction: Transaction) -> ObservedPool:
    """Return the observed pool as it is once this transaction is mined, without its gas cost."""
    wallet = observed.wallet
    identities = dict(observed.identities)
    match transaction:
        case Batch():
            for job in transaction.jobs:
                identities[job.identity.name] = _simulate_job(desired, identities[job.identity.name], job)
            if transaction.wxhopr_wei:
                wallet = replace(wallet, operator_nonce=transaction.operator_nonce + 1)
        case TransferWxhopr():
            seen = identities[transaction.identity.name]
            received = replace(seen, safe_wxhopr_wei=seen.safe_wxhopr_wei + transaction.wxhopr_wei)
            identities[transaction.identity.name] = received
        case ApproveOperator():
            wallet = replace(wallet, operator_allowance_wei=UNLIMITED_WEI)
        case Register():
            for identity in transaction.identities:
                identities[identity.name] = replace(identities[identity.name], registered_to=identity.safe)
        case ForceSync():
            for identity in transaction.identities:
                identities[identity.name] = replace(identities[identity.name], eligible=True)
    paid = replace(
        wallet,
        xdai_wei=wallet.xdai_wei - transaction.xdai_wei,
        wxhopr_wei=wallet.wxhopr_wei - transaction.wxhopr_wei,
    )
    return replace(observed, wallet=paid, identities=identities)


def _simulate_job(desired: DesiredPool, seen: ObservedIdentity, job: Job) -> ObservedIdentity:
    paid = replace(
        seen,
        node_xdai_wei=seen.node_xdai_wei + job.node_xdai_wei,
        safe_wxhopr_wei=seen.safe_wxhopr_wei + job.safe_wxhopr_wei,
    )
    identity, policy = job.identity, desired.policy
    if job.self_registers and seen.safe:
        safe = replace(seen.safe, nonce=job.safe_nonce + 1)
        paid = replace(paid, safe=safe, node_bound_to=identity.safe, registered_to=identity.safe, eligible=True)
    if not job.calls:
        return paid
    safe = replace(
        seen.safe or fresh_safe(identity.deployer),
        owners=policy.owners,
        threshold=policy.threshold,
        nonce=job.safe_nonce + 1,
        modules=(identity.module,),
    )
    rules = targets.expected(desired.contracts, identity.node)
    module = ObservedModule(identity.safe, MULTI_SEND_CALL_ONLY, rules, node_included=True)
    return replace(paid, safe=safe, module=module, allowance_wei=policy.allowance_wei)
