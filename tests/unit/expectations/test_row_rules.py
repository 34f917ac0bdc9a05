"""Each row rule has a case: the change that breaks it, and the reason that names it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from assets.expectations.rows import RULES, UnknownKindError, check_rows, quarantine_table

BROKEN = [
    ("required_keyword_is_missing", "keyword_daily", {"keyword": None}, "missing:keyword"),
    ("required_keyword_is_white_space", "keyword_daily", {"keyword": "  "}, "missing:keyword"),
    ("day_is_missing", "keyword_daily", {"report_date": None}, "date_missing:report_date"),
    ("day_is_after_the_night", "keyword_daily", {"report_date": "2026-03-02"}, "date_in_future:report_date"),
    ("day_is_801_days_old", "keyword_daily", {"report_date": "2023-12-21"}, "date_too_old:report_date"),
    ("conversions_are_infinite", "keyword_daily", {"conversions": np.inf, "clicks": None}, "not_finite:conversions"),
    ("impressions_are_negative", "keyword_daily", {"impressions": -1, "clicks": None}, "below_minimum:impressions"),
    ("cost_is_negative", "keyword_daily", {"cost": -1}, "below_minimum:cost"),
    ("cost_is_above_its_bound", "keyword_daily", {"cost": 100_000_001_000_000}, "above_maximum:cost"),
    ("share_is_above_one", "keyword_daily", {"impression_share": 1.01}, "above_maximum:impression_share"),
    ("match_type_is_unknown", "keyword_daily", {"match_type": "fuzzy"}, "unknown_value:match_type"),
    ("currency_is_not_iso", "keyword_daily", {"currency": "元"}, "malformed:currency"),
    ("clicks_exceed_impressions_by_two", "keyword_daily", {"impressions": 8}, "clicks_over_impressions"),
    ("conversions_exceed_ten_a_click", "keyword_daily", {"conversions": 111.0}, "conversions_over_clicks"),
    ("status_is_unknown", "entities", {"status": "sleeping"}, "unknown_value:status"),
    ("level_is_unknown", "entities", {"level": "galaxy"}, "unknown_value:level"),
    ("bid_is_zero", "entities", {"bid": 0}, "below_minimum:bid"),
    ("budget_is_zero", "entities", {"daily_budget": 0}, "below_minimum:daily_budget"),
    ("margin_is_above_one", "products", {"margin": 1.2}, "above_maximum:margin"),
    ("fee_is_negative", "kol_offers", {"fee": -5}, "below_minimum:fee"),
]


@pytest.mark.parametrize(("kind", "change", "reason"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_a_broken_row_is_bad_for_exactly_its_reason_and_its_neighbour_stays_good(rows_of, night, kind, change, reason):
    other = dict.fromkeys(("keyword", "product_id", "offer_id"), "other")
    checked = check_rows(rows_of(kind, change, other), kind, night)
    assert checked.bad["reasons"].tolist() == [reason]
    assert checked.counts == {reason: 1}
    assert checked.good["line"].tolist() == [2]
    assert checked.bad["reason_mask"].tolist() == [1 << RULES.index(reason.split(":")[0])]


PASSING = [
    ("counts_are_missing", "keyword_daily", {"impressions": None, "clicks": None, "cost": None, "conversions": None}),
    ("clicks_are_known_but_impressions_are_not", "keyword_daily", {"impressions": None}),
    ("one_impression_was_clicked_twice", "keyword_daily", {"impressions": 1, "clicks": 2, "conversions": 0.0}),
    ("orders_came_without_a_click", "keyword_daily", {"clicks": 0, "conversions": 2.0}),
    ("match_type_and_currency_are_missing", "keyword_daily", {"match_type": None, "currency": None}),
    ("day_is_the_oldest_allowed", "keyword_daily", {"report_date": "2023-12-22"}),
    ("bid_is_missing", "entities", {"bid": None}),
    ("stock_is_oversold", "products", {"stock": -2.0}),
    ("growth_is_from_nothing", "keyword_market", {"yoy_change": np.inf}),
    ("an_old_order", "store_orders", {"order_date": "2022-01-01"}),
    (
        "other_terms_have_clicks_without_impressions",
        "search_terms",
        {"search_term": "Other search terms", "impressions": 0, "clicks": 900, "conversions": 1.0},
    ),
]


@pytest.mark.parametrize(("kind", "change"), [case[1:] for case in PASSING], ids=[case[0] for case in PASSING])
def test_a_row_passes_although(rows_of, night, kind, change):
    checked = check_rows(rows_of(kind, change), kind, night)
    assert (len(checked.good), len(checked.bad), checked.counts) == (1, 0, {})


def test_a_row_tells_all_of_its_reasons_in_text_and_mask(rows_of, night):
    checked = check_rows(
        rows_of("keyword_daily", {"cost": -1, "currency": "rmb", "impressions": 2}), "keyword_daily", night
    )
    assert checked.bad["reasons"][0] == "below_minimum:cost;malformed:currency;clicks_over_impressions"
    rules = {RULES[bit] for bit in range(len(RULES)) if checked.bad["reason_mask"][0] >> bit & 1}
    assert rules == {"below_minimum", "malformed", "clicks_over_impressions"}


def test_a_column_that_the_kind_requires_and_the_frame_lacks_fails_every_row(rows_of, night):
    frame = rows_of("keyword_daily", {}, {"keyword": "b"}).drop(columns="keyword")
    assert check_rows(frame.assign(ad_group=["a", "b"]), "keyword_daily", night).counts == {"missing:keyword": 2}


def test_text_in_a_number_column_does_not_pass_as_missing(rows_of, night):
    frame = rows_of("keyword_daily", {}).astype({"conversions": "object"})
    frame["conversions"] = ["many"]
    assert "not_finite:conversions" in check_rows(frame, "keyword_daily", night).counts


def test_the_same_key_with_other_numbers_makes_both_rows_bad(rows_of, night):
    checked = check_rows(rows_of("keyword_daily", {}, {"cost": 7}, {"keyword": "b"}), "keyword_daily", night)
    assert checked.bad["line"].tolist() == [1, 2]
    assert set(checked.bad["reasons"]) == {"duplicate_key_conflict"}


def test_an_exact_duplicate_is_dropped_counted_and_no_failure(rows_of, night):
    checked = check_rows(rows_of("keyword_daily", {}, {}, {"keyword": "b"}), "keyword_daily", night)
    assert checked.good["line"].tolist() == [1, 3]
    assert checked.duplicates["line"].tolist() == [2]
    assert (len(checked.bad), checked.counts) == (0, {"exact_duplicate": 1})


def test_a_repeated_row_beside_a_contradicting_one_is_bad_with_its_copy(rows_of, night):
    checked = check_rows(rows_of("keyword_daily", {}, {}, {"cost": 7}), "keyword_daily", night)
    assert checked.counts == {"duplicate_key_conflict": 3}
    assert len(checked.duplicates) == 0


def test_an_order_may_hold_a_product_in_two_sizes(rows_of, night):
    frame = rows_of("store_orders", {"product_id": "p", "quantity": 1.0}, {"product_id": "p", "quantity": 2.0})
    assert len(check_rows(frame, "store_orders", night).good) == 2


def test_a_period_counts_as_the_row_s_date_and_may_not_run_backwards(rows_of, night):
    period = {"period_start": "2026-02-01", "period_end": "2026-02-28"}
    frame = rows_of("search_terms", period, {"period_start": "2026-02-28", "period_end": "2026-02-01"})
    checked = check_rows(frame.drop(columns="report_date"), "search_terms", night)
    assert checked.good["line"].tolist() == [1]
    assert checked.counts == {"period_reversed": 1}


def test_value_without_conversions_is_a_warning_and_stays_good(rows_of, night):
    checked = check_rows(rows_of("keyword_daily", {"conversions": 0.0}), "keyword_daily", night)
    assert checked.warnings == {"value_without_conversions": 1}
    assert len(checked.good) == 1


def test_an_empty_frame_gives_three_empty_frames(rows_of, night):
    checked = check_rows(rows_of("keyword_daily", {}).iloc[:0], "keyword_daily", night)
    assert (len(checked.good), len(checked.bad), len(checked.duplicates), checked.counts) == (0, 0, 0, {})
    assert {"line", "reasons", "reason_mask"} <= set(checked.bad.columns)


def test_a_frame_without_columns_is_no_reason_to_break(night):
    assert len(check_rows(pd.DataFrame(), "bid_landscape", night).good) == 0


def test_an_unknown_kind_is_refused_with_the_known_ones_and_the_file_to_mend(night):
    with pytest.raises(UnknownKindError, match=r"'gossip'.*15 kinds.*configs/expectations.yaml") as caught:
        check_rows(pd.DataFrame(), "gossip", night)
    assert caught.value.kind == "gossip"


def test_quarantine_has_a_row_per_line_and_reason_with_the_value_seen_and_the_whole_row(rows_of, night):
    checked = check_rows(rows_of("keyword_daily", {"cost": -1, "impressions": 2}), "keyword_daily", night)
    table = quarantine_table(checked.bad, "report.csv")
    assert table.columns.tolist() == ["file", "line", "column", "value", "reason", "row"]
    assert table[["file", "line", "column", "value", "reason"]].to_numpy().tolist() == [
        ["report.csv", 1, "cost", "-1", "below_minimum"],
        ["report.csv", 1, "", "", "clicks_over_impressions"],
    ]
    assert "keyword=连衣裙" in table["row"][0]
    assert "reason_mask" not in table["row"][0]


def test_quarantine_of_nothing_is_an_empty_table_with_its_columns(rows_of, night):
    checked = check_rows(rows_of("keyword_daily", {}), "keyword_daily", night)
    assert quarantine_table(checked.bad, "report.csv").columns.tolist()[:2] == ["file", "line"]
    assert quarantine_table(checked.bad, "report.csv").empty
