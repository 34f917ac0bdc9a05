"""The instrumented elasticity on numbers that can be followed by hand, and its union with the prior."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optimizers.belief import Response, join_with_prior, posterior_of_log_normal
from optimizers.elasticity import NO_ESTIMATE, BidTrials, ResponseEstimate, estimate_response
from optimizers.errors import InvalidInputError

PRIOR = Response(0.6, 0.35, 1.0, 1.0)
SURE = ResponseEstimate(0.9, 0.02, 1.2, 0.02, 0.4, 100.0, 1000)


def exact_trials(eta: float, kappa: float, n: int = 40, **changes: np.ndarray) -> BidTrials:
    """Return edits that are answered without any noise: one day before, two after; half of every change is the plan's."""
    jitter = np.linspace(-0.05, 0.05, n)
    change = jitter + np.where(np.arange(n) % 2, 0.1, -0.1)
    level = np.linspace(10.0, 200.0, n)
    age = np.tile([0, 1, 2], n)
    trial = np.repeat(np.arange(n), 3)
    log_bid = np.where(age > 0, change[trial], 0.0)
    factor = np.tile([1.0, 2.0, 0.5], n)
    clicks = level[trial] * factor * np.exp(eta * log_bid)
    arrays = {
        "keyword": np.arange(n), "jitter": jitter, "bid": np.full(n, 2.0), "trial": trial, "age": age, "log_bid": log_bid,
        "factor": factor, "clicks": clicks, "cost": clicks * np.exp(kappa * log_bid),
    }  # fmt: skip
    return BidTrials(**(arrays | changes))


@pytest.mark.parametrize(("eta", "kappa"), [(0.3, 1.0), (0.9, 0.5), (1.4, 2.0)])
def test_answers_without_noise_are_found_exactly(eta, kappa):
    """Day factors, the plan's own changes and the size of keywords do not matter."""
    found = estimate_response(exact_trials(eta, kappa))
    assert (found.eta, found.kappa) == (pytest.approx(eta, abs=1e-6), pytest.approx(kappa, abs=1e-6))
    assert found.paid_share == pytest.approx(0.5)


def test_the_plans_own_changes_are_no_evidence():
    """Clicks that doubled where the plan raised the bid, jitter or not: without jitter nothing is said."""
    assert estimate_response(exact_trials(0.6, 1.0, jitter=np.zeros(40))) == replace(NO_ESTIMATE)


def test_no_edit_no_estimate():
    """Empty arrays are no error: most platforms have not been edited yet."""
    nothing = np.zeros(0)
    whole = np.zeros(0, dtype=np.int64)
    assert estimate_response(BidTrials(whole, nothing, nothing, whole, whole, *[nothing] * 4)) is NO_ESTIMATE


def test_a_missing_number_is_refused():
    """A NaN among the clicks would spread silently."""
    with pytest.raises(InvalidInputError, match=r"cannot read bid trials.*clicks\[0\]"):
        exact_trials(0.6, 1.0, clicks=np.full(120, np.nan))


def test_a_weak_instrument_leaves_the_prior():
    """F of 10 or less: the row goes on showing the prior."""
    assert join_with_prior(replace(SURE, first_stage_f=10.0), PRIOR) == PRIOR


def test_a_sure_estimate_overrules_the_prior_and_sets_the_level_of_the_marginal_cost():
    """rho eta / (eta + kappa) is what a click costs of its bid: 0.4 = rho 0.9 / 2.1."""
    found = join_with_prior(SURE, PRIOR)
    assert found.eta == pytest.approx(0.9, abs=0.005)
    assert found.kappa == pytest.approx(1.2, abs=0.01)
    assert found.rho == pytest.approx(0.4 * 2.1 / 0.9, rel=0.01)


def test_the_elasticity_of_price_stays_between_a_half_and_two():
    """The design's bounds, whatever the trials say."""
    assert join_with_prior(replace(SURE, kappa=4.0), PRIOR).kappa == 2.0
    assert join_with_prior(replace(SURE, kappa=0.05), PRIOR).kappa == 0.5


def test_an_estimate_below_zero_pulls_down_without_breaking_the_prior():
    """An elasticity is positive: noise below 0 is evidence for a small one."""
    centre, log_sd = posterior_of_log_normal(-0.2, 0.4, 0.6, 0.35)
    assert 0.3 < centre < 0.6
    assert log_sd < 0.4
