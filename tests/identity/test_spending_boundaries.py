"""Limits of a pool and of a run: the limit itself is allowed, one wei more is not; a refused claim changes nothing."""

import pytest

from config.errors import Problem
from config.models.scalars import Amount
from config.models.spending import Spending, SpendingLimits
from identity.errors import SpendingRefused
from identity.submission.spending import Claim, PoolBudget, Reserve, RunBudget, Sum, exceeded

ONE = 10**18
NO_LIMITS = SpendingLimits()


def test_sums_add_each_currency_by_itself() -> None:
    assert Sum(1, 20) + Sum(300, 4000) == Sum(301, 4020)
    assert Sum() == Sum(0, 0)


@pytest.mark.parametrize(("excess_wei", "paths"), [(-1, []), (0, []), (1, ["pools.core.spending.xdai"])])
def test_a_pool_may_spend_exactly_its_limit(excess_wei: int, paths: list[str]) -> None:
    limits = SpendingLimits(xdai=Amount("1"))
    assert [problem.path for problem in exceeded("core", limits, Sum(ONE + excess_wei, 5 * ONE))] == paths


@pytest.mark.parametrize(("excess_wei", "paths"), [(-1, []), (0, []), (1, ["pools.core.spending.wxhopr"])])
def test_wxhopr_has_a_limit_of_its_own(excess_wei: int, paths: list[str]) -> None:
    limits = SpendingLimits(wxhopr=Amount("1"))
    assert [problem.path for problem in exceeded("core", limits, Sum(5 * ONE, ONE + excess_wei))] == paths


def test_a_limit_of_zero_allows_nothing_and_none_allows_everything() -> None:
    assert len(exceeded("core", SpendingLimits(xdai=Amount("0"), wxhopr=Amount("0")), Sum(1, 1))) == 2
    assert exceeded("core", NO_LIMITS, Sum(10**30, 10**30)) == []


def text(problems: list[Problem]) -> str:
    (problem,) = problems
    return problem.text


