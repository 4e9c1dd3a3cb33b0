"""SIGKILL of a real process just before and just after each transaction it sends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.ledger import Ledger
from testkit.faults.process_task import running
from testkit.faults.relay import Handler, Relay, after, at_send, before
from testkit.faults.scenarios import SCENARIOS, Scenario

MOMENTS: dict[str, Callable[[Callable[[], object]], Handler]] = {"before": before, "after": after}
TRANSACTIONS = [
    pytest.param(scenario, transaction, moment, id=f"{scenario.name}-{moment}-transaction-{transaction + 1}")
    for scenario in SCENARIOS
    for transaction in range(scenario.transactions)
    for moment in MOMENTS
]


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
