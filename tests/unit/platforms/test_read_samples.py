from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from assets.platforms.kinds import KIND_COLUMNS
from assets.platforms.reader import ReadTable, read_source
from configs.loader import load_platforms

SAMPLES = sorted((Path(__file__).parents[2] / "samples").glob("*/*.*"))
REPORTS = sorted((name, spec.name) for name, platform in load_platforms().items() for spec in platform.reports)
DTYPES = {
    "text": "str",
    "date": "datetime64[us]",
    "count": "Int64",
    "money": "Int64",
    "number": "float64",
    "share": "float64",
    "flag": "boolean",
}
CELL_TYPES = {
    "id": "text",
    "keyword": "text",
    "match_type": "text",
    "status": "text",
    "money_minor": "money",
}


def read_sample(platform: str, report: str) -> tuple[ReadTable, ...]:
    (path,) = (one for one in SAMPLES if one.parent.name == platform and one.stem == report)
    return read_source(path, load_platforms()).tables


@pytest.mark.parametrize(("platform", "report"), REPORTS, ids=lambda part: part)
def test_every_report_has_a_sample_that_is_recognised_and_read_whole(platform, report):
    tables = read_sample(platform, report)
    assert {(table.platform, table.report) for table in tables} == {(platform, report)}
    assert all(len(table.frame) > 0 for table in tables)
    assert all(table.unknown_columns == () for table in tables)
    assert all(table.quarantine.empty for table in tables)
    assert all(total.holds for table in tables for total in table.totals)


@pytest.mark.parametrize(("platform", "report"), REPORTS, ids=lambda part: part)
def test_every_sample_gives_all_canonical_columns_in_their_types(platform, report):
    for table in read_sample(platform, report):
        wanted = {name: DTYPES[cell] for name, cell in KIND_COLUMNS[table.kind].items()}
        if "period_start" in table.frame:
            del wanted["report_date"]
            wanted |= {"period_start": "datetime64[us]", "period_end": "datetime64[us]"}
        wanted |= {"platform": "str", "account": "str", "line": "int64"}
        types = {name: str(table.frame[name].dtype) for name in wanted}
        assert types == wanted


@pytest.mark.parametrize(("platform", "report"), REPORTS, ids=lambda part: part)
def test_every_spec_names_canonical_columns_of_a_fitting_type(platform, report):
    spec = next(one for one in load_platforms()[platform].reports if one.name == report)
    internal = {"account", "platform", "campaign_status", "period_start", "period_end"}
    known = {name: cell for kind in spec.kinds for name, cell in KIND_COLUMNS[kind].items()}
    for name, column in spec.columns.items():
        if column.type == "range":
            assert set(column.to) <= set(known)
        elif name not in internal:
            fitting = {CELL_TYPES.get(column.type, column.type)} | ({"number"} if column.type == "share" else set())
            assert known[name] in fitting, name


def test_the_taobao_sample_unwraps_ids_and_keeps_null_apart_from_zero():
    (table,) = read_sample("taobao_keyword", "keyword_report")
    row = table.frame.iloc[1]
    assert row["keyword_id"] == "359278253772002"
    assert row["cost"] == 12_050_000
    assert row["conversions"] == 0
    assert pd.isna(row["new_customers"])
    assert table.file.endswith("!关键词报表_20260603_080000.csv")


def test_the_google_sample_keeps_the_bound_of_a_censored_share():
    (table,) = read_sample("google_ads", "keyword_report")
    first = table.frame.iloc[0]
    assert (first["impression_share"], first["lost_to_budget_share"], first["lost_to_rank_share"]) == (0.6528, 0.1, 0.9)
    assert pd.isna(first["impression_share_censored"])
    assert (first["lost_to_budget_share_censored"], first["lost_to_rank_share_censored"]) == ("<", ">")
    assert pd.isna(table.frame["impression_share"].iloc[1])


