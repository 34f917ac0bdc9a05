from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from assets.batch import Batch
from assets.budgets import PLAN_COLUMNS, empty_plan, plan_rows
from assets.plan_problem import Reserve, build_problem, with_caps
from optimizers.allocation import allocate
from optimizers.errors import InfeasibleBudgetError
from tests.unit.assets.made_up import make_batch, make_items

PLAN = {
    "platform": "taobao_audience",
    "level": "placement",
    "campaign": "拉新",
    "campaign_key": "9",
    "keyword": "",
    "bid": np.nan,
}


@pytest.fixture
def rich(tmp_path: Path) -> Batch:
    """A night with more money than anything could spend."""
    return make_batch(tmp_path, budget={"daily_total": 1e6})


def solved(items: pd.DataFrame, batch: Batch, **options: Any) -> pd.DataFrame:
    plan = build_problem(items, batch, **options)
    assert plan.problem is not None
    return plan_rows(plan, plan.problem, allocate(plan.problem)).set_index("item")


def capped(batch: Batch, **change: Any) -> pd.Series:
    return with_caps(make_items(change), batch).loc[0]


def test_a_keyword_moves_by_its_bid_within_the_caps_of_a_night(batch):
    one = capped(batch)
    assert (one["lever"], one["min_multiplier"], one["max_multiplier"]) == (
        "keyword_bid",
        pytest.approx(0.7),
        pytest.approx(1.3),
    )


def test_platform_bounds_win_over_the_caps(batch):
    """Google's least bid is 0.01: a bid of 0.012 may fall to 0.01 only, although 30 % down would be 0.0084."""
    assert capped(batch, bid=0.012)["min_multiplier"] == pytest.approx(0.01 / 0.012)
    assert capped(batch, bid=9000.0, cpc=9000.0, revenue_per_click=45_000.0)["max_multiplier"] == pytest.approx(10 / 9)


def test_a_bid_is_not_raised_past_the_point_where_every_auction_is_won(batch):
    """The ceiling of the row: losing a tenth to rank at eta 0.6 makes it 0.9^(-1/0.6) = 1.192."""
    assert capped(batch, ceiling=1.192)["max_multiplier"] == pytest.approx(1.192)
    assert capped(batch, ceiling=1.0)["max_multiplier"] == 1.0


@pytest.mark.parametrize(
    "change", [{"is_brand": True}, {"verdict": "protected"}, {"verdict": "lower"}, {"revenue_per_click": 1.9}],
    ids=["brand", "protected", "judged under the floor", "under the floor on average"],
)  # fmt: skip
@pytest.mark.parametrize("lever", [{}, {**PLAN, "target_roas": 3.0}, {**PLAN, "daily_budget": 100.0, "is_exhausted": True}],
                         ids=["bid", "target", "budget"])  # fmt: skip
def test_brand_protected_and_weak_items_are_never_raised_whatever_their_lever(batch, change, lever):
    one = capped(batch, **{**lever, **change})
    assert one["lever"] != ""
    assert one["max_multiplier"] == 1.0
    assert one["min_multiplier"] < 1.0


@pytest.mark.parametrize("bid", [1.0, 2.0, 4.0, 8.0])
def test_no_raise_takes_the_roas_of_a_keyword_under_its_floor(batch, bid):
    """Sales of 2.2 a click at 1.00 and floor 2. At the found bid, sales / cost is still at least 2; a step more is not."""
    most = capped(batch, bid=bid, revenue_per_click=2.2)["max_multiplier"]

    def roas_at(m: float) -> float:
        return 2.2 * m**0.6 / (1.0 + bid * 0.6 / 1.6 * (m**1.6 - 1.0))

    assert roas_at(most) >= 2.0 - 1e-9
    assert most == pytest.approx(1.3) or roas_at(most + 0.001) < 2.0


def test_no_raise_takes_the_roas_of_a_budget_under_its_floor(batch):
    """Value grows with cost^0.7, so ROAS 2.1 falls to 2 at cost x 1.05^(1/0.3) = 1.177."""
    one = capped(batch, **PLAN, daily_budget=100.0, is_exhausted=True, revenue_per_click=2.1)
    assert one["max_multiplier"] == pytest.approx(1.05 ** (1 / 0.3))


