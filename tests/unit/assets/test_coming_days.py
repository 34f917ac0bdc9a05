"""A month's money becomes tonight's total: what was spent, what days are missing, what the coming days are like."""

from __future__ import annotations

import inspect
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from assets.coming_days import coming_days, empty_days, pace_days, pace_words, paced
from assets.expectations.gates import check_table
from assets.pacing import coming_dates, event_run, missing_days, pace_spans, spent_since
from assets.warehouse import state
from configs.schema import Calendar, Settings
from optimizers.errors import InvalidInputError
from tests.unit.assets.made_up import day, make_batch, make_items, put

NIGHT = date(2025, 3, 10)
RICH = {"value_per_click": 3.0, "revenue_per_click": 6.0}  # its next click pays up to the cap, 139 a day
SALE = Calendar.model_validate({"events": [
    {"name": "sale", "start": "03-20", "end": "03-22", "factor": 2.0, "cvr_factor": 1.2},
    {"name": "turn", "start": "03-30", "end": "04-03", "factor": 1.5},
]})  # fmt: skip


def shop(tmp_path, pacing, days=range(1, 11), **settings):
    """A shop that spent 100 a day on each day of March so far."""
    batch = make_batch(
        tmp_path, calendar=SALE, platforms=settings.pop("platforms", {"google_ads": {}}), pacing=pacing, **settings
    )
    rows = [
        {"report_date": pd.Timestamp(day(one)), "campaign": "Tents", "ad_group": "Group", "keyword": "tent",
         "match_type": "exact", "impressions": 1000, "clicks": 100, "cost": 100.0, "conversions": 3.0, "conversion_value": 300.0}
        for one in days
    ]  # fmt: skip
    return put(batch, "keyword_daily", rows) if rows else batch


def table(batch, *changes):
    frame, _ = pace_days(make_items(*({**RICH, **change} for change in changes or ({},))), batch)
    verdict = check_table(frame, "coming_days")
    assert verdict.passed, verdict.failures
    return frame


def test_a_shop_without_money_for_a_span_keeps_its_daily_total(tmp_path):
    batch = shop(tmp_path, {})
    frame = table(batch)
    assert frame.empty
    assert paced(batch, frame) is batch
    assert empty_days().dtypes.astype(str).tolist() == frame.dtypes.astype(str).tolist()


def test_the_months_days_share_what_ten_days_have_left_and_busier_ones_get_more(tmp_path):
    """1000 of 3000 are spent; 21 days are left, three of which have twice the clicks and convert better."""
    batch = shop(tmp_path, {"month_total": 3000.0})
    frame = table(batch)
    assert frame["plan_date"].tolist() == pd.date_range("2025-03-11", "2025-03-31").tolist()
    assert frame["planned_cost"].sum() == pytest.approx(2000.0)
    by_day = frame.set_index(frame["plan_date"].dt.day)["planned_cost"]
    assert by_day[20] > 1.5 * by_day[19]
    assert paced(batch, frame).settings.budget.daily_total == pytest.approx(by_day[11])


def test_money_that_every_day_can_use_is_not_all_planned(tmp_path):
    """With far more money than the caps let spend, a day spends what pays and the rest is kept."""
    frame = table(shop(tmp_path, {"month_total": 1e6}))
    assert frame["planned_cost"].sum() < 1e5
    assert frame["price"].min() == pytest.approx(1.0)


def test_a_promotions_money_bounds_its_days_and_the_rest_of_the_month_keeps_the_others(tmp_path):
    frame = table(shop(tmp_path, {"month_total": 3000.0, "events": {"sale": 90.0}}))
    is_sale = frame["spans"] == "month, sale"
    assert is_sale.sum() == 3
    assert frame.loc[is_sale, "planned_cost"].sum() == pytest.approx(90.0)
    assert frame["planned_cost"].sum() == pytest.approx(2000.0)


