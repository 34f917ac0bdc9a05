"""What holds for the stages whatever the items are: order, currency, caps, protection, sums."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.batch import Batch
from assets.calendar_days import day_factors
from assets.catalogue import campaign_key
from assets.demand import add_demand
from assets.floor_odds import add_floor
from assets.money import fx_rates
from assets.performance import summarise
from assets.plan_problem import build_problem
from assets.pruning import below_floor, verdicts, within_pause_limit
from assets.rates import add_rates
from configs.schema import Calendar, FxRate
from tests.unit.assets.made_up import day, make_batch, make_facts, make_items
from tests.unit.assets.planned import make_plan, recommend

FEW = settings(max_examples=10, deadline=None)
VERY_FEW = settings(max_examples=6, deadline=None)  # a whole plan each, of up to twelve items
TOTAL = 900.0
MONEY = [
    "cost",
    "expected_cost",
    "cost_change",
    "value_change",
    "profit_change",
    "profit_change_low",
    "profit_change_high",
]
SHOP_MONEY = ["cpc", "usual_cost", "cost_per_day", "cost_7d", "revenue_per_click", "value_per_click", "value_per_click_low",
              "value_per_click_high", "aov", "cost", "conversion_value", "fx_rate"]  # fmt: skip


def night(total: float | None = TOTAL, **changes: Any) -> Batch:
    return make_batch(Path(tempfile.gettempdir()) / "bidwright-stages", budget={"daily_total": total}, **changes)


@st.composite
def keywords(draw: st.DrawFn) -> dict[str, Any]:
    """Draw one keyword with consistent numbers in shop money."""
    cpc, clicks = draw(st.floats(0.1, 9.0)), draw(st.floats(0.5, 200.0))
    roas, margin = draw(st.floats(0.3, 12.0)), draw(st.sampled_from([0.0, 0.25, 0.5, 0.9]))
    bid = draw(st.floats(0.02, 20.0)) if draw(st.booleans()) else round(draw(st.floats(0.02, 20.0)), 2)
    worth = roas * cpc * margin
    rate = draw(st.sampled_from([1.0, 7.0]))
    campaign = draw(st.sampled_from(["Tents", "Chairs"]))
    return {
        "platform": draw(st.sampled_from(["google_ads", "baidu_search"])), "campaign": campaign, "campaign_key": campaign,
        "currency": "CNY" if rate == 1.0 else "USD", "fx_rate": rate, "bid": bid, "cpc": cpc, "usual_cost": cpc * clicks,
        "cost_per_day": cpc * clicks, "cost_7d": 7 * cpc * clicks, "clicks_per_day": clicks, "demand_clicks": clicks,
        "margin": margin, "roas": roas, "revenue_per_click": roas * cpc, "value_per_click": worth,
        "value_per_click_low": worth * 0.6, "value_per_click_high": worth * 1.5,
        "campaign_budget": draw(st.sampled_from([np.nan, 40.0, 400.0])),
        "lost_to_rank_share": draw(st.sampled_from([np.nan, 0.0, 0.3])), "is_brand": draw(st.booleans()),
        "is_protected": draw(st.booleans()), "is_held": draw(st.booleans()) and draw(st.booleans()),
        "stock": draw(st.sampled_from([0.0, 5.0, 5.0, 5.0])), "p_below_floor": draw(st.floats(0.0, 1.0)),
        "p_unprofitable": draw(st.floats(0.0, 1.0)), "conversions": draw(st.sampled_from([0.0, 3.0])),
        "evidence_grade": draw(st.sampled_from("ABCD")),
        "status": draw(st.sampled_from(["enabled"] * 6 + ["paused", None])),
    }  # fmt: skip


def items_of(rows: list[dict[str, Any]], batch: Batch) -> pd.DataFrame:
    """Return judged items; one account has one currency, and a campaign one budget."""
    frame = make_items(*({**row, "keyword": f"w{n}"} for n, row in enumerate(rows)))
    for name in ("currency", "fx_rate"):
        frame[name] = frame.groupby("platform")[name].transform("first")
    frame["is_held"] = frame.groupby("platform")["is_held"].transform("first")
    frame["campaign_budget"] = frame.groupby(["platform", "campaign"])["campaign_budget"].transform("first")
    return with_verdicts(frame, batch)


def with_verdicts(frame: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    out = frame.copy()
    out["is_below_floor"] = below_floor(out, batch)
    return out.assign(verdict=verdicts(out, batch))


many_keywords = st.lists(keywords(), min_size=1, max_size=12)


@VERY_FEW
@given(many_keywords, st.randoms(use_true_random=False))
def test_the_order_of_items_changes_no_recommendation(rows, random):
    batch = night()
    items = items_of(rows, batch)
    order = list(range(len(items)))
    random.shuffle(order)
    shuffled = with_verdicts(items.iloc[order].reset_index(drop=True), batch)
    one, other = recommend(items, batch), recommend(shuffled, batch)
    numbers = one.select_dtypes("number").columns
    pd.testing.assert_frame_equal(one.drop(columns=numbers), other.drop(columns=numbers))
    np.testing.assert_allclose(one[numbers], other[numbers], rtol=1e-6, atol=1e-6)


@VERY_FEW
@given(many_keywords, st.sampled_from([0.01, 0.5, 7.0, 100.0]))
def test_another_shop_currency_scales_money_and_changes_no_bid(rows, factor):
    batch, scaled = night(), night(TOTAL * factor)
    items = items_of(rows, batch)
    one = recommend(items, batch)
    other = recommend(items.assign(**{name: items[name] * factor for name in SHOP_MONEY}), scaled)
    pd.testing.assert_series_equal(one["item"], other["item"])
    pd.testing.assert_series_equal(one["new_value"], other["new_value"], rtol=1e-6)
    assert (one["action"] == other["action"]).all()
    np.testing.assert_allclose(one[MONEY] * factor, other[MONEY], rtol=1e-5, atol=1e-6 * factor)


@VERY_FEW
@given(many_keywords)
def test_no_change_crosses_a_guardrail_a_step_or_the_optimum(rows):
    batch = night()
    items = items_of(rows, batch)
    plan = make_plan(items, batch).set_index("item")["multiplier"]
    found = recommend(items, batch)
    moved = found[found["action"].isin(["raise", "lower"])]
    old, new = moved["old_value"].to_numpy(), moved["new_value"].to_numpy()
    tiny = 1e-9 * old
    inside = old >= 0.01  # a bid under the platform's least is lifted to it, whatever the cap
    assert (new[inside] <= (old * 1.3 + tiny)[inside]).all()
    assert (new >= old * 0.7 - tiny).all()
    assert np.allclose(new * 100, np.rint(new * 100), atol=1e-6)
    up = moved["action"] == "raise"
    best = (moved["item"].map(plan).astype("float64") * moved["old_value"])[up]
    assert (moved["new_value"][up] <= best * (1 + 1e-9)).all()
    assert (np.abs(new / old - 1) >= batch.guardrails.min_change - 1e-9).all()


@VERY_FEW
@given(many_keywords)
def test_brand_protected_and_weak_items_are_never_raised_and_never_paused(rows):
    batch = night()
    items = items_of(rows, batch)
    found = recommend(items, batch).set_index("item").loc[items["item"]].reset_index()
    guarded = items["is_brand"] | items["is_protected"]
    sold_out = items["verdict"] == "stock_hold"
    assert not ((found["action"] == "pause") & guarded & ~sold_out).any()
    weak = items["is_brand"] | items["verdict"].isin(["lower", "protected"]) | (items["roas"] < items["roas_floor"])
    above_least = items["bid"] >= 0.01
    assert not ((found["action"] == "raise") & weak & above_least).any()


@VERY_FEW
@given(many_keywords)
def test_held_frozen_and_unknown_items_change_nothing(rows):
    batch = night()
    found = recommend(items_of(rows, batch), batch)
    quiet = found[found["action"].isin(["keep", "hold"])]
    assert (quiet["decision"] == "hold").all()
    assert np.array_equal(quiet["old_value"], quiet["new_value"], equal_nan=True)
    assert np.allclose(quiet[["cost_change", "value_change", "profit_change"]], 0.0, atol=1e-9)


@VERY_FEW
@given(many_keywords)
def test_money_is_finite_and_intervals_hold_their_mean(rows):
    batch = night()
    found = recommend(items_of(rows, batch), batch)
    assert np.isfinite(found[MONEY]).all(axis=None)
    assert (found["expected_cost"] >= 0).all()
    slack = 1e-9 * (1 + found["profit_change"].abs())
    assert (found["profit_change_low"] <= found["profit_change"] + slack).all()
    assert (found["profit_change"] <= found["profit_change_high"] + slack).all()


@VERY_FEW
@given(many_keywords, st.sampled_from([10.0, 200.0, 900.0, 1e5]))
def test_the_plan_and_what_stays_fit_the_total_or_cost_the_least_that_caps_permit(rows, total):
    batch = night(total)
    items = items_of(rows, batch)
    problem = build_problem(items, batch)
    plan = make_plan(items, batch)
    least = 0.0 if problem.problem is None else float(problem.problem.tree.max_cost[0])
    assert plan["plan_cost"].sum() <= least * (1 + 1e-6) + 1e-6
    assert least <= max(total - problem.fixed_cost, 0.0) * (1 + 1e-6) or plan["multiplier"].max() < 1.0 + 1e-6


@FEW
@given(many_keywords)
def test_no_platform_pauses_more_of_its_cost_than_the_guardrail_allows(rows):
    batch = night()
    items = items_of(rows, batch)
    hopeless = items["p_unprofitable"] > 0.5
    allowed = within_pause_limit(items, hopeless, batch)
    share = items["cost_per_day"].where(allowed, 0.0).groupby(items["platform"]).sum()
    whole = items.groupby("platform")["cost_per_day"].sum()
    assert (share <= batch.guardrails.max_paused_share * whole * (1 + 1e-9)).all()
    assert not (allowed & ~hopeless).any()


@FEW
@given(many_keywords, st.floats(0.5, 5.0), st.floats(1.0, 3.0))
def test_the_probability_to_be_below_is_monotone_in_the_floor(rows, floor, times):
    counts = {"effective_value": 3000.0, "effective_orders": 30.0}
    items = add_rates(items_of(rows, night()).assign(**counts, effective_cost=lambda frame: frame["cpc"] * 1000))
    low, high = (
        add_floor(items, night(roas={"floor": line, "target": 99.0, "scale": 99.0}))["p_below_floor"]
        for line in (floor, floor * times)
    )
    assert (high >= low - 1e-12).all()


@FEW
@given(many_keywords, st.floats(0.0, 3.0))
def test_demand_is_never_less_than_what_was_served_and_an_exhausted_budget_is_never_overspent(rows, filling):
    items = items_of(rows, night())
    spent = items.groupby(["platform", "campaign"])["cost_7d"].transform("sum") / 7
    items["campaign_budget"] = spent * filling / items["fx_rate"]
    found = add_demand(items, {})
    assert found["served_share"].between(0.05, 1.0).all()
    assert (found["demand_clicks"] >= found["clicks_per_day"] * (1 - 1e-9)).all()
    budget = items["campaign_budget"] * items["fx_rate"]
    usual = found["usual_cost"].groupby([found["platform"], found["campaign"]]).transform("sum")
    most = np.maximum(budget, 0.05 * found["demand_cost"]).where(budget > 0, found["demand_cost"])
    assert (usual <= most * (1 + 1e-9)).all()


@st.composite
def daily_rows(draw: st.DrawFn) -> dict[str, Any]:
    clicks = draw(st.integers(0, 50))
    return {
        "report_date": day(draw(st.integers(1, 10))), "campaign": "Tents", "ad_group": "G", "match_type": "exact",
        "keyword": draw(st.sampled_from(["a", "b", "c"])), "clicks": clicks, "impressions": clicks * 3,
        "cost": draw(st.integers(0, 10_000)) / 100, "conversions": draw(st.sampled_from([None, 0.0, 0.5, 2.0])),
        "conversion_value": draw(st.sampled_from([None, 0.0, 99.5])),
    }  # fmt: skip


@FEW
@given(st.lists(daily_rows(), min_size=1, max_size=15, unique_by=lambda row: (row["report_date"], row["keyword"])),
       st.randoms(use_true_random=False))  # fmt: skip
def test_sums_equal_the_facts_in_any_order_of_rows(rows, random):
    batch = night()
    frame = facts_of(rows, batch)
    order = list(range(len(frame)))
    random.shuffle(order)
    one, other = summarise(frame, batch), summarise(frame.iloc[order].reset_index(drop=True), batch)
    for name in ("clicks", "cost", "conversions", "conversion_value"):
        assert np.isclose(one[name].sum(), frame[name].astype("float64").fillna(0).sum())
    numbers = one.select_dtypes("number").columns
    np.testing.assert_allclose(one[numbers].astype("float64"), other[numbers].astype("float64"), rtol=1e-9, atol=1e-12)
    assert (one["effective_clicks"] <= one["clicks"] + 1e-9).all()
    assert (one["clicks_per_day"] * 10 + 1e-9 >= one["clicks"] / 10).all()


def facts_of(rows: list[dict[str, Any]], batch: Batch) -> pd.DataFrame:
    """Return daily facts in shop money, as `load_daily` gives them."""
    frame = make_facts(batch, "keyword_daily", rows).assign(level="keyword", fx_rate=1.0)
    for name in ("cost", "conversion_value"):
        frame[name] = frame[name].astype("Float64").astype("float64") / 1e6
    return frame


@FEW
@given(
    st.lists(st.tuples(st.dates(), st.floats(0.01, 100.0)), max_size=6), st.lists(st.dates(), min_size=1, max_size=6)
)
def test_a_rate_is_the_newest_that_has_begun_or_missing(known, days):
    known = [pair for pair in known if pd.Timestamp.min.date() < pair[0] < pd.Timestamp.max.date()]
    days = [one for one in days if pd.Timestamp.min.date() < one < pd.Timestamp.max.date()]
    rates = [FxRate(currency="USD", from_date=start, rate=rate) for start, rate in known]
    asked = pd.Series(pd.to_datetime(days)).astype("datetime64[us]")
    found = fx_rates(pd.Series(["USD"] * len(days), dtype="str"), asked, rates, "CNY")
    for one, rate in zip(days, found, strict=True):
        begun = {start for start, _ in known if start <= one}
        wanted = {rate for start, rate in known if begun and start == max(begun)}
        assert rate in wanted if wanted else np.isnan(rate)


@FEW
@given(st.floats(0.1, 5.0), st.integers(1, 31), st.integers(1, 31))
def test_a_day_has_the_events_factor_inside_it_and_one_outside(factor, first, last):
    event = {"name": "x", "start": f"03-{first:02d}", "end": f"03-{last:02d}", "factor": factor}
    march = pd.Series(pd.date_range("2025-03-01", "2025-03-31")).astype("datetime64[us]")
    found = day_factors(pd.Series("google_ads", index=march.index), march, Calendar.model_validate({"events": [event]}))
    day_of = march.dt.day
    inside = day_of.between(first, last) if first <= last else (day_of >= first) | (day_of <= last)
    np.testing.assert_allclose(found, np.where(inside, factor, 1.0))


@FEW
@given(many_keywords)
def test_a_campaign_is_known_by_its_id_or_else_by_its_name(rows):
    items = items_of(rows, night())
    ids = pd.Series([None if n % 2 else f"c{n}" for n in range(len(items))], dtype="str")
    found = campaign_key(items.assign(campaign_id=ids))
    assert found.tolist() == [name if n % 2 else f"c{n}" for n, name in enumerate(items["campaign"])]