@pytest.mark.parametrize(
    ("change", "lever"),
    [
        ({"target_roas": 3.0, "daily_budget": 100.0}, "target_roas"),
        ({"target_roas": 3.0, "daily_budget": 100.0, "is_exhausted": True}, "daily_budget"),
        ({"daily_budget": 100.0}, ""),
        ({"target_roas": 3.0, "usual_cost": 0.0}, ""),
        ({"target_roas": 3.0, "value_per_click": 0.0}, ""),
        ({"target_roas": 3.0, "value_source": "unknown"}, ""),
        ({"target_roas": 3.0, "cpc": np.nan}, ""),
    ],
    ids=["target", "budget when exhausted", "unspent budget", "no spend", "no value", "value not known", "no click price"],
)  # fmt: skip
def test_a_closed_bid_moves_by_its_target_or_by_the_budget_that_binds(batch, change, lever):
    assert capped(batch, **PLAN, **change)["lever"] == lever


def test_a_lever_that_the_platform_keeps_closed_is_never_used(batch):
    """Amazon's daily budget is closed."""
    assert capped(batch, **{**PLAN, "platform": "amazon_sp"}, daily_budget=100.0, is_exhausted=True)["lever"] == ""


def test_a_target_may_not_spend_more_than_its_campaigns_budget_permits(batch):
    assert capped(batch, **PLAN, target_roas=3.0, daily_budget=110.0)["max_multiplier"] == pytest.approx(1.1)


def test_what_held_unknown_and_frozen_items_spend_is_taken_off_the_total(tmp_path):
    batch = make_batch(tmp_path, budget={"daily_total": 1000.0})
    stays = [{"is_held": True}, {"verdict": "no_entity"}, {"verdict": "frozen"}, {"verdict": "closed_bid"}]
    gone = [{"verdict": "pause"}, {"verdict": "stock_hold"}, {"verdict": "not_enabled", "usual_cost": 0.0}]
    idle = {"level": "placement", "bid": np.nan, "daily_budget": 500.0}  # no lever: its budget does not bind
    rows = [{"keyword": str(n), **change} for n, change in enumerate([{}, *stays, *gone, idle])]
    plan = build_problem(make_items(*rows), batch, reserved=Reserve(70.0))
    assert plan.fixed_cost == 500.0
    assert plan.total == 1000.0
    assert plan.problem.tree.max_cost[0] == pytest.approx(1000.0 - 500.0 - 70.0)


def test_without_a_stated_total_tomorrow_costs_what_is_usual(batch):
    assert build_problem(make_items({"keyword": "a"}, {"keyword": "b", "verdict": "pause"}), batch).total == 200.0


def test_a_platforms_limits_count_what_its_unmoved_items_spend(tmp_path):
    batch = make_batch(tmp_path, platforms={"google_ads": {"max_cost": 190.0, "min_cost": 175.0}})
    plan = build_problem(make_items({"keyword": "a"}, {"keyword": "b", "verdict": "no_entity"}), batch)
    assert plan.problem.tree.max_cost[1] == pytest.approx(90.0)
    assert plan.problem.tree.min_cost[1] == pytest.approx(75.0)
    assert (
        solved(make_items({"keyword": "a"}, {"keyword": "b", "verdict": "no_entity"}), batch)["plan_cost"].sum()
        <= 90.0 + 1e-6
    )


def test_a_maximum_that_tonights_caps_cannot_reach_is_lifted_to_what_they_can(tmp_path):
    """At the lowest bid (x 0.7) a keyword costs 100 + 100 x 2 x 0.375 x (0.7^1.6 - 1) = 67.39."""
    least = 100.0 + 75.0 * (0.7**1.6 - 1.0)
    batch = make_batch(tmp_path, budget={"daily_total": 10.0})
    plan = build_problem(make_items({"campaign_budget": 20.0}), batch)
    assert plan.problem.tree.max_cost[[0, 2]] == pytest.approx([least, least])
    assert solved(make_items({"campaign_budget": 20.0}), batch)["multiplier"].tolist() == pytest.approx([0.7], abs=1e-6)


