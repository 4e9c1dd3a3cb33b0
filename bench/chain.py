"""The chain benchmark: gas, transactions and time compared with hopli, and the requests of an unchanged run."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from bench import environment, tables
from bench.observation import UnchangedRunFigures, measure_unchanged_run
from bench.progress import Cases, Task
from bench.provisioning import (
    ChainTiming,
    PoolFigures,
    prepare_operator,
    provision_with_hopli,
    provision_with_program,
)
from bench.results import Comparison, Results

_PARALLEL_CASES = 3
"""Each case has a chain of its own and mostly waits for blocks."""


@dataclass(frozen=True)
class Scope:
    """The sizes of the measured pools, and the timing of the chain."""

    sizes: Sequence[int] = (1, 5, 20, 50)
    first_pool_sizes: Sequence[int] = (1, 5, 7, 20, 50)
    unchanged_size: int = 200
    timing: ChainTiming = field(default_factory=ChainTiming)


def measure(console: Console, scope: Scope | None = None) -> Results:
    """Measure and print all figures; takes some minutes, because the chain mines blocks in real time."""
    scope = scope or Scope()
    anvil = environment.anvil_program(console)
    with Cases(console) as cases:
        unchanged_run = _unchanged_run(
            anvil, scope.unchanged_size, cases.task(f"unchanged run of {scope.unchanged_size}")
        )
        results = _provision_all(anvil, scope, cases, unchanged_run)
    tables.show(console, results)
    return results


def _provision_all(anvil: Path, scope: Scope, cases: Cases, unchanged_run: UnchangedRunFigures) -> Results:
    every_size = sorted({*scope.sizes, *scope.first_pool_sizes}, reverse=True)
    with ThreadPoolExecutor(_PARALLEL_CASES) as pool:

        def first(size: int) -> Future[PoolFigures]:
            return pool.submit(_provision_first, anvil, size, scope.timing, cases.task(f"{size} as a first pool"))

        def later(size: int) -> Future[PoolFigures]:
            return pool.submit(_provision_later, anvil, size, scope.timing, cases.task(f"{size} as a later pool"))

        def hopli(size: int) -> Future[PoolFigures]:
            return pool.submit(_provision_hopli, anvil, size, cases.task(f"{size} with hopli"))

        # The longest cases first, so that short ones fill the end.
        firsts = {size: first(size) for size in every_size if size in scope.first_pool_sizes}
        laters = {size: later(size) for size in every_size if size in scope.sizes}
        hoplis = {size: hopli(size) for size in every_size}

        def rows(ours: dict[int, Future[PoolFigures]]) -> tuple[Comparison, ...]:
            return tuple(Comparison(ours[size].result(), hoplis[size].result()) for size in sorted(ours))

        return Results(scope.timing, rows(laters), rows(firsts), unchanged_run)


def _provision_first(anvil: Path, size: int, timing: ChainTiming, task: Task) -> PoolFigures:
    with task, environment.running_chain(anvil) as chain:
        return provision_with_program(chain, size, timing, task.report)


def _provision_later(anvil: Path, size: int, timing: ChainTiming, task: Task) -> PoolFigures:
    with task, environment.running_chain(anvil) as chain:
        prepare_operator(chain, task.report)
        return provision_with_program(chain, size, timing, task.report)


def _provision_hopli(anvil: Path, size: int, task: Task) -> PoolFigures:
    with task, environment.running_chain(anvil) as chain:
        return provision_with_hopli(chain, size, task.report)


def _unchanged_run(anvil: Path, size: int, task: Task) -> UnchangedRunFigures:
    with task, environment.running_chain(anvil) as chain:
        return measure_unchanged_run(chain, size, task.report)
