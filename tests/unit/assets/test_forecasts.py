"""What the night expects of tomorrow under its plan: single items, platforms and the total."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from assets.demand import add_demand
from assets.forecasts import COLUMNS, MEASURES, forecast_rows, with_plan
from tests.unit.assets.made_up import make_items

NIGHT = pd.Timestamp("2025-03-10")
RATES = {"cvr_shape": 30.0, "cvr_rate": 1000.0, "aov_log_sd": 0.1, "next_day_cvr_factor": 1.0}
RESPONSE = {"eta": 0.5, "eta_log_sd": 0.35, "rho": 1.0, "kappa": 1.0, "beta": 0.7, "ceiling": 10.0}
PLAN = ["item", "action", "lever", "decision", "expected_cost", "old_value", "new_value", "value_change"]


def judged(*changes: Mapping[str, Any]) -> pd.DataFrame:
    """Return items as the plan sees them: rates, response and tomorrow's demand known."""
    return add_demand(make_items(*changes).assign(**RATES, **RESPONSE), {})


def bid_row(item: str, new: float, decision: str = "accept") -> dict[str, Any]:
    """Return the recommendation that moves a bid of 2.00 to ``new``."""
    action = "raise" if new > 2 else "lower"
    return {"item": item, "action": action, "lever": "keyword_bid", "decision": decision, "expected_cost": 1.0,
            "old_value": 2.0, "new_value": new, "value_change": 0.0}  # fmt: skip


def pause_row(item: str) -> dict[str, Any]:
    return bid_row(item, 1.0) | {"action": "pause", "lever": "status", "new_value": np.nan, "old_value": np.nan}


def told(items: pd.DataFrame, *rows: dict[str, Any]) -> pd.DataFrame:
    return forecast_rows(with_plan(items, pd.DataFrame(list(rows), columns=PLAN)), NIGHT)


def only(found: pd.DataFrame, level: str) -> pd.Series:
    return found[found["level"] == level].iloc[0]


def test_without_a_change_tomorrow_is_a_usual_day_and_the_rows_are_complete():
    found = told(judged({}))
    one = only(found, "keyword")
    assert found.columns.tolist() == COLUMNS
    assert (one["clicks"], one["cost"]) == (pytest.approx(100.0), pytest.approx(100.0))
    assert one["conversions"] == pytest.approx(3.0)
    assert (one["value"], one["conversion_value"]) == (pytest.approx(150.0), pytest.approx(300.0))
    assert (one["night"], one["action"], one["evidence_grade"]) == (NIGHT, "keep", "A")


def test_every_interval_holds_its_mean():
    found = told(judged({"keyword": "a"}, {"keyword": "b", "clicks_per_day": 5.0, "clicks_now_7d": 35.0}))
    for name in MEASURES:
        assert (found[f"{name}_low"] < found[name]).all()
        assert (found[name] < found[f"{name}_high"]).all()


def test_a_raised_bid_follows_the_curve_and_its_interval_knows_the_response_error():
    items = judged({})
    kept, raised = (only(told(items, *rows), "keyword") for rows in ((), (bid_row(items.loc[0, "item"], 2.6),)))
    assert raised["clicks"] == pytest.approx(100.0 * 1.3**0.5)
    assert raised["cost"] > kept["cost"]
    assert raised["clicks_shape"] < kept["clicks_shape"]
    assert raised["action"] == "raise"


def test_a_held_change_changes_nothing():
    items = judged({})
    held = only(told(items, bid_row(items.loc[0, "item"], 2.6, decision="hold")), "keyword")
    assert (held["action"], held["clicks"]) == ("keep", pytest.approx(100.0))


def test_a_paused_item_is_expected_to_bring_nothing():
    items = judged({})
    gone = only(told(items, pause_row(items.loc[0, "item"])), "keyword")
    assert gone[["clicks", "cost", "conversions", "value", "clicks_high", "cost_high"]].tolist() == [0.0] * 6


def test_where_a_bid_falls_in_an_exhausted_campaign_the_others_get_more():
    lost = {"campaign_budget": 140.0, "lost_to_budget_share": 0.3, "cost_7d": 490.0}
    items = judged(*[{"keyword": name, **lost} for name in "ab"])
    before, after = (told(items, *plan) for plan in ((), (pause_row(items.loc[0, "item"]),)))
    assert before["clicks"].iloc[1] == pytest.approx(70.0, rel=0.01)
    assert after["clicks"].iloc[1] == pytest.approx(100.0, rel=0.01)
    assert after["cost"].iloc[:2].sum() <= 140.0


