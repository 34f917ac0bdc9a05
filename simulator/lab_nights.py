"""The nightly stages on a lab market: the same functions in the same order as the Dagster job, without Dagster and files.

Each stage is the plain function behind its asset; tables are handed from one to the next. Table gates, receipts and bid files
are not part of it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pandas as pd

from assets import publishing
from assets.batch import Batch
from assets.bidding import recommendations
from assets.budgets import budget_plan
from assets.coming_days import coming_days
from assets.discovery import discovered_terms
from assets.forecasts import forecasts
from assets.kol import kol_plan
from assets.performance import performance
from assets.platforms.writer import writable_rows
from assets.pruning import pruned_items
from assets.scoring import scored_items
from assets.warehouse import state
from assets.warehouse.home import open_home
from assets.warehouse.inputs import NightInputs
from configs.loader import choose_bid_files, load_calendar, load_guardrails, load_platforms, load_settings
from configs.schema import FxRate, PlatformUse, Settings
from simulator.lab import LabMarket
from simulator.lab_facts import answering
from simulator.lab_truth import PLATFORMS
from simulator.options import PROFILES, USD_RATE

STAGES: tuple[dg.AssetsDefinition, ...] = (
    performance, scored_items, pruned_items, coming_days, discovered_terms, kol_plan, budget_plan, recommendations,
    forecasts,
)  # fmt: skip
REMEMBERED = [value for name, value in sorted(vars(publishing).items()) if name.startswith("remember_")]


@dataclass(frozen=True)
class OneBatch:
    """Gives every stage the same night."""

    batch: Batch

    def open(self, night: date) -> Batch:
        """Return the night that was asked for; there is only one."""
        if night != self.batch.night:
            raise ValueError(f"the lab holds night {self.batch.night}, not {night}")
        return self.batch


def lab_batch(root: Path, night: date) -> Batch:
    """Return a night of a home that has no files: packaged settings, the lab's platforms, a rate for the dollar."""
    home = open_home(root)
    rate = FxRate(currency="USD", from_date=date(2020, 1, 1), rate=USD_RATE)
    settings: Settings = load_settings().model_copy(
        update={"platforms": {name: PlatformUse(channel=PROFILES[name].channel) for name in PLATFORMS}, "fx": (rate,)}
    )
    platforms = choose_bid_files(load_platforms(), settings)
    inputs = NightInputs(night, 1, (), "lab")
    return Batch(home, night, inputs, settings, load_guardrails(), load_calendar(), platforms, "lab")


def at_night(batch: Batch, night: date, daily_total: float | None = None) -> Batch:
    """Return the same home's batch on another night; ``daily_total`` sets the shop's budget a day."""
    settings = batch.settings
    if daily_total is not None:
        settings = settings.model_copy(
            update={"budget": settings.budget.model_copy(update={"daily_total": daily_total})}
        )
    return replace(batch, night=night, inputs=replace(batch.inputs, night=night), settings=settings)


def run_night(market: LabMarket, batch: Batch) -> dict[str, pd.DataFrame]:
    """Return every stage's table on the market's last night."""
    tables: dict[str, pd.DataFrame] = {"platform_status": _nothing_held(market)}
    with answering(market.warehouse(batch.night)):
        for stage in STAGES:
            compute = plain_function(stage)
            tables[compute.__name__] = compute(**_arguments(compute, batch, tables)).frame
    return tables


def publish(market: LabMarket, batch: Batch, tables: Mapping[str, pd.DataFrame]) -> int:
    """Let the accepted changes act from tomorrow on and keep what a published night leaves for the next; count them."""
    rows = tables["recommendations"]
    changes = writable_rows(rows)
    for name, part in changes.groupby("platform", sort=True):
        for remember in REMEMBERED:
            remember(batch, str(name), part)
        state.mark_published(batch.home, batch.night, batch.inputs.revision, [str(name)])
    return market.apply(changes)


def plain_function(stage: dg.AssetsDefinition) -> Callable[..., Any]:
    """Return the function that a stage's asset wraps."""
    decorated: Any = stage.op.compute_fn
    return inspect.unwrap(decorated.decorated_fn)


def _arguments(compute: Callable[..., Any], batch: Batch, tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    start = datetime.combine(batch.night, datetime.min.time(), UTC)
    context = SimpleNamespace(partition_time_window=SimpleNamespace(start=start))
    given: dict[str, Any] = {"context": context, "batches": OneBatch(batch)}
    return {name: given.get(name, tables.get(name)) for name in inspect.signature(compute).parameters}


def _nothing_held(market: LabMarket) -> pd.DataFrame:
    names = [one.platform for one in market.truth.platforms]
    return pd.DataFrame({"platform": pd.Series(names, dtype="str"), "is_held": False})
