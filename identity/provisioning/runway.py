"""Estimates how long balances last, from their decrease since the last increase. Pure.

The state keeps one record for each balance of each identity: `wei` and `at` (Unix time in seconds) of the last observed
change, `topWei` and `topAt` of the last increase, and, once they can be estimated, `weiPerDay` and `days`.
"""

from collections.abc import Mapping
from typing import Any

_DAY_S = 86_400
_MIN_MEASUREMENT_S = 3_600
"""Shorter measurements are too noisy for a daily rate."""


def update_record(before: Mapping[str, Any] | None, balance_wei: int, at: int) -> dict[str, Any]:
    """Return the record after an observation at the Unix time `at`.

    An unchanged balance keeps the record, so that an observation alone does not change the state. An increase, by any
    payer, starts a new measurement; until that is long enough, the previous rate counts.
    """
    if before is not None and int(before["wei"]) == balance_wei:
        return dict(before)
    record: dict[str, Any] = {"wei": str(balance_wei), "at": at, "topWei": str(balance_wei), "topAt": at}
    if before is None:
        return record
    rate = before.get("weiPerDay")
    if balance_wei < int(before["wei"]):
        record |= {"topWei": before["topWei"], "topAt": int(before["topAt"])}
        rate = _wei_per_day(int(record["topWei"]) - balance_wei, at - record["topAt"]) or rate
    return {**record, "weiPerDay": rate, "days": round(balance_wei / int(rate), 1)} if rate else record


def _wei_per_day(spent_wei: int, elapsed_s: int) -> str | None:
    return str(max(spent_wei * _DAY_S // elapsed_s, 1)) if elapsed_s >= _MIN_MEASUREMENT_S else None
