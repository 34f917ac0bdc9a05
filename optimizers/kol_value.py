"""What a KOL's next post should sell, learned from the shop's own posts.

Here belongs the estimate. Which offers to sign is decided in ``optimizers.kol``. No size effect is built in: a partner
is judged by own posts, then by tier x category, then by all posts, each as far as its evidence reaches.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.stats import gamma

from optimizers.columns import keep_columns
from optimizers.errors import InvalidInputError
from optimizers.inputs import NON_NEGATIVE, read_columns
from optimizers.kol_spread import Variances, estimate_variances, group_rates
from optimizers.types import FloatArray, IntArray, TextArray


@dataclass(frozen=True)
class PostHistory:
    """The shop's own posts, each column of shape (n_posts,).

    Parameters
    ----------
    kol, tier, category : int arrays
        Codes >= 0, shared with ``OfferTraits``.
    exposure : array
        What revenue is in proportion to, >= 0: thousands of views, or the fee; the same unit as in the offers.
    revenue : array
        Attributed revenue so far, >= 0, one currency.
    age_days : array
        Days from the post to when its revenue was read, >= 0.
    n_recent_posts : array, optional
        The same partner's posts for the shop that were still fresh in the audience's mind then, >= 0; None: none.
    """

    kol: IntArray
    tier: IntArray
    category: IntArray
    exposure: FloatArray
    revenue: FloatArray
    age_days: FloatArray
    n_recent_posts: FloatArray = None  # type: ignore[assignment]  # nowhere any, filled in below

    def __post_init__(self) -> None:
        if self.n_recent_posts is None:
            object.__setattr__(self, "n_recent_posts", np.zeros(len(self.exposure)))
        floats = dict.fromkeys(("exposure", "revenue", "age_days", "n_recent_posts"), NON_NEGATIVE)
        keep_columns(self, "cannot read posts", floats, codes=("kol", "tier", "category"))


@dataclass(frozen=True)
class OfferTraits:
    """What is known of the offers before signing, each column of shape (n_offers,); codes as in ``PostHistory``.

    ``n_recent_posts`` counts this partner's posts for the shop that are still fresh in the audience's mind.
    """

    kol: IntArray
    tier: IntArray
    category: IntArray
    exposure: FloatArray
    n_recent_posts: FloatArray

    def __post_init__(self) -> None:
        floats = dict.fromkeys(("exposure", "n_recent_posts"), NON_NEGATIVE)
        keep_columns(self, "cannot read offers", floats, codes=("kol", "tier", "category"))


@dataclass(frozen=True)
class OfferValue:
    """Expected revenue of each offer with its 80 % interval, shape (n_offers,).

    ``weight`` is the share of the estimate that rests on the partner's own posts; ``level`` the finest level with any
    post: ``kol``, ``tier_category``, ``all``, or ``none`` (no post at all: no revenue is claimed, everything is 0).
    ``belief_sd`` is how far the partner's own mean may lie from ``mean``, ``noise_sd`` how far one post may lie from
    that; ``n_posts`` counts the partner's own posts. ``shared_sd`` is the part of ``belief_sd`` that offers of one tier x
    category have in common.
    """

    mean: FloatArray
    low: FloatArray
    high: FloatArray
    weight: FloatArray
    level: TextArray
    belief_sd: FloatArray
    noise_sd: FloatArray
    n_posts: FloatArray
    shared_sd: FloatArray


def expected_offer_value(
    posts: PostHistory, offers: OfferTraits, *, lag_days: float = 3.0, fatigue: float = 0.9
) -> OfferValue:
    """Return the revenue that each offer should bring in the end, shrunk from partner to tier x category to all.

    Parameters
    ----------
    posts : PostHistory of n_posts
    offers : OfferTraits of n_offers
    lag_days : float
        Mean delay of sales after a post, > 0; a post of age a has shown 1 - exp(-a / lag_days) of its revenue, so a
        young post counts as less exposure and its revenue is never inflated.
    fatigue : float
        Factor for each recent post by the same partner, in (0, 1]; taken out of past posts, put on offers.

    Returns
    -------
    OfferValue

    Raises
    ------
    InvalidInputError
        If ``lag_days`` is not positive or ``fatigue`` not in (0, 1].

    Notes
    -----
    Hierarchical credibility (Buhlmann & Straub 1970, Jewell 1975): weight = between variance / (between + sampling variance), all
    variances by moments, those between partners without the viral tail. Needs no distribution of revenue, which is
    heavy-tailed; the interval is that of a gamma with the predictive mean and variance. Known drawback: lag and fatigue
    count as known.

    Examples
    --------
    >>> code, thousand = np.array([0, 0, 1, 1]), np.full(4, 10.0)
    >>> posts = PostHistory(code, code * 0, code * 0, thousand, np.array([90.0, 110.0, 290.0, 310.0]), np.full(4, 90.0))
    >>> one = np.array([0])
    >>> expected_offer_value(posts, OfferTraits(one, one, one, np.array([10.0]), np.array([0.0]))).mean.round(1)
    array([100.5])
    """
    if not (lag_days > 0 and 0 < fatigue <= 1):
        seen, limit = f"lag_days {lag_days:g}, fatigue {fatigue:g}", "lag_days > 0, 0 < fatigue <= 1"
        raise InvalidInputError("cannot value offers", seen, limit, ["lag_days", "fatigue"], "Mend the KOL settings.")
    n_offers = len(offers.exposure)
    exposure = posts.exposure * -np.expm1(-posts.age_days / lag_days) * fatigue**posts.n_recent_posts
    counts = np.bincount(posts.kol, minlength=int(offers.kol.max(initial=0)) + 1)
    n_posts = counts[offers.kol].astype(np.float64)
    if exposure.sum() == 0:
        zero = np.zeros(n_offers)
        return OfferValue(zero, zero, zero, zero, np.full(n_offers, "none", dtype=object), zero, zero, n_posts, zero)
    rates = _pool(posts, exposure, offers)
    scale = offers.exposure * fatigue**offers.n_recent_posts
    mean = rates.mean * scale
    process = rates.variances.within / np.where(offers.exposure > 0, offers.exposure, 1.0)
    variance = scale**2 * (rates.uncertainty + process)
    low, high = (_gamma_quantile(mean, variance, share) for share in (0.1, 0.9))
    belief, noise = scale * np.sqrt(rates.uncertainty), scale * np.sqrt(process)
    return OfferValue(mean, low, high, rates.weight, rates.level, belief, noise, n_posts, scale * rates.shared_sd)


def probability_above(value: OfferValue, money: FloatArray) -> FloatArray:
    """Return how probable it is that a partner's mean revenue a post is above ``money``.

    Parameters
    ----------
    value : OfferValue of n_offers
    money : array of shape (n_offers,)
        Same currency, >= 0.

    Returns
    -------
    array of shape (n_offers,)
        In [0, 1].

    Raises
    ------
    InvalidInputError
        If a sum of money is negative or not finite, or there are not ``n_offers`` of them.

    Notes
    -----
    A gamma's distribution function (Abramowitz & Stegun 1964, section 6.5) with the mean and sd of the belief, as in the
    interval of ``expected_offer_value``; sure where the belief
    has no sd. It is the probability of the partner's mean, not of one post.

    Examples
    --------
    >>> code, ten = np.repeat([0, 1], 2), np.full(4, 10.0)
    >>> posts = PostHistory(code, code * 0, code * 0, ten, np.array([90.0, 110.0, 290.0, 310.0]), np.full(4, 90.0))
    >>> value = expected_offer_value(posts, OfferTraits([0, 2], [0, 0], [0, 0], [10.0, 10.0], [0.0, 0.0]))
    >>> probability_above(value, np.array([150.0, 150.0])).round(2)
    array([0.  , 0.56])
    """
    columns = {"money": (money, NON_NEGATIVE), "mean": (value.mean, NON_NEGATIVE)}
    limit, mean = read_columns("cannot weigh revenue", columns)
    is_open = (mean > 0) & (value.belief_sd > 0)
    safe_mean, variance = np.where(is_open, mean, 1.0), np.where(is_open, value.belief_sd, 1.0) ** 2
    above = gamma.sf(limit, safe_mean**2 / variance, scale=variance / safe_mean)
    return np.where(is_open, above, (mean > limit).astype(np.float64))


class _Rates(NamedTuple):
    mean: FloatArray
    uncertainty: FloatArray
    weight: FloatArray
    level: TextArray
    variances: Variances
    shared_sd: FloatArray


def _pool(posts: PostHistory, exposure: FloatArray, offers: OfferTraits) -> _Rates:
    """Return the pooled revenue per unit of exposure for each offer."""
    n_categories = int(max(posts.category.max(initial=0), offers.category.max(initial=0))) + 1
    cell, offer_cell = (rows.tier * n_categories + rows.category for rows in (posts, offers))
    n_cells = int(max(cell.max(initial=0), offer_cell.max(initial=0))) + 1
    n_kols = int(max(posts.kol.max(initial=0), offers.kol.max(initial=0))) + 1
    weight_cell, rate_cell = group_rates(posts.revenue, exposure, cell, n_cells)
    weight_kol, rate_kol = group_rates(posts.revenue, exposure, posts.kol, n_kols)
    overall = float(posts.revenue.sum() / exposure.sum())
    variances = estimate_variances(posts.revenue, exposure, posts.kol, cell, overall)
    # sampling variance of a cell's rate: its posts' noise and its partners' spread
    spread = variances.kols * _concentration(exposure, posts.kol, cell, n_cells)
    z_cell = _credibility(variances.cells, spread, variances.within, weight_cell)
    mean_cell = z_cell * rate_cell + (1 - z_cell) * overall
    z_kol = _credibility(variances.kols, 0.0, variances.within, weight_kol)[offers.kol]
    mean = z_kol * rate_kol[offers.kol] + (1 - z_kol) * mean_cell[offer_cell]
    left = 1 - z_kol
    shared = left**2 * (1 - z_cell[offer_cell]) * variances.cells
    uncertainty = left * variances.kols + shared
    has_posts = weight_kol[offers.kol] > 0, weight_cell[offer_cell] > 0
    level = np.select(list(has_posts), [np.array("kol", dtype=object), np.array("tier_category", dtype=object)], "all")
    return _Rates(mean, uncertainty, z_kol, level, variances, np.sqrt(shared))


def _concentration(exposure: FloatArray, kol: IntArray, cell: IntArray, n_cells: int) -> FloatArray:
    """Return the sum of squared partner shares in each cell's exposure (1: one partner alone)."""
    pairs, partner = np.unique(np.stack([cell, kol]), axis=1, return_inverse=True)
    weight = np.bincount(partner.reshape(-1), exposure)
    total = np.bincount(pairs[0], weight, n_cells)
    squares = np.bincount(pairs[0], weight**2, n_cells)
    return np.divide(squares, total**2, out=np.ones(n_cells), where=total > 0)


def _credibility(between: float, spread: FloatArray | float, within: float, weight: FloatArray) -> FloatArray:
    """Return the share of trust in a group's own rate: between / (between + its sampling variance)."""
    noise = spread + within / np.where(weight > 0, weight, np.inf) if between > 0 else np.ones_like(weight)
    trust = between / (between + noise)
    return np.where(weight > 0, trust, 0.0)


def _gamma_quantile(mean: FloatArray, variance: FloatArray, share: float) -> FloatArray:
    """Return the quantile of the gamma with this mean and variance; the mean itself where there is no variance."""
    is_open = (mean > 0) & (variance > 0)
    safe_mean, safe_variance = np.where(is_open, mean, 1.0), np.where(is_open, variance, 1.0)
    return np.where(is_open, gamma.ppf(share, safe_mean**2 / safe_variance, scale=safe_variance / safe_mean), mean)
