"""The root of the error tree, and the one error this package raises.

HoprdError
├── ConfigurationError      all problems of a stack's configuration at once
└── (identity.errors)       what can go wrong with keys and on chain
"""

from collections.abc import Sequence
from dataclasses import dataclass


class HoprdError(Exception):
    """Anything a user can cause or cure: shown as its text alone, never as a traceback."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where (`pools.core.size`) and what (found, allowed, how to fix)."""

    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}"


class ConfigurationError(HoprdError):
    """The configuration cannot be used; `problems` holds every reason, and `str()` prints one a line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
