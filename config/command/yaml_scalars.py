"""The values of plain YAML scalars as Pulumi reads them: Go's yaml.v3 resolves them, and the program gets JSON.

`yes` is text, `0xD4…` is a number only if it fits 64 bits, `010` is octal, and a date becomes text in Go's format.
"""

import math
import re
from datetime import datetime

Scalar = str | int | float

STARTS_OF_NUMBERS = "+-.0123456789"
_INTEGER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0[0-7]*|[1-9][0-9]*)")
_OCTAL = re.compile(r"([-+]?)0([0-7]+)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_TIME = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:([Tt ])([0-9]{2}):([0-9]{1,2}):([0-9]{1,2})(?:\.([0-9]+))?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
_LARGEST_PLAIN_INTEGER = 1e21  # Go's JSON writes larger numbers with an exponent


def resolve(text: str) -> Scalar:
    """The value of an unquoted scalar that starts with a sign, a point or a digit.

    Raise ValueError for infinity and not-a-number, which Pulumi cannot store.
    """
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text} is a number that Pulumi cannot store; write text in quotes")
    time = _time(text)
    if time is not None:
        return time
    plain = text.replace("_", "")
    if _INTEGER.fullmatch(plain):
        octal = _OCTAL.fullmatch(plain)
        number = int(octal[1] + octal[2], 8) if octal else _whole(plain)
        if number is not None and -(2**63) <= number < 2**64:
            return number
    if _FLOAT.fullmatch(plain):
        value = float(plain)
        if math.isfinite(value):
            return int(value) if value.is_integer() and abs(value) < _LARGEST_PLAIN_INTEGER else value
    return text


def is_octal(text: str) -> bool:
    """Whether a scalar is a number with a leading zero, which Pulumi reads as octal: 010 is 8."""
    return _OCTAL.fullmatch(text.replace("_", "")) is not None and isinstance(resolve(text), int)


def _whole(text: str) -> int | None:
    try:
        return int(text, 0)
    except ValueError:  # more digits than Python parses
        return None


def _time(text: str) -> str | None:
    """A date or time as Go prints it: `2024-01-31 00:00:00 +0000 UTC`."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    separator, fraction, zone = match[4], (match[8] or "").rstrip("0")[:9], match[9]
    if separator and (separator == " ") == (zone is not None):
        return None  # a time after `T` needs a zone, one after a blank has none
    year, month, day, hour, minute, second = (int(part or 0) for part in match.group(1, 2, 3, 5, 6, 7))
    try:
        moment = datetime(year, month, day, hour, minute, second)  # printed with its own zone
    except ValueError:
        return None
    offset = "+0000 UTC" if zone in {None, "Z"} else " ".join([zone.replace(":", "")] * 2)
    return f"{moment:%Y-%m-%d %H:%M:%S}{'.' if fraction else ''}{fraction} {offset}"
