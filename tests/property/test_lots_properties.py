"""Budgets on steps and lots: on the grid, under every maximum, as good as every other plan there but for the stated bound."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizers.allocation import AllocationProblem, BudgetItems, PriceTree, allocate, no_keywords
from optimizers.errors import InfeasibleBudgetError, InvalidInputError
from optimizers.lots import BudgetGrid, round_budgets
from tests.property.effort import cases


@st.composite
def grids(draw, equal_steps=False, lots=True):
    """Up to four budgets on at most seven steps each, under a total and two platforms."""
    rng, n = np.random.default_rng(draw(st.integers(0, 2**32 - 1))), draw(st.integers(1, 4))
    base = rng.uniform(50, 150, n)
    limited = np.ones(n, dtype=bool) if equal_steps else rng.random(n) < 0.7
    node = rng.integers(1, 3, n)
    items = BudgetItems(node, base * rng.lognormal(0.8, 0.5, n), base, rng.uniform(0.2, 0.9, n), np.zeros(n),
                        rng.uniform(1.0, 2.0, n) * base, base, limited)  # fmt: skip
    step = np.full(n, 50.0) if equal_steps else rng.choice([50.0, 70.0, 100.0], n)
    lot = np.where(rng.random(n) < 0.5, rng.uniform(0, 150, n), 0.0) * lots
    grid = BudgetGrid(step, lot, np.ones(n, dtype=bool), node)
    total = base.sum() * rng.uniform(0.5, 1.5)
    most = np.array([total, total * rng.uniform(0.3, 1.0), np.inf])
    return items, grid, PriceTree(np.array([-1, 0, 0]), np.zeros(3), most, ("total", "a", "b"))


def solve(items, grid, tree):
    smooth = allocate(AllocationProblem(no_keywords(), items, tree))
    return round_budgets(items, grid, tree, smooth.node_price, 1.0), smooth


def every_plan(items, grid, tree):
    """Profit of the best plan on the grid, by trying all."""
    choices = []
    for row in range(len(items.node)):
        steps = np.arange(0, np.floor(items.max_budget[row] / grid.step[row]) + 1)
        money = steps * grid.step[row]
        choices.append(money[(money == 0) | (money >= grid.min_lot[row])])
    best = -np.inf
    for plan in itertools.product(*choices):
        budget = np.array(plan)
        cost = np.where(items.is_limited, budget, np.minimum(budget, items.cost0))
        spent = np.array([cost.sum(), cost[items.node == 1].sum(), cost[items.node == 2].sum()])
        if (spent <= tree.max_cost * (1 + 1e-9)).all():
            base = np.where(items.is_limited, items.budget0, items.cost0)
            best = max(best, float((items.value0 * (cost / base) ** items.beta - cost).sum()))
    return best


@given(grids())
@cases(80)
def test_every_budget_is_nothing_or_a_whole_number_of_steps_from_its_lot_to_its_maximum(problem):
    items, grid, tree = problem
    plan, _ = solve(*problem)
    assert plan.budget % grid.step == pytest.approx(0.0)
    is_on = plan.budget > 0
    assert (plan.budget[is_on] >= grid.min_lot[is_on] * (1 - 1e-9)).all()
    assert (plan.budget <= items.max_budget * (1 + 1e-9)).all()
    spent = np.array([plan.cost.sum(), *(plan.cost[items.node == node].sum() for node in (1, 2))])
    assert (spent <= tree.max_cost * (1 + 1e-9)).all()
    assert plan.leftover[:2] == pytest.approx(np.maximum(tree.max_cost - spent, 0.0)[:2], abs=1e-6)


@given(grids())
@cases(80)
def test_no_plan_on_the_grid_beats_the_stated_bound(problem):
    plan, _ = solve(*problem)
    objective, best = float((plan.value - plan.cost).sum()), every_plan(*problem)
    assert objective <= best + 1e-9 * max(abs(best), 1.0)
    assert best <= objective + plan.loss_bound + 1e-9 * max(abs(best), 1.0)


@given(grids(equal_steps=True, lots=False))
@cases(80)
def test_with_equal_steps_and_no_lots_the_plan_is_the_best_there_is(problem):
    plan, _ = solve(*problem)
    assert float((plan.value - plan.cost).sum()) == pytest.approx(every_plan(*problem), rel=1e-12, abs=1e-9)


@given(grids(), st.sampled_from([1e-3, 7.2, 1e4]))
@cases(30)
def test_the_currency_unit_changes_nothing(problem, rate):
    items, grid, tree = problem
    money = BudgetItems(items.node, items.value0 * rate, items.budget0 * rate, items.beta, items.min_budget * rate,
                        items.max_budget * rate, items.cost0 * rate, items.is_limited)  # fmt: skip
    other_grid = BudgetGrid(grid.step * rate, grid.min_lot * rate, grid.may_stop, grid.node)
    other_tree = PriceTree(tree.parent, tree.min_cost, tree.max_cost * rate, tree.names)
    one, other = solve(*problem)[0], solve(money, other_grid, other_tree)[0]
    assert other.budget == pytest.approx(one.budget * rate, rel=1e-9)


def one_budget(may_stop=True, lot=0.0, total=1000.0, high=400.0, value=300.0):
    one = np.ones(1)
    items = BudgetItems(np.array([0]), value * one, 100 * one, 0.5 * one, 0 * one, high * one, 100 * one, one > 0)
    grid = BudgetGrid(50 * one, lot * one, np.array([may_stop]), np.array([0]))
    return items, grid, PriceTree(np.array([-1]), np.zeros(1), np.array([total]), ("total",))


def test_a_lot_that_loses_money_is_not_bought():
    assert solve(*one_budget(lot=300.0, value=150.0))[0].budget.tolist() == [0.0]


def test_a_lot_that_must_be_bought_is_bought_at_a_loss():
    assert solve(*one_budget(may_stop=False, lot=300.0, value=150.0))[0].budget.tolist() == [300.0]


def test_a_total_of_zero_is_zero_and_not_unset():
    assert solve(*one_budget(total=0.0))[0].budget.tolist() == [0.0]


def test_lots_that_do_not_fit_the_total_are_refused_with_the_money_missing():
    items, grid, tree = one_budget(may_stop=False, lot=300.0, total=260.0)
    with pytest.raises(InfeasibleBudgetError, match="even the lowest cost too much") as error:
        round_budgets(items, grid, tree, np.ones(1), 1.0)
    assert error.value.missing == pytest.approx(40.0)


def test_a_lot_above_the_maximum_of_a_budget_that_may_not_stop_is_refused():
    items, grid, tree = one_budget(may_stop=False, lot=500.0)
    with pytest.raises(InvalidInputError, match="a step between lot and maximum"):
        round_budgets(items, grid, tree, np.ones(1), 1.0)
