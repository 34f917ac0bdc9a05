"""What a trial of a paused keyword is worth, held against a simulation and against hand-made cases."""

from __future__ import annotations

import numpy as np
import pytest

from optimizers.errors import InvalidInputError
from optimizers.probation import choose_trials, fade_evidence, trial_worth

NAN = np.nan


@pytest.mark.parametrize(
    ("shape", "rate", "worth", "cpc", "clicks"),
    [
        pytest.param(0.5, 50.0, 40.0, 0.5, 30.0, id="thin evidence"),
        pytest.param(4.0, 400.0, 45.0, 0.5, 120.0, id="some evidence"),
        pytest.param(2.0, 30.0, 20.0, 0.9, 10.0, id="dear clicks"),
        pytest.param(3.0, 60.0, 20.0, 0.6, 25.0, id="believed to pay"),
    ],
)
def test_gain_and_return_equal_a_simulation_of_truth_trial_and_decision(shape, rate, worth, cpc, clicks):
    rng = np.random.default_rng(5)
    truth = rng.gamma(shape, 1.0 / rate, 400_000)
    seen = (shape + rng.poisson(truth * clicks)) / (rate + clicks)
    stays = seen * worth > cpc
    earned = np.where(stays, truth * worth - cpc, 0.0) * 700.0
    found = trial_worth([shape], [rate], [worth], [cpc], [clicks], [700.0])
    error = earned.std() / np.sqrt(truth.size)
    assert found.gain == pytest.approx([earned.mean()], abs=5 * error)
    assert found.return_probability == pytest.approx([stays.mean()], abs=0.005)
    assert found.cost == pytest.approx([clicks * (cpc - worth * shape / rate)])
    assert found.net == pytest.approx(found.gain - found.cost)


def test_a_trial_without_clicks_teaches_nothing_and_costs_nothing():
    found = trial_worth([1.0], [100.0], [40.0], [0.5], [0.0], [500.0])
    assert (found.gain[0], found.cost[0], found.return_probability[0]) == (0.0, 0.0, 0.0)


def test_what_is_believed_to_pay_returns_at_once():
    """2 % x 40 = 0.80 for 0.50: the trial itself earns, so its cost is negative."""
    found = trial_worth([2.0], [100.0], [40.0], [0.5], [20.0], [0.0])
    assert found.net == pytest.approx([20 * 0.3])


@pytest.mark.parametrize(
    ("worth", "cpc", "expected"),
    [pytest.param(0.0, 0.5, 0.0, id="worthless"), pytest.param(0.0, 0.0, 1.0, id="worthless and free"),
     pytest.param(NAN, 0.5, NAN, id="unknown worth"), pytest.param(10.0, NAN, NAN, id="unknown price")],
)  # fmt: skip
def test_edges_are_decided_or_missing(worth, cpc, expected):
    found = trial_worth([2.0], [100.0], [worth], [cpc], [20.0], [500.0])
    assert found.return_probability == pytest.approx([expected], nan_ok=True)
    assert found.net == pytest.approx([-20 * 0.5 if worth == 0 and cpc else 0.0 if worth == 0 else NAN], nan_ok=True)


def test_old_evidence_fades_towards_the_prior_and_the_trial_becomes_worth_its_cost():
    """200 clicks without a sale against a prior of 2 sales in 100 clicks; a click costs 0.50, a sale brings 40."""
    kept = np.array([1.0, 0.5, 0.25, 0.1])
    shape, rate = fade_evidence(np.full(4, 2.0), np.full(4, 300.0), np.zeros(4), np.full(4, 200.0), kept)
    assert rate == pytest.approx(100.0 + 200.0 * kept)
    net = trial_worth(shape, rate, 40.0, 0.5, 30.0, 300.0).net
    assert (np.diff(net) > 0).all()
    assert net[0] < 0 < net[-1]


def test_a_prior_that_cannot_be_told_apart_keeps_its_mean_and_widens():
    shape, rate = fade_evidence([3.0], [100.0], [5.0], [40.0], [0.25])
    assert (shape[0], rate[0]) == (0.75, 25.0)


def test_trials_go_to_the_most_worth_per_money_and_what_does_not_fit_is_skipped():
    net, outlay = [9.0, 8.0, 2.0, -5.0, NAN], [10.0, 4.0, 1.0, 0.1, 0.1]
    assert choose_trials(net, outlay, np.arange(5.0), 5.0).tolist() == [False, True, True, False, False]
    assert choose_trials(net, outlay, np.arange(5.0), 11.0).tolist() == [False, True, True, False, False]
    assert choose_trials(net, outlay, np.arange(5.0), 15.0).tolist() == [True, True, True, False, False]


def test_equal_trials_are_ordered_by_their_seeded_number_and_not_by_their_row():
    assert choose_trials([1.0, 1.0], [1.0, 1.0], [0.9, 0.2], 1.0).tolist() == [False, True]
    assert choose_trials([1.0, 1.0], [1.0, 1.0], [0.2, 0.9], 1.0).tolist() == [True, False]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        pytest.param(lambda: trial_worth([0.0], [1.0], [1.0], [1.0], 1.0, 1.0), r"shape\[0\] = 0", id="shape"),
        pytest.param(lambda: trial_worth([1.0], [1.0], [1.0], [-1.0], 1.0, 1.0), r"cpc\[0\] = -1", id="price"),
        pytest.param(lambda: trial_worth([1.0], [1.0], [1.0], [1.0], np.inf, 1.0), r"trial_clicks\[0\] = inf", id="clicks"),
        pytest.param(lambda: fade_evidence([1.0], [1.0], [0.0], [0.0], 1.5), r"kept\[0\] = 1.5", id="kept"),
        pytest.param(lambda: choose_trials([1.0], [-1.0], [0.0], 1.0), r"outlay\[0\] = -1", id="outlay"),
        pytest.param(lambda: choose_trials([1.0], [1.0], [0.0], NAN), "cannot choose trials: saw nan", id="budget"),
    ],
)  # fmt: skip
def test_bad_inputs_are_refused_by_name(call, message):
    with pytest.raises(InvalidInputError, match=message):
        call()
