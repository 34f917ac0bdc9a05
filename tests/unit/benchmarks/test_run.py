"""The command: it measures what it is asked for, and writes down a whole run or what it is told to keep."""

import json

import pytest
from typer import Typer
from typer.testing import CliRunner

from benchmarks import run
from benchmarks.figures import Bar, Figure


@pytest.fixture
def call(monkeypatch, tmp_path):
    """The command with instant benchmarks, one of which misses its bar; returns (exit status, output, results)."""
    for name in run.BENCHMARKS:
        figure = Figure(name, 5.0, "times the peer", "a peer", "", Bar(3.0, is_most=True) if name == "ingest" else None)
        monkeypatch.setattr(f"benchmarks.{name}.measure", lambda figure=figure: [figure])
    target = tmp_path / "results.json"
    monkeypatch.setattr(run, "RESULTS", target)
    app = Typer()
    app.command()(run.main)

    def invoke(*arguments):
        result = CliRunner().invoke(app, list(arguments))
        return result.exit_code, result.output, json.loads(target.read_text("utf-8")) if target.exists() else None

    return invoke


def test_a_whole_run_writes_every_benchmark_and_reports_a_missed_bar_without_failing(call):
    status, output, results = call()
    assert status == 0
    assert "NO" in output
    assert {name: one["figures"][0]["holds"] for name, one in results.items()} == {
        name: False if name == "ingest" else None for name in run.BENCHMARKS
    }
    assert all("load average" in one["machine"] for one in results.values())


def test_what_was_measured_alone_can_be_kept_beside_the_rest(call):
    call()
    status, _, results = call("--only", "estimate", "--keep")
    assert status == 0
    assert sorted(results) == sorted(run.BENCHMARKS)


def test_one_benchmark_alone_is_printed_and_not_written(call):
    status, output, results = call("--only", "estimate")
    assert (status, results) == (0, None)
    assert "estimate" in output
    assert "ingest" not in output


def test_an_unknown_benchmark_is_refused_with_the_names_that_exist(call):
    status, output, _ = call("--only", "speed")
    assert status == 2
    assert "decisions" in output
