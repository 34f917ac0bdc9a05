"""What is tried again, by the step and by the run-retry daemon, and what is not."""

from __future__ import annotations

import errno

import dagster as dg
import pytest
import yaml

from assets import ingest
from assets.admission import admit_files
from assets.steps import is_transient
from pipelines.jobs import NIGHTLY, PUBLISH
from pipelines.runs import open_instance
from tests.pipelines.small_home import run_night, tags_of


def count_events(root, run_id, kind):
    with open_instance(root) as instance:
        return len(instance.all_logs(run_id, of_type=kind))


@pytest.mark.parametrize("job", [NIGHTLY, PUBLISH], ids=lambda job: job.name)
def test_runs_are_tried_again_twice_unless_a_failure_says_otherwise(job):
    assert job.tags["dagster/max_retries"] == "2"


def test_a_read_error_of_the_disk_is_tried_again_and_the_step_goes_on(tmp_path, monkeypatch):
    attempts = []

    def fail_once(batch, say):
        attempts.append(batch.night)
        if len(attempts) == 1:
            raise OSError(errno.EIO, "Input/output error")
        return admit_files(batch, say)

    monkeypatch.setattr(ingest, "admit_files", fail_once)
    outcome = run_night(tmp_path / "home")
    assert len(attempts) == 2
    assert count_events(tmp_path / "home", outcome.run_id, dg.DagsterEventType.STEP_UP_FOR_RETRY) == 1
    assert outcome.error.startswith("profile: table_gate failed")  # past the step: an empty home fails only there


def test_a_permanent_failure_is_tried_once_and_the_daemon_leaves_it(tmp_path, monkeypatch):
    attempts = []

    def fail(batch, say):
        attempts.append(batch.night)
        raise ValueError("column 花费 is gone")

    monkeypatch.setattr(ingest, "admit_files", fail)
    outcome = run_night(tmp_path / "home")
    assert len(attempts) == 1
    assert outcome.error == "source_files: ValueError: column 花费 is gone"
    assert count_events(tmp_path / "home", outcome.run_id, dg.DagsterEventType.STEP_UP_FOR_RETRY) == 0
    tags = tags_of(tmp_path / "home", outcome.run_id)
    assert (tags["dagster/max_retries"], tags["dagster/will_retry"]) == ("0", "false")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(errno.EIO, "io"), True),
        (OSError(errno.ESTALE, "stale network handle"), True),
        (TimeoutError(), True),
        (ConnectionResetError(), True),
        (OSError(errno.ENOSPC, "disk full"), False),
        (PermissionError(errno.EACCES, "denied"), False),
        (KeyError("cost"), False),
    ],
    ids=["io", "stale", "timeout", "reset", "disk_full", "denied", "key"],
)
def test_only_what_may_pass_by_itself_is_transient(error, expected):
    assert is_transient(error) is expected


def test_the_home_of_dagster_sends_nothing_and_opens_no_first_visit_dialog(tmp_path):
    open_instance(tmp_path / "home").dispose()
    settings = yaml.safe_load((tmp_path / "home" / "dagster" / "dagster.yaml").read_text())
    assert settings["telemetry"] == {"enabled": False}
    assert settings["nux"] == {"enabled": False}
    assert settings["run_retries"]["enabled"] is True
    with open_instance(tmp_path / "home") as instance:
        assert not instance.telemetry_enabled
