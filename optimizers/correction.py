"""What scored forecasts teach: a factor on the next forecasts, and how much wider their intervals must be.

Here belong the estimators and their use on counts. How forecasts are scored is in ``calibration``; which forecasts count is
the learning stage's knowledge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaincinv
from scipy.stats import norm

from optimizers.calibration import coverage_interval
from optimizers.errors import InvalidInputError
from optimizers.inputs import NON_NEGATIVE, POSITIVE, read_columns, read_level
from optimizers.types import FloatArray

# What "forecasts are right" is worth against data, in events: 100 = we expect factors to lie within about 10 % of 1
# (1 / sqrt(100)), the order of what day factors and maturity curves are off by. An assumption, not data.
PRIOR_EVENTS = 100.0
# Beyond these a forecast is not miscalibrated but wrong, and a person has to look; also the most that one bad week of data
# can do to bids.
FACTOR_LIMITS = (0.7, 1.4)
# Nights differ by a mood that all items share: prior sd 10 % of a day's total, worth a week of nights. 6 % is what the
# simulated market draws; real accounts are rougher.
MOOD_SD, MOOD_NIGHTS = 0.10, 7.0
# An interval is only ever widened: a lucky month must not make us bolder. More than twice as wide means that the model is
# wrong, not that it is too sure.
WIDENING_LIMITS = (1.0, 2.0)
MIN_NIGHTS = 7  # fewer cannot tell a mood that all items share from intervals that are too narrow


@dataclass(frozen=True)
class Factor:
    """What forecasts should be multiplied with: posterior mean and 80 % interval, and the events that it rests on."""

    mean: float
    low: float
    high: float
    n_events: float


def learn_factor(
    forecast: ArrayLike,
    actual: ArrayLike,
    prior_mean: float = 1.0,
    prior_events: float = PRIOR_EVENTS,
    level: float = 0.8,
) -> Factor:
    """Return the factor that makes forecasts right, shrunk towards ``prior_mean``.

    A_t ~ Poisson(f F_t mood_t), mood with mean 1 and variance s2; f ~ Gamma(prior_events, prior_events / prior_mean). A night
    counts with h_t = 1 / (1 + s2 f0 F_t): then sum h A has Poisson mean and variance (Jewell 1975, "The use of collateral data in
    credibility theory"), and the posterior is Gamma(prior_events + sum h A, prior_events / prior_mean + sum h F). s2 by
    moments from the nights' residuals, shrunk to MOOD_SD^2 worth MOOD_NIGHTS nights. Known drawback: a drift inside the
    window is averaged.

    Parameters
    ----------
    forecast, actual : array of shape (n_nights,)
        Events expected and seen a night, >= 0; forecasts as they were before any correction.
    prior_mean : float
        What the factor is without data, > 0.
    prior_events : float
        What that is worth in events, > 0.
    level : float
        Mass of the interval, in (0, 1).

    Returns
    -------
    Factor
        Dimensionless, inside FACTOR_LIMITS.

    Raises
    ------
    InvalidInputError
        If a sum is negative or not finite, lengths differ, or a prior is not positive.

    Examples
    --------
    >>> learn_factor([], []).mean
    1.0
    >>> bool(0.85 < learn_factor([1000.0] * 20, [900.0] * 20).mean < 0.95)
    True
    """
    what = "cannot learn a correction"
    tail = (1.0 - read_level(what, level)) / 2.0
    expected, seen = read_columns(what, {"forecast": (forecast, NON_NEGATIVE), "actual": (actual, NON_NEGATIVE)})
    middle, worth = (
        float(one[0])
        for one in read_columns(what, {"prior_mean": (prior_mean, POSITIVE), "prior_events": (prior_events, POSITIVE)})
    )
    weight = 1.0 / (1.0 + mood_variance(expected, seen) * expected)
    shape = worth + float((weight * seen).sum())
    rate = worth / middle + float((weight * expected).sum())
    inside = np.clip(
        [shape / rate, gammaincinv(shape, tail) / rate, gammaincinv(shape, 1.0 - tail) / rate], *FACTOR_LIMITS
    )
    mean, low, high = (float(one) for one in inside)
    return Factor(mean, low, high, shape - worth)


def mood_variance(forecast: ArrayLike, actual: ArrayLike) -> float:
    """Return the variance of the factor that all items of a night share, beyond Poisson.

    Moments: E[sum (A_t - f F_t)^2] = (n - 1) / n sum (f F_t + s2 (f F_t)^2), f = sum A / sum F, n = nights that count,
    (sum F)^2 / sum F^2; shrunk to MOOD_SD^2 worth MOOD_NIGHTS nights. Source: moments of a variance component, as in
    DerSimonian & Laird (1986), "Meta-analysis in clinical trials". Known drawback: one wild night moves a moment far.

    Parameters
    ----------
    forecast, actual : array of shape (n_nights,)
        Events expected and seen a night, >= 0.

    Returns
    -------
    float
        >= 0, dimensionless.

    Raises
    ------
    InvalidInputError
        If a sum is negative or not finite, or lengths differ.

    Examples
    --------
    >>> mood_variance([], []) == MOOD_SD**2
    True
    """
    expected, seen = read_columns(
        "cannot learn a mood", {"forecast": (forecast, NON_NEGATIVE), "actual": (actual, NON_NEGATIVE)}
    )
    is_told = expected > 0
    total = float(expected[is_told].sum())
    if total == 0:
        return MOOD_SD**2
    level = float(seen[is_told].sum()) / total * expected[is_told]
    size = float((level**2).sum())
    if size == 0:
        return MOOD_SD**2
    # nights count by their size, so that a day with three clicks says nothing of the mood; one is spent on the level
    n_nights = float(level.sum()) ** 2 / size
    free = max(n_nights - 1.0, 0.0)
    excess = float(((seen[is_told] - level) ** 2).sum()) - free / n_nights * float(level.sum())
    return (n_nights * max(excess, 0.0) / size + MOOD_NIGHTS * MOOD_SD**2) / (free + MOOD_NIGHTS)


def learn_widening(inside: ArrayLike, n_forecasts: ArrayLike, applied: float = 1.0, level: float = 0.8) -> float:
    """Return by how much intervals must be wider to hold what they promise; 1 while nothing else is shown.

    Where the interval of the coverage leaves out ``level``, its nearer end c counts: widening = applied x z(level) / z(c), with z
    the half-width in standard deviations of a central interval of that mass. So only what is shown beyond chance is acted on.
    Source: own reasoning on Wilson's interval (``calibration.coverage_interval``). Known drawback:
    assumes errors of about normal shape; bias is not told apart from spread.

    Parameters
    ----------
    inside, n_forecasts : array of shape (n_nights,)
        Forecasts inside their ``level`` interval, and all that were scored, >= 0.
    applied : float
        Widening that these forecasts had already, >= 1.
    level : float
        Promised coverage, in (0, 1).

    Returns
    -------
    float
        Inside WIDENING_LIMITS.

    Raises
    ------
    InvalidInputError
        If a count is negative or not finite, lengths differ, ``applied`` is not positive, or the level is not in (0, 1).

    Examples
    --------
    >>> learn_widening([80.0] * 10, [100.0] * 10), learn_widening([60.0] * 10, [100.0] * 10) > 1.2
    (1.0, True)
    """
    what = "cannot learn how sure forecasts are"
    promised = read_level(what, level)
    hits, counts = read_columns(what, {"inside": (inside, NON_NEGATIVE), "n_forecasts": (n_forecasts, NON_NEGATIVE)})
    (before,) = read_columns(what, {"applied": (np.atleast_1d(applied), POSITIVE)})
    if int((counts > 0).sum()) < MIN_NIGHTS:
        return float(np.clip(before[0], *WIDENING_LIMITS))
    low, high = coverage_interval(hits, counts, level)
    told = min(max(promised, low), high)
    ratio = half_width(promised) / half_width(told)
    return float(np.clip(before[0] * ratio, *WIDENING_LIMITS))


def widen_counts(mean: ArrayLike, shape: ArrayLike, widening: ArrayLike) -> FloatArray:
    """Return the shape with which counts of these means have ``widening`` times their standard deviation.

    w^2 (m + m^2 / s) = m + m^2 / s' gives s' = 1 / (w^2 / s + (w^2 - 1) / m); plain arithmetic on the variance of the negative
    binomial. What comes in rare single events widens like the rest: known drawback, for luck of one event is no error of ours.

    Parameters
    ----------
    mean : array of shape (n_items,)
        Expected counts, >= 0; none expected stays as it is.
    shape : array of shape (n_items,)
        Shapes of the negative binomial, > 0.
    widening : array of shape (n_items,) or scalar
        Factor on the standard deviation, >= 1.

    Returns
    -------
    array of shape (n_items,)
        At most ``shape``; the same where the factor is 1.

    Raises
    ------
    InvalidInputError
        If a number is negative, not finite or below its limit, or lengths differ.

    Examples
    --------
    >>> widen_counts([10.0, 10.0, 0.0], [5.0, 5.0, 5.0], [1.0, 2.0, 1.0]).round(2)
    array([5.  , 0.91, 5.  ])
    """
    what = "cannot widen counts"
    counts, sizes, factor = read_columns(
        what,
        {
            "mean": (mean, NON_NEGATIVE),
            "shape": (shape, POSITIVE),
            "widening": (np.broadcast_to(widening, np.shape(mean)), POSITIVE),
        },
    )
    if (factor < 1.0).any():
        rows = [f"widening[{row}]" for row in np.flatnonzero(factor < 1.0)[:5]]
        raise InvalidInputError(what, float(factor.min()), ">= 1: an interval is only ever widened", rows)
    squared = factor**2
    chance = np.divide(squared - 1.0, counts, out=np.zeros(counts.size), where=counts > 0)
    return np.asarray(1.0 / (squared / sizes + chance))


def half_width(mass: float) -> float:
    """Return the half-width, in standard deviations, of the central interval of a normal with this mass; plain arithmetic.

    Parameters
    ----------
    mass : float
        In [0, 1]; taken as within a millionth of its ends.

    Returns
    -------
    float
        > 0, finite.

    Raises
    ------
    Nothing
        ``mass`` comes from ``coverage_interval``, which has checked its counts; a missing one stays missing.

    Examples
    --------
    >>> round(half_width(0.8), 4)
    1.2816
    """
    safe = min(max(mass, 1e-6), 1.0 - 1e-6)  # all or nothing inside says "at most" and "at least", never infinity
    return float(norm.ppf((1.0 + safe) / 2.0))
