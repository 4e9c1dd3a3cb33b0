"""Decommissions identities: releases and deregisters their nodes, then drains Safes and nodes to the wallet.

It keeps no memory: after a crash at any point, the next run continues from what the chain shows (`plan`). It does not
close payment channels, because only the node can; wxHOPR in channels is not in the Safe, and a report says so.
"""

import logging
from collections.abc import Callable, Iterable

from config.errors import Problem
from config.models.chain import ChainSettings
from config.models.scalars import amount_text
from identity.chain.client import ChainClient, Receipt
from identity.decommission.node_drain import NodeDrain
from identity.decommission.plan import all_transactions, next_round
from identity.decommission.report import DecommissionReport, channel_advice, decommission_reports
from identity.errors import BlockReplaced, NonceTaken, PreflightFailed, RpcRejected, TransactionReverted, Underpriced
from identity.evm.calls import Signers
from identity.observation.desired import DesiredPool
from identity.observation.observe import ObservedPool, observe
from identity.provisioning.preflight import cost_of, require_contracts
from identity.submission.delivery import Pace, wait_for_confirmations
from identity.submission.journal import Journal
from identity.submission.rounds import Rounds, RunResult, Work
from identity.submission.spending import PoolBudget, Sum

_log = logging.getLogger(__name__)

_MOST_FAILED_DRAINS = 5


def decommission(
    chain: ChainClient,
    signers: Callable[[], Signers],
    desired: DesiredPool,
    chain_settings: ChainSettings,
    *,
    budget: PoolBudget | None = None,
    journal: Journal | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> RunResult:
    """Decommission all identities of `desired`, and return once that is confirmed; send nothing if nothing is left.

    Nodes that hold more xDai than the gas of a transfer sign through `signers().of_node`. Raises PlanRefused,
    PreflightFailed or SpendingRefused before the first transaction, and TransactionError or ChainError when it cannot
    continue; another call then continues.
    """
    require_contracts(chain, desired)
    _log.info("decommissioning %s", ", ".join(identity.name for identity in desired.identities))
    spending = budget or PoolBudget()
    before, advised = spending.spent, False

    def allow(observed: ObservedPool, spent: Sum) -> None:
        nonlocal advised
        if not advised:
            for text in channel_advice(desired, observed):
                report(text)
            advised = True
        due = require_gas(desired, observed, chain_settings)
        spending.claim(before + spent, due)

    work = Work(desired, lambda observed: next_round(desired, observed, chain_settings), allow)
    kept = journal or Journal(desired.network.chain_id, desired.wallet)
    receipts: list[Receipt] = []
    failed_drains = 0
    while True:
        done = Rounds(chain, signers, work, chain_settings, kept, (), report).run()
        receipts += done.receipts
        before += done.spent
        spending.settle(before)
        try:
            node_receipts = NodeDrain(chain, signers, desired, chain_settings, report).send(done.observed)
        except (BlockReplaced, NonceTaken, Underpriced, RpcRejected, TransactionReverted) as error:
            failed_drains += 1
            if failed_drains > _MOST_FAILED_DRAINS:
                raise
            report(f"{error}; observing again")
            continue
        if not node_receipts:
            _report_completed(
                decommission_reports(desired, done.observed, chain_settings), report, always=bool(receipts)
            )
            return RunResult(done.observed, tuple(receipts), before)
        receipts += node_receipts
        report(f"waiting for {chain_settings.confirmations} confirmation(s) of the nodes' transfers")
        while not wait_for_confirmations(chain, observe(chain, desired).block, chain_settings, Pace(chain_settings)):
            report("a reorganisation replaced the block; observing again")


def require_gas(desired: DesiredPool, observed: ObservedPool, chain_settings: ChainSettings) -> Sum:
    """Return what the wallet pays for the remaining steps, gas at the cap; raises PlanRefused or PreflightFailed.

    The wallet pays only gas. It may use its reserve (`spending.keepXdai`) for that, because the drain returns more.
    """
    cost = cost_of(all_transactions(desired, observed, chain_settings), observed, chain_settings)
    missing = cost.fee_most_wei - observed.wallet.xdai_wei
    if missing > 0:
        text = (
            f"{desired.wallet} has {amount_text(observed.wallet.xdai_wei)} xDai and needs up to "
            f"{amount_text(cost.fee_most_wei)} for the gas of decommissioning at {chain_settings.max_fee_gwei} gwei: "
            f"send it {amount_text(missing)} xDai"
        )
        raise PreflightFailed([Problem("wallet", text)])
    return Sum(cost.fee_most_wei)


def _report_completed(completed: Iterable[DecommissionReport], report: Callable[[str], None], *, always: bool) -> None:
    """Report each identity; without `always`, mention an earlier decommission only if something remains on chain."""
    for one in completed:
        if always or one.remains:
            report("; ".join((f"{one.name} is decommissioned", *one.remains)))
