"""Every report of the western platforms: what its sample adds up to, counted from the cells and not by the reader."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

import pytest

from assets.platforms.items import item_key
from assets.platforms.reader import ReadTable, SourceRead, read_source
from configs.loader import load_platforms

PLATFORMS = load_platforms()


class Expected(NamedTuple):
    """What the cells of a sample say; a row stands for all rows of one key."""

    sample: str
    kind: str
    rows: int
    days: str
    cost: str
    clicks: int
    conversions: str
    value: str


REPORTS = (
    Expected(
        "google_ads/campaign_report.csv", "placement_daily", 6, "2026-06-01 2026-06-02", "591.84", 432, "27", "1617.29"
    ),
    Expected("google_ads/ad_group_report.csv", "reference", 8, "", "789.96", 516, "44", "0"),
    Expected("amazon_sp/targeting.xlsx", "keyword_daily", 2, "2026-06-01 2026-06-02", "9.87", 7, "1", "89.90"),
    Expected("amazon_sp/search_terms.xlsx", "search_terms", 1, "2026-06-01 2026-06-01", "31.35", 1, "1", "320.54"),
    Expected(
        "amazon_sp/campaign_report.csv", "placement_daily", 9, "2026-06-01 2026-06-03", "1393.62231", 108, "14",
        "4487.56",
    ),
    Expected("amazon_sp/placement_report.xlsx", "reference", 8, "", "42.12", 52, "7", "314.65"),
    Expected("amazon_sp/advertised_product.xlsx", "reference", 8, "", "42.12", 52, "7", "314.65"),
    Expected("amazon_sp/purchased_product.xlsx", "reference", 8, "", "0", 0, "8", "187.20"),
    Expected("amazon_sp/bulk_search_terms.xlsx", "reference", 8, "", "6.90", 15, "4", "159.96"),
    Expected("amazon_sb/targeting.xlsx", "keyword_daily", 10, "2026-06-01 2026-06-02", "67.80", 60, "9", "472.41"),
    Expected("amazon_sb/bulk_search_terms.xlsx", "reference", 8, "", "6.90", 15, "4", "159.96"),
    Expected("amazon_sd/targeting.xlsx", "keyword_daily", 9, "2026-06-01 2026-06-03", "10.92", 21, "4", "159.96"),
    Expected("amazon_ras/bulk_search_terms.xlsx", "reference", 8, "", "6.90", 15, "4", "159.96"),
    Expected(
        "microsoft_ads/keyword_report_api.csv", "keyword_daily", 6, "2026-06-01 2026-06-02", "44.53", 73, "12", "598.80"
    ),
    Expected(
        "microsoft_ads/keyword_report.csv", "keyword_daily", 8, "2026-06-01 2026-06-02", "6014.26", 266, "40", "5996"
    ),
    Expected("microsoft_ads/search_terms.csv", "search_terms", 7, "2026-06-01 2026-06-01", "29.64", 52, "7", "349.30"),
    Expected(
        "microsoft_ads/campaign_report_api.csv", "placement_daily", 8, "2026-06-01 2026-06-02", "114.68", 188, "28",
        "1397.20",
    ),
    Expected(
        "microsoft_ads/campaign_report.csv", "placement_daily", 8, "2026-06-01 2026-06-02", "114.68", 188, "28",
        "1397.20",
    ),
    Expected("meta_ads/ads_report.csv", "placement_daily", 4, "2026-06-01 2026-06-02", "1229.46", 788, "36", "2214"),
    Expected(
        "meta_ads/ads_report_french.csv", "placement_daily", 4, "2026-06-14 2026-06-15", "10178.84", 2428, "28", "1722"
    ),
    Expected("meta_ads/campaign_table.csv", "placement_daily", 8, "2026-06-01 2026-06-07", "2356.91", 1628, "28", "1722"),
    Expected("tiktok_ads/ads_report.xlsx", "placement_daily", 6, "2026-06-01 2026-06-02", "699.78", 1146, "17", "610.20"),
    Expected("tiktok_ads/campaign_table.xlsx", "placement_daily", 8, "2026-06-01 2026-06-07", "2087.48", 3228, "28", "0"),
)  # fmt: skip
STATES = {
    "google_ads/web_upload.csv": (8, 0),
    "amazon_sp/bulk_sheet.xlsx": (2, 1),
    "amazon_sb/bulk_sheet.xlsx": (5, 1),
    "amazon_sb/bulk_sheet_single.xlsx": (5, 1),
    "amazon_sd/bulk_sheet.xlsx": (6, 1),
    "amazon_ras/bulk_sheet.xlsx": (4, 1),
    "microsoft_ads/bulk.csv": (5, 2),
    "meta_ads/campaign_table.csv": (0, 8),
    "tiktok_ads/campaign_table.xlsx": (0, 8),
}
RESULTS = ("google_ads/web_upload_results.csv", "amazon_sp/bulk_results.xlsx", "microsoft_ads/bulk_results.csv")


@pytest.fixture
def sample(samples):
    def read_kind(name: str, kind: str) -> ReadTable:
        return next(one for one in read_source(samples / name, PLATFORMS).tables if one.kind == kind)

    return read_kind


def micros(amount: str) -> int:
    return int(Decimal(amount) * 1_000_000)


def days_of(table: ReadTable) -> str:
    columns = [name for name in ("report_date", "period_start", "period_end") if name in table.frame]
    if not columns:
        return ""
    return f"{table.frame[columns[0]].min().date()} {table.frame[columns[-1]].max().date()}"


@pytest.mark.parametrize("expected", REPORTS, ids=lambda one: one.sample)
def test_a_sample_is_read_to_the_cent(sample, expected):
    table = sample(expected.sample, expected.kind)
    frame = table.frame
    assert (table.platform, table.report) == tuple(expected.sample.rsplit(".", 1)[0].split("/"))
    assert (len(frame), days_of(table), len(table.quarantine)) == (expected.rows, expected.days, 0)
    assert int(frame["cost"].sum()) == micros(expected.cost)
    assert int(frame["clicks"].sum()) == expected.clicks
    assert Decimal(str(frame["conversions"].sum())) == Decimal(expected.conversions)
    assert int(frame["conversion_value"].sum()) == micros(expected.value)


@pytest.mark.parametrize("name", STATES)
def test_a_bulk_file_gives_its_keywords_and_campaigns(sample, name):
    levels = sample(name, "entities").frame["level"]
    assert ((levels == "keyword").sum(), (levels == "placement").sum()) == STATES[name]


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_file_tells_which_edits_were_refused_and_why(sample, name):
    frame = sample(name, "edit_results").frame
    assert frame["result"].value_counts().to_dict() == {"applied": 6, "rejected": 2}
    assert frame.loc[frame["result"] == "rejected", "error_text"].notna().all()
    assert frame.loc[frame["result"] == "applied", "error_text"].isna().all()


def test_the_planner_of_other_years_gives_both_ends_of_the_searches(sample):
    frame = sample("google_ads/keyword_planner_ranges.csv", "keyword_market").frame
    assert frame["searches_low"].tolist() == [1000, 10_000, 100, 10, 10, 1000, 100, 1000]
    assert frame["searches_high"].tolist() == [10_000, 100_000, 1000, 100, 100, 10_000, 1000, 10_000]
    assert frame["bid_high"].isna().tolist() == [False, False, True, False, True, False, False, False]


def test_one_workbook_gives_each_platform_its_own_sheet(samples, tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for platform, report in (("amazon_sp", "bulk_sheet"), ("amazon_sb", "bulk_sheet"), ("amazon_sd", "bulk_sheet")):
        for source in openpyxl.load_workbook(samples / platform / f"{report}.xlsx"):
            target = book.create_sheet(source.title)
            for row in source.iter_rows(values_only=True):
                target.append(row)
    book.save(tmp_path / "bulk.xlsx")
    read: SourceRead = read_source(tmp_path / "bulk.xlsx", PLATFORMS)
    assert [(one.platform, len(one.frame)) for one in read.tables] == [
        ("amazon_sp", 3),
        ("amazon_sb", 6),
        ("amazon_sd", 7),
    ]
    assert next(one.value for one in read.messages if one.code == "ignored_sheets") == "Config"


@pytest.mark.parametrize(
    ("facts", "entities", "level"),
    [
        ("google_ads/keyword_report.csv", "google_ads/editor.csv", "keyword"),
        ("google_ads/campaign_report.csv", "google_ads/editor.csv", "placement"),
        ("amazon_sp/targeting.xlsx", "amazon_sp/bulk_sheet.xlsx", "keyword"),
        ("amazon_sb/targeting.xlsx", "amazon_sb/bulk_sheet.xlsx", "keyword"),
        ("amazon_sd/targeting.xlsx", "amazon_sd/bulk_sheet.xlsx", "keyword"),
        ("microsoft_ads/keyword_report.csv", "microsoft_ads/bulk.csv", "keyword"),
        ("microsoft_ads/keyword_report_api.csv", "microsoft_ads/bulk.csv", "keyword"),
        ("microsoft_ads/campaign_report.csv", "microsoft_ads/bulk.csv", "placement"),
        ("meta_ads/ads_report.csv", "meta_ads/campaign_table.csv", "placement"),
        ("tiktok_ads/ads_report.xlsx", "tiktok_ads/campaign_table.xlsx", "placement"),
    ],
    ids=lambda part: part,
)
def test_what_is_spent_and_what_is_bid_meet_in_one_item(sample, facts, entities, level):
    platform = PLATFORMS[facts.split("/")[0]]
    spent, bid = sample(facts, f"{level}_daily").frame, sample(entities, "entities").frame
    keys = [
        item_key(frame.fillna({"account": "main"}), platform, level) for frame in (spent, bid[bid["level"] == level])
    ]
    assert keys[0].notna().all()
    assert set(keys[0]) & set(keys[1])
