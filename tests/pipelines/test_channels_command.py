"""``bidwright channels``: one line in, a plan and a report out; what is broken is said in one message."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from pipelines.cli import app

OPTIONS = ["--channel", "search", "--channel", "social", "--json"]


@pytest.fixture
def weeks(tmp_path):
    rng = np.random.default_rng(2)
    spend = rng.uniform(10.0, 100.0, (45, 2)).round(2)
    sales = 900 + 5 * spend[:, 0] + 60 * np.sqrt(spend[:, 1]) + rng.normal(0, 15, 45)
    dates = pd.date_range("2024-01-01", periods=45, freq="7D").strftime("%Y-%m-%d")
    path = tmp_path / "weeks.csv"
    pd.DataFrame({"date": dates, "sales": sales, "search": spend[:, 0], "social": spend[:, 1]}).to_csv(
        path, index=False
    )
    return path


def test_a_plan_is_printed_as_json_and_its_report_lies_beside_the_table(weeks):
    result = CliRunner().invoke(app, ["channels", str(weeks), *OPTIONS, "--budget", "60"])
    told = json.loads(result.stdout)
    assert result.exit_code == 0
    assert told["total_cost"] <= 60 * (1 + 1e-9)
    assert told["solver_gap"] <= 1e-9
    assert [one["channel"] for one in told["channels"]] == ["search", "social"]
    assert (weeks.parent / "weeks.channels.md").read_text(encoding="utf-8").startswith("# Channels")


def test_a_missing_week_ends_as_bad_usage_with_its_place(weeks):
    frame = pd.read_csv(weeks).drop(index=7)
    frame.to_csv(weeks, index=False)
    result = CliRunner().invoke(app, ["channels", str(weeks), *OPTIONS])
    assert result.exit_code == 2
    assert "period 7 comes 14 days after the one before" in json.loads(result.stdout)["error"]


def test_a_file_that_is_not_there_is_a_failure(tmp_path):
    result = CliRunner().invoke(app, ["channels", str(tmp_path / "none.csv"), *OPTIONS])
    assert result.exit_code == 1
    assert "none.csv" in json.loads(result.stdout)["error"]
