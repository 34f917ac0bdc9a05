"""What tomorrow brings: predictive distributions of counts of single items, and of totals whose items share shocks.

Here belong the distributions; amounts that stop at a cap are in ``capped`` and offered here too. Where a level and a day's
factor come from is told by the caller (``assets.demand``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaincinv, ndtri
from scipy.stats import nbinom

from optimizers.capped import capped_mean, uncapped_mean
from optimizers.errors import InvalidInputError
from optimizers.inputs import NON_NEGATIVE, read_codes, read_columns, read_level
from optimizers.types import FloatArray, IntArray

__all__ = [
    "CountForecast",
    "SharedShock",
    "TotalForecast",
    "capped_mean",
    "forecast_counts",
    "gamma_interval",
    "mixed_shape",
    "plan_total",
    "uncapped_mean",
]

MAX_SHAPE = 1e9  # a negative binomial of this shape is a Poisson distribution


@dataclass(frozen=True)
class CountForecast:
    """Counts of the next day: negative binomial, variance = mean + mean^2 / shape.

    Attributes
    ----------
    mean, shape : array of shape (n_items,)
        Expected count >= 0, and the shape > 0 (at most 1e9: Poisson).
    low, high : array of shape (n_items,)
        Equal-tailed quantiles, whole numbers >= 0. They hold more than their level where counts are small: score with a
        randomised PIT.
    """

    mean: FloatArray
    shape: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True)
class SharedShock:
    """Something that moves several items together: a platform's day, a campaign's level, an elasticity.

    Attributes
    ----------
    group : int array of shape (n_items,)
        Items of one code move together, groups independently.
    log_sd : array of shape (n_items,)
        By how much each item moves with one standard deviation of the shock, as a log; 0 = not at all, may be negative.
    """

    group: IntArray
    log_sd: FloatArray


@dataclass(frozen=True)
class TotalForecast:
    """A sum over items with its interval, in the unit of the items, and its standard deviation."""

    mean: float
    low: float
    high: float
    sd: float


def forecast_counts(mean: ArrayLike, shape: ArrayLike, level: float = 0.8) -> CountForecast:
    """Return the negative binomial forecast of this mean and shape, with its equal-tailed interval.

    A Poisson count whose rate is Gamma (what is known of the item) times day effects of mean 1. Source: Greenwood & Yule
    (1920), "An inquiry into the nature of frequency distributions". Known drawback: a day that nobody foresaw (a holiday
    that no calendar names) lies outside far more often than the level says.

    Parameters
    ----------
    mean : array of shape (n_items,)
        Expected count, >= 0, or missing.
    shape : array of shape (n_items,) or scalar
        1 / (squared coefficient of variation of the rate), > 0; infinite means Poisson. See ``mixed_shape``.
    level : float
        Mass of the interval, in (0, 1).

    Returns
    -------
    CountForecast
        Arrays of shape (n_items,); an item of mean 0 has an interval of 0 to 0, a missing mean stays missing.

    Raises
    ------
    InvalidInputError
        If a mean is negative or infinite, a shape is not positive, or the level is not in (0, 1).

    Examples
    --------
    >>> found = forecast_counts([0.0, 4.0], np.inf)
    >>> found.low, found.high
    (array([0., 2.]), array([0., 7.]))
    """
    what = "cannot forecast counts"
    tail = (1.0 - read_level(what, level)) / 2.0
    middle, given = np.broadcast_arrays(np.asarray(mean, np.float64), np.asarray(shape, np.float64))
    limited = np.minimum(given, MAX_SHAPE)
    expected, size = read_columns(
        what, {"mean": (middle, NON_NEGATIVE.or_missing()), "shape": (limited, NON_NEGATIVE.or_missing())}
    )
    if (size <= 0).any():
        raise InvalidInputError(what, "a shape of 0", "> 0", [f"shape[{row}]" for row in np.flatnonzero(size <= 0)[:5]])
    success = size / (size + expected)
    low, high = (np.where(expected == 0, 0.0, nbinom.ppf(q, size, success)) for q in (tail, 1.0 - tail))
    return CountForecast(expected, size, low, high)


def mixed_shape(*squared_cvs: ArrayLike) -> FloatArray:
    """Return the shape of a count whose rate is a product of independent factors: 1 / (prod(1 + v) - 1).

    Source: Goodman (1960), "On the exact variance of products". Known drawback: mean and variance are those of the product, its
    form is taken as a Gamma's.

    Parameters
    ----------
    squared_cvs : arrays of shape (n_items,) or scalars
        Squared coefficients of variation of the factors, >= 0.

    Returns
    -------
    array of shape (n_items,)
        In (0, 1e9].

    Raises
    ------
    InvalidInputError
        If an element is negative or not finite, or lengths differ.

    Examples
    --------
    >>> mixed_shape([0.0, 0.5], [0.25, 0.0])
    array([4., 2.])
    """
    factors = read_columns(
        "cannot mix rates", {f"squared_cvs[{n}]": (one, NON_NEGATIVE) for n, one in enumerate(squared_cvs)}
    )
    spread = np.expm1(np.sum([np.log1p(one) for one in factors], axis=0))
    return np.asarray(1.0 / np.maximum(spread, 1.0 / MAX_SHAPE))


def plan_total(
    mean: ArrayLike, variance: ArrayLike, shocks: Sequence[SharedShock] = (), level: float = 0.8
) -> TotalForecast:
    """Return the sum over items with an interval that knows what they share.

    variance = sum(independent variances) + sum over shocks and groups of (sum over its items of mean x sqrt(exp(s^2) - 1))^2.
    The interval is that of a Gamma distribution with this mean and variance: positive, skewed as sums of counts are, normal
    once the sum is large. Shocks are independent of each other. Source: moments of the log-normal, Aitchison & Brown
    (1957), "The Lognormal Distribution". Known drawback: a shock moves all its items at once or not at all, never by lags.

    Parameters
    ----------
    mean : array of shape (n_items,)
        Expected amount of each item, >= 0.
    variance : array of shape (n_items,)
        Variance of each item that no other item shares, >= 0, in squared units of ``mean``.
    shocks : sequence of SharedShock
        What items share.
    level : float
        Mass of the interval, in (0, 1).

    Returns
    -------
    TotalForecast
        0 to 0 when nothing is expected.

    Raises
    ------
    InvalidInputError
        If a number is negative or not finite, lengths differ, or the level is not in (0, 1).

    Examples
    --------
    >>> alone = plan_total(np.full(100, 10.0), np.full(100, 10.0))
    >>> together = plan_total(np.full(100, 10.0), np.full(100, 10.0), [SharedShock(np.zeros(100, int), np.full(100, 0.1))])
    >>> round(alone.sd), round(together.sd), bool(together.low < alone.low < 1000 < alone.high < together.high)
    (32, 105, True)
    """
    what = "cannot add up forecasts"
    tail = (1.0 - read_level(what, level)) / 2.0
    amount, own = read_columns(what, {"mean": (mean, NON_NEGATIVE), "variance": (variance, NON_NEGATIVE)})
    spread = float(own.sum())
    for shock in shocks:
        group = read_codes(what, "group", shock.group, amount.size)
        (size,) = read_columns(what, {"log_sd": (np.abs(shock.log_sd), NON_NEGATIVE)})
        moved = amount * np.sign(shock.log_sd) * np.sqrt(np.expm1(size**2))
        spread += float((np.bincount(group, moved) ** 2).sum())
    total = float(amount.sum())
    if total <= 0.0 or spread <= 0.0:
        return TotalForecast(total, total, total, float(np.sqrt(spread)))
    low, high = gamma_interval(np.array([total]), np.array([spread]), tail)
    return TotalForecast(total, float(low[0]), float(high[0]), float(np.sqrt(spread)))


def gamma_interval(mean: FloatArray, variance: FloatArray, tail: float) -> tuple[FloatArray, FloatArray]:
    """Return the quantiles ``tail`` and 1 - ``tail`` of Gamma distributions, shapes (n,); the mean where nothing varies.

    Above a shape of 1,000 the form of Wilson & Hilferty (1931), "The distribution of chi-square", stands for the exact
    quantile. Known drawback: below a shape of a millionth the quantiles of that shape are given.

    Parameters
    ----------
    mean, variance : array of shape (n,)
        >= 0, in a unit and its square.
    tail : float
        Mass below the lower quantile, in (0, 0.5).

    Returns
    -------
    pair of arrays of shape (n,)
        Lower and upper quantile, in the unit of ``mean``.

    Raises
    ------
    Nothing
        Numbers have been checked by the callers; a missing one stays missing.

    Examples
    --------
    >>> low, high = gamma_interval(np.array([100.0]), np.array([100.0]), 0.1)
    >>> low.round(1), high.round(1)
    (array([87.4]), array([113.]))
    """
    shape = np.divide(mean**2, variance, out=np.full(mean.shape, np.inf), where=variance > 0)
    found = []
    for q in (tail, 1.0 - tail):
        with np.errstate(invalid="ignore"):
            flat = (1.0 - 1.0 / (9.0 * shape) + ndtri(q) / (3.0 * np.sqrt(shape))) ** 3
        exact = gammaincinv(np.clip(shape, 1e-6, 1e3), q) / np.clip(shape, 1e-6, 1e3)
        found.append(np.where(mean > 0, mean * np.where(shape > 1e3, flat, exact), mean))
    return found[0], found[1]
