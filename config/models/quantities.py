"""Quantities of resources and sizes of volumes, as Kubernetes reads them (k8s.io/apimachinery resource.Quantity)."""

import re
from fractions import Fraction
from typing import Annotated

from pydantic import AfterValidator, Field

from config.models.names import Text
from config.models.scalars import broken

_NUMBER = r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+"
_UNIT = r"[numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]{1,2}"
_PATTERN = re.compile(rf"([+-]?)({_NUMBER})({_UNIT})?")
_DECIMAL_UNITS = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY_UNITS = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_LARGEST = 2**63 - 1
_RULE = "is not a Kubernetes quantity (a number and a unit such as m, Mi, Gi)"
_SMALLEST_VOLUME = 2**20


def amount_of(text: str) -> Fraction:
    """The exact value of a quantity: `amount_of("1.5Ki") == 1536`.

    Raise a rule error for other texts, and for values that Kubernetes silently reduces to 2^63-1.
    """
    match = _PATTERN.fullmatch(text)
    if match is None:
        raise broken(_RULE)
    sign, number, unit = match[1], Fraction(match[2].rstrip(".")), match[3] or ""
    if unit in _BINARY_UNITS:
        amount = number * (1 << _BINARY_UNITS[unit])
    else:
        exponent = _DECIMAL_UNITS[unit] if unit in _DECIMAL_UNITS else int(unit[1:] or "0")
        amount = number * 10**exponent if exponent >= 0 else number / 10**-exponent
    if amount > _LARGEST:
        raise broken("is larger than any quantity of Kubernetes")
    return -amount if sign == "-" else amount


def _volume_size(text: str) -> str:
    if amount_of(text) < _SMALLEST_VOLUME:
        raise broken("is less than 1Mi; is the unit missing, such as Gi?")
    return text


VolumeSize = Annotated[
    str, Text(rf"\+?(?:{_NUMBER})(?:{_UNIT})?", _RULE), AfterValidator(_volume_size), Field(examples=["4Gi"])
]
