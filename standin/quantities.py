"""Resource quantities in canonical form, as the API server returns them: "1000m" is "1", "0.5" is "500m".

Rules: k8s.io/apimachinery/pkg/api/resource.Quantity. `kubernetes.utils.quantity` parses; it formats only with a suffix
that the caller chooses.
"""

from __future__ import annotations

import re
from decimal import ROUND_UP, Decimal, localcontext
from typing import Any

# Stricter than the parser, which also accepts `1K`, `1ni`, `NaN` and blanks.
_PATTERN = re.compile(r"[+-]?(?:[0-9]*\.?[0-9]+|[0-9]+\.)(?:[KMGTPE]i|[numkMGTPE])?")
_BINARY = ("Ei", "Pi", "Ti", "Gi", "Mi", "Ki", "")
_DECIMAL = ("E", "P", "T", "G", "M", "k", "", "m", "u", "n")
_SMALLEST = Decimal("1e-9")
_DIGITS = 60  # quantities have at most 19 digits before and 9 after the point; longer texts must not fail

_QUANTITY_MAPS = frozenset(
    ["limits", "requests", "capacity", "hard", "default", "defaultRequest", "max", "min", "maxLimitRequestRatio"]
)
_QUANTITY_FIELDS = frozenset(["sizeLimit"])


def canonical(text: str) -> str:
    """Return the canonical form. Text that is not a quantity, or has a decimal exponent, is returned unchanged."""
    from kubernetes.utils.quantity import parse_quantity  # noqa: PLC0415  0.7 s to import; `kubeconfig` did it before

    if not _PATTERN.fullmatch(text):
        return text
    with localcontext(prec=_DIGITS):
        amount: Decimal = parse_quantity(text)  # type: ignore[no-untyped-call]
        suffixes: tuple[str, ...] = _BINARY
        if not text.endswith("i") or abs(amount) < 1024 or amount != amount.to_integral_value():
            amount, suffixes = amount.quantize(_SMALLEST, ROUND_UP), _DECIMAL
        if not amount:
            return "0"
        counts = ((amount / parse_quantity(f"1{suffix}"), suffix) for suffix in suffixes)  # type: ignore[no-untyped-call]
        count, suffix = next((count, suffix) for count, suffix in counts if count == count.to_integral_value())
        return f"{int(count)}{suffix}"


def canonicalize(value: Any) -> Any:
    """Return a copy of a built-in object with every quantity in canonical form."""
    if isinstance(value, list):
        return [canonicalize(item) for item in value]
    if not isinstance(value, dict):
        return value
    result = {}
    for key, item in value.items():
        if key in _QUANTITY_MAPS and isinstance(item, dict):
            result[key] = {name: _canonical_quantity(entry) for name, entry in item.items()}
        elif key in _QUANTITY_FIELDS:
            result[key] = _canonical_quantity(item)
        else:
            result[key] = canonicalize(item)
    return result


def _canonical_quantity(value: Any) -> Any:
    if isinstance(value, str):
        return canonical(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return canonical(str(value))
    return canonicalize(value)
