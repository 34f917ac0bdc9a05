from __future__ import annotations

import pandas as pd
import pytest

from assets.platforms.reader import UnreadableFileError

HEADER = "日期,场景ID,计划ID,计划名字,单元ID,词ID/词包ID,词名字/词包名字,展现量,点击量,花费,总成交笔数"
ROW = "2026-06-01,371,61,夏被,22,35,夏凉被,100,5,6.10,1"
BAIDU_HEADER = (
    "账户,推广计划名称,推广计划每日预算,推广单元名称,关键词名称,关键词启用/暂停信息,关键词出价,消费,点击,展现"
)
BAIDU_ROW = "店,夏被,300,蚕丝被,夏凉被,启用,1.20,33.60,28,910"
DEVICE_HEADER = "Device,Keyword,Match type,Campaign,Ad group,Currency code,Impr.,Clicks,Cost,Search impr. share"


def test_a_bad_cell_sets_its_row_aside_with_line_column_value_and_reason(read):
    source = read(f"{HEADER}\n{ROW}\n{ROW.replace(',5,', ',five,')}\n{ROW.replace('6.10', '6,1x')}\n")
    (table,) = source.tables
    assert table.frame["line"].tolist() == [2]
    assert table.quarantine.to_numpy().tolist() == [
        [3, "点击量", "five", "not a whole number"],
        [4, "", "2026-06-01", "the row has 12 cells, the header 11"],
    ]
    assert source.status == "partly_read"
    assert [one.code for one in source.messages] == ["quarantined_rows"]
    assert (source.messages[0].line, source.messages[0].column, source.messages[0].value) == (3, "点击量", "five")


def test_a_row_with_two_bad_cells_counts_once(read_one):
    table = read_one(f"{HEADER}\n{ROW.replace(',5,6.10', ',five,six')}\n")
    assert len(table.frame) == 0
    assert len(table.quarantine) == 1


def test_a_rounded_id_sets_its_row_aside(read_one):
    table = read_one(f"{HEADER}\n{ROW.replace(',35,', ',3.59278E+14,')}\n")
    assert "do not save it in Excel" in table.quarantine["reason"].iloc[0]


def test_a_file_that_breaks_off_inside_a_row_is_refused(read):
    with pytest.raises(UnreadableFileError, match="breaks off in line 3: 4 of 11 cells") as error:
        read(f"{HEADER}\n{ROW}\n2026-06-01,371,61,夏")
    assert (error.value.platform, error.value.line) == ("taobao_keyword", 3)


def test_a_last_row_without_a_line_end_is_read(read_one):
    assert len(read_one(f"{HEADER}\n{ROW}").frame) == 1


def test_blank_rows_and_trailing_empty_cells_are_passed_over(read_one):
    table = read_one(f"{HEADER}\n\n,,,,,,,,,,\n{ROW},,\n{ROW},,\n\n")
    assert table.frame["line"].tolist() == [4, 5]
    assert table.quarantine.empty


def test_lines_are_counted_over_cells_that_hold_line_ends(read_one):
    table = read_one(f"{HEADER}\n{ROW.replace('夏凉被', chr(34) + '夏' + chr(10) + '凉被' + chr(34))}\n{ROW}\n")
    assert table.frame["line"].tolist() == [2, 4]


def test_an_unclosed_quote_costs_every_line_that_it_swallows(read_one):
    rows = "\n".join([ROW, ROW.replace("夏被", '"夏被'), ROW, ROW])
    table = read_one(f"{HEADER}\n{rows}\n")
    assert table.frame["line"].tolist() == [2]
    assert table.quarantine["line"].tolist() == [3, 4, 5]


def test_a_file_with_a_header_only_has_no_rows_and_says_so(read):
    source = read(f"{HEADER}\n")
    assert len(source.tables[0].frame) == 0
    assert [one.code for one in source.messages] == ["no_rows"]
    assert str(source.tables[0].frame["cost"].dtype) == "Int64"


def test_rows_of_another_scene_are_left_out_and_counted(read):
    source = read(f"{HEADER}\n{ROW}\n{ROW.replace('371', '372')}\n")
    assert len(source.tables[0].frame) == 1
    assert "1 rows with 场景ID 372" in source.messages[0].text


