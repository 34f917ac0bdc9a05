"""What uncertain estimates cost: nothing where they are sure, more where they are not, and about what theory says."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizers.allocation import AllocationProblem, KeywordItems, PriceTree, allocate, no_budgets
from optimizers.errors import InvalidInputError
from optimizers.regret import estimate_regret
from tests.property.budget_problems import problems


def spreads(problem, size):
    return np.full(len(problem.keywords.node) + len(problem.budgets.node), size)


@given(problems())
@settings(max_examples=10, deadline=None)
def test_sure_estimates_leave_nothing_to_regret(problem):
    result = allocate(problem)
    regret = estimate_regret(problem, result, spreads(problem, 0.0), seed=1)
    assert regret.mean <= 1e-9 * max(abs(result.total_value), 1.0)
    assert regret.high <= 1e-9 * max(abs(result.total_value), 1.0)


@given(problems(minimums=False), st.integers(0, 100))
@settings(max_examples=10, deadline=None)
def test_the_same_seed_gives_the_same_and_more_doubt_never_less_regret(problem, seed):
    result = allocate(problem)
    little, again, much = (
        estimate_regret(problem, result, spreads(problem, size), seed=seed) for size in (0.1, 0.1, 0.6)
    )
    assert little == again
    assert little.mean <= much.mean + 3 * (little.error + much.error) + 1e-9


def unbounded(n):
    one = np.ones(n)
    items = KeywordItems(
        np.zeros(n, dtype=int), 10 * one, one, 2 * one, np.linspace(1.0, 8.0, n), one, one, one, 1e-3 * one, 1e3 * one
    )
    return AllocationProblem(
        items, no_budgets(), PriceTree(np.array([-1]), np.zeros(1), np.array([np.inf]), ("total",))
    )


def test_without_limits_the_regret_is_what_the_formula_says():
    # best profit is 2.5 v^2 for a true value v, that of the plan for u is 5 u v - 2.5 u^2: E regret = 2.5 u^2 (e^(s^2) - 1)
    problem, sd = unbounded(200), 0.3
    regret = estimate_regret(problem, allocate(problem), spreads(problem, sd), seed=7)
    theory = 2.5 * (problem.keywords.value_per_click**2).sum() * np.expm1(sd**2)
    assert regret.mean == pytest.approx(theory, abs=4 * regret.error)
    assert regret.error < 0.1 * theory


def test_a_spread_for_each_item_is_needed():
    problem = unbounded(3)
    with pytest.raises(InvalidInputError, match="3, keywords first"):
        estimate_regret(problem, allocate(problem), np.ones(2), seed=1)


def test_floors_are_refused():
    problem = unbounded(3)
    floored = replace(problem, tree=replace(problem.tree, min_roas=np.array([1.1])))
    with pytest.raises(InvalidInputError, match="a problem without floors"):
        estimate_regret(floored, allocate(floored), np.ones(3), seed=1)
