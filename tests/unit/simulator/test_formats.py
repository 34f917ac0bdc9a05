"""The exports' encodings, preambles and header lines, against excerpts written down here by hand."""

import csv
import io
import zipfile

import pytest
from python_calamine import CalamineWorkbook

from simulator.layouts import load_layout

KEYWORD_REPORT_START = [
    "日期",
    "场景ID",
    "场景名字",
    "计划ID",
    "计划名字",
    "单元ID",
    "单元名字",
    "宝贝ID",
    "宝贝名称",
    "词类型",
]
GOOGLE_HEADER = [
    "Day", "Keyword status", "Keyword", "Match type", "Campaign", "Ad group", "Status", "Status reasons", "Final URL",
    "Impr.", "Interactions", "Interaction rate", "Currency code", "Avg. cost", "Cost", "Clicks", "Conv. rate",
    "Conversions", "Avg. CPC", "Cost / conv.", "Conv. value", "Search impr. share", "Search lost IS (budget)",
    "Search lost IS (rank)",
]  # fmt: skip
AMAZON_TARGETING = [
    "Date", "Portfolio name", "Currency", "Campaign Name", "Ad Group Name", "Targeting", "Match Type", "Impressions",
    "Clicks", "Click-Thru Rate (CTR)", "Cost Per Click (CPC)", "Spend", "Total Advertising Cost of Sales (ACoS) ",
    "Total Return on Advertising Spend (RoAS)", "7 Day Total Sales ", "7 Day Total Orders (#)", "7 Day Total Units (#)",
    "7 Day Conversion Rate", "7 Day Advertised SKU Units (#)", "7 Day Other SKU Units (#)",
    "7 Day Advertised SKU Sales ", "7 Day Other SKU Sales ",
]  # fmt: skip
BAIDU_TERMS = "日期,推广计划,推广单元,关键词,搜索词,当前单元的添加状态,展现,点击,消费,点击率,总转化量"
EDITOR = "Campaign,Campaign Daily Budget,Ad Group,Keyword,Criterion Type,Max CPC,Status,Final URL"


def only(folder, pattern):
    (path,) = folder.glob(pattern)
    return path


def test_taobao_keyword_report_is_gb18030_csv_in_a_zip_with_74_columns(exported):
    path = only(exported[exported["last"]], "关键词报表_*.zip")
    with zipfile.ZipFile(path) as archive:
        (member,) = archive.namelist()
        text = archive.read(member).decode("gb18030")
    rows = list(csv.reader(io.StringIO(text)))
    assert path.name == "关键词报表_20250625_073000.zip"
    assert len(rows[0]) == 74
    assert rows[0][:10] == KEYWORD_REPORT_START
    assert rows[0][-1] == "平均展现排名"
    assert all(len(row) == 74 for row in rows)
    assert "\\N" in rows[1]


def test_taobao_ids_are_text_of_12_to_15_digits(exported):
    with zipfile.ZipFile(only(exported[exported["last"]], "关键词报表_*.zip")) as archive:
        text = archive.read(archive.namelist()[0]).decode("gb18030")
    row = dict(zip(*list(csv.reader(io.StringIO(text)))[:2], strict=True))
    assert [len(row[name]) for name in ("计划ID", "单元ID", "词ID/词包ID", "宝贝ID")] == [12, 13, 15, 12]
    assert row["场景ID"] == "371"


def test_audience_report_is_gbk_with_33_columns(exported):
    text = only(exported[exported["last"]], "主体报表_*.csv").read_bytes().decode("gbk")
    rows = list(csv.reader(io.StringIO(text)))
    assert len(rows[0]) == 33
    assert rows[0][7:10] == ["主体ID", "主体类型", "主体名称"]
    assert len(rows) == 1 + 4 * 7


def test_google_keyword_report_is_utf16_tab_with_two_preamble_lines_and_totals(exported):
    raw = only(exported[exported["last"]], "Search keyword report*.csv").read_bytes()
    assert raw[:2] == b"\xff\xfe"
    lines = raw.decode("utf-16").split("\r\n")
    assert lines[:2] == ["Search keyword report", '"June 18, 2025 - June 24, 2025"']
    assert lines[2].split("\t") == GOOGLE_HEADER
    labels = [line.split("\t")[0] for line in lines[-6:-1]]
    assert labels[0] == "Total: Your keywords"
    assert "Total: Account" in labels
    assert " --" in lines[3].split("\t")


