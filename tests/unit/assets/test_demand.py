"""Demand of the next day: exhausted budgets, pooled levels, the forecast of tomorrow's clicks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from assets.demand import add_demand, exhausted_demand
from tests.unit.assets.made_up import make_items

TENTS = "google_ads|main|Tents"


def demand(*changes: dict[str, object], before: dict[str, float] | None = None) -> pd.DataFrame:
    return add_demand(make_items(*changes), {} if before is None else before)


def test_a_campaign_under_its_budget_serves_all_its_demand():
    one = demand({"campaign_budget": 200.0}).loc[0]
    assert (one["served_share"], one["is_exhausted"]) == (pytest.approx(1.0), False)
    assert (one["demand_clicks"], one["usual_cost"]) == (pytest.approx(100.0), pytest.approx(100.0))


def test_a_budget_used_up_on_seven_days_hides_more_the_more_days_differ_and_a_tenth_more_every_night():
    """A hundred clicks a day scatter by a tenth: a demand that reaches the budget on all seven lies 1.32 tenths above it."""
    first = demand({"campaign_budget": 100.0}).loc[0]
    assert first["is_exhausted"]
    assert first["demand_cost"] == pytest.approx(100.0 * np.exp(0.132) * 1.1)
    assert first["demand_clicks"] == pytest.approx(first["demand_cost"])
    later = demand({"campaign_budget": 100.0}, before={TENTS: 121.0}).loc[0]
    assert later["demand_cost"] == pytest.approx(133.1)
    wild = demand({"campaign_budget": 100.0, "day_log_sd": 0.2}).loc[0]
    assert wild["demand_cost"] > first["demand_cost"]


def test_the_next_night_is_told_the_demand_of_exhausted_campaigns_only():
    items = demand(
        {"keyword": "a", "campaign_budget": 100.0}, {"keyword": "b", "campaign": "Chairs", "campaign_key": "Chairs"}
    )
    assert exhausted_demand(items) == {TENTS: pytest.approx(items.loc[0, "demand_cost"])}


def test_budgets_are_compared_in_shop_money():
    """Spending 100 CNY of 20 USD at 7.0 is no exhausted budget; of 14 USD it is."""
    dollars = {"currency": "USD", "fx_rate": 7.0}
    assert not demand({**dollars, "campaign_budget": 20.0}).loc[0, "is_exhausted"]
    assert demand({**dollars, "campaign_budget": 14.0}).loc[0, "is_exhausted"]


def test_a_week_with_missing_days_is_compared_by_the_days_it_has():
    assert demand({"campaign_budget": 100.0, "cost_7d": 500.0, "days_7d": 5.0}).loc[0, "is_exhausted"]


def test_where_the_loss_is_told_days_are_demand_already_and_the_budget_cuts_it():
    """A fifth was lost: 80 a day were served of the 100 that the rows have been put at."""
    told = {"lost_to_budget_share": 0.2, "cost_7d": 560.0, "clicks_7d": 560.0}
    for budget in (80.0, np.nan):  # where no budget is told, what was spent is the budget
        lost = demand({**told, "campaign_budget": budget}).loc[0]
        assert (lost["served_share"], lost["is_exhausted"]) == (pytest.approx(0.8, rel=0.01), True)
        assert (lost["demand_clicks"], lost["usual_cost"]) == (pytest.approx(100.0), pytest.approx(80.0, rel=0.01))
    assert not demand({"lost_to_budget_share": 0.01}).loc[0, "is_exhausted"]


def test_a_bid_that_has_fallen_makes_a_budget_ample_that_was_used_up_at_the_old_one():
    """At the old bid 80 of 100 were served; at today's the same days would have wanted 60."""
    now = {"cost_per_day": 60.0, "clicks_per_day": 80.0, "cost_now_7d": 420.0, "clicks_now_7d": 560.0}
    one = demand({**now, "lost_to_budget_share": 0.2, "cost_7d": 560.0, "campaign_budget": 80.0}).loc[0]
    assert not one["is_exhausted"]
    assert (one["usual_cost"], one["next_clicks"]) == (pytest.approx(60.0, rel=0.01), pytest.approx(80.0, rel=0.01))


def test_an_exhausted_budget_spends_what_it_has_promotion_or_not():
    """Half the window was a promotion: scaled out, 80 a day remain, but last week's 100 were spent and will be again."""
    week = {"cost_now_7d": 350.0, "cost_7d": 350.0, "clicks_7d": 350.0}
    rows = [
        {"keyword": name, "cost_per_day": 40.0, "clicks_per_day": 40.0, **week, "campaign_budget": 100.0}
        for name in "ab"
    ]
    found = demand(*rows)
    assert found["usual_cost"].sum() == pytest.approx(100.0, rel=0.02)
    assert found["clicks_per_day"].tolist() == pytest.approx([50.0, 50.0], rel=0.02)
    tomorrow = demand(*[{**row, "next_day_factor": 2.0} for row in rows])
    assert tomorrow["usual_cost"].sum() == pytest.approx(100.0, rel=0.001)


def test_tomorrows_promotion_lifts_usual_cost_and_demand():
    one = demand({"next_day_factor": 1.5}).loc[0]
    assert (one["usual_cost"], one["demand_clicks"]) == (pytest.approx(150.0), pytest.approx(150.0))


