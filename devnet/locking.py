"""One `up` or `down` at a time for each home."""

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

FILE = "lock"


@contextlib.contextmanager
def exclusive(folder: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the folder's lock, waiting for another holder to finish; the lock ends with the process at the latest."""
    while True:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / FILE
        with path.open("a+") as file:
            _wait_for(file.fileno(), path, say)
            # `down` removes the folder with the lock in it: whoever waited then holds the lock of a file that is gone.
            if not _is_still(path, file.fileno()):
                continue
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield
            return


def _wait_for(descriptor: int, path: Path, say: Callable[[str], None]) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say(f"another `up` or `down` works on {path.parent} (pid {path.read_text() or 'unknown'}): waiting for it")
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return path.stat().st_ino == os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False
