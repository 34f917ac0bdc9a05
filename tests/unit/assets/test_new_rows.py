from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from assets import new_rows
from assets.batch import Batch
from assets.bidding import finish
from assets.discovery import TERM_COLUMNS
from assets.expectations.gates import check_table
from assets.new_rows import kol_rows
from assets.term_money import new_bids
from tests.unit.assets.made_up import make_batch

TERM: dict[str, Any] = {
    "platform": "google_ads", "account": "main", "campaign": "Tents", "ad_group": "Group", "search_term": "red tent",
    "campaign_id": "c1", "ad_group_id": "g1", "currency": "CNY", "fx_rate": 1.0, "impressions": 900.0, "clicks": 300.0,
    "cost": 150.0, "conversions": 15.0, "conversion_value": 1500.0, "cvr": 0.05, "cpc": 0.5, "aov": 100.0, "margin": 0.5,
    "bid": 0.5,
    "rho": 1.0, "value_per_click": 2.5, "value_per_click_low": 1.5, "value_per_click_high": 3.5,
    "roas": 10.0, "roas_low": 6.0,
    "roas_high": 14.0, "p_below_floor": 0.01, "roas_floor": 2.0, "p_pays": 0.99,
    "growth": 1.0, "growth_low": 0.8, "growth_high": 1.2, "growth_usual": 1.0, "searches": 1000.0, "competition": 0.5,
    "verdict": "add", "is_known": False, "is_blocked": False, "is_own_word": False, "is_long_tail": False,
    "is_maturity_learned": True, "n_days": 30, "effective_clicks": 300.0, "effective_conversions": 15.0,
    "target_campaign_id": "c1", "target_campaign": "Tents", "target_ad_group_id": "g1", "target_ad_group": "Group",
    "is_moved": False, "origin": "search_term", "source": "google_ads", "usual_clicks": np.nan, "score": np.nan,
    "source_item": "tent", "eta": 0.6, "kappa": 1.0, "response_evidence": "prior",
}  # fmt: skip


