"""The publish job by itself: the same bytes again, or a refusal when the night's tables are not what the stages wrote."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest

from assets.warehouse.home import Home
from assets.warehouse.receipts import receipt_path, table_path
from tests.pipelines.small_home import HELD, NIGHT, PUBLISHED, materialised, outbox_hashes, run_night, tags_of


def flip_a_byte(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def raise_every_bid(path):
    frame = pd.read_parquet(path)
    frame["new_value"] *= 10
    frame.to_parquet(path)


def test_publishing_a_good_night_again_writes_the_same_bytes(night_home):
    before = outbox_hashes(night_home)
    shutil.rmtree(night_home / "outbox")
    outcome = run_night(night_home, job="publish")
    assert outcome.succeeded, outcome.error
    assert outbox_hashes(night_home) == before
    assert materialised(night_home, outcome.run_id) == {f"bid_files/{name}" for name in PUBLISHED}


def test_the_held_platform_stays_held_when_only_publishing(night_home):
    stale = night_home / "outbox" / NIGHT.isoformat() / HELD
    stale.mkdir()
    (stale / "manifest.json").write_text("{}")
    assert run_night(night_home, job="publish").exit_status == 3
    assert [path.name for path in stale.iterdir()] == ["withdrawn-manifest.json"]


EDITS = [
    ("a_flipped_byte_in_an_early_stage", "scored_items", flip_a_byte),
    ("a_rewritten_table", "recommendations", raise_every_bid),
    ("a_removed_table", "profile", lambda path: path.unlink()),
]


@pytest.mark.parametrize(("name", "edit"), [case[1:] for case in EDITS], ids=[case[0] for case in EDITS])
def test_publishing_refuses(night_home, name, edit):
    before = outbox_hashes(night_home)
    edit(table_path(Home(night_home), NIGHT, 1, name))
    outcome = run_night(night_home, job="publish")
    assert outcome.exit_status == 1
    assert f"BrokenReceiptError: cannot trust table '{name}'" in outcome.error
    assert f"bidwright run --night {NIGHT}" in outcome.error
    assert tags_of(night_home, outcome.run_id)["dagster/max_retries"] == "0"
    assert outbox_hashes(night_home) == before


def test_publishing_refuses_a_stage_without_a_receipt(night_home):
    receipt_path(Home(night_home), NIGHT, 1, "budget_plan").unlink()
    outcome = run_night(night_home, job="publish")
    assert outcome.exit_status == 1
    assert "cannot trust table 'budget_plan': expected a receipt" in outcome.error


def test_a_night_that_was_never_computed_cannot_be_published(fresh_home):
    outcome = run_night(fresh_home, job="publish")
    assert outcome.exit_status == 1
    assert "cannot trust table 'recommendations': expected a receipt" in outcome.error
    assert outbox_hashes(fresh_home) == {}
