"""Tops up a pool between two runs of `pulumi up`. The funding job in the cluster runs this.

It only sends payments, which need no rights on a Safe, so any account can be the payer. It skips and reports an
identity that is incomplete, whose trusted Safe fails a provenance check, or whose node runs code (EIP-7702).
`identity.submission.rounds` explains why nothing is paid twice.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from config.errors import Problem
from identity.chain.client import ChainClient, Receipt
from identity.errors import PaidNodeRunsCode
from identity.evm.calls import Signers
from identity.observation import provenance
from identity.observation.desired import DesiredPool
from identity.observation.observe import ObservedPool, observe
from identity.provisioning.apply import due_for
from identity.provisioning.configure import missing_calls, objections
from identity.provisioning.plan import plan
from identity.provisioning.preflight import require_balances
from identity.provisioning.top_up_order import Order
from identity.submission.journal import Journal
from identity.submission.rounds import Rounds, Work
from identity.submission.spending import PoolBudget, Reserve, Sum
from identity.submission.wallet_transaction import Payee

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TopUpResult:
    """The receipts of all payments, and the skipped identities with the reasons."""

    receipts: tuple[Receipt, ...]
    skipped: tuple[Problem, ...]


@dataclass
class TopUp:
    """One run of the job; `report` receives one sentence for each step."""

    chain: ChainClient
    signers: Signers
    order: Order
    report: Callable[[str], None] = lambda _: None
    journal: Journal | None = None

    def __post_init__(self) -> None:
        self._payer = self.signers.wallet.address
        self._excluded: list[Problem] = []
        self._paid: dict[Payee, Receipt] = {}
        self._spent = Sum()
        self._budget = PoolBudget(self.order.pool, self.order.limits)

    def run(self) -> TopUpResult:
        """Top up all complete identities from the signing wallet, and return once the payments are confirmed.

        Raises PreflightFailed before a round that the wallet cannot pay, SpendingRefused before one that exceeds the
        limits, and TransactionError or ChainError when it cannot continue; another call then continues.
        """
        desired = self.order.desired
        if any(identity.trusted for identity in desired.identities):
            self._excluded = provenance.examine(self.chain, desired, observe(self.chain, desired))
        while True:
            rounds = self._rounds()
            try:
                done = rounds.run()
            except PaidNodeRunsCode as error:
                self._excluded += error.problems
                self._spent += rounds.spent
            else:
                return TopUpResult(done.receipts, tuple(self._skipped(done.observed)))

    def _rounds(self) -> Rounds:
        order, chain_settings = self.order, self.order.chain_settings
        reserve = Reserve(order.keep_xdai_wei if self._payer == order.desired.wallet else 0)
        work = Work(
            replace(order.desired, wallet=self._payer),
            lambda observed: plan(self._payable(observed), observed, chain_settings.block_gas_limit),
            lambda observed, spent: self._allow(observed, spent, reserve),
        )
        kept = self.journal or Journal(order.desired.network.chain_id, self._payer)
        return Rounds(self.chain, lambda: self.signers, work, chain_settings, kept, (), self.report, self._paid)

    def _allow(self, observed: ObservedPool, spent: Sum, reserve: Reserve) -> None:
        payable, chain_settings = self._payable(observed), self.order.chain_settings
        require_balances(payable, observed, chain_settings, reserve)
        self._budget.claim(self._spent + spent, due_for(payable, observed, chain_settings))

    def _payable(self, observed: ObservedPool) -> DesiredPool:
        skipped = {problem.path for problem in self._skipped(observed)}
        names = {identity.name for identity in self.order.desired.identities} - skipped
        return replace(self.order.desired.only(names), wallet=self._payer)

    def _skipped(self, observed: ObservedPool) -> list[Problem]:
        """Return the identities that `pulumi up` must complete, or a person must examine, before they get payments."""
        desired, found = self.order.desired, list(self._excluded)
        for identity in desired.identities:
            seen = observed.identities[identity.name]
            reasons = objections(desired, identity, seen)
            if not reasons and missing_calls(desired, identity, seen):
                reasons = ["its Safe or module is not complete: run `pulumi up`"]
            found += [Problem(identity.name, reason) for reason in reasons]
        _log.debug("%d of %d identities are skipped", len({one.path for one in found}), len(desired.identities))
        return found
