"""Pooling of rates, money and value per click: limits, hand-made cases, and coverage on simulated truth."""

from __future__ import annotations

import numpy as np
import pytest

from optimizers.errors import InvalidInputError
from optimizers.shrinkage import fit_gamma_prior, pool_means, pool_rates, value_per_click

NAN = np.nan


def simulate_rates(seed, n_items=4000, n_platforms=3, n_campaigns=8, item_shape=3.0, mean_clicks=30.0):
    """Return (events, exposure, campaign, platform, true rate) of a market that follows the model."""
    rng = np.random.default_rng(seed)
    platform, campaign = rng.integers(0, n_platforms, n_items), rng.integers(0, n_campaigns, n_items)
    level = 0.02 * np.exp(rng.normal(0.0, 0.3, n_platforms))[platform]
    effect = rng.gamma(8.0, 1 / 8.0, (n_platforms, n_campaigns))[platform, campaign]
    rate = level * effect * rng.gamma(item_shape, 1 / item_shape, n_items)
    clicks = np.round(rng.lognormal(np.log(mean_clicks), 1.5, n_items))
    return rng.poisson(rate * clicks).astype(float), clicks, campaign, platform, rate


def simulate_orders(seed, n_items=3000, n_campaigns=8, spread=0.4, noise=0.36, mean_orders=2.0):
    """Return (total, count, campaign, platform, true mean) of order values that follow the model."""
    rng = np.random.default_rng(seed)
    platform, campaign = rng.integers(0, 2, n_items), rng.integers(0, n_campaigns, n_items)
    effect = rng.normal(0.0, 0.4, 2)[platform] + rng.normal(0.0, 0.3, (2, n_campaigns))[platform, campaign]
    mean = 100.0 * np.exp(effect + rng.normal(0.0, spread, n_items))
    count = rng.poisson(rng.lognormal(np.log(mean_orders), 1.2, n_items))
    sd = np.sqrt(np.log1p(noise))
    orders = np.repeat(mean, count) * rng.lognormal(-(sd**2) / 2, sd, count.sum())
    total = np.bincount(np.repeat(np.arange(n_items), count), orders, n_items)
    return total, count.astype(float), campaign, platform, mean


def covered(estimate, truth, rows=slice(None)):
    return float(((estimate.low <= truth) & (truth <= estimate.high))[rows].mean())


def test_the_fit_recovers_the_distribution_that_made_the_counts():
    rng = np.random.default_rng(3)
    clicks = rng.integers(20, 400, 8000).astype(float)
    prior = fit_gamma_prior(rng.poisson(clicks * rng.gamma(2.5, 0.03 / 2.5, 8000)), clicks)
    assert (prior.shape, prior.mean) == (pytest.approx(2.5, rel=0.1), pytest.approx(0.03, rel=0.03))


def test_more_rows_than_the_sample_give_the_same_distribution_in_any_order():
    rng = np.random.default_rng(4)
    clicks = rng.integers(1, 100, 120_000).astype(float)
    events = rng.poisson(clicks * rng.gamma(2.0, 0.05 / 2.0, clicks.size)).astype(float)
    order = rng.permutation(clicks.size)
    prior, shuffled = fit_gamma_prior(events, clicks), fit_gamma_prior(events[order], clicks[order])
    assert (prior.shape, prior.mean) == (pytest.approx(2.0, rel=0.1), pytest.approx(0.05, rel=0.02))
    assert (shuffled.shape, shuffled.rate) == (pytest.approx(prior.shape), pytest.approx(prior.rate))


def test_items_without_any_event_give_half_an_event_over_all_exposure():
    prior = fit_gamma_prior(np.zeros(5), np.full(5, 200.0))
    assert (prior.shape, prior.rate) == (0.5, 1000.0)


@pytest.mark.parametrize("exposure", [np.zeros(0), np.zeros(3)], ids=["no item", "no exposure"])
def test_nothing_exposed_gives_a_missing_prior(exposure):
    assert np.isnan(fit_gamma_prior(np.zeros(exposure.size), exposure).mean)


def test_a_single_item_gives_a_finite_prior_near_its_rate():
    prior = fit_gamma_prior([12.0], [400.0])
    assert prior.mean == pytest.approx(0.03, rel=0.05)
    assert 0.5 < prior.shape < 50