def test_spend_that_repeats_per_attribution_window_is_counted_once(read):
    short, usual = ROW, ROW.removesuffix("1") + "4"
    source = read(f"转化周期,{HEADER}\n1天转化,{short}\n15天转化,{usual}\n")
    frame = source.tables[0].frame
    assert (frame["cost"].tolist(), frame["conversions"].tolist()) == ([6_100_000], [4.0])
    assert "15天转化 is used" in source.messages[0].text


def test_the_longest_window_stands_in_where_the_usual_one_is_missing(read_one):
    rows = "".join(f"{window},{ROW}\n" for window in ("3天转化", "30天转化", "7天转化"))
    assert read_one(f"转化周期,{HEADER}\n{rows}").frame["line"].tolist() == [3]


def test_device_segments_of_a_keyword_are_added_up(read_one):
    device = "{},[quilt],Exact match,C,G,USD,{},{},{},{}"
    rows = [
        device.format("Computers", 100, 5, "2.50", "40%"),
        device.format("Mobile phones", 900, 40, "17.25", "50%"),
        device.format("Tablets", " --", 0, "0", " --").replace("quilt", "other"),
    ]
    frame = read_one(f'"June 1, 2026"\n{DEVICE_HEADER}\n' + "\n".join(rows) + "\n").frame
    assert frame["keyword"].tolist() == ["quilt", "other"]
    assert frame["clicks"].tolist() == [45, 0]
    assert frame["cost"].tolist() == [19_750_000, 0]
    assert pd.isna(frame["impressions"].iloc[1])
    assert frame["impression_share"].isna().all()


def test_a_decorated_keyword_tells_its_match_type_where_no_column_does(read_one):
    header, row = "Keyword,Campaign,Ad group,Clicks,Cost", "C,G,1,0.50"
    frame = read_one(f'"June 1, 2026"\n{header}\n[a],{row}\n"""b""",{row}\nc,{row}\n').frame
    assert frame["keyword"].tolist() == ["a", "b", "c"]
    assert frame["match_type"].tolist() == ["exact", "phrase", "broad"]


def test_duplicate_rows_are_left_for_the_row_rules(read_one):
    assert len(read_one(f"{HEADER}\n{ROW}\n{ROW}\n").frame) == 2


def test_the_account_row_gives_its_name_to_rows_without_one(read):
    rows = f"{BAIDU_ROW}\n{BAIDU_ROW.replace('店,', ',', 1)}"
    content = f"2026-06-01\n{BAIDU_HEADER}\n示例账户\n{rows}\n".replace(",", "\t")
    daily, entities = read(content, "gb18030").tables
    assert daily.frame["account"].tolist() == ["店", "示例账户"]
    assert entities.frame["level"].tolist() == ["keyword", "keyword", "placement"]


def test_a_bad_bid_costs_the_entity_and_not_its_statistics(read):
    content = f"2026-06-01\n{BAIDU_HEADER}\n{BAIDU_ROW.replace('1.20', 'high')}\n".replace(",", "\t")
    daily, entities = read(content, "gb18030").tables
    assert (len(daily.frame), len(daily.quarantine)) == (1, 0)
    assert (len(entities.frame), len(entities.quarantine)) == (0, 1)


def test_template_rows_of_an_unknown_platform_are_set_aside(read_one):
    table = read_one(
        "platform,level,campaign,status,daily_budget\n万相台 人群推广,计划,拉新,启用,80\ntabao,计划,x,启用,80\n"
    )
    assert table.frame["platform"].tolist() == ["taobao_audience"]
    assert table.quarantine[["line", "value"]].to_numpy().tolist() == [[3, "tabao"]]
    assert "taobao_keyword" in table.quarantine["reason"].iloc[0]


def test_editor_campaign_rows_keep_their_own_budget_and_ad_group_rows_are_left_out(read_one):
    table = read_one(
        "Campaign,Budget,Ad Group,Keyword,Criterion Type,Max CPC,Status\n"
        "C,50,,,,,Enabled\nC,,G,,,0.70,Enabled\nC,50,G,quilt,Exact,0.80,Paused\n"
    )
    assert table.frame["level"].tolist() == ["placement", "keyword"]
    assert table.frame["daily_budget"].tolist() == [50_000_000, pd.NA]
    assert table.frame["entity_type"].tolist() == ["Campaign", "Keyword"]
    assert table.frame["status"].tolist() == ["enabled", "paused"]
