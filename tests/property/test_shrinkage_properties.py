"""Pooling: units and order change nothing, own data move an estimate their way, and limits are right."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from optimizers.shrinkage import fit_gamma_prior, pool_means, pool_rates, value_per_click

CHECKS = settings(max_examples=10, deadline=None)


@st.composite
def items(draw, max_count=40):
    """Return (events, exposure, campaign, platform) of 1 to 12 items, sparse and rich, some without exposure."""
    n_items = draw(st.integers(1, 12))
    exposure = draw(arrays(np.float64, n_items, elements=st.integers(0, 2000)))
    events = draw(arrays(np.float64, n_items, elements=st.integers(0, max_count)))
    campaign = draw(arrays(np.int64, n_items, elements=st.integers(0, 3)))
    platform = draw(arrays(np.int64, n_items, elements=st.integers(0, 2)))
    return np.minimum(events, exposure), exposure, campaign, platform


def same(one, other, factor=1.0, rel=1e-3):
    for name in ("mean", "low", "high"):
        assert getattr(one, name) == pytest.approx(getattr(other, name) * factor, rel=rel, abs=1e-12, nan_ok=True)


@CHECKS
@given(items(), st.sampled_from([0.01, 1000.0]))
def test_a_rate_per_thousand_is_a_thousand_times_the_rate(rows, unit):
    events, exposure, *groups = rows
    same(pool_rates(events, exposure * unit, *groups), pool_rates(events, exposure, *groups), 1.0 / unit)


@CHECKS
@given(items(), st.sampled_from([0.01, 1000.0]))
def test_the_currency_changes_no_order_value(rows, unit):
    count, total, *groups = rows
    same(pool_means(total * unit, count, *groups), pool_means(total, count, *groups), unit)


@CHECKS
@given(items(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_estimate(rows, random):
    order = list(range(len(rows[0])))
    random.shuffle(order)
    for pool in (pool_rates, pool_means):
        plain, shuffled = pool(*rows), pool(*(column[order] for column in rows))
        for field in fields(plain):
            expected = getattr(plain, field.name)[order]
            assert getattr(shuffled, field.name) == pytest.approx(expected, rel=1e-3, nan_ok=True)


@CHECKS
@given(items())
def test_the_names_of_groups_change_no_rate(rows):
    events, exposure, campaign, platform = rows
    same(pool_rates(events, exposure, 7 - campaign, 5 - platform), pool_rates(*rows), rel=1e-6)


@CHECKS
@given(items())
def test_an_interval_holds_its_mean_and_is_finite_once_anything_was_seen(rows):
    posterior = pool_rates(*rows)
    if rows[1].sum() == 0:
        assert np.isnan(posterior.mean).all()
        return
    assert np.isfinite([posterior.mean, posterior.low, posterior.high, posterior.prior_mean]).all()
    assert ((posterior.low < posterior.high) & (posterior.low <= posterior.mean)).all()
    assert (posterior.low >= 0).all()


@CHECKS
@given(items())
def test_a_rate_lies_between_the_raw_ratio_and_what_is_believed_without_it(rows):
    events, exposure, *_ = rows
    posterior = pool_rates(*rows)
    seen = exposure > 0
    raw = events[seen] / exposure[seen]
    low, high = np.minimum(raw, posterior.prior_mean[seen]), np.maximum(raw, posterior.prior_mean[seen])
    slack = 1e-9 * (1.0 + high)
    assert ((posterior.mean[seen] >= low - slack) & (posterior.mean[seen] <= high + slack)).all()
    assert posterior.mean[~seen] == pytest.approx(posterior.prior_mean[~seen], nan_ok=True)


@CHECKS
@given(items(), st.floats(0.001, 0.2))
def test_with_endless_data_a_rate_is_the_raw_ratio_and_money_the_raw_mean(rows, rate):
    events, exposure, campaign, platform = (
        np.append(column, extra) for column, extra in zip(rows, (0, 0, 1, 1), strict=True)
    )
    events[-1], exposure[-1] = rate * 1e8, 1e8
    campaign, platform = campaign.astype(np.int64), platform.astype(np.int64)
    assert pool_rates(events, exposure, campaign, platform).mean[-1] == pytest.approx(rate, rel=0.01)
    total, count = np.append(rows[1], 37.0 * 1e8), np.append(rows[0], 1e8)
    assert pool_means(total, count, campaign, platform).mean[-1] == pytest.approx(37.0, rel=0.01)


@CHECKS
@given(items(), st.integers(1, 30))
def test_more_sales_of_an_item_raise_its_rate(rows, more):
    events, exposure, campaign, platform = rows
    exposure = exposure + 50.0
    raised = events.copy()
    raised[0] += more
    before, after = (pool_rates(counts, exposure, campaign, platform) for counts in (events, raised))
    assert after.mean[0] > before.mean[0]


@CHECKS
@given(items())
def test_a_fitted_prior_is_proper_and_blind_to_items_without_exposure(rows):
    events, exposure, *_ = rows
    prior = fit_gamma_prior(events, exposure)
    padded = fit_gamma_prior(np.append(events, 0.0), np.append(exposure, 0.0))
    assert (padded.shape, padded.rate) == pytest.approx((prior.shape, prior.rate), nan_ok=True)
    if exposure.sum() > 0:
        assert prior.shape > 0
        assert prior.rate > 0


@CHECKS
@given(items(), st.floats(0.01, 1.0))
def test_value_per_click_is_in_proportion_to_the_margin(rows, margin):
    events, exposure, *groups = rows
    rate, aov = pool_rates(*rows), pool_means(exposure, events, *groups)
    same(value_per_click(rate, aov, margin), value_per_click(rate, aov, 1.0), margin, rel=1e-9)
