"""Amounts that stop at a cap: what is expected of a day under its budget, and the demand behind such days.

Here belong the two directions of one formula. What totals share is in ``forecast``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from optimizers.inputs import NON_NEGATIVE, read_columns
from optimizers.types import FloatArray


def capped_mean(mean: ArrayLike, cap: ArrayLike, log_sd: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return what is expected of a log-normal amount that stops at a cap, and how far it still follows what moves it.

    X log-normal with this mean and log standard deviation s: E min(X, b) = m N(d - s) + b (1 - N(d)) with
    d = (ln(b / m) + s^2 / 2) / s; its elasticity to m is m N(d - s) / E min(X, b), 1 far below the cap and 0 far above.
    Source: the undiscounted covered call of Black & Scholes (1973), "The pricing of options and corporate liabilities".
    Known drawback: a platform that overspends its budget on good days, or paces below it, is not a cap.

    Parameters
    ----------
    mean : array of shape (n_campaigns,)
        Demand of the day without a cap, >= 0.
    cap : array of shape (n_campaigns,)
        Same unit, >= 0; missing = no cap.
    log_sd : array of shape (n_campaigns,) or scalar
        Spread of the day's demand, >= 0.

    Returns
    -------
    pair of arrays of shape (n_campaigns,)
        Expected amount, <= mean and <= cap; elasticity in [0, 1].

    Raises
    ------
    InvalidInputError
        If a number is negative or infinite, or lengths differ.

    Examples
    --------
    >>> amount, elasticity = capped_mean([50.0, 100.0, 300.0], 100.0, 0.1)
    >>> amount.round(1), elasticity.round(2)
    (array([ 50.,  96., 100.]), array([1. , 0.5, 0. ]))
    """
    middle, limit, spread = read_columns(
        "cannot cap a forecast",
        {"mean": (mean, NON_NEGATIVE), "cap": (cap, NON_NEGATIVE.or_missing()), "log_sd": (log_sd, NON_NEGATIVE)},
    )
    sd = np.maximum(spread, 1e-9)
    with np.errstate(divide="ignore", invalid="ignore"):
        d = (np.log(limit / middle) + sd**2 / 2.0) / sd
        below = middle * ndtr(d - sd)
        amount = np.minimum(below + limit * (1.0 - ndtr(d)), np.minimum(middle, limit))
        elasticity = np.clip(below / amount, 0.0, 1.0)
    is_free = np.isnan(limit) | (middle == 0)
    return np.where(is_free, middle, amount), np.where(is_free, 1.0, np.nan_to_num(elasticity))


def uncapped_mean(amount: ArrayLike, cap: ArrayLike, log_sd: ArrayLike) -> FloatArray:
    """Return the demand behind a mean of days that stop at a cap: the m whose ``capped_mean`` is ``amount``.

    A campaign that spends 95 % of its budget on average spends all of it on its better days. Source: ``capped_mean`` turned
    round by halving. Known drawback: near the cap the answer is a guess; callers use it up to some share of the cap only.

    Parameters
    ----------
    amount, cap, log_sd : arrays of shape (n_campaigns,) or scalars
        Mean of the days as served, >= 0; the cap in the same unit, missing = none; spread of a day's demand, >= 0.

    Returns
    -------
    array of shape (n_campaigns,)
        >= amount; at most ten times the cap, where an amount at the cap ends.

    Raises
    ------
    InvalidInputError
        As ``capped_mean``.

    Examples
    --------
    >>> uncapped_mean([50.0, 96.0], 100.0, 0.1).round(0)
    array([ 50., 100.])
    """
    what = "cannot find the demand under a cap"
    seen, limit, spread = read_columns(
        what,
        {"amount": (amount, NON_NEGATIVE), "cap": (cap, NON_NEGATIVE.or_missing()), "log_sd": (log_sd, NON_NEGATIVE)},
    )
    ceiling = np.where(np.isnan(limit), seen, np.maximum(10.0 * limit, seen))
    low, high = seen.copy(), ceiling.copy()
    for _ in range(60):
        middle = (low + high) / 2.0
        is_short = capped_mean(middle, limit, spread)[0] < seen
        low, high = np.where(is_short, middle, low), np.where(is_short, high, middle)
    return np.asarray(high)
