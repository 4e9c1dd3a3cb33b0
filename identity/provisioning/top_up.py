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
from identity.observation import provenance
from identity.observation.desired import DesiredPool
from identity.observation.observe import ObservedPool, observe
from identity.provisioning.configure import missing_calls, objections
from identity.provisioning.plan import plan
from identity.provisioning.preflight import require_means
from identity.provisioning.top_up_order import Order
from identity.submission.journal import Journal
from identity.submission.rounds import Rounds, Work
from identity.submission.spending import Reserve


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

    def run(self) -> ToppedUp:
        """Pays from the signing wallet what complete identities lack, and returns when that is confirmed.

        Raises PreflightFailed before a round that the wallet cannot pay, and TransactionError or ChainError when it
        cannot go on; calling it again then continues.
        """
        desired = self.order.desired
        if any(identity.trusted for identity in desired.identities):
            self._shunned = provenance.examine(self.chain, desired, observe(self.chain, desired))
        receipts: list[Receipt] = []
        while True:
            try:
                done = self._rounds().run()
            except PaidNodeRunsCode as error:
                self._shunned += error.problems
            else:
                receipts += done.receipts
                return ToppedUp(tuple(receipts), tuple(self._unfit(done.observed)))

    def _rounds(self) -> Rounds:
        order, chain_settings = self.order, self.order.chain_settings
        reserve = Reserve(order.keep_xdai_wei if self._payer == order.desired.wallet else 0)
        work = Work(
            replace(order.desired, wallet=self._payer),
            lambda observed: plan(self._paid(observed), observed, chain_settings.block_gas_limit),
            lambda observed, _spent: require_means(self._paid(observed), observed, chain_settings, reserve),
        )
        kept = self.journal or Journal(order.desired.network.chain_id, self._payer)
        return Rounds(self.chain, lambda: self.signers, work, chain_settings, kept, (), self.report)

    def _paid(self, observed: ObservedPool) -> DesiredPool:
        unfit = {problem.path for problem in self._unfit(observed)}
        names = {identity.name for identity in self.order.desired.identities} - unfit
        return replace(self.order.desired.only(names), wallet=self._payer)

    def _unfit(self, observed: ObservedPool) -> list[Problem]:
        """Identities that a run of `pulumi up` must finish or a person must look at first."""
        desired, found = self.order.desired, list(self._shunned)
        for identity in desired.identities:
            seen = observed.identities[identity.name]
            reasons = objections(desired, identity, seen)
            if not reasons and missing_calls(desired, identity, seen):
                reasons = ["its Safe or module is not complete: run `pulumi up`"]
            found += [Problem(identity.name, reason) for reason in reasons]
        return found
