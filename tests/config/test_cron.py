"""Schedules are read as robfig/cron v3 reads them; tests/cluster compares this with the API server."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from config.models.cron import Cron
from testkit.config.kubernetes_values import BAD_SCHEDULES, GOOD_SCHEDULES

_cron: TypeAdapter[str] = TypeAdapter(Cron)


def _problem(schedule: str) -> str:
    try:
        _cron.validate_python(schedule)
    except ValidationError as error:
        return error.errors()[0]["msg"]
    return ""


@pytest.mark.parametrize("schedule", GOOD_SCHEDULES)
def test_what_kubernetes_accepts_is_accepted(schedule: str) -> None:
    assert _problem(schedule) == ""


@pytest.mark.parametrize("schedule", BAD_SCHEDULES)
def test_what_kubernetes_refuses_is_refused(schedule: str) -> None:
    assert _problem(schedule)


@pytest.mark.parametrize("weekdays", ["7", "6,7", "5-7", "0-7", "MON,7", "7/2", "1-7/2"])
def test_day_seven_is_refused_with_the_right_spelling(weekdays: str) -> None:
    assert _problem(f"0 0 * * {weekdays}") == (
        "uses day 7 of the week, which Kubernetes refuses; write 0 or SUN for Sunday"
    )


@pytest.mark.parametrize(
    ("schedule", "problem"),
    [
        ("60 * * * *", "has an invalid minute field: '60' is not within 0 to 59"),
        ("0 0 * XYZ *", "has an invalid month field: 'XYZ' needs a number or a name such as JAN"),
        ("0 0 * * SAT-SUN", "has an invalid day-of-week field: 'SAT-SUN' ends before it begins"),
        ("*/0 * * * *", "has an invalid minute field: '*/0' has the step 0"),
        (
            "CRON_TZ=UTC 0 0 * * *",
            "has a time zone, which Kubernetes refuses in a schedule; remove it, the times are UTC",
        ),
        ("@every never", "has an invalid duration, expected e.g. '@every 90m'"),
        ("@every 2562048h", "has a duration of more than 292 years, which Kubernetes refuses"),
        ("@every 2562047h48m", "has a duration of more than 292 years, which Kubernetes refuses"),
        ("0 0 30 2 *", "never matches a date"),
        ("0 0 31 4,6,9,11 *", "never matches a date"),
        (", * * * *", "never matches a date"),
        ("0 " * 60, "has 120 characters, at most 100 are allowed"),
    ],
)
def test_the_message_says_what_is_wrong(schedule: str, problem: str) -> None:
    assert _problem(schedule) == problem


@pytest.mark.parametrize("schedule", ["0 0 29 2 *", "0 0 30 2 */2", "0 0 30 2 MON", "0 0 31 1,2 *"])
def test_a_schedule_that_matches_a_date_is_accepted(schedule: str) -> None:
    assert _problem(schedule) == ""


@given(st.text(max_size=40))
def test_any_text_is_accepted_or_refused_in_one_sentence(text: str) -> None:
    assert "\n" not in _problem(text)