def test_the_planner_sample_keeps_buckets_nulls_and_endless_growth():
    (table,) = read_sample("google_ads", "keyword_planner")
    known, unknown = table.frame.iloc[0], table.frame.iloc[1]
    assert (known["searches_low"], known["searches_high"], known["three_month_change"]) == (50_000, 50_000, 9.0)
    assert pd.isna(known["yoy_change"])
    assert known["yoy_change_censored"] == ">"
    assert pd.isna(unknown["searches_low"])
    assert pd.isna(unknown["yoy_change_censored"])


def test_the_bulk_sheet_sample_gives_campaign_budgets_and_bids_of_keywords_and_targets():
    (table,) = read_sample("amazon_sp", "bulk_sheet")
    columns = ["level", "entity_type", "keyword_id", "keyword", "match_type", "status", "bid", "daily_budget"]
    rows = table.frame[columns].astype("object").where(table.frame[columns].notna(), None).to_numpy().tolist()
    assert rows == [
        ["placement", "Campaign", None, None, None, "enabled", None, 25_000_000],
        ["keyword", "Keyword", "192451124847845", "summer quilt", "exact", "enabled", 740_000, None],
        ["keyword", "Product Targeting", "268547729550210", 'asin="B0FAKE0001"', "auto", "paused", 790_000, None],
    ]


def test_the_baidu_sample_gives_statistics_and_entities_from_one_file():
    daily, entities = read_sample("baidu_search", "keyword_export")
    assert daily.frame["report_date"].dt.strftime("%Y-%m-%d").unique().tolist() == ["2026-06-01"]
    assert daily.frame["account"].unique().tolist() == ["示例店铺"]
    keywords = entities.frame[entities.frame["level"] == "keyword"]
    assert keywords["status"].tolist() == ["enabled", "paused"]
    assert keywords["is_closed_bid"].tolist() == [False, True]
    assert keywords["daily_budget"].isna().all()
    campaign = entities.frame[entities.frame["level"] == "placement"].iloc[0]
    assert (campaign["campaign"], campaign["daily_budget"], campaign["status"]) == ("夏被", 300_000_000, "enabled")


def test_the_editor_sample_closes_automated_bids_and_makes_one_campaign_row():
    (table,) = read_sample("google_ads", "editor")
    assert table.frame["level"].tolist() == ["keyword", "keyword", "placement"]
    assert table.frame["is_closed_bid"].tolist() == [False, True, False]
    assert table.frame["entity_type"].tolist() == ["Keyword", "Keyword", "Campaign"]
    assert table.frame["daily_budget"].tolist()[2] == 120_000_000


def test_the_market_sample_keeps_both_ends_of_a_range():
    (table,) = read_sample("sycm", "search_words")
    first, second = table.frame.iloc[0], table.frame.iloc[1]
    assert (first["searches_low"], first["searches_high"]) == (5000, 10_000)
    assert (first["ctr_low"], first["ctr_high"], first["cvr_low"], first["cvr_high"]) == (0.59, 0.59, 0.01, 0.025)
    assert (second["searches_low"], second["searches_high"]) == (150, 300)
    assert pd.isna(second["cvr_low"])


def test_template_rows_keep_the_platform_that_they_name():
    (entities,) = read_sample("templates", "entities")
    assert entities.frame["platform"].tolist() == ["taobao_audience", "taobao_keyword"]
    assert entities.frame["target_roas"].tolist()[0] == 3.2
    (channels,) = read_sample("templates", "channel_daily")
    assert channels.frame[["platform", "channel"]].to_numpy().tolist() == [["抖音直播", "抖音直播"]]
    (points,) = read_sample("templates", "bid_landscape")
    assert points.frame["platform"].unique().tolist() == ["google_ads"]
    assert points.frame[["bid", "clicks", "cost"]].iloc[-1].tolist() == [4_000_000, 141.4, 255_000_000]
    (mapping,) = read_sample("templates", "mapping")
    assert mapping.frame[["platform", "mapped_platform"]].to_numpy().tolist() == [["templates", "taobao_keyword"]]
