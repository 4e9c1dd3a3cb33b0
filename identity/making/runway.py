"""How long balances last: from how they fell since they were last seen to rise. Pure.

A record is kept in the state for each money of each identity: `wei` and `at` (seconds since 1970) of the last sight in
which it had changed, `topWei` and `topAt` of the last rise, and `days` where that can be told.
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
        return {"wei": str(balance_wei), "at": at, "topWei": str(balance_wei), "topAt": at}
    record = {"wei": str(balance_wei), "at": at, "topWei": before["topWei"], "topAt": int(before["topAt"])}
    days = _days(balance_wei, int(record["topWei"]) - balance_wei, at - record["topAt"])
    return record if days is None else {**record, "days": days}


def _days(balance_wei: int, spent_wei: int, elapsed_s: int) -> float | None:
    if elapsed_s < _SHORTEST_S:
        return None
    return round(balance_wei * elapsed_s / spent_wei / _DAY_S, 1)
