"""The benchmark's figures, its bars and its exit code, on the smallest pool and without waiting for blocks."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

import bench.__main__
from bench.chain import Scope, measure
from bench.observation import UnchangedRunFigures
from bench.provisioning import ChainTiming, PoolFigures
from bench.results import Comparison, Results

IMMEDIATE = ChainTiming(block_time_s=0, confirmations=1)
HOPLIS_TRANSACTIONS = 5


def test_the_smallest_pool_is_compared_with_hopli() -> None:
    printed = StringIO()
    scope = Scope(sizes=(1,), first_pool_sizes=(1,), unchanged_size=2, timing=IMMEDIATE)
    results = measure(Console(file=printed, width=200), scope)
    (later,), (first,) = results.rows, results.first_pool
    assert (later.ours.transactions, first.ours.transactions) == (3, 4)
    assert later.hopli.transactions == first.hopli.transactions == HOPLIS_TRANSACTIONS
    assert later.ours.gas < later.hopli.gas
    assert results.unchanged_run.requests_of_refresh < results.unchanged_run.requests <= 9
    for row in (later, first):
        assert f"{row.ours.gas_per_identity:,}" in printed.getvalue()
    assert f"{later.hopli.gas_per_identity:,}" in printed.getvalue()


@pytest.mark.parametrize(("gas", "exit_code"), [(20 * 905_000, 0), (20 * 905_000 + 1, 1)])
def test_a_missed_bar_is_recorded_and_sets_the_exit_code(
    gas: int, exit_code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = Comparison(PoolFigures(20, gas, transactions=4), hopli=PoolFigures(20, 2 * gas, transactions=100))
    unchanged_run = UnchangedRunFigures(n=20, requests=5, seconds=0.1, requests_of_refresh=5, reference_seconds=0.4)
    monkeypatch.setattr(bench.__main__, "RESULTS", tmp_path)
    monkeypatch.setattr(
        bench.__main__, "BENCHMARKS", {"chain": lambda _console: Results(IMMEDIATE, (row,), (), unchanged_run)}
    )
    monkeypatch.setattr("sys.argv", ["bench"])
    assert bench.__main__.main() == exit_code
    written = json.loads((tmp_path / "chain.json").read_text())
    assert written["rows"][0]["n"] == 20
    assert written["rows"][0]["gasPerIdentity"] == -(-gas // 20)
    assert [bar["met"] for bar in written["bars"]] == [exit_code == 0, True]
