"""A real month of targets replayed day by day: next week's conversions, and no night that knows more than its own day."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from benchmarks.replay import FILE, best_baselines, forecast_week, read_targeting, replay
from optimizers.calibration import log_score

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not FILE.exists(), reason="the real exports in ../shared/data are not here"),
]
NIGHT = date(2020, 2, 18)
ESTIMATES = [
    "item",
    "cvr",
    "cvr_low",
    "cvr_high",
    "cvr_shape",
    "cvr_rate",
    "last_clicks",
    "last_conversions",
    "account_cvr",
]


@pytest.fixture(scope="module")
def rows():
    return read_targeting(FILE)


@pytest.fixture(scope="module")
def weeks(rows):
    return list(replay(rows))


def test_every_night_with_two_weeks_behind_and_one_ahead_is_replayed(rows, weeks):
    assert len(rows) == 1683
    assert [week.night.day for week in weeks] == list(range(14, 23))
    assert all(len(week.targets) > 20 for week in weeks)


def test_our_forecasts_beat_raw_ratios_and_the_account_mean_even_at_their_best_in_hindsight(weeks):
    ours = sum(week.ours() for week in weeks)
    best = best_baselines(weeks)
    assert ours > best["raw"]
    assert ours > best["raw_dispersed"]
    assert ours > best["account"]


def test_our_forecasts_beat_the_plainest_raw_ratio_on_most_nights(weeks):
    """A click at the account's mean added is the least that keeps an order from being impossible."""
    assert np.mean([week.ours() > week.raw(1.0, 1e6) for week in weeks]) > 0.5


def test_weeks_that_did_not_happen_are_told_from_those_that_did(weeks):
    """The score can fail: our forecasts of one target, matched with another's week, are worth less."""
    week = weeks[0]
    mean = week.column("cvr") * week.column("next_clicks")
    swapped = log_score(week.column("next_conversions")[::-1], mean, week.column("cvr_shape")).sum()
    assert swapped < week.ours()


@pytest.mark.parametrize("change", ["values", "rows"])
def test_altering_later_days_changes_no_earlier_estimate(rows, change):
    later = rows["report_date"] > pd.Timestamp(NIGHT)
    altered = rows.copy()
    if change == "values":
        altered.loc[later, ["clicks", "impressions"]] *= 7
        altered.loc[later, "conversions"] += 3.0
    else:
        altered = altered[~later | (altered.index % 2 == 0)]
    before, after = (forecast_week(frame, NIGHT).targets for frame in (rows, altered))
    assert not before["next_clicks"].equals(after["next_clicks"])
    common = sorted(set(before["item"]) & set(after["item"]))
    same = [frame.set_index("item").loc[common, ESTIMATES[1:]] for frame in (before, after)]
    pd.testing.assert_frame_equal(*same, check_exact=True)