def test_an_exhausted_budget_makes_the_cost_surer_than_the_clicks_of_an_ample_one():
    wild = {"day_log_sd": 0.2, "lost_to_budget_share": np.nan}
    full = only(told(judged({**wild, "campaign_budget": 100.0})), "total")
    ample = only(told(judged({**wild, "campaign_budget": 500.0})), "total")
    assert full["cost_high"] - full["cost_low"] < 0.5 * (ample["cost_high"] - ample["cost_low"])


def test_totals_add_up_and_are_surer_than_their_parts_but_not_of_what_all_share():
    rows = [{"keyword": f"w{n}", "clicks_per_day": 4.0, "clicks_now_7d": 28.0, "cost_per_day": 4.0} for n in range(50)]
    calm, shared = (told(judged(*[{**row, "day_log_sd": sd} for row in rows])) for sd in (0.0, 0.2))
    total = only(calm, "total")
    assert total["clicks"] == pytest.approx(calm.loc[calm["level"] == "keyword", "clicks"].sum())
    spread = [
        (one["clicks_high"] - one["clicks_low"]) / one["clicks"] for one in (calm.iloc[0], total, only(shared, "total"))
    ]
    assert spread[1] < 0.5 * spread[0]
    assert spread[2] > 2 * spread[1]


def test_each_platform_has_a_row_and_the_total_is_their_sum():
    found = told(
        judged({"platform": "google_ads"}, {"platform": "amazon_sp", "clicks_per_day": 10.0, "clicks_now_7d": 70.0})
    )
    platforms = found[found["level"] == "platform"]
    assert platforms["platform"].tolist() == ["amazon_sp", "google_ads"]
    assert only(found, "total")["cost"] == pytest.approx(platforms["cost"].sum())


def test_tomorrows_conversion_factor_lifts_orders_and_value_alike():
    items = judged({})
    usual, busy = (only(told(items.assign(next_day_cvr_factor=factor)), "keyword") for factor in (1.0, 1.5))
    assert busy["conversions"] == pytest.approx(1.5 * usual["conversions"])
    assert busy["value"] == pytest.approx(1.5 * usual["value"])


def widths(found: pd.DataFrame, *names: str) -> list[float]:
    total = only(found, "total")
    return [float((total[f"{name}_high"] - total[f"{name}_low"]) / total[name]) for name in names]


def many(**change: object) -> pd.DataFrame:
    rows = [{"keyword": f"w{n}", "campaign_key": f"c{n}", "effective_conversions": 0.0, **change} for n in range(60)]
    return told(judged(*rows))


ORDERS = ("conversions", "conversion_value", "value")


@pytest.mark.parametrize(
    ("shared", "wider"),
    [
        ({"cvr_level_log_sd": 0.2}, ORDERS),
        ({"maturity_log_sd": 0.2}, ORDERS),
        ({"next_day_cvr_log_sd": 0.2}, ORDERS),
        ({"net_share": 0.9, "net_share_low": 0.6, "net_share_high": 1.0}, ("value",)),
    ],
    ids=["level of rates", "delay", "day", "refunds"],
)
def test_a_total_is_unsure_of_what_all_its_items_are_wrong_by_together(shared, wider):
    calm, moved = (dict(zip(MEASURES, widths(found, *MEASURES), strict=True)) for found in (many(), many(**shared)))
    for name in MEASURES:
        if name in wider:
            assert moved[name] > 1.5 * calm[name]
        else:
            assert moved[name] == calm[name]


def test_what_an_item_knows_from_its_own_orders_does_not_hang_on_the_level_of_the_others():
    leaning, own = (many(cvr_level_log_sd=0.3, effective_conversions=seen) for seen in (0.0, 29.0))
    assert widths(own, "conversions")[0] < 0.3 * widths(leaning, "conversions")[0]


def test_campaigns_drift_apart_so_that_many_are_surer_in_sum_than_one():
    spread, alone = (many(**change) for change in ({}, {"campaign_key": "one"}))
    assert widths(alone, "conversions")[0] > 1.1 * widths(spread, "conversions")[0]


def test_clicks_that_turned_out_less_sure_than_told_are_told_less_sure():
    calm, wide = (only(told(judged({"clicks_widening": factor})), "keyword") for factor in (1.0, 2.0))
    spread = [one["clicks"] + one["clicks"] ** 2 / one["clicks_shape"] for one in (calm, wide)]
    assert spread[1] == pytest.approx(4.0 * spread[0])