def test_a_campaign_budget_binds_in_shop_money(rich):
    """A budget of 12 USD at 7.0 holds 84 CNY; without it the bid would rise to its cap."""
    dollars = {"currency": "USD", "fx_rate": 7.0, "bid": 2.0 / 7.0, "value_per_click": 9.0, "revenue_per_click": 18.0}
    free, bound = (solved(make_items({**dollars, **one}), rich) for one in ({}, {"campaign_budget": 12.0}))
    assert free["multiplier"].tolist() == pytest.approx([1.3])
    assert bound["plan_cost"].tolist() == pytest.approx([84.0])


def test_bid_times_rate_is_what_a_click_is_weighed_against(batch):
    """Worth 10.5 CNY a click, bid 2 USD at 7.0: the best bid is 10.5 / 14 = 0.75 of today's."""
    dollars = {"currency": "USD", "fx_rate": 7.0, "bid": 2.0, "cpc": 7.0, "usual_cost": 700.0, "value_per_click": 10.5,
               "revenue_per_click": 21.0}  # fmt: skip
    assert solved(make_items(dollars), batch)["multiplier"].tolist() == pytest.approx([0.75])


def test_minima_that_do_not_fit_the_total_are_refused_with_the_missing_money(tmp_path):
    uses = {"google_ads": {"min_cost": 110.0}, "amazon_sp": {"min_cost": 110.0}}
    batch = make_batch(tmp_path, platforms=uses, budget={"daily_total": 200.0})
    plan = build_problem(make_items({}, {"platform": "amazon_sp"}), batch)
    with pytest.raises(InfeasibleBudgetError, match=r"total within its maximum.*20\.00 too much"):
        allocate(plan.problem)


def test_a_minimum_above_what_bids_and_campaign_budgets_can_spend_asks_for_the_most_they_can(tmp_path):
    batch = make_batch(tmp_path, platforms={"google_ads": {"min_cost": 500.0}}, budget={"daily_total": 1000.0})
    found = solved(make_items({"campaign_budget": 105.0}), batch)
    assert found["plan_cost"].tolist() == pytest.approx([105.0])


@pytest.mark.parametrize("change", [{"verdict": "no_entity"}, {"is_held": True}, {"value_source": "unknown"}])
def test_a_night_in_which_nothing_may_move_has_no_problem(batch, change):
    plan = build_problem(make_items(change), batch)
    assert plan.problem is None
    assert plan.fixed_cost == 100.0


def test_the_empty_plan_has_every_column_in_its_type(batch):
    full = solved(make_items({}), batch).reset_index()[PLAN_COLUMNS]
    assert empty_plan().columns.tolist() == PLAN_COLUMNS
    assert empty_plan().dtypes.astype(str).tolist() == full.dtypes.astype(str).tolist()


@pytest.mark.parametrize("rows", [[{}], [{**PLAN, "target_roas": 3.0}], [{}, {**PLAN, "target_roas": 3.0}]],
                         ids=["keywords only", "budgets only", "both"])  # fmt: skip
def test_any_mixture_of_levers_is_planned(batch, rows):
    found = solved(make_items(*rows), batch)
    assert len(found) == len(rows)
    assert found[["multiplier", "plan_cost", "plan_value", "total_price"]].notna().all(axis=None)


def test_a_target_moves_against_its_cost(rich):
    """Margin 0.9 per unit of cost at beta 0.7 pays 0.63 for the next unit: spend less, ask for more."""
    rows = [{**PLAN, "target_roas": 3.0, "value_per_click": value} for value in (0.9, 3.0)]
    low, high = (solved(make_items(row), rich).iloc[0] for row in rows)
    assert low["plan_cost"] == pytest.approx(70.0)
    assert low["multiplier"] == pytest.approx(0.7**-0.3)
    assert high["plan_cost"] > 100.0
    assert high["multiplier"] == pytest.approx((high["plan_cost"] / 100.0) ** -0.3)


def test_when_the_total_cannot_be_met_the_price_is_endless_and_every_row_is_at_its_least(tmp_path):
    batch = make_batch(tmp_path, budget={"daily_total": 1.0})
    found = solved(
        make_items({"keyword": "a"}, {"keyword": "b", "campaign": "Chairs", "campaign_key": "Chairs"}), batch
    )
    assert found["multiplier"].tolist() == pytest.approx([0.7, 0.7], abs=1e-6)
    assert (found["total_price"] > 1.0).all()
    assert found["sentence_en"].str.len().gt(0).all()
