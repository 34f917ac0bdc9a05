"""One optimum over keyword bids and closed-bid budgets under a tree of budgets: asked here, answered here.

Here belong the ways in and what is told of a solution. The problem is in ``allocation_problem``; solving it goes
``conflict`` (can it be met?), ``basis_floor``, ``solution``, ``prices`` (with ``level``, ``roas_floors``), ``pausing``.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from optimizers.allocation_problem import AllocationProblem
from optimizers.certificate import binding_limits, count_free, real_prices
from optimizers.conflict import solve_feasible
from optimizers.curves import join_curves
from optimizers.items import BudgetItems, FloorBasis, KeywordItems, join_keywords, new_keywords, no_budgets, no_keywords
from optimizers.results import AllocationResult
from optimizers.solution import Solution, own_log_ratio
from optimizers.tree import PriceTree
from optimizers.types import FloatArray, TextArray

__all__ = [
    "AllocationProblem",
    "AllocationResult",
    "BudgetItems",
    "FloorBasis",
    "KeywordItems",
    "PriceTree",
    "allocate",
    "evaluate",
    "join_keywords",
    "new_keywords",
    "no_budgets",
    "no_keywords",
    "spend_value_curve",
]


def allocate(problem: AllocationProblem) -> AllocationResult:
    """Return the bids and budgets that earn most within every limit, with their proof.

    Parameters
    ----------
    problem : AllocationProblem

    Returns
    -------
    AllocationResult

    Raises
    ------
    InfeasibleBudgetError
        If minimum costs do not fit under a maximum, a minimum cannot be spent, or a ROAS floor cannot be kept.

    Notes
    -----
    Source: DESIGN section 8; Lagrangian of a separable concave programme on a laminar family of budget constraints.
    Assumes that items do not compete with each other and that curves are known. Known drawback: items that may be
    paused are on or off; what they leave open is bounded by ``solver_gap``. A minimum that only a part of such an item
    would fill is missed, and ``node_cost`` shows it; a maximum is never exceeded.

    Examples
    --------
    >>> one, two = np.ones(2), np.array([2.0, 4.0])
    >>> keywords = KeywordItems(np.array([0, 0]), 10 * one, one, 2 * one, two, one, one, one, 0.1 * one, 3 * one)
    >>> tree = PriceTree(np.array([-1]), np.zeros(1), np.array([30.0]), ("total",))
    >>> result = allocate(AllocationProblem(keywords, no_budgets(), tree))
    >>> result.multiplier.round(3), round(result.total_cost, 2), float(result.node_price[0].round(3))
    (array([0.775, 1.549]), 30.0, 1.291)
    """
    return report(problem, solve_feasible(problem))


def evaluate(
    problem: AllocationProblem, multiplier: FloatArray, budget: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return cost and value of any plan: keyword cost, keyword value, budget cost, budget value.

    Parameters
    ----------
    problem : AllocationProblem
    multiplier : array of shape (n_keywords,)
        New bid over today's bid, >= 0; 0 is paused.
    budget : array of shape (n_budgets,)
        New daily budgets, >= 0.
    """
    curves, items = join_curves(problem.keywords, problem.budgets), problem.budgets
    base = np.where(items.is_limited, items.budget0, items.cost0)
    spent = np.where(items.is_limited, budget, np.minimum(budget, items.cost0))
    with np.errstate(divide="ignore"):
        log_x = np.log(np.concatenate([multiplier, spent / np.where(base > 0, base, 1.0)]))
    cost, value, n_keywords = curves.cost(log_x), curves.value(log_x), len(multiplier)
    return cost[:n_keywords], value[:n_keywords], cost[n_keywords:], value[n_keywords:]


def spend_value_curve(problem: AllocationProblem, totals: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return what each total would cost and bring: the value-of-money curve of the whole tree.

    Parameters
    ----------
    problem : AllocationProblem with one root
    totals : array of shape (n_totals,)
        Maxima of the root to try, currency a day; those that cannot be met raise.

    Returns
    -------
    cost, value : arrays of shape (n_totals,)
    """
    results = []
    for total in totals:
        maximum = np.where(problem.tree.parent < 0, total, problem.tree.max_cost)
        results.append(allocate(replace(problem, tree=replace(problem.tree, max_cost=maximum))))
    return np.array([r.total_cost for r in results]), np.array([r.total_value for r in results])


def report(problem: AllocationProblem, solution: Solution) -> AllocationResult:
    """Return the result of a solution; its curves already hold the on/off choice."""
    curves, prices, log_x, tree = solution.curves, solution.prices, solution.log_x, problem.tree
    cost, value, n_keywords = solution.cost, solution.value, len(problem.keywords.node)
    marginal = np.where(np.isneginf(log_x), np.nan, np.exp(own_log_ratio(problem, curves) - curves.kappa * log_x))
    total_cost, total_value = float(cost.sum()), float(value.sum())
    objective = total_value - problem.base_price * total_cost
    size = max(abs(solution.bound), abs(total_value))
    binding = binding_limits(curves, tree, prices, log_x)
    return AllocationResult(
        multiplier=np.clip(
            np.exp(log_x[:n_keywords]), problem.keywords.min_multiplier, problem.keywords.max_multiplier
        ),
        budget=_new_budgets(problem.budgets, log_x[n_keywords:]),
        keyword_cost=cost[:n_keywords],
        keyword_value=value[:n_keywords],
        keyword_marginal=marginal[:n_keywords],
        budget_cost=cost[n_keywords:],
        budget_value=value[n_keywords:],
        budget_marginal=marginal[n_keywords:],
        keyword_binding=binding[:n_keywords],
        budget_binding=_budget_binding(problem.budgets, binding[n_keywords:], log_x[n_keywords:]),
        node_names=tree.names,
        node_cost=solution.node_cost,
        node_max_cost=tree.max_cost,
        node_price=real_prices(prices),
        node_worth=solution.node_worth,
        node_free_items=count_free(curves, tree, prices, log_x),
        total_cost=total_cost,
        total_value=total_value,
        dual_bound=max(solution.bound, objective),
        objective=objective,
        solver_gap=max(solution.bound - objective, 0.0) / size if size > 0 else 0.0,
    )


def _new_budgets(items: BudgetItems, log_x: FloatArray) -> FloatArray:
    """Return budgets; one that does not run out and keeps its spend also keeps its room."""
    base = np.where(items.is_limited, items.budget0, items.cost0)
    budget = np.where(~items.is_limited & (log_x >= 0), items.budget0, base * np.exp(log_x))
    return np.clip(budget, items.min_budget, items.max_budget)


def _budget_binding(items: BudgetItems, binding: TextArray, log_x: FloatArray) -> TextArray:
    return np.where(~items.is_limited & (log_x >= 0), "not_budget_limited", binding)
