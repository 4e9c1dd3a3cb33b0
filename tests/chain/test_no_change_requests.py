"""The RPC requests of a run without changes for the largest pool."""

from __future__ import annotations

from pathlib import Path

from bench.environment import BenchChain
from bench.observation import measure_unchanged_run
from config.models.pools import MAX_POOL_SIZE
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.ledger import Ledger

MAX_REQUESTS_WITHOUT_CHANGES = 9


def test_an_up_or_a_refresh_without_changes_takes_at_most_nine_requests_for_the_largest_pool(
    chain: DevelopmentChain, ledger: Ledger, tmp_path: Path
) -> None:
    figures = measure_unchanged_run(BenchChain(chain, ledger, tmp_path), MAX_POOL_SIZE, lambda _text: None)
    assert figures.requests <= MAX_REQUESTS_WITHOUT_CHANGES
    assert figures.requests_of_refresh <= MAX_REQUESTS_WITHOUT_CHANGES
