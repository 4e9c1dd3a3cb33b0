"""A point: one expectation about an identity on chain, the finding, and the verdict."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

LOGS_NOT_SEARCHED = "cannot be checked: the endpoint does not search logs"


class Verdict(StrEnum):
    """The result of checking a point."""

    OK = "ok"
    FAILS = "fails"
    UNPROVEN = "unproven"
    """Neither a failure nor a success can be proven."""


@dataclass(frozen=True)
class Point:
    """`key` is a stable name for programs (`safe.owners`); `expected` and `found` are texts for people."""

    key: str
    expected: str
    found: str
    verdict: Verdict

    @classmethod
    def checked(cls, key: str, expected: str, found: str, passes: bool) -> "Point":
        """Return a point with the verdict OK or FAILS."""
        return cls(key, expected, found, Verdict.OK if passes else Verdict.FAILS)


def join_sorted(addresses: Iterable[str]) -> str:
    """Return the addresses as one text, sorted so that the output is stable; empty for none."""
    return ", ".join(sorted(addresses))
