"""Scores of forecasts by their properties: a right forecast is uniform, a too narrow one shows, order changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest, nbinom

from optimizers.calibration import (
    bias,
    bias_interval,
    coverage_interval,
    log_score,
    randomised_pit,
    seeded_uniforms,
)
from optimizers.correction import FACTOR_LIMITS, WIDENING_LIMITS, learn_factor, learn_widening

N = 4_000
SHAPES = st.floats(0.3, 50.0)
MEANS = st.floats(0.02, 40.0)
NIGHTS = st.lists(st.tuples(st.floats(1.0, 1e5), st.floats(0.0, 1e5)), min_size=1, max_size=40)


def draw_counts(mean: np.ndarray, shape: float, seed: int) -> np.ndarray:
    return nbinom.rvs(shape, shape / (shape + mean), random_state=np.random.default_rng(seed)).astype(float)


def pits(mean: np.ndarray, counts: np.ndarray, shape: float) -> np.ndarray:
    draws = seeded_uniforms([f"item {row}" for row in range(mean.size)], "a night")
    return randomised_pit(counts, mean, np.full(mean.size, shape), draws)


@settings(max_examples=25, deadline=None)
@given(MEANS, SHAPES, st.integers(0, 10_000))
def test_a_right_forecast_is_uniform_also_for_counts_that_are_nearly_always_none(middle, shape, seed):
    mean = middle * np.exp(np.random.default_rng(seed).normal(0.0, 1.0, N))
    place = pits(mean, draw_counts(mean, shape, seed), shape)
    # 1e-6: of 25 examples a run, one in 40,000 runs would fail by chance
    assert kstest(place, "uniform").pvalue > 1e-6


def test_a_forecast_that_is_too_sure_shows_in_its_coverage():
    mean = np.full(N, 8.0)
    place = pits(mean, draw_counts(mean, 2.0, 1), 1e6)
    assert np.mean((place >= 0.1) & (place <= 0.9)) < 0.6
    assert kstest(place, "uniform").pvalue < 1e-12


def test_a_forecast_that_is_too_high_shows_in_the_side_on_which_counts_fall():
    mean = np.full(N, 8.0)
    counts = draw_counts(mean, 4.0, 2)
    assert np.mean(pits(2.0 * mean, counts, 4.0)) < 0.4 < np.mean(pits(mean, counts, 4.0)) < 0.6


@given(st.lists(st.text(max_size=8), min_size=1, max_size=20, unique=True), st.text(max_size=8))
def test_a_draw_belongs_to_its_key_whatever_stands_around_it(keys, seed):
    together = seeded_uniforms(keys, seed)
    alone = [float(seeded_uniforms([key], seed)[0]) for key in keys]
    assert together.tolist() == alone
    assert ((together >= 0) & (together <= 1)).all()


@given(MEANS, SHAPES)
def test_the_true_mean_and_shape_have_the_best_expected_log_score(mean, shape):
    """Summed over all counts with their true probability, any other forecast scores less (a proper score)."""
    counts = np.arange(0.0, 600.0)
    weight = nbinom.pmf(counts, shape, shape / (shape + mean))
    own = (weight * log_score(counts, np.full(600, mean), np.full(600, shape))).sum()
    for factor, other in ((1.3, shape), (0.7, shape), (1.0, 3.0 * shape)):
        wrong = (weight * log_score(counts, np.full(600, factor * mean), np.full(600, other))).sum()
        assert wrong < own + 1e-9


@given(NIGHTS, st.floats(0.01, 100.0))
def test_the_bias_and_its_interval_know_no_unit_and_no_order(nights, unit):
    forecast, actual = (np.array(side) for side in zip(*nights, strict=True))
    low, high = bias_interval(forecast, actual)
    again = bias_interval(unit * forecast[::-1], unit * actual[::-1])
    if np.isnan(low):
        assert len(nights) < 2 or actual.sum() == 0
    else:
        assert low <= bias(forecast, actual) <= high
        assert again == pytest.approx((low, high), rel=1e-6, abs=1e-9)


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=1, max_size=30))
def test_the_coverage_lies_in_its_interval_and_more_forecasts_make_it_narrower(pairs):
    inside, counts = np.array([min(pair) for pair in pairs]), np.array([max(pair) for pair in pairs])
    low, high = coverage_interval(inside, counts)
    if counts.sum() == 0:
        assert np.isnan(low)
        return
    share = inside.sum() / counts.sum()
    assert 0.0 <= low <= share <= high <= 1.0
    alone = coverage_interval([inside.sum()], [counts.sum()])
    assert high - low >= alone[1] - alone[0] - 1e-12


@given(NIGHTS)
def test_a_factor_stays_in_its_limits_and_knows_no_order(nights):
    forecast, actual = (np.array(side) for side in zip(*nights, strict=True))
    factor = learn_factor(forecast, actual)
    assert FACTOR_LIMITS[0] <= factor.low <= factor.mean <= factor.high <= FACTOR_LIMITS[1]
    assert learn_factor(forecast[::-1], actual[::-1]).mean == pytest.approx(factor.mean, rel=1e-9)


@given(NIGHTS, st.floats(0.8, 1.25))
def test_a_prior_worth_everything_is_the_factor_and_one_worth_nothing_leaves_the_ratio(nights, prior):
    forecast, actual = (np.array(side) for side in zip(*nights, strict=True))
    assert learn_factor(forecast, actual, prior, 1e15).mean == pytest.approx(prior, rel=1e-5)
    one = learn_factor(forecast[:1], actual[:1], prior, 1e-9).mean
    assert one == pytest.approx(np.clip(actual[0] / forecast[0], *FACTOR_LIMITS), rel=1e-3)


@given(st.lists(st.integers(0, 500), min_size=7, max_size=30))
def test_the_widening_stays_in_its_limits_and_fewer_hits_never_make_it_smaller(hits):
    counts, inside = np.full(len(hits), 500), np.array(hits)
    widening = learn_widening(inside, counts)
    assert WIDENING_LIMITS[0] <= widening <= WIDENING_LIMITS[1]
    same_everywhere = [learn_widening(np.full(10, level), np.full(10, 500)) for level in (450, 400, 350, 300, 200)]
    assert same_everywhere == sorted(same_everywhere)
