"""Affiliates are paid by a rate: it moves to where the next money of commission earns what other money earns."""

from __future__ import annotations

import numpy as np
import pytest

from assets.plan_problem import with_caps
from assets.response import COMMISSION_BETA
from tests.unit.assets.made_up import make_batch, make_items
from tests.unit.assets.planned import recommend

PLAN = {
    "platform": "taobao_taoke", "level": "placement", "campaign": "定向计划", "campaign_key": "9", "campaign_id": "9",
    "keyword": "", "bid": np.nan, "commission_rate": 0.1,
}  # fmt: skip


@pytest.fixture
def affiliates(tmp_path):
    use = {"account": "main", "required": ["placement_daily"]}
    return make_batch(tmp_path, budget={"daily_total": 1e6}, platforms={"taobao_taoke": use})


def advised(batch, **change):
    (row,) = recommend(make_items(PLAN | change), batch).to_dict("records")
    return row


def test_the_rate_is_raised_while_more_commission_earns_more_margin_than_it_costs(affiliates):
    """Value a click 3 at cost 1: the next money brings 3 x 1/3 = 1, so it stays; at 6 it brings 2 and rises to its cap."""
    assert advised(affiliates, value_per_click=3.0, revenue_per_click=10.0)["action"] == "keep"
    rich = advised(affiliates, value_per_click=6.0, revenue_per_click=20.0)
    assert (rich["action"], rich["lever"], rich["reason_code"]) == ("commission", "commission_rate", "commission_raise")
    assert rich["new_value"] == pytest.approx(0.1 * 1.3 ** (1 - COMMISSION_BETA), abs=0.001)
    assert rich["decision"] == "accept"


def test_the_rate_is_lowered_where_its_last_part_does_not_earn_its_cost(affiliates):
    """Value 2: the optimum is cost x (2/3)^(3/2) = 0.544, the cap of a night 0.7, the rate 0.1 x 0.7^(2/3) = 0.0788."""
    poor = advised(affiliates, value_per_click=2.0, revenue_per_click=10.0)
    assert poor["reason_code"] == "commission_lower"
    assert poor["new_value"] == pytest.approx(0.079, abs=1e-9)
    assert poor["cost_change"] == pytest.approx(-30.0, abs=0.5)


@pytest.mark.parametrize(("rate", "low", "high"), [(0.015, 1.0, 1.3), (0.5, 0.7, 1.0), (0.1, 0.7, 1.3)])
def test_the_platforms_limits_of_the_rate_bound_its_cost(affiliates, rate, low, high):
    rich = {"value_per_click": 6.0, "revenue_per_click": 20.0}
    one = with_caps(make_items(PLAN | rich | {"commission_rate": rate}), affiliates).loc[0]
    assert (one["min_multiplier"], one["max_multiplier"]) == (pytest.approx(low), pytest.approx(high))
