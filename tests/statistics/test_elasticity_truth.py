"""Reactive managers: the jitter finds the true elasticity within its interval, the usual regression does not."""

from __future__ import annotations

import numpy as np
import pytest

from assets.bid_trials import as_arrays, lay_out
from optimizers.elasticity import ResponseEstimate, estimate_response
from tests.statistics.reactive_managers import Managed, draw_managed, naive_elasticity

N_SEEDS = 40
ETA = 0.7
Z_80 = 1.2816  # an 80 % interval reaches so many standard errors


def estimate(market: Managed) -> ResponseEstimate:
    """Return what the tool's own path says: from log, facts and items."""
    return estimate_response(as_arrays(lay_out(market.log, [market.daily], market.items)))


@pytest.fixture(scope="module")
def markets() -> list[tuple[ResponseEstimate, tuple[float, float]]]:
    """Return the instrumented and the naive estimate of every seed."""
    drawn = (draw_managed(seed, ETA, n_keywords=200, mean_clicks=10.0) for seed in range(N_SEEDS))
    return [(estimate(market), naive_elasticity(market)) for market in drawn]


def test_the_jitter_recovers_the_true_elasticity_on_average(markets):
    """The mean over seeds lies within three of its own standard errors of the truth."""
    found = np.array([one.eta for one, _ in markets])
    assert abs(found.mean() - ETA) < 3.0 * found.std(ddof=1) / np.sqrt(len(found))


def test_its_80_percent_interval_holds_the_truth_as_often_as_it_promises(markets):
    """Of 40 seeds 80 % are 32; three standard errors of a binomial are 7.6."""
    held = sum(abs(one.eta - ETA) <= Z_80 * one.eta_error for one, _ in markets)
    assert abs(held - 0.8 * N_SEEDS) <= 3.0 * np.sqrt(N_SEEDS * 0.8 * 0.2)


def test_the_usual_regression_within_keywords_misses_the_truth_and_is_sure_of_it(markets):
    """Managers who follow demand make bids look stronger than they are; the naive interval never holds the truth."""
    naive = np.array([slope for _, (slope, _) in markets])
    held = sum(abs(slope - ETA) <= Z_80 * error for _, (slope, error) in markets)
    assert naive.mean() - ETA > 10.0 * naive.std(ddof=1) / np.sqrt(N_SEEDS)
    assert held == 0


def test_the_price_of_a_click_is_recovered_too(markets):
    """Cost per click in proportion to the bid: kappa = 1; and a click costs 0.45 of its bid.

    Where cost gives no root the trials say nothing (infinite error); that must stay the exception.
    """
    told = [one for one, _ in markets if np.isfinite(one.kappa_error)]
    held = sum(abs(one.kappa - 1.0) <= Z_80 * one.kappa_error for one in told)
    assert len(told) >= 0.8 * N_SEEDS
    assert abs(held - 0.8 * len(told)) <= 3.0 * np.sqrt(len(told) * 0.8 * 0.2)
    assert [one.paid_share for one, _ in markets] == pytest.approx([0.45] * N_SEEDS, rel=0.01)


def test_a_jitter_that_nobody_applied_is_no_evidence():
    """The account went on showing other bids: no edit is confirmed, nothing is learned."""
    market = draw_managed(1, ETA, n_keywords=50)
    log = market.log.assign(old=market.log["old"] * 1.01)
    items = market.items.assign(bid=market.items["bid"] * 1.01)
    assert lay_out(log, [market.daily], items).empty
