"""Cron schedules, read as Kubernetes reads them.

The API server parses a CronJob's schedule with the standard parser of robfig/cron v3: five fields, or a descriptor such
as `@hourly` or `@every 90m`. Other parsers accept more, such as day 7 or `L`.
"""

import re
from fractions import Fraction
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field

from config.models.scalars import broken

_MAX_LENGTH = 100  # of the schedule in the custom resource
_NUMBER = re.compile(r"\+?0*([0-9]{1,4})")
_EVERY = re.compile(r"@every \+?((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+")
_PART_OF_DURATION = re.compile(r"([0-9.]+)([a-zµμ]+)")
_US, _S = 10**3, 10**9
_UNITS_NS = {"ns": 1, "us": _US, "µs": _US, "μs": _US, "ms": 10**6, "s": _S, "m": 60 * _S, "h": 3600 * _S}
_MAX_DURATION_NS = 2**63 - 1  # about 292 years
_DESCRIPTORS = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
_DAYS_OF_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MONTH_NAMES = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAY_NAMES = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]


class _FieldRange(NamedTuple):
    """One of the five fields: its name in messages, its bounds, and the names of its values."""

    name: str
    first: int
    last: int
    names: dict[str, int]


_FIELDS = (
    _FieldRange("minute", 0, 59, {}),
    _FieldRange("hour", 0, 23, {}),
    _FieldRange("day-of-month", 1, 31, {}),
    _FieldRange("month", 1, 12, {name: number for number, name in enumerate(_MONTH_NAMES, start=1)}),
    _FieldRange("day-of-week", 0, 6, {name: number for number, name in enumerate(_DAY_NAMES)}),
)


def _check(schedule: str) -> str:
    if len(schedule) > _MAX_LENGTH:
        raise broken(f"has {len(schedule)} characters, at most {_MAX_LENGTH} are allowed")
    if "TZ" in schedule:
        raise broken("has a time zone, which Kubernetes refuses in a schedule; remove it, the times are UTC")
    if schedule.startswith("@"):
        _check_descriptor(schedule)
        return schedule
    texts = schedule.split()
    if len(texts) != len(_FIELDS):
        raise broken(f"has {len(texts)} field{'s' if len(texts) != 1 else ''}, cron needs {len(_FIELDS)}")
    if any("7" in part.partition("/")[0].split("-") for part in texts[-1].split(",")):
        raise broken("uses day 7 of the week, which Kubernetes refuses; write 0 or SUN for Sunday")
    minutes, hours, days, months, weekdays = (_values(text, field) for text, field in zip(texts, _FIELDS, strict=True))
    # A day matches if either field of days matches, unless one of them is `*`: then both must match.
    every_weekday = any(part in {"*", "?", "*/1", "?/1"} for part in texts[-1].split(","))
    possible = not every_weekday or any(day <= _DAYS_OF_MONTHS[month - 1] for day in days for month in months)
    if not (minutes and hours and days and months and weekdays and possible):
        raise broken("never matches a date")
    return schedule


def _check_descriptor(schedule: str) -> None:
    if schedule.startswith("@every"):
        if not _EVERY.fullmatch(schedule) or not re.search("[1-9]", schedule):
            raise broken("has an invalid duration, expected e.g. '@every 90m'")
        parts = _PART_OF_DURATION.findall(schedule.removeprefix("@every"))
        if sum(Fraction(number) * _UNITS_NS[unit] for number, unit in parts) > _MAX_DURATION_NS:
            raise broken("has a duration of more than 292 years, which Kubernetes refuses")
    elif schedule not in _DESCRIPTORS:
        raise broken(f"is not a schedule, expected five fields, '@every' and a duration, or {', '.join(_DESCRIPTORS)}")


def _values(text: str, field: _FieldRange) -> set[int]:
    """The values that a field matches."""
    return {value for part in text.split(",") if part for value in _range(part, field)}


def _range(part: str, field: _FieldRange) -> range:
    """The values of `*`, `N`, `N-M`, each optionally with `/step`. `N/step` ends at the field's maximum."""
    bounds, slash, step_text = part.partition("/")
    if bounds in {"*", "?"}:
        first, last = field.first, field.last
    else:
        low, hyphen, high = bounds.partition("-")
        first = _number(low, field, part)
        last = _number(high, field, part) if hyphen else field.last if slash else first
    step = _number(step_text, field._replace(names={}), part) if slash else 1
    if first < field.first or last > field.last:
        raise _invalid(field, f"'{part}' is not within {field.first} to {field.last}")
    if first > last:
        raise _invalid(field, f"'{part}' ends before it begins")
    if step == 0:
        raise _invalid(field, f"'{part}' has the step 0")
    return range(first, last + 1, step)


def _number(text: str, field: _FieldRange, part: str) -> int:
    known = field.names.get(text.lower())
    if known is not None:
        return known
    match = _NUMBER.fullmatch(text)
    if match is None:
        expected = f" or a name such as {next(iter(field.names)).upper()}" if field.names else ""
        raise _invalid(field, f"'{part}' needs a number{expected}")
    return int(match[1])


def _invalid(field: _FieldRange, cause: str) -> Exception:
    return broken(f"has an invalid {field.name} field: {cause}")


Cron = Annotated[str, AfterValidator(_check), Field(examples=["0 */6 * * *"])]
"""A cron schedule that Kubernetes accepts and that matches a date."""
