"""Reports of the Chinese search and shop platforms: every sample to the cent, whatever stands around its header.

The sums were taken from the files by other code than the reader.
"""

from __future__ import annotations

import random
from decimal import Decimal
from typing import NamedTuple

import pytest

from assets.platforms.header import recognise
from assets.platforms.open_source import open_grids
from assets.platforms.reader import read_source
from configs.loader import load_platforms

SUMS = ("cost", "conversion_value", "clicks", "conversions")
MONEY = {"cost", "conversion_value"}


class Sample(NamedTuple):
    """What a sample holds; the sums are cost, conversion value, clicks, conversions, None where the report has none."""

    file: str
    report: str
    kinds: tuple[str, ...]
    encoding: str
    n_rows: tuple[int, ...]
    sums: tuple[str | None, ...]
    first: str | None = None
    last: str | None = None


DAILY, PLACES, TERMS, OTHER = ("keyword_daily",), ("placement_daily",), ("search_terms",), ("reference",)
WITH_BIDS = ("keyword_daily", "entities")
SAMPLES = [
    Sample("jd_jzt/keyword_report.csv", "keyword_report", ("keyword_daily", "search_terms"), "gb18030", (6, 7),
           ("169.59", "992.00", "120", "8"), "2026-06-01", "2026-06-02"),
    Sample("jd_jzt/custom_report.csv", "custom_report", PLACES, "gb18030", (6,),
           ("191.93", "1440.00", "136", "10"), "2021-06-01", "2021-06-02"),
    Sample("jd_jzt/custom_report_since_rename.csv", "custom_report_since_rename", PLACES, "gb18030", (4,),
           ("280.44", "926.00", "143", "4"), "2026-06-01", "2026-06-02"),
    Sample("pdd/product_daily.xlsx", "product_daily", PLACES, "xlsx", (7,),
           ("705.34", "2967.10", None, "67"), "2026-04-01", "2026-04-03"),
    Sample("pdd/product_period.xlsx", "product_period", PLACES, "xlsx", (8,),
           ("1076.39", "4675.10", "1495", "83"), "2026-04-01", "2026-04-07"),
    Sample("pdd/account_daily.xlsx", "account_daily", OTHER, "xlsx", (8,), ("1803.97", "9542.40", "2224", "186")),
    Sample("baidu_search/keyword_export_deleted.csv", "keyword_export", WITH_BIDS, "gb18030", (9, 8),
           ("610.33", None, "586", "29"), "2026-06-01", "2026-06-07"),
    Sample("baidu_search/account_report.csv", "account_report", OTHER, "gb18030", (8,), ("318.38", None, "279", "12")),
    Sample("baidu_search/creative_hourly.csv", "creative_hourly", OTHER, "gb18030", (8,), ("79.69", None, "65", "0")),
    Sample("baidu_feed/feed_report.csv", "feed_report", PLACES, "gb18030", (4,),
           ("768.96", None, "858", None), "2026-06-01", "2026-06-02"),
    Sample("qihoo360_search/keyword_report.csv", "keyword_report", DAILY, "utf-8", (8,),
           ("663.66", None, "337", "17"), "2026-07-18", "2026-07-24"),
    Sample("qihoo360_search/keyword_report_computers.csv", "keyword_report", DAILY, "utf-8", (8,),
           ("663.66", None, "337", "17"), "2026-07-18", "2026-07-24"),
    Sample("qihoo360_search/search_terms.xlsx", "search_terms", TERMS, "xlsx", (7,),
           ("286.59", None, "139", None), "2026-07-24", "2026-07-24"),
    Sample("qihoo360_search/api_keywords.csv", "api_keywords", DAILY, "utf-8", (5,),
           ("128.69", None, "54", None), "2026-07-23", "2026-07-24"),
    Sample("sogou_search/keyword_export.csv", "keyword_export", WITH_BIDS, "gb18030", (8, 11),
           ("64.11", None, "80", None), "2026-06-01", "2026-06-01"),
    Sample("sogou_search/search_terms.csv", "search_terms", TERMS, "gb18030", (8,),
           ("34.54", None, "41", None), "2026-06-01", "2026-06-01"),
    Sample("shenma_search/keyword_report.csv", "keyword_report", WITH_BIDS, "gb18030", (8, 8),
           ("133.14", None, "215", None), "2026-06-01", "2026-06-02"),
    Sample("taobao_keyword/keyword_report_shops.csv", "keyword_report", DAILY, "gb18030", (4,),
           ("229.74", "926.00", "199", "7"), "2026-06-01", "2026-06-01"),
    Sample("taobao_audience/subject_report_scenes.csv", "subject_report", PLACES, "gb18030", (5,),
           ("2975.48", "11737.50", "3868", "71"), "2026-06-01", "2026-06-02"),
    Sample("taobao_audience/display_plans.xlsx", "display_plans", PLACES, "xlsx", (8,),
           ("3329.83", "6824.00", "5105", "46"), "2019-06-01", "2019-06-03"),
    Sample("taobao_audience/recommendation_plans.csv", "recommendation_plans", PLACES, "gb18030", (8,),
           ("1221.90", "3583.00", "2048", None), "2022-06-01", "2022-06-03"),
    Sample("taobao_zhitongche/keyword_report.csv", "keyword_report", DAILY, "gb18030", (8,),
           ("1644.05", "5225.00", "1444", "35"), "2019-06-01", "2019-06-07"),
    Sample("taobao_zhitongche/item_table.csv", "item_table", OTHER, "utf-8-sig", (7,),
           ("1944.00", "5225.00", "1620", None)),
    Sample("taobao_taoke/directed_plan.csv", "directed_plan", PLACES, "gb18030", (8,),
           ("363.72", "5373.00", "1322", "37"), "2026-06-01", "2026-06-03"),
    Sample("qihoo360_search/keyword_table.xlsx", "keyword_table", ("entities",), "xlsx", (8,), ()),
    Sample("baidu_index/index_table.csv", "index_table", ("keyword_market",), "utf-8-sig", (8,), ()),
    Sample("sycm/search_words_numbers.xlsx", "search_words", ("keyword_market",), "xlsx", (8,), ()),
]  # fmt: skip


