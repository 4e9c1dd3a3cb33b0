"""SIGKILL of a real process at each line of its journal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from testkit.chain.pool_on_chain import PoolOnChain
from testkit.faults.opening_balances import OpeningBalances
from testkit.faults.process_task import ProcessTask, running
from testkit.faults.relay import Relay
from testkit.faults.scenarios import SCENARIOS, creating

JOURNAL_ENTRIES = 2 * next(scenario.transactions for scenario in SCENARIOS if scenario.prepare is creating)
"""Two entries for each transaction: before it is sent, and its result."""


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
