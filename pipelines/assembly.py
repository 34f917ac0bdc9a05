"""The one assembly point: every asset, check, job, schedule, sensor and resource of one home.

Pandas, formulas and platform knowledge do not belong here. The web server's own home is bound in ``pipelines.definitions``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import dagster as dg

from assets import (
    applied,
    bidding,
    budgets,
    coming_days,
    discovery,
    forecasts,
    ingest,
    kol,
    learning,
    performance,
    pruning,
    publishing,
    review,
    scoring,
)
from configs.loader import load_platforms, load_settings
from pipelines.jobs import NIGHTLY, PUBLISH
from pipelines.messages import message_sensors
from pipelines.resources import build_resources
from pipelines.schedules import nightly_schedule
from pipelines.sensors import inbox_sensor


def build_definitions(
    root: Path, *, refresh: bool = False, loggers: Mapping[str, dg.LoggerDefinition] | None = None
) -> dg.Definitions:
    """Return the code location of the home at ``root``; ``refresh`` starts a new revision of the night's inputs."""
    settings = load_settings(root)
    enabled = tuple(name for name, use in sorted(settings.platforms.items()) if use.is_enabled)
    stages = [
        ingest.source_files, ingest.profile, ingest.build_platform_status(enabled), applied.applied_edits,
        performance.performance, learning.forecast_scores,
        scoring.scored_items, pruning.pruned_items, coming_days.coming_days, discovery.discovered_terms, kol.kol_plan,
        budgets.budget_plan, bidding.recommendations, forecasts.forecasts, review.review_files, review.tonight,
    ]  # fmt: skip
    return dg.Definitions(
        assets=[*stages, *publishing.build_bid_files(enabled, load_platforms())],
        jobs=[NIGHTLY, PUBLISH],
        schedules=[nightly_schedule(settings)],
        sensors=[inbox_sensor(root), *message_sensors(root)],
        resources=build_resources(root, refresh=refresh),
        executor=dg.in_process_executor,
        loggers=loggers,
    )
