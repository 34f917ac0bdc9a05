"""How sure it is that a search term earns more at a bid of its own than through the keyword that buys it now.

Here belong odds of the gain, given the two points to compare. How clicks and cost answer to a bid is ``response``, which
terms are worth a look is ``discovery``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from optimizers.errors import InvalidInputError
from optimizers.inputs import ANY, NON_NEGATIVE, POSITIVE, read_columns
from optimizers.types import FloatArray

INTERVAL_Z = float(ndtri(0.9))  # an 80 % interval leaves a tenth on each side
LEAST_SHARE = 1e-9  # of the high end: a low end below it has rounded to nothing, and a logarithm needs a number


def gain_odds(
    clicks_change: ArrayLike, cost_change: ArrayLike, price: ArrayLike, value_low: ArrayLike, value_high: ArrayLike
) -> FloatArray:
    """Return P(v clicks_change > price cost_change | data): that moving a term to another bid earns more than it costs.

    The move turns from loss to gain at a value per click of t = price cost_change / clicks_change. Clicks that are won
    must be worth more than t, clicks that are given up less. The value v is log-normal through its 80 % interval:
    P(v > t) = Phi((m - log t) / s), m = (log low + log high) / 2, s = (log high - log low) / (2 z_0.9). (Moments and
    quantiles of the log-normal: Aitchison & Brown 1957, "The Lognormal Distribution".) A term is bought already, so
    what counts is the change from one bid to the other and never the whole of its sales. Known drawbacks: the answer
    of clicks to the bid is taken as known, so the odds are of the value alone; a gamma posterior of few orders is wider
    to the left than a log-normal.

    Parameters
    ----------
    clicks_change : array of shape (n_terms,)
        Clicks a day at the own bid less those at the bid of its keyword, any sign; 0 gains nothing.
    cost_change : array of shape (n_terms,)
        Money a day, likewise, in the currency of the value, any sign.
    price : array of shape (n_terms,) or scalar
        What a unit of cost must bring where the term will stand (1 + lambda), > 0, without unit.
    value_low, value_high : array of shape (n_terms,)
        80 % interval of the money that a click brings, >= 0, low <= high.

    Returns
    -------
    array of shape (n_terms,)
        In [0, 1]. Clicks won for less than nothing gain for sure where a click is worth anything; clicks given up at no
        saving never do. At a value known for sure that stands on the turn the odds are 1/2.

    Raises
    ------
    InvalidInputError
        If a number is not finite or outside its range, lengths differ, or an interval is turned round.

    Examples
    --------
    >>> gain_odds([2.0, -2.0, 0.0], [1.0, -1.0, 0.0], 1.0, [0.5, 0.5, 0.5], [2.0, 2.0, 2.0]).round(2)  # turn at 0.50
    array([0.9, 0.1, 0. ])
    """
    what = "cannot tell the odds of a gain"
    clicks, cost, paid, low, high = read_columns(
        what,
        {
            "clicks_change": (clicks_change, ANY),
            "cost_change": (cost_change, ANY),
            "price": (price, POSITIVE),
            "value_low": (value_low, NON_NEGATIVE),
            "value_high": (value_high, NON_NEGATIVE),
        },
    )
    if (low > high).any():
        rows = [f"row {row}" for row in np.flatnonzero(low > high)]
        raise InvalidInputError(what, "value_low above value_high", "value_low <= value_high", rows, "Turn them round.")
    is_move = clicks != 0.0
    turn = np.divide(paid * cost, clicks, out=np.zeros(clicks.size), where=is_move)
    above = _odds_above(turn, low, high)
    return np.where(is_move, np.where(clicks > 0, above, 1.0 - above), 0.0)


def _odds_above(turn: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Return P(v > turn): certain at a turn of nothing or less, impossible where a click is worth nothing."""
    is_worth = high > 0
    is_open = is_worth & (turn > 0)
    top = np.log(np.where(is_open, high, 1.0))
    bottom = np.log(np.where(is_open, np.maximum(low, LEAST_SHARE * high), 1.0))
    away = (bottom + top) / 2.0 - np.log(np.where(is_open, turn, 1.0))
    sd = (top - bottom) / (2.0 * INTERVAL_Z)
    sure = np.select([away > 0, away < 0], [np.inf, -np.inf], 0.0)  # without any spread the value stands on one side
    away = np.divide(away, sd, out=sure, where=sd > 0)
    return np.where(is_open, ndtr(away), np.where(is_worth & (turn <= 0), 1.0, 0.0))
