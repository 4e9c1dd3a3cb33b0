"""Spending limits are checked before the first transaction: for a pool, for all pools, and over all rounds of a run."""

from __future__ import annotations

import pytest

from config.models.scalars import Amount
from config.models.spending import Spending, SpendingLimits
from identity.errors import PreflightFailed, SpendingRefused
from identity.submission.spending import PoolBudget, RunBudget
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.ledger import Ledger
from testkit.chain.pool_on_chain import Before, PoolOnChain


@pytest.mark.parametrize(
    ("limits", "total", "path", "message"),
    [
        ({"xdai": Amount("0.2")}, {}, "pools.core.spending.xdai", "gas at chain.maxFeeGwei included"),
        ({"wxhopr": Amount("19")}, {}, "pools.core.spending.wxhopr", "at most 19 are allowed"),
        ({}, {"xdai": Amount("0.2")}, "spending.xdai", "at most 0.2 are allowed"),
        ({}, {"wxhopr": Amount("19")}, "spending.wxhopr", "up to 20 wxHOPR (core 20)"),
    ],
)
def test_above_a_limit_nothing_is_sent(
    pool: PoolOnChain, limits: dict[str, Amount], total: dict[str, Amount], path: str, message: str
) -> None:
    budget = PoolBudget("core", SpendingLimits(**limits), RunBudget(Spending(**total)))
    with pytest.raises(SpendingRefused) as caught:
        pool.apply(budget=budget)
    (problem,) = caught.value.problems
    assert problem.path == path
    assert message in problem.text
    assert "nothing is sent" in problem.text
    assert pool.transactions_of_wallet() == 0


def test_all_pools_share_the_run_budget(chain: DevelopmentChain, ledger: Ledger) -> None:
    budget = RunBudget(Spending(wxhopr=Amount("30")))
    first, second = PoolOnChain.of(chain, ledger, 2), PoolOnChain.of(chain, ledger, 2, first=10)
    first.apply(budget=PoolBudget("core", budget=budget))
    count = first.transactions_of_wallet()
    with pytest.raises(SpendingRefused, match=r"up to 40 wxHOPR \(core 20, edge 20\), at most 30 are allowed"):
        second.apply(budget=PoolBudget("edge", budget=budget))
    assert first.transactions_of_wallet() == count


def test_spending_exactly_the_limit_is_allowed(pool: PoolOnChain) -> None:
    before = Before.of(pool)
    pool.apply(budget=PoolBudget("core", SpendingLimits(wxhopr=Amount("20"))))
    before.assert_paid_once()


def test_the_wallet_keeps_its_reserve(pool: PoolOnChain, ledger: Ledger) -> None:
    budget = RunBudget(Spending(keep_xdai=Amount("1")))
    ledger.rpc.call("anvil_setBalance", pool.desired.wallet, hex(10**18))
    with pytest.raises(PreflightFailed, match=r"1 to keep \(spending\.keepXdai\)"):
        pool.apply(budget=PoolBudget("core", budget=budget))
    assert pool.transactions_of_wallet() == 0
