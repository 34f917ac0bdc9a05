"""The ratios that advertising is judged by, decay weights, and counts rescaled to their effective sample.

Here belong formulas over counts and money. Shrinkage, intervals and decisions belong to ``shrinkage`` and ``floor``.
A ratio whose denominator is zero or missing is missing (NaN), never 0 and never infinite.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from optimizers.errors import InvalidInputError
from optimizers.inputs import ANY, NON_NEGATIVE, POSITIVE_SHARE, SHARE, read_codes, read_columns
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


def ratio(numerator: ArrayLike, denominator: ArrayLike) -> FloatArray:
    """Return numerator / denominator, missing where the denominator is zero or either is missing.

    Parameters
    ----------
    numerator, denominator : array of shape (n_items,) or scalar
        Finite or missing (NaN); sum counts and money first, divide after.

    Returns
    -------
    array of shape (n_items,)
        Unit of the numerator per unit of the denominator.

    Raises
    ------
    InvalidInputError
        If an element is infinite or shapes differ.

    Examples
    --------
    >>> ratio([1.0, 3.0, np.nan], [4.0, 0.0, 2.0])
    array([0.25,  nan,  nan])
    """
    top, bottom = read_columns(
        "cannot divide", {"numerator": (numerator, ANY.or_missing()), "denominator": (denominator, ANY.or_missing())}
    )
    with np.errstate(over="ignore"):  # a quotient too large for a float is missing too
        quotient = np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom != 0)
    return np.where(np.isfinite(quotient), quotient, np.nan)


def ctr(clicks: ArrayLike, impressions: ArrayLike) -> FloatArray:
    """Return clicks / impressions; see ``ratio`` for shapes and errors.

    >>> ctr([5.0], [100.0])
    array([0.05])
    """
    return ratio(clicks, impressions)


def cvr(conversions: ArrayLike, clicks: ArrayLike) -> FloatArray:
    """Return conversions / clicks; see ``ratio`` for shapes and errors.

    >>> cvr([2.0], [40.0])
    array([0.05])
    """
    return ratio(conversions, clicks)


def cpc(cost: ArrayLike, clicks: ArrayLike) -> FloatArray:
    """Return cost / clicks, in money; see ``ratio`` for shapes and errors.

    >>> cpc([30.0], [40.0])
    array([0.75])
    """
    return ratio(cost, clicks)


def cpa(cost: ArrayLike, conversions: ArrayLike) -> FloatArray:
    """Return cost / conversions, in money; see ``ratio`` for shapes and errors.

    >>> cpa([30.0], [0.0])
    array([nan])
    """
    return ratio(cost, conversions)


def roas(conversion_value: ArrayLike, cost: ArrayLike) -> FloatArray:
    """Return conversion_value / cost, without unit; see ``ratio`` for shapes and errors.

    >>> roas([90.0], [30.0])
    array([3.])
    """
    return ratio(conversion_value, cost)


def roi(conversion_value: ArrayLike, margin: ArrayLike, cost: ArrayLike) -> FloatArray:
    """Return (conversion_value x margin - cost) / cost: profit per unit of cost, without unit.

    Parameters
    ----------
    conversion_value, cost : array of shape (n_items,) or scalar
        Money in one currency.
    margin : array of shape (n_items,) or scalar
        Contribution margin share, 0-1, or missing.

    Returns
    -------
    array of shape (n_items,)
        -1 when nothing was sold, 0 at break-even.

    Raises
    ------
    InvalidInputError
        If a margin is outside 0-1, an element is infinite, or shapes differ.

    Examples
    --------
    >>> roi([90.0], [0.5], [30.0])
    array([0.5])
    """
    what, money = "cannot take the roi", ANY.or_missing()
    value, share, spent = read_columns(
        what,
        {"conversion_value": (conversion_value, money), "margin": (margin, SHARE.or_missing()), "cost": (cost, money)},
    )
    return ratio(value * share - spent, spent)


def aov(conversion_value: ArrayLike, conversions: ArrayLike) -> FloatArray:
    """Return conversion_value / conversions, in money; see ``ratio`` for shapes and errors.

    >>> aov([90.0], [3.0])
    array([30.])
    """
    return ratio(conversion_value, conversions)


def value_per_click(conversion_value: ArrayLike, clicks: ArrayLike) -> FloatArray:
    """Return conversion_value / clicks = cvr x aov, in money; see ``ratio`` for shapes and errors.

    >>> value_per_click([90.0], [60.0])
    array([1.5])
    """
    return ratio(conversion_value, clicks)


def break_even_roas(margin: ArrayLike) -> FloatArray:
    """Return 1 / margin: the roas at which roi is 0.

    Parameters
    ----------
    margin : array of shape (n_items,) or scalar
        Contribution margin share, in (0, 1], or missing.

    Raises
    ------
    InvalidInputError
        If a margin is not in (0, 1].

    Examples
    --------
    >>> break_even_roas([0.25, 0.5])
    array([4., 2.])
    """
    (share,) = read_columns("cannot take the break-even roas", {"margin": (margin, POSITIVE_SHARE.or_missing())})
    return 1.0 / share


def decay_weights(age_days: ArrayLike, half_life_days: float) -> FloatArray:
    """Return 0.5 ** (age / half life): how much a day still counts.

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
    agree again; the rate itself does not change. Assumes that it stays the same over the window.

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
    """Return effective counts from sum(w e), sum(w^2 e) and sum(w y), each of shape (n_groups,), >= 0, made elsewhere.

    See ``effective_counts`` for formula, result and errors.

    >>> rescale_sums([15.0], [12.5], [1.5]).exposure
    array([18.])
    """
    sums = {"decayed": (decayed, NON_NEGATIVE), "squared": (squared, NON_NEGATIVE), "events": (events, NON_NEGATIVE)}
    exposed, square, happened = read_columns("cannot count effectively", sums)
    rescale = np.divide(exposed, square, out=np.ones(exposed.size), where=square > 0)
    return EffectiveCounts(rescale * exposed, rescale * happened, rescale)
