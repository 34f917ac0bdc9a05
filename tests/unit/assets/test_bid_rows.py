from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from assets.batch import Batch
from assets.bid_rows import item_rows, served_after
from configs.loader import CONFIG_FOLDER, read_yaml
from tests.unit.assets.made_up import make_batch, make_items
from tests.unit.assets.planned import fixed_plan

PLACEMENT = {"platform": "taobao_audience", "level": "placement", "campaign": "拉新", "keyword": "", "bid": np.nan}


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    return read_yaml(CONFIG_FOLDER / "reasons.yaml")


def row(batch: Batch, change: dict[str, Any], lever: str = "keyword_bid", **plan: Any) -> pd.Series:
    items = make_items(change)
    return item_rows(items, fixed_plan(items, lever, **plan), batch).loc[0]


@pytest.mark.parametrize(
    ("bid", "multiplier", "new"),
    [
        (1.0, 1.2567, 1.25),
        (1.0, 1.2599, 1.25),
        (2.0, 1.3, 2.6),
        (1.0, 0.757, 0.76),
        (1.0, 0.754, 0.75),
        (0.57, 1.3, 0.74),
    ],
    ids=["raise down", "raise down from just under", "raise on the step", "cut up", "cut down", "raise of a small bid"],
)
def test_a_raise_is_rounded_down_and_a_cut_to_the_nearest_step(batch, bid, multiplier, new):
    one = row(batch, {"bid": bid}, multiplier=multiplier)
    assert one["old_value"] == bid
    assert one["new_value"] == new


@pytest.mark.parametrize("bid", [0.03, 0.05, 0.06, 0.09, 0.13])
def test_rounding_a_cut_never_crosses_the_cap(batch, bid):
    """0.09 x 0.7 = 0.063 would be rounded to 0.06, a cut of 33 %."""
    new = row(batch, {"bid": bid}, multiplier=0.7)["new_value"]
    assert bid * 0.7 - 1e-9 <= new <= bid


@pytest.mark.parametrize("multiplier", [0.99, 1.01, 1.2])
def test_rounding_never_turns_a_raise_into_a_cut_or_a_cut_into_a_raise(batch, multiplier):
    """A bid between two steps, as another tool may have left it: 0.056."""
    one = row(batch, {"bid": 0.056}, multiplier=multiplier)
    assert (one["new_value"] - 0.056) * (multiplier - 1.0) >= 0


def test_how_a_row_is_rounded_does_not_depend_on_its_neighbours(batch):
    alone = make_items({"keyword": "a", "bid": 0.574})
    many = make_items({"keyword": "a", "bid": 0.574}, {"keyword": "b", "bid": 50.0})
    one = item_rows(alone, fixed_plan(alone, multiplier=1.01), batch).loc[0, "new_value"]
    other = item_rows(many, fixed_plan(many, multiplier=1.01), batch).loc[0, "new_value"]
    assert one == other


@pytest.mark.parametrize(("multiplier", "action", "code"), [
    (1.019, "keep", "within_min_change"), (1.02, "raise", "bid_up_profitable"), (0.981, "keep", "within_min_change"),
    (0.98, "lower", "bid_down_unprofitable"), (1.0, "keep", "unchanged"),
])  # fmt: skip
def test_moves_smaller_than_the_guardrail_are_kept_as_they_are(batch, multiplier, action, code):
    one = row(batch, {"bid": 10.0}, multiplier=multiplier)
    assert (one["action"], one["reason_code"]) == (action, code)
    assert (one["new_value"] == one["old_value"]) == (action == "keep")


