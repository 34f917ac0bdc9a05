"""Prior and trials joined: no trial leaves the prior, sure ones are the answer, and all stays in its limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizers.belief import MAX_KAPPA, MIN_KAPPA, Response, join_with_prior
from optimizers.elasticity import MIN_FIRST_STAGE_F, ResponseEstimate

CHECKS = settings(max_examples=60, deadline=None)
PRIORS = st.builds(Response, st.floats(0.2, 1.5), st.floats(0.1, 0.6), st.floats(0.5, 2.0), st.floats(0.6, 1.8))
NUMBERS = st.floats(0.3, 1.2), st.floats(0.001, 3.0), st.floats(0.1, 4.0), st.floats(0.001, 3.0), st.floats(0.1, 1.0)
TRIALS = st.tuples(*NUMBERS)


def told(numbers: tuple[float, ...], strength: float = 500.0) -> ResponseEstimate:
    return ResponseEstimate(*numbers, strength, 1000)


@CHECKS
@given(PRIORS, TRIALS, st.floats(0.0, MIN_FIRST_STAGE_F))
def test_weak_trials_leave_the_prior(prior, numbers, strength):
    assert join_with_prior(told(numbers, strength), prior) == prior


@CHECKS
@given(PRIORS, TRIALS)
def test_trials_that_say_nothing_leave_eta_and_kappa_where_they_were(prior, numbers):
    eta, _, kappa, _, share = numbers
    found = join_with_prior(told((eta, 1e6, kappa, 1e6, share)), prior)
    assert [found.eta, found.kappa] == pytest.approx([prior.eta, prior.kappa], rel=1e-3)


@CHECKS
@given(PRIORS, st.floats(0.8, 1.25), st.floats(0.8, 1.25), st.floats(0.8, 1.25))
def test_sure_trials_are_the_answer_and_the_cost_of_a_click_tells_the_level(prior, by_eta, by_kappa, by_rho):
    eta, rho = prior.eta * by_eta, prior.rho * by_rho
    kappa = float(np.clip(prior.kappa * by_kappa, 0.6, 1.8))
    found = join_with_prior(told((eta, 0.005, kappa, 0.005, rho * eta / (eta + kappa))), prior)
    assert [found.eta, found.kappa, found.rho] == pytest.approx([eta, kappa, rho], rel=0.05)


@CHECKS
@given(PRIORS, TRIALS)
def test_what_is_believed_is_positive_in_its_limits_and_no_less_sure_than_before(prior, numbers):
    found = join_with_prior(told(numbers), prior)
    assert found.eta > 0
    assert found.rho > 0
    assert MIN_KAPPA <= found.kappa <= MAX_KAPPA
    assert found.eta_log_sd <= prior.eta_log_sd * 1.3  # a low estimate can widen the logarithm a little
