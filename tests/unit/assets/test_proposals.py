"""New keywords from other platforms and from the market: which, where to, at what bid, and that a person decides."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from assets.batch import Batch
from assets.bidding import finish
from assets.discovery import TERM_COLUMNS, empty_terms
from assets.expectations.gates import check_table
from assets.proposal_rows import proposal_rows
from assets.proposals import propose
from assets.term_context import with_exact_response
from tests.unit.assets.made_up import make_batch, make_items, put
from tests.unit.assets.test_new_rows import plan
from tests.unit.assets.test_new_rows import terms as made_terms

AMAZON: dict[str, Any] = {"platform": "amazon_sp", "campaign": "Outdoor", "campaign_id": "c9", "ad_group": "Tents",
                          "ad_group_id": "g9", "keyword": "tent pegs"}  # fmt: skip
WINNER = {"keyword": "family tent", "roas": 6.0}
CHINESE = {"platform": "baidu_search", "campaign": "帐篷", "ad_group": "户外", "keyword": "户外帐篷"}


def proposed(batch: Batch, *items: dict[str, Any], terms: pd.DataFrame | None = None) -> pd.DataFrame:
    return propose(empty_terms() if terms is None else terms, make_items(*items), batch)


def places(found: pd.DataFrame) -> set[tuple[str, str, str]]:
    return set(zip(found["platform"], found["search_term"], found["ad_group"], strict=True)) if len(found) else set()


def test_a_winner_of_one_platform_is_proposed_on_another_in_the_group_of_its_product(batch):
    found = proposed(batch, WINNER, AMAZON, {**AMAZON, "keyword": "family stove", "ad_group": "A", "product_id": "p2"})
    assert ("amazon_sp", "family tent", "Tents") in places(found)
    one = found.set_index(["platform", "search_term"]).loc[("amazon_sp", "family tent")]
    assert one[["origin", "source", "verdict", "roas", "conversions"]].tolist() == [
        "cross_platform", "google_ads", "propose", 6.0, 90.0,
    ]  # fmt: skip


def test_without_the_product_the_group_that_shares_a_word_is_taken_and_without_any_nothing_is_proposed(batch):
    stove = {**AMAZON, "keyword": "camping stove", "ad_group": "Stoves", "product_id": "p2"}
    tent = {**AMAZON, "keyword": "tents for a family", "product_id": "p3"}
    assert places(proposed(batch, WINNER, stove, tent)) >= {("amazon_sp", "family tent", "Tents")}
    assert "family tent" not in set(proposed(batch, WINNER, stove).get("search_term", []))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"p_below_floor": 0.3}, id="not surely above the floor"),
        pytest.param({"evidence_grade": "C"}, id="thin evidence"),
        pytest.param({"is_brand": True}, id="brand"),
        pytest.param({"match_type": "auto"}, id="an automatic target"),
        pytest.param({"is_held": True}, id="its platform is held"),
        pytest.param({"effective_conversions": 0.0}, id="never sold"),
        pytest.param({"keyword": "best tent"}, id="blocked by the shop"),
        pytest.param({"keyword": "acme tent"}, id="another shop's brand"),
        pytest.param({"keyword": "家用帐篷"}, id="another language"),
        pytest.param({"currency": "USD"}, id="another market"),
        pytest.param({"keyword": "Tent  Pegs"}, id="bought there already"),
    ],
)
def test_what_is_no_sure_winner_or_does_not_fit_is_not_proposed(tmp_path, change):
    batch = make_batch(tmp_path, discovery={"blocked_terms": ["best"], "other_brands": ["acme"]})
    assert "amazon_sp" not in set(proposed(batch, {**WINNER, **change}, AMAZON).get("platform", []))


def test_a_word_that_is_there_without_traffic_yet_is_not_proposed_again(batch):
    entity = {"platform": "amazon_sp", "level": "keyword", "campaign": "x", "ad_group": "y", "keyword": "Family Tent",
              "match_type": "broad", "status": "paused"}  # fmt: skip
    assert "family tent" not in set(proposed(put(batch, "entities", [entity]), WINNER, AMAZON).get("search_term", []))


def test_a_search_term_that_wins_is_proposed_too(batch):
    term = made_terms({"search_term": "dome tent", "verdict": "watch", "conversions": 60.0, "effective_clicks": 2000.0,
                       "effective_conversions": 60.0})  # fmt: skip
    found = proposed(batch, {"p_below_floor": 0.9}, AMAZON, terms=term)
    assert ("amazon_sp", "dome tent", "Tents") in places(found)


MARKET = {"currency": "CNY", "searches_low": 1000, "searches_high": 1000, "competition": "low"}


def words(batch: Batch, *rows: dict[str, Any]) -> set[str]:
    night = put(batch, "keyword_market", [{**MARKET, **row} for row in rows])
    found = proposed(night, {"p_below_floor": 0.9})
    return set(found.loc[found["origin"] == "market", "search_term"]) if len(found) else set()


def test_market_words_are_long_tail_or_rising_on_the_year_too(batch):
    rows = [
        {"keyword": "tent for two people"},
        {"keyword": "tent"},
        {"keyword": "big tent"},
        {"keyword": "pop tent", "three_month_change": 0.5, "yoy_change": 0.4},
        {"keyword": "summer tent", "three_month_change": 2.0, "yoy_change": 0.0},
        {"keyword": "unsearched tent for two", "searches_low": 0, "searches_high": 0},
        {"keyword": "a word far away"},
        {"keyword": "tent in other money", "currency": "EUR"},
    ]
    assert words(batch, *rows) == {"tent for two people", "pop tent"}


def test_the_best_searched_and_least_contested_words_come_first_up_to_the_limit(tmp_path):
    batch = make_batch(tmp_path, discovery={"max_proposals": 1})
    more = {"keyword": "tent for four people", "searches_low": 9000, "searches_high": 9000}
    dear = {"keyword": "tent for six people", "searches_low": 9000, "searches_high": 9000, "competition": "high"}
    assert words(batch, {"keyword": "tent for two people"}, dear, more) == {"tent for four people"}


def test_chinese_market_words_go_to_chinese_groups_only(batch):
    night = put(batch, "keyword_market", [{**MARKET, "platform": "baidu_index", "keyword": "户外大号帐篷推荐"}])
    found = proposed(night, {"p_below_floor": 0.9}, {**CHINESE, "p_below_floor": 0.9})
    assert places(found) == {("baidu_search", "户外大号帐篷推荐", "户外")}
    assert found["growth"].isna().all()
    assert found["clicks"].isna().all()


def rows_of(batch: Batch, **settings: Any) -> pd.DataFrame:
    made = (WINNER, {**AMAZON, "value_per_click": 1.5})
    found = with_exact_response(proposed(batch, *made), make_items(*made)).reindex(columns=TERM_COLUMNS)
    return proposal_rows(found[found["platform"] == "amazon_sp"], plan(1.2, "amazon_sp"), batch)


def test_the_first_bid_is_the_worth_of_a_click_there_over_the_price_and_rho_within_the_cap(batch):
    """33/1100 x 100 x 0.5 = 1.5 a click at a price of 1.2: 1.25, under the cap of 1.00 x 1.3."""
    one = rows_of(batch).loc[0]
    assert one["new_value"] == 1.25
    assert one["ad_group_id"] == "g9"
    assert one["expected_cost"] > 0
    assert one["profit_change_low"] < one["profit_change"] < one["profit_change_high"]


def test_where_the_usual_click_costs_more_than_it_brings_nothing_is_proposed(batch):
    assert "family tent" in set(proposed(batch, WINNER, AMAZON)["search_term"])
    assert "family tent" not in set(proposed(batch, WINNER, {**AMAZON, "cpc": 1.6}).get("search_term", []))


def test_where_no_money_is_left_nothing_is_proposed(batch):
    found = proposed(batch, WINNER, AMAZON).reindex(columns=TERM_COLUMNS)
    nowhere = pd.concat([plan(np.inf, name) for name in ("amazon_sp", "google_ads")])
    assert proposal_rows(found, nowhere, batch).empty


def test_a_proposal_waits_for_a_person_unless_the_settings_say_otherwise(tmp_path):
    held = finish(rows_of(make_batch(tmp_path)), make_batch(tmp_path))
    assert held[["decision", "hold_reason", "evidence_grade"]].to_numpy().tolist() == [["hold", "proposal", "C"]]
    assert check_table(held, "recommendations").failures == ()
    bold = make_batch(tmp_path, discovery={"are_proposals_held": False})
    assert finish(rows_of(bold), bold)["decision"].tolist() == ["accept"]


def test_the_order_of_items_changes_no_proposal(batch):
    items = [WINNER, AMAZON, {**AMAZON, "keyword": "camp bed"}, {**WINNER, "keyword": "light tent"}]
    one, other = proposed(batch, *items), proposed(batch, *items[::-1])
    pd.testing.assert_frame_equal(one, other)


def test_without_any_word_the_table_is_empty_and_passes_its_gate(batch):
    found = proposed(batch, {"p_below_floor": 0.9})
    assert found.empty
    both = pd.concat([empty_terms(), found.reindex(columns=TERM_COLUMNS)], ignore_index=True)
    assert check_table(both, "discovered_terms").failures == ()
