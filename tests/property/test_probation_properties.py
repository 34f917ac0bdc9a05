"""Trials of paused keywords: more to learn is never worth less, units and order change nothing, the budget holds."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizers.probation import choose_trials, fade_evidence, trial_worth

CHECKS = settings(max_examples=60, deadline=None)


@st.composite
def beliefs(draw):
    """Return shape, rate, money per conversion, money per click, trial clicks and later clicks of several keywords."""
    n = draw(st.integers(1, 6))
    ranges = ((0.05, 50.0), (1.0, 2000.0), (0.1, 300.0), (0.01, 20.0), (0.0, 300.0), (0.0, 5000.0))
    return tuple(np.array(draw(st.lists(st.floats(*one), min_size=n, max_size=n))) for one in ranges)


@CHECKS
@given(beliefs(), st.floats(0.01, 1000.0))
def test_the_unit_of_money_changes_no_decision(items, unit):
    shape, rate, worth, cpc, trial, later = items
    plain = trial_worth(*items)
    scaled = trial_worth(shape, rate, worth * unit, cpc * unit, trial, later)
    scale = unit * (cpc + worth * shape / rate) * (trial + later) + unit
    assert (np.abs(scaled.net - unit * plain.net) <= 1e-6 * scale).all()


@CHECKS
@given(beliefs(), st.floats(1.0, 10.0))
def test_more_trial_clicks_never_teach_less(items, times):
    shape, rate, worth, cpc, trial, later = items
    small, large = (trial_worth(shape, rate, worth, cpc, trial * one, later).gain for one in (1.0, times))
    slack = 1e-9 * later * (cpc + worth * shape / rate)
    assert (large >= small - slack).all()


@CHECKS
@given(beliefs())
def test_the_gain_lies_between_deciding_now_and_knowing_the_truth(items):
    """Not less than the best decision without a trial, not more than the value of every click that pays."""
    shape, rate, worth, cpc, _, later = items
    now = later * np.maximum(worth * shape / rate - cpc, 0.0)
    found = trial_worth(*items)
    slack = 1e-9 * later * (cpc + worth * shape / rate) + 1e-12
    assert (found.gain >= now - slack).all()
    assert (found.gain <= later * worth * shape / rate + slack).all()
    assert ((found.return_probability >= 0) & (found.return_probability <= 1)).all()


@CHECKS
@given(beliefs(), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_forgetting_moves_the_mean_towards_the_prior_and_never_past_it(items, events, kept):
    shape, rate = items[0], items[1]
    happened, exposed = events * shape * 0.9, 0.9 * rate
    found = np.divide(*fade_evidence(shape, rate, happened, exposed, kept))
    prior, posterior = (shape - happened) / (rate - exposed), shape / rate
    assert (found >= np.minimum(prior, posterior) * (1 - 1e-9)).all()
    assert (found <= np.maximum(prior, posterior) * (1 + 1e-9)).all()


@CHECKS
@given(
    st.lists(st.tuples(st.floats(-5.0, 50.0), st.floats(0.0, 10.0)), min_size=1, max_size=12), st.floats(0.0, 30.0),
    st.randoms(use_true_random=False),
)  # fmt: skip
def test_trials_stay_in_the_budget_pay_and_do_not_depend_on_the_order_of_rows(rows, budget, random):
    net, outlay = np.array(rows).T
    tie = np.arange(len(rows), dtype=np.float64)
    chosen = choose_trials(net, outlay, tie, budget)
    assert outlay[chosen].sum() <= budget * (1 + 1e-9)
    assert (net[chosen] > 0).all()
    left = (net > 0) & ~chosen
    assert (outlay[chosen].sum() + outlay[left] > budget * (1 - 1e-9)).all()  # whatever could join has joined
    order = list(range(len(rows)))
    random.shuffle(order)
    assert (choose_trials(net[order], outlay[order], tie[order], budget) == chosen[order]).all()
