"""One `up` or `down` at a time for each home."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

FILE = "lock"


@contextlib.contextmanager
def exclusive(folder: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the folder's lock, after waiting for another holder; the lock ends with the process at the latest."""
    path = folder / FILE
    descriptors: list[int] = []
    lock = FileLock(path, mode=0o600, on_acquired=descriptors.append)
    while not lock.is_locked:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # `down` removes the folder with the lock in it while others wait: they start over with a new folder.
        with contextlib.suppress(FileNotFoundError):
            _acquire(lock, path, say)
        if lock.is_locked and os.fstat(descriptors[-1]).st_nlink == 0:
            lock.release()
    try:
        path.write_text(str(os.getpid()))
        yield
    finally:
        lock.release()


def _acquire(lock: FileLock, path: Path, say: Callable[[str], None]) -> None:
    try:
        lock.acquire(blocking=False)
    except Timeout:
        say(f"another `up` or `down` works on {path.parent} (pid {path.read_text() or 'unknown'}): waiting for it")
        lock.acquire()
