"""Show the progress of obtaining the tools: a live table on a terminal, plain lines elsewhere."""

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

from devnet.toolchain.catalog import TOOLS, Tool


class ToolProgress:
    """A context in which tools are obtained; at its end a terminal keeps the table of tools and their origins."""

    def __init__(self, console: Console) -> None:
        """Print lines or a live table, depending on the console."""
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

    def missing(self, tools: Sequence[Tool]) -> None:
        """Print each tool that is still to be downloaded or built, with the expected duration of its build."""
        total = sum(tool.build_minutes for tool in tools)
        listed = ", ".join(f"{tool.title} (about {tool.build_minutes} min)" for tool in tools)
        self._console.print(
            f"tools to build on this machine, unless an official download works: {listed}; "
            f"{total} min in all on two cores",
            highlight=False,
            soft_wrap=True,
        )
        self._states |= {tool.name: f"to build, about {tool.build_minutes} min" for tool in tools}

    def began(self, tool: Tool, activity: str) -> None:
        """Show that a step that takes time begins."""
        self._began.setdefault(tool.name, time.monotonic())
        self._show(tool, activity)

    def ended(self, tool: Tool, origin: str) -> None:
        """Show the tool's origin and how long it took."""
        began = self._began.pop(tool.name, None)
        self._show(tool, origin if began is None else f"{origin} in {_minutes(time.monotonic() - began)}")

    def _show(self, tool: Tool, state: str) -> None:
        self._states[tool.name] = state
        if not self._console.is_terminal:
            self._console.print(f"{tool.title}: {state}", highlight=False)

    def _table(self) -> Table:
        table = Table("Tool", "Version", "Origin")
        for tool in TOOLS:
            state, began = self._states.get(tool.name, ""), self._began.get(tool.name)
            table.add_row(tool.name, tool.version, f"{state} {_minutes(time.monotonic() - began)}" if began else state)
        return table


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60:02}:{int(seconds) % 60:02}"
