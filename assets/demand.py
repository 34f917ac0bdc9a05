"""Demand of the next day: what items would get, also behind an exhausted budget, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from assets.arrays import codes_of, floats
from optimizers.demand import EXHAUSTED_SHARE, demand_behind_budget
from optimizers.forecast import capped_mean, forecast_counts, mixed_shape, uncapped_mean
from optimizers.shrinkage import RatePosterior, pool_rates

DEMAND = "demand"
OFF = ("paused", "archived")
# A campaign's last week may differ from its decayed window by about a tenth (season, competitors, our own bids); the prior of
# that ratio is worth 1 / 0.1^2 clicks. An assumption.
TREND_SD = 0.1
# An item's own level drifts by about a quarter beside its campaign's (stock, rivals, bids), so that a thousand clicks a day in
# the window are worth no more than 16 of tomorrow's. An assumption.
ITEM_DRIFT_SD = 0.25
MAX_DAY_SPREAD = 0.3  # a campaign of a few clicks a day is capped by whole clicks, which a log-normal day overstates
UNSEEN_SHAPE = 0.5  # of a level that nothing tells of, because everything is off


def add_demand(items: pd.DataFrame, before: Mapping[str, float]) -> pd.DataFrame:
    """Add the demand of the next day, also the part that an exhausted budget keeps from being served, and its forecast.

    ``before`` is the demand that the last night estimated, by campaign; it grows by a tenth a night while a budget stays
    exhausted and the platform does not say by how much. An exhausted budget spends what it has, promotion or not.
    """
    level = usual_level(items)
    out = with_usual_day(items, level)
    campaign = campaigns_of(out)
    spent = out.groupby(campaign)["cost_now_7d"].transform("sum") / out["days_7d"].clip(lower=1)
    budget = out["campaign_budget"].astype("Float64").astype("float64") * out["fx_rate"]
    known = campaign.map(before).astype("float64")
    found = demand_behind_budget(
        spent.to_numpy(dtype=np.float64), budget.to_numpy(dtype=np.float64), floats(out, "lost_to_budget_share"),
        known.to_numpy(dtype=np.float64),
    )  # fmt: skip
    hidden = served_on_better_days(out, spent, budget)
    is_told = out["lost_to_budget_share"].notna().to_numpy(dtype=bool) | found.is_exhausted
    out["served_share"] = np.where(is_told, found.served_share, hidden)
    out["demand_cost"] = spent / out["served_share"]
    is_short = (found.is_exhausted | ~is_told) & (out["served_share"] < EXHAUSTED_SHARE)  # a trace of loss is none
    out["is_exhausted"] = is_short
    out["served_share"] = out["served_share"].where(is_short | is_told, 1.0)
    usual = (out["cost_per_day"] * out["next_day_factor"]).groupby(campaign).transform("sum")
    is_full = (spent >= EXHAUSTED_SHARE * budget) & (usual > 0)
    for name in ("clicks_per_day", "cost_per_day"):
        out[name] *= (spent / usual).where(is_full, 1.0)
    out["demand_clicks"] = out["clicks_per_day"] * out["next_day_factor"] / out["served_share"]
    out["usual_cost"] = (out["cost_per_day"] * out["next_day_factor"]).where(runs(out), 0.0)
    return add_next_clicks(out, level, budget)


def usual_level(items: pd.DataFrame) -> RatePosterior:
    """Return clicks a usual day of each item, pooled keyword -> campaign -> platform; what is off tells nothing of the rest."""
    is_on = runs(items).to_numpy(dtype=bool)
    days = np.where(is_on, floats(items, "usual_days"), 0.0)
    platform = codes_of(items["platform"] + "|" + items["level"])
    campaign = codes_of(campaigns_of(items))
    campaign = np.where(items["level"] == "keyword", campaign, campaign.max(initial=0) + 1 + platform)
    return pool_rates(floats(items, "clicks_per_day") * days, days, campaign, platform)


def with_usual_day(items: pd.DataFrame, level: RatePosterior) -> pd.DataFrame:
    """Return the items with pooled clicks and cost a usual day, moved to their campaign's last week.

    A keyword without a click in its window is not one that will never have any; ten clicks in two days are not five a day.
    """
    out = items.copy()
    seen = floats(out, "clicks_per_day")
    clicks = np.where(runs(out) & ~np.isnan(level.mean), level.mean, seen)
    out["trend"], out["trend_log_sd"] = campaign_trend(out, clicks)
    clicks = clicks * floats(out, "trend")
    change = np.divide(clicks, seen, out=np.ones(len(out)), where=seen > 0)
    out["cost_per_day"] = np.where(
        seen > 0, floats(out, "cost_per_day") * change, clicks * np.nan_to_num(floats(out, "cpc"))
    )
    out["clicks_per_day"] = clicks
    return out


def campaign_trend(items: pd.DataFrame, clicks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return clicks of each campaign's last week against its usual days, shrunk to 1, and the log error that is left.

    Gamma-Poisson: (R + k) / (E + k), where R and E are counted, expected clicks over their dispersion, which the platform's
    common luck of seven days makes large campaigns' too.
    """
    campaign = codes_of(campaigns_of(items))
    days = floats(items, "usual_days_7d")
    is_on = runs(items).to_numpy(dtype=bool)
    counted = np.bincount(campaign, floats(items, "clicks_now_7d") * is_on)
    expected = np.bincount(campaign, clicks * days * is_on)
    first = np.unique(campaign, return_index=True)[1]
    luck = (floats(items, "day_log_sd") ** 2 / np.maximum(floats(items, "days_7d"), 1.0))[first]
    dispersion, prior = 1.0 + expected * luck, TREND_SD**-2.0
    trend = (counted / dispersion + prior) / (expected / dispersion + prior)
    log_sd = 1.0 / np.sqrt(prior + counted / dispersion)
    return trend[campaign], log_sd[campaign]


