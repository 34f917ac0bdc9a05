"""Days without conversions that are no chance, and those that are."""

from __future__ import annotations

import numpy as np
import pytest

from optimizers.errors import InvalidInputError
from optimizers.outages import find_silences

DAYS = 60


def look(events, clicks=None, **options):
    clicks = np.full(len(events), 500.0) if clicks is None else clicks
    return find_silences(events, clicks, clicks, options.pop("log_sd", np.zeros(len(events))), 5, **options)


def test_a_lost_tag_is_found_with_its_days_and_numbers():
    events = np.random.default_rng(1).poisson(25.0, DAYS).astype(float)
    events[30:33] = [1.0, 0.0, 2.0]
    (found,) = look(events)
    assert (found.first, found.last, found.events) == (30, 32, 3.0)
    assert found.expected == pytest.approx(75.0, rel=0.1)
    assert found.probability < 1e-6


def test_a_quiet_day_with_few_clicks_is_no_outage():
    events, clicks = np.full(DAYS, 25.0), np.full(DAYS, 500.0)
    events[30], clicks[30] = 0.0, 100.0
    assert look(events, clicks) == ()


def test_a_day_that_was_not_told_breaks_a_run_and_is_none_itself():
    events, clicks = np.full(DAYS, 25.0), np.full(DAYS, 500.0)
    events[30:33], clicks[31] = 0.0, 0.0
    assert [(one.first, one.last) for one in look(events, clicks)] == [(30, 30), (32, 32)]


def test_a_significant_small_dip_of_a_large_account_is_no_outage():
    events = np.full(DAYS, 4000.0)
    events[30] = 3000.0
    assert look(events) == ()


def test_a_small_account_needs_several_days_of_silence():
    events = np.full(DAYS, 4.0)
    events[30] = 0.0
    assert look(events) == ()
    events[30:36] = 0.0
    assert [(one.first, one.last) for one in look(events)] == [(30, 35)]


def test_an_unsure_maturity_explains_a_young_silence():
    events = np.full(DAYS, 25.0)
    events[-1] = 2.0
    unsure = np.zeros(DAYS)
    unsure[-1] = 1.0
    assert len(look(events)) == 1
    assert look(events, log_sd=unsure) == ()


def test_a_young_account_or_one_without_a_sale_is_not_judged():
    assert look(np.r_[np.full(12, 25.0), 0.0]) == ()
    assert look(np.zeros(DAYS)) == ()


def test_false_alarms_are_as_rare_as_promised():
    """300 accounts of 60 quiet, overdispersed days; each tells itself one of five: one alarm in 100 nights at most each."""
    rng = np.random.default_rng(7)
    alarms = 0
    for _ in range(300):
        events = rng.poisson(12.0 * rng.gamma(25.0, 1 / 25.0, DAYS)).astype(float)
        alarms += len(look(events)) > 0
    assert alarms <= 3


@pytest.mark.parametrize(
    ("options", "message"),
    [pytest.param({"level": 1.0}, "level", id="level"), pytest.param({"log_sd": [-1.0] * DAYS}, r"log_sd\[0\]", id="error")],
)  # fmt: skip
def test_bad_input_is_refused(options, message):
    with pytest.raises(InvalidInputError, match=message):
        look(np.ones(DAYS), **options)
