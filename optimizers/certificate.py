"""The proof beside an allocation: a bound that no plan can beat, and what stops each item.

Here belong the dual bound and the binding limits. The prices they rest on are found in ``optimizers.prices``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from optimizers.curves import LOG_FREE, Curves
from optimizers.prices import NodePrices
from optimizers.tree import PriceTree
from optimizers.types import BoolArray, FloatArray, IntArray, TextArray


class Plan(NamedTuple):
    """Log levers, cost and value of every item, shape (n_items,) each."""

    log_x: FloatArray
    cost: FloatArray
    value: FloatArray


def plan_at(curves: Curves, prices: NodePrices) -> Plan:
    """Return what earns most at the nodes' prices."""
    log_x = curves.best(prices.log_price[curves.node])
    return Plan(log_x, curves.cost(log_x), curves.value(log_x))


def dual_bound(curves: Curves, tree: PriceTree, prices: NodePrices, plan: Plan, base_price: float) -> float:
    """Return an upper bound on the objective over all plans within the limits, in currency a day.

    Parameters
    ----------
    curves : Curves of n_items
    tree : PriceTree of n_nodes
    prices : NodePrices of n_nodes
        Any prices give a bound; the optimum's give the tightest.
    plan : Plan of n_items
        Of these prices.
    base_price : float
        1 where unspent money is kept (profit), 0 where only value counts.

    Notes
    -----
    Lagrangian duality: each item earns its best at its node's price, and each limit pays its price difference. A node
    with an infinite price has only one way to spend; its items are constants at the next finite price above. Below a
    ROAS floor that binds, value and money both count (1 + gamma) times, gamma being what the floor's price implies.
    """
    price, is_held = finite_prices(tree, prices, base_price)
    _, cost, value = plan
    spent = tree.sum_up(tree.own_sums(curves.node, cost))
    given = _given_prices(tree, price, base_price) + np.exp(prices.premium)
    held_above = np.where(tree.parent >= 0, is_held[tree.parent], False)
    weight, gamma = _floor_weights(tree, prices, price, given)
    above = np.where(tree.parent >= 0, weight[tree.parent], 1.0)
    # a floor pays back gamma x floor of the price that it raises, so that limits pay only for the rest
    jump = np.where(gamma > 0, 0.0, weight * price - above * given)
    limit = np.where(jump > 0, tree.max_cost, tree.min_cost)
    limit = np.where(held_above, spent, limit)
    paid = np.where(jump == 0, 0.0, jump * np.where(np.isfinite(limit), limit, 0.0))
    earned = weight[curves.node] * (value - price[curves.node] * cost)
    return float(earned.sum() + paid.sum())


def _given_prices(tree: PriceTree, price: FloatArray, base_price: float) -> FloatArray:
    return np.where(tree.parent >= 0, price[tree.parent], base_price)


def _floor_weights(
    tree: PriceTree, prices: NodePrices, price: FloatArray, given: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return how often a unit of value counts at each node, and the gamma of its own floor (0: it does not bind).

    From price = (given + gamma floor) / (1 + gamma).
    """
    weight, gamma = np.ones(tree.n_nodes), np.zeros(tree.n_nodes)
    binds = prices.by_floor & (np.abs(price - tree.min_roas) > 0) & np.isfinite(price)
    gamma[binds] = (given - price)[binds] / (price - tree.min_roas)[binds]
    gamma = np.where(np.isfinite(gamma) & (gamma > 0), gamma, 0.0)
    for depth in range(int(tree.depth.max()) + 1):
        nodes = np.flatnonzero(tree.depth == depth)
        above = tree.parent[nodes]
        weight[nodes] = np.where(above >= 0, weight[above], 1.0) * (1.0 + gamma[nodes])
    return weight, gamma


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


def money_prices(tree: PriceTree, prices: NodePrices) -> FloatArray:
    """Return the real prices less what floors on another basis add to them: what a unit of money is worth by itself."""
    added = np.exp(prices.premium)
    for depth in range(1, int(tree.depth.max()) + 1):
        nodes = np.flatnonzero(tree.depth == depth)
        added[nodes] += added[tree.parent[nodes]]
    return np.where(added > 0, real_prices(prices) - added, real_prices(prices))


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
    source, n_nodes = _price_source(tree, prices), tree.n_nodes
    kinds = ("node_max", "node_min", "node_roas", "marginal_roas")
    labels = [f"{kind}:{name}" for kind in kinds for name in tree.names]
    labels += ["price", "min_change", "max_change", "frozen"]
    price_code = len(kinds) * n_nodes
    is_floor = prices.by_floor | (prices.clipped == 0)  # an unclipped node that sets a price adds a floor's premium
    kind = np.where(is_floor, 2, np.where(prices.clipped < 0, 1, 0))
    by_node = np.where(source < 0, price_code, source + kind[source] * n_nodes)
    code = by_node[curves.node]
    code = np.where(log_x >= curves.log_high, price_code + 2, code)
    code = np.where(log_x <= curves.log_low, price_code + 1, code)
    code = np.where(curves.log_low == curves.log_high, price_code + 3, code)
    is_capped = (curves.capped_by >= 0) & (log_x >= curves.log_high)
    return np.array(labels, dtype=object)[np.where(is_capped, 3 * n_nodes + curves.capped_by, code)]


def count_free(curves: Curves, tree: PriceTree, prices: NodePrices, log_x: FloatArray) -> IntArray:
    """Return per node how many items could still take its money: inside their own limits and every limit between."""
    is_free = (log_x > curves.log_low) & (log_x < curves.log_high)
    free = tree.own_sums(curves.node, is_free.astype(np.float64)).astype(np.int64)
    for depth in range(int(tree.depth.max()), 0, -1):
        nodes = np.flatnonzero((tree.depth == depth) & (prices.clipped == 0))
        np.add.at(free, tree.parent[nodes], free[nodes])
    return free


def _price_source(tree: PriceTree, prices: NodePrices) -> IntArray:
    """Return the node whose limit or floor sets each node's price, -1 where none does."""
    sets = (prices.clipped != 0) | np.isfinite(prices.premium)
    source = np.where(sets, np.arange(tree.n_nodes), -1)
    for depth in range(1, int(tree.depth.max()) + 1):
        nodes = np.flatnonzero((tree.depth == depth) & ~sets)
        source[nodes] = source[tree.parent[nodes]]
    return source
