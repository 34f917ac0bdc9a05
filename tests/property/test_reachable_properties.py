"""Limits that give way: whatever a tree asks, something can be planned, and nothing gives way without need."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from optimizers.allocation import AllocationProblem, KeywordItems, PriceTree, allocate, no_budgets
from optimizers.errors import InfeasibleBudgetError
from optimizers.reachable import Given, given_way, loosen, within_reach
from tests.property.budget_problems import problems
from tests.property.effort import cases
from tests.property.test_allocation_floors import check_limits, with_floors, with_revenue

SEEDS = st.integers(0, 2**32 - 1)


def with_wild_limits(problem, seed):
    """Minimums and maxima that nobody has looked at: they contradict each other and the items."""
    rng, tree = np.random.default_rng(seed), problem.tree
    scale = allocate(problem).node_cost + 1.0
    least = np.where(rng.random(tree.n_nodes) < 0.5, scale * rng.lognormal(0, 1, tree.n_nodes), 0.0)
    most = np.where(rng.random(tree.n_nodes) < 0.5, scale * rng.lognormal(0, 1, tree.n_nodes), np.inf)
    most[0] = scale[0] * rng.lognormal(0, 0.5)
    marginal = np.where(rng.random(tree.n_nodes) < 0.3, rng.uniform(0.5, 4.0, tree.n_nodes), np.nan)
    return replace(problem, tree=replace(tree, min_cost=least, max_cost=most, min_marginal_roas=marginal))


def can_be_met(problem) -> bool:
    try:
        allocate(problem)
    except InfeasibleBudgetError:
        return False
    return True


@cases(30)
@given(problems(), SEEDS)
def test_whatever_a_tree_asks_something_can_be_planned_within_what_is_left_of_it(problem, seed):
    wild = with_wild_limits(problem, seed)
    kept = loosen(within_reach(wild))
    event(f"can be met as asked: {can_be_met(wild)}")
    check_limits(kept, allocate(kept))
    assert (kept.tree.max_cost >= wild.tree.max_cost * (1 - 1e-12)).all()  # a maximum only gives way to the items
    assert (kept.tree.min_cost <= wild.tree.min_cost).all()


@cases(12)
@given(problems(max_keywords=5, max_budgets=2, minimums=False), SEEDS)
def test_floors_that_no_plan_keeps_fall_and_the_others_are_kept(problem, seed):
    strict = with_floors(with_revenue(problem, seed), seed, strictness=(0.7, 3.0))
    kept = loosen(within_reach(strict))
    event(f"can be met as asked: {can_be_met(strict)}")
    check_limits(kept, allocate(kept))
    fallen = [one for one in given_way(strict.tree, kept.tree) if one.column == "min_roas"]
    assert can_be_met(within_reach(strict)) == (not fallen)
    assert all(np.isnan(one.kept) or one.kept < one.asked for one in fallen)


@cases(30)
@given(problems())
def test_what_can_be_met_does_not_give_way(problem):
    kept = loosen(within_reach(problem))
    assert given_way(problem.tree, kept.tree) == []


@cases(20)
@given(problems(), SEEDS, st.sampled_from([0.01, 100.0]))
def test_the_currency_changes_nothing(problem, seed, rate):
    wild = with_wild_limits(problem, seed)
    money = {name: getattr(wild.keywords, name) * rate for name in ("cpc0", "bid0", "value_per_click")}
    budgets = {
        name: getattr(wild.budgets, name) * rate for name in ("value0", "budget0", "min_budget", "max_budget", "cost0")
    }
    tree = replace(wild.tree, min_cost=wild.tree.min_cost * rate, max_cost=wild.tree.max_cost * rate)
    other = replace(wild, keywords=replace(wild.keywords, **money), budgets=replace(wild.budgets, **budgets), tree=tree)
    one, two = (loosen(within_reach(each)).tree for each in (wild, other))
    np.testing.assert_allclose(two.min_cost, one.min_cost * rate, rtol=1e-6, atol=1e-6 * rate)
    np.testing.assert_allclose(two.max_cost, one.max_cost * rate, rtol=1e-9)


def fixed_costs(*node_and_cost: tuple[int, float]) -> KeywordItems:
    """Keywords that nobody may move and that cost what is told."""
    node, cost = (np.array(column) for column in zip(*node_and_cost, strict=True))
    one = np.ones(len(node))
    return KeywordItems(node.astype(np.int64), cost, one, one, 2 * one, one, one, one, one, one)


def test_minimums_give_way_in_proportion_to_what_they_ask_above_what_is_spent_anyway():
    """40 of 100 are spent anyway; minimums of 90 and 70 ask 70 and 50 more, and share the 60 that are left."""
    items = replace(fixed_costs((1, 20.0), (2, 20.0)), max_multiplier=np.full(2, 9.0))
    tree = PriceTree(np.array([-1, 0, 0]), np.array([0.0, 90.0, 70.0]), np.array([100.0, np.inf, np.inf]), tuple("abc"))
    kept = loosen(AllocationProblem(items, no_budgets(), tree))
    assert kept.tree.min_cost[1:] == pytest.approx([20 + 60 * 70 / 120, 20 + 60 * 50 / 120])


def test_what_gave_way_is_told_with_what_was_asked_and_what_is_kept():
    tree = PriceTree(np.array([-1, 0]), np.array([0.0, 50.0]), np.array([10.0, np.inf]), ("total", "a"))
    asked = AllocationProblem(fixed_costs((1, 20.0)), no_budgets(), tree)
    found = given_way(tree, within_reach(asked).tree)
    assert found == [
        Given("a", "min_cost", 50.0, pytest.approx(20.0)), Given("total", "max_cost", 10.0, pytest.approx(20.0)),
    ]  # fmt: skip
