"""Provisions a pool, and returns once the result is confirmed; `identity.submission.rounds` sends."""

from collections.abc import Callable, Collection

from config.models.chain import ChainSettings
from identity.chain.client import ChainClient
from identity.errors import PreflightFailed
from identity.evm.calls import Signers
from identity.observation.desired import DesiredPool
from identity.observation.observe import ObservedPool
from identity.provisioning.forecast import forecast
from identity.provisioning.plan import plan
from identity.provisioning.preflight import cost_of, require, require_balances, role_problems
from identity.provisioning.transactions import Transaction
from identity.submission.journal import Journal
from identity.submission.rounds import Rounds, RunResult, Work
from identity.submission.spending import PoolBudget, Sum


def due_for(desired: DesiredPool, observed: ObservedPool, chain_settings: ChainSettings) -> Sum:
    """Return what provisioning still takes from the wallet, with gas at the highest allowed fee."""
    return cost_of(forecast(desired, observed, chain_settings.block_gas_limit), observed, chain_settings).due


def apply(
    chain: ChainClient,
    signers: Callable[[], Signers],
    desired: DesiredPool,
    chain_settings: ChainSettings,
    *,
    budget: PoolBudget | None = None,
    journal: Journal | None = None,
    known_eligible: Collection[str] = (),
    report: Callable[[str], None] = lambda _: None,
) -> RunResult:
    """Submit the missing transactions and return once the result is confirmed; send nothing if nothing is missing.

    Raise PlanRefused, PreflightFailed or SpendingRefused before anything is sent, TransactionError or ChainError if it
    cannot continue; another call then continues. `signers` is called only if something must be sent.
    """
    chain.require_network(desired.network)
    spending = budget or PoolBudget()
    before, checked = spending.spent, False

    def allow(observed: ObservedPool, spent: Sum) -> None:
        nonlocal checked
        if checked:
            require_balances(desired, observed, chain_settings, spending.reserve)
        else:
            require(chain, desired, observed, chain_settings, spending.reserve)
            checked = True
        spending.claim(before + spent, due_for(desired, observed, chain_settings))

    def next_round(observed: ObservedPool) -> tuple[Transaction, ...]:
        transactions = plan(desired, observed, chain_settings.block_gas_limit)
        if not transactions and (problems := role_problems(desired, observed)):
            raise PreflightFailed(problems)
        return transactions

    work = Work(desired, next_round, allow)
    kept = journal or Journal(desired.network.chain_id, desired.wallet)
    done = Rounds(chain, signers, work, chain_settings, kept, known_eligible, report).run()
    spending.settle(before + done.spent)
    return done