def terms(*changes: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([TERM | change for change in changes])[TERM_COLUMNS]


def plan(price: float, platform: str = "google_ads") -> pd.DataFrame:
    campaign = {"campaign_node": [f"{platform} / main / Tents"], "campaign_price": [price]}
    return pd.DataFrame({"platform": [platform], "platform_price": [price], **campaign})


def moves(**changes: Any) -> pd.DataFrame:
    """Return tonight's row of the keyword that the terms came through; by itself it stays as it is."""
    row = {"item": "tent", "platform": "google_ads", "account": "main", "campaign": "Tents", "level": "keyword",
           "lever": "keyword_bid", "action": "keep", "old_value": 0.5, "new_value": 0.5, "planned_value": np.nan,
           "cost": 20.0}  # fmt: skip
    return pd.DataFrame([row | changes])


def term_rows(rows: pd.DataFrame, plan: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Return the rows of a night on which the terms' keyword stays."""
    return new_rows.term_rows(rows, plan, moves(), batch)


def test_only_terms_with_a_verdict_to_act_on_or_to_watch_become_rows(batch):
    verdicts = {"add": "add", "negative": "negative", "protected": "hold", "rising": "keep", "blocked": "hold"}
    rows = term_rows(
        terms(*({"verdict": verdict, "search_term": verdict} for verdict in (*verdicts, "watch"))), plan(1.0), batch
    )
    assert dict(zip(rows["search_term"], rows["action"], strict=True)) == verdicts
    assert term_rows(terms({"verdict": "watch"}), plan(1.0), batch).empty


def test_a_new_words_bid_is_its_worth_over_the_price_of_money(batch):
    """Worth 0.72 a click at a price of 1.2: 0.60, under the limit of 0.5 x 1.3 = 0.65."""
    worth = {"value_per_click": 0.72, "value_per_click_low": 0.7, "value_per_click_high": 0.74}
    assert term_rows(terms(worth), plan(1.2), batch)["new_value"].tolist() == [0.6]


def test_a_new_words_bid_is_at_most_a_raise_of_the_bid_that_it_came_through(batch):
    assert term_rows(terms({}), plan(1.0), batch)["new_value"].tolist() == [0.65]


def test_a_new_words_bid_is_in_account_money_on_the_platforms_step(tmp_path):
    """A limit of 0.65 CNY is 0.0929 USD at 7.0: 0.09. The least bid is 0.01."""
    batch = make_batch(tmp_path)
    dollars = {"currency": "USD", "fx_rate": 7.0, "bid": 0.5 / 7.0}
    assert term_rows(terms(dollars), plan(1.0), batch)["new_value"].tolist() == [0.09]


def test_a_new_words_bid_is_at_least_a_cut_of_the_bid_that_it_came_through(batch):
    """Worth 0.20 to 0.30 a click at a bid of 0.50: 0.35 is as far down as a night may go."""
    little = {"value_per_click": 0.25, "value_per_click_low": 0.2, "value_per_click_high": 0.3}
    assert term_rows(terms(little), plan(1.0), batch)["new_value"].tolist() == [0.35]


def test_in_a_campaign_without_budget_left_a_click_is_priced_at_what_it_displaces(batch):
    """The platform's money costs 1.0 and the campaign's 5.0: a click worth 2.50 may be bid 0.50, where it stands already."""
    dear = plan(1.0).assign(campaign_price=5.0)
    assert term_rows(terms({}), dear, batch)["reason_code"].tolist() == ["discover_unsure"]


def test_a_word_is_added_only_where_another_bid_probably_earns_more(batch):
    """Worth 0.60 a click on average at a bid of 0.50: sure of it the bid rises, unsure of it the word stays where it is."""
    worth = {"value_per_click": 0.6, "value_per_click_low": 0.58, "value_per_click_high": 0.62}
    unsure = {**worth, "value_per_click_low": 0.3, "value_per_click_high": 1.0}
    assert term_rows(terms(worth), plan(1.0), batch)["action"].tolist() == ["add"]
    one = term_rows(terms(unsure), plan(1.0), batch).loc[0]
    assert one[["action", "reason_code"]].tolist() == ["keep", "discover_unsure"]
    assert one[["cost_change", "value_change", "profit_change"]].tolist() == [0.0, 0.0, 0.0]
    assert np.isnan(one["new_value"])


@pytest.mark.parametrize(
    "frame", [plan(0.2), plan(1.0, "amazon_sp"), plan(1.0).iloc[:0]], ids=["cheap money", "another platform", "no plan"]
)
def test_money_is_never_worth_less_than_itself(batch, frame):
    assert term_rows(terms({"value_per_click": 0.6}), frame, batch)["new_value"].tolist() == [0.6]


def test_where_no_money_is_left_nothing_is_added_but_waste_is_still_excluded(batch):
    rows = term_rows(terms({}, {"verdict": "negative", "search_term": "repair"}), plan(np.inf), batch)
    assert rows[["action", "reason_code"]].to_numpy().tolist() == [
        ["keep", "discover_no_money"], ["negative", "discover_negative"],
    ]  # fmt: skip


def test_a_platform_without_bids_gets_no_bid(batch):
    rows = terms({"platform": "taobao_audience"}).assign(action="add", price=1.0)
    assert new_bids(rows, batch).isna().all()


def test_a_negative_saves_its_cost_a_day_and_loses_what_it_sold(batch):
    """10 clicks a day at 0.50: 5.00 saved; 0.01 x 100 sales and half of it margin lost a click."""
    change = {
        "verdict": "negative",
        "cvr": 0.01,
        "value_per_click": 0.5,
        "value_per_click_low": 0.2,
        "value_per_click_high": 0.8,
    }
    one = term_rows(terms(change), plan(1.0), batch).loc[0]
    assert one[["cost", "expected_cost", "cost_change"]].tolist() == pytest.approx([5.0, 0.0, -5.0])
    assert one["value_change"] == pytest.approx(-10.0)
    assert one[["profit_change", "profit_change_low", "profit_change_high"]].tolist() == pytest.approx([0.0, -3.0, 3.0])


def test_an_added_word_answers_to_its_own_bid(batch):
    """A bid of 1.3 times the source's: clicks x 1.3^0.6, cost by the response curve."""
    one = term_rows(terms({}), plan(1.0), batch).loc[0]
    clicks, cost = 10 * (1.3**0.6 - 1), 10 * 0.5 * 0.375 * (1.3**1.6 - 1)
    assert one["cost_change"] == pytest.approx(cost)
    assert one["value_change"] == pytest.approx(clicks * 5.0)
    assert one["profit_change"] == pytest.approx(clicks * 2.5 - cost)
    assert one["profit_change_low"] < one["profit_change"] < one["profit_change_high"]


@pytest.mark.parametrize("verdict", ["rising", "blocked"])
def test_a_row_that_is_only_shown_changes_no_money(batch, verdict):
    one = term_rows(terms({"verdict": verdict}), plan(1.0), batch).loc[0]
    assert one[["cost_change", "value_change", "profit_change"]].tolist() == [0.0, 0.0, 0.0]
    assert np.isnan(one["new_value"])


def test_a_margin_of_zero_leaves_sales_countable(batch):
    one = term_rows(terms({"verdict": "negative", "margin": 0.0, "value_per_click": 0.0}), plan(1.0), batch).loc[0]
    assert one["value_change"] == pytest.approx(-50.0)


def test_term_rows_pass_the_last_gate_and_are_accepted(batch):
    rows = term_rows(terms({}, {"verdict": "negative", "search_term": "repair"}), plan(1.0), batch)
    found = finish(rows, batch)
    assert found["decision"].tolist() == ["accept", "accept"]
    assert check_table(found, "recommendations").failures == ()


OFFER: dict[str, Any] = {
    "offer_id": "o1", "kol_id": "k1", "kol_platform": "xiaohongshu", "tier": "koc", "category": "home", "content_format": "note",
    "currency": "CNY", "account_fee": 280.0, "fee": 280.0, "fee_per_day": 10.0, "commission_rate": 0.1, "expected_views": 9.0,
    "revenue": 1120.0, "revenue_low": 560.0, "revenue_high": 2240.0, "net_value": 448.0, "net_value_low": 224.0,
    "net_value_high": 896.0, "own_weight": 0.5, "evidence_level": "kol", "is_signed": False, "is_chosen": True,
    "binding_limit": "chosen", "limit_seen": 1.6, "limit_most": 1.2, "price": 1.0, "brand_value": 56.0,
}  # fmt: skip


def offer(batch, **change: Any) -> pd.Series:
    return kol_rows(pd.DataFrame([OFFER | change]), batch).loc[0]


def test_a_chosen_offer_is_to_be_signed_at_its_own_fee_and_counted_by_the_day(batch):
    one = offer(batch, currency="USD", account_fee=40.0)
    assert one[["action", "reason_code", "new_value"]].tolist() == ["sign", "kol_sign", 40.0]
    assert one[["cost", "expected_cost", "cost_change"]].tolist() == [0.0, 10.0, 10.0]
    assert one["value_change"] == pytest.approx(40.0)
    assert one[["profit_change", "profit_change_low", "profit_change_high"]].tolist() == pytest.approx(
        [6.0, -2.0, 22.0]
    )
    assert one["roas"] == pytest.approx(4.0)


def test_a_signed_offer_is_a_fixed_cost_and_no_change(batch):
    one = offer(batch, is_signed=True)
    assert one[["action", "reason_code"]].tolist() == ["hold", "kol_committed"]
    assert one[["cost", "expected_cost", "cost_change", "profit_change"]].tolist() == [10.0, 10.0, 0.0, 0.0]


def test_an_offer_that_is_not_chosen_costs_nothing(batch):
    one = offer(batch, is_chosen=False)
    assert one[["action", "reason_code"]].tolist() == ["hold", "kol_skip"]
    assert one[["cost", "expected_cost", "cost_change", "value_change"]].tolist() == [0.0] * 4
    assert np.isnan(one["new_value"])


def test_barter_has_no_roas_and_does_not_stop_the_night(batch):
    rows = kol_rows(pd.DataFrame([{**OFFER, "fee": 0.0, "account_fee": 0.0, "fee_per_day": 0.0}]), batch)
    assert rows["roas"].isna().all()
    assert check_table(finish(rows, batch), "recommendations").failures == ()


def test_without_offers_there_are_no_rows(batch):
    assert kol_rows(pd.DataFrame(columns=list(OFFER)), batch).empty
