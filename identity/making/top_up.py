"""Tops up a pool between two runs of `pulumi up`: what the funding job in the cluster does.

It pays and does nothing else. Whoever pays needs no right on a Safe, so the payer may be any account. An identity that
is not complete is left out: money goes where a look has shown that it is in the right hands. How nothing is paid twice:
`rounds`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from config.errors import Problem
from identity.chain.client import ChainClient, Receipt
from identity.evm.calls import Signers
from identity.look.observe import ObservedPool
from identity.look.wanted import WantedPool
from identity.making.configure import missing_calls, objections
from identity.making.plan import plan
from identity.making.preflight import require_means
from identity.making.top_up_order import Order
from identity.sending.journal import Journal
from identity.sending.rounds import Rounds, Work


@dataclass(frozen=True)
class ToppedUp:
    """What was mined for it, and which identities were left out, each with the reason."""

    receipts: tuple[Receipt, ...]
    left_out: tuple[Problem, ...]


def top_up(
    chain: ChainClient,
    signers: Signers,
    order: Order,
    *,
    journal: Journal | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> ToppedUp:
    """Pays from the signing wallet what complete identities lack, and returns when that is confirmed.

    Raises PreflightFailed before a round that the wallet cannot pay, and TransactionError or ChainError when it cannot
    go on; calling it again then continues.
    """
    payer, limits = signers.wallet.address, order.limits
    keep_xdai_wei = order.keep_xdai_wei if payer == order.wanted.wallet else 0

    def paid(observed: ObservedPool) -> WantedPool:
        unfit = {problem.path for problem in _unfit(order.wanted, observed)}
        names = {identity.name for identity in order.wanted.identities} - unfit
        return replace(order.wanted.only(names), wallet=payer)

    work = Work(
        replace(order.wanted, wallet=payer),
        lambda observed: plan(paid(observed), observed, limits.block_gas_limit),
        lambda observed, _spent: require_means(paid(observed), observed, limits, keep_xdai_wei),
    )
    kept = journal or Journal(order.wanted.network.chain_id, payer)
    done = Rounds(chain, lambda: signers, work, limits, kept, (), report).until_done()
    return ToppedUp(done.receipts, tuple(_unfit(order.wanted, done.observed)))


def _unfit(wanted: WantedPool, observed: ObservedPool) -> list[Problem]:
    """Identities that a run of `pulumi up` must finish or a person must look at first."""
    found = []
    for identity in wanted.identities:
        seen = observed.identities[identity.name]
        reasons = objections(wanted, identity, seen)
        if not reasons and missing_calls(wanted, identity, seen):
            reasons = ["its Safe or module is not complete: run `pulumi up`"]
        found += [Problem(identity.name, reason) for reason in reasons]
    return found
