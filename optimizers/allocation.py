"""One optimum over keyword bids and closed-bid budgets under a tree of budgets: asked here, answered here.

Here belong the ways in and what is told of a solution. The problem is in ``allocation_problem``; solving it goes
``conflict`` (can it be met?), ``basis_floor``, ``solution``, ``prices`` (with ``level``, ``roas_floors``), ``pausing``.
"""

from __future__ import annotations

import numpy as np

from optimizers.allocation_problem import AllocationProblem
from optimizers.conflict import solve_feasible
from optimizers.curves import join_curves
from optimizers.items import BudgetItems, FloorBasis, KeywordItems, join_keywords, new_keywords, no_budgets, no_keywords
from optimizers.report import report
from optimizers.results import AllocationResult
from optimizers.tree import PriceTree
from optimizers.types import FloatArray
from optimizers.what_if import spend_value_curve

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
