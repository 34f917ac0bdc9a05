from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from assets.floor_odds import add_floor
from assets.market import load_market, with_market
from assets.rates import add_rates
from assets.scoring import add_score
from tests.unit.assets.made_up import make_batch, make_items, put

COUNTS = {"effective_value": 3000.0, "effective_orders": 30.0, "effective_cost": 1000.0, "impressions_per_day": 1000.0,
          "competition": np.nan, "is_maturity_learned": True}  # fmt: skip


def counted(*changes: dict[str, object]) -> pd.DataFrame:
    """Return items with effective counts: 1,000 clicks, 1,000 money, 30 orders, 3,000 sales."""
    items = make_items(*({name: change[name] for name in change if name not in COUNTS} for change in changes))
    for name, usual in COUNTS.items():
        items[name] = [change.get(name, usual) for change in changes]
    return items


def test_roas_is_sales_over_cost_and_value_is_margin():
    one = add_rates(counted({"keyword": "a"}, {"keyword": "b"})).loc[0]
    assert one["roas"] == pytest.approx(3.0, rel=0.02)
    assert one["revenue_per_click"] == pytest.approx(3.0, rel=0.02)
    assert one["value_per_click"] == pytest.approx(1.5, rel=0.02)
    assert one["cpc"] == pytest.approx(1.0, rel=0.02)
    assert one["roas_low"] < one["roas"] < one["roas_high"]
    assert one["value_per_click_low"] < one["value_per_click"] < one["value_per_click_high"]


def test_twice_the_cost_halves_the_roas():
    cheap, dear = counted({}), counted({"effective_cost": 2000.0})
    assert add_rates(dear).loc[0, "roas"] == pytest.approx(add_rates(cheap).loc[0, "roas"] / 2, rel=1e-6)


def test_a_margin_of_zero_is_worth_nothing_and_leaves_the_roas_alone():
    one = add_rates(counted({"margin": 0.0})).loc[0]
    assert one["value_per_click"] == 0.0
    assert one["roas"] == pytest.approx(3.0, rel=0.02)


def test_brand_words_do_not_lift_what_is_believed_of_other_words():
    """A cold word next to brand words that convert tenfold is judged by the other words."""
    usual = [{"keyword": f"w{n}"} for n in range(5)]
    brand = [{"keyword": f"brand{n}", "is_brand": True, "effective_conversions": 300.0} for n in range(5)]
    cold = {"keyword": "cold", "effective_clicks": 0.0, "effective_conversions": 0.0}
    apart = add_rates(counted(cold, *usual, *brand)).loc[0, "cvr"]
    mixed = add_rates(counted(cold, *usual, *[{**one, "is_brand": False} for one in brand])).loc[0, "cvr"]
    assert apart == pytest.approx(0.03, rel=0.15)
    assert mixed > 2 * apart


def floored(batch, **change: object) -> pd.Series:
    return add_floor(add_rates(counted(change)), batch).loc[0]


def test_the_probability_to_be_below_rises_with_the_floor(tmp_path):
    found = [
        floored(make_batch(tmp_path, roas={"floor": floor, "target": 9.0, "scale": 9.0}))["p_below_floor"]
        for floor in (1.0, 2.0, 3.0, 4.0, 6.0)
    ]
    assert found == sorted(found)
    assert found[0] < 0.01
    assert found[2] == pytest.approx(0.5, abs=0.1)
    assert found[-1] > 0.99


def test_a_platforms_own_floor_counts_before_the_shops(tmp_path):
    batch = make_batch(tmp_path, platforms={"google_ads": {"roas_floor": 5.0}})
    assert floored(batch)["roas_floor"] == 5.0
    assert floored(batch)["p_below_floor"] > 0.95


def test_hopeless_means_that_the_next_click_loses_even_at_the_lowest_bid(tmp_path):
    """Margin 1.5 a click: at a bid of 1.00 it earns; lowering 3.00 by 30 % to 2.10 does not save it, 2.00 to 1.40 may."""
    batch = make_batch(tmp_path)
    assert floored(batch, bid=1.0)["p_unprofitable"] < 0.01
    assert floored(batch, bid=3.0, effective_cost=3000.0)["p_unprofitable"] > 0.9
    assert floored(batch, bid=2.0, effective_cost=2000.0)["p_unprofitable"] == pytest.approx(0.35, abs=0.25)


