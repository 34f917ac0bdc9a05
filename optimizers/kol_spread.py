"""How much posts differ: one partner's among each other, partners of one tier x category, and tiers x categories.

Here belong the variances that decide how far each level is believed. Pooling with them is the work of
``optimizers.kol_value``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from optimizers.types import FloatArray, IntArray

MIN_FREEDOM = 2  # degrees of freedom below which a variance is not estimated at that level
USUAL = 0.9  # quantile of posts' rates above which a post counts as viral when spreads are estimated
UNKNOWN_SPREAD = 1.0  # coefficient of variation of one post where nothing can be estimated


class Variances(NamedTuple):
    """Variances of revenue per unit of exposure."""

    within: float  # of one post's rate, times its exposure
    kols: float  # between partners of one tier x category
    cells: float  # between tier x category


def group_rates(revenue: FloatArray, exposure: FloatArray, group: IntArray, size: int) -> tuple[FloatArray, FloatArray]:
    """Return each group's exposure and revenue per unit of it (0 where there is none)."""
    weight = np.bincount(group, exposure, size).astype(np.float64)
    total = np.bincount(group, revenue, size)
    return weight, np.divide(total, weight, out=np.zeros(size), where=weight > 0)


def estimate_variances(
    revenue: FloatArray, exposure: FloatArray, kol: IntArray, cell: IntArray, overall: float
) -> Variances:
    """Return moment estimates; a level without freedom gets no spread of its own, so that it is shrunk away."""
    seen = exposure > 0
    revenue, exposure, kol = revenue[seen], exposure[seen], kol[seen]
    cell = np.unique(cell[seen], return_inverse=True)[1]
    everyone = np.zeros(len(kol), dtype=np.int64)
    partner = np.unique(np.stack([kol, cell]), axis=1, return_inverse=True)[1].reshape(-1)
    group = next((group for group in (partner, cell, everyone) if _freedom(group) >= MIN_FREEDOM), None)
    if group is None:
        return Variances(UNKNOWN_SPREAD * overall**2 * float(exposure.mean()), 0.0, 0.0)
    # one viral post would pass for a spread between partners, so the spread is estimated without the tail
    usual = np.minimum(revenue, exposure * np.quantile(revenue / exposure, USUAL))
    noise = _scatter(usual, exposure, group) / _freedom(group)
    kols = _between(usual, exposure, partner, cell, noise) if group is partner else 0.0
    cells = _between(usual, exposure, cell, everyone, noise) if group is not everyone else 0.0
    return Variances(_scatter(revenue, exposure, group) / _freedom(group), kols, cells)


def _freedom(group: IntArray) -> int:
    """Return how many posts are left to tell the noise inside groups."""
    return len(group) - len(np.unique(group))


def _scatter(revenue: FloatArray, exposure: FloatArray, group: IntArray) -> float:
    """Return the exposure-weighted squared distance of rates from their group's rate."""
    _, rate = group_rates(revenue, exposure, group, int(group.max()) + 1)
    return float((exposure * (revenue / exposure - rate[group]) ** 2).sum())


def _between(revenue: FloatArray, exposure: FloatArray, fine: IntArray, coarse: IntArray, within: float) -> float:
    """Return the variance of fine groups' rates inside coarse groups, >= 0."""
    size = int(fine.max()) + 1
    weight, rate = group_rates(revenue, exposure, fine, size)
    above = np.zeros(size, dtype=np.int64)
    above[fine] = coarse
    total = np.bincount(above, weight)
    balance = float(total.sum() - np.divide(np.bincount(above, weight**2), total, where=total > 0, out=total * 0).sum())
    freedom = len(np.unique(fine)) - len(np.unique(coarse))
    if freedom < 1 or balance <= 0:
        return 0.0
    return max((_scatter(rate * weight, weight, above) - freedom * within) / balance, 0.0)
