"""How much of a day's conversions has been reported at a given age, learned from successive snapshots.

Here belongs the reporting-delay curve. Which snapshots exist is the warehouse's knowledge; exposure = clicks x share
is formed by the caller. Counts are never inflated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import isotonic_regression

from optimizers.errors import InvalidInputError
from optimizers.inputs import NON_NEGATIVE, POSITIVE_SHARE, read_columns
from optimizers.types import FloatArray

MIN_TOLD = 0.9  # share of a day's conversions that must be told by learned steps
MIN_SHARE = 1e-3  # a learned share never falls below, so that exposure stays above zero


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
    """

    share: FloatArray
    n_origins: int
    is_learned: bool


def share_reported(age_days: ArrayLike, curve: ArrayLike) -> FloatArray:
    """Return the share of final conversions reported at each age; beyond the curve its last value holds.

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


def chain_ladder(cumulative: ArrayLike, fallback: ArrayLike, min_origins: int = 7) -> MaturityCurve:
    """Learn the reporting curve from a triangle of snapshots by the chain-ladder method.

    The step from age j to j+1 is f_j = sum_i C[i, j+1] / sum_i C[i, j] over the report days i seen at both ages; the
    share at age j is 1 / prod(f_k, k >= j), made non-decreasing by weighted isotonic regression. Source: Mack (1993),
    "Distribution-free calculation of the standard error of chain ladder reserve estimates", ASTIN Bulletin 23.
    Assumes that the delay does not depend on the report day. A step seen on fewer than ``min_origins`` days, or without
    a conversion, takes the configured curve's step, so that a young history is corrected as far as it goes.

    Parameters
    ----------
    cumulative : array of shape (n_origins, n_ages)
        Conversions of report day i as known at age j days, >= 0, missing (NaN) where no snapshot was taken. The last
        age is the end of the attribution window.
    fallback : array of shape (n_fallback,)
        The configured cumulative curve, in (0, 1], non-decreasing; extended by its last value.
    min_origins : int
        Fewest report days for a learned step.

    Returns
    -------
    MaturityCurve
        ``share`` of shape (n_ages,); its last value is the configured curve's at that age. ``is_learned`` when the steps
        that had to be assumed stand for at most a tenth of the conversions: exports seldom reach back the whole window.

    Raises
    ------
    InvalidInputError
        If the triangle is not two-dimensional, has no age, or holds a negative or infinite count, or the curve is bad.

    Examples
    --------
    >>> chain_ladder(np.array([[5.0, 8.0, 10.0]] * 7), [0.4, 0.9, 1.0]).share
    array([0.5, 0.8, 1. ])
    """
    counts = _read_triangle(cumulative)
    configured = share_reported(np.arange(counts.shape[1]), fallback)
    is_pair = ~np.isnan(counts[:, :-1]) & ~np.isnan(counts[:, 1:])
    before = np.where(is_pair, counts[:, :-1], 0.0).sum(axis=0)
    after = np.where(is_pair, counts[:, 1:], 0.0).sum(axis=0)
    n_pairs = is_pair.sum(axis=0)
    can_learn = (n_pairs >= min_origins) & (before > 0) & (after > 0)
    step = np.divide(before, after, out=configured[:-1] / configured[1:], where=can_learn)
    share = configured[-1] * np.append(np.cumprod(step[::-1])[::-1], 1.0)
    n_origins = int(n_pairs.min()) if n_pairs.size else counts.shape[0]
    assumed = np.prod(np.where(can_learn, 1.0, configured[:-1] / configured[1:]))
    is_learned = bool(can_learn.any() and assumed >= MIN_TOLD)
    return MaturityCurve(_rising(share, np.append(n_pairs, 0) + 1.0), n_origins, is_learned)


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
