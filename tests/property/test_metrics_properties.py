"""Ratios and effective counts: unit, order and grouping change nothing that they should not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from optimizers.effective_counts import decay_weights, effective_counts
from optimizers.metrics import ratio, roas, roi

MONEY = st.floats(0.0, 1e6, allow_subnormal=False)


@st.composite
def decayed_rows(draw):
    n_rows = draw(st.integers(1, 30))
    group = draw(arrays(np.int64, n_rows, elements=st.integers(0, 4)))
    weight = decay_weights(draw(arrays(np.float64, n_rows, elements=st.integers(0, 90))), 14.0)
    exposure = draw(arrays(np.float64, n_rows, elements=st.integers(0, 500)))
    events = draw(arrays(np.float64, n_rows, elements=st.integers(0, 20)))
    return group, weight, exposure, events


@settings(max_examples=60)
@given(MONEY, MONEY, st.floats(0.01, 100.0))
def test_the_currency_unit_changes_no_roas(value, cost, unit):
    assert roas([value * unit], [cost * unit]) == pytest.approx(roas([value], [cost]), rel=1e-9, nan_ok=True)


@settings(max_examples=60)
@given(MONEY, st.floats(1e-3, 1e6), st.floats(0.01, 1.0))
def test_roi_is_margin_times_roas_less_one(value, cost, margin):
    assert roi([value], [margin], [cost]) == pytest.approx(margin * roas([value], [cost]) - 1.0, abs=1e-6, rel=1e-6)


@settings(max_examples=60)
@given(arrays(np.float64, 4, elements=st.floats(-1e9, 1e9)), arrays(np.float64, 4, elements=st.integers(-3, 3)))
def test_a_ratio_is_missing_exactly_where_the_denominator_is_zero(numerator, denominator):
    assert (np.isnan(ratio(numerator, denominator)) == (denominator == 0)).all()


@settings(max_examples=60)
@given(decayed_rows())
def test_the_effective_rate_is_the_decayed_rate(rows):
    group, weight, exposure, events = rows
    counts = effective_counts(group, weight, exposure, events, 5)
    plain = ratio(np.bincount(group, weight * events, 5), np.bincount(group, weight * exposure, 5))
    assert ratio(counts.events, counts.exposure) == pytest.approx(plain, nan_ok=True)


@settings(max_examples=60)
@given(decayed_rows())
def test_effective_exposure_lies_between_the_decayed_and_the_whole(rows):
    group, weight, exposure, events = rows
    counts = effective_counts(group, weight, exposure, events, 5)
    slack = 1.0 + 1e-9
    assert (counts.exposure * slack >= np.bincount(group, weight * exposure, 5)).all()
    assert (counts.exposure <= np.bincount(group, exposure, 5) * slack).all()


@settings(max_examples=60)
@given(decayed_rows(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_effective_count(rows, random):
    order = list(range(len(rows[0])))
    random.shuffle(order)
    plain, shuffled = (effective_counts(*columns, 5) for columns in (rows, [column[order] for column in rows]))
    assert shuffled.exposure == pytest.approx(plain.exposure)
    assert shuffled.events == pytest.approx(plain.events)
