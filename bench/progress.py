"""Shows the running cases: live on a terminal, otherwise one line at the start and the end of each."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

_WIDEST = 80


class Cases:
    """The cases of a benchmark, as a context manager; thread-safe."""

    def __init__(self, console: Console) -> None:
        columns = (SpinnerColumn(finished_text="✓"), TextColumn("{task.description}"), TimeElapsedColumn())
        self.progress = Progress(
            *columns, TextColumn("{task.fields[doing]}", style="dim"), console=console, disable=not console.is_terminal
        )
        self._console = console

    def __enter__(self) -> Self:
        self.progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.progress.stop()

    def task(self, name: str) -> "Task":
        """Add a pending case."""
        return Task(self, name)

    def print_line(self, text: str) -> None:
        """Print a line, unless the display is live."""
        if not self._console.is_terminal:
            self._console.print(text, highlight=False)


class Task:
    """One case, as a context manager that spans its run."""

    def __init__(self, cases: Cases, name: str) -> None:
        self._cases, self._name = cases, name
        self._id = cases.progress.add_task(name, start=False, total=1, doing="")

    def __enter__(self) -> Self:
        self._cases.progress.start_task(self._id)
        self._cases.print_line(f"{self._name}: started")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        ended = "failed" if error else "done"
        self._cases.progress.update(self._id, completed=1, doing=ended)
        self._cases.print_line(f"{self._name}: {ended}")

    def report(self, text: str) -> None:
        """Show the current step."""
        self._cases.progress.update(self._id, doing=text[:_WIDEST])
