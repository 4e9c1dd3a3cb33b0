"""Tops up a pool between two runs of `pulumi up`: what the funding job in the cluster does.

It pays and does nothing else. Whoever pays needs no right on a Safe, so the payer may be any account. An identity that
is not complete, whose trusted Safe has a past that speaks against it, or whose node would do something else with a
payment than keep it, is left out and named. How nothing is paid twice: `rounds`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from config.errors import Problem
from identity.chain.client import ChainClient, Receipt
from identity.errors import PaidNodeRunsCode
from identity.evm.calls import Signers
from identity.look import provenance
from identity.look.observe import ObservedPool, look
from identity.look.wanted import WantedPool
from identity.making.configure import missing_calls, objections
from identity.making.plan import plan
from identity.making.preflight import require_means
from identity.making.top_up_order import Order
from identity.sending.journal import Journal
from identity.sending.rounds import Rounds, Work
from identity.sending.spending import Aside


@dataclass(frozen=True)
class ToppedUp:
    """What was mined for it, and who was left out, with the reasons."""

    receipts: tuple[Receipt, ...]
    left_out: tuple[Problem, ...]


@dataclass
class TopUp:
    """One run of the job. `report` gets a sentence a step."""

    chain: ChainClient
    signers: Signers
    order: Order
    report: Callable[[str], None] = lambda _: None
    journal: Journal | None = None

    def __post_init__(self) -> None:
        self._payer = self.signers.wallet.address
        self._shunned: list[Problem] = []

    def until_done(self) -> ToppedUp:
        """Pays from the signing wallet what complete identities lack, and returns when that is confirmed.

        Raises PreflightFailed before a round that the wallet cannot pay, and TransactionError or ChainError when it
        cannot go on; calling it again then continues.
        """
        wanted = self.order.wanted
        if any(identity.trusted for identity in wanted.identities):
            self._shunned = provenance.examine(self.chain, wanted, look(self.chain, wanted))
        receipts: list[Receipt] = []
        while True:
            try:
                done = self._rounds().until_done()
            except PaidNodeRunsCode as error:
                self._shunned += error.problems
            else:
                receipts += done.receipts
                return ToppedUp(tuple(receipts), tuple(self._unfit(done.observed)))

    def _rounds(self) -> Rounds:
        order, limits = self.order, self.order.limits
        aside = Aside(order.keep_xdai_wei if self._payer == order.wanted.wallet else 0)
        work = Work(
            replace(order.wanted, wallet=self._payer),
            lambda observed: plan(self._paid(observed), observed, limits.block_gas_limit),
            lambda observed, _spent: require_means(self._paid(observed), observed, limits, aside),
        )
        kept = self.journal or Journal(order.wanted.network.chain_id, self._payer)
        return Rounds(self.chain, lambda: self.signers, work, limits, kept, (), self.report)

    def _paid(self, observed: ObservedPool) -> WantedPool:
        unfit = {problem.path for problem in self._unfit(observed)}
        names = {identity.name for identity in self.order.wanted.identities} - unfit
        return replace(self.order.wanted.only(names), wallet=self._payer)

    def _unfit(self, observed: ObservedPool) -> list[Problem]:
        """Identities that a run of `pulumi up` must finish or a person must look at first."""
        wanted, found = self.order.wanted, list(self._shunned)
        for identity in wanted.identities:
            seen = observed.identities[identity.name]
            reasons = objections(wanted, identity, seen)
            if not reasons and missing_calls(wanted, identity, seen):
                reasons = ["its Safe or module is not complete: run `pulumi up`"]
            found += [Problem(identity.name, reason) for reason in reasons]
        return found