@pytest.mark.parametrize(("status", "cost"), [("enabled", 100.0), (None, 100.0), ("paused", 0.0), ("archived", 0.0)])
def test_what_is_off_spends_nothing_tomorrow(status, cost):
    assert demand({"status": status}).loc[0, "usual_cost"] == pytest.approx(cost)


def test_a_keyword_without_a_click_is_expected_to_get_some_but_fewer_than_its_campaign():
    busy = [{"keyword": f"w{n}", "clicks_per_day": 1.0 + n, "clicks_now_7d": 7.0 + 7 * n} for n in range(6)]
    silent = {"keyword": "silent", "clicks_per_day": 0.0, "cost_per_day": 0.0, "clicks_now_7d": 0.0, "usual_days": 5.0}
    found = demand(silent, *busy).set_index("keyword")
    assert 0.0 < found.loc["silent", "next_clicks"] < found.loc["w0", "next_clicks"]
    assert found.loc["silent", "usual_cost"] == pytest.approx(
        found.loc["silent", "clicks_per_day"]
    )  # at its cpc of 1.00


def test_the_shock_of_demand_is_larger_than_that_of_clicks_a_third_of_which_could_not_follow():
    """Two campaigns of three had money left: what moved all served clicks by 6 % moved these by 9 %."""
    window = {"day_log_sd": 0.06, "cost": 3000.0, "n_days": 30.0, "clicks": 1000.0}
    rows = [{**window, "campaign": name, "campaign_key": name, "campaign_budget": 500.0} for name in "ab"]
    found = demand(*rows, {**window, "campaign_budget": 101.0})
    shock = np.hypot(0.09, found["level_log_sd"])
    assert found["day_log_sd"].tolist() == pytest.approx(shock.tolist())


def test_a_keyword_that_is_off_gets_no_click_tomorrow():
    found = demand({"keyword": "on"}, {"keyword": "off", "status": "paused"}).set_index("keyword")
    assert found.loc["off", ["next_clicks", "next_clicks_low", "next_clicks_high"]].tolist() == [0.0, 0.0, 0.0]
    assert found.loc["on", "next_clicks"] == pytest.approx(100.0, rel=0.01)


def test_a_campaign_whose_week_was_busier_is_moved_towards_it():
    usual, busy = demand({"clicks_now_7d": 700.0}).loc[0], demand({"clicks_now_7d": 1050.0}).loc[0]
    assert usual["trend"] == pytest.approx(1.0)
    assert 1.3 < busy["trend"] < 1.5
    assert busy["next_clicks"] == pytest.approx(100.0 * busy["trend"], rel=0.01)


def test_a_season_that_moves_all_campaigns_moves_one_that_has_too_few_clicks_to_tell():
    busy = [{"campaign": name, "campaign_key": name, "clicks_now_7d": 910.0} for name in "abcd"]
    small = {"clicks_per_day": 1.0, "cost_per_day": 1.0, "cost_7d": 7.0, "clicks_7d": 7.0, "clicks_now_7d": 7.0}
    alone, among = demand(small).loc[0], demand(small, *busy).loc[0]
    assert alone["trend"] == pytest.approx(1.0, abs=0.01)
    assert 1.2 < among["trend"] < 1.3
    assert among["level_log_sd"] < alone["level_log_sd"]


def test_a_busy_week_of_luck_that_all_share_moves_less_than_one_of_its_own():
    own, shared = ({"clicks_now_7d": 1050.0, "day_log_sd": sd} for sd in (0.0, 0.3))
    assert 1.0 < demand(shared).loc[0, "trend"] < demand(own).loc[0, "trend"]


def test_the_interval_is_wider_where_the_day_is_less_sure():
    calm, wild = (demand({"day_log_sd": sd}).loc[0] for sd in (0.0, 0.2))
    width = [one["next_clicks_high"] - one["next_clicks_low"] for one in (calm, wild)]
    assert width[0] < width[1]
    assert wild["day_log_sd"] == pytest.approx(np.hypot(0.2, wild["level_log_sd"]))


def test_a_promotion_cannot_lift_clicks_over_what_the_budget_pays():
    one = demand({"campaign_budget": 130.0, "next_day_factor": 2.0}).loc[0]
    assert one["next_clicks"] == pytest.approx(130.0, rel=0.02)
    assert one["demand_clicks"] == pytest.approx(200.0, rel=0.01)


def test_an_exhausted_campaign_follows_no_shock():
    one = demand({"campaign_budget": 100.0, "day_log_sd": 0.1}).loc[0]
    assert one["is_exhausted"]
    assert one["next_clicks_shape"] > demand({"campaign_budget": 500.0, "day_log_sd": 0.1}).loc[0, "next_clicks_shape"]
    assert one["next_clicks"] == pytest.approx(100.0, rel=0.03)


def test_the_order_of_rows_changes_no_forecast():
    rows = [{"keyword": f"w{n}", "clicks_per_day": 0.3 * n, "clicks_now_7d": 2.0 * n} for n in range(8)]
    found = demand(*rows).set_index("keyword")["next_clicks"]
    turned = demand(*rows[::-1]).set_index("keyword")["next_clicks"]
    np.testing.assert_allclose(turned.reindex(found.index), found, rtol=1e-9)
