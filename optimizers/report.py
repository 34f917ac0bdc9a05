"""From a solution to the result that callers see: bids and budgets, money, prices, limits and proof.

Here belongs the translation of levers and prices. The result itself and its sentences are in ``optimizers.results``.
"""

from __future__ import annotations

import numpy as np

from optimizers.allocation_problem import AllocationProblem
from optimizers.certificate import binding_limits, count_free, money_prices
from optimizers.items import BudgetItems
from optimizers.results import AllocationResult
from optimizers.solution import Solution, own_log_ratio
from optimizers.types import FloatArray, TextArray


def report(problem: AllocationProblem, solution: Solution) -> AllocationResult:
    """Return the result of a solution; its curves already hold the on/off choice."""
    curves, prices, log_x, tree = solution.curves, solution.prices, solution.log_x, problem.tree
    cost, value, n_keywords = solution.cost, solution.value, len(problem.keywords.node)
    marginal = np.where(np.isneginf(log_x), np.nan, np.exp(own_log_ratio(problem, curves) - curves.kappa * log_x))
    total_cost, total_value = float(cost.sum()), float(value.sum())
    objective = total_value - problem.base_price * total_cost
    size = max(abs(solution.relaxed.bound), abs(total_value))
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
        node_price=money_prices(tree, prices),
        node_worth=solution.node_worth,
        node_free_items=count_free(curves, tree, prices, log_x),
        total_cost=total_cost,
        total_value=total_value,
        dual_bound=max(solution.relaxed.bound, objective),
        objective=objective,
        solver_gap=max(solution.relaxed.bound - objective, 0.0) / size if size > 0 else 0.0,
    )


def _new_budgets(items: BudgetItems, log_x: FloatArray) -> FloatArray:
    """Return budgets; one that does not run out and keeps its spend also keeps its room."""
    base = np.where(items.is_limited, items.budget0, items.cost0)
    budget = np.where(~items.is_limited & (log_x >= 0), items.budget0, base * np.exp(log_x))
    return np.clip(budget, items.min_budget, items.max_budget)


def _budget_binding(items: BudgetItems, binding: TextArray, log_x: FloatArray) -> TextArray:
    return np.where(~items.is_limited & (log_x >= 0), "not_budget_limited", binding)
