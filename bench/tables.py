"""The numbers of the chain benchmark as tables."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from bench.results import HOPLI_ON_THE_REAL_CONTRACTS, Results, Row

_COLUMNS = ("identities", "gas each", "transactions", "s", "blocks", "to the end", "hopli: gas each", "tx", "gas ratio")


def show(console: Console, results: Results) -> None:
    """Prints everything that was measured, and which bars it meets."""
    console.print(_made("A wallet that has paid through its operator Safe before", results.rows))
    console.print(_made("A wallet's very first pool (the operator Safe is made and approved)", results.first_pool))
    conditions = results.conditions
    console.print(
        f"Gas on devnet's contracts, all transactions of the wallet counted; hopli on the real contracts: "
        f"{HOPLI_ON_THE_REAL_CONTRACTS:,}.\nBlocks: from sending to the last transaction, and to the end with "
        f"{conditions.confirmations} confirmation(s); a block every {conditions.block_time_s} s.\n"
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
    table = Table(*_COLUMNS, title=title, title_justify="left", min_width=90)
    for column in table.columns:
        column.justify = "right"
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
