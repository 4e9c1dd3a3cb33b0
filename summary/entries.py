"""The summary itself: entries in a fixed order, the destructive and costly ones first, in at most 25 lines."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
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
    KEYS_CREATED = 17
    NODES_CREATED = 18
    RETAINED = 19
    NOTE = 20

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
        return [entry.text for entry in self._shown]

    @property
    def output(self) -> dict[str, str]:
        """The stack output for people: each line by a key with its place and its kind, such as `02-drain`.

        In a list, the engine would show a line next to another kind of line that had its place in the last run.
        """
        numbers: Counter[Kind] = Counter()
        output = {}
        for entry in self._shown:
            numbers[entry.kind] += 1
            number = f"-{numbers[entry.kind]}" if numbers[entry.kind] > 1 else ""
            output[f"{entry.kind:02d}-{entry.kind.key}{number}"] = entry.text
        return output

    @property
    def changes(self) -> dict[str, list[dict[str, str]]]:
        """The stack output for tools: by kind, the names (separated by spaces) and figures of each entry.

        The names are one text, because the engine's plain output shows each item of a list on a line of its own.
        """
        changes: dict[str, list[dict[str, str]]] = defaultdict(list)
        for entry in self.entries:
            changes[entry.kind.key].append({**({"names": " ".join(entry.names)} if entry.names else {}), **entry.facts})
        return dict(changes)

    @property
    def _shown(self) -> tuple[Entry, ...]:
        if not self.entries:
            return (Entry(Kind.NOTE, NOTHING_CHANGES),)
        if len(self.entries) <= MOST_LINES:
            return self.entries
        ranked = sorted(range(len(self.entries)), key=lambda at: (self.entries[at].kind not in _CUT_LAST, at))
        kept = sorted(ranked[: MOST_LINES - 1])
        more = f"… and {len(self.entries) - len(kept)} more lines, see the stack output `changes`"
        return (*(self.entries[at] for at in kept), Entry(Kind.NOTE, more))


def agreeing(names: Collection[str], one: str, many: str) -> str:
    """The verb of a sentence about these names: `one` for a single name, else `many`."""
    return one if len(names) == 1 else many
