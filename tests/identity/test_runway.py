"""The runway of balances is computed from observations, and only from enough of them."""

from identity.provisioning import runway

DAY = 86_400
START = 1_700_000_000


def test_nothing_is_known_at_first() -> None:
    assert runway.update_record(None, 100, START).get("days") is None


def test_half_spent_in_a_day_lasts_another_day() -> None:
    first = runway.update_record(None, 100, START)
    assert runway.update_record(first, 50, START + DAY)["days"] == 1.0


def test_an_observation_without_a_change_changes_nothing() -> None:
    first = runway.update_record(None, 100, START)
    half = runway.update_record(first, 50, START + DAY)
    assert runway.update_record(half, 50, START + 9 * DAY) == half


def test_a_top_up_starts_a_new_measurement_and_keeps_the_old_rate_until_that_is_long_enough() -> None:
    half = runway.update_record(runway.update_record(None, 100, START), 50, START + DAY)
    full = runway.update_record(half, 100, START + DAY)
    assert full["days"] == 2.0
    assert runway.update_record(full, 99, START + DAY + 60)["days"] == 2.0
    assert runway.update_record(full, 75, START + 2 * DAY)["days"] == 3.0


def test_minutes_are_too_short_for_a_rate() -> None:
    assert runway.update_record(runway.update_record(None, 100, START), 99, START + 60).get("days") is None


def test_numbers_are_read_back_from_the_state() -> None:
    first = {**runway.update_record(None, 100, START), "at": float(START), "topAt": float(START)}
    assert runway.update_record(first, 50, START + DAY)["days"] == 1.0