CASES: list[tuple[str, str, dict[str, Any], str, dict[str, Any]]] = [
    ("hold", "platform_held", {"is_held": True, "verdict": "pause"}, "", {}),
    ("pause", "stock_hold", {"verdict": "stock_hold"}, "", {}),
    ("pause", "waste_pause", {"verdict": "pause", "conversions": 0.0}, "", {}),
    ("pause", "roas_below_floor_pause", {"verdict": "pause"}, "", {}),
    ("pause", "plan_loss_pause", {"verdict": "pause", "lowest_bid": np.nan}, "", {}),
    ("hold", "no_entity", {"verdict": "no_entity", "bid": np.nan, "status": None}, "", {}),
    ("hold", "unchanged", {"verdict": "not_enabled"}, "", {}),
    ("hold", "closed_bid", {"verdict": "closed_bid", "bid": np.nan}, "", {}),
    ("hold", "learning_freeze", {"verdict": "frozen"}, "", {}),
    ("budget", "budget_raise", {**PLACEMENT, "daily_budget": 100.0}, "daily_budget", {"multiplier": 1.3}),
    ("budget", "budget_lower", {**PLACEMENT, "daily_budget": 100.0}, "daily_budget", {"multiplier": 0.8}),
    ("target", "target_raise", {**PLACEMENT, "target_roas": 3.0}, "target_roas", {"multiplier": 1.1}),
    ("target", "target_lower", {**PLACEMENT, "target_roas": 3.0}, "target_roas", {"multiplier": 0.9}),
    ("raise", "bid_up_scale", {"roas": 4.0}, "keyword_bid", {"multiplier": 1.2}),
    ("raise", "bid_up_profitable", {"roas": 3.9}, "keyword_bid", {"multiplier": 1.2}),
    ("lower", "roas_below_floor", {"verdict": "lower"}, "keyword_bid", {"multiplier": 0.8}),
    ("lower", "budget_exhausted_lower_bids", {"is_exhausted": True}, "keyword_bid", {"multiplier": 0.8}),
    ("lower", "bid_down_unprofitable", {}, "keyword_bid", {"multiplier": 0.8}),
    ("lower", "bid_down_unprofitable", {"is_brand": True}, "keyword_bid", {"multiplier": 0.8}),
    ("keep", "uncalibrated_brand", {"is_brand": True}, "keyword_bid", {}),
    ("keep", "protected", {"verdict": "protected"}, "keyword_bid", {}),
    ("keep", "low_evidence", {"value_source": "unknown"}, "", {}),
    ("keep", "unchanged", {}, "keyword_bid", {}),
]


@pytest.mark.parametrize(
    ("action", "code", "change", "lever", "plan"), CASES, ids=[f"{case[1]}-{n}" for n, case in enumerate(CASES)]
)
def test_each_reason_has_its_case_and_its_words(batch, action, code, change, lever, plan):
    one = row(batch, change, lever, **plan)
    assert (one["action"], one["reason_code"]) == (action, code)
    assert code in words()["reasons"]
    assert action in words()["actions"]


@pytest.mark.parametrize(("action", "code", "change", "lever", "plan"), [case for case in CASES if case[0] in {"hold", "keep"}],
                         ids=lambda part: part if isinstance(part, str) else "")  # fmt: skip
def test_a_quiet_row_changes_no_value_and_no_money(batch, action, code, change, lever, plan):
    one = row(batch, change, lever, **plan)
    assert one["new_value"] == one["old_value"] or (pd.isna(one["new_value"]) and pd.isna(one["old_value"]))
    money = ["cost_change", "value_change", "profit_change", "profit_change_low", "profit_change_high"]
    assert one[money].tolist() == pytest.approx([0.0] * 5)
    assert one["expected_cost"] == one["cost"] == 100.0


def test_a_pause_carries_no_value_and_saves_its_whole_cost(batch):
    """100 a day saved, 100 clicks of 1.50 margin and 3.00 sales lost; 1.00 to 2.00 margin at the ends of the interval."""
    one = row(batch, {"verdict": "pause"}, "")
    assert (one["lever"], one["expected_cost"], one["cost_change"]) == ("status", 0.0, -100.0)
    assert np.isnan(one["new_value"])
    assert one["value_change"] == pytest.approx(-300.0)
    assert one["profit_change"] == pytest.approx(-50.0)
    assert one[["profit_change_low", "profit_change_high"]].tolist() == pytest.approx([-100.0, 0.0])


def test_a_sold_out_item_loses_clicks_that_would_have_sold_nothing(batch):
    one = row(batch, {"verdict": "stock_hold"}, "")
    assert one[["cost_change", "value_change", "profit_change"]].tolist() == pytest.approx([-100.0, 0.0, 100.0])


