"""The price of money at every node of the tree of budgets, for channels whose curves are smooth and concave.

Here belong the prices, their proof and what binds. Keywords and budgets, which may also be paused, rounded and floored, have
their own solver (``optimizers.prices``); channels are few, so a bracketed root a limit is enough.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from optimizers.channel_curves import ChannelCurves
from optimizers.errors import InfeasibleBudgetError
from optimizers.tree import PriceTree
from optimizers.types import BoolArray, FloatArray, IntArray, TextArray

TOLERANCE = 1e-9  # relative: a breach below it is rounding, not a contradiction
ROOT_TOLERANCE = 1e-15  # of a log price


@dataclass(frozen=True)
class ChannelPrices:
    """Log prices of all nodes, shape (n_nodes,); ``clipped``: 1 where the maximum binds, -1 where the minimum does."""

    log_price: FloatArray
    clipped: IntArray


def price_nodes(curves: ChannelCurves, tree: PriceTree, base_log_price: float) -> ChannelPrices:
    """Return the log price of every node such that no money is better spent elsewhere.

    Parameters
    ----------
    curves : ChannelCurves of n_items
    tree : PriceTree of n_nodes
        Its spend limits; trees with ROAS floors come no further than ``plan_channels``.
    base_log_price : float
        Log of what a unit must bring outside the tree: 0 when unspent money is kept, -inf when only value counts.

    Returns
    -------
    ChannelPrices

    Raises
    ------
    InfeasibleBudgetError
        If minima below a node do not fit under its maximum, or all below it cannot spend its minimum.

    Notes
    -----
    DESIGN section 8: a maximum is the lowest price that a node may pay, a minimum the highest; a child pays its parent's
    price clipped to its own interval, found from the leaves to the roots. Spend falls continuously in the price.

    Examples
    --------
    >>> one = np.ones((1, 1))
    >>> curves = ChannelCurves(np.array([0]), 100 * one, 10 * one, one, np.zeros(1), np.array([50.0]))
    >>> tree = PriceTree(np.array([-1]), np.zeros(1), np.array([10.0]), ("total",))
    >>> float(np.exp(price_nodes(curves, tree, 0.0).log_price[0]).round(9))  # at a spend of 10 the next 1 brings 2.5
    2.5
    """
    refuse_infeasible_spend(curves, tree)
    low, high = np.full(tree.n_nodes, -np.inf), np.full(tree.n_nodes, np.inf)
    for node in range(tree.n_nodes - 1, -1, -1):
        if np.isfinite(tree.max_cost[node]):
            low[node] = _price_at(curves, tree, (low, high), node, tree.max_cost[node])
        if tree.min_cost[node] > 0:
            high[node] = -_price_at(curves, tree, (low, high), node, tree.min_cost[node], is_least=True)
    price, clipped = np.full(tree.n_nodes, base_log_price), np.zeros(tree.n_nodes, dtype=np.int64)
    for node, parent in enumerate(tree.parent):
        given = price[parent] if parent >= 0 else base_log_price
        price[node] = max(min(given, high[node]), low[node])
        clipped[node] = int(price[node] > given) - int(price[node] < given)
    return ChannelPrices(price, clipped)


def refuse_infeasible_spend(curves: ChannelCurves, tree: PriceTree) -> None:
    """Raise InfeasibleBudgetError for the lowest node whose limits contradict those below it."""
    least = tree.sum_up(tree.own_sums(curves.node, curves.min_cost))
    most = tree.sum_up(tree.own_sums(curves.node, curves.max_cost))
    for node in range(tree.n_nodes - 1, -1, -1):
        name, maximum, minimum = tree.names[node], float(tree.max_cost[node]), float(tree.min_cost[node])
        below = [tree.names[child] for child in np.flatnonzero(tree.parent == node)] or [f"channels of {name}"]
        if max(minimum, least[node]) > maximum * (1 + TOLERANCE):
            seen = max(minimum, float(least[node]))
            what = f"cannot keep {name} within its maximum: minima add up to {seen - maximum:,.2f} too much"
            raise InfeasibleBudgetError(what, seen, maximum, below, "Raise the maximum or lower the minima.")
        if most[node] < minimum * (1 - TOLERANCE):
            seen = float(most[node])
            what = f"cannot reach the minimum of {name}: all below it can spend {minimum - seen:,.2f} too little"
            raise InfeasibleBudgetError(what, seen, minimum, below, "Lower the minimum or let channels spend more.")
        parent = tree.parent[node]
        if parent >= 0:  # what a node's own limits take away or add is missing above it
            least[parent] += max(minimum, least[node]) - least[node]
            most[parent] -= most[node] - min(maximum, most[node])


def bound_value(curves: ChannelCurves, tree: PriceTree, prices: ChannelPrices, base_price: float) -> float:
    """Return an upper bound on the objective over all plans within the limits, by Lagrangian duality.

    Each channel earns its best at its node's price; each limit pays the difference between the prices on its sides.
    """
    price = np.exp(prices.log_price)
    above = np.where(tree.parent >= 0, price[tree.parent], base_price)
    cost = curves.best_cost(prices.log_price[curves.node])
    earned = curves.value(cost) - price[curves.node] * cost
    limit = np.where(prices.clipped > 0, tree.max_cost, tree.min_cost)
    paid = np.where(prices.clipped == 0, 0.0, (price - above) * np.where(np.isfinite(limit), limit, 0.0))
    return float(earned.sum() + paid.sum())


def name_limits(curves: ChannelCurves, tree: PriceTree, prices: ChannelPrices, cost: FloatArray) -> TextArray:
    """Return per channel what stops it: ``frozen``, ``min_change``, ``max_change``, ``price`` or a node's limit."""
    by_node: list[str] = []
    for node, parent in enumerate(tree.parent):
        inherited = by_node[parent] if parent >= 0 else "price"
        own = {1: f"node_max:{tree.names[node]}", -1: f"node_min:{tree.names[node]}"}
        by_node.append(own.get(int(prices.clipped[node]), inherited))
    binding = np.array(by_node, dtype=object)[curves.node]
    binding = np.where(cost >= curves.max_cost, "max_change", binding)
    binding = np.where(cost <= curves.min_cost, "min_change", binding)
    return np.where(curves.min_cost == curves.max_cost, "frozen", binding)


