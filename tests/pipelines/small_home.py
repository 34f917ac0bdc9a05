"""A simulated shop that is small enough for a test: its nights, and what a run left in its home."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import yaml

from pipelines.runs import RunOutcome, open_instance, run_job
from simulator.demo import fill_home
from simulator.options import MarketOptions

ITEMS = {"taobao_keyword": 24, "taobao_audience": 4, "google_ads": 20, "amazon_sp": 20, "baidu_search": 20}
OPTIONS = MarketOptions(days=5, n_products=8, n_items=ITEMS)
NIGHT = OPTIONS.last_night
HELD = "google_ads"  # its last totals row does not add up
PUBLISHED = ("amazon_sp", "baidu_search", "kol", "taobao_audience", "taobao_keyword")


def fill_small_home(root: Path) -> None:
    """Write the exports of every night and the settings."""
    root.mkdir(parents=True)
    fill_home(root, OPTIONS)


def run_night(root: Path, night: date = NIGHT, job: str = "nightly", **options: Any) -> RunOutcome:
    """Run a job of the home in this process, as the command line does."""
    return run_job(root, job, night, **options)


def change_settings(root: Path, **change: Any) -> None:
    """Lay keys over the home's settings file."""
    path = root / "settings.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
    path.write_text(yaml.safe_dump({**content, **change}, allow_unicode=True), encoding="utf-8")


def outbox_hashes(root: Path) -> dict[str, str]:
    """Return the sha256 of every file that lies ready for upload."""
    files = sorted(path for path in (root / "outbox").rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def checks_of(root: Path, run_id: str) -> dict[str, dg.AssetCheckEvaluation]:
    """Return what every asset check of a run said, by ``asset:check``."""
    with open_instance(root) as instance:
        logs = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    found = [record.get_dagster_event().asset_check_evaluation_data for record in logs]
    return {f"{one.asset_key.to_user_string()}:{one.check_name}": one for one in found}


def tags_of(root: Path, run_id: str) -> dict[str, str]:
    """Return the tags of a run."""
    with open_instance(root) as instance:
        return dict(instance.get_run_by_id(run_id).tags)


def materialised(root: Path, run_id: str) -> set[str]:
    """Return the assets that a run materialised."""
    with open_instance(root) as instance:
        logs = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
    return {record.get_dagster_event().asset_key.to_user_string() for record in logs}


def shown_of(root: Path, asset: str) -> dict[str, Any]:
    """Return the metadata that the newest materialisation of an asset shows, as plain values."""
    with open_instance(root) as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey(asset))
    return {name: value.value for name, value in event.asset_materialization.metadata.items()}
