"""What people complain of in other budget optimisers, as properties: stuck at the start, split equally, unspent, worse than
before, zero taken for unset, and cents that would earn more elsewhere. Each names the public threads that tell of it (Robyn:
facebookexperimental/Robyn, PyMC: pymc-labs/pymc-marketing, LMMM: google/lightweight_mmm); more are in
``test_allocation_public_threads``."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from optimizers.allocation import AllocationProblem, KeywordItems, PriceTree, allocate, evaluate, no_budgets
from optimizers.errors import InfeasibleBudgetError
from tests.property.budget_problems import CENT, node_cost, plan_cost, problems
from tests.property.effort import cases
from tests.property.test_allocation_general_solver import InMoney


def objective_of(problem, multiplier, budget):
    cost, value, budget_cost, budget_value = evaluate(problem, multiplier, budget)
    return float(value.sum() + budget_value.sum() - problem.base_price * (cost.sum() + budget_cost.sum()))


def lowered_to(problem, share):
    """A plan between the lowest and the highest levers; all costs rise with it."""
    keywords, budgets = problem.keywords, problem.budgets
    multiplier = keywords.min_multiplier + share * (keywords.max_multiplier - keywords.min_multiplier)
    return multiplier, budgets.min_budget + share * (budgets.max_budget - budgets.min_budget)


def two_unlike(total, mode="fixed", low=0.01):
    """Two keywords with the same bid and cost, one worth eight times the other."""
    one = np.ones(2)
    items = KeywordItems(
        np.array([1, 2]), 10 * one, one, 2 * one, np.array([2.0, 16.0]), one, one, one, low * one, 9 * one
    )
    most = np.array([total, np.inf, np.inf])
    tree = PriceTree(np.array([-1, 0, 0]), np.zeros(3), most, ("total", "a", "b"))
    return AllocationProblem(items, no_budgets(), tree, mode)


@given(problems())
@cases(60)
def test_no_cent_within_a_node_would_earn_more_in_another_item(problem):
    assume((problem.keywords.value_per_click > 0).all() and problem.budgets.is_limited.all())
    result, money = allocate(problem), InMoney(problem)
    node = np.concatenate([problem.keywords.node, problem.budgets.node])
    x = (np.concatenate([result.keyword_cost, result.budget_cost]) - money.low) / np.maximum(money.span, 1e-12)
    cent = CENT / np.maximum(money.span, 1e-12)
    value, can_give, can_take = money.value(x), x >= cent, x <= 1 - cent
    lost = value - money.value(np.where(can_give, x - cent, x))
    won = money.value(np.where(can_take, x + cent, x)) - value
    for here in range(problem.tree.n_nodes):
        give, take = (node == here) & can_give, (node == here) & can_take
        if give.any() and take.any():
            assert won[take].max() <= lost[give].min() + 1e-9 * value.sum()


# Robyn 1002 "Max response gives lower response (-negative %) Bounded than Initial"; LMMM 80 "optimized KPI is lower than
# pre opt KPI"
@given(problems(), st.floats(0.0, 1.0))
@cases(60)
def test_the_plan_is_never_worse_than_any_plan_that_keeps_the_limits_such_as_todays(problem, share):
    somewhere = lowered_to(problem, share)
    cost = node_cost(problem, plan_cost(problem, *somewhere))
    tree = problem.tree
    room = replace(
        tree, min_cost=np.minimum(tree.min_cost, cost), max_cost=np.maximum(tree.max_cost, cost * (1 + 1e-12))
    )
    problem = replace(problem, tree=room)
    result = allocate(problem)
    assert result.objective >= objective_of(problem, *somewhere) - 1e-9 * max(abs(result.total_value), 1.0)


# Robyn 1017 "Bounded spend is not matching with initial or new given spend"; Robyn 738: spend is minimised instead
@given(problems(minimums=False))
@cases(60)
def test_a_fixed_budget_is_spent_to_the_cent_unless_everything_is_at_a_limit_of_its_own(problem):
    assume((problem.keywords.value_per_click > 0).all())
    problem = replace(problem, mode="fixed")
    result = allocate(problem)
    if result.total_cost < problem.tree.max_cost[0] - CENT / 2:
        is_full = result.node_cost >= problem.tree.max_cost - CENT / 2
        for child, parent in enumerate(problem.tree.parent[1:], start=1):
            is_full[child] |= is_full[parent]
        cost = np.concatenate([result.keyword_cost, result.budget_cost])
        most = plan_cost(problem, problem.keywords.max_multiplier, problem.budgets.max_budget)
        node = np.concatenate([problem.keywords.node, problem.budgets.node])
        assert (is_full[node] | (cost >= most * (1 - 1e-9))).all()


# LMMM 339 "Keep same budget for one channel and optimize others"; LMMM 161: the constant channel moved
@given(problems(minimums=False), st.integers(0, 5), st.floats(0.1, 0.9))
@cases(60)
def test_a_frozen_node_keeps_its_spend_and_the_total_is_still_hit(problem, at, share):
    problem = replace(problem, mode="fixed")
    free, node = allocate(problem), at % problem.tree.n_nodes
    assume(node > 0 and free.total_cost > problem.tree.max_cost[0] - CENT / 2)
    least = node_cost(problem, plan_cost(problem, *lowered_to(problem, 0.0)))[node]
    frozen = least + share * (free.node_cost[node] - least)
    low, high = problem.tree.min_cost.copy(), problem.tree.max_cost.copy()
    low[node] = high[node] = frozen
    others = replace(problem, tree=replace(problem.tree, min_cost=low, max_cost=high))
    most = replace(others, tree=replace(others.tree, max_cost=np.r_[1e9, high[1:]]))
    result = allocate(others)
    assert result.node_cost[node] == pytest.approx(frozen, abs=CENT / 2)
    reachable = min(problem.tree.max_cost[0], allocate(most).total_cost)
    worthless = problem.keywords.value_per_click * problem.keywords.clicks0 <= 0
    if not worthless.any():
        assert result.total_cost == pytest.approx(reachable, abs=CENT / 2)


# Robyn 1033 "some media channels have 0 spendings": a channel held at its zero was given money all the same
@given(problems(), st.integers(0, 5))
@cases(40)
def test_a_maximum_of_zero_is_zero_and_not_unset(problem, at):
    keywords = replace(problem.keywords, min_multiplier=np.zeros(len(problem.keywords.node)))
    budgets = replace(problem.budgets, min_budget=np.zeros(len(problem.budgets.node)))
    node, most = at % problem.tree.n_nodes, problem.tree.max_cost.copy()
    most[node] = 0.0
    tree = replace(problem.tree, min_cost=np.zeros(problem.tree.n_nodes), max_cost=most)
    result = allocate(AllocationProblem(keywords, budgets, tree, problem.mode))
    assert result.node_cost[node] == 0.0


# PyMC 1681 and PyMC 1624 "equal budget across all channels"; LMMM 317 "Est. budget for each channel ... look all the same"
def test_unlike_items_are_not_split_equally_but_by_what_the_next_unit_brings():
    result = allocate(two_unlike(100.0))
    assert result.node_cost[2] == pytest.approx(64 * result.node_cost[1])
    assert result.keyword_marginal[0] == pytest.approx(result.keyword_marginal[1])


# Robyn 511 "Initial spend and optimised spend are the same", Robyn 409, Robyn 349; LMMM 244 "Why Pre and Post Budget
# Allocation do not change?"
@pytest.mark.parametrize("size", [1e-4, 1.0, 1e6])
def test_the_plan_moves_away_from_todays_bids_whatever_the_size_of_the_money(size):
    problem = two_unlike(20.0 * size)
    items = replace(problem.keywords, clicks0=problem.keywords.clicks0 * size)
    result = allocate(replace(problem, keywords=items))
    assert abs(result.multiplier - 1.0).min() > 0.3
    assert result.total_cost == pytest.approx(20.0 * size)


# Robyn 1216: the total recommended never surpasses the start, whatever the target, and nothing says why
def test_what_stays_unspent_in_a_flexible_budget_would_lose_money_and_the_words_say_so():
    result = allocate(two_unlike(1e6, mode="flexible"))
    assert list(result.keyword_binding) == ["price", "price"]
    assert result.keyword_marginal == pytest.approx([1.0, 1.0])
    assert "the next 1 CNY here returns 1.00" in result.describe()[0].en


def test_a_missed_minimum_is_an_error_and_never_a_warning():
    problem = two_unlike(10.0)
    tree = replace(problem.tree, min_cost=np.array([0.0, 8.0, 7.0]))
    with pytest.raises(InfeasibleBudgetError, match=r"5\.00 too much"):
        allocate(replace(problem, tree=tree))