@pytest.mark.parametrize(
    "market",
    [
        pytest.param({}, id="usual"),
        pytest.param({"item_shape": 1.2}, id="very unequal keywords"),
        pytest.param({"n_campaigns": 2000}, id="one keyword a campaign"),
        pytest.param({"n_platforms": 1, "n_campaigns": 1}, id="one campaign"),
        pytest.param({"mean_clicks": 5.0}, id="sparse"),
    ],
)
def test_an_80_percent_interval_of_a_rate_covers_about_80_percent(market):
    found = []
    for seed in range(4):
        events, clicks, campaign, platform, rate = simulate_rates(seed, **market)
        posterior = pool_rates(events, clicks, campaign, platform)
        busiest = clicks >= np.quantile(clicks, 0.8)
        found.append((covered(posterior, rate), covered(posterior, rate, busiest)))
    everywhere, top = np.mean(found, axis=0)
    assert 0.77 <= everywhere <= 0.83
    assert 0.77 <= top <= 0.83


def test_pooled_rates_are_nearer_the_truth_than_raw_ratios_and_than_one_global_mean():
    events, clicks, campaign, platform, rate = simulate_rates(9)
    posterior = pool_rates(events, clicks, campaign, platform)
    seen = clicks > 0
    raw = np.abs(events[seen] / clicks[seen] - rate[seen]).mean()
    flat = np.abs(events.sum() / clicks.sum() - rate[seen]).mean()
    assert np.abs(posterior.mean - rate)[seen].mean() < 0.8 * min(raw, flat)


def test_an_item_without_clicks_is_believed_to_be_like_its_campaign():
    good, bad = np.full(60, 5.0), np.full(60, 1.0)
    events = np.concatenate([good, bad, [0.0, 0.0]])
    clicks = np.concatenate([np.full(120, 100.0), [0.0, 0.0]])
    campaign = np.concatenate([np.zeros(60), np.ones(60), [0, 1]]).astype(np.int64)
    posterior = pool_rates(events, clicks, campaign, np.zeros(122, dtype=np.int64))
    assert posterior.mean[-2] == pytest.approx(0.05, rel=0.1)
    assert posterior.mean[-1] == pytest.approx(0.01, rel=0.2)


def test_much_data_beats_the_prior():
    events, clicks = np.append(np.full(50, 1.0), 9e4), np.append(np.full(50, 100.0), 1e6)
    codes = np.zeros(51, dtype=np.int64)
    assert pool_rates(events, clicks, codes, codes).mean[-1] == pytest.approx(0.09, rel=1e-3)


def test_the_same_campaign_code_on_two_platforms_means_two_campaigns():
    events, clicks = np.append(np.full(40, 8.0), np.full(40, 1.0)), np.full(80, 100.0)
    platform = np.repeat([0, 1], 40)
    posterior = pool_rates(events, clicks, np.zeros(80, dtype=np.int64), platform)
    assert posterior.prior_mean[0] > 5 * posterior.prior_mean[-1]


def test_a_platform_without_clicks_borrows_from_the_others():
    events, clicks = np.append(np.full(40, 3.0), 0.0), np.append(np.full(40, 100.0), 0.0)
    posterior = pool_rates(events, clicks, np.zeros(41, dtype=np.int64), np.append(np.zeros(40, np.int64), 1))
    assert posterior.mean[-1] == pytest.approx(0.03, rel=0.05)
    assert posterior.high[-1] / posterior.low[-1] > 5 * posterior.high[0] / posterior.low[0]


def test_items_without_any_sale_get_small_positive_rates():
    codes = np.zeros(20, dtype=np.int64)
    posterior = pool_rates(np.zeros(20), np.full(20, 50.0), codes, codes)
    assert ((posterior.mean > 0) & (posterior.mean < 1 / 1000)).all()


def test_a_shop_without_clicks_has_missing_rates():
    codes = np.zeros(3, dtype=np.int64)
    assert np.isnan(pool_rates(np.zeros(3), np.zeros(3), codes, codes).mean).all()


def test_no_items_give_no_rates():
    empty = np.zeros(0, dtype=np.int64)
    assert pool_rates([], [], empty, empty).mean.shape == (0,)
    assert pool_means([], [], empty, empty).mean.shape == (0,)


@pytest.mark.parametrize("level", [0.0, 1.0, NAN])
def test_an_interval_of_impossible_mass_is_refused(level):
    codes = np.zeros(1, dtype=np.int64)
    with pytest.raises(InvalidInputError, match="level"):
        pool_rates([1.0], [10.0], codes, codes, level)


