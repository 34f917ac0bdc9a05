"""One solved problem: prices, levers, and the bound that no plan can beat.

Here belongs the order of the steps: curves, prices, pausing, bound. What is told of a solution is in
``optimizers.results``, whether it keeps every limit in ``optimizers.feasibility``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from optimizers.allocation_problem import AllocationProblem
from optimizers.certificate import Plan, dual_bound, plan_at
from optimizers.curves import Curves, base_value, cap_at_floors, join_curves
from optimizers.feasibility import Reach, missed_money, reach_of, refuse_infeasible
from optimizers.items import FloorBasis
from optimizers.pausing import find_ties, list_choices
from optimizers.prices import NodePrices, Start, pay_down, solve_prices
from optimizers.tree import PriceTree
from optimizers.types import BoolArray, FloatArray


@dataclass(frozen=True)
class Relaxed:
    """A problem solved but for the on/off choice: what a similar problem may start from, and its bound."""

    problem: AllocationProblem
    curves: Curves
    reach: Reach
    prices: NodePrices
    plan: Plan
    bound: float


@dataclass(frozen=True)
class Solution:
    """Prices and the plan that follows from them.

    Parameters
    ----------
    curves : Curves of n_items
        With the on/off choice made; their value counts what floors on another basis add.
    prices : NodePrices of n_nodes
    log_x : array of shape (n_items,)
        Levers over today's; -inf is paused.
    cost, value, worth : array of shape (n_items,)
        Money, what the objective counts, and what the ROAS floors count.
    node_cost, node_worth : array of shape (n_nodes,)
        Cost and worth of all below each node.
    relaxed : Relaxed
        Where the plan comes from; its ``bound`` is what no plan can beat, as an objective.
    """

    curves: Curves
    prices: NodePrices
    log_x: FloatArray
    cost: FloatArray
    value: FloatArray
    worth: FloatArray
    node_cost: FloatArray
    node_worth: FloatArray
    relaxed: Relaxed

    @property
    def objective(self) -> float:
        """Return value less cost (flexible) or value (fixed)."""
        return float(self.value.sum() - self.relaxed.problem.base_price * self.cost.sum())


def solve(problem: AllocationProblem, gamma: FloatArray | None = None, start: Relaxed | None = None) -> Solution:
    """Return the best plan for these weights of floors on another basis.

    Parameters
    ----------
    problem : AllocationProblem of n_nodes
    gamma : array of shape (n_nodes,), optional
        Weight of each node's floor on another basis, >= 0; see ``optimizers.basis_floor``.
    start : Relaxed, optional
        An earlier solution; where it has the same items, only nodes whose limits differ are solved anew.

    Raises
    ------
    InfeasibleBudgetError
        If spend limits contradict each other. A ROAS floor that no plan keeps is missed: see ``optimizers.conflict``.
    """
    relaxed, premium = _relax(problem, gamma, start)
    curves, tree, prices, base = relaxed.curves, problem.priced_tree, relaxed.prices, problem.base_log_price
    is_tied = find_ties(curves, prices)
    if not is_tied.any():
        return _measure(relaxed, curves, prices, relaxed.plan)
    relaxed = replace(relaxed, bound=_tightened(relaxed, is_tied, premium))
    switched = [curves.switch(is_on) for is_on in list_choices(curves, tree, prices, is_tied)]
    priced = [(one, solve_prices(one, tree, base, premium)) for one in switched]
    solved = [_measure(relaxed, one, paid, plan_at(one, paid)) for one, paid in priced]
    return max(solved, key=lambda one: (-missed_money(tree, one.node_cost, one.node_worth), one.objective))


def _tightened(relaxed: Relaxed, is_tied: BoolArray, premium: FloatArray | None) -> float:
    """Return the lowest of the bound and of those where a maximum above tied items asks for their price too.

    Spend jumps at a tied item's price. A maximum that is kept on one side of the jump alone needs that price itself, though
    one below it asks for it already. Any prices give a bound.
    """
    problem, curves, prices, tree = relaxed.problem, relaxed.curves, relaxed.prices, relaxed.problem.priced_tree
    tied, low, found = np.unique(curves.node[is_tied]), prices.intervals.low, [relaxed.bound]
    for _, ancestor in tree.levels_up():
        raised = low.copy()
        is_below = ancestor[tied] >= 0
        np.maximum.at(raised, ancestor[tied[is_below]], prices.log_price[tied[is_below]])
        raised = np.where(np.isfinite(tree.max_cost), raised, low)
        if not np.array_equal(raised, low):
            paid = pay_down(tree, replace(prices.intervals, low=raised), problem.base_log_price, premium)
            found.append(dual_bound(curves, tree, paid, plan_at(curves, paid), problem.base_price))
    return min(found)


def _relax(
    problem: AllocationProblem, gamma: FloatArray | None, start: Relaxed | None
) -> tuple[Relaxed, FloatArray | None]:
    tree, known = problem.priced_tree, None
    if start is not None and gamma is None and _has_same_curves(problem, start.problem):
        curves, premium, reach = start.curves, None, start.reach
        known = Start(start.prices, _differs(tree, start.problem.priced_tree))
    else:
        curves, premium = weighted_curves(problem, gamma)
        reach = reach_of(curves, tree)
    refuse_infeasible(reach, tree)
    prices = solve_prices(curves, tree, problem.base_log_price, premium, known)
    plan = plan_at(curves, prices)
    bound = dual_bound(curves, tree, prices, plan, problem.base_price)
    return Relaxed(problem, curves, reach, prices, plan, bound), premium


def _has_same_curves(problem: AllocationProblem, other: AllocationProblem) -> bool:
    same = ("keywords", "budgets", "basis")
    floors = problem.tree.min_marginal_roas, other.tree.min_marginal_roas
    is_same = all(getattr(problem, name) is getattr(other, name) for name in same) and problem.mode == other.mode
    return is_same and problem.tree.names == other.tree.names and np.array_equal(*floors, equal_nan=True)


def _differs(tree: PriceTree, other: PriceTree) -> BoolArray:
    """Return the nodes whose limits on spend or average are not the same."""
    pairs = [(getattr(tree, name), getattr(other, name)) for name in ("min_cost", "max_cost", "min_roas")]
    return np.any([(one != two) & ~(np.isnan(one) & np.isnan(two)) for one, two in pairs], axis=0)


def weighted_curves(problem: AllocationProblem, gamma: FloatArray | None) -> tuple[Curves, FloatArray | None]:
    """Return the curves whose value counts each floor's basis ``gamma`` times, and the log premium of each node.

    The Lagrangian of a floor T on worth w adds gamma (w - T cost): value v + gamma w, price + gamma T.
    """
    keywords, budgets, basis, tree = problem.keywords, problem.budgets, problem.basis, problem.tree
    if basis is None:
        curves = join_curves(keywords, budgets)
        return cap_at_floors(curves, tree, curves.log_ratio), None
    log_ratio = _join_weighted(problem, basis, np.ones(tree.n_nodes), own=0.0).log_ratio
    if gamma is None or not gamma.any():
        return cap_at_floors(join_curves(keywords, budgets), tree, log_ratio), None
    weight = gamma.copy()
    for depth in range(1, int(tree.depth.max()) + 1):
        nodes = np.flatnonzero(tree.depth == depth)
        weight[nodes] += weight[tree.parent[nodes]]
    curves = _join_weighted(problem, basis, weight, own=1.0)
    with np.errstate(divide="ignore"):
        premium = np.log(np.where(gamma > 0, gamma * tree.min_roas, 0.0))
    return cap_at_floors(curves, tree, log_ratio), premium


def _join_weighted(problem: AllocationProblem, basis: FloorBasis, weight: FloatArray, own: float) -> Curves:
    """Return curves whose value is ``own`` x the objective's plus each node's ``weight`` x the floors'."""
    keywords, budgets = problem.keywords, problem.budgets
    click = own * keywords.value_per_click + weight[keywords.node] * basis.keyword_worth
    day = own * budgets.value0 + weight[budgets.node] * basis.budget_worth
    return join_curves(replace(keywords, value_per_click=click), replace(budgets, value0=day))


def own_log_ratio(problem: AllocationProblem, curves: Curves) -> FloatArray:
    """Return the log of what the objective gets from the next unit of cost at x = 1, shape (n_items,)."""
    return curves.log_ratio if problem.basis is None else join_curves(problem.keywords, problem.budgets).log_ratio


def _measure(relaxed: Relaxed, curves: Curves, prices: NodePrices, plan: Plan) -> Solution:
    """Return the plan at these prices, its money on the objective's own basis."""
    problem, (log_x, cost, value) = relaxed.problem, plan
    tree, basis, worth = problem.tree, problem.basis, value
    if basis is not None:
        shape = np.exp(curves.gain * log_x)
        base = base_value(problem.keywords, problem.budgets)
        earns = base_value(
            replace(problem.keywords, value_per_click=basis.keyword_worth),
            replace(problem.budgets, value0=basis.budget_worth),
        )
        value, worth = base * shape, earns * shape
    node_cost, node_worth = (tree.sum_up(tree.own_sums(curves.node, amount)) for amount in (cost, worth))
    return Solution(curves, prices, log_x, cost, value, worth, node_cost, node_worth, relaxed)
