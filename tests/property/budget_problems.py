"""Feasible trees of budgets drawn at random, and what a plan costs in them, written out without the optimiser."""

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from optimizers.allocation import AllocationProblem, BudgetItems, KeywordItems, PriceTree

CENT = 0.01
MONEY = ("cpc0", "bid0", "value_per_click", "value0", "budget0", "min_budget", "max_budget", "cost0")


def keyword_cost(items, m):
    """DESIGN 7.4, written out again."""
    power = items.eta + items.kappa
    curve = items.rho * items.bid0 * items.eta / power * (m**power - 1)
    return np.where(m > 0, np.maximum(items.clicks0 * (items.cpc0 + curve), 0.0), 0.0)


def plan_cost(problem, m, b):
    spent = np.where(problem.budgets.is_limited, b, np.minimum(b, problem.budgets.cost0))
    return np.concatenate([keyword_cost(problem.keywords, m), spent])


def node_cost(problem, cost):
    node, total = np.concatenate([problem.keywords.node, problem.budgets.node]), np.zeros(problem.tree.n_nodes)
    for payer, money in zip(node, cost, strict=True):
        item = int(payer)
        while item >= 0:
            total[item] += money
            item = int(problem.tree.parent[item])
    return total


@st.composite
def problems(draw, max_keywords=8, max_budgets=4, minimums=True):
    """A feasible problem: bounds are laid around the cost of a random plan."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, k, nodes = draw(st.integers(1, max_keywords)), draw(st.integers(0, max_budgets)), draw(st.integers(1, 6))
    parent = np.array([-1] + [rng.integers(0, node) for node in range(1, nodes)], dtype=np.int64)
    # a click may not cost more than its bid would pay on average, or the curve is free below some bid
    eta, kappa, bid = rng.uniform(0.2, 1.5, n), rng.uniform(0.5, 2.0, n), rng.lognormal(0, 0.7, n)
    cpc = bid * eta / (eta + kappa) * rng.uniform(1.0, 1.5, n)
    low, high = rng.uniform(0.3, 1.0, n), rng.uniform(1.0, 2.0, n)
    worth, ones = rng.lognormal(1, 1, n) * rng.integers(0, 8, n).clip(0, 1), np.ones(n)
    keywords = KeywordItems(
        rng.integers(0, nodes, n), rng.exponential(20, n), cpc, bid, worth, eta, ones, kappa, low, high
    )
    base = rng.uniform(5, 200, k)
    budgets = BudgetItems(
        rng.integers(0, nodes, k), base * rng.lognormal(0.7, 0.5, k), base * 1.2, rng.uniform(0.2, 0.9, k),
        base * rng.uniform(0.2, 0.9, k), base * rng.uniform(1.2, 2, k), base, rng.random(k) < 0.6,
    )  # fmt: skip
    tree = PriceTree(parent, np.zeros(nodes), np.full(nodes, np.inf), tuple(f"n{i}" for i in range(nodes)))
    problem = AllocationProblem(keywords, budgets, tree)
    somewhere = plan_cost(problem, rng.uniform(low, high), rng.uniform(budgets.min_budget, budgets.max_budget))
    spent = node_cost(problem, somewhere)
    most = np.where(rng.random(nodes) < 0.6, spent * rng.uniform(1.0, 1.4, nodes), np.inf)
    most[0] = spent[0] * rng.uniform(1.0, 1.3)
    least = np.where(rng.random(nodes) < 0.4, spent * rng.uniform(0.5, 1.0, nodes), 0.0) * minimums
    mode = draw(st.sampled_from(["flexible", "fixed"]))
    return replace(problem, tree=replace(tree, min_cost=least, max_cost=most), mode=mode)


def with_total(problem, total):
    return replace(problem, tree=replace(problem.tree, max_cost=np.r_[total, problem.tree.max_cost[1:]]))


def limits_of_spend(rng):
    """A tree of one to nine nodes with least and most spend drawn without regard to each other: many cannot be met."""
    n = int(rng.integers(1, 10))
    parent = np.array([-1, *(rng.integers(0, at) for at in range(1, n))], dtype=np.int64)
    least = np.where(rng.random(n) < 0.5, rng.uniform(1, 50, n), 0.0)
    most = np.where(rng.random(n) < 0.5, rng.uniform(20, 120, n), np.inf)
    return PriceTree(parent, least, most, tuple(f"n{at}" for at in range(n)))
