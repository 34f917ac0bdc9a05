"""Shared effects: units, order and names change nothing, and the limits of pooling are right."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from optimizers.effects import Signal, stack_effects
from optimizers.glm import fit_log_rates
from optimizers.priors import RateLevel
from optimizers.shrinkage import update_rates

CHECKS = settings(max_examples=10, deadline=None)


@st.composite
def markets(draw):
    """Return (events, exposure, pool, campaign, word, signal) of 2 to 15 items, some without exposure or word."""
    n_items = draw(st.integers(2, 15))
    exposure = draw(arrays(np.float64, n_items, elements=st.integers(0, 2000)))
    events = draw(arrays(np.float64, n_items, elements=st.integers(0, 40)))
    pool = draw(arrays(np.int64, n_items, elements=st.integers(0, 1)))
    campaign = draw(arrays(np.int64, n_items, elements=st.integers(0, 3)))
    word = draw(arrays(np.int64, n_items, elements=st.integers(-1, 3)))
    signal = draw(arrays(np.float64, n_items, elements=st.floats(-1.0, 1.0, width=16)))
    return np.minimum(events, exposure), exposure, pool, campaign, word, signal


def fit(events, exposure, pool, campaign, word, signal):
    doubt = np.where(signal != 0.0, 0.1, 0.0)
    return fit_log_rates(events, exposure, pool, stack_effects(len(events), [campaign, word, Signal(signal, doubt)]))


def same(one, other, factor=1.0):
    assert one.prior.mean == pytest.approx(other.prior.mean * factor, rel=5e-3, nan_ok=True)
    assert one.prior.shape == pytest.approx(other.prior.shape, rel=2e-2, nan_ok=True)


@CHECKS
@given(markets(), st.sampled_from([0.01, 1000.0]))
def test_a_rate_per_thousand_is_a_thousand_times_the_rate(rows, unit):
    events, exposure, *rest = rows
    plain = fit(events, exposure, *rest)
    scaled = fit(events, exposure * unit, *rest)
    if events.sum() > 0:
        same(scaled, plain, 1.0 / unit)


@CHECKS
@given(markets(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_prior(rows, random):
    order = list(range(len(rows[0])))
    random.shuffle(order)
    plain, shuffled = fit(*rows), fit(*(column[order] for column in rows))
    assert shuffled.prior.mean == pytest.approx(plain.prior.mean[order], rel=5e-3, nan_ok=True)


@CHECKS
@given(markets())
def test_the_names_of_groups_change_no_prior(rows):
    events, exposure, pool, campaign, word, signal = rows
    renamed = fit(events, exposure, 5 - pool, 7 - campaign, np.where(word >= 0, 9 - word, -1), signal)
    same(renamed, fit(*rows))


@CHECKS
@given(markets())
def test_priors_are_finite_and_positive_once_anything_was_seen(rows):
    found = fit(*rows)
    if rows[1].sum() == 0:
        assert np.isnan(found.prior.mean).all()
        return
    assert np.isfinite([found.prior.mean, found.prior.shape, found.log_variance]).all()
    assert (found.prior.mean > 0).all()
    assert (found.prior.shape > 0).all()
    assert (found.log_variance > 0).all()
    assert ((found.share_known >= 0) & (found.share_known <= 1)).all()


@CHECKS
@given(markets(), st.floats(0.2, 5.0))
def test_with_an_endless_concentration_the_prior_is_the_answer_and_without_any_the_raw_ratio(rows, level):
    events, exposure = rows[0] + 1.0, rows[1] + 50.0
    mean = np.full(len(events), 0.02 * level)
    pooled = update_rates(events, exposure, RateLevel(mean, np.full(len(events), 1e12)))
    raw = update_rates(events, exposure, RateLevel(mean, np.full(len(events), 1e-12)))
    assert pooled.mean == pytest.approx(mean, rel=1e-6)
    assert raw.mean == pytest.approx(events / exposure, rel=1e-6)
