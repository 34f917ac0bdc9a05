"""What replayed nights expected, beside what came: the plan's next day and, per item, the next week's conversions.

Here belongs the comparison in hindsight. Running the nights again, each with its own files, is done in ``pipelines.backtest``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from assets.admission import admit_files
from assets.arrays import floats
from assets.batch import Batch, open_batch
from assets.hindsight import DELAYED, FACTS, with_facts
from assets.maturity_curves import learn_maturity, seen_versions
from assets.performance import load_daily
from optimizers.calibration import log_score

LOOK_BACK, LOOK_AHEAD = 14, 7
POISSON = 1e6  # shape of a count whose rate is taken as certain, as a plain ratio is
# A ratio of zero would make an order impossible; a click at the account's mean is the least that mends it.
CLICKS_ADDED = 1.0
# Days after the last night that are waited for, where there are any: a week to forecast and a month for its conversions.
HINDSIGHT_DAYS = LOOK_AHEAD + 30
MAX_WINDOW_DAYS = 400  # what settings allow


@dataclass(frozen=True)
class Hindsight:
    """All that is known in the end: daily facts with the ``share`` of their conversions reported by then."""

    daily: pd.DataFrame
    last_day: date

    def between(self, first: date, last: date) -> pd.DataFrame:
        """Return the facts of the days from ``first`` to ``last``, both included."""
        return self.daily[self.daily["report_date"].between(pd.Timestamp(first), pd.Timestamp(last))]


def look_back(root: Path, first: date, known_to: date) -> Hindsight:
    """Read every file that lies in the home at ``root``, as a night after all replayed ones would."""
    batch = open_batch(root, known_to)
    admit_files(batch, lambda _: None)
    days = min(max((known_to - first).days + 1, batch.settings.window.days), MAX_WINDOW_DAYS)
    window = batch.settings.window.model_copy(update={"days": days})
    batch = replace(batch, settings=batch.settings.model_copy(update={"window": window}))
    daily = load_daily(batch)
    daily["share"] = learn_maturity(seen_versions(batch), batch).share(daily)
    newest = daily["report_date"].max()
    return Hindsight(daily, batch.night if pd.isna(newest) else newest.date())


def plan_outcome(batch: Batch, hindsight: Hindsight) -> dict[str, dict[str, float | bool | None]]:
    """Return, per measure, what the night's plan expected of the next day with its interval, and what came.

    Conversions and value are expected at the share that has been reported in hindsight. A replay applies nothing: where the
    plan was not what the shop did, the difference is the plan's as much as the forecast's.
    """
    day = batch.night + timedelta(days=1)
    seen = hindsight.between(day, day)
    rows = batch.table("forecasts")
    total = rows[rows["level"] == "total"]
    if seen.empty or total.empty:
        return {}
    expected, share = total.iloc[0], float(np.average(seen["share"], weights=floats(seen, "cost") + 1e-9))
    return {name: _outcome(expected, name, floats(seen, name), share) for name in FACTS}


def _outcome(expected: pd.Series, name: str, came: np.ndarray, share: float) -> dict[str, float | bool | None]:
    scale = share if name in DELAYED else 1.0
    low, middle, high = (float(expected[f"{name}{side}"]) * scale for side in ("_low", "", "_high"))
    actual = float(np.nansum(came)) if np.isfinite(came).any() else None
    is_inside = None if actual is None else low <= actual <= high
    return {"expected": middle, "low": low, "high": high, "came": actual, "is_inside": is_inside}


def as_it_was(batch: Batch, hindsight: Hindsight) -> dict[str, dict[str, float]]:
    """Return what the night expected of the next day with everything left as it was, and what came of the same items.

    A replay applies nothing, so this is the forecast that what came can judge.
    """
    day = batch.night + timedelta(days=1)
    items = with_facts(batch.table("scored_items"), hindsight.between(day, day))
    columns = {"clicks": "next_clicks", "cost": "usual_cost"}
    told = items[items[[f"seen_{name}" for name in columns]].notna().all(axis=1)]
    return {
        name: {"expected": float(told[column].sum()), "came": float(told[f"seen_{name}"].sum())}
        for name, column in columns.items()
    }


def week_scores(batch: Batch, hindsight: Hindsight) -> dict[str, float]:
    """Return the mean log likelihood of next week's conversions per item with clicks, given those clicks, and how many.

    ours: the negative binomial of the item's posterior. raw: the last 14 days' ratio as the night knew it, delay and all, one
    click at the account's mean added. account: the account's mean over the window. Empty when the week is not over.
    """
    if hindsight.last_day < batch.night + timedelta(days=LOOK_AHEAD):
        return {}
    items = batch.table("scored_items")[["platform", "account", "item", "cvr", "cvr_shape"]]
    ahead = hindsight.between(batch.night + timedelta(days=1), batch.night + timedelta(days=LOOK_AHEAD))
    came = _told_sums(ahead, floats(ahead, "share"))
    rows = items.merge(came, left_on="item", right_index=True, validate="1:1")
    rows = rows[(rows["exposure"] > 0) & (rows["cvr"] > 0)].sort_values("item", ignore_index=True)
    known = load_daily(batch)
    recent = known[known["report_date"] > pd.Timestamp(batch.night) - pd.Timedelta(days=LOOK_BACK)]
    past = _told_sums(recent, np.ones(len(recent))).reindex(rows["item"]).fillna(0.0)
    mean = _account_means(known, rows)
    raw = (past["conversions"].to_numpy() + CLICKS_ADDED * mean) / (past["exposure"].to_numpy() + CLICKS_ADDED)
    certain = np.full(len(rows), POISSON)
    forecasts = {
        "ours": (floats(rows, "cvr"), floats(rows, "cvr_shape")),
        "raw": (raw, certain),
        "account": (mean, certain),
    }
    seen, clicks = floats(rows, "conversions"), floats(rows, "exposure")
    can_score = mean > 0  # an account without a sale gives no mean to compare with
    scores = {
        name: log_score(seen[can_score], rate[can_score] * clicks[can_score], shape[can_score])
        for name, (rate, shape) in forecasts.items()
    }
    n = int(can_score.sum())
    return {"n": float(n), **{name: float(one.mean()) for name, one in scores.items()}} if n else {}


def _told_sums(daily: pd.DataFrame, share: np.ndarray) -> pd.DataFrame:
    """Return exposure (clicks x share, of rows whose conversions are told) and conversions by item."""
    conversions = floats(daily, "conversions")
    told = ~np.isnan(conversions)
    clicks = np.where(told, np.nan_to_num(floats(daily, "clicks")) * share, 0.0)
    frame = pd.DataFrame({"exposure": clicks, "conversions": np.where(told, conversions, 0.0)})
    return frame.groupby(daily["item"].to_numpy(), sort=True).sum()


def _account_means(known: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray:
    sums = pd.DataFrame({
        "clicks": np.where(known["conversions"].notna(), np.nan_to_num(floats(known, "clicks")), 0.0),
        "conversions": np.nan_to_num(floats(known, "conversions")),
    })  # fmt: skip
    by = sums.groupby([known["platform"].to_numpy(), known["account"].to_numpy()]).sum()
    mean = (by["conversions"] / by["clicks"].where(by["clicks"] > 0)).reindex(
        pd.MultiIndex.from_frame(rows[["platform", "account"]])
    )
    return np.nan_to_num(mean.to_numpy(dtype=np.float64))
