"""Whether estimates are as right as they say: intervals, plan totals, rates against an oracle, on markets with known truth.

Twenty drawn shops live for many nights under our plans (``simulator.lab``); what was promised is held against what came.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
import pandas as pd

from benchmarks.figures import Bar, Figure
from simulator.lab_loop import LabRecord, LabRun, live_run, usual_run

# Sizes and nights: twenty shops, more than four hundred nights, most of them on small shops, where luck is largest.
SIZES: tuple[tuple[int, int, int], ...] = (
    (9, 2_000, 24),
    (6, 3_000, 20),
    (3, 5_000, 14),
    (1, 10_000, 12),
    (1, 20_000, 12),
)
PROCESSES = 2
GROUPS = ("pooled", "top fifth", "raised")


@dataclass(frozen=True)
class Within(Bar):
    """A figure that has to lie between two limits."""

    high: float = 0.0

    def is_met_by(self, value: float) -> bool:
        """Return whether ``value`` lies between the limits; a missing number never does."""
        return self.limit <= value <= self.high

    def __str__(self) -> str:
        return f"{self.limit:.6g} to {self.high:.6g}"


COVERED, UNBIASED, MATURED = Within(0.77, high=0.83), Within(-0.03, high=0.03), Within(-0.02, high=0.02)
BEHIND_ORACLE = Bar(1.10, is_most=True)


def measure() -> list[Figure]:
    """Return all figures of the twenty shops."""
    return tell(live_all(runs()))


def runs() -> list[LabRun]:
    """Return the twenty shops, the largest first, so that the last process to end has little left."""
    shapes = [(size, nights) for count, size, nights in SIZES for _ in range(count)]
    return sorted(
        (usual_run(seed, *shape) for seed, shape in enumerate(shapes, start=1)), key=lambda run: -run.n_keywords * run.n_nights
    )  # fmt: skip


def live_all(shops: Sequence[LabRun]) -> list[LabRecord]:
    """Live every shop, each in a process with one thread."""
    os.environ.update({"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"})
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        return list(pool.map(live_run, shops))


def tell(records: Sequence[LabRecord]) -> list[Figure]:
    """Return the figures in words."""
    return [*coverage_figures(records), *total_figures(records), *rate_figures(records), *loop_figures(records)]


def coverage_figures(records: Sequence[LabRecord]) -> list[Figure]:
    """Return how often the truth lay inside the 80 % interval, by measure and group."""
    rows = pd.DataFrame([row for one in records for row in one.scores.coverage])
    figures = []
    for (measure, group), part in rows.groupby(["measure", "group"], sort=True):
        by_shop = part.groupby("seed")[["n", "inside"]].sum().query("n > 0")
        share = by_shop["inside"] / by_shop["n"]
        told = f"{int(by_shop['n'].sum()):,} intervals in {len(by_shop)} shops, {_range(share)}"
        name = f"honesty_{measure}_{str(group).replace(' ', '_')}"
        covered = float(by_shop["inside"].sum() / by_shop["n"].sum())
        figures.append(Figure(name, covered, "inside its 80 % interval", "the truth of the market", told, COVERED))
    return figures


def total_figures(records: Sequence[LabRecord]) -> list[Figure]:
    """Return coverage and mean bias of the chosen plans' totals: clicks, cost and net value of the next day."""
    rows = pd.DataFrame([row for one in records for row in one.scores.totals])
    figures = []
    for measure, part in rows.groupby("measure", sort=True):
        inside = part["outcome"].between(part["low"], part["high"])
        told = f"{len(part)} nights in {part['seed'].nunique()} shops"
        figures.append(
            Figure(
                f"honesty_plan_{measure}",
                float(inside.mean()),
                "inside its 80 % interval",
                "the day that came",
                told,
                COVERED,
            )
        )
        sums = part.groupby("seed")[["expected", "outcome"]].sum()
        bias = sums["expected"] / sums["outcome"] - 1.0
        unit = "expected over outcome, less 1"
        figures.append(
            Figure(
                f"honesty_plan_{measure}_bias", float(bias.mean()), unit, "the days that came", _range(bias), UNBIASED
            )
        )
    return figures


def rate_figures(records: Sequence[LabRecord]) -> list[Figure]:
    """Return log-RMSE of conversion rates against the oracle's, and the bias of the last seven days' matured rate."""
    ratio = pd.Series([one.rmse / one.rmse_oracle for one in records])
    ours, theirs = (np.mean([getattr(one, name) for one in records]) for name in ("rmse", "rmse_oracle"))
    recent = pd.Series([one.recent_events / one.recent_expected - 1.0 for one in records])
    return [
        Figure(
            "honesty_cvr_log_rmse", float(ratio.mean()), "times the oracle's",
            f"an oracle that knows spreads, delay and structure, no effect: {theirs:.3f}", f"ours {ours:.3f}; {_range(ratio)}",
            BEHIND_ORACLE,
        ),
        Figure(
            "honesty_cvr_last_7_days", float(recent.mean()), "bias after maturity", "the truth of the market", _range(recent),
            MATURED,
        ),
    ]  # fmt: skip


def loop_figures(records: Sequence[LabRecord]) -> list[Figure]:
    """Return what our bids gain over doing nothing, as a share of what knowing the truth gains under the same caps."""
    sums = pd.DataFrame([pd.DataFrame(one.profits).sum() for one in records])
    room = sums["oracle"] - sums["nothing"]
    gained, raw = (sums["ours"] - sums["nothing"]) / room, (sums["raw"] - sums["nothing"]) / room
    level = (sums["ours"] / sums["oracle"]).mean()
    peer = f"bids at raw 14-day value per click {raw.mean():.3f}, doing nothing 0"
    told = f"{level:.3f} of the oracle's profit; {_range(gained)}"
    return [Figure("honesty_loop", float(gained.mean()), "of the oracle's gain", peer, told)]


def _range(values: pd.Series) -> str:
    error = float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")
    return f"by shop {values.min():.3f} to {values.max():.3f}, standard error {error:.3f}"
