"""One optimum over keyword bids and closed-bid budgets under a tree of budgets.

Here belongs the problem and the order of the steps: check, price, pause, prove. Each step has its own module:
``items``, ``tree``, ``curves``, ``feasibility``, ``prices``, ``pausing``, ``certificate``, ``results``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from optimizers.certificate import binding_limits, count_free, dual_bound, real_prices
from optimizers.curves import LOG_FREE, Curves, join_curves
from optimizers.errors import InvalidInputError
from optimizers.feasibility import missed_money, refuse_infeasible
from optimizers.items import BudgetItems, KeywordItems, no_budgets, no_keywords
from optimizers.pausing import find_ties, list_choices
from optimizers.prices import NodePrices, solve_prices
from optimizers.results import AllocationResult
from optimizers.tree import PriceTree
from optimizers.types import FloatArray, TextArray

__all__ = [
    "AllocationProblem",
    "AllocationResult",
    "BudgetItems",
    "KeywordItems",
    "PriceTree",
    "allocate",
    "evaluate",
    "no_budgets",
    "no_keywords",
    "spend_value_curve",
]


@dataclass(frozen=True)
class AllocationProblem:
    """Everything the optimum needs; money is per day and in one currency.

    Parameters
    ----------
    keywords : KeywordItems of n_keywords
    budgets : BudgetItems of n_budgets
    tree : PriceTree of n_nodes
    mode : "flexible" or "fixed"
        Flexible: money is spent while the next unit of cost brings more than one unit of value (profit). Fixed: it is
        spent up to the roots' maxima, which must be finite, while it brings anything at all.

    Raises
    ------
    InvalidInputError
        If there is no item, an item's node is not in the tree, or a fixed budget has no maximum.
    """

    keywords: KeywordItems
    budgets: BudgetItems
    tree: PriceTree
    mode: Literal["flexible", "fixed"] = "flexible"

    def __post_init__(self) -> None:
        what = "cannot allocate"
        node = np.concatenate([self.keywords.node, self.budgets.node])
        if node.size == 0:
            raise InvalidInputError(what, "no item", "at least one keyword or budget", (), "Skip the allocation.")
        if node.max() >= self.tree.n_nodes:
            limit = f"a node below {self.tree.n_nodes}"
            raise InvalidInputError(what, f"node {node.max()}", limit, ["node"], "Add the node to the tree.")
        if self.mode not in ("flexible", "fixed"):
            raise InvalidInputError(
                what, self.mode, "flexible or fixed", ["mode"], "Mend budget.mode in settings.yaml."
            )
        roots = [self.tree.names[i] for i in np.flatnonzero((self.tree.parent < 0) & np.isinf(self.tree.max_cost))]
        if self.mode == "fixed" and roots:
            remedy = "Set budget.daily_total in configs/settings.yaml or use mode flexible."
            raise InvalidInputError(what, "a fixed budget without a total", "a finite max_cost", roots, remedy)

    @property
    def base_price(self) -> float:
        """Return what a unit of unspent money is worth: 1 when it is kept, 0 when only value counts."""
        return 1.0 if self.mode == "flexible" else 0.0


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
        If minimum costs do not fit under a maximum, or a minimum cannot be spent.

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
    curves, tree = join_curves(problem.keywords, problem.budgets), problem.tree
    refuse_infeasible(curves, tree)
    base_log_price = 0.0 if problem.mode == "flexible" else LOG_FREE
    prices = solve_prices(curves, tree, base_log_price)
    bound = dual_bound(curves, tree, prices, problem.base_price)
    is_tied = find_ties(curves, prices)
    if not is_tied.any():
        return _report(problem, curves, prices, bound)
    switched = [curves.switch(is_on) for is_on in list_choices(curves, tree, prices, is_tied)]
    solved = [_report(problem, choice, solve_prices(choice, tree, base_log_price), bound) for choice in switched]
    return max(solved, key=lambda result: (-missed_money(tree, result.node_cost), result.objective))


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


def _report(problem: AllocationProblem, curves: Curves, prices: NodePrices, bound: float) -> AllocationResult:
    """Return the result at these prices; ``curves`` already hold the on/off choice."""
    log_x, tree, n_keywords = curves.best(prices.log_price[curves.node]), problem.tree, len(problem.keywords.node)
    cost, value = curves.cost(log_x), curves.value(log_x)
    marginal = np.where(np.isneginf(log_x), np.nan, np.exp(curves.log_marginal(log_x)))
    total_cost, total_value = float(cost.sum()), float(value.sum())
    objective = total_value - problem.base_price * total_cost
    size = max(abs(bound), abs(total_value))
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
        node_cost=tree.sum_up(tree.own_sums(curves.node, cost)),
        node_max_cost=tree.max_cost,
        node_price=real_prices(prices),
        node_free_items=count_free(curves, tree, prices, log_x),
        total_cost=total_cost,
        total_value=total_value,
        dual_bound=max(bound, objective),
        objective=objective,
        solver_gap=max(bound - objective, 0.0) / size if size > 0 else 0.0,
    )


def _new_budgets(items: BudgetItems, log_x: FloatArray) -> FloatArray:
    """Return budgets; one that does not run out and keeps its spend also keeps its room."""
    base = np.where(items.is_limited, items.budget0, items.cost0)
    budget = np.where(~items.is_limited & (log_x >= 0), items.budget0, base * np.exp(log_x))
    return np.clip(budget, items.min_budget, items.max_budget)


def _budget_binding(items: BudgetItems, binding: TextArray, log_x: FloatArray) -> TextArray:
    return np.where(~items.is_limited & (log_x >= 0), "not_budget_limited", binding)
