from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from assets.kol_choice import ads_and_budget
from assets.plan_problem import build_problem
from configs.schema import Settings
from optimizers.allocation import allocate
from optimizers.errors import InfeasibleBudgetError
from tests.unit.assets.made_up import make_batch, make_items

GOOD = {"keyword": "good", "revenue_per_click": 6.0, "value_per_click": 3.0}
WEAK = {"keyword": "weak", "platform": "amazon_sp", "revenue_per_click": 2.4, "value_per_click": 1.2}


def plan_of(tmp_path, *rows, total=1000.0, budget=None, **platforms):
    settings = {"daily_total": total, **({} if budget is None else budget)}
    uses = {"google_ads": {}, "amazon_sp": {}, **platforms}
    batch = make_batch(tmp_path, platforms=uses, budget=settings)
    plan = build_problem(make_items(*rows), batch)
    assert plan.problem is not None
    return plan, allocate(plan.problem)


def platform_roas(plan, result) -> pd.Series:
    """Sales over cost by platform, from the forecast clicks of the plan and not from the solver's own sums."""
    rows = plan.keywords.assign(cost=result.keyword_cost, value=result.keyword_value)
    sales = rows["value"] * rows["revenue_per_click"] / rows["value_per_click"]
    return sales.groupby(rows["platform"]).sum() / rows.groupby("platform")["cost"].sum()


def test_a_shop_without_limits_has_a_tree_without_floors(tmp_path):
    plan, _ = plan_of(tmp_path, GOOD, WEAK)
    assert np.isnan(plan.problem.tree.min_roas).all()
    assert np.isnan(plan.problem.tree.min_marginal_roas).all()
    assert plan.problem.basis is None


def test_a_floor_on_sales_is_met_by_the_plan_although_profit_is_maximised(tmp_path):
    _, free = plan_of(tmp_path, GOOD, WEAK)
    before = platform_roas(*plan_of(tmp_path, GOOD, WEAK))
    floor = float(before["google_ads"]) + 0.1
    plan, held = plan_of(tmp_path, GOOD, WEAK, google_ads={"min_roas": floor})
    after = platform_roas(plan, held)
    assert after["google_ads"] >= floor * (1.0 - 1e-9)
    assert after["amazon_sp"] == pytest.approx(before["amazon_sp"])
    assert held.objective < free.objective


def test_a_floor_of_the_total_is_met_over_all_platforms(tmp_path):
    plan, result = plan_of(tmp_path, GOOD, WEAK)
    rows = plan.keywords["revenue_per_click"] / plan.keywords["value_per_click"]
    floor = float((result.keyword_value * rows).sum() / result.total_cost) + 0.05
    plan, result = plan_of(tmp_path, GOOD, WEAK, budget={"min_roas": floor})
    assert float((result.keyword_value * rows).sum() / result.total_cost) >= floor * (1.0 - 1e-9)


def test_a_floor_that_no_bid_can_meet_is_refused_with_the_money_missing(tmp_path):
    with pytest.raises(InfeasibleBudgetError, match=r"google_ads ROAS floor 50\.00") as refusal:
        plan_of(tmp_path, GOOD, WEAK, google_ads={"min_roas": 50.0})
    assert refusal.value.missing > 0
    assert len(refusal.value.offenders) == 1


def test_a_marginal_floor_stops_where_the_next_money_brings_too_little(tmp_path):
    """A click is worth 2.2 and today's bid is 2.00: its next unit brings 1.1, so a floor of 1.2 asks for a lower bid."""
    row = {"keyword": "a", "revenue_per_click": 4.4, "value_per_click": 2.2}
    _, free = plan_of(tmp_path, row)
    _, held = plan_of(tmp_path, row, google_ads={"min_marginal_value": 1.2})
    assert held.multiplier[0] < free.multiplier[0]
    assert held.keyword_marginal[0] == pytest.approx(1.2)
    assert held.keyword_binding[0] == "marginal_roas:google_ads"


def test_a_share_is_one_of_the_configured_total(tmp_path):
    plan, result = plan_of(tmp_path, GOOD, WEAK, total=400.0, google_ads={"max_share": 0.2})
    tree = plan.problem.tree
    assert tree.max_cost[tree.names.index("google_ads")] == pytest.approx(80.0)
    assert result.node_cost[tree.names.index("google_ads")] <= 80.0 * (1.0 + 1e-9)


def test_least_and_most_alike_freeze_what_a_platform_spends(tmp_path):
    plan, result = plan_of(tmp_path, GOOD, WEAK, google_ads={"min_cost": 90.0, "max_cost": 90.0})
    assert result.node_cost[plan.problem.tree.names.index("google_ads")] == pytest.approx(90.0)


@pytest.mark.parametrize("name", ["min_roas", "min_marginal_value"])
def test_a_floor_of_zero_is_refused_as_a_setting(name):
    with pytest.raises(ValueError, match="greater than 0"):
        Settings.model_validate({"budget": {name: 0.0}})


def test_offers_are_weighed_against_ads_without_the_floor_of_the_total(tmp_path):
    batch = make_batch(tmp_path, budget={"daily_total": 1000.0, "min_roas": 2.0})
    ads, budget = ads_and_budget(make_items(GOOD), batch)
    assert ads.at(budget).slope >= 0.0
