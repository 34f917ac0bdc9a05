"""What the night expects of tomorrow under its plan: per item, per platform and in total, kept to be scored on later nights.

Here belongs the step from the accepted changes to predictive distributions. Scoring is ``assets.learning``; the money
that the page shows is ``assets.overview``.
"""

from __future__ import annotations

import dagster as dg
import numpy as np
import pandas as pd

from assets.arrays import codes_of, floats
from assets.batch import Batches
from assets.demand import campaigns_of
from assets.presentation import tables
from assets.steps import Step, night_table
from optimizers.forecast import MAX_SHAPE, SharedShock, forecast_counts, gamma_interval, mixed_shape, plan_total

MEASURES = ("clicks", "cost", "conversions", "value", "conversion_value")
# value: net value on the settings' basis (margin after refunds, by default), so that value - cost is the profit;
# conversion_value: sales as the platform will report them once all are told, before refunds.
COLUMNS = [
    "night", "level", "platform", "account", "item", "action", "evidence_grade",
    *(f"{name}{side}" for name in MEASURES for side in ("", "_low", "_high")),
    "clicks_shape", "cvr", "cvr_shape", "cvr_rate",
]  # fmt: skip
ALL = "all"
ITEM_ACTIONS = ("raise", "lower", "pause", "resume", "budget", "target", "commission")
LEVEL = 0.8
TAIL = (1.0 - LEVEL) / 2.0
# An order's value differs from its item's mean by about 60 % (baskets of one or two pieces of several goods), and a click's price
# by about 50 % over a day's auctions. Assumptions; they matter for items with few orders and clicks only.
ORDER_CV, CLICK_PRICE_CV = 0.6, 0.5
ETA_SD = 0.25  # of log eta, where no response estimate says better: the prior's own width
OWN = {"cvr": "cvr_shape", "aov": "aov_log_sd", "cpc": "cpc_log_sd"}


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
    """Return the items with tomorrow's expected clicks and cost under the accepted changes, and the change itself."""
    accepted = rows[
        (rows["decision"] == "accept") & rows["action"].isin(ITEM_ACTIONS) & rows["item"].isin(items["item"])
    ]
    plan = accepted.set_index("item")[["action", "lever", "expected_cost", "old_value", "new_value", "value_change"]]
    out = items.merge(plan, how="left", left_on="item", right_index=True, validate="1:1")
    out["action"] = out["action"].fillna("keep")
    is_changed = (out["action"] != "keep").to_numpy(dtype=bool)
    usual = floats(out, "usual_cost")
    gained = np.divide(
        floats(out, "value_change"), floats(out, "revenue_per_click"), out=np.zeros(len(out)),
        where=is_changed & (floats(out, "revenue_per_click") > 0),
    )  # fmt: skip
    out["plan_clicks"] = np.maximum(floats(out, "next_clicks") + gained, 0.0)
    out["plan_cost"] = np.where(is_changed, floats(out, "expected_cost"), usual)
    out.loc[out["action"] == "pause", ["plan_clicks", "plan_cost"]] = 0.0
    out["log_change"] = np.log(
        (out["new_value"] / out["old_value"]).where(out["lever"] == "keyword_bid", 1.0).astype("float64")
    )
    out["log_change"] = out["log_change"].fillna(0.0)
    return out


def forecast_rows(items: pd.DataFrame, night: pd.Timestamp) -> pd.DataFrame:
    """Return the table: items, then platforms, then the total."""
    parts = item_forecasts(items)
    own = items.reset_index(drop=True)
    totals = [_total_row(own, parts, own["platform"] == name, str(name)) for name in sorted(own["platform"].unique())]
    whole = [_total_row(own, parts, pd.Series(True, index=own.index), ALL)]
    sums = pd.DataFrame([*totals, *whole]).assign(level=["platform"] * len(totals) + ["total"])
    sums = sums.assign(account="", item=sums["platform"], action=ALL, evidence_grade=ALL)
    told = own[["level", "platform", "account", "item", "action", "evidence_grade", "cvr_shape", "cvr_rate"]]
    singles = pd.concat([told, parts.drop(columns=[name for name in parts if str(name).endswith("_variance")])], axis=1)
    return pd.concat([singles, sums], ignore_index=True).assign(night=night).reindex(columns=COLUMNS)


