"""Two small shops with known truth: intervals hold what they promise, and plans bring what they say, as far as luck allows.

The twenty shops of ``benchmarks.honesty`` are the proof; these two catch what is broken.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.honesty import coverage_figures, rate_figures, total_figures
from simulator.lab_loop import LabRecord, live_run, usual_run
from simulator.lab_truth import KEYWORDS_PER_CAMPAIGN, Spreads

pytestmark = pytest.mark.slow
N_KEYWORDS, N_NIGHTS, SEEDS = 1_200, 2, (1, 2)
SIGMAS = 3.0
# Intervals of one campaign err together, so that only as many are independent as there are campaigns.
N_INDEPENDENT = len(SEEDS) * N_KEYWORDS / KEYWORDS_PER_CAMPAIGN
LUCK = SIGMAS * np.sqrt(0.8 * 0.2 / N_INDEPENDENT)


@pytest.fixture(scope="module")
def records() -> list[LabRecord]:
    return [live_run(usual_run(seed, N_KEYWORDS, N_NIGHTS)) for seed in SEEDS]


@pytest.mark.parametrize("measure", ["cvr", "value_per_click", "next_clicks"])
def test_an_80_percent_interval_holds_the_truth_four_times_of_five(records, measure):
    found = {figure.name: figure.value for figure in coverage_figures(records)}
    assert found[f"honesty_{measure}_pooled"] == pytest.approx(0.80, abs=0.03 + LUCK)


def test_the_plan_costs_what_was_expected(records):
    """Each platform's mood of a day is common to all its keywords; weekday factors of 60 days add as much again."""
    found = {figure.name: figure.value for figure in total_figures(records)}
    n_days = len(SEEDS) * N_NIGHTS * 2  # at least two platforms a shop
    luck = SIGMAS * np.sqrt(2.0) * Spreads().mood / np.sqrt(n_days)
    for measure in ("clicks", "cost"):
        assert found[f"honesty_plan_{measure}_bias"] == pytest.approx(0.0, abs=0.03 + luck), measure


def test_rates_are_nearly_as_good_as_knowing_every_spread(records):
    (ratio,) = (figure.value for figure in rate_figures(records) if figure.name == "honesty_cvr_log_rmse")
    assert (
        0.95 < ratio < 1.10 + SIGMAS * 0.5 / np.sqrt(2.0 * N_INDEPENDENT)
    )  # sd of a log-RMSE ratio of so many campaigns


def test_the_last_week_is_matured_without_bias(records):
    events = sum(one.recent_events for one in records)
    expected = sum(one.recent_expected for one in records)
    # orders come one by one, and each shop's day factor of conversions is known to about 3 %
    luck = SIGMAS * np.hypot(1.0 / np.sqrt(expected), 0.03 / np.sqrt(len(records)))
    assert events / expected - 1.0 == pytest.approx(0.0, abs=0.02 + luck)


def test_our_bids_earn_more_than_doing_nothing(records):
    sums = pd.DataFrame([pd.DataFrame(one.profits).sum() for one in records])
    assert (sums["nothing"] < sums["ours"]).all()
    assert (sums["ours"] < sums["oracle"]).all()
