"""The table at the end of `stack up`: what runs where, with what in its pockets."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

_POOLS = {"pool": "", "phase": "phase", "size": "size", "locked": "locked"}
_NODES = {
    "node": "",
    "phase": "phase",
    "version": "version",
    "identity": "identity",
    "host": "host",
    "port": "port",
    "xDai": "xdai",
    "wxHOPR": "wxhopr",
}
_ADDRESSES = {
    "node": "",
    "peer id": "peerId",
    "native address": "nativeAddress",
    "Safe": "safeAddress",
    "module": "moduleAddress",
}
_SHORT = 14
_KINDS = "identitypool,identityhoprd,clusterhoprd,hoprd"


def show(outputs: Mapping[str, Any], kubectl: str, kubeconfig: str, namespace: str) -> None:
    """Print pools, nodes and their addresses, which a narrow terminal gets shortened in the middle."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=400)
    unlimited = console.options.update(max_width=10_000)
    pools, nodes = outputs.get("pools"), outputs.get("nodes")
    for columns, rows in ((_POOLS, pools), (_NODES, nodes), (_ADDRESSES, nodes)):
        if rows:
            full = _table(columns, rows)
            fits = Measurement.get(console, unlimited, full).maximum <= console.width
            console.print(full if fits else _table(columns, rows, longest=_SHORT))
    command = f"{kubectl} --kubeconfig {kubeconfig} get {_KINDS} --namespace {namespace}"
    console.print(f"look further with:\n  {command}", highlight=False, soft_wrap=True, markup=False)


def _table(columns: Mapping[str, str], rows: Mapping[str, Mapping[str, Any]], longest: int = 200) -> Table:
    table = Table()
    for title in columns:
        table.add_column(title, no_wrap=True)
    for name, row in rows.items():
        table.add_row(*_cells(name, row, list(columns.values()), longest))
    return table


def _cells(name: str, row: Mapping[str, Any], keys: Sequence[str], longest: int) -> list[str]:
    values = [name, *(str(row.get(key, "")) for key in keys[1:])]
    return [value if len(value) <= longest else f"{value[:6]}…{value[-4:]}" for value in values]
