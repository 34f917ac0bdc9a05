"""What the night expects of tomorrow under its plan: per item, per platform and in total, kept to be scored on later nights.

Here belongs the step from the accepted changes to predictive distributions. Scoring is ``assets.learning``; the money
that the page shows is ``assets.overview``.
"""

from __future__ import annotations

import dagster as dg
import numpy as np
import pandas as pd

from assets.arrays import floats
from assets.batch import Batches
from assets.demand import budget_of, clicks_shape, kept_under_budget, runs
from assets.forecast_totals import LEVEL, MEASURES, change_log_sd, total_rows
from assets.presentation import tables
from assets.response import keyword_response
from assets.steps import Step, night_table
from optimizers.correction import widen_counts
from optimizers.forecast import forecast_counts, gamma_interval, mixed_shape

# value: net value on the settings' basis (margin after refunds, by default), so that value - cost is the profit;
# conversion_value: sales as the platform will report them once all are told, before refunds.
COLUMNS = [
    "night", "level", "platform", "account", "item", "action", "evidence_grade",
    *(f"{name}{side}" for name in MEASURES for side in ("", "_low", "_high")),
    "clicks_shape", "cvr", "cvr_shape", "cvr_rate",
]  # fmt: skip
ITEM_ACTIONS = ("raise", "lower", "pause", "resume", "budget", "target", "commission")
TAIL = (1.0 - LEVEL) / 2.0


@night_table(group="4_recommend")
def forecasts(
    context: dg.AssetExecutionContext,
    batches: dg.ResourceParam[Batches],
    pruned_items: pd.DataFrame,
    recommendations: pd.DataFrame,
) -> Step:
    """One row per item, platform (`level` platform) and the night's total: clicks, cost, conversions and value of tomorrow.

    Built from the items' forecasts and the accepted changes, with 80 % intervals that know what items share: the day, the factor,
    the response. Later nights score it. Fails when an interval does not hold its mean or a number is missing where money is.
    """
    batch = batches.open(context.partition_time_window.start.date())
    items = with_plan(pruned_items, recommendations)
    frame = forecast_rows(items, pd.Timestamp(batch.night))
    totals = frame[frame["level"].isin(["platform", "total"])]
    shown = totals[
        ["platform", *(f"{name}{side}" for name in ("clicks", "cost", "value") for side in ("", "_low", "_high"))]
    ]
    return Step(frame, {"01_totals": dg.MetadataValue.md(tables.to_markdown(shown.round(1)))})


