"""Forecasts: units, order and the way items are cut change no total; surer is narrower; caps and their inverse agree."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizers.capped import capped_mean, uncapped_mean
from optimizers.forecast import SharedShock, forecast_counts, gamma_interval, mixed_shape, plan_total

FEW = settings(max_examples=40, deadline=None)
AMOUNTS = st.lists(st.floats(0.01, 1e4), min_size=1, max_size=20)


@FEW
@given(AMOUNTS, st.floats(0.01, 100.0), st.randoms(use_true_random=False))
def test_a_total_scales_with_its_unit_and_knows_no_order(means, unit, random):
    values = np.array(means)
    turned = np.array(random.sample(range(len(values)), len(values)))
    group = np.arange(len(values)) % 3
    one = plan_total(values, values, [SharedShock(group, np.full(len(values), 0.2))])
    other = plan_total(
        unit * values[turned], unit**2 * values[turned], [SharedShock(group[turned], np.full(len(values), 0.2))]
    )
    np.testing.assert_allclose(
        [other.mean, other.low, other.high], np.array([one.mean, one.low, one.high]) * unit, rtol=1e-6
    )
    assert one.low < one.mean


@FEW
@given(AMOUNTS, st.floats(0.05, 0.95), st.floats(0.0, 0.5))
def test_an_item_cut_in_two_changes_no_total(means, part, log_sd):
    whole = np.array(means)
    halves = np.concatenate([part * whole, (1.0 - part) * whole])
    one, other = (
        plan_total(sizes, sizes, [SharedShock(np.zeros(sizes.size, dtype=np.int64), np.full(sizes.size, log_sd))])
        for sizes in (whole, halves)
    )
    np.testing.assert_allclose([other.mean, other.sd, other.low], [one.mean, one.sd, one.low], rtol=1e-6)


@FEW
@given(AMOUNTS, st.floats(0.01, 0.5))
def test_what_is_shared_never_makes_a_total_surer_and_no_shock_is_none(means, log_sd):
    values, group = np.array(means), np.zeros(len(means), dtype=np.int64)
    alone = plan_total(values, values)
    assert plan_total(values, values, [SharedShock(group, np.full(len(means), log_sd))]).sd > alone.sd
    assert plan_total(values, values, [SharedShock(group, np.zeros(len(means)))]) == alone


@FEW
@given(AMOUNTS, st.floats(0.1, 100.0), st.floats(0.3, 0.9))
def test_a_surer_rate_or_a_lower_level_never_widens_counts(means, shape, level):
    wide, narrow = forecast_counts(means, shape, level), forecast_counts(means, 10.0 * shape, level / 2.0)
    for found in (wide, narrow):
        assert ((found.low >= 0) & (found.low <= found.high) & (found.low % 1 == 0)).all()
    same_level = forecast_counts(means, shape, level / 2.0)
    assert ((same_level.low >= wide.low) & (same_level.high <= wide.high)).all()
    poisson, endless = forecast_counts(means, np.inf, level), forecast_counts(means, 1e9, level)
    assert (poisson.high == endless.high).all()


@FEW
@given(st.lists(st.floats(0.0, 4.0), min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_factors_mix_in_any_order_and_every_further_one_widens(variances, random):
    turned = random.sample(variances, len(variances))
    assert mixed_shape(*turned)[0] == pytest.approx(mixed_shape(*variances)[0])
    assert mixed_shape(*variances, 0.1)[0] < mixed_shape(*variances)[0]
    assert mixed_shape(*variances, 0.0)[0] == pytest.approx(mixed_shape(*variances)[0])


@FEW
@given(st.floats(0.01, 1e6), st.floats(0.001, 3.0), st.floats(0.01, 1000.0), st.floats(0.01, 0.49))
def test_a_gamma_interval_scales_with_its_unit_and_narrows_to_the_mean(mean, cv, unit, tail):
    middle, variance = np.array([mean]), np.array([(cv * mean) ** 2])
    low, high = gamma_interval(middle, variance, tail)
    other = gamma_interval(unit * middle, unit**2 * variance, tail)
    np.testing.assert_allclose(np.concatenate(other), unit * np.concatenate((low, high)), rtol=1e-6)
    assert 0 <= low[0] <= high[0]
    np.testing.assert_allclose(gamma_interval(middle, 1e-18 * variance, tail), mean, rtol=1e-6)


@FEW
@given(AMOUNTS, st.floats(0.5, 1e4), st.floats(0.0, 0.5))
def test_a_cap_never_lets_more_through_and_is_not_felt_from_afar(means, cap, sd):
    amount, follow = capped_mean(means, cap, sd)
    assert (amount <= np.minimum(means, cap) * (1 + 1e-9)).all()
    assert ((follow >= 0) & (follow <= 1)).all()
    free, follows = capped_mean(means, np.nan, sd)
    np.testing.assert_allclose(free, means)
    assert (follows == 1).all()


@FEW
@given(st.floats(20.0, 500.0), st.floats(0.05, 0.5))
def test_an_amount_follows_its_mean_by_the_elasticity_that_is_told(mean, sd):
    step = 1e-4
    (less, more), _ = capped_mean([mean * np.exp(-step), mean * np.exp(step)], 100.0, sd)
    follow = capped_mean([mean], 100.0, sd)[1][0]
    assert np.log(more / less) / (2.0 * step) == pytest.approx(follow, abs=1e-4)


@FEW
@given(st.lists(st.floats(1.0, 150.0), min_size=1, max_size=20), st.floats(0.02, 0.4))
def test_the_demand_under_a_cap_is_what_was_capped(demand, sd):
    seen = capped_mean(demand, 100.0, sd)[0]
    found = uncapped_mean(seen, 100.0, sd)
    np.testing.assert_allclose(capped_mean(found, 100.0, sd)[0], seen, rtol=1e-9)
    is_clear = seen < 98.0  # nearer to the cap, demands of any size look alike
    np.testing.assert_allclose(found[is_clear], np.array(demand)[is_clear], rtol=1e-5)


@FEW
@given(AMOUNTS, st.floats(0.5, 1e4), st.floats(0.01, 0.5), st.floats(0.01, 100.0))
def test_the_currency_moves_no_cap(means, cap, sd, unit):
    plain, other = capped_mean(means, cap, sd), capped_mean(unit * np.array(means), unit * cap, sd)
    np.testing.assert_allclose(other[0], unit * plain[0], rtol=1e-6)
    np.testing.assert_allclose(other[1], plain[1], atol=1e-6)
