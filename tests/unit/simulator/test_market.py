"""The market itself: same seed same bytes, delays, budgets, faults, seasons and the protocol."""

import csv
import hashlib
import io
import zipfile
from datetime import date, timedelta

import numpy as np
import pytest
from python_calamine import CalamineWorkbook

from simulator.faults import clicks_fault_night, number_fault_night, totals_fault_night
from simulator.ledger import days
from simulator.market import Market, SimulatorError
from simulator.options import PROFILES, MarketOptions
from simulator.seasons import click_factor, is_out_of_stock, stock_out_window
from simulator.shop import SimulatedMarket


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def google_sums(path):
    lines = path.read_bytes().decode("utf-16").split("\r\n")
    rows = list(csv.DictReader(lines[2:], delimiter="\t"))
    cost = sum(float(row["Cost"]) for row in rows if not row["Day"].startswith("Total"))
    total = next(float(row["Cost"]) for row in rows if row["Day"] == "Total: Your keywords")
    return round(cost, 2), total


def test_the_same_seed_gives_the_same_bytes(exported, small_options, tmp_path):
    market = SimulatedMarket(small_options)
    market.export(exported["last"], tmp_path)
    assert digests(tmp_path) == digests(exported[exported["last"]])


def test_another_seed_gives_other_numbers(exported, small_options, tmp_path):
    other = SimulatedMarket(MarketOptions(seed=4, days=8, n_items=small_options.n_items))
    other.export(exported["last"], tmp_path)
    assert digests(tmp_path)["store_orders.csv"] != digests(exported[exported["last"]])["store_orders.csv"]


def test_a_simulated_market_fulfils_the_protocol(exported):
    assert isinstance(exported["market"], Market)


def test_a_night_before_the_history_is_refused(small_options, tmp_path):
    with pytest.raises(SimulatorError, match="first night is 2025-06-17"):
        SimulatedMarket(small_options).export(date(2025, 1, 1), tmp_path)


def test_nights_come_in_date_order(exported, tmp_path):
    with pytest.raises(SimulatorError, match="already lived through 2025-06-24"):
        exported["market"].export(exported["before"], tmp_path)


@pytest.mark.parametrize("platform", list(PROFILES))
def test_conversions_of_a_day_grow_from_night_to_night_and_clicks_do_not(exported, platform):
    ledger, last = exported["market"].world.ledger, exported["last"]
    fresh_orders = ripe_orders = 0
    for day in days(last - timedelta(days=13), last):
        fresh = ledger.window(platform, day, day, day)
        ripe = ledger.window(platform, day, day, day + timedelta(days=20))
        assert (ripe["conversions"] >= fresh["conversions"]).all()
        assert (ripe["clicks"] == fresh["clicks"]).all()
        fresh_orders, ripe_orders = fresh_orders + fresh["conversions"].sum(), ripe_orders + ripe["conversions"].sum()
    assert ripe_orders > fresh_orders


def test_most_keywords_have_fewer_than_three_clicks_a_day():
    market = SimulatedMarket(MarketOptions(days=10))
    market.live_until(market.options.last_night)
    last = market.options.last_night
    for platform, account in market.world.accounts.items():
        facts = market.world.ledger.window(platform, last - timedelta(days=9), last, last)
        clicks = np.bincount(facts["row"], weights=facts["clicks"], minlength=len(account.keywords)) / 10
        assert np.median(clicks) < 3, platform


def test_clicks_never_exceed_impressions_and_shares_add_up_to_one(exported):
    market = exported["market"]
    for platform in market.world.accounts:
        facts = market.world.ledger.window(platform, market.options.first_day, exported["last"], exported["last"])
        shares = facts["impression_share"] + facts["lost_to_rank_share"] + facts["lost_to_budget_share"]
        assert (facts["clicks"] <= facts["impressions"]).all()
        assert np.allclose(shares, 1.0)


def test_exhausted_campaigns_spend_their_budget_and_never_more(exported):
    market, day = exported["market"], date(2025, 6, 15)  # in the promotion, when demand is high
    account = market.world.accounts["taobao_keyword"]
    facts = market.world.ledger.window("taobao_keyword", day, day, day)
    campaign = account.keywords["campaign"].to_numpy()[facts["row"]]
    budgets = account.campaigns["daily_budget"].to_numpy()
    spent = np.bincount(campaign, weights=facts["cost"], minlength=len(budgets))
    is_short = np.bincount(campaign, weights=facts["lost_to_budget_share"], minlength=len(budgets)) > 0
    assert is_short.any()
    assert not is_short.all()
    assert (spent <= budgets * 1.001 + 0.05).all()
    assert (spent[is_short] >= budgets[is_short] * 0.9).all()


