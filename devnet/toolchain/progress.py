"""Show how the tools come along: a live table on a terminal, plain lines elsewhere."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

from devnet.toolchain.catalog import TOOLS, Tool


class ToolProgress:
    """A context in which tools are obtained; at its end a terminal keeps the table of what came from where."""

    def __init__(self, console: Console) -> None:
        """Lines or a live table, as the console can show."""
        self._console = console
        self._began: dict[str, float] = {}
        self._states: dict[str, str] = {}
        self._live = Live(get_renderable=self._table, console=console, refresh_per_second=4)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def began(self, tool: Tool, doing: str) -> None:
        """Something that takes time begins."""
        self._began.setdefault(tool.name, time.monotonic())
        self._say(tool, doing)

    def ended(self, tool: Tool, how: str) -> None:
        """The tool is there, and where from."""
        began = self._began.pop(tool.name, None)
        self._say(tool, how if began is None else f"{how} in {_minutes(time.monotonic() - began)}")

    def _say(self, tool: Tool, state: str) -> None:
        self._states[tool.name] = state
        if not self._console.is_terminal:
            self._console.print(f"{tool.title}: {state}", highlight=False)

    def _table(self) -> Table:
        table = Table("Tool", "Version", "Where from")
        for tool in TOOLS:
            state, began = self._states.get(tool.name, ""), self._began.get(tool.name)
            table.add_row(tool.name, tool.version, f"{state} {_minutes(time.monotonic() - began)}" if began else state)
        return table


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60:02}:{int(seconds) % 60:02}"
