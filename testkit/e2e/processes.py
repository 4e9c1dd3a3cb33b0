"""What Linux tells about running processes."""

import contextlib
from pathlib import Path


def started_by(pid: int) -> list[int]:
    """The processes that a process has started, and those that they have; plugins have process groups of their own."""
    children: set[int] = set()
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
        for thread in Path(f"/proc/{pid}/task").iterdir():
            children |= {int(child) for child in (thread / "children").read_text().split()}
    return [*sorted(children), *(inner for child in sorted(children) for inner in started_by(child))]


def arguments_of(pid: int) -> bytes:
    """A process's command line, words set apart by spaces; empty when it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
    except (FileNotFoundError, ProcessLookupError):
        return b""
