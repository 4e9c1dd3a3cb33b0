"""The order and the length of the summary, and its output for tools."""

from summary.entries import MOST_LINES, NOTHING_CHANGES, Entry, Kind, Summary


def test_the_destructive_and_costly_entries_come_first() -> None:
    kinds = [Kind.NODES_CREATED, Kind.TRANSACTIONS, Kind.OWNERS, Kind.VOLUMES_DELETED, Kind.LEFT_BEHIND, Kind.WALLET]
    summary = Summary.of(Entry(kind, kind.key) for kind in kinds)
    assert summary.lines == ["owners", "leftBehind", "volumesDeleted", "transactions", "wallet", "nodesCreated"]


def test_without_entries_nothing_changes() -> None:
    assert Summary().lines == [NOTHING_CHANGES]
    assert Summary().changes == {}


def test_a_long_summary_keeps_owners_money_and_cost() -> None:
    many = [Entry(Kind.NODES_RESTARTED, f"node {number}") for number in range(40)]
    summary = Summary.of([*many, Entry(Kind.WALLET, "the wallet"), Entry(Kind.OWNERS, "the owners")])
    assert len(summary.lines) == MOST_LINES
    assert {"the wallet", "the owners"} <= set(summary.lines)
    assert summary.lines[-1] == "… and 18 more lines, see the stack output `changes`"


def test_tools_get_all_names_and_exact_figures() -> None:
    names = tuple(f"core-{number}" for number in range(1, 8))
    entry = Entry(Kind.PAYMENTS, "text", names, facts={"xdai": "0.7", "wxhopr": "70"})
    assert Summary.of([entry]).changes == {"payments": [{"names": " ".join(names), "xdai": "0.7", "wxhopr": "70"}]}


def test_each_line_of_the_output_has_its_place_and_its_kind() -> None:
    entries = [Entry(Kind.PROBLEM, "one"), Entry(Kind.WALLET, "three"), Entry(Kind.PROBLEM, "two")]
    assert Summary.of(entries).output == {"09-problem": "one", "09-problem-2": "two", "12-wallet": "three"}
    assert list(Summary().output.values()) == [NOTHING_CHANGES]


def test_the_permissions_are_those_of_the_entries() -> None:
    entries = [
        Entry(Kind.VOLUMES_DELETED, "", permission="volumes"),
        Entry(Kind.NAMESPACE_DELETED, "", permission="volumes"),
        Entry(Kind.OWNERS, "", permission="owners"),
        Entry(Kind.WALLET, ""),
    ]
    assert Summary.of(entries).permissions == ("owners", "volumes")
