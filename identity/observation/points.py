"""One point of what a usable identity is: what is expected, what was found, and whether that is good."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

UNSEARCHED = "cannot be checked: the endpoint does not search logs"


class Verdict(StrEnum):
    """What is thought of a point."""

    OK = "ok"
    FAILS = "fails"
    UNPROVEN = "unproven"
    """Nothing is known to be wrong, and it cannot be shown to be right either."""


@dataclass(frozen=True)
class Point:
    """`key` names it for programs and never changes (`safe.owners`); `expected` and `found` are for people."""

    key: str
    expected: str
    found: str
    verdict: Verdict

    @classmethod
    def judged(cls, key: str, expected: str, found: str, good: bool) -> "Point":
        """A point that is good or not."""
        return cls(key, expected, found, Verdict.OK if good else Verdict.FAILS)


def listed(addresses: Iterable[str]) -> str:
    """Addresses in a point, in an order that does not change; empty for none."""
    return ", ".join(sorted(addresses))
