"""What a first post of a new partner would teach, in money.

Here belongs the value of information of one post. Who gets a test slot is chosen in ``optimizers.kol``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from optimizers.inputs import ANY, NON_NEGATIVE, read_columns
from optimizers.kol_value import OfferValue
from optimizers.types import FloatArray

LESSON_USES = 2.0  # later posts that one lesson decides on: a partner that pays is seldom booked only once more


def lesson_value(value: OfferValue, kept_share: ArrayLike, cost: ArrayLike) -> FloatArray:
    """Return what the result of one post is worth for the later decisions about its partner.

    Parameters
    ----------
    value : OfferValue of n_offers
        Mean revenue m, the sd t of that belief, and the sd s of one post around it.
    kept_share : array of shape (n_offers,)
        Share of revenue that is kept: margin less commission.
    cost : array of shape (n_offers,)
        What the same fee earns elsewhere, >= 0, in money.

    Returns
    -------
    array of shape (n_offers,)
        Money, >= 0; 0 for partners with own posts, and where no post of anybody tells anything.

    Raises
    ------
    InvalidInputError
        If a share or cost is not finite, a cost is negative, or lengths differ.

    Notes
    -----
    Source: expected value of sample information for two actions with linear loss (Raiffa and Schlaifer 1961). The
    lesson moves the mean by a normal of sd d = t^2 / sqrt(t^2 + s^2); deciding after it gains k d (phi(z) - z Phi(-z))
    with z = |k m - cost| / (k d), k the kept share. Known drawback: revenue is skewed, the normal is not.

    Examples
    --------
    >>> from optimizers.kol_value import OfferTraits, PostHistory, expected_offer_value
    >>> code, ten = np.repeat([0, 1], 2), np.full(4, 10.0)
    >>> posts = PostHistory(code, code * 0, code * 0, ten, np.array([90.0, 110.0, 290.0, 310.0]), np.full(4, 90.0))
    >>> offers = OfferTraits([1, 2], [0, 0], [0, 0], [10.0, 10.0], [0.0, 0.0])
    >>> lesson_value(expected_offer_value(posts, offers), 0.5, 100.0).round(1)
    array([ 0. , 55.2])
    """
    what, size = "cannot value lessons", len(value.mean)
    share, price = read_columns(
        what,
        {"kept_share": (np.broadcast_to(kept_share, size), ANY), "cost": (np.broadcast_to(cost, size), NON_NEGATIVE)},
    )
    variance = value.belief_sd**2
    total = np.sqrt(variance + value.noise_sd**2)
    moved = np.abs(share) * np.divide(variance, total, out=np.zeros(size), where=total > 0)
    is_open = (moved > 0) & (value.n_posts == 0)
    distance = np.abs(share * value.mean - price) / np.where(is_open, moved, 1.0)
    gain = moved * (norm.pdf(distance) - distance * norm.sf(distance))
    return np.where(is_open, LESSON_USES * np.maximum(gain, 0.0), 0.0)
