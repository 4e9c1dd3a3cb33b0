"""The checked-in list of mutants that may survive, each with its reason, compared with those that did."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

LIST = Path(__file__).with_name("survivors.toml")


@dataclass(frozen=True, order=True)
class Mutant:
    """One change of one function: its removed and added lines, stripped and joined by a space."""

    file: str
    function: str
    before: str
    after: str

    @classmethod
    def of_diff(cls, file: str, function: str, diff: str) -> "Mutant":
        lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++"))]
        before, after = (" ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in ("-", "+"))
        return cls(file, function, before, after)

    def __str__(self) -> str:
        return f"{self.file}, {self.function}:\n    - {self.before}\n    + {self.after}"


class _Explained(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    function: str
    before: str
    after: list[str]
    why: str


class _List(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    survivors: dict[str, list[_Explained]] = {}


def explained() -> dict[Mutant, str]:
    """Each mutant of the list with the reason why it may survive."""
    entries = _List.model_validate({"survivors": tomllib.loads(LIST.read_text())}).survivors
    return {
        Mutant(file, entry.function, entry.before, after): entry.why
        for file, of_file in entries.items()
        for entry in of_file
        for after in entry.after
    }


def problems(survived: Iterable[Mutant], files: Iterable[str]) -> list[str]:
    """Survivors without a reason, and reasons without a survivor in these files."""
    found, reasons, run = set(survived), explained(), set(files)
    return [
        *(f"survived, and {LIST.name} does not explain it: {mutant}" for mutant in sorted(found - reasons.keys())),
        *(
            f"explained in {LIST.name}, and did not survive; remove the entry: {mutant}"
            for mutant in sorted(reasons.keys() - found)
            if mutant.file in run
        ),
    ]
