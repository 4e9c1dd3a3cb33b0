"""How long a request is repeated, and the pauses in between."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from identity.errors import Refusal, RpcUnavailable

SILENT_SHARE = 1 / 6
"""Share of the patience for an endpoint that has never answered: a wrong URL or an endpoint that is down.

The program and its provider find that out one after the other, and half a minute is enough for both.
"""
_FIRST_PAUSE_S = 0.3
_LONGEST_PAUSE_S = 5.0
_REPORTED_AFTER_S = 2.0
_REPORTED_EVERY_S = 30.0
_SILENT_AGAIN_S = 30.0
"""How long a process remembers that an endpoint was silent: another pool need not find that out again."""

_silent_since: dict[str, float] = {}
_reported_at: dict[str, float] = {}
_lock = threading.Lock()


class Again(RpcUnavailable):
    """A response that asking again may improve. `silent`: nothing came back at all."""

    def __init__(
        self, text: str, *, refusal: Refusal = Refusal.OTHER, pause_s: float | None = None, silent: bool = False
    ) -> None:
        super().__init__(text, refusal=refusal, pause_s=pause_s)
        self.silent = silent


def is_known_as_silent(url: str) -> bool:
    """Return whether the endpoint has just been given up without any response."""
    with _lock:
        return time.monotonic() - _silent_since.get(url, -_SILENT_AGAIN_S) < _SILENT_AGAIN_S


def remember(url: str, *, silent: bool) -> None:
    """Remember whether the endpoint responds at all."""
    with _lock:
        if silent:
            _silent_since[url] = time.monotonic()
        else:
            _silent_since.pop(url, None)


@dataclass
class Patience:
    """The patience with one request, in seconds; `report` receives one sentence when it waits for longer.

    `silent_s` counts while nothing comes back at all.
    """

    total_s: float
    silent_s: float
    report: Callable[[str], None]
    tries: int = 0
    _began: float = field(default_factory=time.monotonic)
    _silent: bool = True

    def left_s(self) -> float:
        """Return the seconds until the next request must be complete."""
        total_s = self.silent_s if self._silent else self.total_s
        return max(self._began + total_s - time.monotonic(), 0.0)

    def wait(self, error: Again) -> None:
        """Pause before the next try; raise the error once the patience is over."""
        self.tries += 1
        self._silent = self._silent and error.silent
        left_s = self.left_s()
        if left_s <= 0:
            raise error
        pause_s = min(_FIRST_PAUSE_S * 2 ** (self.tries - 1), _LONGEST_PAUSE_S)
        pause_s = min(max(pause_s, error.pause_s or 0.0), left_s)
        waited_s = time.monotonic() - self._began
        if waited_s + pause_s > _REPORTED_AFTER_S and self._may_report(str(error)):
            self.report(f"{error}: asking again for up to {left_s:.0f} s")
        time.sleep(pause_s)

    def _may_report(self, text: str) -> bool:
        """Return whether this sentence is news: several requests often wait for the same."""
        now = time.monotonic()
        with _lock:
            if now - _reported_at.get(text, -_REPORTED_EVERY_S) < _REPORTED_EVERY_S:
                return False
            _reported_at[text] = now
            return True
