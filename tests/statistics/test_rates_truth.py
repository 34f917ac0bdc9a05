"""Rates against known truth: nearly as close as one who knows every spread, and intervals that hold what they promise.

Each market has campaigns, match types and words with log-normal effects and items with effects of their own (Gamma on odd
seeds, log-normal on even ones), most of them with a handful of clicks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pytest

from optimizers.effects import Effects, stack_effects
from optimizers.glm import fit_log_rates
from optimizers.priors import RateLevel
from optimizers.shrinkage import RatePosterior, update_rates

SEEDS = range(12)
SPREADS, OWN = (0.25, 0.15, 0.30), 6.0  # of campaigns, match types, words; concentration of the items' own effects
BASE = np.log([0.02, 0.03, 0.05])


@dataclass(frozen=True)
class Market:
    sold: np.ndarray
    clicks: np.ndarray
    platform: np.ndarray
    effects: Effects
    rate: np.ndarray


def draw_market(seed: int, n_items: int = 2500) -> Market:
    rng = np.random.default_rng([seed, 17])
    sizes = (60, 3, 120)
    codes = [rng.integers(0, size, n_items) for size in sizes]
    platform = codes[0] % 3
    log_rate = BASE[platform] + sum(
        spread * rng.normal(size=size)[code] for spread, size, code in zip(SPREADS, sizes, codes, strict=True)
    )
    log_sd = np.sqrt(np.log1p(1 / OWN))
    normal = np.exp(rng.normal(-(log_sd**2) / 2, log_sd, n_items))
    rate = np.exp(log_rate) * (rng.gamma(OWN, 1 / OWN, n_items) if seed % 2 else normal)
    clicks = np.round(rng.lognormal(np.log(12.0), 1.5, n_items))
    return Market(rng.poisson(rate * clicks).astype(float), clicks, platform, stack_effects(n_items, codes), rate)


def oracle(market: Market) -> RatePosterior:
    """Return the posterior of one who knows platforms and every spread, but no effect: dense algebra, nothing estimated."""
    design, clicks = market.effects.matrix.toarray(), market.clicks
    precision = np.array(SPREADS)[market.effects.factor] ** -2.0
    effect = np.zeros(design.shape[1])
    for _ in range(15):
        mean = clicks * np.exp(BASE[market.platform] + design @ effect)
        weight, score = mean / (1 + mean / OWN), (market.sold - mean) / (1 + mean / OWN)
        information = (design * weight[:, None]).T @ design + np.diag(precision)
        effect = effect + np.linalg.solve(information, design.T @ score - precision * effect)
    variance = np.einsum("ij,jk,ik->i", design, np.linalg.inv(information), design, optimize=True)
    left = 1 - weight * variance
    log_mean = BASE[market.platform] + design @ effect - variance * score / left
    return update_rates(market.sold, clicks, RateLevel(np.exp(log_mean), 1 / (1 / OWN + variance / left)))


@lru_cache(maxsize=1)
def figures() -> dict[str, np.ndarray]:
    """Return per seed: our log-RMSE beside the oracle's, coverage of all and of the fifth with most clicks, bias."""
    found: dict[str, list[float]] = {"rmse": [], "pooled": [], "top": [], "bias": []}
    for seed in SEEDS:
        market = draw_market(seed)
        fit = fit_log_rates(market.sold, market.clicks, market.platform, market.effects)
        ours = update_rates(market.sold, market.clicks, fit.prior)
        errors = [np.sqrt(np.mean(np.log(one.mean / market.rate) ** 2)) for one in (ours, oracle(market))]
        inside = (ours.low <= market.rate) & (market.rate <= ours.high)
        found["rmse"].append(errors[0] / errors[1])
        found["pooled"].append(inside.mean())
        found["top"].append(inside[market.clicks >= np.quantile(market.clicks, 0.8)].mean())
        found["bias"].append(np.log((ours.mean * market.clicks).sum() / (market.rate * market.clicks).sum()))
    return {name: np.array(values) for name, values in found.items()}


def error_of(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(values.size))


def test_rates_are_within_a_tenth_of_who_knows_every_spread():
    assert figures()["rmse"].mean() <= 1.10
    assert figures()["rmse"].mean() > 0.97  # who beats the oracle has seen the truth


@pytest.mark.parametrize("group", ["pooled", "top"])
def test_an_80_percent_interval_covers_77_to_83_percent(group):
    covered = figures()[group]
    assert 0.77 - 2 * error_of(covered) <= covered.mean() <= 0.83 + 2 * error_of(covered)


def test_the_sum_of_what_is_expected_is_that_of_the_truth():
    bias = figures()["bias"]
    assert abs(bias.mean()) < 2.5 * error_of(bias)


def test_counting_an_items_own_data_twice_would_show():
    """The tests above are able to fail: priors that hold the item's own sales are too sure and cover too little."""
    market = draw_market(1)
    fit = fit_log_rates(market.sold, market.clicks, market.platform, market.effects)
    honest = update_rates(market.sold, market.clicks, fit.prior)
    twice = update_rates(market.sold, market.clicks, RateLevel(honest.mean, honest.shape))
    covered = [((one.low <= market.rate) & (market.rate <= one.high)).mean() for one in (honest, twice)]
    assert covered[1] < covered[0] - 0.03