def test_google_impression_shares_are_percent_texts_or_censored(exported):
    raw = only(exported[exported["before"]], "Search keyword report*.csv").read_bytes().decode("utf-16")
    rows = [line.split("\t") for line in raw.split("\r\n")[3:-6]]
    shares = {row[-3] for row in rows} | {row[-2] for row in rows}
    assert "< 10%" in shares
    assert all(share in {"< 10%", "> 90%"} or share.endswith("%") for share in shares)


def test_google_search_terms_decorate_keywords_and_hide_the_rare_ones(exported):
    lines = only(exported[exported["last"]], "Search terms report*.csv").read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(lines[2:]))
    assert lines[0] == "Search terms report"
    assert any(row["Keyword"].startswith("[") for row in rows)
    assert any(row["Search term"] == "Total: Other search terms" and row["Impr."] == "0" for row in rows)


def test_editor_csv_carries_bids_and_campaign_budgets(exported):
    lines = only(exported[exported["last"]], "google_ads_editor*.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == EDITOR
    assert len(lines) == 1 + 36


def test_keyword_planner_is_utf16_with_bucketed_volumes(exported):
    lines = only(exported[exported["last"]], "Keyword Stats*.csv").read_bytes().decode("utf-16").split("\r\n")
    rows = list(csv.DictReader(lines[2:], delimiter="\t"))
    assert {row["Avg. monthly searches"] for row in rows} <= {"0", "50", "500", "5000", "50000", "500000"}


def test_amazon_targeting_report_has_the_22_headers_with_their_trailing_spaces(exported):
    path = only(exported[exported["last"]], "*Targeting report*.xlsx")
    grid = CalamineWorkbook.from_path(str(path)).get_sheet_by_name("Sponsored Product Keyword Repor").to_python()
    assert grid[0] == AMAZON_TARGETING
    assert {"close-match", "loose-match"} & {row[5] for row in grid[1:]}


def test_amazon_bulk_sheet_has_52_columns_and_the_four_entities(exported):
    path = only(exported[exported["last"]], "bulk-*.xlsx")
    grid = CalamineWorkbook.from_path(str(path)).get_sheet_by_name("Sponsored Products Campaigns").to_python()
    rows = [dict(zip(grid[0], row, strict=True)) for row in grid[1:]]
    assert len(grid[0]) == 52
    assert {"Campaign", "Ad Group", "Keyword", "Product Targeting"} <= {row["Entity"] for row in rows}
    keyword = next(row for row in rows if row["Entity"] == "Keyword")
    assert isinstance(keyword["Keyword ID"], str)
    assert keyword["Operation"] == ""
    assert keyword["Bid"] > 0


def test_baidu_client_export_is_tab_separated_gb18030_with_an_account_line(exported):
    folder = exported[exported["last"]]
    lines = (folder / "百度推广客户端_关键词_20250624.csv").read_bytes().decode("gb18030").split("\r\n")
    assert lines[0] == "2025-06-24至2025-06-24"
    assert len(lines[1].split("\t")) == 55
    assert lines[2] == "山野集-百度推广"
    assert len(lines[3].split("\t")) == 55
    assert len(list(folder.glob("百度推广客户端_*.csv"))) == 3


def test_baidu_search_terms_have_eight_lines_before_the_header(exported):
    lines = only(exported[exported["last"]], "搜索词报告_*.csv").read_bytes().decode("gb18030").split("\r\n")
    assert lines[2] == "1. 时间范围：20250618至20250624"
    assert lines[7] == ""
    assert lines[8].startswith(BAIDU_TERMS)


def test_sycm_search_words_are_ranges(exported):
    raw = only(exported[exported["last"]], "生意参谋*.csv").read_bytes()
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
    assert raw[:3] == b"\xef\xbb\xbf"
    assert all(" ~ " in row["搜索人气"] for row in rows)
    assert any("万" in row["搜索人气"] for row in rows)


@pytest.mark.parametrize(
    ("platform", "report", "n"),
    [
        ("taobao_keyword", "keyword_report", 74),
        ("taobao_audience", "subject_report", 33),
        ("amazon_sp", "targeting", 22),
        ("amazon_sp", "bulk", 52),
        ("baidu_search", "keyword_export", 55),
        ("baidu_search", "search_terms", 13),
        ("sycm", "search_rank", 5),
        ("templates", "entities", 17),
    ],
)
def test_layouts_have_as_many_different_headers_as_the_real_exports(platform, report, n):
    headers = load_layout(platform, report).headers
    assert len(headers) == len(set(headers)) == n
