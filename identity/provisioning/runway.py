"""How long balances last: from how they fell since they were last seen to rise. Pure.

A record is kept in the state for each money of each identity: `wei` and `at` (seconds since 1970) of the last sight in
which it had changed, `topWei` and `topAt` of the last rise, and, once that can be told, `weiPerDay` and `days`.
"""

from collections.abc import Mapping
from typing import Any

_DAY_S = 86_400
_SHORTEST_S = 3_600
"""A shorter time tells nothing of a day."""


def seen(before: Mapping[str, Any] | None, balance_wei: int, at: int) -> dict[str, Any]:
    """The record after a look at the time `at`; unchanged where the balance is, so that a look alone changes nothing.

    A rise, whoever paid it, starts a new measurement; until that tells something the pace of before it counts.
    """
    if before is not None and int(before["wei"]) == balance_wei:
        return dict(before)
    record: dict[str, Any] = {"wei": str(balance_wei), "at": at, "topWei": str(balance_wei), "topAt": at}
    if before is None:
        return record
    pace = before.get("weiPerDay")
    if balance_wei < int(before["wei"]):
        record |= {"topWei": before["topWei"], "topAt": int(before["topAt"])}
        pace = _pace(int(record["topWei"]) - balance_wei, at - record["topAt"]) or pace
    return {**record, "weiPerDay": pace, "days": round(balance_wei / int(pace), 1)} if pace else record


def _pace(spent_wei: int, elapsed_s: int) -> str | None:
    return str(max(spent_wei * _DAY_S // elapsed_s, 1)) if elapsed_s >= _SHORTEST_S else None
