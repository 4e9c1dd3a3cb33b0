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
    "peer id": "peerId",
    "native address": "nativeAddress",
    "Safe": "safeAddress",
    "module": "moduleAddress",
}
_SHORT = 14
_KINDS = "identitypool,identityhoprd,clusterhoprd,hoprd"


def show(outputs: Mapping[str, Any], kubectl: str, kubeconfig: str, namespace: str) -> None:
    """Print pools and nodes; on a terminal that is too narrow, long values are shortened in the middle."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=400)
    for columns, rows in ((_POOLS, outputs.get("pools")), (_NODES, outputs.get("nodes"))):
        if rows:
            full = _table(columns, rows)
            fits = Measurement.get(console, console.options, full).maximum <= console.width
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
