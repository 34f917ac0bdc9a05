"""The state file brings a market back exactly, the score follows the truth, and the command fills a home."""

import json

import pytest
import typer
import yaml
from typer.testing import CliRunner

from configs.loader import load_calendar, load_settings
from simulator.cli import simulate
from simulator.demo import fill_home
from simulator.edits import carry_out
from simulator.market import SimulatorError
from simulator.options import MarketOptions
from simulator.shop import SimulatedMarket
from simulator.state import check_same_market, load_market, save_market

SIZES = {"taobao_keyword": 20, "taobao_audience": 3, "google_ads": 20, "amazon_sp": 20, "baidu_search": 20}


def options(**changes):
    return MarketOptions(**{"seed": 5, "days": 2, "n_items": SIZES, "n_products": 20, **changes})


def test_a_saved_market_with_edits_comes_back_exactly(tmp_path):
    market = SimulatedMarket(options())
    market.live_until(market.options.first_night)
    market.replay_edit(market.world.today, {"platform": "google_ads", "kind": "bid", "row": 2, "value": 0.77})
    market.live_until(market.options.last_night)
    save_market(market, tmp_path)
    again = load_market(tmp_path)
    assert again.score() == market.score()
    assert again.world.accounts["google_ads"].keywords.equals(market.world.accounts["google_ads"].keywords)
    assert again.last_lived == market.last_lived


def test_the_oracle_earns_at_least_what_the_present_bids_earn():
    market = SimulatedMarket(options())
    score = market.score()
    assert score.profit == score.profit_before
    assert score.profit_oracle > score.profit
    assert score.profit == pytest.approx(sum(score.profit_by_platform.values()))
    assert score.gain_share == pytest.approx(0.0)


def test_the_score_keeps_the_start_and_shows_the_change():
    market = SimulatedMarket(options())
    market.live_until(market.options.last_night)
    start = market.score().profit
    for row in range(20):
        market.replay_edit(
            market.world.today, {"platform": "amazon_sp", "kind": "status", "row": row, "value": "paused"}
        )
    score = market.score()
    assert score.profit_before == pytest.approx(start)
    assert score.profit < start
    assert score.gain_share < 0
    assert score.profit_by_platform["amazon_sp"] == 0


def test_blocking_a_junk_term_raises_the_expected_profit():
    market = SimulatedMarket(options())
    account = market.world.accounts["google_ads"]
    junk = account.terms[account.terms["quality"] < 0.2].iloc[0]
    before = market.score().profit_by_platform["google_ads"]
    edit = {"platform": "google_ads", "kind": "negative", "sibling": int(junk["row"])}
    carry_out(market.world, {**edit, "keyword": junk["search_term"], "is_phrase": False, "value": True})
    account.campaigns["daily_budget"] = 1e6
    assert market.score().profit_by_platform["google_ads"] > before


def test_a_home_keeps_one_market(tmp_path):
    save_market(SimulatedMarket(options()), tmp_path)
    check_same_market(tmp_path, options())
    with pytest.raises(SimulatorError, match="already holds the market of seed 5"):
        check_same_market(tmp_path, options(seed=6))


def test_a_market_that_bid_files_changed_is_not_simulated_over(tmp_path):
    market = SimulatedMarket(options())
    market.replay_edit(market.world.today, {"platform": "google_ads", "kind": "bid", "row": 2, "value": 0.77})
    save_market(market, tmp_path)
    with pytest.raises(SimulatorError, match="1 bid changes were already applied"):
        check_same_market(tmp_path, options())


@pytest.mark.parametrize(("text", "match"), [("{", "cannot read"), ('{"version": 9}', "version 9")])
def test_a_broken_state_file_is_refused(tmp_path, text, match):
    (tmp_path / "simulator").mkdir()
    (tmp_path / "simulator" / "state.json").write_text(text)
    with pytest.raises(SimulatorError, match=match):
        load_market(tmp_path)


def test_filling_a_home_writes_exports_settings_and_state_and_keeps_own_settings(tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "settings.yaml").write_text("shop: {name: mine}\n")
    nights = []
    result = fill_home(own, options(), nights.append)
    assert [night.isoformat() for night in nights] == ["2025-06-23", "2025-06-24"]
    assert result.files == len(list((own / "inbox").rglob("*.*")))
    assert not result.has_new_settings
    assert load_settings(own).shop.name == "mine"
    assert {path.name for path in own.iterdir()} == {"inbox", "settings.yaml", "calendar.yaml", "simulator"}


def test_the_command_prints_one_json_object_and_valid_settings(tmp_path):
    app = typer.Typer()
    app.command()(simulate)
    home = tmp_path / "home"
    answer = CliRunner().invoke(app, ["--home", str(home), "--days", "1", "--json"])
    payload = json.loads(answer.stdout)
    settings = load_settings(home)
    assert answer.exit_code == 0
    assert payload["last_night"] == "2025-06-24"
    assert payload["files"] == len(list((home / "inbox" / "2025-06-24").iterdir()))
    assert not settings.is_schedule_on
    assert settings.fx[0].currency == "USD"
    assert load_calendar(home).events[0].platforms == ("taobao_keyword", "taobao_audience", "baidu_search")
    assert yaml.safe_load((home / "settings.yaml").read_text(encoding="utf-8"))["budget"]["daily_total"] > 0


def test_the_command_refuses_another_market_with_status_2(tmp_path):
    app = typer.Typer()
    app.command()(simulate)
    save_market(SimulatedMarket(options()), tmp_path)
    answer = CliRunner().invoke(app, ["--home", str(tmp_path), "--days", "1"])
    assert answer.exit_code == 2
    assert "already holds the market" in answer.output


def test_the_command_shows_a_summary(tmp_path):
    app = typer.Typer()
    app.command()(simulate)
    answer = CliRunner().invoke(app, ["--home", str(tmp_path), "--days", "1", "--no-faults"])
    assert answer.exit_code == 0
    assert "2025-06-24 to 2025-06-24" in answer.output
