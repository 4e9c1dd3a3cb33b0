"""SIGKILL of a real process just before and just after each transaction it sends, and at each line of its journal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.ledger import Ledger
from testkit.chain.pool_on_chain import PoolOnChain
from testkit.faults.opening_balances import OpeningBalances
from testkit.faults.process_task import ProcessTask, running
from testkit.faults.relay import Handler, Relay, after, at_send, before
from testkit.faults.scenarios import SCENARIOS, Scenario, creating

MOMENTS: dict[str, Callable[[Callable[[], object]], Handler]] = {"before": before, "after": after}
TRANSACTIONS = [
    pytest.param(scenario, transaction, moment, id=f"{scenario.name}-{moment}-transaction-{transaction + 1}")
    for scenario in SCENARIOS
    for transaction in range(scenario.transactions)
    for moment in MOMENTS
]
JOURNAL_ENTRIES = 2 * next(scenario.transactions for scenario in SCENARIOS if scenario.prepare is creating)
"""Two entries for each transaction: before it is sent, and its result."""


@pytest.mark.parametrize("scenario", [pytest.param(scenario, id=scenario.name) for scenario in SCENARIOS])
def test_the_matrix_covers_every_transaction_of_each_scenario(
    chain: DevelopmentChain, ledger: Ledger, relay: Relay, journal: Path, scenario: Scenario
) -> None:
    prepared = scenario.prepare(chain, ledger)
    with running(prepared.task(relay.url, journal)) as run:
        assert run.wait_for_outcome() == ""
    prepared.assert_done()
    assert relay.transactions == scenario.transactions


@pytest.mark.parametrize(("scenario", "transaction", "moment"), TRANSACTIONS)
def test_after_a_kill_at_any_transaction_the_next_run_completes_and_pays_once(
    chain: DevelopmentChain,
    ledger: Ledger,
    relay: Relay,
    journal: Path,
    scenario: Scenario,
    transaction: int,
    moment: str,
) -> None:
    prepared = scenario.prepare(chain, ledger)
    with running(prepared.task(relay.url, journal)) as first:
        relay.handler = at_send(transaction, MOMENTS[moment](first.kill))
        assert first.wait_for_outcome() == "killed"
    with running(prepared.task(relay.url, journal)) as second:
        assert second.wait_for_outcome() == ""
    prepared.assert_done()
    assert prepared.run_again().receipts == ()


@pytest.mark.parametrize("half", [False, True], ids=["before-the-line", "in-the-middle-of-the-line"])
@pytest.mark.parametrize("entry", range(JOURNAL_ENTRIES))
def test_after_a_kill_at_any_journal_entry_the_next_run_completes_and_pays_once(
    pool: PoolOnChain, balances: OpeningBalances, relay: Relay, journal: Path, entry: int, half: bool
) -> None:
    task = ProcessTask.of(pool, relay.url, journal)
    with running(replace(task, killed_at_entry=entry, killed_within_entry=half)) as first:
        assert first.wait_for_outcome() == "killed"
    with running(task) as second:
        assert second.wait_for_outcome() == ""
    balances.assert_complete_and_paid_once()