def with_plan(items: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the items with tomorrow's clicks and cost under the accepted changes, their shape, and the change itself.

    Demand answers to the new bids first, then each campaign serves what its budget is expected to pay for: where bids fall
    in an exhausted campaign, the keywords that stay as they are get more. ``plan_follow`` says how far a campaign still
    follows its demand.
    """
    accepted = rows[
        (rows["decision"] == "accept") & rows["action"].isin(ITEM_ACTIONS) & rows["item"].isin(items["item"])
    ]
    # on probation an item has two edits; the one that switches it on carries the money of both
    accepted = accepted.assign(is_bid=accepted["lever"] != "status").sort_values("is_bid", kind="stable")
    plan = accepted.drop_duplicates("item").set_index("item")[
        ["action", "lever", "expected_cost", "old_value", "new_value", "value_change"]
    ]
    out = items.drop(columns=[name for name in plan if name in items]).merge(
        plan, how="left", left_on="item", right_index=True, validate="1:1"
    )
    out["action"] = out["action"].fillna("keep")
    clicks, cost = _planned_demand(out)
    budget = budget_of(out).where(out["level"] == "keyword")
    kept, out["plan_follow"] = kept_under_budget(out, cost, clicks, budget)
    out["plan_clicks"], out["plan_cost"] = clicks * kept, cost * kept
    return out


def _planned_demand(items: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return clicks and cost a day that the new settings would bring under an endless budget; adds ``log_change`` of bids.

    Levers other than bids act on budgets that are exhausted or on closed campaigns: their rows' own expectation counts.
    """
    is_keyword = (items["level"] == "keyword").to_numpy(
        dtype=bool
    )  # the others are their campaign: what its budget serves
    served = np.where(is_keyword, floats(items, "served_share"), 1.0)
    is_on = runs(items).to_numpy(dtype=bool)
    clicks = np.where(is_on, floats(items, "demand_clicks"), 0.0)
    clicks = np.where(is_keyword, clicks, floats(items, "next_clicks"))
    cost = np.where(is_on, floats(items, "usual_cost") / served, 0.0)
    is_bid = (items["action"].isin(["raise", "lower"]) & (items["lever"] == "keyword_bid")).to_numpy(dtype=bool)
    ratio = np.where(is_bid, floats(items, "new_value") / np.where(is_bid, floats(items, "old_value"), 1.0), 1.0)
    items["log_change"] = np.log(ratio)
    moved = items[is_bid]
    if len(moved):
        curve = keyword_response(moved)
        clicks[is_bid] = curve.clicks_at(ratio[is_bid])
        gained = curve.cost_at(ratio[is_bid]) - curve.cost_at(np.ones(len(moved)))
        cost[is_bid] = np.maximum(cost[is_bid] + gained, 0.0)
    others = (items["action"].isin(["budget", "target", "commission", "resume"])).to_numpy(dtype=bool)
    each = floats(items, "revenue_per_click")
    gained = np.divide(floats(items, "value_change"), each, out=np.zeros(len(items)), where=others & (each > 0))
    clicks = np.where(others, np.maximum(floats(items, "next_clicks") + gained, 0.0), clicks)
    cost = np.where(others, floats(items, "expected_cost"), cost)
    is_paused = (items["action"] == "pause").to_numpy(dtype=bool)
    return np.where(is_paused, 0.0, clicks), np.where(is_paused, 0.0, cost)


def forecast_rows(items: pd.DataFrame, night: pd.Timestamp) -> pd.DataFrame:
    """Return the table: items, then platforms, then the total."""
    parts = item_forecasts(items)
    own = items.reset_index(drop=True)
    sums = total_rows(own, parts)
    told = own[["level", "platform", "account", "item", "action", "evidence_grade", "cvr_shape", "cvr_rate"]]
    singles = pd.concat([told, parts.drop(columns=[name for name in parts if str(name).endswith("_variance")])], axis=1)
    return pd.concat([singles, sums], ignore_index=True).assign(night=night).reindex(columns=COLUMNS)


def item_forecasts(items: pd.DataFrame) -> pd.DataFrame:
    """Return mean, interval and unshared variance (``<name>_variance``) of each item's measures, one row per item.

    What a budget caps no longer varies with its demand: a campaign's unshared variance shrinks with ``plan_follow`` squared,
    that of its clicks to what the prices of single clicks leave open.
    """
    out = pd.DataFrame(index=range(len(items)))
    follow = floats(items, "plan_follow")
    clicks, cvr, cvr_spread = floats(items, "plan_clicks"), tomorrows_cvr(items), 1.0 / floats(items, "cvr_shape")
    shape = mixed_shape(1.0 / clicks_shape(items, follow), np.expm1(change_log_sd(items) ** 2))
    shape = widen_counts(clicks, shape, floats(items, "clicks_widening"))
    own = follow**2 / floats(items, "own_shape")
    counted = forecast_counts(clicks, shape, LEVEL)
    out["clicks"], out["clicks_low"], out["clicks_high"], out["clicks_shape"] = clicks, counted.low, counted.high, shape
    price_spread, basket_spread = floats(items, "click_price_cv") ** 2, floats(items, "order_cv") ** 2
    out["clicks_variance"] = follow**2 * clicks + (1.0 - follow**2) * clicks * price_spread + clicks**2 * own
    orders = clicks * cvr
    both = mixed_shape(1.0 / shape, cvr_spread)
    ordered = forecast_counts(orders, both, LEVEL)
    out["conversions"], out["conversions_low"], out["conversions_high"], out["cvr"] = (
        orders,
        ordered.low,
        ordered.high,
        cvr,
    )
    unshared = (1.0 + own) * (1.0 + cvr_spread) - 1.0
    out["conversions_variance"] = orders + orders**2 * unshared
    _add_money(out, "cost", floats(items, "plan_cost"), clicks, (1.0 + price_spread, 1.0 / shape, own))
    out["cost_variance"] *= follow**2
    aov_spread = np.expm1(floats(items, "aov_log_sd") ** 2)
    spreads = ((1.0 + 1.0 / both) * (1.0 + aov_spread) - 1.0, (1.0 + unshared) * (1.0 + aov_spread) - 1.0)
    value = clicks * floats(items, "next_day_cvr_factor") * floats(items, "value_per_click")
    # an order that is sent back brings nothing: the fewer are kept, the more a day's few orders differ
    _add_money(out, "value", value, orders, ((1.0 + basket_spread) / kept_share(items), *spreads))
    _add_money(out, "conversion_value", orders * floats(items, "aov"), orders, (1.0 + basket_spread, *spreads))
    return out


def kept_share(items: pd.DataFrame) -> np.ndarray:
    """Return the share of sales that is kept after refunds, 1 where none is."""
    share = floats(items, "net_share")
    return np.where(share > 0, share, 1.0)


def _add_money(
    out: pd.DataFrame,
    name: str,
    mean: np.ndarray,
    count: np.ndarray,
    spreads: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    """Add money: a sum of ``count`` events of mean size, each event's size and the rate of events being uncertain."""
    per_event, spread, own = spreads
    chance = np.divide(per_event * mean**2, count, out=np.zeros(len(mean)), where=count > 0)
    low, high = gamma_interval(mean, chance + mean**2 * spread, TAIL)
    out[name], out[f"{name}_low"], out[f"{name}_high"] = mean, low, high
    out[f"{name}_variance"] = chance + mean**2 * own


def tomorrows_cvr(items: pd.DataFrame) -> np.ndarray:
    """Return conversions per click of tomorrow, shape (n_items,): a usual day's times the day's factor."""
    return np.asarray(floats(items, "cvr") * floats(items, "next_day_cvr_factor"))
