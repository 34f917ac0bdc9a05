"""Bid files in every platform's upload format change the market, and what a platform would refuse is refused."""

import json

import numpy as np
import pytest
import xlsxwriter

from simulator.options import MarketOptions
from simulator.shop import SimulatedMarket

SIZES = {"taobao_keyword": 20, "taobao_audience": 3, "google_ads": 20, "amazon_sp": 20, "baidu_search": 20}


@pytest.fixture
def market():
    made = SimulatedMarket(MarketOptions(seed=5, days=2, n_items=SIZES, n_products=20))
    made.live_until(made.options.first_day)
    return made


def csv_file(path, header, *rows, encoding="utf-8"):
    path.write_bytes("\r\n".join([header, *rows, ""]).encode(encoding))
    return path


def sheet_file(path, header, *rows):
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Sponsored Products Campaigns")
        for y, row in enumerate([header, *rows]):
            sheet.write_row(y, 0, row)
    return path


def named(market, platform, row=0):
    account = market.world.accounts[platform]
    keyword = account.keywords.loc[row].to_dict()
    keyword["campaign_name"] = account.campaigns["campaign"][keyword["campaign"]]
    keyword["campaign_id"] = account.campaigns["campaign_id"][keyword["campaign"]]
    return keyword


def test_taobao_json_sets_bids_in_fen(market, tmp_path):
    first = named(market, "taobao_keyword")
    path = tmp_path / "keyword_bids.json"
    path.write_text(json.dumps([{"keywordId": int(first["keyword_id"]), "maxPrice": 123, "isDefaultPrice": 0}]))
    report = market.apply([path])
    assert report.applied == 1
    assert report.by_kind == {"bid": 1}
    assert named(market, "taobao_keyword")["bid"] == 1.23


def test_a_changed_bid_shows_in_the_next_export(market, tmp_path):
    first = named(market, "taobao_keyword")
    path = tmp_path / "keyword_bids.json"
    path.write_text(json.dumps([{"keywordId": int(first["keyword_id"]), "maxPrice": 777}]))
    market.apply([path])
    market.export(market.options.last_night, tmp_path / "out")
    line = next(
        line
        for line in (tmp_path / "out" / "entities.csv").read_text(encoding="utf-8").splitlines()
        if first["keyword_id"] in line
    )
    assert ",7.77," in line


def test_a_higher_bid_buys_more_clicks_on_later_days(tmp_path):
    def clicks(raised):
        market = SimulatedMarket(MarketOptions(seed=5, days=2, n_items=SIZES, n_products=20))
        market.live_until(market.options.first_day)
        keywords = market.world.accounts["baidu_search"].keywords
        rows = [
            f"{named(market, 'baidu_search', row)['campaign_name']},"
            f"{keywords['ad_group'][row]},{keywords['keyword'][row]},"
            f"{ {'exact': '精确', 'phrase': '短语', 'broad': '广泛'}[keywords['match_type'][row]] },"
            f"{keywords['bid'][row] * raised:.2f}"
            for row in range(len(keywords))
        ]
        path = csv_file(
            tmp_path / f"{raised}.csv",
            "推广计划名称,推广单元名称,关键词名称,匹配模式,关键词出价",
            *rows,
            encoding="gb18030",
        )
        assert market.apply([path]).applied == len(keywords)
        market.world.accounts["baidu_search"].campaigns["daily_budget"] = 1e6
        market.live_until(market.options.last_night)
        facts = market.world.ledger.window(
            "baidu_search", market.options.first_night, market.options.last_night, market.options.last_night
        )
        return np.sum(facts["clicks"])

    assert clicks(1.3) > clicks(0.6)


