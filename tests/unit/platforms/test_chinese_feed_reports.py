"""Ads in Chinese feeds and notes, and the lists of creators: what each sample adds up to, and the quirks of each export.

The sums were added up from the samples' cells by hand (with decimals, without the reader).
"""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from assets.platforms.items import item_key
from assets.platforms.reader import ReadTable, UnreadableFileError, describe, read_source
from configs.loader import load_platforms

SAMPLES = Path(__file__).parents[2] / "samples"
KEY = b"k" * 32
DAILY = "placement_daily"
# sample, kind, encoding, rows, first and last day, sums
EXPECTED = [
    ("oceanengine/adgroup_report.csv", DAILY, "utf-8-sig", 9, "2026-06-01", "2026-06-03",
     {"impressions": 330839, "clicks": 8827, "cost": 4170.37, "conversions": 140.0}),
    ("oceanengine/hourly_report.xlsx", DAILY, "xlsx", 4, "2026-06-01", "2026-06-02",
     {"impressions": 33068, "clicks": 552, "cost": 624.20}),
    ("oceanengine/project_report.csv", DAILY, "utf-8-sig", 4, "2026-10-01", "2026-10-02",
     {"impressions": 215173, "clicks": 5433, "cost": 4287.42, "conversions": 47.0, "conversion_value": 5952.59}),
    ("qianchuan/material_report.csv", DAILY, "utf-8-sig", 4, "2026-10-10", "2026-10-11",
     {"clicks": 12594, "cost": 7975.45, "conversions": 186.0, "conversion_value": 20513.58}),
    ("qianchuan/standard_report.csv", DAILY, "gb18030", 10, "2026-10-12", "2026-10-12",
     {"impressions": 199749, "clicks": 5633, "cost": 4924.42, "conversions": 70.0, "conversion_value": 6907.40}),
    ("douplus/ledger.csv", "channel_daily", "gb18030", 8, "2026-10-01", "2026-10-08",
     {"cost": 1700.0, "conversion_value": 3822.06}),
    ("xiaohongshu_juguang/creative_report.xlsx", DAILY, "xlsx", 6, "2026-10-05", "2026-10-06",
     {"impressions": 296837, "clicks": 5018, "cost": 2633.49}),
    ("xiaohongshu_juguang/ecommerce_report.csv", DAILY, "utf-8-sig", 6, "2026-10-05", "2026-10-06",
     {"clicks": 5018, "cost": 2633.49, "conversion_value": 10874.79}),
    ("xiaohongshu_juguang/keyword_report.csv", "reference", "utf-8-sig", 10, None, None,
     {"impressions": 50733, "clicks": 2211, "cost": 779.24}),
    ("xiaohongshu_juguang/jd_task_report.csv", "reference", "gb18030", 6, None, None,
     {"conversions": 152.0, "conversion_value": 14185.28}),
    ("xiaohongshu_juguang/taobao_task_report.xlsx", "reference", "xlsx", 8, None, None,
     {"conversions": 137.0, "conversion_value": 12569.44}),
    ("xiaohongshu_pugongying/kol_list.xlsx", "kol_profiles", "xlsx", 9, None, None, {"engagements": 3673}),
    ("huitun/kol_list.xlsx", "kol_profiles", "xlsx", 8, None, None, {}),
    ("xingtu/kol_list.xlsx", "kol_profiles", "xlsx", 9, None, None, {}),
    ("tencent_ads/ad_report.csv", DAILY, "utf-8-sig", 9, "2026-10-01", "2026-10-03",
     {"impressions": 364268, "clicks": 9934, "cost": 3328.07, "conversions": 171.0, "conversion_value": 18536.53}),
    ("tencent_ads/creative_report.csv", "reference", "utf-8-sig", 9, None, None,
     {"impressions": 275945, "clicks": 7416, "cost": 3540.79}),
    ("tencent_ads/api_report.csv", DAILY, "utf-8", 8, "2026-10-01", "2026-10-02",
     {"impressions": 274918, "clicks": 6909, "cost": 3116.76, "conversions": 93.0, "conversion_value": 13453.97}),
    ("weibo_fst/plan_report.csv", DAILY, "utf-8-sig", 9, "2026-10-01", "2026-10-03",
     {"impressions": 323338, "clicks": 7241, "cost": 3620.06}),
    ("oceanengine/project_list.csv", "entities", "utf-8-sig", 8, None, None, {}),
    ("qianchuan/plan_list.csv", "entities", "gb18030", 8, None, None, {}),
    ("xiaohongshu_juguang/plan_list.xlsx", "entities", "xlsx", 8, None, None, {}),
    ("tencent_ads/ad_list.csv", "entities", "utf-8-sig", 8, None, None, {}),
    ("weibo_fst/plan_list.csv", "entities", "utf-8-sig", 8, None, None, {}),
]  # fmt: skip
LISTS = [name for name, kind, *_ in EXPECTED if kind == "entities"]


