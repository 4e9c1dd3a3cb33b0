"""SIGKILL for processes that may have ended meanwhile."""

import contextlib
from collections.abc import Iterable

import psutil


def kill_all(processes: Iterable[psutil.Process]) -> None:
    """Kill those that still run."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):  # psutil also refuses a pid that another process got
            process.kill()
