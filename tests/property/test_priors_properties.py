"""Priors of rates: units and order change nothing, doubts add up in any order, and the limits are right."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizers.priors import RateLevel, combine_concentrations, concentration_of, fit_concentration, fit_gamma_prior

CHECKS = settings(max_examples=20, deadline=None)
SHAPES = st.floats(0.01, 1e6)


@st.composite
def counts(draw, n_items=60):
    """Return (events, exposure, level above) of items whose rates differ by a drawn concentration."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    exposure = rng.integers(0, 500, n_items).astype(float)
    mean, own = rng.uniform(0.01, 0.1, n_items), draw(st.floats(0.5, 20.0))
    events = rng.poisson(mean * exposure * rng.gamma(own, 1.0 / own, n_items)).astype(float)
    return events, exposure, RateLevel(mean, rng.uniform(1.0, 100.0, n_items))


@CHECKS
@given(counts(), st.sampled_from([0.01, 1000.0]), st.integers(0, 2**32 - 1))
def test_neither_the_unit_of_exposure_nor_the_order_of_items_matters(rows, unit, seed):
    events, exposure, above = rows
    order = np.random.default_rng(seed).permutation(events.size)
    plain, other = fit_gamma_prior(events, exposure), fit_gamma_prior(events[order], unit * exposure[order])
    assert [other.shape, other.mean * unit] == pytest.approx([plain.shape, plain.mean], rel=1e-2)
    scaled = RateLevel(above.mean[order] / unit, above.shape[order])
    told = fit_concentration(events[order], unit * exposure[order], scaled, 3.0)
    assert told == pytest.approx(fit_concentration(events, exposure, above, 3.0), rel=1e-2)


@CHECKS
@given(counts(), st.floats(0.1, 50.0))
def test_without_exposure_or_beside_a_firm_belief_the_typical_concentration_is_the_answer(rows, typical):
    events, exposure, above = rows
    assert fit_concentration(0.0 * events, 0.0 * exposure, above, typical) == typical
    assert fit_concentration(events, exposure, above, typical, log_sd=1e-3) == pytest.approx(typical, rel=0.01)


@CHECKS
@given(counts(), st.floats(0.001, 0.1))
def test_a_crowd_of_items_with_much_exposure_tells_its_own_mean(rows, rate):
    events, exposure, _ = rows
    rng = np.random.default_rng(int(events.sum()))
    sold = rng.poisson(1e6 * rate * rng.gamma(50.0, 1.0 / 50.0, 2000)).astype(float)
    found = fit_gamma_prior(sold, np.full(2000, 1e6))
    assert found.mean == pytest.approx(sold.sum() / 2e9, rel=1e-3)
    assert found.shape == pytest.approx(50.0, rel=0.2)
    assert fit_gamma_prior(0.0 * events, exposure).shape == 0.5


@given(SHAPES, SHAPES, SHAPES)
def test_doubts_add_up_in_any_order_and_certainty_adds_none(one, other, third):
    both = combine_concentrations(one, other)
    assert combine_concentrations(other, one) == pytest.approx(both)
    assert both <= min(one, other) * (1 + 1e-9)
    left = combine_concentrations(both, third)
    assert combine_concentrations(one, combine_concentrations(other, third)) == pytest.approx(left, rel=1e-6)
    assert combine_concentrations(one, np.inf) == pytest.approx(one)


@given(SHAPES)
def test_a_concentration_comes_back_from_its_log_variance(shape):
    assert concentration_of([1.0 / shape + 0.5 / shape**2])[0] == pytest.approx(shape, rel=1e-6)
