"""The price of money at every node of the budget tree: what the next unit of cost must bring there.

Here belongs the solver. A node's maximum sets the lowest price it may pay, its minimum the highest; the child pays its
parent's price clipped to its own interval. Intervals are found from the leaves to the roots by Newton steps on the log
of spend over the log of price, kept inside a bracket. What the prices mean for items is in ``optimizers.allocation``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizers.curves import Curves
from optimizers.tree import PriceTree
from optimizers.types import BoolArray, FloatArray, IntArray

MONEY_TOLERANCE = 1e-13  # relative, of a node's bound
PRICE_TOLERANCE = 4e-16  # relative, of a log price
NEWTON_STEPS = 20  # after so many steps every other one halves the bracket
MAX_STEPS = 200


@dataclass(frozen=True)
class NodePrices:
    """Log prices of all nodes, shape (n_nodes,); ``clipped``: 1 where the maximum binds, -1 where the minimum does."""

    log_price: FloatArray
    clipped: IntArray


@dataclass(frozen=True)
class _Level:
    """One depth of the tree under solution: who pays what, given the price of the nodes at that depth."""

    curves: Curves
    ancestor: IntArray  # (n_nodes,) ancestor at this depth, -1 above
    low: FloatArray  # (n_nodes,) lowest and highest log price between the ancestor and the node
    high: FloatArray

    def restrict(self, is_active: BoolArray) -> _Level:
        """Return the level with only the items below active nodes."""
        owner = self.ancestor[self.curves.node]
        rows = np.flatnonzero((owner >= 0) & is_active[owner])
        return _Level(self.curves.take(rows), self.ancestor, self.low, self.high)

    def spend(self, log_price: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return spend of the nodes at this depth and its derivative, for one log price a node."""
        given = log_price[self.ancestor]
        paid = _clip(given, self.low, self.high)
        cost, slope = self.curves.spend(paid[self.curves.node])
        owner = self.ancestor[self.curves.node]
        slope = np.where((paid == given)[self.curves.node], slope, 0.0)
        total, steepness = (np.bincount(owner, amount, len(self.ancestor)) for amount in (cost, slope))
        return total.astype(np.float64), steepness.astype(np.float64)


def solve_prices(curves: Curves, tree: PriceTree, base_log_price: float) -> NodePrices:
    """Return the log price of every node such that no money is better spent elsewhere.

    Parameters
    ----------
    curves : Curves of n_items
        Every item's response; ``curves.node`` points into the tree.
    tree : PriceTree of n_nodes
        Feasible: see ``optimizers.feasibility``.
    base_log_price : float
        Log of what a unit of money must bring outside the tree: 0 when unspent money is kept.

    Returns
    -------
    NodePrices
        Infinite where a node is held at the least it can spend.

    Notes
    -----
    Spend falls in the price, so each bound is one root in one unknown. Known drawback: where items may be paused, spend
    jumps, and a bound inside a jump is met from below (maximum) or above (minimum); the caller fills the rest.
    """
    low, high = np.full(tree.n_nodes, -np.inf), np.full(tree.n_nodes, np.inf)
    path_low, path_high = low.copy(), high.copy()
    for depth, ancestor in tree.levels_up():
        level = _Level(curves, ancestor, path_low, path_high)
        is_here = tree.depth == depth
        low = np.where(is_here, _price_at_bound(level, np.where(is_here, tree.max_cost, np.inf), is_most=True), low)
        high = np.where(is_here, _price_at_bound(level, np.where(is_here, tree.min_cost, 0.0), is_most=False), high)
        below = ancestor >= 0
        path_low, path_high = (
            np.where(below, _clip(bound[ancestor], path_low, path_high), bound) for bound in (low, high)
        )
    return _pay_down(tree, low, high, base_log_price)


def _pay_down(tree: PriceTree, low: FloatArray, high: FloatArray, base: float) -> NodePrices:
    price, clipped = np.full(tree.n_nodes, base), np.zeros(tree.n_nodes, dtype=np.int64)
    for depth in range(int(tree.depth.max()) + 1):
        nodes = np.flatnonzero(tree.depth == depth)
        above = tree.parent[nodes]
        given = np.where(above >= 0, price[above], base)
        price[nodes] = _clip(given, low[nodes], high[nodes])
        clipped[nodes] = (price[nodes] > given).astype(np.int64) - (price[nodes] < given)
    return NodePrices(price, clipped)


def _clip(price: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Clip to [low, high]; where a jump makes them cross, the maximum (low) is kept."""
    return np.maximum(np.minimum(price, high), low)


def _price_at_bound(level: _Level, bound: FloatArray, *, is_most: bool) -> FloatArray:
    """Return the lowest log price at which spend <= bound (``is_most``) or the highest at which spend >= bound."""
    n_nodes = len(bound)
    idle = -np.inf if is_most else np.inf
    price = np.full(n_nodes, idle)
    asked = np.isfinite(bound) if is_most else bound > 0
    if not asked.any():
        return price
    level = level.restrict(asked)
    least, _ = level.spend(np.full(n_nodes, np.inf))
    most, _ = level.spend(np.full(n_nodes, -np.inf))
    held_least, held_most = asked & (least >= bound), asked & (most <= bound)
    if is_most:
        price[held_least & (most > bound)] = np.inf
    else:
        price[held_most & (least < bound)] = -np.inf
    inside = asked & ~held_least & ~held_most
    if inside.any():
        price[inside] = _find_root(level, bound, least, inside, is_most)[inside]
    return price


def _find_root(level: _Level, bound: FloatArray, least: FloatArray, inside: BoolArray, is_most: bool) -> FloatArray:
    """Return the log price at which the nodes ``inside`` spend ``bound``."""
    left = np.full(len(bound), level.curves.last_log_price)
    right = np.full(len(bound), level.curves.first_log_price)
    price = np.clip(np.zeros(len(bound)), left, right)
    target = np.log(np.where(inside, bound - least, 1.0))
    active = inside.copy()
    level = level.restrict(active)
    for step in range(MAX_STEPS):
        spend, slope = level.spend(price)
        left, right = np.where(active & (spend > bound), price, left), np.where(active & (spend <= bound), price, right)
        is_met = np.abs(spend - bound) <= MONEY_TOLERANCE * bound
        is_tight = right - left <= PRICE_TOLERANCE * np.maximum(np.abs(left), np.abs(right))
        price = np.where(active & is_tight & ~is_met, right if is_most else left, price)
        active &= ~(is_met | is_tight)
        if not active.any():
            break
        middle = (left + right) / 2
        is_newton = step < NEWTON_STEPS or step % 2 == 0
        price = np.where(active, _newton(price, spend - least, slope, target) if is_newton else middle, price)
        price = np.where(active & ~((price > left) & (price < right)), middle, price)
        if active.sum() * 2 < len(np.unique(level.ancestor[level.curves.node])):
            level = level.restrict(active)
    return np.where(active, right if is_most else left, price)


def _newton(price: FloatArray, moving: FloatArray, slope: FloatArray, target: FloatArray) -> FloatArray:
    """Return the Newton step on log(spend - least spend); NaN where there is no slope."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return price + (target - np.log(moving)) * moving / slope
