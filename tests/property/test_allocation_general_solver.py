"""The optimum beside scipy's SLSQP, which knows nothing of prices: in money, not bids, so that all values are concave."""

from dataclasses import replace

import numpy as np
from hypothesis import assume, event, given
from hypothesis import strategies as st
from scipy.optimize import minimize

from optimizers.allocation import allocate
from optimizers.errors import InfeasibleBudgetError
from tests.property.budget_problems import node_cost, plan_cost, problems
from tests.property.effort import cases

CLOSE = 1e-9  # relative: what is asked of both
SURE = 1e-10  # where SLSQP ends this close from two starts, it is taken to have found the optimum
DEAR = 50.0  # no money drawn here is worth more: what a plan gains by breaking a limit is at most this times the breach


class InMoney:
    """Value and slope of every item as a function of its cost, scaled to the span of that cost."""

    def __init__(self, problem):
        keywords, budgets = problem.keywords, problem.budgets
        power = keywords.eta + keywords.kappa
        unit = keywords.rho * keywords.bid0 * keywords.eta / power
        fixed = keywords.clicks0 * (keywords.cpc0 - unit)
        base = np.where(budgets.is_limited, budgets.budget0, budgets.cost0)
        self.low = plan_cost(problem, keywords.min_multiplier, budgets.min_budget)
        self.span = plan_cost(problem, keywords.max_multiplier, budgets.max_budget) - self.low
        self.base_price = problem.base_price
        self.offset = np.concatenate([fixed, np.zeros(len(base))])
        self.scale = np.concatenate([keywords.clicks0 * unit, base])
        self.worth = np.concatenate([keywords.clicks0 * keywords.value_per_click, budgets.value0])
        self.power = np.concatenate([keywords.eta / power, budgets.beta])
        self.above = np.array([node_cost(problem, row) for row in np.eye(len(self.low))]).T

    def cost(self, x):
        return self.low + self.span * x

    def value(self, x):
        return self.worth * ((self.cost(x) - self.offset) / self.scale) ** self.power

    def slope(self, x):
        grown = (self.cost(x) - self.offset) / self.scale
        return self.span * self.worth * self.power * grown ** (self.power - 1.0) / self.scale

    def profit(self, x):
        return float((self.value(x) - self.base_price * self.cost(x)).sum())


def limits_of(money, tree, scale):
    """Every finite limit as a function that must not be negative, with its slope, in units of the objective."""
    for node in range(tree.n_nodes):
        here = money.above[node]
        if np.isfinite(tree.max_cost[node]):
            yield (lambda x, h=here, m=tree.max_cost[node]: (m - h @ money.cost(x)) / scale,
                   lambda x, h=here: -h * money.span / scale)  # fmt: skip
        if tree.min_cost[node] > 0:
            yield (lambda x, h=here, m=tree.min_cost[node]: (h @ money.cost(x) - m) / scale,
                   lambda x, h=here: h * money.span / scale)  # fmt: skip
        if not np.isnan(tree.min_roas[node]):
            yield (lambda x, h=here, t=tree.min_roas[node]: h @ (money.value(x) - t * money.cost(x)) / scale,
                   lambda x, h=here, t=tree.min_roas[node]: h * (money.slope(x) - t * money.span) / scale)  # fmt: skip


def run_slsqp(problem, scale, start):
    money = InMoney(problem)
    limits = [{"type": "ineq", "fun": f, "jac": g} for f, g in limits_of(money, problem.tree, scale)]
    found = minimize(
        lambda x: -money.profit(x) / scale, start * np.ones(len(money.low)), constraints=limits, method="SLSQP",
        jac=lambda x: -(money.slope(x) - money.base_price * money.span) / scale,
        bounds=[(0.0, 1.0)] * len(money.low), options={"ftol": 1e-15, "maxiter": 1000},
    )  # fmt: skip
    broken = max([0.0, *(-limit["fun"](found.x) for limit in limits)])
    return money.profit(np.clip(found.x, 0, 1)), broken


def check_against_slsqp(problem, result):
    items, budgets = problem.keywords, problem.budgets
    assume((items.value_per_click > 0).all() and (items.clicks0 > 1e-3).all() and budgets.is_limited.all())
    scale = max(abs(result.objective), abs(result.total_value), 1.0)
    found = [run_slsqp(problem, scale, start) for start in (0.3, 0.7)]
    assert all(other <= result.objective + (CLOSE + DEAR * broken) * scale for other, broken in found)
    is_sure = abs(found[0][0] - found[1][0]) <= SURE * scale and max(broken for _, broken in found) <= SURE
    event(f"SLSQP is sure: {is_sure}")
    if is_sure:
        assert abs(found[0][0] - result.objective) <= CLOSE * scale


@given(problems(max_keywords=5, max_budgets=2))
@cases(80)
def test_small_trees_equal_a_general_solver_to_nine_digits(problem):
    check_against_slsqp(problem, allocate(problem))


@given(problems(max_keywords=5, max_budgets=2), st.integers(0, 2**32 - 1))
@cases(80)
def test_small_trees_with_roas_floors_equal_a_general_solver_to_nine_digits(problem, seed):
    rng, free = np.random.default_rng(seed), allocate(problem)
    assume((free.node_cost > 0.01).all() and (free.node_worth > 0).all())
    floor = free.node_worth / free.node_cost * rng.uniform(0.9, 1.3, problem.tree.n_nodes)
    floor[rng.random(len(floor)) < 0.5] = np.nan
    floored = replace(problem, tree=replace(problem.tree, min_roas=floor))
    try:
        result = allocate(floored)
    except InfeasibleBudgetError:
        assume(False)
    check_against_slsqp(floored, result)
