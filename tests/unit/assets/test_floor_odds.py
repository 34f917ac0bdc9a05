"""The lowest point that may be set tonight, and the odds of an item there and at today's bid."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from assets.floor_odds import add_floor
from assets.lowest_point import add_lowest_point, lowest_bids
from optimizers.floor import probability_below
from tests.unit.assets.made_up import make_batch, make_items, with_platform

CERTAIN = {"aov_log_sd": 0.0, "cpc_log_sd": 0.0}


def odds(batch, *changes: dict[str, object], **log_sds: float) -> pd.DataFrame:
    return add_floor(make_items(*changes).assign(**{**CERTAIN, **log_sds}), batch)


@pytest.mark.parametrize(
    ("bid", "lowest"),
    [(2.0, 1.4), (1.0, 0.7), (0.09, 0.07), (0.01, 0.01), (0.005, 0.01)],
    ids=["cap", "cap on the step", "rounded up so that the cap holds", "platform minimum", "below the minimum"],
)
def test_the_lowest_permitted_bid_keeps_cap_step_and_minimum(batch, bid, lowest):
    assert lowest_bids(make_items({"bid": bid}), batch).tolist() == [lowest]


def test_a_bid_that_the_platform_lets_only_rise_is_its_own_lowest(batch):
    book = batch.platforms["google_ads"].rulebook
    levers = tuple(
        one.model_copy(update={"may_lower": False}) if one.lever == "keyword_bid" else one for one in book.levers
    )
    rising = with_platform(batch, "google_ads", rulebook=book.model_copy(update={"levers": levers}))
    assert lowest_bids(make_items({"bid": 2.0}), rising).tolist() == [2.0]


def test_an_item_without_a_bid_has_no_lowest_bid(batch):
    items = make_items({"bid": None}, {"level": "placement", "bid": None, "daily_budget": 100.0})
    assert lowest_bids(items, batch).isna().all()


def test_clicks_and_their_price_at_the_lowest_bid_follow_the_curve(batch):
    """Bid 2 cut to 1.4: clicks x 0.7^0.6, cost + 100 x 2 x 0.375 x (0.7^1.6 - 1), the next click costs the bid."""
    one = add_lowest_point(make_items({}), batch).loc[0]
    clicks = 100 * 0.7**0.6
    assert one["lowest_clicks"] == pytest.approx(clicks)
    assert one["lowest_cpc"] == pytest.approx((100 + 75 * (0.7**1.6 - 1)) / clicks)
    assert one["lowest_marginal_cost"] == pytest.approx(1.4)


def test_a_click_never_gets_cheaper_faster_than_its_bid(batch):
    """Clicks cost 0.20 at a bid of 2.00: the curve's straight reading would make them free at 1.40."""
    one = add_lowest_point(make_items({"cpc": 0.2}), batch).loc[0]
    assert one["lowest_cpc"] == pytest.approx(0.2 * 0.7)


def test_a_closed_bid_is_judged_at_the_lowest_budget_that_may_be_set(batch):
    """0.7 of the budget keeps 0.7^0.7 of the clicks; the next click costs 1 / 0.7 of the mean one."""
    one = add_lowest_point(make_items({"level": "placement", "bid": None, "daily_budget": 100.0}), batch).loc[0]
    assert one["lowest_clicks"] == pytest.approx(100 * 0.7**0.7)
    assert one["lowest_cpc"] == pytest.approx(0.7 / 0.7**0.7)
    assert one["lowest_marginal_cost"] == pytest.approx(0.7 / 0.7**0.7 / 0.7)


def test_an_item_without_a_lever_is_judged_as_it_is(batch):
    one = add_lowest_point(make_items({"bid": None}), batch).loc[0]
    assert (one["lowest_clicks"], one["lowest_cpc"], one["lowest_marginal_cost"]) == (100.0, 1.0, 1.0)


def test_lowering_can_mend_what_loses_today_and_the_odds_tell_the_two_apart(batch):
    """Margin 0.90 a click: today 1.00 is lost, at the lowest bid 0.83 pays on the whole, though the next click costs 1.40."""
    change = {"value_per_click": 0.9, "cvr_shape": 3000.0, "cvr_rate": 100_000.0, "revenue_per_click": 1.8}
    one = odds(batch, change).loc[0]
    assert one["p_below_floor"] > 0.99
    assert one["p_loss"] < 0.01
    assert one["p_unprofitable"] > 0.99
    assert one["expected_waste"] == 0.0


def test_the_expected_waste_is_what_the_lowest_point_loses_a_day(batch):
    one = odds(batch, {"value_per_click": 0.5}).loc[0]
    assert one["expected_waste"] == pytest.approx((one["lowest_cpc"] - 0.5) * one["lowest_clicks"])


def test_an_uncertain_order_value_or_click_price_makes_sure_cases_less_sure(batch):
    sure = odds(batch, {"revenue_per_click": 1.0})["p_below_floor"]
    for name in CERTAIN:
        assert odds(batch, {"revenue_per_click": 1.0}, **{name: 0.6})["p_below_floor"][0] < sure[0]


def test_the_odds_equal_a_simulation_of_rate_order_value_and_price(batch):
    rng = np.random.default_rng(4)
    n, order_sd, price_sd = 400_000, 0.3, 0.25
    cvr = rng.gamma(33.0, 1 / 1100.0, n)
    order = 100.0 * np.exp(rng.normal(-(order_sd**2) / 2, order_sd, n))
    price = 1.5 * np.exp(rng.normal(-(price_sd**2) / 2, price_sd, n))
    one = odds(batch, {"cpc": 1.5}, aov_log_sd=order_sd, cpc_log_sd=price_sd).loc[0]
    assert one["p_below_floor"] == pytest.approx((cvr * order / price < 2.0).mean(), abs=0.006)


def test_net_sales_are_judged_and_not_gross_ones(batch):
    """Half of what was sold came back: the floor of 2 is met by a gross ROAS of 4 only."""
    kept = odds(batch, {"revenue_per_click": 1.5, "cvr": 33 / 1100}).loc[0, "p_below_floor"]
    assert kept == pytest.approx(probability_below([33.0], [1100.0], [1.5 * 1100 / 33], [1.0], 2.0)[0])


def test_each_platform_has_its_own_floor(tmp_path):
    base = make_batch(tmp_path)
    uses = {
        **base.settings.platforms,
        "amazon_sp": base.settings.platforms["amazon_sp"].model_copy(update={"roas_floor": 4.0}),
    }
    batch = make_batch(tmp_path, platforms={name: use.model_dump() for name, use in uses.items()})
    found = odds(batch, {}, {"platform": "amazon_sp"})
    assert found["roas_floor"].tolist() == [2.0, 4.0]
    assert found["p_below_floor"][0] < found["p_below_floor"][1]


def test_what_is_not_known_has_no_odds(batch):
    one = odds(batch, {"cpc": None, "value_per_click": None, "revenue_per_click": None}).loc[0]
    assert one[["p_below_floor", "p_loss", "p_unprofitable", "expected_waste"]].isna().all()
