"""The figures of the chain benchmark as tables."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from bench.results import HOPLI_ON_THE_REAL_CONTRACTS, Comparison, Results

_COLUMNS = ("n", "gas each", "tx", "s", "blocks", "to end", "hopli", "tx", "ratio")
"""Narrow enough for a terminal with 80 columns."""


def show(console: Console, results: Results) -> None:
    """Print all figures and bars."""
    console.print(_comparison_table("A wallet that has paid through its operator Safe before", results.rows))
    console.print(
        _comparison_table(
            "The first pool of a wallet (from 8 identities on, it creates and approves its operator Safe)",
            results.first_pool,
        )
    )
    timing = results.timing
    console.print(
        f"n complete identities on devnet's contracts. gas each: all transactions (tx) of the wallet, divided by n; "
        f"hopli on the real contracts: {HOPLI_ON_THE_REAL_CONTRACTS:,}. blocks: until the last transaction is mined, "
        f"and until the run ends, with {timing.confirmations} confirmation(s) and a block every "
        f"{timing.block_time_s} s. ratio: our gas to hopli's.\n"
    )
    unchanged = results.unchanged_run
    console.print(
        f"An unchanged run of {unchanged.n} identities: {unchanged.requests} requests, {unchanged.seconds:.2f} s; "
        f"{unchanged.ratio:.2f} times the duration of {unchanged.n} sequential eth_calls "
        f"({unchanged.reference_seconds:.2f} s). A refresh: {unchanged.requests_of_refresh} requests.\n"
    )
    if results.bars:
        console.print(_bar_table(results))


def _comparison_table(title: str, rows: Sequence[Comparison]) -> Table:
    table = Table(*_COLUMNS, title=title, title_justify="left")
    for column in table.columns:
        column.justify, column.no_wrap = "right", True
    for row in rows:
        ours, hopli = row.ours, row.hopli
        table.add_row(
            str(ours.n),
            f"{ours.gas_per_identity:,}",
            str(ours.transactions),
            f"{ours.seconds:.1f}",
            str(ours.blocks),
            str(ours.blocks_until_done),
            f"{hopli.gas_per_identity:,}",
            str(hopli.transactions),
            f"{row.ratio:.3f}",
        )
    return table


def _bar_table(results: Results) -> Table:
    table = Table("bar", "at most", "measured", "", title_justify="left")
    for bar in results.bars:
        table.add_row(bar.what, f"{bar.most:,}", f"{bar.measured:,}", "met" if bar.met else "[bold red]missed")
    return table
