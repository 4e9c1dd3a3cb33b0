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
from identity.sending.spending import Budget, Sum


@dataclass(frozen=True)
class Allowance:
    """What may be spent: by the pool, and by all that share the budget."""

    pool_name: str = "pool"
    limits: SpendingLimits = field(default_factory=SpendingLimits)
    budget: Budget = field(default_factory=Budget)

    def require(self, wanted: WantedPool, observed: ObservedPool, limits: Chain, spent: Sum) -> None:
        """Reserves what is spent and what is still needed; raises SpendingRefused where that is too much."""
        cost = cost_of(forecast(wanted, observed, limits.block_gas_limit), observed, limits)
        self.reserve(spent + Sum(cost.xdai_needed_wei, cost.wxhopr_wei))

    def reserve(self, most: Sum) -> None:
        """Sets the most that the pool will have spent in this run; raises SpendingRefused where that is too much."""
        if problems := self.budget.reserve(self.pool_name, self.limits, most):
            raise SpendingRefused(problems)


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
    checked = False

    def allow(observed: ObservedPool, spent: Sum) -> None:
        nonlocal checked
        keep_xdai_wei = spending.budget.total.keep_xdai.wei
        if checked:
            require_means(wanted, observed, limits, keep_xdai_wei)
        else:
            require(chain, wanted, observed, limits, keep_xdai_wei)
            checked = True
        spending.require(wanted, observed, limits, spent)

    def next_round(observed: ObservedPool) -> tuple[Transaction, ...]:
        transactions = plan(wanted, observed, limits.block_gas_limit)
        if not transactions and (problems := role_problems(wanted, observed)):
            raise PreflightFailed(problems)
        return transactions

    work = Work(wanted, next_round, allow)
    kept = journal or Journal(wanted.network.chain_id, wanted.wallet)
    return Rounds(chain, signers, work, limits, kept, known_eligible, report).until_done()
