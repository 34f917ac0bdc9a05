"""The reporting curve is a curve, whatever the snapshots say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from optimizers.maturity import chain_ladder, share_reported

CONFIGURED = np.array([0.3, 0.6, 0.8, 0.9, 1.0])


@st.composite
def triangles(draw):
    n_origins, n_ages = draw(st.integers(0, 12)), draw(st.integers(1, 6))
    steps = draw(arrays(np.float64, (n_origins, n_ages), elements=st.integers(0, 50)))
    gaps = draw(arrays(np.bool_, (n_origins, n_ages)))
    return np.where(gaps, np.nan, np.cumsum(steps, axis=1))


@settings(max_examples=60)
@given(triangles(), st.integers(1, 7))
def test_a_learned_curve_rises_and_stays_in_its_bounds(counts, min_origins):
    share = chain_ladder(counts, CONFIGURED, min_origins).share
    assert share.shape == (counts.shape[1],)
    assert ((share > 0) & (share <= 1)).all()
    assert (np.diff(share) >= 0).all()


@settings(max_examples=60)
@given(triangles(), st.floats(0.1, 1000.0))
def test_a_larger_shop_has_the_same_curve(counts, scale):
    plain, scaled = chain_ladder(counts, CONFIGURED, 1), chain_ladder(counts * scale, CONFIGURED, 1)
    assert scaled.share == pytest.approx(plain.share)


@settings(max_examples=60)
@given(triangles(), st.randoms(use_true_random=False))
def test_the_order_of_days_changes_no_curve(counts, random):
    order = list(range(counts.shape[0]))
    random.shuffle(order)
    assert chain_ladder(counts[order], CONFIGURED, 1).share == pytest.approx(chain_ladder(counts, CONFIGURED, 1).share)


@settings(max_examples=60)
@given(st.lists(st.integers(0, 400), min_size=2, max_size=20).map(sorted))
def test_an_older_day_is_never_less_complete(ages):
    assert (np.diff(share_reported(ages, CONFIGURED)) >= 0).all()
