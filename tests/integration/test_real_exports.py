"""Real exports give the figures that their owners saw. They are read where they lie and never copied."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from assets.platforms.items import item_key
from assets.platforms.reader import ReadTable, SourceRead, read_source
from configs.loader import load_platforms

DATA = Path(__file__).parents[3] / "shared" / "data"
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not DATA.exists(), reason="the real exports in ../shared/data are not here"),
]
TARGETING = "amazon_ads/sp_targeting_daily_in_2020.xlsx"
SEARCH_TERMS = "amazon_ads/sp_search_terms_daily_in_2020.xlsx"


def read(name: str) -> SourceRead:
    return read_source(DATA / name, load_platforms())


def read_one(name: str) -> ReadTable:
    (table,) = read(name).tables
    return table


def money(table: ReadTable, column: str) -> Decimal:
    return Decimal(int(table.frame[column].sum())) / 1_000_000


def test_the_amazon_targeting_report_gives_its_known_figures_exactly():
    table = read_one(TARGETING)
    assert (table.platform, table.kind, len(table.frame)) == ("amazon_sp", "keyword_daily", 1683)
    assert money(table, "cost") == Decimal("47108.12")
    assert money(table, "conversion_value") == Decimal("71129.81")
    assert (table.frame["clicks"].sum(), table.frame["conversions"].sum()) == (1955, 194)
    assert table.frame["currency"].unique().tolist() == ["INR"]
    assert set(table.frame["match_type"]) == {"exact", "phrase", "auto"}
    assert table.frame["report_date"].nunique() == 29
    assert (table.unknown_columns, len(table.quarantine)) == ((), 0)


def test_the_amazon_search_terms_agree_with_it_in_spend_and_clicks_and_differ_by_one_order():
    terms, targets = read_one(SEARCH_TERMS), read_one(TARGETING)
    assert (terms.kind, len(terms.frame)) == ("search_terms", 923)
    assert money(terms, "cost") == money(targets, "cost")
    assert terms.frame["clicks"].sum() == targets.frame["clicks"].sum()
    assert targets.frame["conversions"].sum() - terms.frame["conversions"].sum() == 1
    assert money(terms, "conversion_value") == Decimal("70853.92")


def test_the_amazon_targeting_report_has_one_item_a_target():
    frame = read_one(TARGETING).frame.assign(account="main")
    items = item_key(frame, load_platforms()["amazon_sp"], "keyword")
    assert items.nunique() == 107
    assert not frame.assign(item=items).duplicated(["report_date", "item"]).any()


def test_the_bulk_sheet_gives_bids_and_ids_as_text():
    source = read("amazon_ads/sp_bulksheet_2026_pseudonymised.xlsx")
    filled = {(one.platform, one.report): one for one in source.tables if len(one.frame)}
    assert set(filled) == {("amazon_sp", name) for name in ("bulk_sheet", "portfolios", "bulk_search_terms")}
    table = filled["amazon_sp", "bulk_sheet"]
    frame = table.frame
    keywords = frame[frame["level"] == "keyword"]
    assert keywords["entity_type"].value_counts().to_dict() == {"Keyword": 36, "Product Targeting": 36}
    assert (frame["level"] == "placement").sum() == 72
    assert keywords["bid"].notna().all()
    assert frame.loc[frame["level"] == "placement", "daily_budget"].notna().all()
    assert keywords["keyword_id"].str.fullmatch(r"\d{15}").all()
    assert keywords["campaign"].notna().all()
    assert all(one.unknown_columns == () for one in source.tables)
    assert "Config" in next(one.text for one in source.messages if one.code == "ignored_sheets")


def test_the_google_search_terms_are_a_period_and_show_what_is_invisible():
    source = read("google_ads/search_terms_2024.csv")
    (table,) = source.tables
    frame = table.frame
    assert (table.kind, len(frame), frame["clicks"].sum()) == ("search_terms", 29_762, 2_910)
    assert frame["period_start"].astype(str).unique().tolist() == ["2024-01-17"]
    assert frame["period_end"].astype(str).unique().tolist() == ["2024-02-15"]
    stated = {one.column: one.stated for one in table.totals}
    assert all(one.holds for one in table.totals)
    assert stated["cost"] == 45_131.04
    assert abs(money(table, "cost") - Decimal("45131.04")) <= Decimal("0.03")
    (message,) = source.messages
    assert "36,826.42" in message.text
    assert "97,152.46" in message.text


def test_the_keyword_planner_keeps_every_row_bucket_and_null():
    frame = read_one("google_ads/keyword_planner_keyword_stats_utf16.csv").frame
    assert (len(frame), frame["keyword"].duplicated().sum()) == (8_899, 1_402)
    assert set(frame["searches_low"].dropna()) <= {0, 50, 500, 5_000, 50_000, 500_000}
    assert frame["searches_low"].isna().any()
    endless = frame["yoy_change_censored"] == ">"
    assert endless.any()
    assert frame.loc[endless, "yoy_change"].isna().all()
    assert np.isfinite(frame["yoy_change"].dropna()).all()
    assert (frame["yoy_change"] == 9.0).any()
