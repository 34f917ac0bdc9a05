"""Average-ROAS floors as intervals on a node's price, on the objective's own value.

Here belongs the search for the two ends. Floors on another basis than the objective are in ``optimizers.basis_floor``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizers.level import Level
from optimizers.types import BoolArray, FloatArray

MONEY_TOLERANCE = 1e-13  # relative, of floor x cost
PRICE_TOLERANCE = 4e-16  # of a log price
MAX_STEPS = 200


@dataclass(frozen=True)
class FloorInterval:
    """Log prices between which each node keeps its floor, arrays of shape (n_nodes,)."""

    low: FloatArray
    high: FloatArray

    def replace(self, rows: BoolArray, other: FloorInterval) -> FloorInterval:
        """Return the intervals with ``rows`` taken from ``other``."""
        return FloorInterval(np.where(rows, other.low, self.low), np.where(rows, other.high, self.high))


def no_floors(n_nodes: int) -> FloorInterval:
    """Return intervals that allow every price."""
    return FloorInterval(np.full(n_nodes, -np.inf), np.full(n_nodes, np.inf))


def floor_interval(level: Level, floor: FloatArray) -> FloorInterval:
    """Return between which log prices the nodes of a level bring ``floor`` units of value per unit of cost.

    Parameters
    ----------
    level : Level of n_nodes
    floor : array of shape (n_nodes,)
        Least value per unit of cost, > 0; missing where there is none.

    Notes
    -----
    Value less floor x cost changes by (price - floor) x the change of cost, so it is highest at the price that equals
    the floor and falls to both sides: one root below it (too much is bought) and one above (what must be bought at a
    loss is not made good). Source: the Lagrangian of the floor, (1 + gamma) value - (price + gamma floor) cost, is that
    of the price (price + gamma floor) / (1 + gamma), which lies between the two (DESIGN section 8). A floor that no
    price keeps holds the price at itself, where least is missing.
    """
    interval = no_floors(len(floor))
    asked = ~np.isnan(floor)
    if not asked.any():
        return interval
    level, known = level.restrict(asked), np.where(asked, floor, 1.0)
    peak = np.log(known)
    best, _, needed = level.surplus(peak, known)
    is_lost = asked & (best < -MONEY_TOLERANCE * needed)
    ends = []
    for end in (np.minimum(level.curves.last_log_price, peak), np.maximum(level.curves.first_log_price, peak)):
        surplus, _, _ = level.surplus(end, known)
        breaks = asked & ~is_lost & (surplus < 0)
        last = _find_end(level, known, peak, end, breaks) if breaks.any() else end
        ends.append((breaks | is_lost, np.where(is_lost, peak, last)))
    (breaks_low, low), (breaks_high, high) = ends
    return FloorInterval(np.where(breaks_low, low, -np.inf), np.where(breaks_high, high, np.inf))


def _find_end(level: Level, floor: FloatArray, good: FloatArray, bad: FloatArray, active: BoolArray) -> FloatArray:
    """Return the log price furthest from ``good`` towards ``bad`` at which the floor is still kept."""
    level, active = level.restrict(active), active.copy()
    price = (good + bad) / 2
    for step in range(MAX_STEPS):
        surplus, slope, needed = level.surplus(price, floor)
        keeps = surplus >= 0
        good, bad = np.where(active & keeps, price, good), np.where(active & ~keeps, price, bad)
        is_tight = np.abs(good - bad) <= PRICE_TOLERANCE * np.maximum(np.abs(good), 1.0)
        active &= ~(is_tight | (keeps & (surplus <= MONEY_TOLERANCE * needed)))
        if not active.any():
            break
        middle = (good + bad) / 2
        with np.errstate(divide="ignore", invalid="ignore"):
            newton = price - surplus / slope
        is_inside = (newton > np.minimum(good, bad)) & (newton < np.maximum(good, bad))
        price = np.where(is_inside & (step % 3 < 2), newton, middle)
    return good
