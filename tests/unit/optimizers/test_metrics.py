"""Ratios, decay and effective counts against numbers worked out by hand, and the coverage that the rescaling buys."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import gammaincinv

from optimizers import metrics
from optimizers.errors import InvalidInputError

NAN = np.nan


@pytest.mark.parametrize(
    ("function", "arguments", "expected"),
    [
        pytest.param(metrics.ctr, ([5.0], [100.0]), 0.05, id="ctr"),
        pytest.param(metrics.cvr, ([3.0], [60.0]), 0.05, id="cvr"),
        pytest.param(metrics.cpc, ([90.0], [60.0]), 1.5, id="cpc"),
        pytest.param(metrics.cpa, ([90.0], [3.0]), 30.0, id="cpa"),
        pytest.param(metrics.roas, ([360.0], [90.0]), 4.0, id="roas"),
        pytest.param(metrics.roi, ([360.0], [0.5], [90.0]), 1.0, id="roi"),
        pytest.param(metrics.aov, ([360.0], [3.0]), 120.0, id="aov"),
        pytest.param(metrics.value_per_click, ([360.0], [60.0]), 6.0, id="value per click"),
        pytest.param(metrics.break_even_roas, ([0.4],), 2.5, id="break-even roas"),
    ],
)
def test_a_metric_equals_the_hand_computed_number(function, arguments, expected):
    assert function(*arguments) == pytest.approx([expected])


def test_value_per_click_is_cvr_times_aov():
    value, conversions, clicks = [123.0], [7.0], [311.0]
    product = metrics.cvr(conversions, clicks) * metrics.aov(value, conversions)
    assert metrics.value_per_click(value, clicks) == pytest.approx(product)


@pytest.mark.parametrize(
    ("numerator", "denominator"),
    [pytest.param(3.0, 0.0, id="zero"), pytest.param(0.0, 0.0, id="both zero"), pytest.param(1.0, NAN, id="missing"),
     pytest.param(NAN, 1.0, id="missing numerator")],
)  # fmt: skip
def test_a_ratio_without_a_denominator_is_missing(numerator, denominator):
    assert np.isnan(metrics.ratio([numerator], [denominator])).all()


def test_a_quotient_too_large_for_a_float_is_missing():
    assert np.isnan(metrics.ratio([1e300], [1e-300])).all()


def test_an_infinite_number_is_refused_and_named():
    with pytest.raises(InvalidInputError, match=r"numerator\[1\] = inf"):
        metrics.ratio([1.0, np.inf], [1.0, 1.0])


def test_every_breach_is_named_in_one_error():
    with pytest.raises(InvalidInputError) as caught:
        metrics.effective_counts(np.array([0, 0]), [1.0, 2.0], [-1.0, 5.0], [1.0, NAN], 1)
    assert caught.value.offenders == ("weight[1] = 2", "exposure[0] = -1", "events[1] = nan")


def test_columns_of_different_length_are_refused():
    with pytest.raises(InvalidInputError, match="one length"):
        metrics.ratio([1.0, 2.0], [1.0, 2.0, 3.0])


def test_a_margin_above_one_is_refused():
    with pytest.raises(InvalidInputError, match=r"margin\[0\] = 30"):
        metrics.roi([100.0], [30.0], [10.0])


def test_empty_columns_give_empty_ratios():
    assert metrics.roi([], 0.5, []).shape == (0,)


def test_a_day_counts_half_after_one_half_life():
    assert metrics.decay_weights([0, 7, 14], 7.0) == pytest.approx([1.0, 0.5, 0.25])


@pytest.mark.parametrize("half_life", [0.0, -1.0, NAN, np.inf])
def test_a_half_life_that_is_not_positive_is_refused(half_life):
    with pytest.raises(InvalidInputError, match="half_life_days"):
        metrics.decay_weights([1.0], half_life)


def test_effective_counts_equal_the_hand_computed_sums():
    counts = metrics.effective_counts(np.array([1, 1, 0]), [1.0, 0.5, 0.5], [10.0, 20.0, 8.0], [1.0, 2.0, 3.0], 3)
    # group 1: sum we = 20, sum w2e = 15, k = 4/3; group 0: k = 4/2 = 2; group 2 has no rows
    assert counts.rescale == pytest.approx([2.0, 4 / 3, 1.0])
    assert counts.exposure == pytest.approx([8.0, 80 / 3, 0.0])
    assert counts.events == pytest.approx([3.0, 8 / 3, 0.0])


def test_a_group_number_out_of_range_is_refused():
    with pytest.raises(InvalidInputError, match="n_groups = 1"):
        metrics.effective_counts(np.array([1]), [1.0], [1.0], [1.0], 1)


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        pytest.param(np.array([0.5, 1.0]), "whole numbers", id="fractions"),
        pytest.param(np.array([0, -1]), r"group\[1\]", id="negative"),
        pytest.param(np.array([0]), "shape", id="too few"),
    ],
)
def test_bad_group_codes_are_refused(codes, message):
    with pytest.raises(InvalidInputError, match=message):
        metrics.effective_counts(codes, [1.0, 1.0], [1.0, 1.0], [1.0, 1.0], 3)


def test_the_rescaling_gives_an_80_percent_interval_its_coverage():
    """60 days, half-life 14: rescaled counts cover about 80 %; plain decayed counts promise less than they know."""
    rng = np.random.default_rng(11)
    n_items, n_days, shape = 6000, 60, 2.0
    rates = rng.gamma(shape, 0.03 / shape, n_items)
    group = np.repeat(np.arange(n_items), n_days)
    clicks = rng.poisson(5.0, group.size).astype(float)
    orders = rng.poisson(clicks * rates[group]).astype(float)
    weight = metrics.decay_weights(np.tile(np.arange(n_days), n_items), 14.0)
    counts = metrics.effective_counts(group, weight, clicks, orders, n_items)

    def covered(events, exposure):
        low, high = (gammaincinv(shape + events, q) / (shape / 0.03 + exposure) for q in (0.1, 0.9))
        return float(((low <= rates) & (rates <= high)).mean())

    plain = covered(counts.events / counts.rescale, counts.exposure / counts.rescale)
    assert 0.78 <= covered(counts.events, counts.exposure) <= 0.82
    assert plain > 0.83