def sample(name: str, key: bytes | None = None) -> ReadTable:
    (table,) = read_source(SAMPLES / name, load_platforms(), key=key).tables
    return table


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda one: one[0])
def test_every_sample_is_read_to_the_cent(expected):
    name, kind, encoding, rows, first, last, sums = expected
    source = read_source(SAMPLES / name, load_platforms())
    (table,), (told,) = source.tables, describe(source)
    assert f"{table.platform}/{table.report}" == name.rsplit(".", 1)[0]
    assert (table.kind, table.encoding, len(table.frame)) == (kind, encoding, rows)
    assert (told["first_date"], told["last_date"], told["totals"]) == (first, last, sums)
    assert table.quarantine.empty


def test_every_sample_of_these_platforms_stands_in_the_table():
    names = {name.split("/")[0] for name, *_ in EXPECTED}
    there = {f"{path.parent.name}/{path.name}" for name in names for path in (SAMPLES / name).iterdir()}
    assert there == {name for name, *_ in EXPECTED}


def test_hours_and_ads_add_up_to_the_days_of_their_group():
    frame = sample("oceanengine/hourly_report.xlsx").frame
    days = frame["report_date"].dt.strftime("%m-%d") + " " + frame["campaign_id"].str[-2:]
    assert dict(zip(days, frame["cost"] / 1e6, strict=True)) == {
        "06-01 47": 285.19, "06-01 63": 90.09, "06-02 47": 197.37, "06-02 63": 51.55,
    }  # fmt: skip


def test_a_group_without_clicks_has_no_conversions_rather_than_none():
    last = sample("oceanengine/adgroup_report.csv").frame.iloc[-1]
    assert (last["clicks"], last["cost"]) == (0, 0)
    assert pd.isna(last["conversions"])


def test_tabs_behind_headers_and_ids_are_no_part_of_them():
    raw = (SAMPLES / "qianchuan/material_report.csv").read_text(encoding="utf-8-sig")
    assert "计划ID\t," in raw
    assert "1805234567890123456\t," in raw
    table = sample("qianchuan/material_report.csv")
    assert set(table.frame["campaign_id"]) == {"1805234567890123456", "1805234567890123472"}
    assert table.unknown_columns == ()


MATERIALS = "统计时间：2026-10-12 至 2026-10-12\n素材ID,素材名称,整体消耗,整体成交金额,整体成交订单数{more}\n"


def test_net_orders_count_where_they_are_told_and_paid_ones_where_not(read_one):
    net = read_one(
        MATERIALS.format(more=",净成交金额,净成交订单数") + "7412345678901234567,口播,50.00,300.00,3,200.00,2\n"
    )
    paid = read_one(MATERIALS.format(more="") + "7412345678901234567,口播,50.00,300.00,3\n")
    assert net.frame[["conversion_value", "conversions"]].to_numpy().tolist() == [[200_000_000, 2.0]]
    assert paid.frame[["conversion_value", "conversions"]].to_numpy().tolist() == [[300_000_000, 3.0]]


