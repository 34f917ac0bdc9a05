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
from optimizers.inputs import NON_NEGATIVE
from optimizers.types import FloatArray, IntArray, TextArray

MIN_FREEDOM = 2  # degrees of freedom below which a variance is not estimated at that level
USUAL = 0.9  # quantile of posts' rates above which a post counts as viral when spreads are estimated
UNKNOWN_SPREAD = 1.0  # coefficient of variation of one post where nothing can be estimated


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
    that; ``n_posts`` counts the partner's own posts.
    """

    mean: FloatArray
    low: FloatArray
    high: FloatArray
    weight: FloatArray
    level: TextArray
    belief_sd: FloatArray
    noise_sd: FloatArray
    n_posts: FloatArray


class _Variances(NamedTuple):
    within: float  # of one post's rate, times its exposure
    kols: float  # between partners of one tier x category
    cells: float  # between tier x category


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
        return OfferValue(zero, zero, zero, zero, np.full(n_offers, "none", dtype=object), zero, zero, n_posts)
    rates = _pool(posts, exposure, offers)
    scale = offers.exposure * fatigue**offers.n_recent_posts
    mean = rates.mean * scale
    process = rates.variances.within / np.where(offers.exposure > 0, offers.exposure, 1.0)
    variance = scale**2 * (rates.uncertainty + process)
    low, high = (_gamma_quantile(mean, variance, share) for share in (0.1, 0.9))
    belief, noise = scale * np.sqrt(rates.uncertainty), scale * np.sqrt(process)
    return OfferValue(mean, low, high, rates.weight, rates.level, belief, noise, n_posts)


class _Rates(NamedTuple):
    mean: FloatArray
    uncertainty: FloatArray
    weight: FloatArray
    level: TextArray
    variances: _Variances


def _pool(posts: PostHistory, exposure: FloatArray, offers: OfferTraits) -> _Rates:
    """Return the pooled revenue per unit of exposure for each offer."""
    n_categories = int(max(posts.category.max(initial=0), offers.category.max(initial=0))) + 1
    cell, offer_cell = (rows.tier * n_categories + rows.category for rows in (posts, offers))
    n_cells = int(max(cell.max(initial=0), offer_cell.max(initial=0))) + 1
    n_kols = int(max(posts.kol.max(initial=0), offers.kol.max(initial=0))) + 1
    weight_cell, rate_cell = _group_rates(posts.revenue, exposure, cell, n_cells)
    weight_kol, rate_kol = _group_rates(posts.revenue, exposure, posts.kol, n_kols)
    overall = float(posts.revenue.sum() / exposure.sum())
    variances = _estimate_variances(posts.revenue, exposure, posts.kol, cell, overall)
    # sampling variance of a cell's rate: its posts' noise and its partners' spread
    spread = variances.kols * _concentration(exposure, posts.kol, cell, n_cells)
    z_cell = _credibility(variances.cells, spread, variances.within, weight_cell)
    mean_cell = z_cell * rate_cell + (1 - z_cell) * overall
    z_kol = _credibility(variances.kols, 0.0, variances.within, weight_kol)[offers.kol]
    mean = z_kol * rate_kol[offers.kol] + (1 - z_kol) * mean_cell[offer_cell]
    left = 1 - z_kol
    uncertainty = left * variances.kols + left**2 * (1 - z_cell[offer_cell]) * variances.cells
    has_posts = weight_kol[offers.kol] > 0, weight_cell[offer_cell] > 0
    level = np.select(list(has_posts), [np.array("kol", dtype=object), np.array("tier_category", dtype=object)], "all")
    return _Rates(mean, uncertainty, z_kol, level, variances)


def _concentration(exposure: FloatArray, kol: IntArray, cell: IntArray, n_cells: int) -> FloatArray:
    """Return the sum of squared partner shares in each cell's exposure (1: one partner alone)."""
    pairs, partner = np.unique(np.stack([cell, kol]), axis=1, return_inverse=True)
    weight = np.bincount(partner.reshape(-1), exposure)
    total = np.bincount(pairs[0], weight, n_cells)
    squares = np.bincount(pairs[0], weight**2, n_cells)
    return np.divide(squares, total**2, out=np.ones(n_cells), where=total > 0)


def _group_rates(
    revenue: FloatArray, exposure: FloatArray, group: IntArray, size: int
) -> tuple[FloatArray, FloatArray]:
    """Return each group's exposure and revenue per unit of it (0 where there is none)."""
    weight = np.bincount(group, exposure, size).astype(np.float64)
    total = np.bincount(group, revenue, size)
    return weight, np.divide(total, weight, out=np.zeros(size), where=weight > 0)


def _estimate_variances(
    revenue: FloatArray, exposure: FloatArray, kol: IntArray, cell: IntArray, overall: float
) -> _Variances:
    """Return moment estimates; a level without freedom gets no spread of its own, so that it is shrunk away."""
    seen = exposure > 0
    revenue, exposure, kol = revenue[seen], exposure[seen], kol[seen]
    cell = np.unique(cell[seen], return_inverse=True)[1]
    everyone = np.zeros(len(kol), dtype=np.int64)
    partner = np.unique(np.stack([kol, cell]), axis=1, return_inverse=True)[1].reshape(-1)
    group = next((group for group in (partner, cell, everyone) if _freedom(group) >= MIN_FREEDOM), None)
    if group is None:
        return _Variances(UNKNOWN_SPREAD * overall**2 * float(exposure.mean()), 0.0, 0.0)
    # one viral post would pass for a spread between partners, so the spread is estimated without the tail
    usual = np.minimum(revenue, exposure * np.quantile(revenue / exposure, USUAL))
    noise = _scatter(usual, exposure, group) / _freedom(group)
    kols = _between(usual, exposure, partner, cell, noise) if group is partner else 0.0
    cells = _between(usual, exposure, cell, everyone, noise) if group is not everyone else 0.0
    return _Variances(_scatter(revenue, exposure, group) / _freedom(group), kols, cells)


def _freedom(group: IntArray) -> int:
    """Return how many posts are left to tell the noise inside groups."""
    return len(group) - len(np.unique(group))


def _scatter(revenue: FloatArray, exposure: FloatArray, group: IntArray) -> float:
    """Return the exposure-weighted squared distance of rates from their group's rate."""
    _, rate = _group_rates(revenue, exposure, group, int(group.max()) + 1)
    return float((exposure * (revenue / exposure - rate[group]) ** 2).sum())


def _between(revenue: FloatArray, exposure: FloatArray, fine: IntArray, coarse: IntArray, within: float) -> float:
    """Return the variance of fine groups' rates inside coarse groups, >= 0."""
    size = int(fine.max()) + 1
    weight, rate = _group_rates(revenue, exposure, fine, size)
    above = np.zeros(size, dtype=np.int64)
    above[fine] = coarse
    total = np.bincount(above, weight)
    balance = float(total.sum() - np.divide(np.bincount(above, weight**2), total, where=total > 0, out=total * 0).sum())
    freedom = len(np.unique(fine)) - len(np.unique(coarse))
    if freedom < 1 or balance <= 0:
        return 0.0
    return max((_scatter(rate * weight, weight, above) - freedom * within) / balance, 0.0)


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
