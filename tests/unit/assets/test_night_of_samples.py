"""One whole night of the sample exports, stage by stage: every stage meets the next one's table and its own gate."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest

from assets import (
    bidding,
    budgets,
    coming_days,
    discovery,
    ingest,
    kol,
    performance,
    pruning,
    publishing,
    review,
    scoring,
)
from assets.batch import Batch, Batches
from assets.platforms.manifest import read_manifest
from assets.warehouse.tables import write_table
from tests.unit.assets.test_steps import Instance

SAMPLES = Path(__file__).parents[2] / "samples"
NIGHT = date(2026, 6, 2)
FILES = {
    "google_ads": ("keyword_report.csv", "search_terms.csv", "editor.csv", "keyword_planner.csv"),
    "amazon_sp": ("targeting.xlsx", "search_terms.xlsx"),
    "templates": ("products.csv", "mapping.csv", "kol_offers.csv", "kol_posts.csv"),
}
SETTINGS = """
platforms:
  taobao_keyword: {is_enabled: false}
  taobao_audience: {is_enabled: false}
  baidu_search: {is_enabled: true}
budget: {daily_total: 5000}
fx: [{currency: USD, from_date: 2026-01-01, rate: 7.1}, {currency: INR, from_date: 2026-01-01, rate: 0.085}]
"""
ENABLED = ("amazon_sp", "baidu_search", "google_ads")
STAGES = [
    ingest.source_files, ingest.profile, ingest.build_platform_status(ENABLED), performance.performance, scoring.scored_items,
    pruning.pruned_items, coming_days.coming_days, discovery.discovered_terms, kol.kol_plan,
    budgets.budget_plan, bidding.recommendations,
]  # fmt: skip


def context_of(night: date) -> SimpleNamespace:
    """Return what a stage asks its run for: the night, a log, tags."""
    start = datetime(night.year, night.month, night.day, tzinfo=UTC)
    return SimpleNamespace(
        partition_time_window=SimpleNamespace(start=start),
        log=logging.getLogger("night"),
        instance=Instance(),
        run_id="r1",
    )


def events_of(asset: dg.AssetsDefinition, batches: Batches) -> Iterator[Any]:
    """Run one stage as the orchestrator does, its inputs taken from the night's tables."""
    stage = asset.op.compute_fn.decorated_fn
    yield from stage(
        context_of(NIGHT), batches=batches, **{name: batches.open(NIGHT).table(name) for name in tables_for(asset)}
    )


def tables_for(asset: dg.AssetsDefinition) -> tuple[str, ...]:
    """Return the names of the tables that a stage asks for."""
    asked = inspect.signature(asset.op.compute_fn.decorated_fn).parameters
    return tuple(name for name in asked if name not in {"context", "batches"})


def compute(asset: dg.AssetsDefinition, batches: Batches) -> dict[str, bool]:
    """Run one stage, keep its table with a receipt, and return what its checks said."""
    batch, checks = batches.open(NIGHT), {}
    for event in events_of(asset, batches):
        if isinstance(event, dg.Output):
            write_table(batch.home, NIGHT, 1, asset.key.path[-1], event.value, tables_for(asset), batch.stamp({}))
        elif isinstance(event, dg.AssetCheckResult):
            checks[event.check_name] = event.passed
    return checks


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("samples")
    inbox = root / "inbox" / NIGHT.isoformat()
    inbox.mkdir(parents=True)
    for platform, names in FILES.items():
        for name in names:
            (inbox / f"{platform}-{name}").write_bytes((SAMPLES / platform / name).read_bytes())
    (root / "settings.yaml").write_text(SETTINGS, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def checks(home: Path) -> dict[str, dict[str, bool]]:
    batches = Batches(home)
    return {asset.key.path[-1]: compute(asset, batches) for asset in STAGES}


@pytest.fixture(scope="module")
def night(home: Path, checks: dict[str, dict[str, bool]]) -> Batch:
    return Batches(home).open(NIGHT)


def test_every_table_passes_its_gate_and_a_platform_without_data_is_held(checks):
    assert {name: found.pop("table_gate") for name, found in checks.items()} == dict.fromkeys(checks, True)
    assert checks["platform_status"] == {"hold_amazon_sp": True, "hold_baidu_search": False, "hold_google_ads": True}


def test_every_file_is_seen_and_every_item_gets_a_row(night):
    assert len(night.table("source_files")) == sum(map(len, FILES.values()))
    items = night.table("performance")
    assert set(items["item"]) <= set(night.table("recommendations")["item"])
    assert len(night.table("pruned_items")) == len(items)


def test_an_account_without_an_entity_export_is_review_only(night):
    rows = night.table("recommendations")
    amazon = rows[(rows["platform"] == "amazon_sp") & (rows["level"] == "keyword")]
    assert set(amazon["reason_code"]) == {"no_entity"}
    assert not amazon["is_writable"].any()


def test_the_known_bid_is_told_in_its_own_currency_and_a_paused_word_is_left_alone(night):
    rows = night.table("recommendations")
    google = rows[(rows["platform"] == "google_ads") & (rows["level"] == "keyword")].set_index("keyword")
    assert google.loc["summer quilt", ["old_value", "currency"]].tolist() == [1.45, "USD"]
    assert google.loc["cooling blanket", "action"] == "hold"


def test_what_is_published_can_be_read_back_and_a_held_platform_has_no_leaf(night):
    leaves = publishing.build_bid_files(ENABLED, night.platforms)
    materialised = {leaf.key.path[-1]: list(events_of(leaf, Batches(night.home.root))) for leaf in leaves}
    assert {name for name, events in materialised.items() if events} == {"amazon_sp", "google_ads", "kol"}
    rows = night.table("recommendations")
    for platform in ("google_ads", "amazon_sp", "kol"):
        manifest = read_manifest(night.home.outbox / NIGHT.isoformat() / platform)
        accepted = rows[(rows["platform"] == platform) & (rows["decision"] == "accept")]
        assert sum(manifest.counts.values()) == len(accepted)


def test_review_and_tonight_show_the_night(night):
    (links,) = events_of(review.review_files, Batches(night.home.root))
    assert (night.home.review / NIGHT.isoformat() / "index.html").exists()
    assert links.metadata["00_review_page"].value.endswith("index.html")
    (shown,) = events_of(review.tonight, Batches(night.home.root))
    assert shown.metadata["01_night"] == NIGHT.isoformat()
    assert shown.metadata["n_held"] == 1
