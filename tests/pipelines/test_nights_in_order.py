"""Older nights are run after the newest one: in date order, and `tonight` still shows the newest."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.runs import open_instance
from tests.pipelines.small_home import NIGHT, shown_of

FIRST, SECOND = NIGHT - timedelta(days=3), NIGHT - timedelta(days=2)  # before the planted faults


@pytest.fixture(scope="module")
def backfilled(computed_home: Path, quick_gates: None, tmp_path_factory: pytest.TempPathFactory):
    home = shutil.copytree(computed_home, tmp_path_factory.mktemp("backfill") / "home")
    done = CliRunner().invoke(
        app, ["backfill", "--home", str(home), "--from", str(FIRST), "--to", str(SECOND), "--json"]
    )
    return home, done


def test_a_backfill_runs_its_nights_in_date_order_and_tells_each(backfilled):
    home, done = backfilled
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)["nights"]
    assert [(one["night"], one["status"]) for one in told] == [(str(FIRST), "done"), (str(SECOND), "done")]
    with open_instance(home) as instance:
        runs = sorted(instance.get_run_records(), key=lambda record: record.create_timestamp)
    assert [record.dagster_run.tags["dagster/partition"] for record in runs] == [str(NIGHT), str(FIRST), str(SECOND)]
    assert runs[1].end_time <= runs[2].start_time


def test_every_platform_is_published_on_the_nights_before_the_fault(backfilled):
    home, _ = backfilled
    assert (home / "outbox" / str(SECOND) / "google_ads" / "manifest.json").exists()
    assert not (home / "outbox" / str(NIGHT) / "google_ads").exists()


def test_tonight_still_shows_the_newest_night_after_an_older_one_was_run(backfilled):
    home, _ = backfilled
    with open_instance(home) as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey("tonight"))
        (newest_run, *_) = instance.get_runs()
    assert event.run_id == newest_run.run_id
    shown = shown_of(home, "tonight")
    assert (shown["01_night"], shown["n_held"]) == (str(NIGHT), 1)


def test_an_older_night_sees_no_file_of_a_later_one(backfilled):
    home, _ = backfilled
    frozen = json.loads((home / "state" / "nights" / str(FIRST) / "inputs.json").read_text())
    assert max(one["as_of"] for one in frozen["files"]) == str(FIRST)


def test_an_older_night_cannot_be_refreshed_once_a_later_one_is_published(backfilled):
    home, _ = backfilled
    done = CliRunner().invoke(app, ["run", "--home", str(home), "--night", str(FIRST), "--refresh-inputs", "--json"])
    assert done.exit_code == 1
    assert f"cannot refresh the inputs of night {FIRST}" in json.loads(done.stdout)["error"]
