"""The tool cache, one for each user and shared by all checkouts: a folder is there complete or not at all."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from devnet.toolchain.catalog import Tool


def root() -> Path:
    """`$XDG_CACHE_HOME/hoprd-pulumi/tools`, usually under ~/.cache."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "hoprd-pulumi" / "tools"


def find(tool: Tool) -> Mapping[str, Path] | None:
    """The programs of a cached tool; None when one is missing."""
    programs = {program: _folder(tool) / program for program in tool.programs}
    return programs if all(os.access(path, os.X_OK) for path in programs.values()) else None


@contextlib.contextmanager
def lock(tool: Tool, say_waiting: Callable[[], None]) -> Iterator[None]:
    """Held by whoever makes the tool; a second one waits here, then finds it made. Ends with the process."""
    root().mkdir(parents=True, exist_ok=True)
    with (root() / f".{_folder(tool).name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say_waiting()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def making(tool: Tool) -> Iterator[Path]:
    """A folder to make the tool in (hold `lock`); moved into place when the block ends well with all programs there."""
    for leftover in root().glob(f".{_folder(tool).name}.making-*"):
        shutil.rmtree(leftover)
    work = Path(tempfile.mkdtemp(prefix=f".{_folder(tool).name}.making-", dir=root()))
    try:
        yield work
        missing = [program for program in tool.programs if not os.access(work / program, os.X_OK)]
        if missing:
            raise FileNotFoundError(f"{', '.join(missing)} did not come out of it")
        shutil.rmtree(_folder(tool), ignore_errors=True)
        work.chmod(0o755)
        work.rename(_folder(tool))
    finally:
        shutil.rmtree(work, ignore_errors=True)


def log_file(tool: Tool) -> Path:
    """What the last download or build of the tool printed."""
    return root() / f"{_folder(tool).name}.log"


def _folder(tool: Tool) -> Path:
    return root() / f"{tool.name}-{tool.version}"
