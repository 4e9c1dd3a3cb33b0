"""The tool cache, one for each user and shared by all checkouts: a tool's folder is complete or does not exist."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from filelock import FileLock, Timeout
from platformdirs import user_cache_path

from devnet.toolchain.catalog import Tool


def user_cache() -> Path:
    """Return the cache folder of this project, e.g. `~/.cache/hoprd-pulumi`; `virtualenv.sh` uses the same."""
    return user_cache_path("hoprd-pulumi")


def root() -> Path:
    """Return the folder of all cached tools."""
    return user_cache() / "tools"


def find(tool: Tool) -> Mapping[str, Path] | None:
    """Return the programs of a cached tool; None when one is missing."""
    programs = {program: _folder(tool) / program for program in tool.programs}
    return programs if all(os.access(path, os.X_OK) for path in programs.values()) else None


@contextlib.contextmanager
def lock(tool: Tool, on_wait: Callable[[], None]) -> Iterator[None]:
    """Hold the tool's lock while downloading or building it; the lock ends with the process at the latest.

    A second process calls `on_wait`, waits here, and then finds the tool in the cache.
    """
    root().mkdir(parents=True, exist_ok=True)
    file_lock = FileLock(root() / f".{_folder(tool).name}.lock")
    try:
        file_lock.acquire(blocking=False)
    except Timeout:
        on_wait()
        file_lock.acquire()
    try:
        yield
    finally:
        file_lock.release()


@contextlib.contextmanager
def work_folder(tool: Tool) -> Iterator[Path]:
    """Yield a folder to create the tool in (hold `lock`); at the end, move it into the cache if it is complete."""
    prefix = f".{_folder(tool).name}.building-"
    for leftover in root().glob(f"{prefix}*"):
        shutil.rmtree(leftover)
    work = Path(tempfile.mkdtemp(prefix=prefix, dir=root()))
    try:
        yield work
        missing = [program for program in tool.programs if not os.access(work / program, os.X_OK)]
        if missing:
            raise FileNotFoundError(f"the build did not produce {', '.join(missing)}")
        shutil.rmtree(_folder(tool), ignore_errors=True)
        work.chmod(0o755)
        work.rename(_folder(tool))
    finally:
        shutil.rmtree(work, ignore_errors=True)


def log_file(tool: Tool) -> Path:
    """Return the log of the tool's last download or build."""
    return root() / f"{_folder(tool).name}.log"


def _folder(tool: Tool) -> Path:
    return root() / f"{tool.name}-{tool.version}"
