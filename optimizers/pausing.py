"""Items that may be paused: on or off, nothing between, so that spend jumps in the price.

Here belongs the choice among items that stand exactly on the price. The price is found in ``optimizers.prices``.
"""

from __future__ import annotations

import numpy as np

from optimizers.curves import Curves
from optimizers.prices import NodePrices
from optimizers.tree import PriceTree
from optimizers.types import BoolArray, FloatArray, IntArray

SAME_PRICE = 1e-9  # in log price


def find_ties(curves: Curves, prices: NodePrices) -> BoolArray:
    """Return the items for which on and off earn the same at their node's price, shape (n_items,)."""
    paid = prices.log_price[curves.node]
    with np.errstate(invalid="ignore"):
        return np.isfinite(curves.log_off) & (np.abs(curves.log_off - paid) <= SAME_PRICE)


def choose_on(curves: Curves, tree: PriceTree, prices: NodePrices, is_tied: BoolArray) -> BoolArray:
    """Return which items stay on: those above the price, and as many tied ones, dearest first, as every maximum allows.

    Parameters
    ----------
    curves : Curves of n_items
    tree : PriceTree of n_nodes
    prices : NodePrices of n_nodes
    is_tied : bool array of shape (n_items,)
        From ``find_ties``.

    Notes
    -----
    Known drawback: what does not fit is left to the other items, so the gap can be as large as one item's jump.
    """
    paid = prices.log_price[curves.node]
    is_on = (paid <= curves.log_off) & ~is_tied
    base = np.where(is_on, curves.cost(curves.best(np.where(is_tied, np.inf, paid))), 0.0)
    room = tree.max_cost - tree.sum_up(tree.own_sums(curves.node, base))
    rows = np.flatnonzero(is_tied)
    cost = curves.cost(curves.log_low[rows])
    rows, cost = rows[np.argsort(-cost, kind="stable")], -np.sort(-cost)
    for _, ancestor in tree.levels_up():
        owner = ancestor[curves.node[rows]]
        fits = (owner < 0) | (_running_sum(cost, owner) <= np.where(owner < 0, np.inf, room[owner]))
        rows, cost = rows[fits], cost[fits]
    is_on[rows] = True
    return is_on


def _running_sum(cost: FloatArray, owner: IntArray) -> FloatArray:
    """Return the sum of costs up to and including each row, within its owner, in row order."""
    order = np.argsort(owner, kind="stable")
    total = np.cumsum(cost[order])
    starts = np.searchsorted(owner[order], owner[order], side="left")
    running = np.empty(len(cost))
    running[order] = total - np.where(starts > 0, total[starts - 1], 0.0)
    return running
