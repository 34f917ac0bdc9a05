"""What one night expected of the next day, beside what happened: sums of scores by platform, grade, action and outcome.

Here belongs the scoring of one night's forecasts. Which nights count and what is learned from them is in ``assets.learning``.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from assets.arrays import floats
from optimizers.calibration import log_score, randomised_pit, seeded_uniforms
from optimizers.priors import combine_concentrations

ITEM_LEVELS = ("keyword", "placement")
CELL = ["level", "platform", "evidence_grade", "action", "outcome", "measure"]
SUMS = ["n", "forecast", "actual", "n_scored", "n_inside", "log_score"]
ALL = "all"
AS_PLANNED, NOT_APPLIED, UNKNOWN = "as_planned", "not_applied", "unknown"
OUTCOMES = {"applied": AS_PLANNED, "rejected": NOT_APPLIED, "not_applied": NOT_APPLIED, "changed_by_hand": NOT_APPLIED}
FACTS = ("clicks", "cost", "conversions", "conversion_value")
DELAYED = ("conversions", "conversion_value")
TAIL = 0.1  # forecasts carry 80 % intervals
# Below half of a day's conversions the error of the maturity share is larger than what a forecast is off by.
MIN_SHARE = 0.5
# A total's interval cannot be scaled by the share as a mean can; from here on the difference is lost in it.
MIN_TOTAL_SHARE = 0.9


def edit_outcomes(edits: pd.DataFrame) -> pd.Series:
    """Return what became of each edited item's changes, the worst of several: not applied before unknown before applied."""
    order = {NOT_APPLIED: 0, UNKNOWN: 1, AS_PLANNED: 2}
    told = edits["outcome"].map(OUTCOMES).fillna(UNKNOWN)
    worst = told.map(order).groupby(edits["item"]).min()
    return worst.map({rank: name for name, rank in order.items()}).astype("str")


def score_night(forecasts: pd.DataFrame, seen: pd.DataFrame, outcomes: pd.Series, night: date) -> pd.DataFrame:
    """Return one row per cell (CELL) with sums of forecast, actual and scores of one night.

    ``seen`` are the daily facts of the day after the night, as known tonight; an account that has none that day is not
    scored. Its ``share`` says how much of a row's conversions has been reported; forecasts are compared at that share.
    """
    items = with_facts(forecasts[forecasts["level"].isin(ITEM_LEVELS)], seen)
    items["outcome"] = items["item"].map(outcomes).fillna(AS_PLANNED)
    parts = [*_item_scores(items, night), *_total_scores(forecasts, items, seen)]
    scored = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*CELL, *SUMS])
    scored["evidence_grade"] = scored["evidence_grade"].fillna("none")
    sums = scored[scored["n"] > 0].groupby(CELL, sort=True)[SUMS].sum().reset_index()
    return sums.assign(night=pd.Timestamp(night))


def with_facts(items: pd.DataFrame, seen: pd.DataFrame) -> pd.DataFrame:
    """Return the items of accounts that were reported that day, with ``seen_*``: zero without a row, missing where not told."""
    homes = pd.MultiIndex.from_frame(seen[["platform", "account"]].drop_duplicates())
    is_covered = pd.MultiIndex.from_frame(items[["platform", "account"]]).isin(homes)
    out = items[is_covered].reset_index(drop=True)
    share = seen.groupby(["platform", "account"])["share"].mean()
    out["share"] = share.reindex(pd.MultiIndex.from_frame(out[["platform", "account"]])).to_numpy(dtype=np.float64)
    numbers = pd.DataFrame({name: floats(seen, name) for name in FACTS})
    sums = numbers.groupby(seen["item"].to_numpy()).sum(min_count=1)
    is_told = numbers.notna().groupby(seen["platform"].to_numpy()).any()
    has_row = out["item"].isin(sums.index).to_numpy()
    for name in FACTS:
        own = out["item"].map(sums[name]).to_numpy(dtype=np.float64)
        told = out["platform"].map(is_told[name]).to_numpy(dtype=bool)
        out[f"seen_{name}"] = np.where(has_row, own, np.where(told, 0.0, np.nan))
    return out


