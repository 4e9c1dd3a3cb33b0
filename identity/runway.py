"""How long balances last: from how they fell since they were last seen to rise. Pure.

A record is kept in the state for each money of each identity: `wei` and `at` (seconds since 1970) of the last sight in
which it had changed, `topWei` and `topAt` of the last rise, and `days` (None while nothing is known).
"""

from collections.abc import Mapping
from typing import Any

_DAY_S = 86_400
_SHORTEST_S = 3_600
"""A shorter time tells nothing of a day."""


def seen(before: Mapping[str, Any] | None, balance_wei: int, at: int) -> dict[str, Any]:
    """The record after a look at the time `at`; unchanged where the balance is, so that a look alone changes nothing.

    A rise, whoever paid it, starts a new measurement.
    """
    if before is not None and int(before["wei"]) == balance_wei:
        return dict(before)
    if before is None or int(before["wei"]) < balance_wei:
        return {"wei": str(balance_wei), "at": at, "topWei": str(balance_wei), "topAt": at, "days": None}
    top_wei, top_at = int(before["topWei"]), int(before["topAt"])
    return {
        "wei": str(balance_wei),
        "at": at,
        "topWei": str(top_wei),
        "topAt": top_at,
        "days": _days(balance_wei, spent_wei=top_wei - balance_wei, elapsed_s=at - top_at),
    }


def _days(balance_wei: int, *, spent_wei: int, elapsed_s: int) -> float | None:
    if elapsed_s < _SHORTEST_S or spent_wei <= 0:
        return None
    return round(balance_wei * elapsed_s / spent_wei / _DAY_S, 1)