def served_on_better_days(items: pd.DataFrame, spent: pd.Series, budget: pd.Series) -> np.ndarray:
    """Return the share of its demand that each item's campaign served, where no export says and a week's mean is under budget.

    A budget that is used up on every second day is exhausted too: what its better days would have spent is told by the spread
    of days (platform's luck, counted clicks).
    """
    campaign = codes_of(campaigns_of(items))
    first = np.unique(campaign, return_index=True)[1]
    clicks = np.bincount(campaign, floats(items, "clicks_now_7d")) / np.maximum(floats(items, "days_7d")[first], 1.0)
    spread = np.sqrt(floats(items, "day_log_sd")[first] ** 2 + 1.0 / np.maximum(clicks, 1.0))
    seen = spent.to_numpy(dtype=np.float64)[first]
    cap = budget.to_numpy(dtype=np.float64)[first]
    demand = uncapped_mean(np.fmin(seen, EXHAUSTED_SHARE * cap), cap, np.minimum(spread, MAX_DAY_SPREAD))
    served = np.divide(np.fmin(seen, EXHAUSTED_SHARE * cap), demand, out=np.ones(len(first)), where=demand > 0)
    return np.asarray(served[campaign])


def add_next_clicks(items: pd.DataFrame, level: RatePosterior, budget: pd.Series) -> pd.DataFrame:
    """Add the forecast of tomorrow's clicks at today's settings: negative binomial, with its 80 % interval.

    Its rate is what is known of the item (``own_shape``) times factor, trend and shock of the day. A campaign stops at its
    budget: what it serves then follows neither shock nor factor any more.
    """
    out = items.copy()
    out["day_log_sd"] = np.hypot(floats(out, "day_log_sd"), floats(out, "next_day_log_sd"))
    mean = np.where(runs(out), floats(out, "clicks_per_day") * floats(out, "next_day_factor"), 0.0)
    own = 1.0 / np.where(np.isnan(level.shape), UNSEEN_SHAPE, level.shape)
    out["own_shape"] = mixed_shape(own, np.full(len(out), ITEM_DRIFT_SD**2))
    spends = floats(out, "usual_cost").copy()
    campaign = codes_of(campaigns_of(out))
    before = np.bincount(campaign, spends)
    is_exhausted = out["is_exhausted"].to_numpy(dtype=bool)
    cap = pd.Series(np.where(is_exhausted, before[campaign], budget.to_numpy(dtype=np.float64)), index=out.index)
    kept, follow = kept_under_budget(out, spends / floats(out, "served_share"), mean, cap)
    kept = np.where(is_exhausted, 1.0, kept)  # an exhausted campaign's clicks are those that it can pay for already
    found = forecast_counts(mean * kept, clicks_shape(out, follow))
    out["next_clicks"], out["next_clicks_shape"] = found.mean, found.shape
    out["next_clicks_low"], out["next_clicks_high"] = found.low, found.high
    return out


def kept_under_budget(
    items: pd.DataFrame, demand: np.ndarray, clicks: np.ndarray, budget: pd.Series
) -> tuple[np.ndarray, np.ndarray]:
    """Return which share of its demand (cost, clicks a day) each item's campaign is expected to serve, and how far it follows.

    1 and 1 where the ``budget`` (shop money) is ample; where it is exhausted what is served no longer follows the demand.
    """
    campaign = codes_of(campaigns_of(items))
    first = np.unique(campaign, return_index=True)[1]
    wanted = np.bincount(campaign, demand)
    counts = np.maximum(np.bincount(campaign, clicks), 1.0)
    spread = np.sqrt(floats(items, "day_log_sd")[first] ** 2 + floats(items, "trend_log_sd")[first] ** 2 + 1.0 / counts)
    amount, follow = capped_mean(wanted, budget.to_numpy(dtype=np.float64)[first], spread)
    kept = np.divide(amount, wanted, out=np.ones(len(first)), where=wanted > 0)
    return kept[campaign], follow[campaign]


def clicks_shape(items: pd.DataFrame, follow: np.ndarray) -> np.ndarray:
    """Return the shape of each item's clicks of a day: what is known of it, times the shocks as far as it follows them."""
    shocks = (np.expm1((floats(items, name) * follow) ** 2) for name in ("day_log_sd", "trend_log_sd"))
    return mixed_shape(1.0 / floats(items, "own_shape"), *shocks)


def runs(items: pd.DataFrame) -> pd.Series:
    """Return which items are not switched off: these spend nothing tomorrow."""
    return ~items["status"].isin(OFF)


def campaigns_of(items: pd.DataFrame) -> pd.Series:
    """Return one readable key per campaign."""
    return items["platform"] + "|" + items["account"] + "|" + items["campaign_key"]


def exhausted_demand(items: pd.DataFrame) -> dict[str, float]:
    """Return the estimated demand of each exhausted campaign, for the next night."""
    rows = items[items["is_exhausted"]]
    demand = rows.groupby(campaigns_of(rows), sort=True)["demand_cost"].max()
    return {str(name): float(cost) for name, cost in demand.items()}
