"""Third stage: honest rates, their intervals, the demand behind them, and the score that people read.

The formulas are in ``optimizers``; this stage hands them arrays and names the results.
"""

from __future__ import annotations

import dagster as dg
import numpy as np
import pandas as pd

from assets.arrays import codes_of, floats
from assets.batch import Batch, Batches
from assets.corrections import add_corrections, widen_clicks
from assets.demand import DEMAND, add_demand, exhausted_demand
from assets.floor_odds import add_floor
from assets.market import with_market
from assets.presentation import tables
from assets.rates import add_rates
from assets.response import add_response
from assets.steps import Step, night_table
from assets.warehouse import state
from optimizers import score


@night_table(group="2_estimate")
def scored_items(
    context: dg.AssetExecutionContext, batches: dg.ResourceParam[Batches], performance: pd.DataFrame
) -> Step:
    """One row per item: conversion rate, order value, value per click and ROAS with 80 % intervals, demand, score, grade.

    Built from effective counts, pooled keyword -> root -> campaign -> platform. Fails when an interval does not hold its
    mean or a score leaves 0-100.
    """
    batch = batches.open(context.partition_time_window.start.date())
    items = with_market(performance, batch)
    items = add_corrections(items, batch)
    items = add_rates(items)
    items = add_response(items, batch)
    items = widen_clicks(add_demand(items, state.latest_state_before(batch.home, DEMAND, batch.night) or {}))
    items = add_floor(items, batch)
    items = add_score(items, batch)
    state.write_state(batch.home, batch.night, DEMAND, exhausted_demand(items))
    shown = items.nlargest(25, "cost_7d")[
        ["platform", "keyword", "score", "evidence_grade", "roas", "roas_low", "roas_high"]
    ]
    return Step(items, {"02_top": dg.MetadataValue.md(tables.to_markdown(shown.round(2)))})


def add_score(items: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Add the 0-100 score with its parts and their weights, and the evidence grade."""
    out = items.copy()
    weights = batch.settings.score_weights
    searches = floats(out, "searches")
    volume = np.where(np.isnan(searches), floats(out, "impressions_per_day") * 30, searches)
    parts = score.keyword_scores(
        volume, floats(out, "competition"), floats(out, "value_per_click"), codes_of(out["platform"]),
        (weights.volume, weights.competition, weights.conversion),
    )  # fmt: skip
    out["score"] = parts.score
    for name in ("volume", "competition", "conversion"):
        out[f"score_{name}"], out[f"weight_{name}"] = getattr(parts, name), getattr(weights, name)
    known = out["is_maturity_learned"].to_numpy(dtype=bool)
    grade = score.evidence_grade(floats(out, "effective_clicks"), floats(out, "effective_conversions"), known)
    is_gross = ~out["is_net_known"].to_numpy(dtype=bool)  # refunds are assumed: sales may be worth a tenth less
    out["evidence_grade"] = np.where(is_gross & (grade == "A"), "B", grade)
    return out
