"""Third stage: honest rates, their intervals, the demand behind them, and the score that people read.

The formulas are in ``optimizers``; this stage hands them arrays and names the results.
"""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg
import numpy as np
import pandas as pd

from assets.batch import Batch, Batches
from assets.market import with_market
from assets.presentation import tables
from assets.steps import Step, night_table
from assets.warehouse import state
from optimizers import floor, score, shrinkage
from optimizers.demand import EXHAUSTED_SHARE, demand_behind_budget
from optimizers.metrics import roas

DEMAND = "demand"


@night_table(group="2_estimate")
def scored_items(
    context: dg.AssetExecutionContext, batches: dg.ResourceParam[Batches], performance: pd.DataFrame
) -> Step:
    """One row per item: conversion rate, order value, value per click and ROAS with 80 % intervals, demand, score, grade.

    Built from effective counts, pooled keyword -> campaign -> platform. Fails when an interval does not hold its mean or a
    score leaves 0-100.
    """
    batch = batches.open(context.partition_time_window.start.date())
    items = with_market(performance, batch)
    items = add_rates(items)
    items = add_demand(items, state.latest_state_before(batch.home, DEMAND, batch.night) or {})
    items = add_floor(items, batch)
    items = add_score(items, batch)
    state.write_state(batch.home, batch.night, DEMAND, exhausted_demand(items))
    shown = items.nlargest(25, "cost_7d")[
        ["platform", "keyword", "score", "evidence_grade", "roas", "roas_low", "roas_high"]
    ]
    return Step(items, {"02_top": dg.MetadataValue.md(tables.to_markdown(shown.round(2)))})


def add_rates(items: pd.DataFrame) -> pd.DataFrame:
    """Add cvr, aov, cpc and value per click with intervals. Brand terms are pooled apart from the rest."""
    out = items.copy()
    platform = _codes(out["platform"] + np.where(out["is_brand"], "|brand", "") + "|" + out["level"])
    campaign = _codes(
        out["platform"] + "|" + out["account"] + "|" + out["campaign_key"] + np.where(out["is_brand"], "|b", "")
    )
    campaign = np.where(out["level"] == "keyword", campaign, campaign.max(initial=0) + 1 + platform)
    cvr = shrinkage.pool_rates(
        _array(out, "effective_conversions"), _array(out, "effective_clicks"), campaign, platform
    )
    aov = shrinkage.pool_means(_array(out, "effective_value"), _array(out, "effective_orders"), campaign, platform)
    cpc = shrinkage.pool_means(_array(out, "effective_cost"), _array(out, "effective_paid_clicks"), campaign, platform)
    worth = shrinkage.value_per_click(cvr, aov, 1.0)  # on sales; a margin of 0 must not take the ROAS with it
    out["cvr"], out["cvr_low"], out["cvr_high"] = cvr.mean, cvr.low, cvr.high
    out["cvr_shape"], out["cvr_rate"], out["cvr_prior"] = cvr.shape, cvr.rate, cvr.prior_mean
    out["aov"], out["aov_low"], out["aov_high"] = aov.mean, aov.low, aov.high
    out["cpc"] = cpc.mean
    out["revenue_per_click"] = worth.mean
    for suffix, revenue in (("", worth.mean), ("_low", worth.low), ("_high", worth.high)):
        out[f"value_per_click{suffix}"] = revenue * _array(out, "margin")
        out[f"roas{suffix}"] = roas(revenue, out["cpc"])
    return out


def add_demand(items: pd.DataFrame, before: Mapping[str, float]) -> pd.DataFrame:
    """Add the demand of a usual next day, also the part that an exhausted budget keeps from being served.

    ``before`` is the demand that the last night estimated, by campaign; it grows by a tenth a night while a budget stays
    exhausted and the platform does not say by how much. An exhausted budget spends what it has, promotion or not.
    """
    out = items.copy()
    campaign = campaigns_of(out)
    spent = out.groupby(campaign)["cost_7d"].transform("sum") / out["days_7d"].clip(lower=1)
    budget = out["campaign_budget"].astype("Float64").astype("float64") * out["fx_rate"]
    known = campaign.map(before).astype("float64")
    found = demand_behind_budget(
        spent.to_numpy(dtype=np.float64), budget.to_numpy(dtype=np.float64), _array(out, "lost_to_budget_share"),
        known.to_numpy(dtype=np.float64),
    )  # fmt: skip
    out["served_share"], out["demand_cost"] = found.served_share, found.demand_cost
    out["is_exhausted"] = found.is_exhausted & (found.served_share < EXHAUSTED_SHARE)  # a trace of loss is none
    usual = (out["cost_per_day"] * out["next_day_factor"]).groupby(campaign).transform("sum")
    is_full = (spent >= EXHAUSTED_SHARE * budget) & (usual > 0)
    for name in ("clicks_per_day", "cost_per_day"):
        out[name] *= (spent / usual).where(is_full, 1.0)
    out["demand_clicks"] = out["clicks_per_day"] * out["next_day_factor"] / out["served_share"]
    runs = ~out["status"].isin(["paused", "archived"])  # what is off already spends nothing tomorrow
    out["usual_cost"] = (out["cost_per_day"] * out["next_day_factor"]).where(runs, 0.0)
    return out


def campaigns_of(items: pd.DataFrame) -> pd.Series:
    """Return one readable key per campaign."""
    return items["platform"] + "|" + items["account"] + "|" + items["campaign_key"]


def exhausted_demand(items: pd.DataFrame) -> dict[str, float]:
    """Return the estimated demand of each exhausted campaign, for the next night."""
    rows = items[items["is_exhausted"]]
    demand = rows.groupby(campaigns_of(rows), sort=True)["demand_cost"].max()
    return {str(name): float(cost) for name, cost in demand.items()}


def add_floor(items: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Add P(roas < floor | data) and the probability that even the lowest permitted bid loses money."""
    out = items.copy()
    default = batch.settings.roas.floor
    floors = {name: default if use.roas_floor is None else use.roas_floor for name, use in batch.uses.items()}
    out["roas_floor"] = out["platform"].map(floors).astype("float64")
    shape, rate, order, cpc = (_array(out, name) for name in ("cvr_shape", "cvr_rate", "aov", "cpc"))
    out["p_below_floor"] = floor.probability_below(shape, rate, order, cpc, _array(out, "roas_floor"))
    lowest = cpc * (1.0 - batch.guardrails.max_lower)
    out["p_unprofitable"] = floor.probability_below(
        shape, rate, order * _array(out, "margin"), lowest, np.ones(len(out))
    )
    return out


def add_score(items: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Add the 0-100 score with its parts, and the evidence grade."""
    out = items.copy()
    weights = batch.settings.score_weights
    searches = _array(out, "searches")
    volume = np.where(np.isnan(searches), _array(out, "impressions_per_day") * 30, searches)
    parts = score.keyword_scores(
        volume, _array(out, "competition"), _array(out, "value_per_click"), _codes(out["platform"]),
        (weights.volume, weights.competition, weights.conversion),
    )  # fmt: skip
    out["score"] = parts.score
    out["score_volume"], out["score_competition"], out["score_conversion"] = (
        parts.volume,
        parts.competition,
        parts.conversion,
    )
    known = out["is_maturity_learned"].to_numpy(dtype=bool)
    out["evidence_grade"] = score.evidence_grade(
        _array(out, "effective_clicks"), _array(out, "effective_conversions"), known
    )
    return out


def _array(frame: pd.DataFrame, column: str) -> np.ndarray:
    return frame[column].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)


def _codes(labels: pd.Series) -> np.ndarray:
    return pd.factorize(labels, sort=True)[0]
