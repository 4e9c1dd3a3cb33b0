"""Takes identities out of service: gives up their nodes, brings what Safes and nodes hold to the wallet.

Nothing is remembered: killed at any point and started again, it goes on from what the chain shows (`steps`). It does
not close payment channels, only the node can; wxHOPR that lies in them is not in the Safe, and it says so.
"""

from collections.abc import Callable, Iterable

from config.errors import Problem
from config.models.chain import ChainSettings
from config.models.scalars import amount_text
from identity.chain.client import ChainClient, Receipt
from identity.decommission.node_drain import NodeDrain
from identity.decommission.plan import all_transactions, next_round
from identity.decommission.report import DecommissionReport, channel_advice, decommission_reports
from identity.errors import NonceTaken, PreflightFailed, RpcRejected, TransactionReverted, Underpriced
from identity.evm.calls import Signers
from identity.observation.desired import DesiredPool
from identity.observation.observe import ObservedPool, observe
from identity.provisioning.apply import PoolBudget
from identity.provisioning.preflight import cost_of, require_contracts
from identity.submission.delivery import Pace, confirmed
from identity.submission.journal import Journal
from identity.submission.rounds import Done, Rounds, Work
from identity.submission.spending import Sum

_MOST_FRUITLESS_ROUNDS = 5


def decommission(
    chain: ChainClient,
    signers: Callable[[], Signers],
    desired: DesiredPool,
    chain_settings: ChainSettings,
    *,
    budget: PoolBudget | None = None,
    journal: Journal | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Done:
    """Lets all identities of `wanted` leave and returns when that is confirmed; sends nothing where all have left.

    Nodes sign through `signers().of_node`, where they hold more xDai than the gas of a payment. Raises PlanRefused,
    PreflightFailed or SpendingRefused before anything is sent, and TransactionError or ChainError when it cannot go
    on; calling it again then continues.
    """
    require_contracts(chain, desired)
    spending = budget or PoolBudget()
    before, advised = spending.spent, False

    def allow(observed: ObservedPool, spent: Sum) -> None:
        nonlocal advised
        if not advised:
            for text in channel_advice(desired, observed):
                report(text)
            advised = True
        due = require_means(desired, observed, chain_settings)
        spending.go_on(before + spent, due)

    work = Work(desired, lambda observed: next_round(desired, observed, chain_settings), allow)
    kept = journal or Journal(desired.network.chain_id, desired.wallet)
    receipts: list[Receipt] = []
    fruitless = 0
    while True:
        done = Rounds(chain, signers, work, chain_settings, kept, (), report).run_until_done()
        receipts += done.receipts
        before += done.spent
        spending.settle(before)
        try:
            of_nodes = NodeDrain(chain, signers, desired, chain_settings, report).send(done.observed)
        except (NonceTaken, Underpriced, RpcRejected, TransactionReverted) as error:
            fruitless += 1
            if fruitless > _MOST_FRUITLESS_ROUNDS:
                raise
            report(f"{error}; looking again")
            continue
        if not of_nodes:
            _report_completed(decommission_reports(desired, done.observed, chain_settings), report, anew=bool(receipts))
            return Done(done.observed, tuple(receipts), before)
        receipts += of_nodes
        report(f"waiting for {chain_settings.confirmations} confirmation(s) of the nodes' payments")
        while not confirmed(chain, observe(chain, desired).block, chain_settings, Pace(chain_settings)):
            report("a reorganisation replaced the block; looking again")


def require_means(desired: DesiredPool, observed: ObservedPool, chain_settings: ChainSettings) -> Sum:
    """What is still to do costs the wallet, gas at the cap; raises PlanRefused, or PreflightFailed where it lacks that.

    Leaving costs the wallet gas alone; what it must keep for repairs may go into it, since more comes back.
    """
    cost = cost_of(all_transactions(desired, observed, chain_settings), observed, chain_settings)
    missing = cost.fee_most_wei - observed.wallet.xdai_wei
    if missing > 0:
        text = (
            f"{desired.wallet} has {amount_text(observed.wallet.xdai_wei)} xDai and needs up to "
            f"{amount_text(cost.fee_most_wei)} for the gas of leaving at {chain_settings.max_fee_gwei} gwei: send it "
            f"{amount_text(missing)} xDai"
        )
        raise PreflightFailed([Problem("wallet", text)])
    return Sum(cost.fee_most_wei)


def _report_completed(left: Iterable[DecommissionReport], report: Callable[[str], None], *, anew: bool) -> None:
    """Who left long ago is worth a word only for what stays with it."""
    for report_of_one in left:
        if anew or report_of_one.stays:
            report("; ".join((f"{report_of_one.name} has left", *report_of_one.stays)))
