"""Holds one night's tables of a lab market against the truth: who lies inside which interval, and by how much totals miss."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.stats import nbinom, poisson

from simulator.lab import LabMarket
from simulator.lab_days import Lived, usual_levels

TAIL = 0.10  # of an 80 % interval, on either side
SUMS = ("clicks", "cost", "value")


@dataclass
class Scores:
    """Tidy rows of many nights; ``coverage``: inside of n; ``totals``: expected, low, high and outcome of one night."""

    coverage: list[dict[str, object]] = field(default_factory=list)
    totals: list[dict[str, object]] = field(default_factory=list)

    def add(self, other: Scores) -> None:
        """Take over another market's rows."""
        self.coverage += other.coverage
        self.totals += other.totals


def score_night(market: LabMarket, tables: dict[str, pd.DataFrame], lived: Lived, scores: Scores) -> None:
    """Add one night: ``tables`` were made before ``lived``, the day on which their changes acted."""
    truth, key = market.truth, market.truth.keywords["item"]
    items = tables["scored_items"].set_index("item").reindex(key)
    forecast = tables["forecasts"]
    mine = forecast[forecast["level"] == "keyword"].set_index("item").reindex(key)
    level = usual_levels(truth, lived.day, market.options)[1]
    clicks = np.zeros(len(truth))
    clicks[lived.row] = lived.clicks
    groups = _groups(items, tables["recommendations"], market)
    inside = {
        "cvr": _between(items, "cvr", truth.cvr * level),
        "value_per_click": _between(items, "value_per_click", truth.net_value * level),
        "next_clicks": _pit_inside(clicks, mine, np.random.default_rng([market.seed, 3, lived.day.toordinal()])),
    }
    for measure, hit in inside.items():
        for group, members in groups.items():
            told = members & ~np.isnan(hit)
            scores.coverage.append({
                "seed": market.seed, "night": market.night, "measure": measure, "group": group, "n": int(told.sum()),
                "inside": float(hit[told].sum()),
            })  # fmt: skip
    total = forecast[forecast["level"] == "total"]
    for measure, outcome in outcomes(market, lived).items():
        one = total.iloc[0]
        scores.totals.append({
            "seed": market.seed, "night": market.night, "measure": measure, "outcome": outcome,
            "expected": float(one[measure]), "low": float(one[f"{measure}_low"]), "high": float(one[f"{measure}_high"]),
        })  # fmt: skip


def outcomes(market: LabMarket, lived: Lived) -> dict[str, float]:
    """Return what a day brought in shop money: clicks, cost, and its orders' net value once all are in."""
    truth = market.truth
    kept = lived.order_refund_age < 0
    net = lived.order_value * kept * (truth.margin * truth.rate)[lived.order_row]
    cost = float((lived.cost * truth.rate[lived.row]).sum())
    return {"clicks": float(lived.clicks.sum()), "cost": cost, "value": float(net.sum())}


def log_rmse(estimate: np.ndarray, truth: np.ndarray) -> float:
    """Return the root mean square of log(estimate / truth)."""
    return float(np.sqrt(np.mean(np.log(estimate / truth) ** 2)))


def _groups(items: pd.DataFrame, rows: pd.DataFrame, market: LabMarket) -> dict[str, np.ndarray]:
    """Return who is pooled, in the fifth with most clicks, and raised tonight; only what is enabled and told."""
    is_told = (items["cvr"].notna().to_numpy()) & market.is_live
    clicks = items["clicks"].fillna(0.0).to_numpy(dtype=np.float64)
    rank = np.argsort(np.argsort(-clicks, kind="stable"), kind="stable")
    raised = rows.loc[
        (rows["action"] == "raise") & (rows["decision"] == "accept"), "item"
    ]  # on probation an item has two
    is_raised = market.truth.keywords["item"].isin(raised).to_numpy(dtype=bool)
    return {"pooled": is_told, "top fifth": is_told & (rank < len(clicks) / 5), "raised": is_told & is_raised}


def _between(items: pd.DataFrame, name: str, truth: np.ndarray) -> np.ndarray:
    """Return 1 where the truth lies in the interval, 0 where not, NaN where there is none."""
    low, high = (items[f"{name}_{side}"].to_numpy(dtype=np.float64) for side in ("low", "high"))
    hit = ((low <= truth) & (truth <= high)).astype(np.float64)
    return np.where(np.isnan(low) | np.isnan(high), np.nan, hit)


def _pit_inside(clicks: np.ndarray, forecast: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """Return 1 where the randomised PIT of the counted clicks lies in the middle 80 % (Czado, Gneiting & Held 2009)."""
    mean, shape = (forecast[name].to_numpy(dtype=np.float64) for name in ("clicks", "clicks_shape"))
    told = np.isfinite(mean) & ~np.isnan(shape)
    draw = rng.random(len(clicks))
    below, at = predictive_cdf(clicks - 1, mean, shape), predictive_cdf(clicks, mean, shape)
    pit = below + draw * (at - below)
    return np.where(told, ((pit >= TAIL) & (pit <= 1.0 - TAIL)).astype(np.float64), np.nan)


def predictive_cdf(count: np.ndarray, mean: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """Return P(clicks <= count) of a negative binomial of ``mean`` and ``shape``, Poisson where the shape is endless."""
    finite = np.isfinite(shape) & (shape > 0) & (mean > 0)
    size, level = np.where(finite, shape, 1.0), np.where(np.isfinite(mean), np.maximum(mean, 0.0), 0.0)
    negative = nbinom.cdf(count, size, size / (size + level))
    return np.asarray(np.where(finite, negative, poisson.cdf(count, level)))
