"""Problems of any size for the benchmarks of the optimum: drawn with a fixed seed, so that every run asks the same.

Here belongs what is asked. Who answers it and how long that takes is in ``allocation`` and ``allocation_growth``.
"""

from __future__ import annotations

import numpy as np

from optimizers.allocation import AllocationProblem, KeywordItems, PriceTree, no_budgets
from optimizers.types import IntArray

N_CAMPAIGNS, N_PLATFORMS = 2_000, 20
TREE_SEEDS = 6, 1  # of the budgets, of the keywords


def draw_keywords(node: IntArray, seed: int) -> KeywordItems:
    """Return one keyword per entry of ``node``, bids free between a tenth and three times today's."""
    rng, n = np.random.default_rng(seed), len(node)
    eta, kappa, rho = rng.uniform(0.4, 0.9, n), rng.uniform(0.7, 1.5, n), rng.uniform(0.8, 1.2, n)
    bid = np.exp(rng.normal(0.0, 0.5, n))
    cpc = rho * bid * eta / (eta + kappa) * rng.uniform(1.0, 1.3, n)
    value, clicks = bid * np.exp(rng.normal(0.3, 0.5, n)), np.exp(rng.normal(1.0, 1.2, n))
    return KeywordItems(node, clicks, cpc, bid, value, eta, rho, kappa, np.full(n, 0.1), np.full(n, 3.0))


def single_budget(n: int, seed: int) -> AllocationProblem:
    """Return ``n`` keywords under one budget: what they cost today."""
    keywords = draw_keywords(np.zeros(n, dtype=np.int64), seed)
    total = np.array([(keywords.clicks0 * keywords.cpc0).sum()])
    return AllocationProblem(keywords, no_budgets(), PriceTree(np.array([-1]), np.zeros(1), total, ("total",)))


def budget_tree(n: int, n_campaigns: int = N_CAMPAIGNS) -> AllocationProblem:
    """Return ``n`` keywords under total, platform and campaign budgets, some tight and some ample."""
    rng = np.random.default_rng(TREE_SEEDS[0])
    campaign = rng.integers(n_campaigns, size=n)
    keywords = draw_keywords(1 + N_PLATFORMS + campaign, TREE_SEEDS[1])
    platform = np.arange(n_campaigns) % N_PLATFORMS
    today = np.bincount(campaign, keywords.clicks0 * keywords.cpc0, n_campaigns)
    by_platform = np.bincount(platform, today, N_PLATFORMS)
    limits = by_platform * rng.uniform(0.8, 1.6, N_PLATFORMS), today * rng.uniform(0.7, 2.0, n_campaigns)
    parent = np.concatenate([[-1], np.zeros(N_PLATFORMS), 1 + platform])
    most = np.concatenate([np.array([today.sum()]), *limits])
    names = tuple(f"node {i}" for i in range(len(most)))
    return AllocationProblem(keywords, no_budgets(), PriceTree(parent, np.zeros(len(most)), most, names))
