"""Demand of the next day: what items would get, also behind an exhausted budget, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from assets.arrays import codes_of, floats
from optimizers.demand import EXHAUSTED_SHARE, MIN_SERVED_SHARE, demand_behind_budget
from optimizers.forecast import capped_mean, forecast_counts, mixed_shape, uncapped_mean
from optimizers.shrinkage import RatePosterior, pool_rates

DEMAND = "demand"
OFF = ("paused", "archived")
# A platform's last week may differ from its decayed window by about a tenth (season), and a campaign's from its platform's by
# as much again (competitors, our own bids); the prior of
# that ratio is worth 1 / 0.1^2 clicks. An assumption.
TREND_SD = 0.1
# An item's own level drifts by about a quarter beside its campaign's (stock, rivals, bids), so that a thousand clicks a day in
# the window are worth no more than 16 of tomorrow's. An assumption.
ITEM_DRIFT_SD = 0.25
MAX_DAY_SPREAD = 0.3  # a campaign of a few clicks a day is capped by whole clicks, which a log-normal day overstates
# Behind a budget that is used up every day, and no loss told, the demand may be a quarter more or less than guessed. An
# assumption; it only matters where bids move.
HIDDEN_LOG_SD = 0.25
# A demand of which all seven days reach the budget with a chance of one half lies 1.32 spreads of a day above it:
# N(1.32)^7 = 0.5. Less would have left money on some day.
FULL_WEEK = 1.32
# A window's mean over its days, some of which were slow: nine tenths of the budget are reached only if most days used it up.
# Where most was used up, what was free to move does not tell of the rest: the shock is doubled at most.
USED_UP_SHARE, MIN_FOLLOWED_SHARE = 0.9, 0.5
SHOCKS = (
    "day_log_sd",
    "trend_log_sd",
    "hidden_log_sd",
)  # the platform's day, the campaign's level, what its budget hides
UNSEEN_SHAPE = 0.5  # of a level that nothing tells of, because everything is off


def add_demand(items: pd.DataFrame, before: Mapping[str, float]) -> pd.DataFrame:
    """Add the demand of the next day, also the part that an exhausted budget keeps from being served, and its forecast.

    First the demand of the days as they were lived is told from what their budgets let through, then it is moved to today's
    bid, the campaign's trend and tomorrow's factor, and only then does tomorrow's budget cut it. ``before`` is the demand that
    the last night estimated, by campaign; it grows by a tenth a night while a budget stays exhausted and the platform does not
    say by how much.
    """
    budget, level = budget_of(items), usual_level(items)
    items = items.assign(day_log_sd=floats(items, "day_log_sd") / followed_share(items, budget))
    out = with_usual_day(items, level)
    served, out["hidden_log_sd"] = served_last_week(out, before, budget)
    for name in ("clicks_per_day", "cost_per_day"):
        out[name] = _at_last_week(out, name, budget) / served
    out["demand_clicks"] = out["clicks_per_day"] * out["next_day_factor"]
    out["usual_cost"] = np.where(runs(out), out["cost_per_day"] * out["next_day_factor"], 0.0)
    campaign = campaigns_of(out)
    out["demand_cost"] = out["usual_cost"].groupby(campaign).transform("sum")
    out["day_log_sd"] = np.hypot(
        np.hypot(floats(out, "day_log_sd"), floats(out, "next_day_log_sd")), out["level_log_sd"]
    )
    on_clicks = np.where(runs(out), floats(out, "demand_clicks"), 0.0)
    out["served_share"], follow = kept_under_budget(out, floats(out, "usual_cost"), on_clicks, budget)
    out["is_exhausted"] = out["served_share"] < EXHAUSTED_SHARE  # a trace of loss is none
    for name in ("clicks_per_day", "cost_per_day", "usual_cost"):
        out[name] *= out["served_share"]
    return add_next_clicks(out, level, follow)


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
    out["trend"], out["trend_log_sd"], out["level_log_sd"] = campaign_trend(out, clicks)
    clicks = clicks * floats(out, "trend")
    change = np.divide(clicks, seen, out=np.ones(len(out)), where=seen > 0)
    out["cost_per_day"] = np.where(
        seen > 0, floats(out, "cost_per_day") * change, clicks * np.nan_to_num(floats(out, "cpc"))
    )
    out["clicks_per_day"] = clicks
    return out


def campaign_trend(items: pd.DataFrame, clicks: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return clicks of each campaign's last week against its usual days, shrunk to 1, and the log errors that are left.

    A season moves a whole platform, the rest of its trend is a campaign's own: Gamma-Poisson (R + k) / (E + k) twice, where R and
    E are counted and expected clicks; of the platform over their dispersion, for its common luck of seven days makes large
    sums sure of nothing; of the campaign against its platform. Errors: the campaign's own, and the platform's.
    """
    is_on = runs(items).to_numpy(dtype=bool)
    counted = floats(items, "clicks_now_7d") * is_on
    expected = clicks * floats(items, "usual_days_7d") * is_on
    luck = floats(items, "day_log_sd") ** 2 / np.maximum(floats(items, "days_7d"), 1.0)
    whole, whole_sd = _trend_of(codes_of(items["platform"]), counted, expected, luck)
    own, own_sd = _trend_of(codes_of(campaigns_of(items)), counted, expected * whole, np.zeros(len(items)))
    return whole * own, own_sd, whole_sd