@pytest.mark.parametrize(("multiplier", "sign"), [(1.3, 1), (0.7, -1)], ids=["raise", "lower"])
def test_a_bid_moves_clicks_cost_and_value_by_the_response_curve(batch, multiplier, sign):
    """Clicks x m^0.6; cost + clicks x bid x 0.375 x (m^1.6 - 1)."""
    one = row(batch, {}, multiplier=multiplier)
    clicks, cost = 100 * (multiplier**0.6 - 1), 100 * 2.0 * 0.375 * (multiplier**1.6 - 1)
    assert one["cost_change"] == pytest.approx(cost)
    assert one["value_change"] == pytest.approx(3.0 * clicks)
    assert one["profit_change"] == pytest.approx(1.5 * clicks - cost)
    assert np.sign([one["cost_change"], one["value_change"]]).tolist() == [sign, sign]
    assert one["profit_change_low"] < one["profit_change"] < one["profit_change_high"]


def test_a_change_is_told_against_what_the_item_really_pays_not_against_the_pooled_click_price(batch):
    """Own clicks cost 1.20, pooled 1.00: a cut must not look like a saving of the difference."""
    one = row(batch, {"usual_cost": 120.0}, multiplier=0.98)
    assert one["cost_change"] == pytest.approx(100 * 2.0 * 0.375 * (0.98**1.6 - 1))
    assert one["cost"] == 120.0


def test_money_of_a_dollar_account_is_in_shop_money_and_its_bid_in_dollars(batch):
    dollars = {"currency": "USD", "fx_rate": 7.0, "bid": 2.0 / 7.0 * 3.5}  # a bid of 1.00 USD = 7.00 CNY
    one = row(batch, dollars, multiplier=1.1)
    assert one["new_value"] == 1.1
    assert one["cost_change"] == pytest.approx(100 * 7.0 * 0.375 * (1.1**1.6 - 1))


def test_a_budget_is_told_against_what_it_permits_today(batch):
    change = {**PLACEMENT, "daily_budget": 100.0}
    one = row(
        batch,
        change,
        "daily_budget",
        multiplier=1.2,
        plan_cost=120.0,
        base_cost=100.0,
        plan_value=165.0,
        base_value=150.0,
    )
    assert (one["old_value"], one["new_value"]) == (100.0, 120.0)
    assert one["cost_change"] == pytest.approx(20.0)
    assert one["profit_change"] == pytest.approx(15.0 - 20.0)
    assert one["value_change"] == pytest.approx(15.0 / 1.5 * 3.0)


def test_expected_cost_is_never_negative(batch):
    change = {**PLACEMENT, "daily_budget": 1000.0}
    one = row(
        batch,
        change,
        "daily_budget",
        multiplier=0.7,
        plan_cost=700.0,
        base_cost=1000.0,
        plan_value=150.0,
        base_value=150.0,
    )
    assert one["expected_cost"] == 0.0


def test_a_campaign_far_from_its_budget_serves_all_its_demand(batch):
    items = make_items({"campaign_budget": 200.0})
    assert served_after(items, np.array([150.0])).tolist() == [1.0]
    assert served_after(items, np.array([400.0])).tolist() == [0.5]


def test_an_exhausted_campaign_goes_on_spending_what_it_spends(batch):
    """Four fifths of a demand of 125 are served: 100. Demand of 110 is then served by 100 / 110, of 90 wholly."""
    items = make_items({"served_share": 0.8, "campaign_budget": 300.0})
    assert served_after(items, np.array([125.0])) == pytest.approx([0.8])
    assert served_after(items, np.array([110.0])) == pytest.approx([100 / 110])
    assert served_after(items, np.array([90.0])) == pytest.approx([1.0])


def test_lower_bids_in_an_exhausted_campaign_buy_more_clicks_for_the_same_money(batch):
    change = {"served_share": 0.5, "is_exhausted": True, "demand_clicks": 200.0, "campaign_budget": 100.0}
    one = row(batch, change, multiplier=0.9)
    assert one["cost_change"] == pytest.approx(0.0)
    assert one["value_change"] > 0
    assert one["reason_code"] == "budget_exhausted_lower_bids"


def test_campaigns_that_cost_nothing_have_nothing_to_serve(batch):
    assert served_after(make_items({"usual_cost": 0.0}), np.array([0.0])).tolist() == [1.0]


def test_a_lever_that_a_platform_has_closed_since_gets_no_value(tmp_path):
    batch = make_batch(tmp_path)
    one = row(batch, {"platform": "amazon_sp", "daily_budget": 100.0}, "daily_budget", multiplier=1.2)
    assert pd.isna(one["new_value"])
    assert one["action"] == "keep"
