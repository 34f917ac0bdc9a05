from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from assets.batch import Batch
from assets.platforms.manifest import MANIFEST_NAME, BrokenManifestError, read_manifest
from assets.publishing import build_bid_files, publish_platform
from assets.warehouse import state
from assets.warehouse.errors import BrokenReceiptError
from assets.warehouse.receipts import table_path
from assets.warehouse.tables import write_table
from configs.loader import load_platforms
from tests.unit.assets.made_up import NIGHT, make_batch, make_items
from tests.unit.assets.planned import recommend

GOOD = {"value_per_click": 6.0, "revenue_per_click": 12.0}


def keep(batch: Batch, *, held: tuple[str, ...] = (), unknown: tuple[str, ...] = (), passed: bool = True) -> Batch:
    """Write the tables of a night with one raised keyword on each of two platforms."""
    items = make_items(GOOD, {**GOOD, "platform": "baidu_search"})
    names = [name for name in batch.uses if name not in unknown]
    status = pd.DataFrame(
        {"platform": names, "is_held": [name in held for name in names], "reason_en": "its totals do not add up"}
    )
    gate = batch.stamp({"table_gate": passed})
    for name, frame in (("platform_status", status), ("recommendations", recommend(items, batch))):
        write_table(batch.home, batch.night, batch.inputs.revision, name, frame, (), gate)
    return batch


@pytest.fixture
def rich(tmp_path: Path) -> Batch:
    return make_batch(tmp_path, budget={"daily_total": 1e6})


def test_bid_file_undo_file_and_manifest_are_written_and_the_night_is_marked(rich):
    done = publish_platform(keep(rich), "google_ads")
    manifest = read_manifest(done.folder)
    assert {file.kind for file in manifest.files} == {"bid", "undo"}
    assert (done.rows, manifest.counts, done.why_not) == (1, {"raise": 1}, "")
    assert set(done.files) == {file.name for file in manifest.files}
    assert state.published_nights(rich.home)[NIGHT] == {"google_ads": 1}


def test_nothing_is_written_for_a_held_platform_and_the_others_are(rich):
    keep(rich, held=("google_ads",))
    held, other = publish_platform(rich, "google_ads"), publish_platform(rich, "baidu_search")
    assert held.is_held
    assert held.why_not == "its totals do not add up"
    assert not held.folder.exists()
    assert (other.folder / MANIFEST_NAME).exists()
    assert list(state.published_nights(rich.home)[NIGHT]) == ["baidu_search"]


def test_a_platform_whose_state_is_not_known_is_held(rich):
    keep(rich, unknown=("google_ads",))
    assert publish_platform(rich, "google_ads").why_not == "the platform has no status"


def test_a_platform_that_is_held_in_a_new_revision_takes_its_publication_back(rich):
    folder = publish_platform(keep(rich), "google_ads").folder
    second = replace(rich, inputs=replace(rich.inputs, revision=2))
    keep(second, held=("google_ads",))
    assert publish_platform(second, "google_ads").is_held
    assert not (folder / MANIFEST_NAME).exists()
    assert (folder / f"withdrawn-{MANIFEST_NAME}").exists()
    with pytest.raises(BrokenManifestError, match="cannot be read"):
        read_manifest(folder)


def test_where_a_person_approves_nothing_is_published_before(tmp_path):
    batch = keep(make_batch(tmp_path, review="approve", budget={"daily_total": 1e6}))
    waiting = publish_platform(batch, "google_ads")
    assert "nobody has approved this night yet" in waiting.why_not
    assert not waiting.is_held
    state.write_state(batch.home, NIGHT, "approval", {"approved": True})
    assert publish_platform(batch, "google_ads").rows == 1


def test_a_table_whose_gate_failed_is_never_published(rich):
    with pytest.raises(BrokenReceiptError, match="table_gate"):
        publish_platform(keep(rich, passed=False), "google_ads")
    assert not list(rich.home.outbox.rglob("*.*"))


@pytest.mark.parametrize("table", ["recommendations", "platform_status"])
def test_a_table_that_was_edited_is_never_published(rich, table):
    keep(rich)
    path = table_path(rich.home, NIGHT, 1, table)
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(BrokenReceiptError, match=table):
        publish_platform(rich, "google_ads")


def test_publishing_twice_writes_the_same_bytes(rich):
    keep(rich)
    first = {file.name: file.sha256 for file in read_manifest(publish_platform(rich, "google_ads").folder).files}
    second = {file.name: file.sha256 for file in read_manifest(publish_platform(rich, "google_ads").folder).files}
    assert first == second


def test_every_enabled_platform_and_the_order_sheet_has_a_leaf():
    leaves = build_bid_files(("google_ads", "baidu_search"), load_platforms())
    assert [leaf.key.path for leaf in leaves] == [["bid_files", name] for name in ("baidu_search", "google_ads", "kol")]
