"""Makes a pool what is wanted on chain, and returns when it is and that is final. How it is sent: `rounds`."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from config.chain import Chain
from config.spending import SpendingLimits
from identity.chain.client import ChainClient
from identity.errors import PreflightFailed, SpendingRefused
from identity.evm.calls import Signers
from identity.look.observe import ObservedPool
from identity.look.wanted import WantedPool
from identity.making.forecast import forecast
from identity.making.plan import plan
from identity.making.preflight import cost_of, require, require_means, role_problems
from identity.making.transactions import Transaction
from identity.sending.journal import Journal
from identity.sending.rounds import Done, Rounds, Work
from identity.sending.spending import Aside, Budget, Claim, Sum


@dataclass(frozen=True)
class Allowance:
    """What may be spent: by the pool, and by all that share the budget."""

    pool_name: str = "pool"
    limits: SpendingLimits = field(default_factory=SpendingLimits)
    budget: Budget = field(default_factory=Budget)

    @property
    def spent(self) -> Sum:
        """What the pool has spent in this run."""
        return self.budget.spent(self.pool_name)

    @property
    def put_aside(self) -> Aside:
        """What the wallet must have beside what this pool needs."""
        return Aside(self.budget.total.keep_xdai.wei, self.budget.planned_by_others(self.pool_name))

    def plan(self, due: Sum) -> None:
        """Puts down what this run will need for the pool; raises SpendingRefused where that is too much."""
        self._claim(Claim(self.spent, due))

    def go_on(self, spent: Sum, due: Sum) -> None:
        """Puts down what is spent and still needed, before paying; raises SpendingRefused where that is too much."""
        self._claim(Claim(spent, due, begun=True))

    def settle(self, spent: Sum) -> None:
        """Puts down what was spent in the end."""
        self.budget.settle(self.pool_name, spent)

    def _claim(self, claim: Claim) -> None:
        if problems := self.budget.claim(self.pool_name, self.limits, claim):
            raise SpendingRefused(problems)


def due_for(wanted: WantedPool, observed: ObservedPool, limits: Chain) -> Sum:
    """What making the pool what is wanted still takes from the wallet, gas at the cap."""
    cost = cost_of(forecast(wanted, observed, limits.block_gas_limit), observed, limits)
    return Sum(cost.xdai_needed_wei, cost.wxhopr_wei)


def apply(
    chain: ChainClient,
    signers: Callable[[], Signers],
    wanted: WantedPool,
    limits: Chain,
    *,
    allowance: Allowance | None = None,
    journal: Journal | None = None,
    known_eligible: Collection[str] = (),
    report: Callable[[str], None] = lambda _: None,
) -> Done:
    """Does what is missing and returns when it is confirmed; sends nothing when nothing is.

    Raises PlanRefused, PreflightFailed or SpendingRefused before anything is sent, and TransactionError or ChainError
    when it cannot go on; calling it again then continues. `signers` is asked only when something must be sent.
    """
    chain.expect(wanted.network)
    spending = allowance or Allowance()
    before, checked = spending.spent, False

    def allow(observed: ObservedPool, spent: Sum) -> None:
        nonlocal checked
        if checked:
            require_means(wanted, observed, limits, spending.put_aside)
        else:
            require(chain, wanted, observed, limits, spending.put_aside)
            checked = True
        spending.go_on(before + spent, due_for(wanted, observed, limits))

    def next_round(observed: ObservedPool) -> tuple[Transaction, ...]:
        transactions = plan(wanted, observed, limits.block_gas_limit)
        if not transactions and (problems := role_problems(wanted, observed)):
            raise PreflightFailed(problems)
        return transactions

    work = Work(wanted, next_round, allow)
    kept = journal or Journal(wanted.network.chain_id, wanted.wallet)
    done = Rounds(chain, signers, work, limits, kept, known_eligible, report).until_done()
    spending.settle(before + done.spent)
    return done
