"""The proof beside an allocation: a bound that no plan can beat, and what stops each item.

Here belong the dual bound and the binding limits. The prices they rest on are found in ``optimizers.prices``.
"""

from __future__ import annotations

import numpy as np

from optimizers.curves import LOG_FREE, Curves
from optimizers.prices import NodePrices
from optimizers.tree import PriceTree
from optimizers.types import BoolArray, FloatArray, IntArray, TextArray


def dual_bound(curves: Curves, tree: PriceTree, prices: NodePrices, base_price: float) -> float:
    """Return an upper bound on the objective over all plans within the limits, in currency a day.

    Parameters
    ----------
    curves : Curves of n_items
    tree : PriceTree of n_nodes
    prices : NodePrices of n_nodes
        Any prices give a bound; the optimum's give the tightest.
    base_price : float
        1 where unspent money is kept (profit), 0 where only value counts.

    Notes
    -----
    Lagrangian duality: each item earns its best at its node's price, and each limit pays its price difference. A node
    with an infinite price has only one way to spend; its items are constants at the next finite price above.
    """
    price, is_held = finite_prices(tree, prices, base_price)
    log_paid = prices.log_price[curves.node]
    log_x = curves.best(log_paid)
    cost, value = curves.cost(log_x), curves.value(log_x)
    earned = value - price[curves.node] * cost
    spent = tree.sum_up(tree.own_sums(curves.node, cost))
    above = np.where(tree.parent >= 0, price[tree.parent], base_price)
    held_above = np.where(tree.parent >= 0, is_held[tree.parent], False)
    limit = np.where(price > above, tree.max_cost, tree.min_cost)
    limit = np.where(held_above, spent, limit)
    paid = np.where(price == above, 0.0, (price - above) * np.where(np.isfinite(limit), limit, 0.0))
    return float(earned.sum() + paid.sum())


def finite_prices(tree: PriceTree, prices: NodePrices, base_price: float) -> tuple[FloatArray, BoolArray]:
    """Return prices with infinite ones replaced by the next above, and which nodes lie below an infinite one."""
    real = real_prices(prices)
    price, is_held = real.copy(), np.isposinf(real)
    for depth in range(int(tree.depth.max()) + 1):
        nodes = np.flatnonzero(tree.depth == depth)
        parent = tree.parent[nodes]
        price[nodes] = np.where(
            np.isposinf(real[nodes]), np.where(parent >= 0, price[parent], base_price), price[nodes]
        )
        is_held[nodes] |= (parent >= 0) & is_held[parent]
    return price, is_held


def real_prices(prices: NodePrices) -> FloatArray:
    """Return what the next unit of cost returns at every node; 0 where all that is worth anything is bought."""
    return np.where(prices.log_price > LOG_FREE, np.exp(prices.log_price), 0.0)


def binding_limits(curves: Curves, tree: PriceTree, prices: NodePrices, log_x: FloatArray) -> TextArray:
    """Return per item what stops it from moving: ``frozen``, a change limit, its price, or the node that sets it.

    Parameters
    ----------
    curves : Curves of n_items
    tree : PriceTree of n_nodes
    prices : NodePrices of n_nodes
    log_x : array of shape (n_items,)
        The chosen levers.
    """
    source = _price_source(tree, prices.clipped)
    labels = [f"node_max:{name}" for name in tree.names] + [f"node_min:{name}" for name in tree.names]
    labels += ["price", "min_change", "max_change", "frozen"]
    price_code = 2 * tree.n_nodes
    by_node = np.where(source < 0, price_code, source + np.where(prices.clipped[source] < 0, tree.n_nodes, 0))
    code = by_node[curves.node]
    code = np.where(log_x <= curves.log_low, price_code + 1, code)
    code = np.where(log_x >= curves.log_high, price_code + 2, code)
    code = np.where(curves.log_low == curves.log_high, price_code + 3, code)
    return np.array(labels, dtype=object)[code]


def count_free(curves: Curves, tree: PriceTree, prices: NodePrices, log_x: FloatArray) -> IntArray:
    """Return per node how many items could still take its money: inside their own limits and every limit between."""
    is_free = (log_x > curves.log_low) & (log_x < curves.log_high)
    free = tree.own_sums(curves.node, is_free.astype(np.float64)).astype(np.int64)
    for depth in range(int(tree.depth.max()), 0, -1):
        nodes = np.flatnonzero((tree.depth == depth) & (prices.clipped == 0))
        np.add.at(free, tree.parent[nodes], free[nodes])
    return free


def _price_source(tree: PriceTree, clipped: IntArray) -> IntArray:
    """Return the node whose limit sets each node's price, -1 where none does."""
    source = np.where(clipped != 0, np.arange(tree.n_nodes), -1)
    for depth in range(1, int(tree.depth.max()) + 1):
        nodes = np.flatnonzero((tree.depth == depth) & (clipped == 0))
        source[nodes] = source[tree.parent[nodes]]
    return source
