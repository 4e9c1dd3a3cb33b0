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
from testkit.faults.relay import Meddling, Relay, after, at_send, before
from testkit.faults.scenarios import LIFE, Part, making

MOMENTS: dict[str, Callable[[Callable[[], object]], Meddling]] = {"before": before, "after": after}
WRITES = [
    pytest.param(part, write, moment, id=f"{part.name}-{moment}-write-{write + 1}")
    for part in LIFE
    for write in range(part.transactions)
    for moment in MOMENTS
]
JOURNAL_ENTRIES = 2 * next(part.transactions for part in LIFE if part.begin is making)
"""Two entries for each transaction: before it is sent, and its result."""


@pytest.mark.parametrize("part", [pytest.param(part, id=part.name) for part in LIFE])
def test_every_write_of_each_scenario_is_in_the_matrix(
    chain: DevelopmentChain, ledger: Ledger, relay: Relay, journal: Path, part: Part
) -> None:
    scene = part.begin(chain, ledger)
    with running(scene.task(relay.url, journal)) as run:
        assert run.ended_with() == ""
    scene.assert_done()
    assert relay.transactions == part.transactions


@pytest.mark.parametrize(("part", "write", "moment"), WRITES)
def test_killed_at_a_write_the_next_run_finishes_and_pays_once(
    chain: DevelopmentChain, ledger: Ledger, relay: Relay, journal: Path, part: Part, write: int, moment: str
) -> None:
    scene = part.begin(chain, ledger)
    with running(scene.task(relay.url, journal)) as first:
        relay.meddle = at_send(write, MOMENTS[moment](first.kill))
        assert first.ended_with() == "killed"
    with running(scene.task(relay.url, journal)) as second:
        assert second.ended_with() == ""
    scene.assert_done()
    assert scene.again().receipts == ()


@pytest.mark.parametrize("half", [False, True], ids=["before-the-line", "in-the-middle-of-the-line"])
@pytest.mark.parametrize("entry", range(JOURNAL_ENTRIES))
def test_killed_at_a_journal_entry_the_next_run_finishes_and_pays_once(
    pool: PoolOnChain, opening: OpeningBalances, relay: Relay, journal: Path, entry: int, half: bool
) -> None:
    task = ProcessTask.of(pool, relay.url, journal)
    with running(replace(task, dies_at_entry=entry, dies_in_the_middle=half)) as first:
        assert first.ended_with() == "killed"
    with running(task) as second:
        assert second.ended_with() == ""
    opening.assert_complete_and_paid_once()
