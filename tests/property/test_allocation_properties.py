"""The optimum, stated without the solver: what must hold for any feasible tree of budgets."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from optimizers.allocation import KeywordItems, allocate, evaluate, spend_value_curve
from optimizers.errors import InfeasibleBudgetError
from tests.property.budget_problems import CENT, MONEY, node_cost, plan_cost, problems, with_total
from tests.property.effort import cases


@given(problems())
@cases(80)
def test_every_budget_is_kept_to_the_cent_and_every_bound_is_kept(problem):
    result = allocate(problem)
    cost = node_cost(problem, plan_cost(problem, result.multiplier, result.budget))
    assert (cost <= problem.tree.max_cost + CENT / 2).all()
    assert (cost >= problem.tree.min_cost - CENT / 2).all()
    assert cost == pytest.approx(result.node_cost, rel=1e-9, abs=1e-9)
    keywords, budgets = problem.keywords, problem.budgets
    assert ((keywords.min_multiplier <= result.multiplier) & (result.multiplier <= keywords.max_multiplier)).all()
    assert ((budgets.min_budget <= result.budget) & (result.budget <= budgets.max_budget)).all()


@given(problems())
@cases(60)
def test_the_gap_to_the_dual_bound_is_closed(problem):
    result = allocate(problem)
    assert 0 <= result.solver_gap <= 1e-9
    assert result.objective <= result.dual_bound


@given(problems())
@cases(60)
def test_no_pair_at_a_node_can_trade_one_cent_and_earn_more(problem):
    result = allocate(problem)
    cost = np.concatenate([result.keyword_cost, result.budget_cost])
    slope = np.concatenate([result.keyword_marginal, result.budget_marginal])
    binding = np.concatenate([result.keyword_binding, result.budget_binding])
    node = np.concatenate([problem.keywords.node, problem.budgets.node])
    worth = np.concatenate([problem.keywords.value_per_click * problem.keywords.clicks0, problem.budgets.value0]) > 0
    stuck_high = np.isin(binding, ["max_change", "frozen", "not_budget_limited"])
    stuck_low = np.isin(binding, ["min_change", "frozen"])
    for here in range(problem.tree.n_nodes):
        can_take = (node == here) & ~stuck_high & worth
        can_give = (node == here) & ~stuck_low & (cost > CENT) & ~(binding == "not_budget_limited")
        if can_take.any() and can_give.any():
            assert slope[can_take].max() <= np.where(worth, slope, 0.0)[can_give].min() * (1 + 1e-6)


@given(problems(minimums=False), st.floats(1.0, 1.5))
@cases(50)
def test_more_budget_never_earns_less_and_never_at_a_higher_price(problem, more):
    less = allocate(problem)
    richer = allocate(with_total(problem, problem.tree.max_cost[0] * more))
    assert richer.objective >= less.objective - 1e-9 * abs(less.objective)
    assert richer.node_price[0] <= less.node_price[0] * (1 + 1e-9)


@given(problems(), st.randoms(use_true_random=False))
@cases(40)
def test_the_order_of_rows_changes_nothing(problem, random):
    order = list(range(len(problem.keywords.node)))
    random.shuffle(order)
    shuffled = KeywordItems(*(getattr(problem.keywords, name)[order] for name in problem.keywords.__dataclass_fields__))
    one, other = allocate(problem), allocate(replace(problem, keywords=shuffled))
    assert other.multiplier == pytest.approx(one.multiplier[order], rel=1e-9)
    assert other.objective == pytest.approx(one.objective, rel=1e-9, abs=1e-9)


@given(problems(), st.sampled_from([1e-3, 0.14, 7.2, 1e4]))
@cases(40)
def test_the_currency_unit_changes_nothing(problem, rate):
    keywords, budgets = (
        replace(items, **{name: getattr(items, name) * rate for name in MONEY if hasattr(items, name)})
        for items in (problem.keywords, problem.budgets)
    )
    tree = replace(problem.tree, min_cost=problem.tree.min_cost * rate, max_cost=problem.tree.max_cost * rate)
    one, other = allocate(problem), allocate(replace(problem, keywords=keywords, budgets=budgets, tree=tree))
    assert other.multiplier == pytest.approx(one.multiplier, rel=1e-8)
    assert other.total_cost == pytest.approx(one.total_cost * rate, rel=1e-9)
    assert other.node_price == pytest.approx(one.node_price, rel=1e-8, abs=1e-12)


@given(problems(minimums=False, max_budgets=0))
@cases(40)
def test_zero_budget_costs_zero(problem):
    keywords = replace(problem.keywords, min_multiplier=np.zeros(len(problem.keywords.node)))
    result = allocate(with_total(replace(problem, keywords=keywords), 0.0))
    assert result.total_cost == 0.0
    assert (result.multiplier[result.keyword_cost > 0] == 0).all()
    assert result.solver_gap == 0.0


@given(problems(), st.data())
@cases(40)
def test_paused_and_frozen_items_do_not_move(problem, data):
    keywords = problem.keywords
    held = np.array(
        data.draw(st.lists(st.sampled_from([0.0, 1.0]), min_size=len(keywords.node), max_size=len(keywords.node)))
    )
    keywords = replace(keywords, min_multiplier=held, max_multiplier=held)
    tree = replace(problem.tree, min_cost=np.zeros(problem.tree.n_nodes), max_cost=problem.tree.max_cost * 10)
    result = allocate(replace(problem, keywords=keywords, tree=tree))
    assert (result.multiplier == held).all()
    assert (result.keyword_cost[held == 0] == 0).all()
    assert result.keyword_cost[held == 1] == pytest.approx((keywords.clicks0 * keywords.cpc0)[held == 1])


@given(problems(minimums=False, max_keywords=5, max_budgets=0))
@cases(40)
def test_keywords_that_may_be_paused_come_within_their_gap_of_enumeration(problem):
    keywords, n = problem.keywords, len(problem.keywords.node)
    free = with_total(
        replace(problem, keywords=replace(keywords, min_multiplier=np.zeros(n))), problem.tree.max_cost[0] / 2
    )
    result, best = allocate(free), -np.inf
    for bits in range(2**n):
        is_on = np.array([bits >> row & 1 for row in range(n)], dtype=bool)
        some = replace(keywords, min_multiplier=is_on * 1e-6, max_multiplier=keywords.max_multiplier * is_on)
        try:
            best = max(best, allocate(replace(free, keywords=some)).objective)
        except InfeasibleBudgetError:
            continue
    assert result.objective <= best + 1e-7 * max(abs(best), 1.0)
    assert best <= result.dual_bound * (1 + 1e-9) + 1e-9


@given(problems())
@cases(40)
def test_a_contradiction_is_named_with_the_money_missing(problem):
    least = node_cost(problem, plan_cost(problem, problem.keywords.min_multiplier, problem.budgets.min_budget))[0]
    assume(least > 1.0)
    nodes = problem.tree.n_nodes
    poor = replace(problem.tree, min_cost=np.zeros(nodes), max_cost=np.r_[least - 1.0, np.full(nodes - 1, np.inf)])
    with pytest.raises(InfeasibleBudgetError, match="cannot keep n0 within its maximum") as error:
        allocate(replace(problem, tree=poor))
    assert error.value.missing == pytest.approx(1.0, rel=1e-6)


@given(problems())
@cases(30)
def test_evaluating_the_optimum_gives_its_own_cost_and_value(problem):
    result = allocate(problem)
    cost, value, budget_cost, budget_value = evaluate(problem, result.multiplier, result.budget)
    assert cost == pytest.approx(result.keyword_cost, rel=1e-9, abs=1e-12)
    assert value == pytest.approx(result.keyword_value, rel=1e-9, abs=1e-12)
    assert budget_cost == pytest.approx(result.budget_cost, rel=1e-9)
    assert budget_value == pytest.approx(result.budget_value, rel=1e-9)


@given(problems(minimums=False))
@cases(20)
def test_the_value_of_money_is_concave(problem):
    problem = replace(problem, mode="fixed")
    totals = problem.tree.max_cost[0] * np.array([1.0, 1.1, 1.2])
    cost, value = spend_value_curve(problem, totals)
    assert (np.diff(cost) >= -1e-9 * cost[0]).all()
    assert value[1] >= (value[0] + value[2]) / 2 * (1 - 1e-9)
