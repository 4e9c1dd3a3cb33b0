"""Resource quantities in the spelling the API server gives back ("1000m" is "1", "0.5" is "500m", "1024Mi" is "1Gi").

Rules: k8s.io/apimachinery/pkg/api/resource.Quantity, canonical form.
"""

from __future__ import annotations

import re
from decimal import ROUND_UP, Decimal
from typing import Any

_BINARY = {"": 0, "Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_PATTERN = re.compile(r"([+-]?[0-9]*\.?[0-9]+|[+-]?[0-9]+\.)(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?[0-9]+)?")

_QUANTITY_MAPS = frozenset(
    ["limits", "requests", "capacity", "hard", "default", "defaultRequest", "max", "min", "maxLimitRequestRatio"]
)
_QUANTITY_FIELDS = frozenset(["sizeLimit"])


def canonical(text: str) -> str:
    """The canonical spelling; text that is no quantity comes back as it is."""
    match = _PATTERN.fullmatch(text)
    if not match:
        return text
    number, suffix = Decimal(match[1]), match[2] or ""
    if suffix in _BINARY and suffix:
        return _binary(number * 2 ** _BINARY[suffix])
    if suffix in _DECIMAL:
        return _decimal(number.scaleb(_DECIMAL[suffix]))
    return text


def _binary(amount: Decimal) -> str:
    if abs(amount) < 1024 or amount != amount.to_integral_value():
        return _decimal(amount)
    whole = int(amount)
    fitting = max((s for s, bits in _BINARY.items() if whole % 2**bits == 0), key=lambda s: _BINARY[s])
    return f"{whole // 2 ** _BINARY[fitting]}{fitting}"


def _decimal(amount: Decimal) -> str:
    nano = int(amount.scaleb(9).to_integral_value(rounding=ROUND_UP))
    if nano == 0:
        return "0"
    fitting = max((s for s, power in _DECIMAL.items() if nano % 10 ** (power + 9) == 0), key=lambda s: _DECIMAL[s])
    return f"{nano // 10 ** (_DECIMAL[fitting] + 9)}{fitting}"


def canonicalize(value: Any) -> Any:
    """A copy of a built-in object with every quantity in canonical spelling."""
    if isinstance(value, list):
        return [canonicalize(item) for item in value]
    if not isinstance(value, dict):
        return value
    result = {}
    for key, item in value.items():
        if key in _QUANTITY_MAPS and isinstance(item, dict):
            result[key] = {name: _spelled(entry) for name, entry in item.items()}
        elif key in _QUANTITY_FIELDS:
            result[key] = _spelled(item)
        else:
            result[key] = canonicalize(item)
    return result


def _spelled(value: Any) -> Any:
    if isinstance(value, str):
        return canonical(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return canonical(str(value))
    return canonicalize(value)
