"""Budgets: what one run of `pulumi up` may spend, for each pool and in all, checked before each round is sent."""

import threading
from dataclasses import dataclass, field

from config.errors import Problem
from config.models.scalars import amount_text
from config.models.spending import Spending, SpendingLimits
from identity.errors import SpendingRefused


@dataclass(frozen=True)
class Sum:
    """An amount of xDai (gas included) and of wxHOPR, in wei."""

    xdai_wei: int = 0
    wxhopr_wei: int = 0

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(self.xdai_wei + other.xdai_wei, self.wxhopr_wei + other.wxhopr_wei)


@dataclass(frozen=True)
class Reserve:
    """What must stay in the wallet besides one pool's needs: `spending.keepXdai`, and what is due for other pools."""

    keep_xdai_wei: int = 0
    others: Sum = Sum()


@dataclass(frozen=True)
class Claim:
    """What a pool has spent in this run and what is still due for it, with gas at the highest allowed fee.

    `begun`: the pool is paying, so the wallet may already lack some of what is due. Before that it is planned.
    """

    spent: Sum = Sum()
    due: Sum = Sum()
    begun: bool = False

    @property
    def most(self) -> Sum:
        """The most that the pool can have spent at the end of the run."""
        return self.spent + self.due


@dataclass
class RunBudget:
    """What the pools of a stack spend in this run; safe for several threads."""

    total: Spending = field(default_factory=Spending)
    _claims: dict[str, Claim] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def spent(self, pool_name: str) -> Sum:
        """Return what a pool has spent in this run."""
        with self._lock:
            return self._claims.get(pool_name, Claim()).spent

    def planned_by_others(self, pool_name: str) -> Sum:
        """Return what is due for other pools that are not paying yet: the wallet must hold that as well."""
        with self._lock:
            planned = [one.due for name, one in self._claims.items() if name != pool_name and not one.begun]
        return sum(planned, Sum())

    def settle(self, pool_name: str, spent: Sum) -> None:
        """Record what a pool has spent, with nothing more due; limits cannot refuse what is already spent."""
        with self._lock:
            self._claims = {**self._claims, pool_name: Claim(spent, begun=True)}

    def claim(self, pool_name: str, limits: SpendingLimits, claim: Claim) -> list[Problem]:
        """Replace the pool's claim; if that exceeds limits, return them and keep the earlier claim."""
        with self._lock:
            claims = {**self._claims, pool_name: claim}
            most = {name: one.most for name, one in claims.items()}
            problems = [*exceeded(pool_name, limits, claim.most), *_exceeded("spending", most, self.total)]
            if not problems:
                self._claims = claims
            return problems


@dataclass(frozen=True)
class PoolBudget:
    """What one pool may spend: its own limits, and its share of the run's budget."""

    pool_name: str = "pool"
    limits: SpendingLimits = field(default_factory=SpendingLimits)
    budget: RunBudget = field(default_factory=RunBudget)

    @property
    def spent(self) -> Sum:
        """What the pool has spent in this run."""
        return self.budget.spent(self.pool_name)

    @property
    def reserve(self) -> Reserve:
        """What must stay in the wallet besides what this pool needs."""
        return Reserve(self.budget.total.keep_xdai.wei, self.budget.planned_by_others(self.pool_name))

    def plan(self, due: Sum) -> None:
        """Reserves what this run will need for the pool; raises SpendingRefused where that exceeds a limit."""
        self._claim(Claim(self.spent, due))

    def claim(self, spent: Sum, due: Sum) -> None:
        """Records, before a payment, what was spent and what is still due; raises SpendingRefused as `plan` does."""
        self._claim(Claim(spent, due, begun=True))

    def settle(self, spent: Sum) -> None:
        """Records what was spent in the end; nothing more is due."""
        self.budget.settle(self.pool_name, spent)

    def _claim(self, claim: Claim) -> None:
        if problems := self.budget.claim(self.pool_name, self.limits, claim):
            raise SpendingRefused(problems)


def exceeded(pool_name: str, limits: SpendingLimits, most: Sum) -> list[Problem]:
    """Which of a pool's own limits this breaks."""
    return _exceeded(f"pools.{pool_name}.spending", {pool_name: most}, limits)


def _exceeded(path: str, desired: dict[str, Sum], limits: SpendingLimits) -> list[Problem]:
    problems = []
    for key, unit, limit in (("xdai", "xDai", limits.xdai), ("wxhopr", "wxHOPR", limits.wxhopr)):
        amounts = {name: getattr(amount, f"{key}_wei") for name, amount in desired.items()}
        needed = sum(amounts.values())
        if limit is not None and needed > limit.wei:
            each = ", ".join(f"{name} {amount_text(wei)}" for name, wei in amounts.items() if wei)
            gas = ", gas at chain.maxFeeGwei included" if key == "xdai" else ""
            problems.append(
                Problem(
                    f"{path}.{key}",
                    f"this run would spend up to {amount_text(needed)} {unit} ({each}{gas}), "
                    f"at most {limit} are allowed: nothing is sent; raise it, or do with less at a time",
                )
            )
    return problems
