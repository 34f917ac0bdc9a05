"""What other budgets would bring: the same as solving anew, never worse with more, and cheap."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.allocation import budget_tree
from optimizers.allocation import AllocationProblem, KeywordItems, PriceTree, allocate, no_budgets, spend_value_curve
from optimizers.curves import Curves
from optimizers.errors import InfeasibleBudgetError, InvalidInputError
from optimizers.what_if import what_if
from tests.property.budget_problems import problems, with_total


def changed(problem, result, row):
    """The problem that a row of the table answers, written out again."""
    tree, node = problem.tree, problem.tree.names.index(row.name)
    least, most = tree.min_cost.copy(), tree.max_cost.copy()
    if node == 0:
        most[0] *= 1 + row.change
        least = np.minimum(least, np.r_[most[0], least[1:]])
    else:
        least[node] = most[node] = result.node_cost[node] * (1 + row.change)
    return replace(problem, tree=replace(tree, min_cost=least, max_cost=most))


@given(problems(), st.booleans())
@settings(max_examples=40, deadline=None)
def test_each_row_is_what_solving_anew_would_give(problem, with_floor):
    if with_floor:
        free = allocate(problem)
        floor = np.full(problem.tree.n_nodes, np.nan)
        floor[0] = max(free.node_worth[0] / max(free.node_cost[0], 1e-9), 1e-6)
        problem = replace(problem, tree=replace(problem.tree, min_roas=floor))
    plan = allocate(problem)
    for row in what_if(problem)[1:]:
        if np.isnan(row.cost):
            with pytest.raises(InfeasibleBudgetError, match="cannot") as refusal:
                allocate(changed(problem, plan, row))
            assert row.missing == pytest.approx(refusal.value.missing, rel=1e-6)
            assert row.offenders == refusal.value.offenders
            continue
        anew = allocate(changed(problem, plan, row))
        assert row.objective == pytest.approx(anew.objective, rel=1e-9, abs=1e-9)
        assert row.cost == pytest.approx(anew.total_cost, rel=1e-9, abs=1e-9)
        assert row.gap <= 1e-9


@given(problems(minimums=False))
@settings(max_examples=40, deadline=None)
def test_a_larger_total_never_brings_less_and_moving_a_platform_within_its_limits_never_brings_more(problem):
    rows = what_if(problem)
    plan, tolerance = rows[0], 1e-9 * max(abs(rows[0].objective), 1.0)
    totals = [row for row in rows if row.name == "n0" and not np.isnan(row.objective)]
    ordered = [row.objective for row in sorted(totals, key=lambda row: row.change)]
    assert (np.diff(ordered) >= -tolerance).all()
    tree, spent = problem.tree, allocate(problem).node_cost
    for row in rows:
        node = tree.names.index(row.name)
        money = spent[node] * (1 + row.change)
        if node > 0 and tree.min_cost[node] <= money <= tree.max_cost[node] and not np.isnan(row.objective):
            assert row.objective <= plan.objective + tolerance


@given(problems(minimums=False), st.integers(2, 6))
@settings(max_examples=20, deadline=None)
def test_the_curve_from_warm_starts_is_the_curve_from_single_solves(problem, n_points):
    totals = problem.tree.max_cost[0] * np.linspace(1.0, 1.5, n_points)
    cost, value = spend_value_curve(problem, totals)
    single = [allocate(with_total(problem, total)) for total in totals]
    assert cost == pytest.approx([result.total_cost for result in single], rel=1e-9)
    assert value == pytest.approx([result.total_value for result in single], rel=1e-9)


def test_a_row_costs_a_few_passes_over_the_items(monkeypatch):
    problem, passes = budget_tree(50_000), [0]
    spend = Curves.spend

    def counted(self, log_price):
        passes[0] += self.n_items
        return spend(self, log_price)

    monkeypatch.setattr(Curves, "spend", counted)
    allocate(problem)
    alone, passes[0] = passes[0], 0
    rows = what_if(problem)
    assert passes[0] - alone < 0.5 * alone * (len(rows) - 1)


def test_a_change_that_minimums_forbid_says_which_and_how_much_is_missing():
    row = what_if(plain_problem(minimum=30.0), total_changes=(-0.5,), platform_changes=())[1]
    assert row.missing == pytest.approx(10.0)
    assert "google" in row.offenders[0]
    assert np.isnan(row.objective)


@pytest.mark.parametrize("change", [-1.0, np.nan, np.inf])
def test_a_change_that_is_no_share_above_minus_one_is_refused(change):
    with pytest.raises(InvalidInputError, match="shares above -1"):
        what_if(plain_problem(), total_changes=(change,))


def plain_problem(minimum=0.0):
    one = np.ones(2)
    items = KeywordItems(np.array([1, 1]), 10 * one, one, 2 * one, 4 * one, one, one, one, 0.1 * one, 9 * one)
    tree = PriceTree(np.array([-1, 0]), np.array([0.0, minimum]), np.array([40.0, np.inf]), ("total", "google"))
    return AllocationProblem(items, no_budgets(), tree)