def test_missing_counts_are_refused():
    codes = np.zeros(1, dtype=np.int64)
    with pytest.raises(InvalidInputError, match=r"events\[0\] = nan"):
        pool_rates([NAN], [10.0], codes, codes)


@pytest.mark.parametrize(
    "market",
    [
        pytest.param({}, id="few orders"),
        pytest.param({"spread": 0.2, "noise": 0.8}, id="wild orders, like items"),
        pytest.param({"n_campaigns": 1500}, id="one item a campaign"),
        pytest.param({"mean_orders": 100.0}, id="many events, as for cpc"),
    ],
)
def test_an_80_percent_interval_of_money_per_event_covers_about_80_percent(market):
    found = []
    for seed in range(5):
        total, count, campaign, platform, mean = simulate_orders(seed, **market)
        estimate = pool_means(total, count, campaign, platform)
        found.append((covered(estimate, mean), estimate.mean.sum() / mean.sum()))
    share, level = np.mean(found, axis=0)
    assert 0.77 <= share <= 0.83
    assert level == pytest.approx(1.0, abs=0.02)


def test_one_absurd_order_does_not_move_the_others():
    total, count, campaign, platform, _ = simulate_orders(1)
    row = int(np.flatnonzero(count == 1)[0])
    absurd = total.copy()
    absurd[row] *= 1000.0
    before, after = (pool_means(money, count, campaign, platform).mean for money in (total, absurd))
    assert np.delete(after / before, row) == pytest.approx(np.ones(total.size - 1), rel=0.06)


def test_one_item_of_its_own_price_is_believed_though_all_others_are_alike():
    total, count = np.append(np.full(30, 100.0), 800.0), np.full(31, 100.0)
    codes = np.zeros(31, dtype=np.int64)
    assert pool_means(total, count, codes, codes).mean[-1] == pytest.approx(8.0, rel=0.2)


def test_items_with_orders_but_no_money_are_unknown_not_worthless():
    codes = np.zeros(3, dtype=np.int64)
    estimate = pool_means([500.0, 480.0, 0.0], [10.0, 10.0, 10.0], codes, codes)
    assert 30.0 < estimate.mean[2] < 80.0
    assert estimate.log_sd[2] > estimate.log_sd[0]


def test_money_that_is_nowhere_is_missing_everywhere():
    codes = np.zeros(2, dtype=np.int64)
    assert np.isnan(pool_means([0.0, 0.0], [0.0, 3.0], codes, codes).mean).all()


def test_an_interval_of_value_per_click_covers_about_80_percent():
    found = []
    for seed in range(4):
        events, clicks, campaign, platform, rate = simulate_rates(seed, n_items=3000)
        total, count, *groups, mean = simulate_orders(seed)
        estimate = value_per_click(
            pool_rates(events, clicks, campaign, platform), pool_means(total, count, *groups), 0.4
        )
        found.append((covered(estimate, 0.4 * rate * mean), estimate.mean.sum() / (0.4 * rate * mean).sum()))
    share, level = np.mean(found, axis=0)
    assert 0.77 <= share <= 0.83
    assert level == pytest.approx(1.0, abs=0.05)


def test_value_per_click_is_missing_where_the_margin_is():
    events, clicks, campaign, platform, _ = simulate_rates(1, n_items=2)
    rate, aov = pool_rates(events, clicks, campaign, platform), pool_means([50.0, 60.0], [1.0, 1.0], campaign, platform)
    found = value_per_click(rate, aov, [0.5, NAN])
    assert np.isnan([found.mean[1], found.low[1], found.high[1]]).all()
    assert found.mean[0] == pytest.approx(rate.mean[0] * aov.mean[0] * 0.5)


@pytest.mark.parametrize("cv", [0.4, 0.7, 1.2])  # less than items differ by (0.3) stays hidden under it
def test_the_spread_of_single_orders_is_learned_from_items_with_few_and_many(cv):
    rng, n_items = np.random.default_rng(5), 600
    count = rng.integers(1, 40, n_items).astype(float)
    level = 80.0 * np.exp(rng.normal(0.0, 0.3, n_items))
    total = level * rng.gamma(count / cv**2, cv**2)
    codes = np.zeros(n_items, dtype=int)
    found = pool_means(total, count, np.arange(n_items) % 20, codes)
    assert found.event_cv == pytest.approx(np.full(n_items, cv), rel=0.25)
    assert pool_means(7.0 * total, count, np.arange(n_items) % 20, codes).event_cv == pytest.approx(
        found.event_cv, rel=1e-3
    )