def test_a_missing_net_amount_is_never_replaced_by_the_paid_one(read_one):
    table = read_one(MATERIALS.format(more=",净成交金额,净成交订单数") + "7412345678901234567,口播,50.00,300.00,3,—,\n")
    assert table.frame[["conversion_value", "conversions"]].isna().all(axis=None)


def test_a_material_is_the_placement_where_no_plan_is_told():
    frame = sample("qianchuan/standard_report.csv").frame
    assert frame["campaign_id"].str.fullmatch(r"7\d{18}").all()
    assert frame["campaign"].iloc[0] == "连衣裙 口播1"
    assert frame["conversion_value"].isna().sum() == 1


def test_a_material_report_that_names_no_day_is_refused_as_what_it_is(read):
    text = MATERIALS.format(more="").split("\n", 1)[1] + "7412345678901234567,口播,50.00,300.00,3\n"
    with pytest.raises(UnreadableFileError, match="no day column and no line above the header") as caught:
        read(text)
    assert (caught.value.platform, caught.value.kind) == ("qianchuan", DAILY)


def test_a_changed_digit_is_seen_against_the_totals_row(tmp_path):
    book = openpyxl.load_workbook(SAMPLES / "xiaohongshu_juguang/creative_report.xlsx")
    sheet = book.active
    column = next(cell.column for cell in sheet[1] if cell.value == "消费")
    assert sheet.cell(2, 1).value == "合计12条记录"
    sheet.cell(5, column).value += 1
    book.save(tmp_path / "changed.xlsx")
    source = read_source(tmp_path / "changed.xlsx", load_platforms())
    assert source.status == "totals_mismatch"
    assert [one.column for one in source.tables[0].totals if not one.holds] == ["cost"]


def test_a_creative_report_of_an_earlier_year_is_the_same_report(read_one):
    table = read_one(
        "时间,创意名称,创意ID,笔记ID,单元名称,单元ID,计划名称,计划ID,投放位置,精准定向,关键词,消费,展现量,点击量,平均千次展示费用,"
        "小红星站外活跃UV(30日归因)\n合计2条记录,-,-,-,-,-,-,-,-,-,-,30.00,900,9,-,-\n"
        "2024-03-01,A,51,65f,U,41,搜索 裙子,31,搜索,-,裙子,10.00,300,4,33.33,2\n"
        "2024-03-01,B,52,65e,U,41,搜索 裙子,31,信息流,-,-,20.00,600,5,33.33,-\n"
    )
    assert (table.report, table.unknown_columns) == ("creative_report", ())
    assert table.frame[["cost", "impressions", "clicks"]].to_numpy().tolist() == [[30_000_000, 900, 9]]
    assert all(one.holds for one in table.totals)


def test_a_totals_row_whose_label_was_moved_is_told_by_its_missing_names(read_one):
    text = "消费,展现量,点击量,计划名称,计划ID,关键词,时间\n30.00,900,9,-,-,-,合计2条记录\n"
    rows = "10.00,300,4,搜索 裙子,31,裙子,2026-10-05\n20.00,600,5,搜索 裙子,31,碎花裙,2026-10-05\n"
    table = read_one(text + rows)
    assert (table.report, table.frame["cost"].tolist()) == ("keyword_report", [10_000_000, 20_000_000])
    assert [one.holds for one in table.totals] == [True, True, True]


def test_the_shops_sales_meet_the_creatives_of_the_same_plan():
    platform = load_platforms()["xiaohongshu_juguang"]
    creative, sales = (
        sample(f"xiaohongshu_juguang/{name}").frame for name in ("creative_report.xlsx", "ecommerce_report.csv")
    )
    keys = [set(item_key(frame.assign(account="main"), platform, "placement")) for frame in (creative, sales)]
    assert (
        keys[0]
        == keys[1]
        == {f"xiaohongshu_juguang|main|placement|{name}" for name in ("视频流 连衣裙", "搜索 连衣裙", "信息流 防晒")}
    )
    told = [frame.set_index(["report_date", "campaign"])["cost"].to_dict() for frame in (creative, sales)]
    assert (
        told[0] == told[1]
    )  # one spend, told twice: a night unites them and takes the sales from the one that has them
    assert sales["conversion_value"].notna().all()
    assert creative["conversion_value"].isna().all()


