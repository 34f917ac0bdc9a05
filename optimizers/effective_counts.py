"""Decay weights, and decayed counts rescaled to their effective sample.

Here belong sums of days by group. Ratios of such sums are in ``metrics``, posteriors from them in ``shrinkage``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from optimizers.errors import InvalidInputError
from optimizers.inputs import NON_NEGATIVE, SHARE, read_codes, read_columns
from optimizers.types import FloatArray, IntArray


@dataclass(frozen=True)
class EffectiveCounts:
    """Decayed counts that carry as much Poisson information as they claim.

    Attributes
    ----------
    exposure : array of shape (n_groups,)
        n* = k sum(w e), in the unit of the exposure (clicks, impressions), >= 0.
    events : array of shape (n_groups,)
        y* = k sum(w y), >= 0, fractional.
    rescale : array of shape (n_groups,)
        k = sum(w e) / sum(w^2 e), >= 1; 1 where a group has no exposure.
    """

    exposure: FloatArray
    events: FloatArray
    rescale: FloatArray


def decay_weights(age_days: ArrayLike, half_life_days: float) -> FloatArray:
    """Return 0.5 ** (age / half life): how much a day still counts.

    Source: exponential discounting of old observations, Brown (1959), "Statistical Forecasting for Inventory Control".
    Known drawback: one half life for all items; what changes faster lags behind, what is steady loses evidence.

    Parameters
    ----------
    age_days : array of shape (n_rows,)
        Days since the report day, >= 0.
    half_life_days : float
        Age at which a day counts half, > 0.

    Returns
    -------
    array of shape (n_rows,)
        In (0, 1].

    Raises
    ------
    InvalidInputError
        If an age is negative or not finite, or the half life is not positive.

    Examples
    --------
    >>> decay_weights([0.0, 14.0, 28.0], 14.0)
    array([1.  , 0.5 , 0.25])
    """
    (age,) = read_columns("cannot weigh days", {"age_days": (age_days, NON_NEGATIVE)})
    if not (np.isfinite(half_life_days) and half_life_days > 0):
        raise InvalidInputError(
            "cannot weigh days",
            half_life_days,
            "> 0",
            ["half_life_days"],
            "Set window.half_life_days in settings.yaml.",
        )
    return np.asarray(0.5 ** (age / half_life_days), dtype=np.float64)


def effective_counts(
    group: IntArray, weight: ArrayLike, exposure: ArrayLike, events: ArrayLike, n_groups: int
) -> EffectiveCounts:
    """Sum decayed rows by group and rescale the sums to their effective sample.

    Plain decayed sums do not fit a Poisson likelihood: sum(w y) has mean sum(w e) rate, but variance sum(w^2 e) rate
    only. Multiplying both sums by k = sum(w e) / sum(w^2 e) (Kish's effective sample size) makes mean and variance
    agree again; the rate itself does not change. Source: Kish (1965), "Survey Sampling". Known drawback: assumes that
    the rate stays the same over the window.

    Parameters
    ----------
    group : int array of shape (n_rows,)
        Group of each row, 0 <= group < n_groups.
    weight : array of shape (n_rows,)
        Decay weights in [0, 1].
    exposure : array of shape (n_rows,)
        Clicks x maturity (or impressions), >= 0.
    events : array of shape (n_rows,)
        Conversions (or clicks) as reported, >= 0, may be fractional; never inflated for maturity.
    n_groups : int
        Number of groups; groups without rows get 0.

    Returns
    -------
    EffectiveCounts
        Arrays of shape (n_groups,).

    Raises
    ------
    InvalidInputError
        If an input is negative, not finite or of another length, or a group is out of range.

    Notes
    -----
    Sums run in row order (``numpy.bincount``), so equal rows in equal order give equal bits.

    Examples
    --------
    >>> counts = effective_counts(np.array([0, 0]), [1.0, 0.5], [10.0, 10.0], [1.0, 1.0], 1)
    >>> counts.exposure, counts.events, counts.rescale
    (array([18.]), array([1.8]), array([1.2]))
    """
    what = "cannot count effectively"
    weights, exposed, happened = read_columns(
        what, {"weight": (weight, SHARE), "exposure": (exposure, NON_NEGATIVE), "events": (events, NON_NEGATIVE)}
    )
    codes = read_codes(what, "group", group, weights.size)
    if codes.size and codes.max() >= n_groups:
        raise InvalidInputError(what, int(codes.max()), f"group < n_groups = {n_groups}", ["group"])
    decayed = np.bincount(codes, weights * exposed, n_groups)
    squared = np.bincount(codes, weights**2 * exposed, n_groups)
    return rescale_sums(decayed, squared, np.bincount(codes, weights * happened, n_groups))


def rescale_sums(decayed: ArrayLike, squared: ArrayLike, events: ArrayLike) -> EffectiveCounts:
    """Return effective counts from sums that were made elsewhere; formula and source as in ``effective_counts``, Kish (1965).

    Parameters
    ----------
    decayed, squared, events : array of shape (n_groups,)
        sum(w e), sum(w^2 e) and sum(w y), >= 0.

    Returns
    -------
    EffectiveCounts
        Arrays of shape (n_groups,).

    Raises
    ------
    InvalidInputError
        If a sum is negative or not finite, or lengths differ.

    Examples
    --------
    >>> rescale_sums([15.0], [12.5], [1.5]).exposure
    array([18.])
    """
    sums = {"decayed": (decayed, NON_NEGATIVE), "squared": (squared, NON_NEGATIVE), "events": (events, NON_NEGATIVE)}
    exposed, square, happened = read_columns("cannot count effectively", sums)
    rescale = np.divide(exposed, square, out=np.ones(exposed.size), where=square > 0)
    return EffectiveCounts(rescale * exposed, rescale * happened, rescale)