def test_a_promotion_over_the_end_of_a_month_has_days_that_the_month_does_not_pay(tmp_path):
    batch = shop(tmp_path, {"month_total": 3000.0, "events": {"turn": 400.0}})
    frame = table(batch)
    assert frame["plan_date"].iloc[-1] == pd.Timestamp("2025-04-03")
    assert frame["spans"].iloc[-1] == "turn"
    assert frame.loc[frame["spans"].str.contains("month"), "planned_cost"].sum() <= 2000.0 * (1 + 1e-9)
    assert frame.loc[frame["spans"].str.contains("turn"), "planned_cost"].sum() <= 400.0 * (1 + 1e-9)


def test_without_a_month_a_promotion_counts_on_its_own_days_only(tmp_path):
    pacing = {"events": {"sale": 500.0}}
    assert pace_spans(shop(tmp_path, pacing)) == []
    batch = replace(make_batch(tmp_path, calendar=SALE, pacing=pacing), night=date(2025, 3, 20))
    (span,) = pace_spans(batch)
    assert (span.first, span.last) == (date(2025, 3, 20), date(2025, 3, 22))
    assert coming_dates([span], batch).tolist() == [pd.Timestamp("2025-03-21"), pd.Timestamp("2025-03-22")]


def test_the_last_night_of_a_month_plans_the_next_month(tmp_path):
    batch = replace(make_batch(tmp_path, pacing={"month_total": 9.0}), night=date(2025, 3, 31))
    assert pace_spans(batch)[0].first == date(2025, 4, 1)


@pytest.mark.parametrize("gone", [3, 10], ids=["in the month", "the last day"])
def test_a_missing_day_holds_the_last_total_and_names_the_day(tmp_path, gone):
    batch = shop(tmp_path, {"month_total": 3000.0}, [one for one in range(1, 11) if one != gone])
    state.write_state(batch.home, NIGHT - timedelta(days=1), "pacing", {"total": 77.0})
    frame = table(batch)
    assert frame["is_held"].tolist() == [True]
    assert frame["planned_cost"].tolist() == [77.0]
    assert f"google_ads 2025-03-{gone:02d}" in frame["note_en"][0]


def test_a_hold_without_an_earlier_night_keeps_the_settings_total_else_the_usual_one(tmp_path):
    some = range(1, 10)
    assert table(shop(tmp_path, {"month_total": 9.0}, some, budget={"daily_total": 55.0}))["planned_cost"][0] == 55.0
    assert table(shop(tmp_path / "b", {"month_total": 9.0}, some))["planned_cost"][0] == 100.0


def test_a_platform_without_any_day_is_missing_as_a_whole(tmp_path):
    batch = shop(tmp_path, {"month_total": 3000.0}, platforms={"google_ads": {}, "amazon_sp": {}})
    assert "amazon_sp" in table(batch)["note_en"][0]


def test_a_night_in_which_nothing_moves_holds_the_last_total(tmp_path):
    frame = table(shop(tmp_path, {"month_total": 3000.0}), {"verdict": "no_entity"})
    assert frame["is_held"][0]
    assert "nothing may be moved" in frame["note_en"][0]


def test_an_overspent_month_leaves_nothing_for_tomorrow_and_says_so(tmp_path):
    frame = table(shop(tmp_path, {"month_total": 900.0}))
    assert frame["planned_cost"].tolist() == [0.0]
    assert "pacing.month_total" in frame["note_en"][0]


def test_least_days_that_do_not_fit_share_what_is_left_evenly(tmp_path):
    frame = table(shop(tmp_path, {"month_total": 1210.0, "min_day": 50.0}))
    assert frame["planned_cost"].tolist() == [pytest.approx(10.0)]
    assert "pacing.min_day" in frame["note_en"][0]


def test_people_are_told_tomorrow_and_the_days_after_it_or_why_the_total_is_kept(tmp_path):
    frame = table(shop(tmp_path, {"month_total": 3000.0}))
    told = pace_words(frame, "CNY")
    tomorrow, later = frame["planned_cost"][0], frame["planned_cost"][1:].sum()
    assert f"tomorrow {tomorrow:,.2f} CNY, the {len(frame) - 1} days after it {later:,.2f} CNY" in told.en
    assert "（本月）" in told.zh
    assert pace_words(empty_days(), "CNY") is None
    held = pace_words(table(shop(tmp_path / "held", {"month_total": 9.0}, range(1, 10))), "CNY")
    assert held.zh.startswith("预算节奏暂停")
    assert held.en.startswith("Pacing is held")


