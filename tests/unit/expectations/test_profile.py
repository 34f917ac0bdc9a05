from __future__ import annotations

import numpy as np
import pandas as pd

from assets.expectations.profile import DTYPES, concat_profiles, empty_profile, profile_facts
from assets.expectations.rows import check_rows


def test_a_day_is_one_row_with_sums_in_main_units(daily_rows, night):
    profile = profile_facts(daily_rows(3), "keyword_daily", "taobao_keyword", night)
    assert len(profile) == 3
    day = profile.iloc[-1]
    assert day["report_date"] == pd.Timestamp(night)
    assert (day["rows"], day["distinct_items"], day["impressions"], day["clicks"]) == (2, 2, 200, 20)
    assert (day["cost"], day["conversion_value"], day["conversions"]) == (10.0, 40.0, 2.0)
    assert (day["min_cost"], day["max_cost"], day["currencies"]) == (5.0, 5.0, "CNY")


def test_failed_and_repeated_rows_are_counted_beside_the_good_ones(daily_rows, night):
    frame = daily_rows(1)
    frame = pd.concat([frame, frame.iloc[[0]], frame.iloc[[0]].assign(cost=-1, keyword="c")], ignore_index=True)
    checked = check_rows(frame, "keyword_daily", night)
    profile = profile_facts(
        checked.good, "keyword_daily", "x", night, bad_rows=checked.bad, duplicate_rows=checked.duplicates
    )
    day = profile.iloc[0]
    assert (day["rows"], day["failed_rows"], day["duplicate_rows"]) == (2, 1, 1)
    assert day["failed_share"] == 1 / 3
    assert (day["cost"], day["distinct_items"]) == (10.0, 2)


def test_a_day_of_failed_rows_only_has_a_row_and_no_sums(daily_rows, night):
    bad = daily_rows(1)
    profile = profile_facts(bad.iloc[:0], "keyword_daily", "taobao_keyword", night, bad_rows=bad)
    day = profile.iloc[0]
    assert (day["rows"], day["failed_rows"], day["failed_share"]) == (0, 2, 1.0)
    assert np.isnan(day["cost"])
    assert day["currencies"] == ""


def test_a_sum_of_missing_values_is_missing_and_its_null_share_one(daily_rows, night):
    day = profile_facts(daily_rows(1, clicks=None), "keyword_daily", "taobao_keyword", night).iloc[0]
    assert day["clicks"] is pd.NA
    assert (day["null_share_clicks"], day["null_share_cost"]) == (1.0, 0.0)


def test_infinite_values_are_counted(daily_rows, night):
    assert profile_facts(daily_rows(1, conversions=np.inf), "keyword_daily", "x", night)["non_finite"].tolist() == [2]


def test_a_period_keeps_its_ends_and_has_no_report_date(rows_of, night):
    frame = rows_of("search_terms", {"period_start": "2026-02-01", "period_end": "2026-02-28"}).drop(
        columns="report_date"
    )
    day = profile_facts(frame, "search_terms", "google_ads", night).iloc[0]
    assert pd.isna(day["report_date"])
    assert day["period_end"] == pd.Timestamp("2026-02-28")


def test_a_state_without_a_day_is_one_row_a_platform(rows_of, night):
    frame = rows_of("products", {}, {"product_id": "p2"})
    profile = profile_facts(frame, "products", "templates", night)
    assert profile[["rows", "distinct_items"]].to_numpy().tolist() == [[2, 2]]
    assert profile["report_date"].isna().all()


def test_orders_are_counted_by_their_own_date(rows_of, night):
    frame = rows_of("store_orders", {}, {"order_id": "o2"}, {"order_id": "o2", "order_date": "2026-03-01"})
    profile = profile_facts(frame, "store_orders", "templates", night)
    assert profile["report_date"].dt.day.tolist() == [28, 1]
    assert profile["distinct_items"].tolist() == [2, 1]


def test_rows_that_name_no_platform_get_the_given_one(rows_of, night):
    frame = rows_of("products", {}).drop(columns="platform")
    assert profile_facts(frame, "products", "shop", night)["platform"].tolist() == ["shop"]


def test_two_currencies_are_both_named(daily_rows, night):
    frame = daily_rows(1).assign(currency=["CNY", "USD"])
    assert profile_facts(frame, "keyword_daily", "x", night)["currencies"].tolist() == ["CNY USD"]


def test_columns_and_types_are_the_same_with_and_without_rows(daily_rows, night):
    full = profile_facts(daily_rows(2), "keyword_daily", "taobao_keyword", night)
    empty = profile_facts(daily_rows(2).iloc[:0], "keyword_daily", "taobao_keyword", night)
    expected = {
        name: np.dtype(dtype) if dtype in {"float64", "datetime64[us]"} else dtype for name, dtype in DTYPES.items()
    }
    assert full.dtypes.to_dict() == empty.dtypes.to_dict() == expected


def test_profiles_are_united_in_one_order_whatever_order_they_come_in(daily_rows, night):
    parts = [profile_facts(daily_rows(n), "keyword_daily", name, night) for n, name in ((2, "a"), (3, "b"))]
    parts = [part.assign(platform=name).astype({"platform": "str"}) for part, name in zip(parts, "ab", strict=True)]
    pd.testing.assert_frame_equal(concat_profiles(parts), concat_profiles(parts[::-1]))
    assert concat_profiles([]).equals(empty_profile())
