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
    """Return the items for which on and off earn the same at their node's price; plain arithmetic.

    Parameters
    ----------
    curves : Curves of n_items
    prices : NodePrices of n_nodes

    Returns
    -------
    bool array of shape (n_items,)
        Never one that may not be paused.

    Raises
    ------
    Nothing
        Curves and prices have been checked where they were made.

    Examples
    --------
    >>> from optimizers.prices import solve_prices
    >>> ones, none, nodes = np.ones(2), np.zeros(2), np.zeros(2, dtype=int)  # each costs 2 or nothing at a price of 1
    >>> curves = Curves(nodes, ones, ones, 2 * ones, ones, ones, ones, 3 * ones, none, ones, none, nodes - 1)
    >>> tree = PriceTree(np.array([-1]), np.zeros(1), np.array([3.0]), ("total",))
    >>> prices = solve_prices(curves, tree, base_log_price=-1.0)
    >>> find_ties(curves, prices)
    array([ True,  True])
    """
    paid = prices.log_price[curves.node]
    with np.errstate(invalid="ignore"):
        return np.isfinite(curves.log_off) & (np.abs(curves.log_off - paid) <= SAME_PRICE)


def list_choices(curves: Curves, tree: PriceTree, prices: NodePrices, is_tied: BoolArray) -> list[BoolArray]:
    """Return sets of items that stay on, worth solving for: tied ones as fit at their best bid, as fit squeezed, all.

    Source: own reasoning: greedy in the order of cost, as for a knapsack (Dantzig 1957, "Discrete-variable extremum problems").

    Parameters
    ----------
    curves : Curves of n_items
    tree : PriceTree of n_nodes
    prices : NodePrices of n_nodes
    is_tied : bool array of shape (n_items,)
        From ``find_ties``.

    Returns
    -------
    list of bool arrays of shape (n_items,)
        Items above their price are on in all of them. The last keeps all tied ones for the sake of minimums.

    Raises
    ------
    Nothing
        Curves, tree and prices have been checked where they were made.

    Notes
    -----
    Known drawback: three sets are tried, not all, so the gap can be as large as one item's jump.

    Examples
    --------
    >>> from optimizers.prices import solve_prices
    >>> ones, none, nodes = np.ones(2), np.zeros(2), np.zeros(2, dtype=int)  # each costs 2 or nothing at a price of 1
    >>> curves = Curves(nodes, ones, ones, 2 * ones, ones, ones, ones, 3 * ones, none, ones, none, nodes - 1)
    >>> tree = PriceTree(np.array([-1]), np.zeros(1), np.array([3.0]), ("total",))
    >>> prices = solve_prices(curves, tree, base_log_price=-1.0)
    >>> [choice.tolist() for choice in list_choices(curves, tree, prices, find_ties(curves, prices))]
    [[True, False], [True, True]]
    """
    tied = curves.take(np.flatnonzero(is_tied))
    at_best = _fill(curves, tree, prices, is_tied, tied.cost(tied.log_low))
    squeezed = _fill(curves, tree, prices, is_tied, tied.fixed)
    choices = [at_best, squeezed, at_best | is_tied]
    return [choice for row, choice in enumerate(choices) if not any((choice == other).all() for other in choices[:row])]


def _fill(curves: Curves, tree: PriceTree, prices: NodePrices, is_tied: BoolArray, tied_cost: FloatArray) -> BoolArray:
    """Return the items above the price and as many tied ones, dearest first, as every maximum has room for."""
    paid = prices.log_price[curves.node]
    is_on = (paid <= curves.log_off) & ~is_tied
    base = np.where(is_on, curves.cost(curves.best(paid)), 0.0)
    room = tree.max_cost - tree.sum_up(tree.own_sums(curves.node, base))
    order = np.argsort(-tied_cost, kind="stable")
    rows, cost = np.flatnonzero(is_tied)[order], tied_cost[order]
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
