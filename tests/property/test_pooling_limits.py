"""What small steps of estimation must give at their ends: all trust in the prior, all in the data, nothing at all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from optimizers.correction import MOOD_SD, mood_variance, widen_counts
from optimizers.floor import harmonic_price, probability_below
from optimizers.net_value import deflation, shrink_share
from optimizers.present_bid import at_present_bid
from optimizers.term_rates import KeywordLevel, pool_terms

CHECKS = settings(max_examples=40, deadline=None)


def column(low: float, high: float, size: int = 6):
    return arrays(np.float64, size, elements=st.floats(low, high))


@CHECKS
@given(column(1.0, 1e4), column(1.0, 1e4))
def test_claims_are_cut_to_the_shops_own_without_a_prior_and_not_at_all_under_an_endless_one(own, claimed):
    assert deflation(own, claimed, 0.0) == pytest.approx(np.minimum(own / claimed, 1.0))
    assert deflation(own, claimed, 1e15) == pytest.approx(np.ones(6))


@CHECKS
@given(column(0.0, 1.0), column(1e-3, 1.0), st.floats(0.0, 1.0))
def test_a_sure_refund_share_is_its_own_and_one_of_a_shop_whose_channels_are_alike_is_the_shops(share, sd, parent):
    assert shrink_share(share, 0.0 * sd, parent, 0.1)[0] == pytest.approx(share)
    assert shrink_share(share, sd, parent, 1e-9)[0] == pytest.approx(np.full(6, parent), abs=1e-6)


@CHECKS
@given(column(1.0, 1e4, 12), column(0.5, 2.0, 12), st.integers(0, 2**32 - 1))
def test_a_mood_knows_no_order_and_is_the_assumed_one_without_nights(forecast, factor, seed):
    order = np.random.default_rng(seed).permutation(12)
    assert mood_variance(forecast[order], (forecast * factor)[order]) == pytest.approx(
        mood_variance(forecast, forecast * factor)
    )
    assert mood_variance(0.0 * forecast, 0.0 * forecast) == MOOD_SD**2


@CHECKS
@given(column(0.1, 1e4), column(0.1, 1e4), st.floats(1.0, 2.0))
def test_widened_counts_have_that_many_times_their_standard_deviation(mean, shape, widening):
    spread = mean + mean**2 / widen_counts(mean, shape, widening)
    assert spread == pytest.approx(widening**2 * (mean + mean**2 / shape), rel=1e-6)


@CHECKS
@given(column(0.005, 0.1), column(10.0, 100.0), column(0.1, 5.0), st.sampled_from([0.5, 0.8, 1.25, 2.0]))
def test_with_endless_data_an_item_is_below_the_floor_for_sure_or_not_at_all(rate, value, cpc, away):
    floor = rate * value / cpc
    found = np.concatenate([
        probability_below([1e9], [1e9 / one], [money], [price], line * away)
        for one, money, price, line in zip(rate, value, cpc, floor, strict=True)
    ])  # fmt: skip
    assert found == pytest.approx(np.full(6, float(away > 1.0)), abs=1e-6)


@CHECKS
@given(column(0.0, 100.0), column(0.0, 2.0), st.floats(0.01, 100.0))
def test_an_unsure_price_is_divided_by_as_a_lower_one_in_any_currency(price, log_sd, unit):
    found = harmonic_price(price, log_sd)
    assert (found <= price).all()
    assert harmonic_price(price, 0.0 * log_sd) == pytest.approx(price)
    assert harmonic_price(unit * price, log_sd) == pytest.approx(unit * found)


@CHECKS
@given(column(0.0, 1e4), column(0.0, 1e4), column(0.1, 10.0), column(0.2, 2.0))
def test_days_are_moved_to_todays_bid_one_by_one(clicks, cost, change, eta):
    together = at_present_bid(clicks, cost, change, eta, 1.0)
    alone = [at_present_bid([a], [b], [c], [d], 1.0) for a, b, c, d in zip(clicks, cost, change, eta, strict=True)]
    assert together.clicks == pytest.approx(np.array([one.clicks[0] for one in alone]))
    assert together.cost == pytest.approx(np.array([one.cost[0] for one in alone]))


@CHECKS
@given(column(1.0, 1e3), column(1e-3, 0.2), column(0.5, 2.0))
def test_a_term_without_clicks_is_its_keyword_and_one_with_endless_clicks_its_own_ratio(shape, mean, factor):
    none, pool = np.zeros(6), np.zeros(6, dtype=np.int64)
    known = KeywordLevel(shape, shape / mean, none, none)
    assert pool_terms(none, none, known, pool).mean == pytest.approx(mean)
    endless = pool_terms(1e9 * factor * mean, np.full(6, 1e9), known, pool)
    assert endless.mean == pytest.approx(factor * mean, rel=1e-3)
