"""What is peculiar to the Chinese search and shop platforms: spend that is told twice, names that are gone, net values."""

from __future__ import annotations

import pandas as pd
import pytest

from assets.expectations.rows import check_rows
from assets.platforms.errors import UnreadableFileError
from assets.platforms.items import item_key
from assets.platforms.levers import round_to_step
from assets.platforms.reader import read_source
from assets.warehouse.union import unite
from configs.loader import load_platforms

JD_HEADER = (
    "日期,推广计划,计划ID,推广单元,单元ID,关键词,匹配方式,跟单SKU ID,推广SKU ID,展现数,点击数,花费,总订单行,总订单金额"
)
PDD_2025 = "商品ID,商品名称,总花费(元),成交花费(元),交易额(元),成交笔数,曝光量,点击量"
SOGOU_TERMS = "sogou_search/search_terms.csv"


@pytest.fixture
def read_sample(samples):
    def read_file(name):
        return read_source(samples / name, load_platforms()).tables

    return read_file


def parts(frames, platform):
    """Return rows as the warehouse holds those of several files of one night."""
    told = [
        frame.assign(account="main", as_of=pd.Timestamp("2026-07-25"), file=f"file-{at}")
        for at, frame in enumerate(frames)
    ]
    rows = pd.concat(told, ignore_index=True)
    return rows.assign(item=item_key(rows, load_platforms()[platform], "keyword"))


# ---- spend that one file tells more than once ----


def test_terms_and_bought_skus_add_up_to_their_keyword_and_rows_without_a_term_are_no_terms(read_sample):
    keywords, terms = (table.frame for table in read_sample("jd_jzt/keyword_report.csv"))
    first = keywords.iloc[0]
    assert (first["keyword"], first["cost"], first["conversions"]) == (
        "空调被",
        61_230_000,
        3.0,
    )  # 46.50 + 12.33 + 2.40
    assert terms["search_term"].notna().all()
    assert terms.iloc[0][["cost", "conversions"]].tolist() == [46_500_000, 3.0]  # its orders of two SKUs
    assert keywords["cost"].sum() - terms["cost"].sum() == 2_400_000 + 2_550_000


def test_a_keyword_report_without_terms_gives_keywords_only(read):
    row = "2026-06-01,p,1,u,2,夏凉被,精确匹配,-,{sku},100,5,6.50,1,99.00"
    content = f"{JD_HEADER}\n{row.format(sku='10001')}\n{row.format(sku='10002')}\n"
    keywords, terms = read(content).tables
    assert keywords.frame[["clicks", "cost"]].to_numpy().tolist() == [[10, 13_000_000]]
    assert terms.frame.empty


def test_a_keyword_keeps_its_sku_only_where_all_its_rows_promote_the_same(read):
    row = "2026-06-01,p,1,u,2,{word},精确匹配,-,{sku},100,5,6.50,1,99.00"
    rows = [row.format(word="a", sku="10001"), row.format(word="a", sku="10002"), row.format(word="b", sku="10003")]
    keywords, _ = read("\n".join([JD_HEADER, *rows, ""])).tables
    assert keywords.frame["product_id"].fillna("none").tolist() == ["none", "10003"]


def test_since_the_rename_the_keyword_report_alone_tells_the_spend_of_search(read_sample):
    (table,) = read_sample("jd_jzt/custom_report_since_rename.csv")
    assert sorted(table.frame["campaign"].unique()) == ["凉席拉新", "品牌首焦"]
    assert "京东快车" in str(table.messages[0])


def test_a_plan_of_two_products_is_one_row_a_day_without_a_product(read_sample):
    (table,) = read_sample("taobao_audience/subject_report_scenes.csv")
    plan = table.frame[table.frame["campaign_id"] == "71230001"]
    assert plan["cost"].tolist() == [890_500_000, 868_130_000]  # 702.10 + 188.40, 688.02 + 180.11
    assert plan["product_id"].isna().all()
    assert table.frame["campaign"].nunique() == 3
    assert "关键词推广" not in str(table.frame["campaign"].tolist())


