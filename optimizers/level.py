"""One depth of the budget tree under solution: what its nodes spend and earn, given one price a node.

Here belongs the walk from a node's price to its items. Finding prices is in ``prices`` and ``roas_floors``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from optimizers.curves import Curves
from optimizers.types import BoolArray, FloatArray, IntArray

NEXT_TO_PREMIUM = 40.0  # a log price this far below a premium no longer changes a digit of what the item pays


@dataclass(frozen=True)
class Level:
    """Who pays what below the nodes of one depth; arrays of shape (n_nodes,).

    ``ancestor`` is the node at this depth, -1 above it. From the ancestor's log price down to the node a price gains
    ``premium`` (a log; None where no node has one) and is clipped to [``low``, ``high``].
    """

    curves: Curves
    ancestor: IntArray
    premium: FloatArray | None
    low: FloatArray
    high: FloatArray

    @property
    def last_log_price(self) -> float:
        """Return a log price of the nodes so low that every item worth money is at its most, premiums on top or not."""
        lowest = self.curves.last_log_price
        if self.premium is None:
            return lowest
        return min(lowest, float(np.min(self.premium, where=np.isfinite(self.premium), initial=0.0)) - NEXT_TO_PREMIUM)

    def restrict(self, is_active: BoolArray) -> Level:
        """Return the level with only the items below active nodes."""
        owner = self.ancestor[self.curves.node]
        is_here = (owner >= 0) & is_active[owner]
        return self if is_here.all() else replace(self, curves=self.curves.take(np.flatnonzero(is_here)))

    def pay(self, log_price: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return every node's log price, and by how much it moves with its ancestor's."""
        given = log_price[self.ancestor]
        if self.premium is None:
            paid = clip(given, self.low, self.high)
            return paid, (paid == given).astype(np.float64)
        dear = np.logaddexp(given, self.premium)
        paid = clip(dear, self.low, self.high)
        with np.errstate(invalid="ignore"):
            moves = np.where((paid == dear) & np.isfinite(dear), np.exp(given - dear), 0.0)
        return paid, moves

    def spend(self, log_price: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return spend of the nodes at this depth and its derivative, for one log price a node."""
        paid, moves = self.pay(log_price)
        cost, slope = self.curves.spend(self._of_items(paid))
        return self._add_up(cost), self._add_up(slope * self._of_items(moves))

    def surplus(self, log_price: FloatArray, floor: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return value less ``floor`` x cost, its derivative by log price, and ``floor`` x cost."""
        paid, moves = self.pay(log_price)
        log_paid = self._of_items(paid)
        log_x = self.curves.best(log_paid)
        cost, slope = self.curves.spend(log_paid)
        value, needed = self._add_up(self.curves.value(log_x)), floor * self._add_up(cost)
        with np.errstate(invalid="ignore", over="ignore"):
            steepness = (np.exp(log_price) - floor) * self._add_up(slope * self._of_items(moves))
        return value - needed, steepness, needed

    def _of_items(self, of_nodes: FloatArray) -> FloatArray:
        """Return each item's number; a single node's holds for all as it is."""
        return of_nodes if len(of_nodes) == 1 else of_nodes[self.curves.node]

    def _add_up(self, amount: FloatArray) -> FloatArray:
        if len(self.ancestor) == 1:
            return np.array([amount.sum()])
        owner = self.ancestor[self.curves.node]
        return np.bincount(owner, amount, len(self.ancestor)).astype(np.float64)


def clip(price: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Clip to [low, high]; where a jump makes them cross, the maximum (low) is kept."""
    return np.maximum(np.minimum(price, high), low)
