"""Spending limits: what one run of `pulumi up` pays, over all pools of the stack, checked before each sending."""

import threading
from dataclasses import dataclass, field

from config.errors import Problem
from config.scalars import Amount
from config.spending import Spending, SpendingLimits


@dataclass(frozen=True)
class Sum:
    """An amount of each money, wei; xDai with gas."""

    xdai_wei: int = 0
    wxhopr_wei: int = 0

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(self.xdai_wei + other.xdai_wei, self.wxhopr_wei + other.wxhopr_wei)


@dataclass
class Budget:
    """What the pools of a stack have spent in this run and want to spend; several threads may ask at once."""

    total: Spending = field(default_factory=Spending)
    _wanted: dict[str, Sum] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reserved(self, pool_name: str) -> Sum:
        """The most that a pool has spent or wants to spend in this run, as it was last reserved."""
        with self._lock:
            return self._wanted.get(pool_name, Sum())

    def reserve(self, pool_name: str, limits: SpendingLimits, most: Sum) -> list[Problem]:
        """Sets the most that a pool will have spent in this run; says which limits that breaks, and then keeps nothing.

        A reservation replaces the pool's earlier one.
        """
        with self._lock:
            others = {name: amount for name, amount in self._wanted.items() if name != pool_name}
            problems = [
                *exceeded(pool_name, limits, most),
                *_exceeded("spending", {**others, pool_name: most}, self.total),
            ]
            self._wanted = others if problems else {**others, pool_name: most}
            return problems


def exceeded(pool_name: str, limits: SpendingLimits, most: Sum) -> list[Problem]:
    """Which of a pool's own limits this breaks."""
    return _exceeded(f"pools.{pool_name}.spending", {pool_name: most}, limits)


def _exceeded(path: str, wanted: dict[str, Sum], limits: SpendingLimits) -> list[Problem]:
    problems = []
    for key, unit, limit in (("xdai", "xDai", limits.xdai), ("wxhopr", "wxHOPR", limits.wxhopr)):
        amounts = {name: getattr(amount, f"{key}_wei") for name, amount in wanted.items()}
        needed = sum(amounts.values())
        if limit is not None and needed > limit.wei:
            each = ", ".join(f"{name} {Amount.from_wei(wei)}" for name, wei in amounts.items() if wei)
            gas = ", gas at chain.maxFeeGwei included" if key == "xdai" else ""
            problems.append(
                Problem(
                    f"{path}.{key}",
                    f"this run would spend up to {Amount.from_wei(needed)} {unit} ({each}{gas}), "
                    f"at most {limit} are allowed: nothing is sent; raise it, or do with less at a time",
                )
            )
    return problems