def _trend_of(
    group: np.ndarray, counted: np.ndarray, expected: np.ndarray, luck: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    first = np.unique(group, return_index=True)[1]
    seen, usual, prior = np.bincount(group, counted), np.bincount(group, expected), TREND_SD**-2.0
    dispersion = 1.0 + usual * luck[first]
    trend = (seen / dispersion + prior) / (usual / dispersion + prior)
    return trend[group], (1.0 / np.sqrt(prior + seen / dispersion))[group]


def followed_share(items: pd.DataFrame, budget: pd.Series) -> np.ndarray:
    """Return which share of each item's platform's clicks could follow the day's demand in the window, at least one half.

    The rest came from campaigns that spent their budget day after day. A day's shock is learned from all served clicks, so that
    of the demand, which is what moves a campaign with money left, is larger by this share.
    """
    clicks, campaign = floats(items, "clicks"), campaigns_of(items)
    spent = items["cost"].groupby(campaign).transform("sum") / items["n_days"].groupby(campaign).transform("max").clip(
        lower=1
    )
    is_free = ~(spent >= USED_UP_SHARE * budget).to_numpy(dtype=bool)
    platform = codes_of(items["platform"])
    whole, free = np.bincount(platform, clicks), np.bincount(platform, clicks * is_free)
    share = np.divide(free, whole, out=np.ones(len(whole)), where=whole > 0)
    return np.asarray(np.maximum(share, MIN_FOLLOWED_SHARE)[platform])


def budget_of(items: pd.DataFrame) -> pd.Series:
    """Return each item's campaign budget in shop money; where none is told but losses to it are, what was spent is the budget.

    A budget of zero is no limit where money is spent: platforms export it for "unlimited".
    """
    budget = items["campaign_budget"].astype("Float64").astype("float64") * items["fx_rate"]
    budget = budget.where(budget > 0)
    spent = items["cost_7d"].groupby(campaigns_of(items)).transform("sum") / items["days_7d"].clip(lower=1)
    lost = items["lost_to_budget_share"].groupby(campaigns_of(items)).transform("max")
    return budget.where(budget.notna() | ~(lost > 1.0 - EXHAUSTED_SHARE), spent)


def served_last_week(
    items: pd.DataFrame, before: Mapping[str, float], budget: pd.Series
) -> tuple[np.ndarray, np.ndarray]:
    """Return the share of its demand that each item's campaign served at last week's own bids, and how unsure (log) that is.

    1 and 0 where the platform tells it: there each row has been put at its demand already. Elsewhere a budget that is used up
    on every second day hides what its better days would have spent, which the spread of days tells (platform's luck, counted
    clicks); one that is used up every day hides nobody knows what.
    """
    campaign = campaigns_of(items)
    code = codes_of(campaign)
    first = np.unique(code, return_index=True)[1]
    days = np.maximum(floats(items, "days_7d")[first], 1.0)
    spent, cap = np.bincount(code, floats(items, "cost_7d")) / days, budget.to_numpy(dtype=np.float64)[first]
    luck = 1.0 / np.maximum(np.bincount(code, floats(items, "clicks_7d")) / days, 1.0)
    spread = np.minimum(np.sqrt(floats(items, "day_log_sd")[first] ** 2 + luck), MAX_DAY_SPREAD)
    known = np.fmax(campaign.map(before).to_numpy(dtype=np.float64)[first], spent * np.exp(FULL_WEEK * spread))
    found = demand_behind_budget(spent, cap, np.full(len(first), np.nan), known)
    demand = uncapped_mean(np.fmin(spent, EXHAUSTED_SHARE * cap), cap, spread)
    is_spent = (demand > 0) & (spent > 0)  # a week without spending hides nothing
    hidden = np.divide(np.fmin(spent, EXHAUSTED_SHARE * cap), demand, out=np.ones(len(first)), where=is_spent)
    hidden = np.maximum(hidden, MIN_SERVED_SHARE)
    is_told = np.bincount(code, items["lost_to_budget_share"].notna()) > 0
    served = np.where(found.is_exhausted, found.served_share, hidden)
    return np.where(is_told, 1.0, served)[code], np.where(found.is_exhausted & ~is_told, HIDDEN_LOG_SD, 0.0)[code]


def _at_last_week(items: pd.DataFrame, name: str, budget: pd.Series) -> pd.Series:
    """Return an amount a day of each item, moved to its campaign's last week where the budget was used up and no loss is told.

    The older days of the window were cut short at other bids; only the last ones tell of today's.
    """
    campaign, days = campaigns_of(items), items["days_7d"].clip(lower=1)
    spent, now = (items[cost].groupby(campaign).transform("sum") / days for cost in ("cost_7d", "cost_now_7d"))
    usual = items["cost_per_day"].groupby(campaign).transform("sum")
    is_told = items["lost_to_budget_share"].notna().groupby(campaign).transform("any")
    is_full = (spent >= EXHAUSTED_SHARE * budget) & (usual > 0) & ~is_told
    return items[name] * (now / usual).where(is_full, 1.0)


def add_next_clicks(items: pd.DataFrame, level: RatePosterior, follow: np.ndarray) -> pd.DataFrame:
    """Add the forecast of tomorrow's clicks at today's settings: negative binomial, with its 80 % interval.

    Its rate is what is known of the item (``own_shape``) times factor, trend and shock of the day. A campaign stops at its
    budget: what it serves then follows neither shock nor factor any more (``follow``).
    """
    out = items.copy()
    own = 1.0 / np.where(np.isnan(level.shape), UNSEEN_SHAPE, level.shape)
    out["own_shape"] = mixed_shape(own, np.full(len(out), ITEM_DRIFT_SD**2))
    mean = np.where(runs(out), floats(out, "demand_clicks") * floats(out, "served_share"), 0.0)
    found = forecast_counts(mean, clicks_shape(out, follow))
    out["next_clicks"], out["next_clicks_shape"] = found.mean, found.shape
    out["next_clicks_low"], out["next_clicks_high"] = found.low, found.high
    return out


def kept_under_budget(
    items: pd.DataFrame, demand: np.ndarray, clicks: np.ndarray, budget: pd.Series
) -> tuple[np.ndarray, np.ndarray]:
    """Return which share of its demand (cost, clicks a day) each item's campaign is expected to serve, and how far it follows.

    1 and 1 where the ``budget`` (shop money) is ample; where it is exhausted what is served no longer follows the demand. What
    a budget hides makes the served amount less sure, not less: at today's bids such a budget has been used up every day.
    """
    campaign = codes_of(campaigns_of(items))
    first = np.unique(campaign, return_index=True)[1]
    wanted = np.bincount(campaign, demand)
    counts = np.maximum(np.bincount(campaign, clicks), 1.0)
    squared = [floats(items, name)[first] ** 2 for name in SHOCKS]
    cap, spread = budget.to_numpy(dtype=np.float64)[first], np.sqrt(sum(squared[:2]) + 1.0 / counts)
    amount = capped_mean(wanted, cap, spread)[0]
    follow = capped_mean(wanted, cap, np.hypot(spread, np.sqrt(squared[2])))[1]
    kept = np.maximum(np.divide(amount, wanted, out=np.ones(len(first)), where=wanted > 0), MIN_SERVED_SHARE)
    return kept[campaign], follow[campaign]


def clicks_shape(items: pd.DataFrame, follow: np.ndarray) -> np.ndarray:
    """Return the shape of each item's clicks of a day: what is known of it, times the shocks as far as it follows them."""
    shocks = (np.expm1((floats(items, name) * follow) ** 2) for name in SHOCKS)
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