def _price_at(
    curves: ChannelCurves,
    tree: PriceTree,
    bounds: tuple[FloatArray, FloatArray],
    node: int,
    money: float,
    *,
    is_least: bool = False,
) -> float:
    """Return the log price at which all below ``node`` spend ``money``; -inf where they never spend that much.

    With ``is_least`` the negated price, -inf where they always do: a minimum is a maximum seen from the other side.
    """
    is_below = _mark_below(tree, node)
    inside = is_below[curves.node]

    def over(log_price: float) -> float:
        paid = np.full(tree.n_nodes, log_price)
        for child in np.flatnonzero(is_below)[1:]:
            paid[child] = max(min(paid[tree.parent[child]], bounds[1][child]), bounds[0][child])
        return float(curves.best_cost(paid[curves.node])[inside].sum()) - money

    first, last = curves.first_log_price, curves.last_log_price
    if is_least:
        if over(first) >= 0:
            return -np.inf
        return -last if over(last) <= 0 else -float(brentq(over, last, first, xtol=ROOT_TOLERANCE, rtol=ROOT_TOLERANCE))
    if over(last) <= 0:
        return -np.inf
    return first if over(first) >= 0 else float(brentq(over, last, first, xtol=ROOT_TOLERANCE, rtol=ROOT_TOLERANCE))


def _mark_below(tree: PriceTree, node: int) -> BoolArray:
    """Return which nodes lie at or below ``node``, shape (n_nodes,)."""
    is_below = np.zeros(tree.n_nodes, dtype=np.bool_)
    is_below[node] = True
    for child in range(node + 1, tree.n_nodes):
        is_below[child] = tree.parent[child] >= 0 and is_below[tree.parent[child]]
    return is_below
