"""The command as a process of its own: what is imported, what stands on stdout and stderr, what it returns."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import typer
from typer.testing import CliRunner

from simulator.cli import simulate
from tests.pipelines.small_home import NIGHT

CHECKOUT = Path(__file__).parents[2]
MAIN = "from pipelines.cli import main; main()"


def bidwright(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", MAIN, *map(str, words)]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)


def test_help_imports_neither_dagster_nor_pandas():
    program = f"""
import sys
sys.argv = ["bidwright", "--help"]
try:
    {MAIN}
except SystemExit as end:
    assert not end.code
heavy = sorted(set(sys.modules) & {{"dagster", "pandas", "numpy", "great_expectations", "pyarrow", "duckdb"}})
print("HEAVY", heavy)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )  # fmt: skip
    assert "bidwright simulate --home demo" in done.stdout
    assert "simulate" in done.stdout
    assert done.stdout.endswith("HEAVY []\n")


def test_simulate_fills_a_home_and_says_so_as_one_object(tmp_path):
    done = bidwright("simulate", "--home", tmp_path / "demo", "--days", 1, "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["last_night"]) == (0, str(NIGHT))
    files = [path for path in (tmp_path / "demo" / "inbox").rglob("*") if path.is_file()]
    assert len(files) == told["files"]
    alone = typer.Typer()
    alone.command()(simulate)
    again = CliRunner().invoke(alone, ["--home", str(tmp_path / "demo"), "--days", "1", "--seed", "8"])
    assert again.exit_code == 2
    assert "seed" in again.stderr
