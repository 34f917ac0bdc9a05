"""What must not change an elasticity: the unit of money, the scale of day factors, the order of edits and days."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizers.belief import posterior_of_log_normal
from optimizers.elasticity import BidTrials, estimate_response


def draw_trials(seed: int) -> BidTrials:
    """Return 60 edits of 20 keywords with Poisson clicks."""
    rng = np.random.default_rng(seed)
    n, age = 60, np.arange(-6, 8)
    jitter = rng.uniform(-0.05, 0.05, n)
    trial, ages = np.repeat(np.arange(n), len(age)), np.tile(age, n)
    log_bid = np.where(ages > 0, (jitter + rng.normal(0, 0.05, n))[trial], 0.0)
    factor = np.exp(rng.normal(0, 0.1, len(trial)))
    clicks = rng.poisson(40.0 * factor * np.exp(0.7 * log_bid)).astype(np.float64)
    cost = clicks * np.exp(log_bid) * rng.uniform(0.4, 0.5, len(trial))
    return BidTrials(rng.integers(0, 20, n), jitter, np.full(n, 1.0), trial, ages, log_bid, factor, clicks, cost)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), unit=st.floats(0.01, 100.0))
def test_units_of_money_and_of_day_factors_change_nothing(seed, unit):
    """Cost and bid in another currency, factors on another scale."""
    trials = draw_trials(seed)
    scaled = replace(trials, cost=trials.cost * unit, bid=trials.bid * unit, factor=trials.factor * unit)
    one, other = estimate_response(trials), estimate_response(scaled)
    assert other.paid_share == pytest.approx(one.paid_share)
    for name in ("eta", "eta_error", "kappa", "kappa_error"):
        assert getattr(other, name) == pytest.approx(getattr(one, name), rel=1e-6, nan_ok=True)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_order_of_edits_and_days_changes_nothing(seed):
    """Rows come in the order of files."""
    trials, rng = draw_trials(seed), np.random.default_rng(seed)
    edits, days = rng.permutation(len(trials.jitter)), rng.permutation(len(trials.trial))
    position = np.argsort(edits)
    mixed = BidTrials(
        trials.keyword[edits], trials.jitter[edits], trials.bid[edits], position[trials.trial[days]],
        *(getattr(trials, name)[days] for name in ("age", "log_bid", "factor", "clicks", "cost")),
    )  # fmt: skip
    one, other = estimate_response(trials), estimate_response(mixed)
    assert other.eta == pytest.approx(one.eta, rel=1e-6, nan_ok=True)
    assert other.eta_error == pytest.approx(one.eta_error, rel=1e-6)
    assert other.first_stage_f == pytest.approx(one.first_stage_f, rel=1e-6)


@given(
    estimate=st.floats(-2.0, 4.0), error=st.floats(0.01, 5.0), centre=st.floats(0.2, 2.0), log_sd=st.floats(0.05, 1.0)
)
def test_a_posterior_lies_between_prior_and_estimate_and_vague_data_leave_the_prior(estimate, error, centre, log_sd):
    """The pooling limits."""
    found, spread = posterior_of_log_normal(estimate, error, centre, log_sd)
    assert 0.0 < found < np.inf
    assert spread >= 0.0
    assert posterior_of_log_normal(estimate, 1e6, centre, log_sd)[0] == pytest.approx(centre, rel=1e-3)
    if estimate > 2.0 * centre and error < centre / 4:
        assert found > centre
    if estimate < centre / 2.0 and error < centre / 8:
        assert found < centre
