"""The packaged calendar on known days, moving feasts by rule, overlapping phases, and calendars that are refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from assets.calendar_days import NO_PHASE, day_factors, phases, presale_days
from configs.loader import load_calendar
from configs.schema import Anchor, Calendar

PACKAGED = load_calendar(None)


def days(*texts: str) -> pd.Series:
    return pd.Series(pd.to_datetime(list(texts))).astype("datetime64[us]")


def names(platform: str, *texts: str) -> list[str]:
    codes = phases(pd.Series([platform] * len(texts)), days(*texts), PACKAGED)
    return ["" if code == NO_PHASE else PACKAGED.events[code].name for code in codes]


@pytest.mark.parametrize(
    ("day", "name"),
    [
        ("2025-01-28", "春节前停运"), ("2025-01-29", "春节"), ("2025-02-12", "元宵"), ("2025-01-10", "年货节"),
        ("2024-02-10", "春节"), ("2027-02-06", "春节"), ("2027-02-05", "春节前停运"), ("2025-03-08", "三八节"),
        ("2025-05-25", "618 预售"), ("2025-06-18", "618 狂欢"), ("2025-06-21", ""), ("2025-09-25", "中秋"),
        ("2025-10-25", "双11 预售"), ("2025-11-11", "双11 狂欢"), ("2025-11-12", "双11 之后"), ("2025-12-12", "双12"),
        ("2036-02-01", ""),
    ],
)  # fmt: skip
def test_a_day_of_the_chinese_year_has_its_phase(day, name):
    assert names("taobao_keyword", day) == [name]


def test_western_platforms_have_their_own_days_and_none_of_the_others():
    assert names("amazon_sp", "2025-11-27", "2025-11-28", "2025-12-01", "2025-12-02", "2025-07-09") == [
        "黑五预热", "黑五网一", "黑五网一", "", "Prime Day",
    ]  # fmt: skip
    assert names("google_ads", "2025-07-09", "2025-06-18", "2025-11-11") == ["", "", ""]


def test_the_tables_of_moving_feasts_lie_a_moon_apart():
    """A lunar year has 12 or 13 months of 29.53 days, so feasts of two years lie 354 or 384 days apart, give or take one."""
    for name in ("chinese_new_year", "mid_autumn"):
        dates = PACKAGED.anchors[name].dates
        assert [one.year for one in dates] == list(range(2015, 2036))
        gaps = np.diff([one.toordinal() for one in dates])
        assert np.isin(gaps, [353, 354, 355, 383, 384, 385]).all()


def test_the_nth_weekday_of_a_month_is_counted_from_its_first():
    thanksgiving = Anchor(month=11, weekday=3, nth=4)
    assert [str(one) for one in thanksgiving.days(2023, 2026)] == [
        "2023-11-23",
        "2024-11-28",
        "2025-11-27",
        "2026-11-26",
    ]


def test_deposits_are_taken_on_pre_sale_days_only():
    asked = days("2025-05-23", "2025-05-24", "2025-05-30", "2025-05-31")
    assert presale_days(pd.Series(["taobao_keyword"] * 4), asked, PACKAGED).tolist() == [False, True, True, False]


def test_of_overlapping_phases_the_one_that_differs_most_counts_and_of_equals_the_first():
    calendar = Calendar.model_validate({"events": [
        {"name": "up", "start": "03-01", "end": "03-31", "factor": 1.2},
        {"name": "down", "start": "03-10", "end": "03-12", "factor": 0.5},
        {"name": "as strong", "start": "03-12", "end": "03-14", "factor": 2.0},
    ]})  # fmt: skip
    asked = days("2025-03-09", "2025-03-10", "2025-03-12", "2025-03-13")
    assert day_factors(pd.Series(["google_ads"] * 4), asked, calendar).tolist() == [1.2, 0.5, 0.5, 2.0]


def test_a_homes_own_events_may_use_the_packaged_anchors(tmp_path):
    (tmp_path / "calendar.yaml").write_text(
        "events: [{name: ours, anchor: chinese_new_year, first_day: 20, last_day: 21, factor: 1.5}]", encoding="utf-8"
    )
    own = load_calendar(tmp_path)
    assert day_factors(pd.Series(["google_ads"] * 2), days("2025-02-18", "2025-02-20"), own).tolist() == [1.5, 1.0]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"start": "2025-03-06", "end": "2025-03-05"}, "before it starts"),
        ({"start": "2025-03-06", "end": "03-08"}, "must both have a year"),
        ({"start": "03-06"}, "give start and end"),
        ({}, "give start and end"),
        ({"start": "03-06", "end": "03-08", "anchor": "feast"}, "give start and end"),
        ({"anchor": "feast", "first_day": 3, "last_day": 2}, "first_day 3 is after last_day 2"),
        ({"anchor": "unknown"}, "unknown anchors unknown; known are feast"),
        ({"start": "02-30", "end": "03-08"}, "day"),
        ({"start": "03-06", "end": "03-08", "factor": 0.0}, "greater than 0"),
    ],
)
def test_an_event_without_clear_days_is_refused(change, why):
    with pytest.raises(ValueError, match=why):
        Calendar.model_validate({"anchors": {"feast": {"dates": ["2025-03-01"]}}, "events": [{"name": "x", **change}]})


def test_two_events_of_one_name_are_refused():
    event = {"name": "618", "start": "06-01", "end": "06-20"}
    with pytest.raises(ValueError, match="events named twice: 618"):
        Calendar.model_validate({"events": [event, {**event, "start": "06-02"}]})


def test_an_anchor_has_dates_or_a_rule_but_not_both():
    with pytest.raises(ValueError, match="either dates or month"):
        Anchor.model_validate({"dates": ["2025-03-01"], "month": 3})
