"""The root of the error tree, and the error that this package raises.

HoprdError
├── ConfigurationError      all problems of a stack's configuration at once
└── (identity.errors)       errors of keys, secrets and the chain
"""

from collections.abc import Sequence
from dataclasses import dataclass


class HoprdError(Exception):
    """An error that a user can cause or fix. The user sees its message and no traceback."""


@dataclass(frozen=True)
class Problem:
    """One error: its path (`pools.core.size`), and what was found, what is allowed and how to fix it."""

    path: str
    text: str

    def __str__(self) -> str:
        return printable(f"{self.path}: {self.text}")


def printable(text: str) -> str:
    """Escape characters that a terminal would not show, or would execute; line feeds stay."""
    return "".join(char if char.isprintable() or char == "\n" else ascii(char)[1:-1] for char in text)


class ConfigurationError(HoprdError):
    """The configuration is invalid. `problems` has every reason; `str()` gives one reason per line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