def test_a_task_counts_its_buyers_once_for_the_longest_range():
    table = sample("xiaohongshu_juguang/jd_task_report.csv")
    assert [one.code for one in table.messages] == ["repeated_windows"]
    assert "15天 is used" in str(table.messages[0])


def test_a_task_on_another_platform_is_left_out_and_named(read_one):
    head = "任务ID,任务标题,平台,归因范围,成交UV,成交GMV\n"
    table = read_one(head + "901,种草,小红书,15天,3,300.00\n902,直播,抖音,15天,4,400.00\n")
    assert table.frame["name"].tolist() == ["种草"]
    assert "抖音" in str(table.messages[0])


def test_money_of_the_api_is_in_hundredths_and_that_of_the_console_is_not(read_one):
    api = read_one(
        "date,adgroup_id,view_count,valid_click_count,cost,order_amount\n2026-10-01,21400012345678901,900,9,12345,67800\n"
    )
    console = read_one(
        "日期,广告ID,广告名称,曝光次数,点击次数,花费,下单金额\n2026-10-01,21400012345678901,A,900,9,123.45,678\n"
    )
    assert api.frame[["cost", "conversion_value"]].equals(console.frame[["cost", "conversion_value"]])
    assert (api.report, console.report) == ("api_report", "ad_report")
    assert api.frame["campaign"].tolist() == ["21400012345678901"]  # without a name, the id is the name


def test_an_interaction_is_no_click_and_a_missing_click_no_zero():
    frame = sample("weibo_fst/plan_report.csv").frame
    assert frame["clicks"].isna().tolist() == [False] * 7 + [True, False]
    assert frame["impressions"].notna().all()


def test_a_day_without_effective_commission_is_unknown_and_its_cost_is_known():
    day = sample("douplus/ledger.csv").frame.iloc[4]
    assert (day["channel"], day["cost"]) == ("DOU+", 0)
    assert pd.isna(day["conversion_value"])


@pytest.mark.parametrize("name", LISTS)
def test_a_plan_list_tells_state_and_budget_and_guesses_neither(name):
    """Eight plans each: one is in review, so neither on nor off; one is over for good; one has no limit, which is not 0."""
    frame = sample(name).frame
    assert set(frame["level"]) == {"placement"}
    n_paused = (
        1 if name in {"qianchuan/plan_list.csv", "xiaohongshu_juguang/plan_list.xlsx", "tencent_ads/ad_list.csv"} else 2
    )
    assert frame["status"].value_counts().to_dict() == {"enabled": 6 - n_paused, "paused": n_paused, "archived": 1}
    assert frame["status"].isna().sum() == 1
    assert frame["daily_budget"].isna().sum() == 1
    assert not frame["is_closed_bid"].any()


def test_managed_plans_are_told_by_their_type():
    frame = sample("qianchuan/plan_list.csv").frame
    assert frame["entity_type"].value_counts().to_dict() == {"全域": 3, "标准": 3, "托管": 2}


@pytest.mark.parametrize(
    ("report", "state"),
    [
        ("oceanengine/project_report.csv", "oceanengine/project_list.csv"),
        ("qianchuan/material_report.csv", "qianchuan/plan_list.csv"),
        ("xiaohongshu_juguang/creative_report.xlsx", "xiaohongshu_juguang/plan_list.xlsx"),
        ("tencent_ads/ad_report.csv", "tencent_ads/ad_list.csv"),
        ("weibo_fst/plan_report.csv", "weibo_fst/plan_list.csv"),
    ],
)
def test_what_was_spent_meets_what_can_be_set(report, state):
    spent, set_now = sample(report), sample(state)
    platform = load_platforms()[spent.platform]
    items = [set(item_key(one.frame.assign(account="main"), platform, "placement")) for one in (spent, set_now)]
    assert items[0] <= items[1]
