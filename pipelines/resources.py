"""What runs share: the home, its lease, the table store. The only module that reads the environment.

Stages, formulas and platform knowledge do not belong here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg

from assets.batch import Batches
from assets.steps import TABLES_KEY
from assets.warehouse.home import open_home
from assets.warehouse.lease import hold_lease
from configs.loader import load_settings
from pipelines.storage import TableStore

HOME_VARIABLE = "BIDWRIGHT_HOME"
DEFAULT_HOME = Path("data")


def home_root(given: Path | None = None) -> Path:
    """Return the home to work in: the given one, else the environment's, else ``./data``."""
    if given is not None:
        return given.expanduser().resolve()
    return Path(os.environ.get(HOME_VARIABLE, DEFAULT_HOME)).expanduser().resolve()


def keep_libraries_quiet(home: Path) -> None:
    """Turn telemetry and progress bars of libraries off, and point Dagster at the home's own storage."""
    os.environ.setdefault("DAGSTER_HOME", str(home / "dagster"))
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    os.environ.setdefault("TQDM_DISABLE", "1")
    os.environ.setdefault("MPLBACKEND", "Agg")


def environment_for_ui(home: Path) -> dict[str, str]:
    """Return the environment in which the web server of this home runs."""
    return {**os.environ, HOME_VARIABLE: str(home), "DAGSTER_HOME": str(home / "dagster")}


def build_resources(root: Path, *, refresh: bool) -> dict[str, Any]:
    """Return the resources of one home; the lease is held from the first step to the last."""

    @dg.resource(description="Tonight's frame; opening it takes the home's lease for the whole run.")
    def batches(context: dg.InitResourceContext) -> Iterator[Batches]:
        home = open_home(root)
        wait = load_settings(home.root).lease_wait_seconds
        with hold_lease(home, owner=f"run {(context.run_id or 'unknown')[:8]}", wait_seconds=wait):
            yield Batches(home.root, refresh=refresh)

    @dg.io_manager(required_resource_keys={"batches"}, description="Tonight's tables in the home, with receipts.")
    def tables(context: dg.InitResourceContext) -> TableStore:
        return TableStore(context.resources.batches)

    return {"batches": batches, TABLES_KEY: tables}