def test_google_totals_add_up_except_on_the_last_night(exported):
    before = google_sums(next(exported[exported["before"]].glob("Search keyword report*")))
    last = google_sums(next(exported[exported["last"]].glob("Search keyword report*")))
    assert before[1] == pytest.approx(before[0], abs=0.01)
    assert last[1] == pytest.approx(last[0] * 1.08, rel=1e-4)


def test_two_bad_rows_are_planted_in_earlier_nights(exported, small_options):
    clicks_night, number_night = clicks_fault_night(small_options), number_fault_night(small_options)
    with zipfile.ZipFile(next(exported[clicks_night].glob("*.zip"))) as archive:
        text = archive.read(archive.namelist()[0]).decode("gb18030")
    bad = [row for row in csv.DictReader(io.StringIO(text)) if int(row["点击量"]) > int(row["展现量"])]
    export = (
        (exported[number_night] / f"百度推广客户端_关键词_{number_night:%Y%m%d}.csv").read_bytes().decode("gb18030")
    )
    assert clicks_night < number_night < small_options.last_night == totals_fault_night(small_options)
    assert len(bad) == 1
    assert export.count("#¥") == 1


def test_without_faults_every_total_adds_up(small_options, tmp_path):
    clean = MarketOptions(seed=3, days=8, has_faults=False, n_items=small_options.n_items)
    SimulatedMarket(clean).export(clean.last_night, tmp_path)
    cost, total = google_sums(next(tmp_path.glob("Search keyword report*")))
    assert total == pytest.approx(cost, abs=0.01)
    assert clicks_fault_night(clean) is None


def test_the_promotion_lifts_chinese_platforms_only():
    promotion, usual = date(2025, 6, 4), date(2025, 5, 28)
    category = np.arange(6)
    chinese = click_factor(promotion, "zh", category) / click_factor(usual, "zh", category)
    english = click_factor(promotion, "en", category) / click_factor(usual, "en", category)
    assert chinese.mean() == pytest.approx(1.4, abs=0.05)
    assert english.mean() == pytest.approx(1.0, abs=0.05)


def test_one_product_is_out_of_stock_at_the_end_and_shows_stock_zero(exported, small_options):
    first, last = stock_out_window(small_options)
    rows = list(csv.DictReader((exported[exported["last"]] / "products.csv").open(encoding="utf-8")))
    assert first < small_options.last_night < last
    assert [row["stock"] for row in rows].count("0") == 1
    assert is_out_of_stock(first, np.arange(40), small_options).sum() == 1
    assert not is_out_of_stock(first - timedelta(days=1), np.arange(40), small_options).any()


def test_refunds_in_store_orders_appear_later():
    market = SimulatedMarket(MarketOptions(days=5))
    market.live_until(market.options.last_night)
    last = market.options.last_night
    day = last - timedelta(days=8)
    early = market.world.ledger.store_orders(day, day, day)
    late = market.world.ledger.store_orders(day, day, last)
    assert early["refund"].sum() == 0
    assert 0 < late["refund"].sum() < late["value"].sum()
    assert late["order_id"].is_unique


def test_slow_files_come_weekly_and_on_the_last_night(exported):
    assert not (exported[exported["before"]] / "products.csv").exists()
    assert (exported[exported["last"]] / "products.csv").exists()


def test_amazon_search_terms_add_up_to_the_targeting_report(exported):
    sums = []
    for pattern in ("*Targeting report*", "*Search term report*"):
        grid = CalamineWorkbook.from_path(str(next(exported[exported["last"]].glob(pattern)))).get_sheet_by_index(0)
        rows = grid.to_python()
        at = {name: rows[0].index(name) for name in ("Clicks", "Spend", "7 Day Total Orders (#)")}
        sums.append([round(sum(row[x] for row in rows[1:]), 2) for x in at.values()])
    assert sums[0] == sums[1]


def test_staff_move_some_bids_before_the_tool_comes(exported):
    keywords = exported["market"].world.accounts["taobao_keyword"].keywords
    moved = (keywords["bid"] != keywords["base_bid"]).mean()
    assert 0 < moved < 0.6
