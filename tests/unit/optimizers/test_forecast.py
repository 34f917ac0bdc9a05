"""Predictive distributions of counts and totals: against draws, at their limits, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

from optimizers.errors import InvalidInputError
from optimizers.forecast import (
    SharedShock,
    capped_mean,
    forecast_counts,
    gamma_interval,
    mixed_shape,
    plan_total,
    uncapped_mean,
)


def test_counts_drawn_from_a_gamma_rate_lie_in_the_interval_as_often_as_it_says():
    rng = np.random.default_rng(2)
    counts = rng.poisson(rng.gamma(4.0, 200.0 / 4.0, 40_000))
    found = forecast_counts([200.0], 4.0)
    share = np.mean((counts >= found.low[0]) & (counts <= found.high[0]))
    assert share == pytest.approx(0.8, abs=3 * np.sqrt(0.16 / 40_000) + 1 / 100)  # a hundredth for the ends being whole


def test_an_endless_shape_is_poisson_and_a_small_one_is_wider():
    sure, unsure = (forecast_counts([50.0], shape) for shape in (np.inf, 2.0))
    assert (sure.low[0], sure.high[0]) == (41.0, 59.0)
    assert unsure.low[0] < sure.low[0] < sure.high[0] < unsure.high[0]


def test_a_missing_mean_stays_missing():
    assert np.isnan(forecast_counts([np.nan], 3.0).high[0])


def test_factors_that_are_certain_leave_the_shape_alone():
    np.testing.assert_allclose(mixed_shape([0.25, 1.0], 0.0, 0.0), [4.0, 1.0])
    assert mixed_shape([0.0])[0] == pytest.approx(1e9)


def test_a_mixture_is_as_spread_as_draws_of_it():
    rng = np.random.default_rng(4)
    draws = rng.gamma(5.0, 1 / 5.0, 200_000) * rng.gamma(20.0, 1 / 20.0, 200_000)
    assert 1.0 / mixed_shape(1 / 5.0, 1 / 20.0) == pytest.approx(draws.var(), rel=0.03)


def test_what_moves_against_each_other_cancels():
    pair = SharedShock(np.zeros(2, dtype=np.int64), np.array([0.3, -0.3]))
    assert plan_total([10.0, 10.0], [0.0, 0.0], [pair]).sd == pytest.approx(0.0)


def test_totals_of_a_shared_day_are_covered_as_often_as_promised():
    rng = np.random.default_rng(6)
    mean, sd = rng.lognormal(0.0, 1.0, 300), 0.08
    found = plan_total(mean, mean, [SharedShock(np.zeros(300, dtype=np.int64), np.full(300, sd))])
    days = np.exp(rng.normal(-(sd**2) / 2, sd, 4000))
    totals = rng.poisson(days[:, None] * mean).sum(axis=1)
    assert np.mean((totals >= found.low) & (totals <= found.high)) == pytest.approx(0.8, abs=3 * np.sqrt(0.16 / 4000))


def test_nothing_expected_is_nothing_for_sure():
    found = plan_total([0.0, 0.0], [0.0, 0.0])
    assert (found.mean, found.low, found.high, found.sd) == (0.0, 0.0, 0.0, 0.0)


def test_both_forms_of_the_gamma_quantile_meet_where_one_takes_over():
    shape = np.array([999.0, 1001.0])
    low, high = gamma_interval(np.ones(2), 1.0 / shape, 0.1)
    np.testing.assert_allclose(low[0] - 1.0, (low[1] - 1.0) * np.sqrt(1001 / 999), rtol=2e-4)
    np.testing.assert_allclose(high[0] - 1.0, (high[1] - 1.0) * np.sqrt(1001 / 999), rtol=2e-4)


def test_a_capped_amount_is_the_mean_of_capped_draws():
    rng = np.random.default_rng(8)
    draws = 100.0 * np.exp(rng.normal(-0.02, 0.2, 200_000))
    amount, follow = capped_mean([100.0], [110.0], 0.2)
    assert amount[0] == pytest.approx(np.minimum(draws, 110.0).mean(), rel=2e-3)
    more = capped_mean([101.0], [110.0], 0.2)[0]
    assert follow[0] == pytest.approx(np.log(more[0] / amount[0]) / np.log(1.01), abs=0.01)


def test_without_a_cap_the_demand_is_what_was_seen():
    assert uncapped_mean([5.0, 0.0], [np.nan, 10.0], 0.2).tolist() == pytest.approx([5.0, 0.0])


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda: forecast_counts([-1.0], 2.0), "cannot forecast counts"),
        (lambda: forecast_counts([1.0], 0.0), "a shape of 0"),
        (lambda: forecast_counts([1.0], 2.0, level=1.0), "in \\(0, 1\\)"),
        (lambda: mixed_shape([np.nan]), "cannot mix rates"),
        (lambda: plan_total([1.0], [np.inf]), "variance"),
        (lambda: plan_total([1.0], [1.0], [SharedShock(np.array([0, 1]), np.ones(1))]), "group"),
        (lambda: capped_mean([1.0], [-1.0], 0.1), "cap"),
        (lambda: uncapped_mean([np.nan], [1.0], 0.1), "cannot find the demand under a cap"),
    ],
)  # fmt: skip
def test_bad_input_is_refused(call, why):
    with pytest.raises(InvalidInputError, match=why):
        call()
