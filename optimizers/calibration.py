"""How good earlier forecasts were: bias of their totals, coverage of their intervals, and their log score.

Here belong plain scores of forecasts against what happened. Which forecasts are due is the learning stage's knowledge; what
is learned from the scores is in ``correction``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import betainc, gammaln, stdtrit, xlog1py, xlogy
from scipy.stats import norm

from optimizers.inputs import ANY, NON_NEGATIVE, POSITIVE, SHARE, read_columns, read_level
from optimizers.types import FloatArray

HASH_KEY_LENGTH = 16
SCALE = 2.0**64


def coverage(low: ArrayLike, high: ArrayLike, actual: ArrayLike) -> float:
    """Return the share of actual values inside their intervals, both ends included; plain arithmetic.

    Parameters
    ----------
    low, high, actual : array of shape (n_forecasts,)
        One unit; a forecast with any part missing is left out.

    Returns
    -------
    float
        In [0, 1]; missing when nothing can be scored. Counts that are small and discrete cover more than promised: use
        totals, or ``randomised_pit``.

    Raises
    ------
    InvalidInputError
        If a number is infinite or lengths differ.

    Examples
    --------
    >>> coverage([0.0, 0.0, 0.0], [1.0, 1.0, np.nan], [0.5, 2.0, 0.5])
    0.5
    """
    bottom, top, seen = read_columns(
        "cannot score intervals",
        {"low": (low, ANY.or_missing()), "high": (high, ANY.or_missing()), "actual": (actual, ANY.or_missing())},
    )
    can_score = ~np.isnan(bottom + top + seen)
    if not can_score.any():
        return float("nan")
    return float(((bottom <= seen) & (seen <= top))[can_score].mean())


def bias(forecast: ArrayLike, actual: ArrayLike) -> float:
    """Return sum(forecast) / sum(actual) - 1: by how much the total was promised too high; plain arithmetic.

    Known drawback: large items decide; errors that cancel out inside the total are not seen.

    Parameters
    ----------
    forecast, actual : array of shape (n_forecasts,)
        One unit; a pair with either part missing is left out.

    Returns
    -------
    float
        0 = honest, 0.1 = promised 10 % too much; missing when the actual total is 0.

    Raises
    ------
    InvalidInputError
        If a number is infinite or lengths differ.

    Examples
    --------
    >>> round(bias([6.0, 5.0, 9.0], [5.0, 5.0, np.nan]), 3)
    0.1
    """
    promised, seen = read_columns(
        "cannot score totals", {"forecast": (forecast, ANY.or_missing()), "actual": (actual, ANY.or_missing())}
    )
    can_score = ~np.isnan(promised + seen)
    total = float(seen[can_score].sum())
    return float(promised[can_score].sum()) / total - 1.0 if total != 0 else float("nan")


def bias_interval(forecast: ArrayLike, actual: ArrayLike, level: float = 0.8) -> tuple[float, float]:
    """Return the interval of ``bias``, the nights being what varies.

    With r = sum A / sum F, the residuals A_t - r F_t of n nights give var(log r) = n / (n - 1) sum (A_t - r F_t)^2 / (sum A)^2
    (linearised ratio estimator, Cochran 1977, "Sampling Techniques", ch. 6); Student's t with n - 1 degrees of freedom on
    the log. Items of one night share its mood, so items are not what is counted.

    Parameters
    ----------
    forecast, actual : array of shape (n_nights,)
        Sums of a night, one unit, >= 0.
    level : float
        Mass of the interval, in (0, 1).

    Returns
    -------
    low, high : float
        Around the bias; missing with fewer than two nights or when either total is 0. Known drawback: two or three nights
        give wide and rough bounds.

    Raises
    ------
    InvalidInputError
        If a sum is negative or not finite, lengths differ, or the level is not in (0, 1).

    Examples
    --------
    >>> low, high = bias_interval([110.0, 108.0, 112.0], [100.0, 100.0, 100.0])
    >>> bool(0.05 < low < 0.1 < high < 0.15)
    True
    """
    what = "cannot bound the bias"
    tail = (1.0 + read_level(what, level)) / 2.0
    promised, seen = read_columns(what, {"forecast": (forecast, NON_NEGATIVE), "actual": (actual, NON_NEGATIVE)})
    n, total, expected = seen.size, float(seen.sum()), float(promised.sum())
    if n < 2 or total == 0 or expected == 0:
        return float("nan"), float("nan")
    residual = seen - total / expected * promised
    log_sd = float(np.sqrt(n / (n - 1) * (residual**2).sum())) / total
    reach = np.exp(float(stdtrit(n - 1, tail)) * log_sd)
    return expected / total / reach - 1.0, expected / total * reach - 1.0


def coverage_interval(inside: ArrayLike, n_forecasts: ArrayLike, level: float = 0.8) -> tuple[float, float]:
    """Return the interval of a coverage: Wilson's, with the number of forecasts cut by what nights have in common.

    The design effect is the cluster-robust variance of the share over p (1 - p) / n, at least 1 (Kish 1965, "Survey
    Sampling"); Wilson (1927), "Probable inference", JASA 22. Known drawback: one night cannot tell its own mood and counts
    as independent.

    Parameters
    ----------
    inside, n_forecasts : array of shape (n_nights,)
        Forecasts inside their interval, and all that were scored, >= 0.
    level : float
        Mass of the interval, in (0, 1).

    Returns
    -------
    low, high : float
        In [0, 1]; missing when nothing was scored.

    Raises
    ------
    InvalidInputError
        If a count is negative or not finite, lengths differ, or the level is not in (0, 1).

    Examples
    --------
    >>> low, high = coverage_interval([78.0, 82.0], [100.0, 100.0])
    >>> bool(low < 0.8 < high)
    True
    """
    what = "cannot bound the coverage"
    z = float(norm.ppf((1.0 + read_level(what, level)) / 2.0))
    hits, counts = read_columns(what, {"inside": (inside, NON_NEGATIVE), "n_forecasts": (n_forecasts, NON_NEGATIVE)})
    total, nights = float(counts.sum()), int((counts > 0).sum())
    if total == 0:
        return float("nan"), float("nan")
    share = float(hits.sum()) / total
    spread = 0.0 if nights < 2 else nights / (nights - 1) * float(((hits - share * counts) ** 2).sum()) / total
    alone = share * (1.0 - share)
    n = total / max(1.0, spread / alone) if alone > 0 else total
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    reach = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    # at the ends of 0-1 the last digit of a float may leave the share outside
    return max(0.0, min(float(middle - reach), share)), min(1.0, max(float(middle + reach), share))


def randomised_pit(actual: ArrayLike, mean: ArrayLike, shape: ArrayLike, uniform: ArrayLike) -> FloatArray:
    """Return where each count fell in its negative-binomial forecast, ties broken by a given draw.

    u = F(y - 1) + v (F(y) - F(y - 1)) is uniform on (0, 1) when F is right, also for counts that are nearly always 0: an
    80 % interval holds y when 0.1 <= u <= 0.9 (Czado, Gneiting & Held 2009, "Predictive model assessment for count data",
    Biometrics 65). F(y) = I_{s / (s + m)}(s, y + 1), the regularised incomplete beta function, which also continues F to
    fractional counts. Known drawback: with small counts much of u is the draw, so few forecasts show little.

    Parameters
    ----------
    actual : array of shape (n_forecasts,)
        What happened, events, >= 0.
    mean, shape : array of shape (n_forecasts,)
        Expected events, > 0, and the shape of their Gamma, > 0 (variance = mean + mean^2 / shape).
    uniform : array of shape (n_forecasts,)
        Draws in [0, 1], see ``seeded_uniforms``.

    Returns
    -------
    array of shape (n_forecasts,)
        In [0, 1].

    Raises
    ------
    InvalidInputError
        If a number is outside its bounds, missing or infinite, or lengths differ.

    Examples
    --------
    >>> randomised_pit([0.0], [1.0], [1.0], [0.5])
    array([0.25])
    """
    seen, expected, spread, draw = read_columns(
        "cannot place counts in their forecasts",
        {
            "actual": (actual, NON_NEGATIVE), "mean": (mean, POSITIVE), "shape": (shape, POSITIVE),
            "uniform": (uniform, SHARE),
        },
    )  # fmt: skip
    odds = spread / (spread + expected)
    above = betainc(spread, seen + 1.0, odds)
    below = np.where(seen > 0, betainc(spread, np.where(seen > 0, seen, 1.0), odds), 0.0)
    return np.asarray(below + draw * (above - below), dtype=np.float64)


def log_score(actual: ArrayLike, mean: ArrayLike, shape: ArrayLike) -> FloatArray:
    """Return the log probability that each negative-binomial forecast gave to what happened; higher is better.

    log p(y) = log G(s + y) - log G(s) - log G(y + 1) + s log(s / (s + m)) + y log(m / (s + m)), a proper score (Gneiting &
    Raftery 2007, "Strictly proper scoring rules", JASA 102), continued to fractional y by the gamma function.
    Known drawback: one count far out in the tail can outweigh many good forecasts.

    Parameters
    ----------
    actual, mean, shape : array of shape (n_forecasts,)
        As in ``randomised_pit``; a very large shape is a Poisson forecast.

    Returns
    -------
    array of shape (n_forecasts,)
        Natural logarithms.

    Raises
    ------
    InvalidInputError
        If a number is outside its bounds, missing or infinite, or lengths differ.

    Examples
    --------
    >>> bool(np.isclose(log_score([0.0], [1.0], [1.0])[0], np.log(0.5)))
    True
    """
    seen, expected, spread = read_columns(
        "cannot score counts", {"actual": (actual, NON_NEGATIVE), "mean": (mean, POSITIVE), "shape": (shape, POSITIVE)}
    )
    ways = gammaln(spread + seen) - gammaln(spread) - gammaln(seen + 1.0)
    return np.asarray(ways - xlog1py(spread + seen, expected / spread) + xlogy(seen, expected / spread))


def seeded_uniforms(keys: Sequence[str] | pd.Series, seed: str) -> FloatArray:
    """Return one draw in [0, 1] for each key; the same key and seed always give the same, whatever rows stand around it.

    Source: a keyed hash as generator, the idea of Salmon et al. (2011), "Parallel random numbers: as easy as 1, 2, 3".

    Parameters
    ----------
    keys : sequence of str, length n_keys
        Stable item keys; equal keys get equal draws.
    seed : str
        What the draws are for.

    Returns
    -------
    array of shape (n_keys,)
        In [0, 1].

    Raises
    ------
    Nothing
        Any keys are hashed; no keys give no draws.

    Examples
    --------
    >>> first, second = seeded_uniforms(["tea", "cup"], "clicks"), seeded_uniforms(["cup"], "clicks")
    >>> bool(first[1] == second[0]), bool(seeded_uniforms(["cup"], "cost")[0] == second[0])
    (True, False)
    """
    salt = hashlib.blake2b(seed.encode(), digest_size=HASH_KEY_LENGTH // 2).hexdigest()
    values = np.asarray(keys, dtype=object)
    return np.asarray(pd.util.hash_array(values, hash_key=salt, categorize=False), dtype=np.float64) / SCALE