def _item_scores(items: pd.DataFrame, night: date) -> list[pd.DataFrame]:
    """Return one frame a measure, one row an item: forecast at its maturity, actual, inside or not, log score."""
    share = np.where(floats(items, "share") >= MIN_SHARE, floats(items, "share"), np.nan)
    clicks_shape, cvr_shape = floats(items, "clicks_shape"), floats(items, "cvr_shape")
    seen_clicks = floats(items, "seen_clicks")
    given_clicks = np.where(seen_clicks > 0, floats(items, "cvr") * seen_clicks * share, np.nan)
    both = combine_concentrations(clicks_shape, cvr_shape)
    return [
        _counted(items, "clicks", (floats(items, "clicks"), floats(items, "seen_clicks"), clicks_shape), night),
        # what a click brings does not hang on the bid, so an edit that was not applied says as much of it
        _counted(items, "cvr", (given_clicks, floats(items, "seen_conversions"), cvr_shape), night).assign(
            outcome=AS_PLANNED
        ),
        _counted(
            items, "conversions", (floats(items, "conversions") * share, floats(items, "seen_conversions"), both), night
        ),
        _scored(items, "cost", floats(items, "cost"), floats(items, "seen_cost")),
        _scored(
            items, "conversion_value", floats(items, "conversion_value") * share, floats(items, "seen_conversion_value")
        ),
    ]


def _counted(
    items: pd.DataFrame, measure: str, count: tuple[np.ndarray, np.ndarray, np.ndarray], night: date
) -> pd.DataFrame:
    """Return the scores of counts: a forecast of exactly none has no distribution and is only added up."""
    forecast, seen, shape = count
    out = _scored(items, measure, forecast, seen)
    rows = np.flatnonzero(~np.isnan(forecast + seen + shape) & (forecast > 0) & (shape > 0))
    draws = seeded_uniforms(items["item"].iloc[rows], f"{night.isoformat()} {measure}")
    place = randomised_pit(seen[rows], forecast[rows], shape[rows], draws)
    out["n_scored"], out["n_inside"], out["log_score"] = 0.0, 0.0, 0.0
    out.loc[rows, "n_scored"] = 1.0
    out.loc[rows, "n_inside"] = ((place >= TAIL) & (place <= 1.0 - TAIL)).astype(np.float64)
    out.loc[rows, "log_score"] = log_score(seen[rows], forecast[rows], shape[rows])
    return out


def _scored(items: pd.DataFrame, measure: str, forecast: np.ndarray, seen: np.ndarray) -> pd.DataFrame:
    """Return the rows of one measure; a pair with either part missing counts for nothing."""
    is_pair = ~np.isnan(forecast + seen)
    texts = items[["platform", "evidence_grade", "action", "outcome"]].reset_index(drop=True)
    return texts.assign(
        level="item", measure=measure, n=is_pair.astype(np.float64), n_scored=0.0, n_inside=0.0, log_score=0.0,
        forecast=np.where(is_pair, forecast, 0.0), actual=np.where(is_pair, seen, 0.0),
    )  # fmt: skip


def _total_scores(rows: pd.DataFrame, items: pd.DataFrame, seen: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the scores of each platform's total and of the night's, against everything that was reported of them."""
    numbers = pd.DataFrame({name: floats(seen, name) for name in FACTS})
    sums = numbers.groupby(seen["platform"].to_numpy()).sum(min_count=1)
    worst = items.groupby("platform")["outcome"].agg(_worst)
    totals = rows[rows["level"] == "platform"].drop_duplicates("platform").set_index("platform")
    totals["share"] = seen.groupby("platform")["share"].mean()
    told = totals.index.intersection(sums.index)
    parts = [_total(name, totals.loc[name], sums.loc[name], worst.get(name, AS_PLANNED)) for name in told]
    whole = rows[rows["level"] == "total"]
    if len(whole) and len(told) == len(totals) > 0:  # a night's total needs every platform's day
        night = whole.iloc[0].copy()
        night["share"] = totals["share"].min()
        outcome = _worst(worst.reindex(told).dropna()) if len(worst) else AS_PLANNED
        parts.append(_total(ALL, night, sums.loc[told].sum(min_count=len(told)), outcome))
    return [part for part in parts if len(part)]


def _total(platform: str, row: pd.Series, seen: pd.Series, outcome: str) -> pd.DataFrame:
    share = float(row["share"])
    found = []
    for name in FACTS:
        scale = share if name in DELAYED else 1.0
        low, middle, high = (float(row[f"{name}{side}"]) * scale for side in ("_low", "", "_high"))
        actual = float(seen[name])
        if np.isnan(low + middle + high + actual) or scale < MIN_TOTAL_SHARE:
            continue
        inside = float(low <= actual <= high)
        found.append([name, 1.0, middle, actual, 1.0, inside, 0.0])
    out = pd.DataFrame(found, columns=["measure", *SUMS])
    return out.assign(level="total", platform=platform, evidence_grade=ALL, action=ALL, outcome=outcome)


def _worst(outcomes: pd.Series) -> str:
    names = set(outcomes)
    return next((name for name in (NOT_APPLIED, UNKNOWN) if name in names), AS_PLANNED)
