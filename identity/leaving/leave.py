"""Takes identities out of service: gives up their nodes, brings what Safes and nodes hold to the wallet.

Nothing is remembered: killed at any point and started again, it goes on from what the chain shows (`steps`). It does
not close payment channels, only the node can; wxHOPR that lies in them is not in the Safe, and it says so.
"""

from collections.abc import Callable, Iterable

from config.chain import Chain
from config.errors import Problem
from config.scalars import amount_text
from identity.chain.client import ChainClient, Receipt
from identity.errors import NonceTaken, PreflightFailed, RpcRejected, TransactionReverted, Underpriced
from identity.evm.calls import Signers
from identity.leaving.departures import Departure, channel_advice, departures
from identity.leaving.node_drain import NodeDrain
from identity.leaving.steps import next_round, whole_leaving
from identity.look.observe import ObservedPool, look
from identity.look.wanted import WantedPool
from identity.making.apply import Allowance
from identity.making.preflight import cost_of, require_contracts
from identity.sending.delivery import Pace, confirmed
from identity.sending.journal import Journal
from identity.sending.rounds import Done, Rounds, Work
from identity.sending.spending import Sum

_MOST_FRUITLESS_ROUNDS = 5


def leave(
    chain: ChainClient,
    signers: Callable[[], Signers],
    wanted: WantedPool,
    limits: Chain,
    *,
    allowance: Allowance | None = None,
    journal: Journal | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Done:
    """Lets all identities of `wanted` leave and returns when that is confirmed; sends nothing where all have left.

    Nodes sign through `signers().of_node`, where they hold more xDai than the gas of a payment. Raises PlanRefused,
    PreflightFailed or SpendingRefused before anything is sent, and TransactionError or ChainError when it cannot go
    on; calling it again then continues.
    """
    require_contracts(chain, wanted)
    spending = allowance or Allowance()
    before, advised = spending.spent, False

    def allow(observed: ObservedPool, spent: Sum) -> None:
        nonlocal advised
        if not advised:
            for text in channel_advice(wanted, observed):
                report(text)
            advised = True
        due = require_means(wanted, observed, limits)
        spending.go_on(before + spent, due)

    work = Work(wanted, lambda observed: next_round(wanted, observed, limits), allow)
    kept = journal or Journal(wanted.network.chain_id, wanted.wallet)
    receipts: list[Receipt] = []
    fruitless = 0
    while True:
        done = Rounds(chain, signers, work, limits, kept, (), report).until_done()
        receipts += done.receipts
        before += done.spent
        spending.settle(before)
        try:
            of_nodes = NodeDrain(chain, signers, wanted, limits, report).send(done.observed)
        except (NonceTaken, Underpriced, RpcRejected, TransactionReverted) as error:
            fruitless += 1
            if fruitless > _MOST_FRUITLESS_ROUNDS:
                raise
            report(f"{error}; looking again")
            continue
        if not of_nodes:
            _say_who_has_left(departures(wanted, done.observed, limits), report, anew=bool(receipts))
            return Done(done.observed, tuple(receipts), before)
        receipts += of_nodes
        report(f"waiting for {limits.confirmations} confirmation(s) of the nodes' payments")
        while not confirmed(chain, look(chain, wanted).block, limits, Pace(limits)):
            report("a reorganisation replaced the block; looking again")


def require_means(wanted: WantedPool, observed: ObservedPool, limits: Chain) -> Sum:
    """What is still to do costs the wallet, gas at the cap; raises PlanRefused, or PreflightFailed where it lacks that.

    Leaving costs the wallet gas alone; what it must keep for repairs may go into it, since more comes back.
    """
    cost = cost_of(whole_leaving(wanted, observed, limits), observed, limits)
    missing = cost.fee_most_wei - observed.wallet.xdai_wei
    if missing > 0:
        text = (
            f"{wanted.wallet} has {amount_text(observed.wallet.xdai_wei)} xDai and needs up to "
            f"{amount_text(cost.fee_most_wei)} for the gas of leaving at {limits.max_fee_gwei} gwei: send it "
            f"{amount_text(missing)} xDai"
        )
        raise PreflightFailed([Problem("wallet", text)])
    return Sum(cost.fee_most_wei)


def _say_who_has_left(left: Iterable[Departure], report: Callable[[str], None], *, anew: bool) -> None:
    """Who left long ago is worth a word only for what stays with it."""
    for departure in left:
        if anew or departure.stays:
            report("; ".join((f"{departure.name} has left", *departure.stays)))
