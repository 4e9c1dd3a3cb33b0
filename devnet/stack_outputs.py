"""The tables at the end of `stack up`: pools, nodes, their addresses and balances."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from config.stack_state import NodeOutput, PoolOutput, StackOutputs

_POOLS = {"pool": "", "phase": "phase", "size": "size", "locked": "locked"}
_RUNNING = {"node": "", "phase": "phase", "version": "version", "identity": "identity"}
_ADDRESS_AND_BALANCES = {"host": "host", "port": "port", "xDai": "xdai", "wxHOPR": "wxhopr"}
_NODES = {**_RUNNING, **_ADDRESS_AND_BALANCES}
_ADDRESSES = {
    "node": "",
    "peer id": "peerId",
    "native address": "nativeAddress",
    "Safe": "safeAddress",
    "module": "moduleAddress",
}
_LONG = frozenset(_ADDRESSES.values()) - {""}
_SHORT = 14
_KINDS = "identitypool,identityhoprd,clusterhoprd,hoprd"


def show(outputs: StackOutputs, kubectl: str, kubeconfig: str, namespace: str) -> None:
    """Print pools, nodes and their addresses; a narrow terminal gets more tables, with shortened addresses."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=400)
    unlimited = console.options.update(max_width=10_000)
    pools, nodes = _rows(outputs.pools), _rows(outputs.nodes)
    for columns, rows, parts in (
        (_POOLS, pools, (_POOLS,)),
        (_NODES, nodes, (_RUNNING, {"node": "", **_ADDRESS_AND_BALANCES})),
        (_ADDRESSES, nodes, (_ADDRESSES,)),
    ):
        if rows:
            full = _table(columns, rows)
            fits = Measurement.get(console, unlimited, full).maximum <= console.width
            for table in [full] if fits else [_table(part, rows, longest=_SHORT) for part in parts]:
                console.print(table)
    command = f"{kubectl} --kubeconfig {kubeconfig} get {_KINDS} --namespace {namespace}"
    console.print(f"for details, run:\n  {command}", highlight=False, soft_wrap=True, markup=False)


def _rows(outputs: Mapping[str, PoolOutput] | Mapping[str, NodeOutput]) -> dict[str, dict[str, Any]]:
    return {name: output.model_dump(by_alias=True, exclude_none=True) for name, output in outputs.items()}


def _table(columns: Mapping[str, str], rows: Mapping[str, Mapping[str, Any]], longest: int = 200) -> Table:
    table = Table()
    for title in columns:
        table.add_column(title, no_wrap=True)
    for name, row in rows.items():
        table.add_row(*_cells(name, row, list(columns.values()), longest))
    return table


def _cells(name: str, row: Mapping[str, Any], keys: Sequence[str], longest: int) -> list[str]:
    return [name, *(_short(str(row.get(key, "")), longest if key in _LONG else 200) for key in keys[1:])]


def _short(value: str, longest: int) -> str:
    return value if len(value) <= longest else f"{value[:6]}…{value[-4:]}"