def test_google_editor_rows_change_bids_pause_add_and_exclude(market, tmp_path):
    first, second = named(market, "google_ads", 0), named(market, "google_ads", 1)
    group = f"{first['campaign_name']},{first['ad_group']}"
    term = market.world.accounts["google_ads"].terms["search_term"][1]
    path = csv_file(
        tmp_path / "keywords.csv",
        "Campaign,Ad Group,Keyword,Criterion Type,Max CPC,Status",
        f"{group},{first['keyword']},{first['match_type'].capitalize()},0.91,",
        f"{second['campaign_name']},{second['ad_group']},{second['keyword']},{second['match_type'].capitalize()},,Paused",
        f"{group},{term},Exact,0.55,Enabled",
        f"{group},{term},Negative Exact,,Enabled",
    )
    report = market.apply([path])
    account = market.world.accounts["google_ads"]
    assert report.rejected == ()
    assert report.by_kind == {"add": 1, "bid": 1, "negative": 1, "status": 1}
    assert account.keywords["bid"][0] == 0.91
    assert account.keywords["status"][1] == "paused"
    assert account.keywords["keyword"].iloc[-1] == term
    assert account.terms["is_negative"].any()
    assert account.negatives[0]["keyword"] == term


def test_google_budget_rows_set_campaign_budgets(market, tmp_path):
    name = market.world.accounts["google_ads"].campaigns["campaign"][2]
    market.apply([csv_file(tmp_path / "campaign_budgets.csv", "Campaign,Budget", f"{name},88.5")])
    assert market.world.accounts["google_ads"].campaigns["daily_budget"][2] == 88.5


def test_amazon_bulk_rows_update_create_and_exclude_by_id(market, tmp_path):
    first = named(market, "amazon_sp")
    target = market.world.accounts["amazon_sp"].keywords.query("entity_type == 'Product Targeting'").iloc[0]
    header = [
        "Product", "Entity", "Operation", "Campaign ID", "Ad Group ID", "Keyword ID", "Product Targeting ID", "State",
        "Bid", "Keyword Text", "Match Type",
    ]  # fmt: skip
    ids = [first["campaign_id"], first["ad_group_id"]]
    path = sheet_file(
        tmp_path / "updates.xlsx",
        header,
        ["Sponsored Products", "Keyword", "Update", *ids, first["keyword_id"], "", "enabled", 1.11, "", ""],
        ["Sponsored Products", "Product Targeting", "Update", *ids, "", target["keyword_id"], "paused", "", "", ""],
        ["Sponsored Products", "Keyword", "Create", *ids, "", "", "enabled", 0.7, "brand new words", "exact"],
        [
            "Sponsored Products",
            "Negative Keyword",
            "Create",
            *ids,
            "",
            "",
            "enabled",
            "",
            "free stuff",
            "negativeExact",
        ],
        ["Sponsored Products", "Keyword", "Update", *ids, "999", "", "enabled", 1.0, "", ""],
    )
    report = market.apply([path])
    keywords = market.world.accounts["amazon_sp"].keywords
    assert report.by_kind == {"add": 1, "bid": 1, "negative": 1, "status": 1}
    assert keywords["bid"][0] == 1.11
    assert keywords["status"][target.name] == "paused"
    assert [(line.line, line.reason) for line in report.rejected] == [(6, "unknown keyword id 999")]
    market.export(market.options.last_night, tmp_path / "out")
    assert (tmp_path / "out").exists()


def test_audience_sheet_sets_budget_target_and_status(market, tmp_path):
    plan = market.world.audience.plans.loc[1]
    path = sheet_file(
        tmp_path / "plan_targets.xlsx",
        ["计划ID", "计划名字", "新日预算", "新目标投产比", "新状态"],
        [plan["campaign_id"], plan["campaign"], 140, 3.25, "暂停"],
        ["1", "unknown", 100, "", ""],
    )
    report = market.apply([path])
    changed = market.world.audience.plans.loc[1]
    assert (changed["daily_budget"], changed["target_roas"], changed["status"]) == (140, 3.25, "paused")
    assert report.rejected[0].reason == "unknown campaign 1"


