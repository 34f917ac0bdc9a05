"""A table gate fails the run where it stands, and what stands behind it cannot be published, on any path."""

from __future__ import annotations

import numpy as np
import pytest

from assets import performance
from tests.pipelines.small_home import NIGHT, checks_of, materialised, outbox_hashes, run_night, tags_of

STAGES = {"source_files", "profile", "applied_edits", "platform_status", "forecast_scores", "performance"}


@pytest.fixture
def broken_sums(monkeypatch):
    """Make the stage `performance` return costs that are no numbers: one of the keywords, one of the plans."""
    whole = performance.summarise

    def with_hole(*args, **kwargs):
        items = whole(*args, **kwargs)
        items.loc[0, "cost"] = np.nan
        return items

    monkeypatch.setattr(performance, "summarise", with_hole)


def test_an_empty_inbox_fails_the_gate_of_the_profile_and_publishes_nothing(tmp_path):
    outcome = run_night(tmp_path / "home")
    assert (outcome.succeeded, outcome.exit_status) == (False, 1)
    assert outcome.error.startswith("profile: table_gate failed: row_count: 0 rows (limit 1 to 5e+07)")
    assert outbox_hashes(tmp_path / "home") == {}
    assert materialised(tmp_path / "home", outcome.run_id) == {"source_files", "profile", "applied_edits"}


def test_a_failed_gate_stops_the_run_and_leaves_the_outbox_as_it_was(night_home, broken_sums):
    before = outbox_hashes(night_home)
    outcome = run_night(night_home)
    assert outcome.exit_status == 1
    assert outcome.error.startswith("performance: table_gate failed: not_null cost: 2 unexpected rows")
    checks = checks_of(night_home, outcome.run_id)
    gates = {name: one.passed for name, one in checks.items() if one.check_name == "table_gate"}
    assert gates == {
        "source_files:table_gate": True, "profile:table_gate": True, "applied_edits:table_gate": True,
        "platform_status:table_gate": True, "forecast_scores:table_gate": True,
        "performance:table_gate": False,
    }  # fmt: skip
    assert materialised(night_home, outcome.run_id) == STAGES
    assert tags_of(night_home, outcome.run_id)["dagster/max_retries"] == "0"
    assert outbox_hashes(night_home) == before
    alone = run_night(night_home, NIGHT, "publish")
    assert alone.exit_status == 1
    assert "BrokenReceiptError: cannot trust table 'performance'" in alone.error
    assert outbox_hashes(night_home) == before
