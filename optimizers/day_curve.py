"""What a day's money brings: the next unit's value by what is spent, straight between solved plans.

Here belong the curve of one day and its making from plans. Choosing what each day spends is ``optimizers.pacing``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from optimizers.errors import InvalidInputError
from optimizers.inputs import ANY, NON_NEGATIVE, read_columns
from optimizers.types import FloatArray

STEEPER = 1e-6  # relative: by so much a price falls from knot to knot at least, so that a spend has one price


@dataclass(frozen=True)
class DayCurve:
    """What the next unit of money brings on a usual day, by what is spent; straight between the knots.

    Parameters
    ----------
    spend : array of shape (n_knots,)
        Money a day, from 0 upwards, at least two.
    price : array of shape (n_knots,)
        Value of the next unit of cost there, >= 0, falling from knot to knot; the first above 0.

    Raises
    ------
    InvalidInputError
        If there are fewer than two knots, a number is NaN, infinite or negative, spend does not rise from 0, or price
        does not fall.

    Examples
    --------
    >>> curve = DayCurve([0.0, 100.0], [3.0, 1.0])
    >>> curve.spend_at(np.array([2.0, 0.5])), curve.value_at(np.array([50.0, 200.0]))
    (array([ 50., 100.]), array([125., 200.]))
    """

    spend: FloatArray
    price: FloatArray

    def __post_init__(self) -> None:
        what = "cannot read the value of a day's money"
        spend, price = read_columns(what, {"spend": (self.spend, NON_NEGATIVE), "price": (self.price, NON_NEGATIVE)})
        if len(spend) < 2 or spend[0] != 0 or (np.diff(spend) <= 0).any() or (np.diff(price) >= 0).any():
            limit = "two knots or more, spend rising from 0, price falling"
            remedy = "Leave pacing off until items may be moved: pacing in configs/settings.yaml."
            raise InvalidInputError(what, f"{len(spend)} knots", limit, ["spend", "price"], remedy)
        object.__setattr__(self, "spend", spend)
        object.__setattr__(self, "price", price)

    def spend_at(self, price: FloatArray) -> FloatArray:
        """Return what is spent where the next unit of cost must bring ``price``; the most where it need bring nothing."""
        return np.interp(price, self.price[::-1], self.spend[::-1])

    def value_at(self, spend: FloatArray) -> FloatArray:
        """Return the value of ``spend`` >= 0: the integral of the price, flat beyond the last knot."""
        inside = np.clip(spend, 0.0, self.spend[-1])
        steps = np.diff(self.spend) * (self.price[1:] + self.price[:-1]) / 2.0
        below = np.clip(np.searchsorted(self.spend, inside, side="right") - 1, 0, len(self.spend) - 2)
        start = np.concatenate([[0.0], np.cumsum(steps)])[below]
        slope = np.interp(inside, self.spend, self.price)
        return np.asarray(start + (inside - self.spend[below]) * (self.price[below] + slope) / 2.0)


def curve_through(cost: ArrayLike, value: ArrayLike, price: ArrayLike) -> DayCurve:
    """Return the curve through solved plans of one day, continued to nothing below the smallest.

    Below the least that was solved the value is a chord from 0: the price there falls straight from 2 value / cost - price
    to the known one, whose mean is value / cost. Between plans the price is straight. (Plain arithmetic: the trapezoid rule.)
    Known drawback: the value between two plans is that of the straight price, not of the plan.

    Parameters
    ----------
    cost, value, price : array of shape (n_plans,)
        Money a day, > 0, what it brings, and what the next unit of cost brings, >= 0; in any order, equal costs once.

    Returns
    -------
    DayCurve
        Prices that do not fall are lowered to fall by a millionth from knot to knot.

    Raises
    ------
    InvalidInputError
        If there is no plan that costs and brings anything, or a number is not finite.

    Examples
    --------
    >>> curve = curve_through([50.0, 100.0], [150.0, 220.0], [2.0, 1.0])
    >>> curve.spend, curve.price
    (array([  0.,  50., 100.]), array([4., 2., 1.]))
    """
    what = "cannot read the value of a day's money"
    spent, brings, next_one = read_columns(
        what, {"cost": (np.atleast_1d(cost), NON_NEGATIVE), "value": (value, ANY), "price": (price, NON_NEGATIVE)}
    )
    known = np.flatnonzero(spent > 0)
    order = known[np.argsort(spent[known], kind="stable")]
    order = order[np.concatenate([[True], np.diff(spent[order]) > 0])] if len(order) else order
    if not len(order) or brings[order[0]] <= 0:
        remedy = "Leave pacing off until plans earn something: pacing in configs/settings.yaml."
        raise InvalidInputError(what, "no plan that costs and brings money", "at least one", ["cost", "value"], remedy)
    spend, slope = spent[order], next_one[order]
    first = max(2.0 * brings[order[0]] / spend[0] - slope[0], slope[0])
    slope = np.concatenate([[first], slope])
    limit = np.cumprod(np.full(len(slope), 1.0 - STEEPER))
    slope = np.minimum.accumulate(slope / limit) * limit
    rising = np.arange(len(slope))[::-1] * np.finfo(np.float64).tiny  # several knots at price 0 still fall
    return DayCurve(np.concatenate([[0.0], spend]), slope + rising)