def test_a_most_of_a_day_is_kept(tmp_path):
    frame = table(shop(tmp_path, {"month_total": 3000.0, "max_day": 110.0}))
    assert frame["planned_cost"].max() <= 110.0 * (1 + 1e-9)


def test_unsure_days_leave_a_reserve(tmp_path):
    sure, unsure = (
        table(shop(tmp_path / name, {"month_total": 3000.0}), {"day_log_sd": sd})["planned_cost"].sum()
        for name, sd in (("a", 0.0), ("b", 0.3))
    )
    assert unsure == pytest.approx(sure - (1 - np.exp(-1.2815515655 * 0.3)) * 2000.0 / 21)


def test_what_cannot_be_moved_is_spent_first_and_counts(tmp_path):
    frame = table(
        shop(tmp_path, {"month_total": 3000.0}), {}, {"keyword": "stays", "verdict": "frozen", "usual_cost": 40.0}
    )
    assert frame["planned_cost"].sum() == pytest.approx(2000.0)
    assert frame["planned_cost"].min() > 40.0


def test_a_platform_that_reports_late_counts_its_mean_for_the_days_to_be_told(tmp_path):
    late = {"google_ads": {"report_lag_days": 2}}
    batch = shop(tmp_path, {"month_total": 3000.0}, range(1, 9), platforms=late)
    days = pd.DataFrame(
        {"platform": "google_ads", "report_date": pd.date_range("2025-03-01", "2025-03-08"), "cost": 50.0}
    )
    assert missing_days(days, date(2025, 3, 1), batch) == []
    assert spent_since(days, date(2025, 3, 1), batch) == pytest.approx(500.0)


def test_fees_of_posts_count_as_spent_on_their_day(tmp_path):
    post = {"post_id": "1", "kol_id": "k", "kol_platform": "douyin", "views": 1000, "revenue": 10.0}
    rows = [{**post, "post_date": pd.Timestamp(day(one)), "post_id": str(one), "fee": 300.0} for one in (2, 9)]
    batch = put(shop(tmp_path, {"month_total": 3000.0}), "kol_posts", rows)
    nothing = pd.DataFrame({"platform": [], "report_date": pd.DatetimeIndex([]), "cost": []})
    assert spent_since(nothing, date(2025, 3, 5), batch) == pytest.approx(300.0)


def test_a_promotion_that_the_calendar_does_not_know_is_refused_with_the_nearest_name(tmp_path):
    with pytest.raises(InvalidInputError, match=r"cannot pace promotions: saw sales, .*e\.g\. sale"):
        pace_spans(shop(tmp_path, {"month_total": 9.0, "events": {"sales": 9.0}}))


def test_an_events_run_is_the_one_that_comes_and_not_last_years():
    assert event_run("sale", date(2025, 3, 21), date(2025, 3, 31), SALE) == (date(2025, 3, 20), date(2025, 3, 22))
    assert event_run("sale", date(2025, 3, 23), date(2025, 3, 31), SALE) is None


@pytest.mark.parametrize(
    "bad",
    [{"month_total": 0}, {"events": {"sale": 0}}, {"min_day": 5, "max_day": 4}],
    ids=["no money", "no event money", "min above max"],
)
def test_money_that_is_none_is_refused_as_a_setting(bad):
    with pytest.raises(ValueError, match=r"pacing"):
        Settings.model_validate({"pacing": bad})


def test_the_stage_keeps_tonights_total_for_a_night_that_is_held(tmp_path):
    batch = shop(tmp_path, {"month_total": 3000.0})
    context = SimpleNamespace(partition_time_window=SimpleNamespace(start=pd.Timestamp(NIGHT)))
    stage = inspect.unwrap(coming_days.op.compute_fn.decorated_fn)
    step = stage(context, SimpleNamespace(open=lambda night: batch), make_items({}))
    assert state.read_state(batch.home, NIGHT, "pacing") == {"total": step.frame["planned_cost"].iloc[0]}
    assert step.metadata["gap"] <= 1e-9
