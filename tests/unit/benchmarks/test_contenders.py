"""The contenders solve the same thing: checked on small sizes, without a clock."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from assets.platforms.reader import read_source
from benchmarks import allocation, decisions, estimate, ingest
from benchmarks.rules import MIN_CLICKS, apply_usual_rules
from benchmarks.slsqp import prepare_slsqp
from configs.loader import load_platforms
from optimizers.allocation import allocate, evaluate
from simulator.market import MarketScore
from simulator.options import MarketOptions
from simulator.shop import SimulatedMarket

SMALL = {"taobao_keyword": 20, "taobao_audience": 3, "google_ads": 20, "amazon_sp": 20, "baidu_search": 20}


def test_slsqp_is_given_the_same_problem():
    problem = allocation.single_budget(8, seed=4)
    theirs, ours = prepare_slsqp(problem)(), allocate(problem)
    cost, value, _, _ = evaluate(problem, theirs.x, np.zeros(0))
    assert -theirs.fun == pytest.approx(value.sum() - cost.sum(), rel=1e-12)
    assert -theirs.fun == pytest.approx(ours.objective, rel=1e-6)


def test_a_race_charges_the_peer_for_money_that_it_overspends():
    assert abs(allocation.race(allocation.single_budget(8, seed=4)).lead) < 1e-6


def test_the_large_tree_has_four_levels_and_tight_and_ample_budgets():
    problem = allocation.budget_tree(20_000)
    result = allocate(problem)
    used = result.node_cost / problem.tree.max_cost
    assert problem.tree.depth.max() == 2  # total, platform, campaign, and keywords below
    assert result.solver_gap <= 1e-9
    assert (used > 1 - 1e-9).any()
    assert (used < 0.9).any()


def test_the_generated_report_is_read_whole_in_both_encodings(tmp_path, monkeypatch):
    monkeypatch.setattr(ingest, "N_KEYWORDS", 400)
    monkeypatch.setattr(ingest, "N_ROWS", 400 * ingest.N_DAYS)
    content = ingest.write_report(ingest.draw_report())
    for encoding in ingest.BARS:
        path = tmp_path / f"{encoding}.csv"
        path.write_bytes(content.encode(encoding))
        (table,) = read_source(path, load_platforms()).tables
        assert (len(table.frame), len(table.quarantine), table.unknown_columns) == (4000, 0, ())


def test_the_peer_sums_what_we_estimate(tmp_path):
    path, keywords = tmp_path / "facts.parquet", estimate.draw_keywords(1200)
    estimate.write_facts(path, 1200)
    facts, summed, scored = pq.read_table(path), estimate.sum_with_duckdb(path), estimate.score_file(path, keywords)
    assert len(facts) == 1200 * estimate.N_DAYS
    assert summed.num_rows == len(scored.p_below_floor) == len(scored.score.score) == len(scored.grade) == 1200
    assert int(sum(summed["clicks"].to_pylist())) == int(facts["clicks"].to_numpy().sum())
    assert np.isfinite(scored.p_below_floor).all()


def test_decayed_sums_stand_in_the_order_of_the_keywords(tmp_path):
    path = tmp_path / "facts.parquet"
    estimate.write_facts(path, 1200)
    facts = pq.read_table(path, columns=["item", "impressions"]).to_pandas()
    by_number = facts.groupby(facts["item"].str.split("|").str[3].astype(int))["impressions"].sum()
    assert estimate.sum_decayed(path)["impressions"].tolist() == by_number.tolist()


def test_the_usual_rules_move_by_fifteen_percent_and_pause_what_does_not_sell():
    market = SimulatedMarket(MarketOptions(seed=3, days=8, n_items=SMALL))
    market.live_until(market.options.last_night)
    before = market.world.accounts["google_ads"].keywords.copy()
    apply_usual_rules(market, target=3.0)
    after, last = market.world.accounts["google_ads"].keywords, market.last_lived
    facts = pd.DataFrame(market.world.ledger.window("google_ads", last - timedelta(days=13), last, last))
    seen = facts.groupby("row")[["clicks", "cost", "conversions", "conversion_value"]].sum().reindex(before.index)
    is_seen, roas = seen["cost"] > 0, seen["conversion_value"] / seen["cost"]
    is_paused = is_seen & (seen["clicks"] >= MIN_CLICKS) & (seen["conversions"] == 0)
    assert after["status"].eq("paused").equals(is_paused)
    factor = np.where(~is_seen | is_paused, 1.0, np.where(roas > 3.0, 1.15, 0.85))
    assert after["bid"].to_numpy() == pytest.approx(np.maximum((before["bid"] * factor).round(2), 0.05))
    assert {1.15, 0.85} <= set(factor)


def test_shares_of_the_gain_are_averaged_over_seeds_and_held_against_the_better_of_rules_and_nothing():
    def score(profit):
        return MarketScore(profit=profit, profit_before=100.0, profit_oracle=200.0, cost=50.0)

    contests = [decisions.Contest(1, score(150.0), score(140.0), score(90.0), "told"),
                decisions.Contest(2, score(170.0), score(70.0), score(80.0), "told")]  # fmt: skip
    figures = {one.name: one for one in decisions.tell(contests)}
    assert figures["decisions_mean"].value == pytest.approx(0.6)
    assert figures["decisions_mean"].bar.limit == 0.0
    assert figures["decisions_same_levers_mean"].value == pytest.approx(0.05)
    assert figures["decisions_seed_2"].value == pytest.approx(0.7)
    assert figures["decisions_seed_2"].holds is None