def test_a_refusal_names_the_sum_each_pool_that_pays_and_the_limit() -> None:
    budget = RunBudget(Spending(xdai=Amount("3"), wxhopr=Amount("3")))
    for name, amount in (("core", Sum(ONE, ONE)), ("none", Sum())):
        assert budget.claim(name, NO_LIMITS, Claim(due=amount)) == []
    xdai = text(budget.claim("edge", NO_LIMITS, Claim(due=Sum(5 * ONE // 2, ONE))))
    assert "3.5 xDai (core 1, edge 2.5, gas at chain.maxFeeGwei included), at most 3 " in xdai
    wxhopr = text(budget.claim("edge", NO_LIMITS, Claim(due=Sum(ONE, 5 * ONE // 2))))
    assert "3.5 wxHOPR (core 1, edge 2.5), at most 3 " in wxhopr


def test_pools_share_the_limit_of_the_run() -> None:
    budget = RunBudget(Spending(wxhopr=Amount("3")))
    assert budget.claim("core", NO_LIMITS, Claim(spent=Sum(0, ONE), due=Sum(0, ONE))) == []
    (problem,) = budget.claim("edge", NO_LIMITS, Claim(due=Sum(0, ONE + 1)))
    assert problem.path == "spending.wxhopr"
    assert budget.claim("edge", NO_LIMITS, Claim(due=Sum(0, ONE))) == []


def test_a_claim_replaces_the_earlier_one_of_its_pool() -> None:
    budget = RunBudget(Spending(xdai=Amount("1")))
    for _ in range(3):
        assert budget.claim("core", NO_LIMITS, Claim(due=Sum(ONE))) == []


def test_what_is_spent_counts_as_much_as_what_is_due() -> None:
    limits = SpendingLimits(xdai=Amount("1"))
    budget = RunBudget()
    assert budget.claim("core", limits, Claim(spent=Sum(ONE // 2), due=Sum(ONE // 2))) == []
    (problem,) = budget.claim("core", limits, Claim(spent=Sum(ONE // 2), due=Sum(ONE // 2 + 1)))
    assert problem.path == "pools.core.spending.xdai"


def test_a_refused_claim_keeps_the_earlier_one() -> None:
    budget = RunBudget(Spending(xdai=Amount("1")))
    assert budget.claim("core", NO_LIMITS, Claim(spent=Sum(7), due=Sum(3))) == []
    assert budget.claim("core", NO_LIMITS, Claim(spent=Sum(8), due=Sum(ONE)))
    assert budget.spent("core") == Sum(7)
    assert budget.planned_by_others("edge") == Sum(3)


def test_a_pool_without_a_claim_has_spent_nothing() -> None:
    assert RunBudget().spent("core") == Sum()
    assert RunBudget().planned_by_others("core") == Sum()


def test_the_reserve_for_others_counts_only_pools_that_have_not_begun_to_pay() -> None:
    budget = RunBudget()
    budget.claim("own", NO_LIMITS, Claim(due=Sum(1, 10)))
    budget.claim("planned", NO_LIMITS, Claim(spent=Sum(1000, 1000), due=Sum(2, 20)))
    budget.claim("planned too", NO_LIMITS, Claim(due=Sum(4, 40)))
    budget.claim("paying", NO_LIMITS, Claim(due=Sum(8, 80), begun=True))
    assert budget.planned_by_others("own") == Sum(6, 60)


def test_a_settled_pool_has_nothing_due() -> None:
    budget = RunBudget(Spending(xdai=Amount("1")))
    budget.claim("core", NO_LIMITS, Claim(due=Sum(ONE)))
    budget.claim("rest", NO_LIMITS, Claim(due=Sum()))
    budget.settle("core", Sum(5, 50))
    assert budget.spent("core") == Sum(5, 50)
    assert budget.planned_by_others("edge") == Sum()
    assert budget.claim("edge", NO_LIMITS, Claim(due=Sum(ONE - 5))) == []
    assert [problem.path for problem in budget.claim("edge", NO_LIMITS, Claim(due=Sum(ONE - 4)))] == ["spending.xdai"]


def test_settling_ignores_the_limits() -> None:
    budget = RunBudget(Spending(xdai=Amount("0")))
    budget.settle("core", Sum(ONE))
    assert budget.spent("core") == Sum(ONE)


# the budget of one pool


def test_a_pool_plans_claims_and_settles_in_the_budget_of_its_run() -> None:
    run = RunBudget(Spending(xdai=Amount("1"), keep_xdai=Amount("0.5")))
    core, edge = PoolBudget("core", NO_LIMITS, run), PoolBudget("edge", NO_LIMITS, run)
    core.plan(Sum(ONE // 2, 7))
    assert edge.reserve == Reserve(ONE // 2, Sum(ONE // 2, 7))
    assert core.reserve == Reserve(ONE // 2, Sum())
    core.claim(Sum(ONE // 4, 3), Sum(ONE // 4, 4))
    assert edge.reserve == Reserve(ONE // 2, Sum())
    assert (core.spent, edge.spent) == (Sum(ONE // 4, 3), Sum())
    edge.plan(Sum(ONE // 2))
    core.settle(Sum(ONE // 3, 5))
    assert core.spent == Sum(ONE // 3, 5)


def test_a_plan_keeps_what_was_spent_before() -> None:
    core = PoolBudget("core", SpendingLimits(xdai=Amount("1")), RunBudget())
    core.claim(Sum(ONE // 2), Sum())
    core.plan(Sum(ONE // 2))
    assert core.spent == Sum(ONE // 2)
    with pytest.raises(SpendingRefused):
        core.plan(Sum(ONE // 2 + 1))


def test_a_pool_above_its_limits_is_refused_with_each_problem() -> None:
    core = PoolBudget("core", SpendingLimits(xdai=Amount("1")), RunBudget(Spending(wxhopr=Amount("1"))))
    with pytest.raises(SpendingRefused) as planned:
        core.plan(Sum(ONE + 1, ONE + 1))
    assert [problem.path for problem in planned.value.problems] == ["pools.core.spending.xdai", "spending.wxhopr"]
    with pytest.raises(SpendingRefused) as claimed:
        core.claim(Sum(1), Sum(ONE))
    assert [problem.path for problem in claimed.value.problems] == ["pools.core.spending.xdai"]
