"""What past days would have brought at today's bid: the same response curve, read backwards.

Here belongs the change of old counts only. Who changed which bid when is known by ``assets.bid_history``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from optimizers.inputs import NON_NEGATIVE, POSITIVE, read_columns
from optimizers.types import FloatArray


class AtPresentBid(NamedTuple):
    """Clicks and cost that a day would have had at today's bid, arrays of shape (n_rows,)."""

    clicks: FloatArray
    cost: FloatArray


def at_present_bid(
    clicks: ArrayLike, cost: ArrayLike, change: ArrayLike, eta: ArrayLike, kappa: ArrayLike
) -> AtPresentBid:
    """Return clicks change^eta and cost change^(eta + kappa): old days moved along the response to the bid of today.

    With clicks(m) = C0 m^eta and the next click at rho b m^kappa, average cost per click is in proportion to m^kappa where it
    is eta / (eta + kappa) of the marginal cost, as in a truthful auction (Varian 2007, "Position auctions"). A window that
    mixes days of several bids otherwise tells of a bid that nobody bids any more: after a cut of 30 % it expects 1.4 times
    the cost.

    Parameters
    ----------
    clicks, cost : array of shape (n_rows,)
        What the day brought and cost, >= 0; money in one currency.
    change : array of shape (n_rows,)
        Today's bid over the bid of that day, > 0.
    eta, kappa : array of shape (n_rows,) or scalar
        Elasticities of clicks and of the marginal cost, > 0, without unit.

    Returns
    -------
    AtPresentBid
        Arrays of shape (n_rows,), >= 0.

    Raises
    ------
    InvalidInputError
        If a number is not finite or outside its range, or lengths differ.

    Notes
    -----
    Known drawbacks: the elasticities of tonight are taken for all days; full reach and exhausted budgets are not seen here.

    Examples
    --------
    >>> found = at_present_bid([100.0, 10.0], [80.0, 8.0], [0.25, 1.0], 0.5, 1.0)
    >>> found.clicks, found.cost
    (array([50., 10.]), array([10.,  8.]))
    """
    n_clicks, money, moved, by_clicks, by_price = read_columns(
        "cannot move days to today's bid",
        {
            "clicks": (clicks, NON_NEGATIVE),
            "cost": (cost, NON_NEGATIVE),
            "change": (change, POSITIVE),
            "eta": (eta, POSITIVE),
            "kappa": (kappa, POSITIVE),
        },
    )
    more = np.asarray(moved**by_clicks, dtype=np.float64)
    return AtPresentBid(n_clicks * more, money * more * moved**by_price)