def test_each_attribution_window_repeats_the_spend_and_the_longest_known_one_counts(read_sample):
    (table,) = read_sample("taobao_keyword/keyword_report_shops.csv")
    assert sorted(table.frame["account"].unique()) == ["云朵家居专营店", "云朵家纺旗舰店"]
    assert table.frame["conversions"].tolist()[:3] == [4.0, 1.0, 2.0]
    assert pd.isna(table.frame["conversions"].iloc[3])


def test_units_and_platforms_of_a_feed_plan_add_up(read_sample):
    frame = read_sample("baidu_feed/feed_report.csv")[0].frame
    assert frame["campaign"].tolist() == ["夏被信息流", "凉席信息流"] * 2
    assert frame["cost"].tolist() == [407_150_000, 14_940_000, 330_670_000, 16_200_000]


def test_devices_of_a_keyword_add_up_and_its_long_id_stays_whole(read_sample):
    frame = read_sample("qihoo360_search/api_keywords.csv")[0].frame
    assert frame[["keyword_id", "clicks"]].to_numpy().tolist()[0] == ["4403201987654321000", 18]


# ---- spend that two files tell ----


def test_the_mobile_and_the_computer_rank_file_of_one_night_count_once(read_sample):
    names = ("qihoo360_search/keyword_report.csv", "qihoo360_search/keyword_report_computers.csv")
    united = unite(parts([read_sample(name)[0].frame for name in names], "qihoo360_search"), "keyword_daily")
    assert united.conflicts.empty
    assert united.frame["cost"].sum() == 663_660_000


