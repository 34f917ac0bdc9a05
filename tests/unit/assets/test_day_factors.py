"""Day factors of daily rows: learned by platform, the calendar's where nothing was seen, and true on drawn markets."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from assets.batch import Batch
from assets.day_factors import DayFactors, learn_day_factors
from configs.schema import Calendar
from tests.unit.assets.made_up import make_batch

WEEK = np.array([0.9, 0.95, 1.0, 1.0, 1.0, 1.05, 1.1])
CALENDAR = Calendar.model_validate({"events": [
    {"name": "sale", "start": "2025-05-20", "end": "2025-05-31", "factor": 1.4, "cvr_factor": 1.2},
    {"name": "later", "start": "2025-07-01", "end": "2025-07-03", "factor": 2.0},
]})  # fmt: skip


@pytest.fixture
def batch(tmp_path) -> Batch:
    return replace(make_batch(tmp_path, calendar=CALENDAR), night=date(2025, 6, 10))


def history(
    platform: str, seed: int, *, sale: float = 1.0, level: float = 500.0, conversions: bool = True
) -> pd.DataFrame:
    """Return sixty days of one account: a week, slow drift, a day's luck of 6 %, and a sale at the end of May."""
    rng = np.random.default_rng([seed, len(platform)])
    days = pd.date_range("2025-04-12", "2025-06-10")
    drift = np.exp(0.15 * np.sin(2 * np.pi * np.arange(60) / 140 + seed))
    in_sale = (days >= "2025-05-20") & (days <= "2025-05-31")
    factor = WEEK[days.dayofweek] * np.where(in_sale, sale, 1.0) * drift * np.exp(rng.normal(0.0, 0.06, 60))
    clicks = rng.poisson(level * factor)
    orders = rng.poisson(0.05 * clicks).astype(float) if conversions else np.full(60, np.nan)
    return pd.DataFrame({"platform": platform, "account": "main", "report_date": days.astype("datetime64[us]"),
                         "clicks": clicks, "conversions": orders})  # fmt: skip


def ask(factors: DayFactors, platform: str, name: str, *days: str) -> np.ndarray:
    asked = pd.Series(pd.to_datetime(list(days))).astype("datetime64[us]")
    return factors.of(pd.Series([platform] * len(days)), asked, name)


def test_each_platform_learns_its_own_week_and_its_own_sale(batch):
    daily = pd.concat([history("google_ads", 1, sale=1.0), history("taobao_keyword", 1, sale=1.8)])
    found = learn_day_factors(daily, batch, np.ones(len(daily)))
    mondays = ("2025-06-02", "2025-05-26")
    quiet, busy = (ask(found, name, "clicks", *mondays) for name in ("google_ads", "taobao_keyword"))
    assert quiet[1] / quiet[0] < 1.25
    assert busy[1] / busy[0] > 1.5
    assert ask(found, "google_ads", "clicks", "2025-06-02")[0] == pytest.approx(0.9, abs=0.06)


def test_a_phase_that_was_not_seen_and_a_platform_without_history_have_the_calendars_factors(batch):
    daily = history("google_ads", 1)
    found = learn_day_factors(daily, batch, np.ones(len(daily)))
    assert ask(found, "amazon_sp", "clicks", "2025-05-25", "2025-06-01", "2025-07-01").tolist() == pytest.approx(
        [1.4, 1.0, 2.0]
    )
    assert ask(found, "amazon_sp", "cvr", "2025-05-25").tolist() == pytest.approx([1.2])
    tuesdays = ask(found, "google_ads", "clicks", "2025-07-01", "2025-07-08")
    assert tuesdays[0] / tuesdays[1] == pytest.approx(2.0)


def test_what_was_not_seen_is_less_sure(batch):
    daily = history("google_ads", 1)
    found = learn_day_factors(daily, batch, np.ones(len(daily)))
    asked = pd.Series(pd.to_datetime(["2025-06-04", "2025-05-26", "2025-07-01"])).astype("datetime64[us]")
    usual, sale, later = found.log_sd(pd.Series(["google_ads"] * 3), asked, "clicks")
    assert usual < sale < later


def test_the_luck_of_a_day_is_told_by_platform(batch):
    daily = history("google_ads", 1, level=5000.0)
    found = learn_day_factors(daily, batch, np.ones(len(daily)))
    luck = found.day_log_sd(pd.Series(["google_ads", "amazon_sp"]))
    assert luck[0] == pytest.approx(0.06, abs=0.02)
    assert luck[1] == 0.0


def test_conversions_that_are_not_told_leave_the_calendars_factor(batch):
    daily = history("google_ads", 1, conversions=False)
    found = learn_day_factors(daily, batch, np.ones(len(daily)))
    assert ask(found, "google_ads", "cvr", "2025-05-25", "2025-06-02").tolist() == pytest.approx([1.2, 1.0])


def test_days_that_are_half_reported_are_not_taken_for_bad_days(batch):
    """The last week shows half of its conversions: with the share told, no weekday is blamed for it."""
    daily = history("google_ads", 1, level=50_000.0)
    share = np.where(daily["report_date"] > "2025-06-03", 0.5, 1.0)
    daily["conversions"] = np.round(daily["conversions"] * share)
    week = [f"2025-06-{day:02d}" for day in range(2, 9)]
    found = ask(learn_day_factors(daily, batch, share), "google_ads", "cvr", *week)
    np.testing.assert_allclose(found, 1.0, atol=0.03)


def test_the_order_of_rows_changes_not_a_bit(batch):
    daily = pd.concat([history("google_ads", 1), history("taobao_keyword", 2)], ignore_index=True)
    turned = daily.sample(frac=1.0, random_state=4)
    day = ("2025-05-26", "2025-06-02")
    one, other = (learn_day_factors(frame, batch) for frame in (daily, turned))
    assert ask(one, "google_ads", "clicks", *day).tolist() == ask(other, "google_ads", "clicks", *day).tolist()
    assert ask(one, "google_ads", "cvr", *day).tolist() == ask(other, "google_ads", "cvr", *day).tolist()


def test_an_empty_window_has_the_calendar_only(batch):
    found = learn_day_factors(history("google_ads", 1).iloc[:0], batch)
    assert ask(found, "google_ads", "clicks", "2025-05-25").tolist() == pytest.approx([1.4])


def test_over_many_markets_errors_are_as_large_as_they_claim(batch):
    """Weekday and sale factors of 40 draws: standardised errors spread by 1, drift of 15 % and daily luck notwithstanding."""
    rng = np.random.default_rng(9)
    week = [f"2025-06-{day:02d}" for day in range(2, 9)]
    asked = pd.Series(pd.to_datetime([*week, "2025-05-26"])).astype("datetime64[us]")
    platform = pd.Series(["google_ads"] * 8)
    errors = []
    for seed in range(40):
        sale = 1.4 * np.exp(rng.normal(0.0, 0.25))
        found = learn_day_factors(daily := history("google_ads", seed, sale=sale), batch, np.ones(len(daily)))
        truth = np.log([*WEEK, sale * WEEK[0]]) - np.log(WEEK).mean()
        errors.append((np.log(found.of(platform, asked, "clicks")) - truth) / found.log_sd(platform, asked, "clicks"))
    spread = np.std(errors, axis=0)
    assert 0.7 < np.sqrt(np.mean(spread[:7] ** 2)) < 1.3
    assert 0.7 < spread[7] < 1.35  # one number of 40 draws: standard error 0.11
