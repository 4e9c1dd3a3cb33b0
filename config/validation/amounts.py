"""Warnings about amounts that are far beyond any use, and that no limit stops."""

from collections.abc import Iterator

from config.errors import Problem
from config.models.pools import Pool
from config.models.scalars import Amount
from config.validation.partial import PartialSettings

_XDAI, _WXHOPR = "xdai", "wxhopr"
_FAR_BEYOND_ANY_USE = {_XDAI: Amount("100"), _WXHOPR: Amount("1000000")}
"""For one identity. A node uses about 0.1 xDai in months, and few stakes are above 100,000 wxHOPR."""
_NAMES = {_XDAI: "xDai", _WXHOPR: "wxHOPR"}


def huge_amounts(settings: PartialSettings) -> Iterator[Problem]:
    """Warnings about target balances that are probably meant in gwei, where no limit ends a run before it pays."""
    for name, pool in settings.pools.items():
        for field, unit, amount in _targets(pool):
            budgets = [pool.spending, settings.spending]
            is_limited = any(budget and getattr(budget, unit) is not None for budget in budgets)
            if amount > _FAR_BEYOND_ANY_USE[unit] and (not is_limited or _pays_with_hopli(settings, field)):
                yield Problem(
                    f"pools.{name}.{field}",
                    f"'{amount}' is more than {_FAR_BEYOND_ANY_USE[unit]} {_NAMES[unit]} for each identity, and no "
                    "limit stops the payments; write amounts in whole xDai or wxHOPR, not in gwei, or set "
                    f"pools.{name}.spending.{unit}",
                )


def _targets(pool: Pool) -> Iterator[tuple[str, str, Amount]]:
    yield "balances.nodeXdai", _XDAI, pool.balances.node_xdai
    yield "balances.safeWxhopr", _WXHOPR, pool.balances.safe_wxhopr
    if pool.funding:
        yield "funding.nativeAmount", _XDAI, pool.funding.native_amount


def _pays_with_hopli(settings: PartialSettings, field: str) -> bool:
    """Whether hopli makes the payments: it knows no limits."""
    return field.startswith("funding") and not (settings.platform and settings.platform.images.top_up)
