"""How many people look for the brand because of a post: clicks on the shop's own brand keywords around its posts.

Here belongs the estimate with its interval. What such a click is worth is worked out where the shop's money is known.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t as student

from optimizers.inputs import ANY, NON_NEGATIVE, POSITIVE, read_codes, read_columns
from optimizers.types import FloatArray, IntArray

# Assumptions, not measurements.
USUAL_LIFT = (
    1.0  # sd of the belief, clicks a thousand views: one viewer in a thousand searches; 0 until days say otherwise
)
MIN_POSTS = 3  # one post and one busy week cannot be told apart
MIN_FREEDOM = 14  # days left over after the ordinary course of a shop is fitted: two weeks
MIN_CONTRAST = 1e-6  # share of the reach's variance that the ordinary course leaves
LEVEL = 0.8
SEARCH_LAGS = (0.5, 1.0, 2.0, 4.0, 8.0)  # mean delay of a search in days: the same evening to more than a week
LEAST_VARIANCE = 1e-3  # of a day's clicks
MEMORIES = (0.3, 0.6, 0.8, 0.9, 0.95)  # of a lucky day on the next one
MEMORY_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)  # of the noise that has a memory; the rest is chance of the day


class BrandLift(NamedTuple):
    """Extra clicks on brand keywords for a thousand views, with the 80 % interval, all >= 0.

    ``weight`` is the share of the estimate that rests on the shop's days. ``level`` is ``learned``, or why nothing is
    claimed: ``no_brand``, ``few_posts``, ``few_days``, or ``no_contrast`` (posts as steady as the shop itself).
    """

    clicks: float
    low: float
    high: float
    weight: float
    level: str


def no_lift(level: str) -> BrandLift:
    """Return that nothing is claimed, and why.

    Parameters
    ----------
    level : str
        Why: ``no_brand``, ``few_posts``, ``few_days`` or ``no_contrast``.

    Returns
    -------
    BrandLift
        Of no clicks, resting on no day.

    Raises
    ------
    Nothing.

    Notes
    -----
    Plain arithmetic; there is nothing to cite.

    Examples
    --------
    >>> no_lift("no_brand").clicks
    0.0
    """
    return BrandLift(0.0, 0.0, 0.0, 0.0, level)


def spread_reach(day: ArrayLike, post_day: ArrayLike, reach: ArrayLike, lag_days: float) -> FloatArray:
    """Return the reach that works on each day: every post's is spread over the days from its own on.

    Parameters
    ----------
    day : int array of shape (n_days,)
        Day numbers, >= 0.
    post_day : int array of shape (n_posts,)
        Day numbers, >= 0.
    reach : array of shape (n_posts,)
        Thousands of views, >= 0.
    lag_days : float
        Mean delay of what a post does, in days, > 0.

    Returns
    -------
    array of shape (n_days,)
        Thousands of views a day; a post's days add up to its reach.

    Raises
    ------
    InvalidInputError
        If a day is not a whole number >= 0, lengths differ, a reach is negative or the lag is not positive.

    Notes
    -----
    Geometric adstock (Broadbent 1979): day k after the post has exp(-k / lag) - exp(-(k + 1) / lag) of it. Known
    drawback: a second wave, when a post goes round again, is not seen.

    Examples
    --------
    >>> spread_reach([0, 1, 2, 3], [1], [10.0], 1.0).round(2)
    array([0.  , 6.32, 2.33, 0.86])
    """
    what = "cannot spread the reach of posts"
    (views,) = read_columns(what, {"reach": (reach, NON_NEGATIVE)})
    (lag,) = read_columns(what, {"lag_days": ([lag_days], POSITIVE)})
    days = read_codes(what, "day", day, len(np.asarray(day)))
    posted = read_codes(what, "post_day", post_day, len(views))
    since = (days[:, None] - posted[None, :]).astype(np.float64)
    share = np.where(since >= 0, np.exp(-np.maximum(since, 0.0) / lag[0]) * -np.expm1(-1.0 / lag[0]), 0.0)
    return np.asarray(share @ views)


def learn_brand_lift(
    day: ArrayLike, clicks: ArrayLike, demand: ArrayLike, post_day: ArrayLike, reach: ArrayLike
) -> BrandLift:
    """Return how many more brand clicks a thousand views bring, apart from the shop's ordinary course.

    Parameters
    ----------
    day : int array of shape (n_days,)
        Day numbers, >= 0, each once; days may be missing.
    clicks : array of shape (n_days,)
        Clicks on brand keywords, >= 0.
    demand : array of shape (n_days,)
        What the shop's other keywords did, e.g. their clicks: a busy day without a post shows there too.
    post_day : int array of shape (n_posts,)
        Day numbers of the posts, >= 0.
    reach : array of shape (n_posts,)
        Thousands of views, >= 0.

    Returns
    -------
    BrandLift

    Raises
    ------
    InvalidInputError
        If lengths differ, or a number is missing or out of its range.

    Notes
    -----
    clicks = level + trend + weekday + c demand + b spread reach + noise, by generalised least squares; the noise is
    chance of the day and a part with a memory, since reach and noise are both smooth and least squares alone would be
    far too sure. b has a normal prior around 0. How fast people search and what memory the noise has are not known, so
    every pair counts by its likelihood, other coefficients integrated out (restricted likelihood, Harville 1977;
    averaging over models, Hoeting et al. 1999). It is identified by posts of different reach on different days against
    the days around them. Known drawbacks: what always comes on the same days as posts (a promotion that the calendar
    does not know, a brand bid raised for them) passes for their work; demand that posts raise too is taken off it; as
    no lift is below 0, chance leaves a little of it where there is none; one that takes weeks looks like the shop's
    own course and is understated.

    Examples
    --------
    >>> rng, day, posted, views = np.random.default_rng(1), np.arange(90), [10, 30, 45, 70], [50.0, 200.0, 80.0, 120.0]
    >>> clicks = rng.poisson(100 + 0.8 * spread_reach(day, posted, views, 2.0))
    >>> lift = learn_brand_lift(day, clicks, np.full(90, 500.0), posted, views)
    >>> round(lift.clicks, 1), lift.level, learn_brand_lift(day, clicks, day, posted[:1], views[:1]).level
    (0.9, 'learned', 'few_posts')
    """
    what = "cannot learn the lift of brand searches"
    seen, other = read_columns(what, {"clicks": (clicks, NON_NEGATIVE), "demand": (demand, ANY)})
    days = read_codes(what, "day", day, len(seen))
    (views,) = read_columns(what, {"reach": (reach, NON_NEGATIVE)})
    posted = read_codes(what, "post_day", post_day, len(views))
    if not len(days) or (views[(posted >= days.min()) & (posted <= days.max())] > 0).sum() < MIN_POSTS:
        return no_lift("few_posts")
    course = _ordinary_course(days, other)
    freedom = len(days) - course.shape[1] - 1
    if freedom < MIN_FREEDOM:
        return no_lift("few_days")
    working = np.column_stack([spread_reach(days, posted, views, lag) for lag in SEARCH_LAGS])
    left = working - course @ (course.T @ working)
    if ((left**2).sum(axis=0) <= MIN_CONTRAST * (working**2).sum(axis=0)).any():
        return no_lift("no_contrast")
    return _average(_fits(days, np.column_stack([course, working, seen]), freedom), freedom)


def _ordinary_course(day: IntArray, demand: FloatArray) -> FloatArray:
    """Return an orthonormal basis of level, trend, weekdays and demand; what repeats another is left out."""
    weekday = (day[:, None] % 7 == np.arange(7)).astype(np.float64)
    columns = np.column_stack([weekday, day - day.mean(), demand])
    size = np.linalg.norm(columns, axis=0)
    basis, sizes, _ = np.linalg.svd(columns / np.where(size > 0, size, 1.0), full_matrices=False)
    return basis[:, sizes > 1e-9 * sizes.max(initial=0.0)]


def _fits(day: IntArray, columns: FloatArray, freedom: int) -> FloatArray:
    """Return log likelihood, slope and its standard error for each memory of the noise and lag, shape (n_models, 3).

    ``columns`` are the ordinary course, the reach under each lag, and the clicks.
    """
    apart, n_lags, found = np.abs(day[:, None] - day[None, :]).astype(np.float64), len(SEARCH_LAGS), []
    for memory, share in product(MEMORIES, MEMORY_SHARES):
        root = np.linalg.cholesky(share * memory**apart + (1.0 - share + 1e-9) * np.eye(len(day)))
        white = np.linalg.solve(root, columns)
        basis, upper = np.linalg.qr(white[:, : -n_lags - 1])
        rest = white[:, -n_lags - 1 :] - basis @ (basis.T @ white[:, -n_lags - 1 :])
        reach, clicks = rest[:, :-1], rest[:, -1]
        size = (reach**2).sum(axis=0)
        slope = reach.T @ clicks / size
        # clicks that never vary would be endless evidence
        variance = np.maximum((clicks @ clicks - slope**2 * size) / freedom, LEAST_VARIANCE)
        fixed = np.log(np.diag(root)).sum() + np.log(np.abs(np.diag(upper))).sum()
        likelihood = -fixed - 0.5 * np.log(size) - 0.5 * freedom * np.log(variance)
        found.append(np.column_stack([likelihood, slope, np.sqrt(variance / size)]))
    return np.concatenate(found)


def _average(fits: FloatArray, freedom: int) -> BrandLift:
    """Return the mean over all models, each shrunk to 0 and weighted by its likelihood under that belief."""
    likelihood, slope, error = fits.T
    spread = USUAL_LIFT**2 + error**2
    evidence = likelihood - 0.5 * (np.log(spread) + slope**2 / spread)
    share = np.exp(evidence - evidence.max())
    share /= share.sum()
    trust = USUAL_LIFT**2 / spread
    mean = float(share @ (trust * slope))
    variance = float(share @ (trust * error**2 + (trust * slope - mean) ** 2))
    half = np.sqrt(variance) * student.ppf(0.5 + LEVEL / 2, freedom)
    low, middle, high = (float(max(value, 0.0)) for value in (mean - half, mean, mean + half))
    return BrandLift(middle, low, high, float(share @ trust), "learned")
