"""ROAS floors on random trees: kept, proven best, and where they cannot be kept, named so that no name can be spared."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st

from optimizers.allocation import AllocationProblem, FloorBasis, KeywordItems, PriceTree, allocate, no_budgets
from optimizers.conflict import WORDS
from optimizers.errors import InfeasibleBudgetError
from optimizers.solution import solve
from tests.property.budget_problems import CENT, node_cost, plan_cost, problems
from tests.property.effort import cases

NONE = {"min_cost": 0.0, "max_cost": np.inf, "min_roas": np.nan, "min_marginal_roas": np.nan}


def with_floors(problem, seed, deepest=99, strictness=(0.7, 1.4)):
    """Floors around what each node brings without any, on about half of the nodes."""
    rng, tree, free = np.random.default_rng(seed), problem.tree, allocate(problem)
    asked = (rng.random(tree.n_nodes) < 0.5) & (free.node_cost > CENT) & (free.node_worth > 0) & (tree.depth <= deepest)
    with np.errstate(divide="ignore", invalid="ignore"):
        floor = free.node_worth / free.node_cost * rng.uniform(*strictness, tree.n_nodes)
    return replace(problem, tree=replace(tree, min_roas=np.where(asked, floor, np.nan)))


def with_revenue(problem, seed):
    """Floors count revenue, the objective margin; margins differ from item to item."""
    rng = np.random.default_rng(seed)
    click, day = (rng.uniform(1.2, 5.0, len(items.node)) for items in (problem.keywords, problem.budgets))
    worth = problem.keywords.value_per_click * click, problem.budgets.value0 * day
    return replace(problem, basis=FloorBasis(*worth))


def try_to_allocate(problem):
    try:
        return allocate(problem)
    except InfeasibleBudgetError:
        assume(False)


def refusal_of(problem):
    try:
        allocate(problem)
    except InfeasibleBudgetError as error:
        return error
    return None


def check_limits(problem, result):
    cost = node_cost(problem, plan_cost(problem, result.multiplier, result.budget))
    assert (cost <= problem.tree.max_cost + CENT / 2).all()
    assert (cost >= problem.tree.min_cost - CENT / 2).all()
    floor = np.where(np.isnan(problem.tree.min_roas), 0.0, problem.tree.min_roas)
    assert (result.node_worth >= floor * cost - CENT / 2).all()


@given(problems(), st.integers(0, 2**32 - 1))
@cases(100)
def test_every_floor_at_any_depth_is_kept_beside_every_budget_and_proven_best(problem, seed):
    floored = with_floors(problem, seed)
    result = try_to_allocate(floored)
    check_limits(floored, result)
    assert result.solver_gap <= 1e-9
    free = allocate(problem)
    assert result.objective <= free.dual_bound + 1e-9 * abs(free.dual_bound)
    event(f"a floor binds: {any('node_roas' in word for word in [*result.keyword_binding, *result.budget_binding])}")


@given(problems(max_keywords=5), st.integers(0, 2**32 - 1))
@cases(40)
def test_a_revenue_floor_under_a_profit_objective_is_kept_and_proven_best(problem, seed):
    floored = with_floors(with_revenue(problem, seed), seed, deepest=1, strictness=(0.8, 1.15))
    result = try_to_allocate(floored)
    check_limits(floored, result)
    assert result.solver_gap <= 1e-9


@given(problems(minimums=False), st.integers(0, 2**32 - 1))
@cases(40)
def test_a_floor_on_the_own_basis_is_the_same_by_interval_and_by_weight(problem, seed):
    floored = with_floors(problem, seed, deepest=0, strictness=(0.9, 1.2))
    by_interval = try_to_allocate(floored)
    own = FloorBasis(problem.keywords.value_per_click, problem.budgets.value0)
    by_weight = allocate(replace(floored, basis=own))
    assert by_weight.objective == pytest.approx(by_interval.objective, rel=1e-7, abs=1e-7)


@given(problems(), st.integers(0, 2**32 - 1))
@cases(60)
def test_no_next_unit_of_cost_is_bought_under_a_marginal_floor(problem, seed):
    rng, tree = np.random.default_rng(seed), problem.tree
    floor = np.where(rng.random(tree.n_nodes) < 0.5, rng.uniform(1.0, 4.0, tree.n_nodes), np.nan)
    problem = replace(problem, tree=replace(tree, min_cost=np.zeros(tree.n_nodes), min_marginal_roas=floor))
    result, (highest, _) = try_to_allocate(problem), problem.tree.inherit(floor)
    node = np.concatenate([problem.keywords.node, problem.budgets.node])
    slope = np.concatenate([result.keyword_marginal, result.budget_marginal])
    items, budgets = problem.keywords, problem.budgets
    floor_of_lever = np.where(budgets.is_limited, budgets.min_budget, np.minimum(budgets.min_budget, budgets.cost0))
    spent = np.where(budgets.is_limited, result.budget, np.minimum(result.budget, budgets.cost0))
    is_least = np.concatenate([
        result.multiplier <= items.min_multiplier * (1 + 1e-12), spent <= floor_of_lever * (1 + 1e-12)
    ])  # fmt: skip
    assert (is_least | (slope >= highest[node] * (1 - 1e-9))).all()
    assert result.solver_gap <= 1e-9


@given(problems(max_keywords=5), st.integers(0, 2**32 - 1))
@cases(80)
def test_each_limit_that_a_refusal_names_is_needed_for_the_contradiction(problem, seed):
    floored = with_floors(problem, seed, strictness=(1.0, 2.0))
    refusal = refusal_of(floored)
    assume(refusal is not None and "ROAS floor" in " ".join(refusal.offenders))
    assert refusal.missing > 0
    named = [limit_of(floored, offender) for offender in refusal.offenders]
    assert refusal_of(with_limits(floored, named))
    for row in range(len(named)):
        assert refusal_of(with_limits(floored, named[:row] + named[row + 1 :])) is None


def test_a_total_is_spent_whole_although_a_floor_on_another_basis_makes_money_dear_below_it():
    """The price at the total lies far below what the floor adds to it, where prices were once not looked for."""
    node, one = np.array([0, 1]), np.ones(2)
    items = KeywordItems(node, [7.08, 6.14], [0.9, 0.407], [1.288, 2.491], [2.184, 0.782], [0.551, 0.253], one,
                         [0.525, 1.72], [0.955, 0.871], [1.003, 1.857])  # fmt: skip
    tree = PriceTree(np.array([-1, 0]), np.zeros(2), np.array([10.0, np.inf]), ("total", "a"), np.array([np.nan, 3.5]))
    problem = AllocationProblem(items, no_budgets(), tree, "fixed", FloorBasis([7.907, 1.74], np.zeros(0)))
    assert solve(problem, np.array([0.0, 0.056])).node_cost[0] == pytest.approx(10.0, abs=CENT / 2)
    assert allocate(problem).solver_gap <= 1e-9


def limit_of(problem, offender):
    name, words = offender.split(" ", 1)
    column = next(column for column, word in WORDS.items() if words.startswith(word))
    return column, problem.tree.names.index(name)


def with_limits(problem, limits):
    columns = {column: np.full(problem.tree.n_nodes, none) for column, none in NONE.items()}
    for column, node in limits:
        columns[column][node] = getattr(problem.tree, column)[node]
    return replace(problem, tree=replace(problem.tree, **columns), mode="flexible")
