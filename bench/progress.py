"""What runs, and what it does just now: live on a terminal, a line for each case elsewhere."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

_WIDEST = 80


class Cases:
    """The cases of a benchmark, as a context; threads may use it at once."""

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
        """A case that waits for its turn."""
        return Task(self, name)

    def say(self, text: str) -> None:
        """Prints a line where nothing is live."""
        if not self._console.is_terminal:
            self._console.print(text, highlight=False)


class Task:
    """One case, as a context: it runs from beginning to end of it."""

    def __init__(self, cases: Cases, name: str) -> None:
        self._cases, self._name = cases, name
        self._id = cases.progress.add_task(name, start=False, total=1, doing="")

    def __enter__(self) -> Self:
        self._cases.progress.start_task(self._id)
        self._cases.say(f"{self._name}: begins")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        ended = "failed" if error else "done"
        self._cases.progress.update(self._id, completed=1, doing=ended)
        self._cases.say(f"{self._name}: {ended}")

    def report(self, text: str) -> None:
        """Shows what it does just now."""
        self._cases.progress.update(self._id, doing=text[:_WIDEST])
