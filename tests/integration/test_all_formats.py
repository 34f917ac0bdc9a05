"""Every known header set is recognised as its platform and kind: alone, shuffled, with strange columns, under a preamble."""

from __future__ import annotations

import csv
import io
import json
import random
from pathlib import Path

import pytest

from assets.platforms.errors import UnreadableFileError
from assets.platforms.grid import Grid
from assets.platforms.header import recognise
from assets.platforms.open_source import open_grids
from assets.platforms.reader import read_source
from configs.loader import load_platforms

HEADERS = Path(__file__).parents[3] / "shared" / "formats" / "headers.json"
pytestmark = pytest.mark.real_data

# Where a key of headers.json begins like this, this platform must recognise it: the longest beginning counts.
PLATFORMS = {
    "google_ads": "google_ads", "microsoft_ads": "microsoft_ads", "amazon.sp": "amazon_sp",
    "amazon.bulksheet_2026.Portfolios": "amazon_sp", "amazon.bulksheet_2026.Sponsored Products": "amazon_sp",
    "amazon.bulksheet_2026.SP": "amazon_sp", "amazon.bulksheet_2026.Sponsored Brands": "amazon_sb",
    "amazon.bulksheet_2026.SB": "amazon_sb", "amazon.bulksheet_2026.Sponsored Display": "amazon_sd",
    "amazon.bulksheet_2026.RAS": "amazon_ras", "meta": "meta_ads", "tiktok": "tiktok_ads",
    "taobao.wanxiangtai_wujie.keyword": "taobao_keyword", "taobao.wanxiangtai_wujie.subject": "taobao_audience",
    "taobao.zuanzhan": "taobao_audience", "taobao.zhitongche": "taobao_zhitongche", "taobao.taoke": "taobao_taoke",
    "sycm": "sycm", "jd": "jd_jzt", "pdd": "pdd", "baidu.search": "baidu_search", "baidu.feed": "baidu_feed",
    "qihoo360": "qihoo360_search", "sogou": "sogou_search", "shenma": "shenma_search", "oceanengine": "oceanengine",
    "qianchuan": "qianchuan", "xiaohongshu.juguang": "xiaohongshu_juguang",
    "xiaohongshu.pugongying": "xiaohongshu_pugongying", "huitun": "huitun", "xingtu": "xingtu", "tencent": "tencent_ads",
}  # fmt: skip
KINDS = {  # what a report feeds first, told by the end of its key
    "search_term": "search_terms", "search_terms": "search_terms", "Search Term Report": "reference",  # its days are untold
    "keyword_planner": "keyword_market", "sycm": "keyword_market", "kol": "kol_profiles",
    "Campaigns": "entities", "ads.bulk": "entities", "editor": "entities", "xlsx_copy": "entities",
}  # fmt: skip
PREAMBLE_KEY = "microsoft_ads.report_csv.preamble"  # lines above a header, not a header


def formats() -> dict[str, list[str]]:
    if not HEADERS.exists():
        return {}
    content = json.loads(HEADERS.read_text(encoding="utf-8"))["formats"]
    return {key: one["columns"] for key, one in content.items() if key != PREAMBLE_KEY}


def platform_of(key: str) -> str:
    return PLATFORMS[max((one for one in PLATFORMS if key.startswith(one)), key=len)]


def as_grid(lines: list[list[str]], key: str) -> Grid:
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    (grid,) = open_grids(text.getvalue().encode(), key)
    return grid


def variants(columns: list[str], seed: str) -> dict[str, list[list[str]]]:
    """Return the header as tables: as it is, shuffled, with strange columns, and under preambles."""
    order = random.Random(seed)
    shuffled = order.sample(columns, len(columns))
    strange = order.sample([*columns, "自定义备注", "Internal note", "x_17"], len(columns) + 3)
    above = [
        ["数据生成时间：2026-05-01 14:02"],
        ["1. 时间范围：2026-04-01至2026-04-30"],
        ["账户：店铺"],
        [],
        ["投放物料：全部"],
    ]
    return {
        "alone": [columns], "shuffled": [shuffled], "strange columns": [strange],
        "preamble": [["Report"], ["2026-04-01 - 2026-04-30"], columns],
        "long preamble, shuffled": [*above, [""], ["--"], shuffled],
    }  # fmt: skip


@pytest.mark.parametrize("key", formats())
def test_a_known_header_set_is_its_platform_and_nothing_else(key):
    columns = formats()[key]
    for name, lines in variants(columns, key).items():
        match = recognise(as_grid(lines, key), load_platforms())
        assert match is not None, name
        assert (match.platform.name, list(match.headers)) == (platform_of(key), lines[-1]), name


@pytest.mark.parametrize("key", formats())
def test_a_known_header_set_has_no_column_that_its_description_does_not_know(key):
    columns = formats()[key]
    match = recognise(as_grid([columns], key), load_platforms())
    assert match is not None
    assert match.unknown == ()


@pytest.mark.parametrize("key", [key for key in formats() if any(mark in key for mark in KINDS)])
def test_a_report_feeds_the_kind_that_its_name_promises(key):
    match = recognise(as_grid([formats()[key]], key), load_platforms())
    assert match is not None
    assert match.spec.kinds[0] == KINDS[max((mark for mark in KINDS if mark in key), key=len)]


def test_a_report_of_unknown_columns_under_known_first_lines_is_named_after_its_platform(tmp_path):
    if not HEADERS.exists():
        pytest.skip("../shared/formats is not here")
    lines = json.loads(HEADERS.read_text(encoding="utf-8"))["formats"][PREAMBLE_KEY]["columns"]
    path = tmp_path / "report.csv"
    path.write_text("\n".join(f'"{line}"' for line in lines) + '\n\n"Odd","Columns"\n"1","2"\n', encoding="utf-8")
    with pytest.raises(UnreadableFileError) as refused:
        read_source(path, load_platforms())
    assert refused.value.platform == "microsoft_ads"