def exact_sum(frame, column):
    """Return the column's sum as a decimal, None where no cell is filled."""
    if not frame[column].notna().any():
        return None
    total = Decimal(str(frame[column].sum()))
    return total / 1_000_000 if column in MONEY else total


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.file)
def test_a_sample_is_read_to_the_cent(sample, samples):
    source = read_source(samples / sample.file, load_platforms())
    tables = source.tables
    platform = sample.file.split("/", maxsplit=1)[0]
    assert source.status == "read"
    assert [(table.platform, table.report) for table in tables] == [(platform, sample.report)] * len(sample.kinds)
    assert tuple(table.kind for table in tables) == sample.kinds
    assert {table.encoding for table in tables} == {sample.encoding}
    assert tuple(len(table.frame) for table in tables) == sample.n_rows
    assert all(table.quarantine.empty and table.unknown_columns == () for table in tables)
    for column, stated in zip(SUMS, sample.sums, strict=False):
        assert exact_sum(tables[0].frame, column) == (None if stated is None else Decimal(stated)), column


@pytest.mark.parametrize("sample", [one for one in SAMPLES if one.first], ids=lambda sample: sample.file)
def test_a_sample_tells_its_days(sample, samples):
    frame = read_source(samples / sample.file, load_platforms()).tables[0].frame
    first, last = ("report_date",) * 2 if "report_date" in frame else ("period_start", "period_end")
    assert (str(frame[first].min())[:10], str(frame[last].max())[:10]) == (sample.first, sample.last)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.file)
def test_a_report_is_known_by_its_headers_in_any_order_among_others_and_below_any_preamble(sample, samples):
    platforms = load_platforms()
    (grid,) = open_grids((samples / sample.file).read_bytes(), sample.file)
    match = recognise(grid, platforms)
    assert match is not None
    rng = random.Random(sample.file)
    for n_above in range(10):
        names = [*(name.strip() for name in match.headers if name.strip()), "未知列", "extra", "第三列"]
        rng.shuffle(names)
        header = ",".join('"' + name + '"' for name in names)
        text = "备注\n" * n_above + header + "\n" + "," * (len(names) - 1) + "\n"
        (shuffled,) = open_grids(text.encode(), "shuffled")
        found = recognise(shuffled, platforms)
        assert found is not None
        assert (found.platform.name, found.spec.name) == (match.platform.name, match.spec.name)
        assert set(found.unknown) == {"未知列", "extra", "第三列"}
