"""What identities cost on chain in gas, transactions and time, beside hopli's way; and what a look at them costs."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from bench import environment, tables
from bench.observation import Looked, at_nothing_to_do
from bench.progress import Cases, Task
from bench.provisioning import Conditions, Made, by_hopli, by_us, prepare_operator
from bench.results import Results, Row

_AT_A_TIME = 3
"""Cases run side by side, each on a chain of its own: they wait for blocks most of the time."""


@dataclass(frozen=True)
class Extent:
    """What is measured: sizes of pools, and the conditions of the chain."""

    sizes: Sequence[int] = (1, 5, 20, 50)
    sizes_of_first_pools: Sequence[int] = (1, 5, 7, 20, 50)
    looked_at: int = 200
    conditions: Conditions = field(default_factory=Conditions)


def measure(console: Console, extent: Extent | None = None) -> Results:
    """Measures and prints; takes some minutes, for the chain's blocks come in real time."""
    desired = extent or Extent()
    anvil = environment.anvil_program(console)
    with Cases(console) as cases:
        looked = _observe(anvil, desired.looked_at, cases.task(f"looking at {desired.looked_at}"))
        results = _make_all(anvil, desired, cases, looked)
    tables.show(console, results)
    return results


def _make_all(anvil: Path, desired: Extent, cases: Cases, looked: Looked) -> Results:
    every_size = sorted({*desired.sizes, *desired.sizes_of_first_pools}, reverse=True)
    with ThreadPoolExecutor(_AT_A_TIME) as pool:

        def first(size: int) -> Future[Made]:
            return pool.submit(_make_first, anvil, size, desired.conditions, cases.task(f"{size} as a first pool"))

        def later(size: int) -> Future[Made]:
            return pool.submit(_make_later, anvil, size, desired.conditions, cases.task(f"{size} as a later pool"))

        def hopli(size: int) -> Future[Made]:
            return pool.submit(_make_on_hoplis_way, anvil, size, cases.task(f"{size} on hopli's way"))

        # The longest first, so that the last ones to run are short.
        firsts = {size: first(size) for size in every_size if size in desired.sizes_of_first_pools}
        laters = {size: later(size) for size in every_size if size in desired.sizes}
        hoplis = {size: hopli(size) for size in every_size}

        def rows(ours: dict[int, Future[Made]]) -> tuple[Row, ...]:
            return tuple(Row(ours[size].result(), hoplis[size].result()) for size in sorted(ours))

        return Results(desired.conditions, rows(laters), rows(firsts), looked)


def _make_first(anvil: Path, size: int, conditions: Conditions, task: Task) -> Made:
    with task, environment.prepared(anvil) as prepared:
        return by_us(prepared, size, conditions, task.report)


def _make_later(anvil: Path, size: int, conditions: Conditions, task: Task) -> Made:
    with task, environment.prepared(anvil) as prepared:
        prepare_operator(prepared, task.report)
        return by_us(prepared, size, conditions, task.report)


def _make_on_hoplis_way(anvil: Path, size: int, task: Task) -> Made:
    with task, environment.prepared(anvil) as prepared:
        return by_hopli(prepared, size, task.report)


def _observe(anvil: Path, size: int, task: Task) -> Looked:
    with task, environment.prepared(anvil) as prepared:
        return at_nothing_to_do(prepared, size, task.report)
