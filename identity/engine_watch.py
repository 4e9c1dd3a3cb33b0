"""Ends a provider process when its engine is gone.

The engine stops its providers when it ends, unless it is killed (SIGKILL). Pulumi starts a dynamic provider through a
shell, which stays its parent, so the parent process tells nothing. The engine's address does: nobody listens there once
the engine is gone. A transaction that was just sent stays in the journal, and the next run continues.
"""

import os
import re
import socket
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import PurePath

_HOST_MODULE = ("pulumi", "dynamic", "__main__.py")
_ADDRESS = re.compile(r"(?P<host>[\w.-]+):(?P<port>\d{1,5})")
_POLL_S = 2.0
_REFUSALS = 2
_started = threading.Lock()


def is_provider_host(arguments: Sequence[str]) -> bool:
    """Return whether the process with these arguments serves dynamic providers to an engine."""
    return bool(arguments) and PurePath(arguments[0]).parts[-3:] == _HOST_MODULE


def end_with_engine(arguments: Sequence[str]) -> None:
    """Start the watch, once for each process; the last argument of the process is the engine's address."""
    found = next((match for one in reversed(arguments) if (match := _ADDRESS.fullmatch(one))), None)
    if found is None or not _started.acquire(blocking=False):
        return
    address = (found["host"], int(found["port"]))
    threading.Thread(target=watch, args=(address, _exit), name="engine watch", daemon=True).start()


def watch(address: tuple[str, int], end: Callable[[], None], poll_s: float = _POLL_S) -> None:
    """Call `end` when the engine has refused two connections in a row."""
    refused = 0
    while refused < _REFUSALS:
        time.sleep(poll_s)
        refused = refused + 1 if _refuses(address) else 0
    end()


def _refuses(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=_POLL_S).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False  # a busy machine
    return False


def _exit() -> None:
    os._exit(1)  # other threads wait for the chain: no handler must wait for them
