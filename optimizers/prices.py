"""The price of money at every node of the budget tree: what the next unit of cost must bring there.

Here belongs the solver. A node's maximum sets the lowest price it may pay, its minimum the highest, its ROAS floor both;
the child pays its parent's price clipped to its own interval. Intervals are found from the leaves to the roots by Newton
steps on the log of spend over the log of price, kept inside a bracket. What the prices mean for items is in
``optimizers.allocation``, intervals of floors are in ``optimizers.roas_floors``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizers.curves import Curves
from optimizers.level import Level, clip
from optimizers.roas_floors import FloorInterval, floor_interval, no_floors
from optimizers.tree import PriceTree
from optimizers.types import BoolArray, FloatArray, IntArray

MONEY_TOLERANCE = 1e-13  # relative, of a node's bound
PRICE_TOLERANCE = 4e-16  # relative, of a log price
NEWTON_STEPS = 20  # after so many steps every other one halves the bracket
MAX_STEPS = 200


@dataclass(frozen=True)
class Intervals:
    """Between which log prices each node may pay, arrays of shape (n_nodes,): by its spend, and by its ROAS floor."""

    low: FloatArray
    high: FloatArray
    floor: FloorInterval

    @property
    def lowest(self) -> FloatArray:
        """Return the lowest log price that both allow."""
        return np.maximum(self.low, self.floor.low)

    @property
    def highest(self) -> FloatArray:
        """Return the highest log price that both allow."""
        return np.minimum(self.high, self.floor.high)


@dataclass(frozen=True)
class NodePrices:
    """Log prices of all nodes, shape (n_nodes,), and where they come from.

    ``clipped`` is 1 where a limit raises the price that comes from above, -1 where one lowers it; ``by_floor`` tells
    that the limit is the ROAS floor.
    """

    log_price: FloatArray
    clipped: IntArray
    by_floor: BoolArray
    premium: FloatArray
    intervals: Intervals


@dataclass(frozen=True)
class Start:
    """An earlier solution on the same items, and the nodes whose limits are no longer those, shape (n_nodes,)."""

    prices: NodePrices
    is_changed: BoolArray


def solve_prices(
    curves: Curves,
    tree: PriceTree,
    base_log_price: float,
    premium: FloatArray | None = None,
    start: Start | None = None,
) -> NodePrices:
    """Return the log price of every node such that no money is better spent elsewhere.

    Parameters
    ----------
    curves : Curves of n_items
        Every item's response; ``curves.node`` points into the tree.
    tree : PriceTree of n_nodes
        Feasible: see ``optimizers.feasibility``.
    base_log_price : float
        Log of what a unit of money must bring outside the tree: 0 when unspent money is kept.
    premium : array of shape (n_nodes,), optional
        Log of what a node adds to its parent's price (``optimizers.basis_floor``); -inf adds nothing.
    start : Start, optional
        Saves the work on nodes below which nothing has changed.

    Returns
    -------
    NodePrices
        Infinite where a node is held at the least it can spend.

    Notes
    -----
    Spend falls in the price, so each bound is one root in one unknown. Known drawback: where items may be paused, spend
    jumps, and a bound inside a jump is met from below (maximum) or above (minimum); the caller fills the rest.
    """
    intervals = _find_intervals(curves, tree, premium, start)
    return pay_down(tree, intervals, base_log_price, premium)


def _find_intervals(curves: Curves, tree: PriceTree, premium: FloatArray | None, start: Start | None) -> Intervals:
    """Return all intervals, from the leaves to the roots; those that ``start`` knows are taken from it."""
    n_nodes = tree.n_nodes
    low, high, floor = np.full(n_nodes, -np.inf), np.full(n_nodes, np.inf), no_floors(n_nodes)
    is_new, guess = np.ones(n_nodes, dtype=np.bool_), np.zeros(n_nodes)
    if start is not None:
        known, is_new = start.prices.intervals, tree.is_above(start.is_changed)
        low, high, floor, guess = known.low, known.high, known.floor, start.prices.log_price
    identity = None if premium is None else np.full(n_nodes, -np.inf)
    level = Level(curves, np.arange(n_nodes), identity, np.full(n_nodes, -np.inf), np.full(n_nodes, np.inf))
    for depth, ancestor in tree.levels_up():
        level, is_here = _reach(level, ancestor), (tree.depth == depth) & is_new
        least, most = np.where(is_here, tree.min_cost, 0.0), np.where(is_here, tree.max_cost, np.inf)
        low = np.where(is_here, _price_at_bound(level, most, guess, is_most=True), low)
        high = np.where(is_here, _price_at_bound(level, least, guess, is_most=False), high)
        floor = floor.replace(is_here, floor_interval(level, np.where(is_here, tree.min_roas, np.nan)))
        level = _pass_down(level, Intervals(low, high, floor), premium)
    return Intervals(low, high, floor)


def _reach(level: Level, ancestor: IntArray) -> Level:
    return Level(level.curves, ancestor, level.premium, level.low, level.high)


def _pass_down(level: Level, intervals: Intervals, premium: FloatArray | None) -> Level:
    """Return the level as seen from above its ancestors: their own premium and interval come first."""
    above, is_below = level.ancestor, level.ancestor >= 0
    path, (lowest, highest) = None, (intervals.lowest[above], intervals.highest[above])
    if premium is not None and level.premium is not None:
        lowest, highest = np.logaddexp(lowest, level.premium), np.logaddexp(highest, level.premium)
        path = np.where(is_below, np.logaddexp(level.premium, premium[above]), -np.inf)
    low, high = clip(lowest, level.low, level.high), clip(highest, level.low, level.high)
    return Level(level.curves, above, path, np.where(is_below, low, -np.inf), np.where(is_below, high, np.inf))


def pay_down(tree: PriceTree, intervals: Intervals, base: float, premium: FloatArray | None) -> NodePrices:
    """Return each node's log price: its parent's, with its premium, clipped to its own interval; roots pay ``base``."""
    price, clipped = np.full(tree.n_nodes, base), np.zeros(tree.n_nodes, dtype=np.int64)
    lowest, highest = intervals.lowest, intervals.highest
    added = np.full(tree.n_nodes, -np.inf) if premium is None else premium
    for depth in range(int(tree.depth.max()) + 1):
        nodes = np.flatnonzero(tree.depth == depth)
        above = tree.parent[nodes]
        given = np.logaddexp(np.where(above >= 0, price[above], base), added[nodes])
        price[nodes] = clip(given, lowest[nodes], highest[nodes])
        clipped[nodes] = (price[nodes] > given).astype(np.int64) - (price[nodes] < given)
    is_raised, is_lowered = intervals.floor.low > intervals.low, intervals.floor.high < intervals.high
    by_floor = ((clipped > 0) & is_raised) | ((clipped < 0) & is_lowered)
    return NodePrices(price, clipped, by_floor, added, intervals)


def _price_at_bound(level: Level, bound: FloatArray, guess: FloatArray, *, is_most: bool) -> FloatArray:
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
        start = np.where(np.isfinite(guess), guess, 0.0)
        price[inside] = _find_root(level, _Target(bound, least, inside), start, is_most=is_most)[inside]
    return price


@dataclass(frozen=True)
class _Target:
    """What the nodes ``inside`` are to spend, and the least that they can; arrays of shape (n_nodes,)."""

    bound: FloatArray
    least: FloatArray
    inside: BoolArray


def _find_root(level: Level, aim: _Target, price: FloatArray, *, is_most: bool) -> FloatArray:
    """Return the log price at which the nodes inside spend their bound, starting at ``price``."""
    active, bound = aim.inside.copy(), aim.bound
    level, n_here = level.restrict(active), int(active.sum())
    left = np.full(len(bound), level.last_log_price)
    right = np.full(len(bound), level.curves.first_log_price)
    price = np.clip(price, left, right)
    target = np.log(np.where(active, bound - aim.least, 1.0))
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
        price = np.where(active, _newton(price, spend - aim.least, slope, target) if is_newton else middle, price)
        price = np.where(active & ~((price > left) & (price < right)), middle, price)
        if active.sum() * 2 < n_here:
            level, n_here = level.restrict(active), int(active.sum())
    return np.where(active, right if is_most else left, price)


def _newton(price: FloatArray, moving: FloatArray, slope: FloatArray, target: FloatArray) -> FloatArray:
    """Return the Newton step on log(spend - least spend); NaN where there is no slope."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return price + (target - np.log(moving)) * moving / slope
