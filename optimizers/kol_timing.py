"""How a post's sales spread over days, and how repeat posts tire an audience, learned from the shop's own posts.

Here belong these two numbers with the priors they are shrunk to. Using them is the work of ``optimizers.kol_value``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar

from optimizers.errors import InvalidInputError
from optimizers.inputs import NON_NEGATIVE, POSITIVE, read_columns
from optimizers.kol_value import PostHistory
from optimizers.types import FloatArray

# Assumptions, not measurements: what stands until the shop's own posts say otherwise.
USUAL_LAG, LAG_SPREAD = 3.0, 0.7  # mean delay of sales in days; sd of its log: one day to a week and a half
USUAL_FATIGUE, FATIGUE_SPREAD = 0.9, 0.1  # factor a recent post; sd of its log: 0.74 to 1 at two sd
PRIOR_FREEDOM = 4.0  # weight, in posts, of the belief that posts of one partner differ by as much as their mean
LAG_RANGE, FATIGUE_RANGE = (0.25, 60.0), (0.3, 1.0)  # outside it is another effect than the one named


def learn_lag(early_age: ArrayLike, late_age: ArrayLike, early_share: ArrayLike) -> float:
    """Return the mean delay of sales after a post, from posts whose revenue was read twice.

    Parameters
    ----------
    early_age, late_age : array of shape (n_posts,)
        Days since the post at both readings, 0 <= early < late.
    early_share : array of shape (n_posts,)
        Revenue at the first reading over revenue at the second, 0-1.

    Returns
    -------
    float
        Days, > 0; the usual one without any post.

    Raises
    ------
    InvalidInputError
        If lengths differ, or a number is missing or out of its range.

    Notes
    -----
    A post of age a has shown F(a) = 1 - exp(-a / lag). The share F(early) / F(late) is fitted by a Bernoulli
    quasi-likelihood in which each post counts once (Papke and Wooldridge 1996), so that a viral post teaches no more
    than another; log lag has a normal prior. Known drawback: one lag stands for all partners, and a long second wave
    of sales is not seen.

    Examples
    --------
    >>> early, late = np.full(200, 2.0), np.full(200, 30.0)
    >>> share = np.full(200, (1 - np.exp(-2 / 8)) / (1 - np.exp(-30 / 8)))
    >>> round(learn_lag(early, late, share), 1), learn_lag([], [], [])
    (7.6, 3.0)
    """
    what = "cannot learn the lag of sales"
    early, late, share = read_columns(
        what,
        {
            "early_age": (early_age, NON_NEGATIVE),
            "late_age": (late_age, POSITIVE),
            "early_share": (early_share, NON_NEGATIVE),
        },
    )
    is_bad = (early >= late) | (share > 1.0)
    if is_bad.any():
        offenders = [f"post {row}" for row in np.flatnonzero(is_bad)]
        raise InvalidInputError(what, f"{is_bad.sum()} bad posts", "early < late, share <= 1", offenders, "Leave out.")

    def loss(log_lag: float) -> float:
        lag = np.exp(log_lag)
        fitted = np.expm1(-early / lag) / np.expm1(-late / lag)
        fitted = np.clip(fitted, 1e-9, 1 - 1e-9)
        told = -(share * np.log(fitted) + (1 - share) * np.log1p(-fitted)).sum()
        return float(told + _prior(log_lag, USUAL_LAG, LAG_SPREAD))

    return USUAL_LAG if len(early) == 0 else _best(loss, LAG_RANGE)


def learn_fatigue(posts: PostHistory, lag_days: float) -> float:
    """Return the factor on revenue for each of the partner's posts that is still fresh, from partners who posted again.

    Parameters
    ----------
    posts : PostHistory of n_posts
    lag_days : float
        Mean delay of sales, > 0.

    Returns
    -------
    float
        In (0, 1]; the usual one where nobody posted again within an audience's memory.

    Raises
    ------
    InvalidInputError
        If ``lag_days`` is not positive.

    Notes
    -----
    Source: Poisson model with an effect a partner, conditioned on each partner's sum (Hausman, Hall and Griliches
    1984): revenue is shared among a partner's posts in proportion to exposure x factor^recent, so that how good a
    partner is plays no part. Divided by its dispersion; log factor has a normal prior.
    Known drawback: views are told after the fact and may already hold a part of the fatigue.

    Examples
    --------
    >>> kol, zero, recent = np.repeat(np.arange(60), 2), np.zeros(120, int), np.tile([0.0, 1.0], 60)
    >>> posts = PostHistory(kol, zero, zero, np.full(120, 10.0), 100 * 0.7**recent, np.full(120, 90.0), recent)
    >>> round(learn_fatigue(posts, 3.0), 2)
    0.74
    """
    (lag,) = read_columns("cannot learn fatigue", {"lag_days": ([lag_days], POSITIVE)})
    exposure = posts.exposure * -np.expm1(-posts.age_days / lag[0])
    seen = exposure > 0
    exposure, revenue, recent = exposure[seen], posts.revenue[seen], posts.n_recent_posts[seen]
    kol = np.unique(posts.kol[seen], return_inverse=True)[1]
    freedom = len(kol) - len(np.unique(kol))
    if freedom == 0 or revenue.sum() == 0 or not recent.any():
        return USUAL_FATIGUE
    scale = _dispersion(revenue, _shared(revenue, exposure * USUAL_FATIGUE**recent, kol), freedom)

    def loss(log_factor: float) -> float:
        fitted = _shared(revenue, exposure * np.exp(log_factor * recent), kol)
        told = -(revenue * np.log(np.where(fitted > 0, fitted, 1.0))).sum() / scale
        return float(told + _prior(log_factor, USUAL_FATIGUE, FATIGUE_SPREAD))

    return _best(loss, FATIGUE_RANGE)


def _shared(revenue: FloatArray, weight: FloatArray, kol: np.ndarray) -> FloatArray:
    """Return each partner's revenue shared among its posts in proportion to their weight."""
    return np.asarray(weight * (np.bincount(kol, revenue) / np.bincount(kol, weight))[kol])


def _dispersion(revenue: FloatArray, fitted: FloatArray, freedom: int) -> float:
    """Return Pearson's dispersion in money, shrunk to a mean post's: few posts that agree by chance prove little."""
    pearson = np.divide((revenue - fitted) ** 2, fitted, out=np.zeros(len(revenue)), where=fitted > 0).sum()
    return float((pearson + PRIOR_FREEDOM * revenue.mean()) / (freedom + PRIOR_FREEDOM))


def _prior(log_value: float, usual: float, spread: float) -> float:
    return float(0.5 * ((log_value - np.log(usual)) / spread) ** 2)


def _best(loss: Callable[[float], float], limits: tuple[float, float]) -> float:
    low, high = np.log(limits)
    found = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-8})
    return float(np.exp(found.x))
