"""The ROAS floor as a probability, and the choice of items to act on with few mistakes.

Here belong P(roas < floor), P(profitable at a bid) and Bayesian false-discovery control. Whether an item is lowered,
paused or protected is the pruning stage's decision; whether a paused one may return is weighed in ``probation``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammainc

from optimizers.inputs import NON_NEGATIVE, POSITIVE, SHARE, read_columns, read_level
from optimizers.types import BoolArray, FloatArray

N_NODES = 5  # Gauss-Hermite points for the uncertainty of money per conversion


def probability_below(
    shape: ArrayLike,
    rate: ArrayLike,
    value_per_conversion: ArrayLike,
    cpc: ArrayLike,
    floor: ArrayLike,
    log_sd: ArrayLike = 0.0,
) -> FloatArray:
    """Return P(roas < floor | data), roas = cvr x value per conversion / cpc, cvr ~ Gamma(shape, rate).

    The Gamma distribution function at floor x cpc / value. An uncertain value, log-normal with its mean kept, is
    integrated with five Gauss-Hermite points (Abramowitz & Stegun 1964, section 25.4). Known drawback: order values and
    conversion rate are taken as independent; so is the price, unless ``harmonic_price`` has been asked.

    Parameters
    ----------
    shape, rate : array of shape (n_items,)
        Posterior of conversions per click, > 0; missing gives a missing probability.
    value_per_conversion : array of shape (n_items,)
        Money per conversion on the floor's basis (revenue for a roas floor), >= 0, or missing.
    cpc : array of shape (n_items,)
        Money per click, >= 0, or missing.
    floor : array of shape (n_items,) or scalar
        Roas, > 0.
    log_sd : array of shape (n_items,) or scalar
        Standard deviation of log value_per_conversion, >= 0, or missing.

    Returns
    -------
    array of shape (n_items,)
        In [0, 1], missing where a part is missing. Free clicks are never below the floor.

    Raises
    ------
    InvalidInputError
        If a number is infinite or outside its range, or lengths differ.

    Examples
    --------
    >>> probability_below([1.0], [100.0], [50.0], [1.0], 2.0).round(3)  # needs cvr 4 %; 1 - exp(-4)
    array([0.982])
    """
    a, b, value, price, line, sd = read_columns(
        "cannot judge the floor",
        {
            "shape": (shape, POSITIVE.or_missing()),
            "rate": (rate, POSITIVE.or_missing()),
            "value_per_conversion": (value_per_conversion, NON_NEGATIVE.or_missing()),
            "cpc": (cpc, NON_NEGATIVE.or_missing()),
            "floor": (floor, POSITIVE),
            "log_sd": (log_sd, NON_NEGATIVE.or_missing()),
        },
    )
    return _probability_short(a, b, value, line * price, sd)


def harmonic_price(price: ArrayLike, log_sd: ArrayLike) -> FloatArray:
    """Return the price to divide by when it is itself uncertain: price exp(-log_sd^2) = 1 / E[1 / price].

    A roas is money over a price. With both log-normal, log_sd v and c, their ratio is log-normal with log_sd
    sqrt(v^2 + c^2) and mean money x E[1 / price]; so ``probability_below(shape, rate, money, harmonic_price(cpc, c), floor,
    hypot(v, c))`` is exact up to its quadrature. (Moments of the log-normal: Aitchison & Brown 1957, "The Lognormal
    Distribution".) Known drawback: takes price and money as independent.

    Parameters
    ----------
    price : array of shape (n_items,)
        Mean money per click, >= 0, or missing.
    log_sd : array of shape (n_items,) or scalar
        Standard deviation of log price, >= 0, or missing.

    Returns
    -------
    array of shape (n_items,)
        In the unit of ``price``, never above it; missing where a part is.

    Raises
    ------
    InvalidInputError
        If a number is infinite or negative, or lengths differ.

    Examples
    --------
    >>> harmonic_price([1.0, 2.0], [0.0, 0.5]).round(3)
    array([1.   , 1.558])
    """
    money, sd = read_columns(
        "cannot average prices",
        {"price": (price, NON_NEGATIVE.or_missing()), "log_sd": (log_sd, NON_NEGATIVE.or_missing())},
    )
    return money * np.exp(-(sd**2))


def probability_profitable_at(
    shape: ArrayLike,
    rate: ArrayLike,
    profit_per_conversion: ArrayLike,
    marginal_cost: ArrayLike,
    log_sd: ArrayLike = 0.0,
) -> FloatArray:
    """Return P(a further click earns more than it costs | data): pruning such an item would be a mistake.

    Source: 1 - ``probability_below`` at a floor of 1 (a Gamma's distribution function; Abramowitz & Stegun 1964, section 6.5).
    Known drawback: the marginal cost is taken as known.

    Parameters
    ----------
    shape, rate : array of shape (n_items,)
        Posterior of conversions per click, > 0, or missing.
    profit_per_conversion : array of shape (n_items,)
        Money per conversion x margin, >= 0, or missing.
    marginal_cost : array of shape (n_items,)
        What the next click costs at the lowest permitted bid (``KeywordResponse.marginal_cost_per_click``), >= 0, or
        missing.
    log_sd : array of shape (n_items,) or scalar
        Standard deviation of log profit_per_conversion, >= 0, or missing.

    Returns
    -------
    array of shape (n_items,)
        In [0, 1], missing where a part is missing.

    Raises
    ------
    InvalidInputError
        If a number is infinite or outside its range, or lengths differ.

    Examples
    --------
    >>> probability_profitable_at([1.0], [100.0], [25.0], [0.5]).round(3)  # needs cvr 2 %; exp(-2)
    array([0.135])
    """
    return 1.0 - probability_below(shape, rate, profit_per_conversion, marginal_cost, 1.0, log_sd)


def select_below_floor(
    probability: ArrayLike, false_probability: ArrayLike, level: float, max_false_share: float
) -> BoolArray:
    """Return which items to act on: probably below the floor, with few expected mistakes among them.

    Of the items with probability >= level, the largest set in ascending false_probability whose mean, the expected
    share of mistakes, is at most the limit (Bayesian false discovery rate; Muller, Parmigiani, Rice 2006, "FDR and
    Bayesian multiple comparisons rules"). Raising the floor never makes the set smaller, but a surer new member may
    take the place of an item on the edge. Known drawback: the share is an expectation; single nights lie on both sides.

    Parameters
    ----------
    probability : array of shape (n_items,)
        P(roas < floor), in [0, 1]; missing is never selected.
    false_probability : array of shape (n_items,)
        P(acting is a mistake), in [0, 1]; missing is never selected.
    level : float
        Least probability to act on, in (0, 1).
    max_false_share : float
        Limit of the expected share of mistakes, in (0, 1).

    Returns
    -------
    bool array of shape (n_items,)

    Raises
    ------
    InvalidInputError
        If a probability or a setting is outside its range, or lengths differ.

    Notes
    -----
    Ties go to the higher probability, then to the earlier row.

    Examples
    --------
    >>> select_below_floor([0.9, 0.95, 0.99, 0.5], [0.3, 0.1, 0.0, 0.0], 0.8, 0.1)
    array([False,  True,  True, False])
    """
    what = "cannot select items below the floor"
    limit, least = read_level(what, max_false_share), read_level(what, level)
    below, mistake = read_columns(
        what,
        {
            "probability": (probability, SHARE.or_missing()),
            "false_probability": (false_probability, SHARE.or_missing()),
        },
    )
    if below.size == 0:
        return np.zeros(0, dtype=bool)
    candidates = np.flatnonzero((below >= least) & ~np.isnan(mistake))
    order = candidates[np.lexsort((-below[candidates], mistake[candidates]))]
    share = np.cumsum(mistake[order]) / np.arange(1, order.size + 1)
    chosen = np.zeros(below.size, dtype=bool)
    chosen[order[share <= limit * (1.0 + 1e-12)]] = True  # the running mean of a rising sequence never falls
    return chosen


def _probability_short(
    shape: FloatArray, rate: FloatArray, value: FloatArray, needed: FloatArray, log_sd: FloatArray
) -> FloatArray:
    """Return P(cvr x value < needed)."""
    points, weights = np.polynomial.hermite.hermgauss(N_NODES)
    spread = np.nanmax(log_sd, initial=0.0) > 0
    nodes = zip(np.sqrt(2.0) * points, weights / np.sqrt(np.pi), strict=True) if spread else [(0.0, 1.0)]
    probability = np.zeros(value.size)
    for point, weight in nodes:
        money = value * np.exp(log_sd * point - log_sd**2 / 2.0)
        # nothing needed is always reached; something needed from nothing never is
        barrier = np.divide(needed, money, out=np.where(needed > 0, np.inf, 0.0), where=money != 0)
        probability += weight * gammainc(shape, rate * barrier)
    missing = np.isnan(shape + rate + value + needed + log_sd)
    return np.where(missing, np.nan, np.clip(probability, 0.0, 1.0))
