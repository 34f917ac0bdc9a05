"""The ratios that advertising is judged by.

Here belong quotients of counts and money; decayed counts are in ``effective_counts`` and offered here too. Shrinkage,
intervals and decisions belong to ``shrinkage`` and ``floor``. A ratio whose denominator is zero or missing is missing
(NaN), never 0 and never infinite.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from optimizers.effective_counts import EffectiveCounts, decay_weights, effective_counts, rescale_sums
from optimizers.inputs import ANY, POSITIVE_SHARE, SHARE, read_columns
from optimizers.types import FloatArray

__all__ = [
    "EffectiveCounts",
    "aov",
    "break_even_roas",
    "cpa",
    "cpc",
    "ctr",
    "cvr",
    "decay_weights",
    "effective_counts",
    "ratio",
    "rescale_sums",
    "roas",
    "roi",
    "value_per_click",
]


def ratio(numerator: ArrayLike, denominator: ArrayLike) -> FloatArray:
    """Return numerator / denominator, missing where the denominator is zero or either is missing; plain arithmetic.

    Known drawback: the raw ratio of a few events is mostly luck; ``shrinkage`` and ``means`` say what to believe.

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
    """Return clicks / impressions; plain arithmetic.

    Parameters
    ----------
    clicks, impressions : array of shape (n_items,) or scalar, finite or missing

    Returns
    -------
    array of shape (n_items,)
        Clicks per impression.

    Raises
    ------
    InvalidInputError
        As ``ratio``.

    Examples
    --------
    >>> ctr([5.0], [100.0])
    array([0.05])
    """
    return ratio(clicks, impressions)


def cvr(conversions: ArrayLike, clicks: ArrayLike) -> FloatArray:
    """Return conversions / clicks; plain arithmetic.

    Parameters
    ----------
    conversions, clicks : array of shape (n_items,) or scalar, finite or missing

    Returns
    -------
    array of shape (n_items,)
        Conversions per click; above 1 where a click brings several.

    Raises
    ------
    InvalidInputError
        As ``ratio``.

    Examples
    --------
    >>> cvr([2.0], [40.0])
    array([0.05])
    """
    return ratio(conversions, clicks)


def cpc(cost: ArrayLike, clicks: ArrayLike) -> FloatArray:
    """Return cost / clicks, in money; plain arithmetic.

    Parameters
    ----------
    cost, clicks : array of shape (n_items,) or scalar, finite or missing

    Returns
    -------
    array of shape (n_items,)
        Money per click.

    Raises
    ------
    InvalidInputError
        As ``ratio``.

    Examples
    --------
    >>> cpc([30.0], [40.0])
    array([0.75])
    """
    return ratio(cost, clicks)


def cpa(cost: ArrayLike, conversions: ArrayLike) -> FloatArray:
    """Return cost / conversions, in money; plain arithmetic.

    Parameters
    ----------
    cost, conversions : array of shape (n_items,) or scalar, finite or missing

    Returns
    -------
    array of shape (n_items,)
        Money per conversion.

    Raises
    ------
    InvalidInputError
        As ``ratio``.

    Examples
    --------
    >>> cpa([30.0], [0.0])
    array([nan])
    """
    return ratio(cost, conversions)


def roas(conversion_value: ArrayLike, cost: ArrayLike) -> FloatArray:
    """Return conversion_value / cost, without unit; plain arithmetic.

    Parameters
    ----------
    conversion_value, cost : array of shape (n_items,) or scalar, finite or missing

    Returns
    -------
    array of shape (n_items,)
        Without unit.

    Raises
    ------
    InvalidInputError
        As ``ratio``.

    Examples
    --------
    >>> roas([90.0], [30.0])
    array([3.])
    """
    return ratio(conversion_value, cost)


def roi(conversion_value: ArrayLike, margin: ArrayLike, cost: ArrayLike) -> FloatArray:
    """Return (conversion_value x margin - cost) / cost: profit per unit of cost, without unit; plain arithmetic.

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
    """Return conversion_value / conversions, in money; plain arithmetic.

    Parameters
    ----------
    conversion_value, conversions : array of shape (n_items,) or scalar, finite or missing

    Returns
    -------
    array of shape (n_items,)
        Money per conversion.

    Raises
    ------
    InvalidInputError
        As ``ratio``.

    Examples
    --------
    >>> aov([90.0], [3.0])
    array([30.])
    """
    return ratio(conversion_value, conversions)


def value_per_click(conversion_value: ArrayLike, clicks: ArrayLike) -> FloatArray:
    """Return conversion_value / clicks = cvr x aov, in money; plain arithmetic.

    Parameters
    ----------
    conversion_value, clicks : array of shape (n_items,) or scalar, finite or missing

    Returns
    -------
    array of shape (n_items,)
        Money per click.

    Raises
    ------
    InvalidInputError
        As ``ratio``.

    Examples
    --------
    >>> value_per_click([90.0], [60.0])
    array([1.5])
    """
    return ratio(conversion_value, clicks)


def break_even_roas(margin: ArrayLike) -> FloatArray:
    """Return 1 / margin: the roas at which roi is 0; plain arithmetic.

    Parameters
    ----------
    margin : array of shape (n_items,) or scalar
        Contribution margin share, in (0, 1], or missing.

    Returns
    -------
    array of shape (n_items,)
        >= 1, without unit; missing where the margin is.

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
