"""The summary itself: entries in a fixed order, the destructive and costly ones first, in at most 25 lines."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from pydantic.alias_generators import to_camel

MOST_LINES = 25
NOTHING_CHANGES = "Nothing changes; `pulumi up` pays only balances that are below their minimum."


class Kind(IntEnum):
    """What an entry is about. The order is that of the summary."""

    OWNERS = 1
    DRAIN = 2
    LEFT_BEHIND = 3
    KEYS = 4
    VOLUMES_DELETED = 5
    NAMESPACE_DELETED = 6
    EMPTY_DATABASES = 7
    REFUSED = 8
    PROBLEM = 9
    TRANSACTIONS = 10
    PAYMENTS = 11
    WALLET = 12
    NODES_REMOVED = 13
    NODES_STOPPED = 14
    NODES_RESTARTED = 15
    IDENTITIES_CREATED = 16
    NODES_CREATED = 17
    RETAINED = 18
    NOTE = 19

    @property
    def key(self) -> str:
        """The name of the kind in a stack output."""
        return to_camel(self.name.lower())


_CUT_LAST = {Kind.OWNERS, Kind.DRAIN, Kind.LEFT_BEHIND, Kind.TRANSACTIONS, Kind.PAYMENTS, Kind.WALLET}


@dataclass(frozen=True)
class Entry:
    """One line: what happens to which identities, volumes or nodes.

    `permission` names what an unattended run must be allowed to do (`identity.consent`); None if nothing is needed.
    """

    kind: Kind
    text: str
    names: tuple[str, ...] = ()
    permission: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    """Figures for tools, as decimal text; amounts in xDai and wxHOPR."""


@dataclass(frozen=True)
class Summary:
    """All entries of a run."""

    entries: tuple[Entry, ...] = ()

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "Summary":
        """Return the summary of these entries, in the order of their kinds."""
        return cls(tuple(sorted(entries, key=lambda entry: entry.kind)))

    @property
    def permissions(self) -> tuple[str, ...]:
        """What an unattended run must be allowed to do, without duplicates."""
        return tuple(dict.fromkeys(entry.permission for entry in self.entries if entry.permission))

    @property
    def lines(self) -> list[str]:
        """The text, at most `MOST_LINES` lines; a long summary loses its least important lines and says so."""
        if not self.entries:
            return [NOTHING_CHANGES]
        if len(self.entries) <= MOST_LINES:
            return [entry.text for entry in self.entries]
        return _cut(self.entries)

    @property
    def changes(self) -> dict[str, list[dict[str, str]]]:
        """The stack output for tools: by kind, the names (separated by spaces) and figures of each entry.

        The names are one text, because the engine's plain output shows each item of a list on a line of its own.
        """
        changes: dict[str, list[dict[str, str]]] = defaultdict(list)
        for entry in self.entries:
            changes[entry.kind.key].append({**({"names": " ".join(entry.names)} if entry.names else {}), **entry.facts})
        return dict(changes)


def _cut(entries: Sequence[Entry]) -> list[str]:
    ranked = sorted(range(len(entries)), key=lambda at: (entries[at].kind not in _CUT_LAST, at))
    kept = sorted(ranked[: MOST_LINES - 1])
    left_out = len(entries) - len(kept)
    return [*(entries[at].text for at in kept), f"… and {left_out} more lines in the stack output `changes`"]