def test_taobao_words_are_added_excluded_paused_and_undone(market, tmp_path):
    first = named(market, "taobao_keyword")
    group = int(first["ad_group_id"])
    add = tmp_path / "new_keywords.json"
    add.write_text(json.dumps([{"adgroupId": group, "word": "新词", "maxPrice": 60, "matchScope": 1}]))
    exclude = tmp_path / "negatives.json"
    exclude.write_text(
        json.dumps([{"op_type": "add", "campaign_id": 1, "adgroup_id": group, "word": "二手", "match_scope": 1}])
    )
    pause = sheet_file(tmp_path / "status.xlsx", ["词ID", "词名字", "新状态"], [first["keyword_id"], "x", "暂停"])
    assert market.apply([add, exclude, pause]).by_kind == {"add": 1, "negative": 1, "status": 1}
    account = market.world.accounts["taobao_keyword"]
    assert account.keywords["status"][0] == "paused"
    undo = tmp_path / "undo.json"
    undo.write_text(json.dumps([{"adgroupId": group, "word": "新词", "matchScope": 1}]))
    removal = tmp_path / "undo_negatives.json"
    removal.write_text(
        json.dumps([{"op_type": "del", "campaign_id": 1, "adgroup_id": group, "word": "二手", "match_scope": 1}])
    )
    market.apply([undo, removal])
    assert account.keywords["status"].iloc[-1] == "archived"
    assert account.negatives == []


def test_baidu_negatives_block_the_term(market, tmp_path):
    account = market.world.accounts["baidu_search"]
    first = named(market, "baidu_search")
    term = account.terms.query("row == 0")["search_term"].iloc[-1]
    path = csv_file(
        tmp_path / "negatives.csv",
        "推广计划名称,推广单元名称,否定关键词,否定方式,操作",
        f"{first['campaign_name']},{first['ad_group']},{term},精确否定,添加",
        encoding="gb18030",
    )
    assert market.apply([path]).by_kind == {"negative": 1}
    assert account.terms.loc[account.terms["search_term"].eq(term) & account.terms["row"].eq(0), "is_negative"].all()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("{group},{word},Exact,abc,", "bid abc is outside"),
        ("{group},{word},Exact,0.001,", "bid 0.001 is outside"),
        ("{group},{word},{match},,", "changes nothing"),
        ("{group},unknown words,Exact,,Paused", "unknown keyword unknown words"),
        ("No campaign,no group,{word},Exact,1.0,", "unknown ad group no group"),
        ("{group},{word},{match},,Dancing", "status dancing is unknown"),
    ],
    ids=["no number", "below minimum", "empty", "unknown word", "unknown group", "unknown status"],
)
def test_rows_that_a_platform_would_refuse_are_refused_with_a_reason(market, tmp_path, row, reason):
    first = named(market, "google_ads")
    text = row.format(
        group=f"{first['campaign_name']},{first['ad_group']}",
        word=first["keyword"],
        match=first["match_type"].capitalize(),
    )
    report = market.apply(
        [csv_file(tmp_path / "k.csv", "Campaign,Ad Group,Keyword,Criterion Type,Max CPC,Status", text)]
    )
    assert report.applied == 0
    assert reason in report.rejected[0].reason
    assert report.rejected[0].line == 2


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("x.csv", b"a,b\r\n1,2\r\n", "no platform takes a file with the headers"),
        ("x.json", b"[{", "cannot read x.json"),
        ("x.xlsx", b"not a workbook", "cannot read x.xlsx"),
        ("x.csv", b"", "no platform takes"),
    ],
    ids=["unknown headers", "broken json", "broken workbook", "empty"],
)
def test_a_file_that_no_platform_takes_is_rejected_whole_and_the_others_go_on(market, tmp_path, name, content, reason):
    (tmp_path / name).write_bytes(content)
    campaign = market.world.accounts["google_ads"].campaigns["campaign"][0]
    good = csv_file(tmp_path / "budgets.csv", "Campaign,Budget", f"{campaign},77")
    report = market.apply([tmp_path / name, good])
    assert report.applied == 1
    assert [line.line for line in report.rejected] == [0]
    assert reason in report.rejected[0].reason
