"""The time of a change stays until the next change."""

from datetime import UTC, datetime

from components.change_stamps import ChangeStampsProvider, stamp

MORNING = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
EVENING = datetime(2026, 1, 2, 19, 0, tzinfo=UTC)


def test_a_stamp_stays_while_the_checksum_does() -> None:
    before = stamp({"Hoprd/a": "1", "Hoprd/b": "2"}, {}, MORNING)
    after = stamp({"Hoprd/a": "1", "Hoprd/b": "3", "Hoprd/c": "4"}, before, EVENING)
    assert {name: at["timestamp"] for name, at in after.items()} == {
        "Hoprd/a": "2026-01-02T03:04:05Z",
        "Hoprd/b": "2026-01-02T19:00:00Z",
        "Hoprd/c": "2026-01-02T19:00:00Z",
    }
    assert after["Hoprd/b"]["checksum"] == "3"


def test_a_removed_object_has_no_stamp() -> None:
    assert stamp({}, {"Hoprd/a": {"checksum": "1", "timestamp": "x"}}, EVENING) == {}


def test_an_unchanged_stack_does_not_change_the_resource() -> None:
    provider = ChangeStampsProvider()
    stored = provider.check({}, {"checksums": {"Hoprd/a": "1"}}).inputs
    again = provider.check(stored, {"checksums": {"Hoprd/a": "1"}}).inputs
    assert again == stored
    assert not provider.diff("change-stamps", stored, again).changes
    changed = provider.check(stored, {"checksums": {"Hoprd/a": "2"}}).inputs
    assert provider.diff("change-stamps", stored, changed).changes
    assert provider.create(changed).outs == changed
    assert provider.update("change-stamps", stored, changed).outs == changed
    assert provider.read("change-stamps", changed).outs == changed