def item_forecasts(items: pd.DataFrame) -> pd.DataFrame:
    """Return mean, interval and unshared variance (``<name>_variance``) of each item's measures, shape (n_items, ...)."""
    out = pd.DataFrame(index=range(len(items)))
    day = (
        _squared_cv(floats(items, "day_log_sd")),
        _squared_cv(floats(items, "trend_log_sd")),
        _squared_cv(_change_sd(items)),
    )
    spread = 1.0 / floats(items, "next_clicks_shape") + 0.0
    clicks, cvr, cvr_spread = floats(items, "plan_clicks"), tomorrows_cvr(items), 1.0 / floats(items, "cvr_shape")
    clicks_shape = 1.0 / np.maximum((1.0 + spread) * (1.0 + day[2]) - 1.0, 1.0 / MAX_SHAPE)
    counted = forecast_counts(clicks, clicks_shape, LEVEL)
    out["clicks"], out["clicks_low"], out["clicks_high"], out["clicks_shape"] = (
        clicks,
        counted.low,
        counted.high,
        counted.shape,
    )
    own = np.maximum((1.0 + 1.0 / clicks_shape) / np.prod([1.0 + one for one in day], axis=0) - 1.0, 0.0)
    out["clicks_variance"] = clicks + clicks**2 * own
    orders = clicks * cvr
    both = mixed_shape(1.0 / clicks_shape, cvr_spread)
    ordered = forecast_counts(orders, both, LEVEL)
    out["conversions"], out["conversions_low"], out["conversions_high"], out["cvr"] = (
        orders,
        ordered.low,
        ordered.high,
        cvr,
    )
    unshared = (1.0 + own) * (1.0 + cvr_spread) - 1.0
    out["conversions_variance"] = orders + orders**2 * unshared
    _add_money(out, "cost", floats(items, "plan_cost"), clicks, (1.0 + CLICK_PRICE_CV**2, 1.0 / clicks_shape, own))
    aov_spread = _squared_cv(
        np.nan_to_num(floats(items, "aov_log_sd")) if "aov_log_sd" in items else np.zeros(len(items))
    )
    spreads = (
        1.0 + ORDER_CV**2,
        (1.0 + 1.0 / both) * (1.0 + aov_spread) - 1.0,
        (1.0 + unshared) * (1.0 + aov_spread) - 1.0,
    )
    for name, each in (("value", "value_per_click"), ("conversion_value", "")):
        money = clicks * floats(items, each) * cvr / floats(items, "cvr") if each else orders * floats(items, "aov")
        _add_money(out, name, np.nan_to_num(money), orders, spreads)
    return out


def _add_money(
    out: pd.DataFrame, name: str, mean: np.ndarray, count: np.ndarray, spreads: tuple[float, np.ndarray, np.ndarray]
) -> None:
    """Add money: a sum of ``count`` events of mean size, each event's size and the rate of events being uncertain."""
    per_event, spread, own = spreads
    chance = np.divide(per_event * mean**2, count, out=np.zeros(len(mean)), where=count > 0)
    low, high = gamma_interval(mean, chance + mean**2 * spread, TAIL)
    out[name], out[f"{name}_low"], out[f"{name}_high"] = mean, low, high
    out[f"{name}_variance"] = chance + mean**2 * own


def tomorrows_cvr(items: pd.DataFrame) -> np.ndarray:
    """Return conversions per click of tomorrow, shape (n_items,): a usual day's times the day's factor."""
    factor = floats(items, "next_day_cvr_factor") if "next_day_cvr_factor" in items else np.ones(len(items))
    return np.asarray(floats(items, "cvr") * factor)


def _change_sd(items: pd.DataFrame) -> np.ndarray:
    """Return by how much clicks move with one standard deviation of the response's error, as a log."""
    known = floats(items, "eta_log_sd") if "eta_log_sd" in items else np.full(len(items), ETA_SD)
    eta = floats(items, "eta") if "eta" in items else np.full(len(items), 0.5)
    return np.nan_to_num(np.abs(floats(items, "log_change")) * eta * known)


def _squared_cv(log_sd: np.ndarray) -> np.ndarray:
    return np.asarray(np.expm1(log_sd**2))


def _total_row(items: pd.DataFrame, parts: pd.DataFrame, rows: pd.Series, name: str) -> dict[str, object]:
    """Return the sums of some items, with intervals that know which shocks they share."""
    mine, numbers = items[rows.to_numpy(dtype=bool)], parts[rows.to_numpy(dtype=bool)]
    platform, campaign = codes_of(mine["platform"]), codes_of(campaigns_of(mine))
    signed = np.sign(floats(mine, "log_change")) * _change_sd(mine)
    shocks = [
        SharedShock(platform, floats(mine, "day_log_sd")),
        SharedShock(campaign, floats(mine, "trend_log_sd")),
        SharedShock(platform, signed),
    ]
    row: dict[str, object] = {"platform": name}
    for measure in MEASURES:
        mean = numbers[measure].to_numpy(dtype=np.float64)
        found = plan_total(mean, numbers[f"{measure}_variance"].to_numpy(dtype=np.float64), shocks, LEVEL)
        row |= {measure: found.mean, f"{measure}_low": found.low, f"{measure}_high": found.high}
    clicks = float(numbers["clicks"].sum())
    row["cvr"] = float(numbers["conversions"].sum()) / clicks if clicks > 0 else np.nan
    return row
