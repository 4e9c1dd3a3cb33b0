"""The numbers of the chain benchmark as tables."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from bench.results import HOPLI_ON_THE_REAL_CONTRACTS, Results, Row

_COLUMNS = ("n", "gas each", "tx", "s", "blocks", "to end", "hopli", "tx", "ratio")
"""Narrow enough for a terminal of 80 columns."""


def show(console: Console, results: Results) -> None:
    """Prints everything that was measured, and which bars it meets."""
    console.print(_made("A wallet that has paid through its operator Safe before", results.rows))
    console.print(
        _made("A wallet's very first pool (from 8 on its operator Safe is made and approved)", results.first_pool)
    )
    conditions = results.conditions
    console.print(
        f"n complete identities on devnet's contracts. gas each: all transactions (tx) of the wallet, divided by n; "
        f"hopli on the real contracts: {HOPLI_ON_THE_REAL_CONTRACTS:,}. blocks: from sending to the last transaction, "
        f"and to the end, with {conditions.confirmations} confirmation(s) and a block every "
        f"{conditions.block_time_s} s. ratio: our gas to hopli's.\n"
    )
    looked = results.looked
    console.print(
        f"A run that changes nothing, {looked.n} identities: {looked.requests} requests, {looked.seconds:.2f} s; "
        f"that is {looked.ratio:.2f} times {looked.n} single eth_calls ({looked.reference_seconds:.2f} s). "
        f"A refresh: {looked.requests_of_refresh} requests.\n"
    )
    if results.bars:
        console.print(_bars(results))


def _made(title: str, rows: Sequence[Row]) -> Table:
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


def _bars(results: Results) -> Table:
    table = Table("bar", "at most", "measured", "", title_justify="left")
    for bar in results.bars:
        table.add_row(bar.what, f"{bar.most:,}", f"{bar.measured:,}", "met" if bar.met else "[bold red]missed")
    return table
