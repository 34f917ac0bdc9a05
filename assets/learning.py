"""Learning from earlier nights: their forecasts against what happened, and the corrections that follow for the next night.

Here belongs which nights are scored and what is learned. How one night is scored is in ``assets.hindsight``, how corrections are
applied in ``assets.corrections``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import dagster as dg
import numpy as np
import pandas as pd

from assets.batch import Batch, Batches
from assets.corrections import CORRECTIONS, POOLED, Correction, correction_of, corrections_before, to_payload
from assets.hindsight import ALL, AS_PLANNED, CELL, SUMS, edit_outcomes, score_night
from assets.maturity_curves import learn_maturity, seen_versions
from assets.performance import load_daily
from assets.presentation import forecast_words, tables
from assets.presentation.forecast_words import is_platform_sum
from assets.steps import Step, night_table
from assets.warehouse import state
from assets.warehouse.errors import WarehouseError
from assets.warehouse.inputs import read_inputs
from assets.warehouse.tables import read_table
from optimizers.calibration import bias, bias_interval, coverage_interval
from optimizers.correction import learn_factor, learn_widening

FORECASTS = "forecasts"
SCORED_NIGHTS = 28  # four of each weekday; older nights tell of another market
LEARNED = ("clicks", "cvr")  # measures that corrections are learned from
COLUMNS = [
    *CELL, "n_nights", *SUMS, "bias", "bias_low", "bias_high", "coverage", "coverage_low", "coverage_high", "correction",
]  # fmt: skip


@night_table(group="2_estimate", deps=("source_files", "platform_status"))
def forecast_scores(
    context: dg.AssetExecutionContext, batches: dg.ResourceParam[Batches], applied_edits: pd.DataFrame
) -> Step:
    """One row per platform, grade, action, outcome and measure: forecasts of the last 28 scored nights against what happened.

    Built from the forecasts of earlier published nights and the facts known tonight, conversions at their maturity. Bias and
    80 % coverage with intervals, mean log score. What is learned is applied from the next night on. Empty on first nights.
    """
    batch = batches.open(context.partition_time_window.start.date())
    sums = score_nights(batch, applied_edits)
    used = corrections_before(batch.home, batch.night)
    learned = learn_corrections(sums, batch)
    if learned:
        state.write_state(batch.home, batch.night, CORRECTIONS, to_payload(learned))
    scores = summarise_scores(sums, learned)
    shown = forecast_words.scores_table(scores)
    metadata: dict[str, object] = {
        "nights": int(sums["night"].nunique()),
        "01_scores": dg.MetadataValue.md(tables.to_markdown(shown) if len(shown) else forecast_words.NOTHING),
        "02_in_use": dg.MetadataValue.json(to_payload(used)),
    }
    return Step(scores, metadata)


def score_nights(batch: Batch, applied_edits: pd.DataFrame) -> pd.DataFrame:
    """Return the cells of every scored night, newest 28 nights, with the night they are of."""
    found = [scored for scored in _scored_nights(batch, applied_edits) if len(scored)]
    empty = pd.DataFrame({name: pd.Series(dtype="str" if name in CELL else "float64") for name in [*CELL, *SUMS]})
    empty["night"] = pd.Series(dtype="datetime64[us]")
    return pd.concat(found, ignore_index=True) if found else empty


def _scored_nights(batch: Batch, applied_edits: pd.DataFrame) -> Iterator[pd.DataFrame]:
    nights = [one for one in state.published_nights(batch.home) if one < batch.night][-SCORED_NIGHTS:]
    known = {night: table for night in nights if (table := table_of(batch, night, FORECASTS)) is not None}
    if not known:
        return
    daily = load_daily(batch)
    daily["share"] = learn_maturity(seen_versions(batch), batch).share(daily)
    edits = [applied_edits, *(table_of(batch, one, "applied_edits") for one in _nights_after(min(known), batch))]
    told = pd.concat([one for one in edits if one is not None], ignore_index=True)
    for night, forecasts in known.items():
        day = pd.Timestamp(night) + pd.Timedelta(days=1)
        mine = told[told["edit_night"] == pd.Timestamp(night)]
        yield score_night(forecasts, daily[daily["report_date"] == day], edit_outcomes(mine), night)


def table_of(batch: Batch, night: date, name: str) -> pd.DataFrame | None:
    """Return a table of an earlier night, None where it has none: old tables may be gone, and then say nothing."""
    inputs = read_inputs(batch.home, night)
    if inputs is None:
        return None
    try:
        return read_table(batch.home, night, inputs.revision, name)
    except WarehouseError:
        return None


def _nights_after(first: date, batch: Batch) -> list[date]:
    return [first + timedelta(days=back) for back in range(1, (batch.night - first).days)]


def learn_corrections(sums: pd.DataFrame, batch: Batch) -> dict[str, Correction]:
    """Return each platform's correction, its prior being what the others teach, and what all teach together.

    Only items whose settings are as planned count. Forecasts are taken back to what they were before the correction in use
    on their night: otherwise a correction that works would unlearn itself.
    """
    rows = sums[(sums["level"] == "item") & (sums["outcome"] == AS_PLANNED) & sums["measure"].isin(LEARNED)]
    if rows.empty:
        return {}
    nightly = rows.groupby(["platform", "night", "measure"], sort=True)[SUMS].sum().reset_index()
    used = {night: corrections_before(batch.home, night.date()) for night in nightly["night"].unique()}
    for name in ("", "_widening"):
        nightly[f"used{name}"] = [
            getattr(correction_of(platform, used[night]), f"{measure}{name}")
            for platform, night, measure in zip(nightly["platform"], nightly["night"], nightly["measure"], strict=True)
        ]
    nightly["raw"] = nightly["forecast"] / nightly["used"]
    pooled = _learn(nightly, Correction())
    platforms = {
        str(name): _learn(part, _learn(nightly[nightly["platform"] != name], Correction()))
        for name, part in nightly.groupby("platform", sort=True)
    }
    return {POOLED: pooled, **platforms}


def _learn(nightly: pd.DataFrame, prior: Correction) -> Correction:
    found = {}
    for measure in LEARNED:
        rows = nightly[nightly["measure"] == measure]
        found[measure] = learn_factor(rows["raw"], rows["actual"], getattr(prior, measure)).mean
        weight = rows["n_scored"].to_numpy(dtype=np.float64)
        before = float(np.average(rows["used_widening"], weights=weight)) if weight.sum() > 0 else 1.0
        by_night = rows.groupby("night", sort=True)[["n_inside", "n_scored"]].sum()
        found[f"{measure}_widening"] = learn_widening(by_night["n_inside"], by_night["n_scored"], before)
    return Correction(**found)


def summarise_scores(sums: pd.DataFrame, learned: dict[str, Correction]) -> pd.DataFrame:
    """Return one row per cell, per platform and grade, per platform and action, and per platform (``all`` in what is summed)."""
    items = sums[sums["level"] == "item"]
    margins = [("evidence_grade",), ("action",), ("evidence_grade", "action")]
    parts = [sums, *(items.assign(**dict.fromkeys(names, ALL)) for names in margins)]
    rows = [
        dict(zip(CELL, key, strict=True)) | _scores(part) for key, part in pd.concat(parts).groupby(CELL, sort=True)
    ]
    out = pd.DataFrame(rows, columns=COLUMNS)
    is_learned = is_platform_sum(out) & out["measure"].isin(LEARNED) & out["platform"].isin(learned)
    out["correction"] = [
        getattr(learned[platform], measure) if told else np.nan
        for platform, measure, told in zip(out["platform"], out["measure"], is_learned, strict=True)
    ]
    numbers = COLUMNS[len(CELL) :]
    return out.astype({**dict.fromkeys(CELL, "str"), **dict.fromkeys(numbers, "float64")})


def _scores(part: pd.DataFrame) -> dict[str, float]:
    nights = part.groupby("night", sort=True)[SUMS].sum()
    sums = nights.sum()
    bias_low, bias_high = bias_interval(nights["forecast"], nights["actual"])
    coverage_low, coverage_high = coverage_interval(nights["n_inside"], nights["n_scored"])
    n = sums["n_scored"]
    return {
        "n_nights": float((nights["n"] > 0).sum()), **{name: float(sums[name]) for name in SUMS},
        "bias": bias(nights["forecast"], nights["actual"]), "bias_low": bias_low, "bias_high": bias_high,
        "coverage": float(sums["n_inside"] / n) if n else np.nan,
        "coverage_low": coverage_low, "coverage_high": coverage_high,
        "log_score": float(sums["log_score"] / n) if n else np.nan,
    }  # fmt: skip
