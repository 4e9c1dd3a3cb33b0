"""How long a request is repeated, and the pauses in between."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from identity.errors import Refusal, RpcUnavailable

UNUSABLE_SHARE = 1 / 6
"""Share of the patience for an endpoint that has not worked yet: a wrong URL, or an endpoint that is down.

The program and its provider may find that out one after the other, and half a minute is enough for both.
"""
_FIRST_PAUSE_S = 0.3
_LONGEST_PAUSE_S = 5.0
_REPORTED_AFTER_S = 2.0
_REPORTED_EVERY_S = 30.0
_UNUSABLE_AGAIN_S = 30.0
"""How long a process remembers that an endpoint was unusable: another pool need not find that out again."""

_unusable_since: dict[str, float] = {}
_usable: set[str] = set()
_reported_at: dict[str, float] = {}
_lock = threading.Lock()


class Again(RpcUnavailable):
    """A response that asking again may improve."""

    @property
    def shows_a_working_endpoint(self) -> bool:
        """Whether only an endpoint that works otherwise says this: it limits requests, or lags."""
        return self.refusal in (Refusal.THROTTLED, Refusal.LAG)


def is_known_as_unusable(url: str) -> bool:
    """Return whether this process has just given the endpoint up."""
    with _lock:
        return time.monotonic() - _unusable_since.get(url, -_UNUSABLE_AGAIN_S) < _UNUSABLE_AGAIN_S


def is_known_as_usable(url: str) -> bool:
    """Return whether the endpoint has given this process a result."""
    with _lock:
        return url in _usable


def remember(url: str, *, usable: bool) -> None:
    """Remember whether the endpoint gives results."""
    with _lock:
        if usable:
            _usable.add(url)
            _unusable_since.pop(url, None)
        else:
            _unusable_since[url] = time.monotonic()


@dataclass
class Patience:
    """The patience with one request, in seconds; `report` receives one sentence when it waits for longer.

    `unusable_s` counts until a response shows that the endpoint works.
    """

    total_s: float
    unusable_s: float
    report: Callable[[str], None]
    tries: int = 0
    _began: float = field(init=False)
    _unusable: bool = True

    def __post_init__(self) -> None:
        self._began = time.monotonic()

    def left_s(self) -> float:
        """Return the seconds until the next request must be complete."""
        total_s = self.unusable_s if self._unusable else self.total_s
        return max(self._began + total_s - time.monotonic(), 0.0)

    def wait(self, error: Again) -> None:
        """Pause before the next try; raise the error once the patience is over."""
        self.tries += 1
        self._unusable = self._unusable and not error.shows_a_working_endpoint
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