def test_the_score_is_the_weighted_sum_of_its_shown_parts_and_missing_parts_are_neutral(batch):
    rates = add_rates(
        counted(
            {"keyword": "a", "searches": 10.0, "competition": 0.2},
            {"keyword": "b", "searches": 90.0, "competition": 0.8},
        )
    )
    items = add_score(rates, batch)
    names = ("volume", "competition", "conversion")
    total = sum(items[f"score_{name}"] * items[f"weight_{name}"] for name in names)
    assert items["score"].tolist() == pytest.approx(total.tolist())
    assert [items.loc[0, f"weight_{name}"] for name in names] == [0.35, 0.20, 0.45]
    assert items["score_volume"].tolist() == [25.0, 75.0]
    assert items["score_competition"].tolist() == [75.0, 25.0]
    alone = add_score(add_rates(counted({"searches": np.nan})), batch).loc[0]
    assert alone["score_competition"] == 50.0


def test_without_searches_impressions_rank_the_volume(batch):
    seen = [{"keyword": str(n), "searches": np.nan, "impressions_per_day": n} for n in (5.0, 50.0)]
    assert add_score(add_rates(counted(*seen)), batch)["score_volume"].tolist() == [25.0, 75.0]


def test_platforms_are_ranked_apart(batch):
    items = add_score(add_rates(counted({"keyword": "a"}, {"keyword": "b", "platform": "amazon_sp"})), batch)
    assert items["score_conversion"].tolist() == [50.0, 50.0]


def test_grades_follow_the_evidence_and_an_unlearned_delay_or_unknown_refunds_cap_them(batch):
    counts = [(1000.0, 30.0), (200.0, 2.0), (30.0, 0.0), (3.0, 0.0)]
    rows = [{"keyword": str(n), "effective_clicks": c, "effective_conversions": e} for n, (c, e) in enumerate(counts)]
    assert add_score(add_rates(counted(*rows)), batch)["evidence_grade"].tolist() == ["A", "B", "C", "D"]
    blind = [{**row, "is_maturity_learned": False} for row in rows]
    assert add_score(add_rates(counted(*blind)), batch)["evidence_grade"].tolist() == ["C", "C", "C", "D"]
    gross = [{**row, "is_net_known": False} for row in rows]
    assert add_score(add_rates(counted(*gross)), batch)["evidence_grade"].tolist() == ["B", "B", "C", "D"]


def market(platform: str, word: str, low: int | None, high: int | None, **rest: object) -> dict[str, object]:
    return {"platform": platform, "keyword": word, "searches_low": low, "searches_high": high, **rest}


def test_a_word_is_looked_up_on_its_own_platform_first_then_anywhere(batch):
    night = put(batch, "keyword_market", [
        market("google_ads", "Tent", 100, 400, competition="High"), market("sycm", "tent", 9, 9, competition_index=30),
        market("sycm", "lamp", 50, None, competition_index=30),
    ])  # fmt: skip
    items = with_market(make_items({"keyword": "tent"}, {"keyword": "lamp"}, {"keyword": "chair"}), night)
    assert items["searches"].tolist()[:2] == [200.0, 50.0]
    assert items["competition"].tolist()[:2] == pytest.approx([0.8, 0.3])
    assert items.loc[2, ["searches", "competition"]].isna().all()


def test_of_a_word_that_stands_twice_the_larger_volume_counts(batch):
    night = put(batch, "keyword_market", [market("sycm", "ＴＥＮＴ", 5, 5), market("sycm", " tent ", 7, 7)])
    assert load_market(night)["searches"].tolist() == pytest.approx([7.0])


def test_without_market_files_nothing_is_known_of_the_market(batch):
    assert with_market(make_items({}), batch)[["searches", "competition"]].isna().all(axis=None)