def test_rank_files_that_split_the_spend_contradict_each_other_and_are_never_added(read_sample):
    frame = read_sample("qihoo360_search/keyword_report.csv")[0].frame
    other = frame.assign(cost=frame["cost"] // 2).iloc[:1]
    united = unite(parts([frame, other], "qihoo360_search"), "keyword_daily")
    assert len(united.conflicts) == 2
    assert united.frame["cost"].sum() == 663_660_000 - 319_490_000


# ---- names and states ----


def test_a_deleted_name_keeps_its_facts_and_is_no_entity(read_sample):
    daily, entities = (table.frame for table in read_sample("baidu_search/keyword_export_deleted.csv"))
    names = daily[["campaign", "ad_group", "keyword"]].agg("|".join, axis=1)
    assert daily.loc[names.str.contains("已删除"), "cost"].sum() == 20_360_000  # 11.07 + 6.30 + 2.99
    told = entities[["campaign", "ad_group", "keyword"]].fillna("").agg("|".join, axis=1)
    assert not told.str.contains("已删除").any()
    assert entities.loc[entities["level"] == "placement", "daily_budget"].tolist() == [300_000_000, 80_000_000]


def test_a_bid_beside_every_day_is_one_entity(read_sample):
    _, entities = read_sample("shenma_search/keyword_report.csv")
    good = check_rows(entities.frame, "entities", pd.Timestamp("2026-06-02").date()).good
    assert good["keyword"].tolist() == ["夏凉被", "空调被", "学生被", "藤席", "云朵家纺"]
    assert good["status"].tolist() == ["enabled", "enabled", "enabled", "paused", "enabled"]


def test_a_plan_without_a_limit_gets_no_budget_row(read_sample):
    _, entities = (table.frame for table in read_sample("sogou_search/keyword_export.csv"))
    plans = entities[entities["level"] == "placement"]
    assert plans[["campaign", "status"]].to_numpy().tolist() == [
        ["夏被", "enabled"],
        ["品牌", "paused"],
        ["枕头", "enabled"],
    ]
    assert entities.loc[entities["keyword"] == "凉席 1.8", "is_closed_bid"].all()


# ---- values, totals and periods ----


def test_refunds_are_out_where_a_report_knows_them(read_sample):
    frame = read_sample("pdd/product_daily.xlsx")[0].frame
    first = frame.iloc[0]
    assert (first["product_id"], first["conversion_value"], first["cost"]) == ("612345678901", 702_400_000, 162_350_000)
    assert frame["campaign"].tolist().count("总计") == 0


def test_gross_values_stand_in_where_a_report_has_no_net_ones(read_one):
    note = "* 2025/04/01 至 2025/04/01 的数据"
    table = read_one(f"{note}\n{PDD_2025}\n1234567,枕头,10.00,9.00,88.00,2,100,5\n-,总计,10.00,9.00,88.00,2,100,5\n")
    row = table.frame.iloc[0]
    assert len(table.frame) == 1
    assert (row["conversion_value"], row["conversions"]) == (88_000_000, 2.0)
    assert str(row["report_date"])[:10] == "2025-04-01"


def test_a_period_report_that_names_no_period_is_refused_by_name(read):
    with pytest.raises(UnreadableFileError, match="no day column and no line above") as caught:
        read(f"{PDD_2025}\n1234567,枕头,10.00,9.00,88.00,2,100,5\n")
    assert (caught.value.platform, caught.value.kind) == ("pdd", "placement_daily")


@pytest.mark.parametrize(
    ("line", "platform"),
    [
        ("显示以下时间范围内的全部设备:2026/06/01 - 2026/06/01", "sogou_search"),
        ("5. 投放物料：全部", "baidu_search"),
        ("* 2026/04/01 至 2026/04/07 的数据", "pdd"),
    ],
)
def test_an_unknown_table_below_the_first_lines_of_a_platform_is_refused_in_its_name(read, line, platform):
    with pytest.raises(UnreadableFileError, match="known") as caught:
        read(f"{line}\n全新列一,全新列二\n1,2\n")
    assert caught.value.platform == platform


def test_a_changed_digit_breaks_the_totals_row(samples, read):
    content = (samples / SOGOU_TERMS).read_bytes().decode("gb18030").replace(",12.04,", ",12.94,")
    source = read(content, "gb18030")
    assert source.status == "totals_mismatch"
    assert [(one.column, one.holds) for one in source.tables[0].totals] == [("clicks", True), ("cost", False)]


def test_totals_above_and_below_the_items_are_left_out(read_sample):
    frame = read_sample("taobao_zhitongche/item_table.csv")[0].frame
    assert frame["name"].tolist()[0] == "云朵夏凉被"
    assert len(frame) == 7


def test_commission_counts_when_orders_are_settled_whatever_the_width_of_the_brackets(samples, read):
    content = (samples / "taobao_taoke" / "directed_plan.csv").read_bytes().decode("gb18030")
    wide = content.replace("(元)", "（元）")
    costs = [read(text, "gb18030").tables[0].frame["cost"].sum() for text in (content, wide)]
    assert costs == [363_720_000, 363_720_000]
    assert load_platforms()["taobao_taoke"].attribution.date == "conversion"


def test_a_row_shifted_by_one_column_is_set_aside(read_one):
    header = "关键词,搜索人气,点击率,支付转化率"
    table = read_one(f"{header}\n夏凉被,5000 ~ 1万,59%,1% ~ 2.5%\n凉席,92.96%,5000 ~ 1万,-\n")
    assert table.frame["keyword"].tolist() == ["夏凉被"]
    assert table.quarantine[["line", "column"]].to_numpy().tolist() == [[3, "搜索人气"]]


def test_bids_of_a_platform_with_steps_of_ten_cents_are_rounded_half_up():
    rule = load_platforms()["jd_jzt"].rulebook.rule("keyword_bid")
    assert round_to_step([0.25, 1.34, 1.35, 0.1, 9999.0], rule).tolist() == [0.3, 1.3, 1.4, 0.1, 9999.0]
