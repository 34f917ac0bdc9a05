"""How much of a day's conversions has been reported at a given age, learned from successive snapshots.

Here belongs the reporting-delay curve with its error. Which snapshots exist is the warehouse's knowledge; exposure =
clicks x share is formed by the caller. Counts are never inflated. Pre-sale days are in ``presale``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import isotonic_regression

from optimizers.errors import InvalidInputError
from optimizers.inputs import NON_NEGATIVE, POSITIVE_SHARE, read_columns
from optimizers.types import BoolArray, FloatArray

MIN_TOLD = 0.9  # share of a day's conversions that must be told by learned steps
MIN_SHARE = 1e-3  # a learned share never falls below, so that exposure stays above zero
ASSUMED_ERROR = 0.5  # a configured step may be wrong by half of what it adds (one standard deviation)
GAP_ROUNDS = 20  # a gap's filling moves by less than the thousandth part long before


@dataclass(frozen=True)
class MaturityCurve:
    """The share of a day's final conversions that is reported at age 0, 1, 2 ... days.

    Attributes
    ----------
    share : array of shape (n_ages,)
        Cumulative, non-decreasing, in (0, 1].
    n_origins : int
        Fewest report days behind any step of the curve.
    is_learned : bool
        Whether the curve rests on the platform's own snapshots; otherwise grades stay <= C.
    log_sd : array of shape (n_ages,)
        Standard error of log(share), >= 0; the same error for all days of an age.
    """

    share: FloatArray
    n_origins: int
    is_learned: bool
    log_sd: FloatArray


def configured_curve(curve: ArrayLike) -> MaturityCurve:
    """Return a curve that nobody has checked against snapshots, with the error that an assumption carries.

    Source: own reasoning: each step may be wrong by ``ASSUMED_ERROR`` of the log that it adds. Known drawback: the errors of
    its steps are taken to lean the same way.

    Parameters
    ----------
    curve : array of shape (n_ages,)
        Cumulative share by age, in (0, 1], non-decreasing.

    Returns
    -------
    MaturityCurve
        Arrays of shape (n_ages,), not learned.

    Raises
    ------
    InvalidInputError
        If the curve is empty, falls, or leaves (0, 1].

    Examples
    --------
    >>> configured_curve([0.5, 1.0]).log_sd.round(3)
    array([0.347, 0.   ])
    """
    shares = _read_curve(curve)
    return MaturityCurve(shares, 0, False, ASSUMED_ERROR * np.abs(np.log(shares)))


def share_reported(age_days: ArrayLike, curve: ArrayLike) -> FloatArray:
    """Return the share of final conversions reported at each age; beyond the curve its last value holds; plain arithmetic.

    Parameters
    ----------
    age_days : array of shape (n_rows,)
        Whole days between report day and snapshot, >= 0; fractions are cut off.
    curve : array of shape (n_ages,)
        Cumulative share by age, in (0, 1], non-decreasing.

    Returns
    -------
    array of shape (n_rows,)
        In (0, 1].

    Raises
    ------
    InvalidInputError
        If an age is negative, or the curve is empty, falls, or leaves (0, 1].

    Examples
    --------
    >>> share_reported([0, 1, 30], [0.5, 0.8, 1.0])
    array([0.5, 0.8, 1. ])
    """
    (age,) = read_columns("cannot look up maturity", {"age_days": (age_days, NON_NEGATIVE)})
    shares = _read_curve(curve)
    return shares[np.minimum(age.astype(np.int64), shares.size - 1)]


def chain_ladder(
    cumulative: ArrayLike, fallback: ArrayLike, min_origins: int = 7, prior_conversions: float = 0.0
) -> MaturityCurve:
    """Learn the reporting curve from a triangle of snapshots by the chain-ladder method.

    The share of age j+1's count that was known at age j is g_j = (sum_i C[i, j] + k g0_j) / (sum_i C[i, j+1] + k) over
    the report days i seen at both ages (g_j = 1 / f_j of the chain ladder; k conversions' worth of the configured step
    g0_j steady a thin account); the share at age j is prod(g_l, l >= j), made non-decreasing by weighted isotonic
    regression. Source: Mack (1993), "Distribution-free calculation of the standard error of chain ladder reserve
    estimates", ASTIN Bulletin 23; the error of log(share) adds up Mack's relative variances sigma_j^2 / (f_j^2 sum_i
    C[i, j]), none smaller than the binomial one. Ages missed between two snapshots of a day are filled by the curve
    itself, repeatedly (expectation-maximisation), so that a missed night costs nothing. Assumes that the delay does not
    depend on the report day. A step seen on fewer than ``min_origins`` days, or without a conversion, takes the
    configured curve's step with ``ASSUMED_ERROR``, so that a young history, or exports that reach back a week only, are
    corrected as far as they go. Drawback: a delay that changes over the months is averaged.

    Parameters
    ----------
    cumulative : array of shape (n_origins, n_ages)
        Conversions of report day i as known at age j days, >= 0, missing (NaN) where no snapshot was taken. The last
        age is the end of the attribution window.
    fallback : array of shape (n_fallback,)
        The configured cumulative curve, in (0, 1], non-decreasing; extended by its last value.
    min_origins : int
        Fewest report days for a learned step.
    prior_conversions : float
        k, conversions that the configured step counts for, >= 0.

    Returns
    -------
    MaturityCurve
        ``share`` of shape (n_ages,); its last value is the configured curve's at that age. ``is_learned`` when the steps
        that had to be assumed stand for at most a tenth of the conversions: exports seldom reach back the whole window.

    Raises
    ------
    InvalidInputError
        If the triangle is not two-dimensional, has no age, or holds a negative or infinite count, the curve is bad, or
        the prior's weight is negative or not finite.

    Examples
    --------
    >>> chain_ladder(np.array([[5.0, 8.0, 10.0]] * 7), [0.4, 0.9, 1.0]).share
    array([0.5, 0.8, 1. ])
    """
    counts = _read_triangle(cumulative)
    configured = share_reported(np.arange(counts.shape[1]), fallback)
    (weight,) = read_columns("cannot learn maturity", {"prior_conversions": ([prior_conversions], NON_NEGATIVE)})
    has_gap = _gaps(counts).any(axis=1)
    found = _ladder(counts, configured, min_origins, float(weight[0]))
    for _ in range(GAP_ROUNDS if has_gap.any() else 0):
        filled = counts.copy()
        filled[has_gap] = _fill_gaps(counts[has_gap], found.share)
        found = _ladder(filled, configured, min_origins, float(weight[0]))
    return found


def information_kept(expected_events: ArrayLike, log_sd: ArrayLike) -> FloatArray:
    """Return what part of a count's information about its rate is left when its exposure is known with an error.

    A count of mean m tells log(rate) with variance 1/m; an exposure with log error s makes it 1/m + s^2, as a count of
    m / (1 + m s^2) would: multiply effective events *and* exposure by 1 / (1 + m s^2). The rate stays, the interval
    widens. Source: delta method. Drawback: the error is shared by all items of a platform, but is treated as each
    item's own, so that a platform's mean looks surer than it is.

    Parameters
    ----------
    expected_events : array of shape (n_items,)
        Expected (not observed: luck must not lower a weight) effective events m, >= 0.
    log_sd : array of shape (n_items,)
        Standard error of the log of each item's exposure, >= 0.

    Returns
    -------
    array of shape (n_items,)
        In (0, 1].

    Raises
    ------
    InvalidInputError
        If an element is negative or not finite, or lengths differ.

    Examples
    --------
    >>> information_kept([0.0, 100.0], [0.1, 0.1])
    array([1. , 0.5])
    """
    columns = {"expected_events": (expected_events, NON_NEGATIVE), "log_sd": (log_sd, NON_NEGATIVE)}
    events, error = read_columns("cannot widen for maturity", columns)
    return 1.0 / (1.0 + events * error**2)


def _ladder(counts: FloatArray, configured: FloatArray, min_origins: int, weight: float) -> MaturityCurve:
    is_pair = ~np.isnan(counts[:, :-1]) & ~np.isnan(counts[:, 1:])
    early, late = np.where(is_pair, counts[:, :-1], 0.0), np.where(is_pair, counts[:, 1:], 0.0)
    before, after, n_pairs = early.sum(axis=0), late.sum(axis=0), is_pair.sum(axis=0)
    can_learn = (n_pairs >= min_origins) & (before > 0) & (after > 0)
    known = configured[:-1] / configured[1:]
    step = np.divide(before + weight * known, after + weight, out=known.copy(), where=can_learn)
    share = configured[-1] * _products_from(step)
    assumed = float(np.prod(np.where(can_learn, 1.0, known)))
    learned = _relative_variance(early, late, can_learn, weight * known)
    doubt = ASSUMED_ERROR * np.abs(np.log(np.append(np.where(can_learn, 1.0, known), configured[-1])))
    log_sd = np.sqrt(_sums_from(np.append(learned, 0.0)) + _sums_from(doubt) ** 2)
    n_origins = int(n_pairs.min()) if n_pairs.size else counts.shape[0]
    is_learned = bool(can_learn.any() and assumed >= MIN_TOLD)
    return MaturityCurve(_rising(share, np.append(n_pairs, 0) + 1.0), n_origins, is_learned, log_sd)


def _relative_variance(early: FloatArray, late: FloatArray, can_learn: BoolArray, extra: FloatArray) -> FloatArray:
    """Return the squared relative error of each learned step by Mack, at least the binomial one; 0 where not learned."""
    before, after = early.sum(axis=0) + extra, late.sum(axis=0)
    n_steps = before.size
    factor = np.divide(after, early.sum(axis=0), out=np.ones(n_steps), where=can_learn)
    spread = np.divide((late - factor * early) ** 2, early, out=np.zeros(early.shape), where=early > 0).sum(axis=0)
    freedom = np.maximum((early > 0).sum(axis=0) - 1, 1)
    mack = np.divide(spread / freedom, factor**2 * before, out=np.zeros(n_steps), where=can_learn)
    binomial = np.divide(np.maximum(1.0 - 1.0 / factor, 0.0), before, out=np.zeros(n_steps), where=can_learn)
    return np.maximum(mack, binomial)


def _gaps(counts: FloatArray) -> BoolArray:
    """Return the cells without a snapshot that lie between two snapshots of their day."""
    seen = ~np.isnan(counts)
    is_after = np.logical_or.accumulate(seen, axis=1)
    is_before = np.logical_or.accumulate(seen[:, ::-1], axis=1)[:, ::-1]
    return ~seen & is_after & is_before


def _fill_gaps(counts: FloatArray, share: FloatArray) -> FloatArray:
    """Return the rows with what the curve says came in between two snapshots, in proportion to its steps."""
    filled = counts.copy()
    ages = np.arange(share.size)
    path = share + 1e-9 * ages  # strictly rising, so that a flat piece of the curve is filled evenly
    for row, gap in zip(filled, _gaps(counts), strict=True):
        seen = ages[~np.isnan(row)]
        row[gap] = np.interp(path[gap], path[seen], row[seen])
    return filled


def _products_from(step: FloatArray) -> FloatArray:
    return np.append(np.cumprod(step[::-1])[::-1], 1.0)


def _sums_from(values: FloatArray) -> FloatArray:
    return np.cumsum(values[::-1])[::-1]


def _rising(share: FloatArray, weight: FloatArray) -> FloatArray:
    # refunds can push an early share above the last one; the last one is the definition of "all"
    steady = isotonic_regression(np.minimum(share, share[-1]), weights=weight).x
    return np.asarray(np.clip(steady, MIN_SHARE, 1.0), dtype=np.float64)


def _read_curve(curve: ArrayLike) -> FloatArray:
    what, remedy = "cannot use the maturity curve", "Mend `maturity` in configs/platforms."
    (shares,) = read_columns(what, {"curve": (np.atleast_1d(np.asarray(curve, dtype=np.float64)), POSITIVE_SHARE)})
    if shares.size == 0:
        raise InvalidInputError(what, "an empty curve", "one share or more", (), remedy)
    falls = np.flatnonzero(np.diff(shares) < 0)
    if falls.size:
        offenders = [f"age {age + 1}: {shares[age + 1]:g} after {shares[age]:g}" for age in falls]
        raise InvalidInputError(what, "a falling curve", "non-decreasing", offenders, remedy)
    return shares


def _read_triangle(cumulative: ArrayLike) -> FloatArray:
    what = "cannot learn maturity"
    counts = np.asarray(cumulative, dtype=np.float64)
    if counts.ndim != 2 or counts.shape[1] == 0:
        raise InvalidInputError(what, f"shape {counts.shape}", "(n_origins, n_ages) with n_ages >= 1")
    bad = np.argwhere(NON_NEGATIVE.or_missing().broken_by(counts))
    if bad.size:
        offenders = [f"[{row}, {age}] = {counts[row, age]:g}" for row, age in bad[:5]]
        raise InvalidInputError(what, "a negative or infinite count", ">= 0 or missing", offenders)
    return counts
