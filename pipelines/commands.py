"""What the commands do: run jobs, print their outcome, return the exit status. Options are read in ``pipelines.cli``."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from assets.warehouse.home import open_home
from assets.warehouse.state import nights_in, write_state
from configs.loader import load_settings
from pipelines.jobs import NIGHTLY
from pipelines.messages import tell_night
from pipelines.output import fail, guarded, print_json, progress
from pipelines.report import night_report, print_line, print_report
from pipelines.resources import environment_for_ui, home_root
from pipelines.runs import RunOutcome, open_instance, run_job

USAGE_ERROR = 2


@guarded
def run(home: Path | None, night: str, refresh: bool, json_output: bool) -> int:
    """Run one night and print what it did."""
    root = home_root(home)
    return _run_and_report(root, "nightly", resolve_night(root, night), refresh, json_output)


@guarded
def publish(home: Path | None, night: str, approve: bool, json_output: bool) -> int:
    """Publish a computed night again."""
    root = home_root(home)
    chosen = resolve_night(root, night)
    if approve:
        write_state(open_home(root), chosen, "approval", {"approved": True})
    return _run_and_report(root, "publish", chosen, False, json_output)


@guarded
def backfill(home: Path | None, first: str, last: str, json_output: bool) -> int:
    """Run the nights from ``first`` to ``last`` in date order; stop at the first that fails."""
    root, start, end = home_root(home), parse_night(first), parse_night(last)
    if end < start:
        return fail(f"--to {end} is before --from {start}; swap them", json_output, USAGE_ERROR)
    outcomes: list[RunOutcome] = []
    reports = []
    for offset in range((end - start).days + 1):
        outcomes.append(_run(root, "nightly", start + timedelta(days=offset), False, json_output))
        reports.append(night_report(root, outcomes[-1]))
        if not json_output:
            print_line(reports[-1])
        if not outcomes[-1].succeeded:
            break
    if json_output:
        print_json({"nights": reports})
    return max((one.exit_status for one in outcomes), key=lambda status: (status == 1, status))


@guarded
def serve(home: Path | None, port: int, read_only: bool) -> int:
    """Serve the Dagster UI of the home on this machine only, until interrupted."""
    root = home_root(home)
    open_instance(root).dispose()
    workspace = Path(__file__).resolve().parent.parent
    command = [sys.executable, "-m", "dagster_webserver" if read_only else "dagster"]
    command += ["--read-only"] if read_only else ["dev"]
    command += ["-w", str(workspace / "workspace.yaml"), "-h", "127.0.0.1", "-p", str(port)]
    print(f"Bidwright UI: http://127.0.0.1:{port}/assets/tonight  (Ctrl-C stops it)")  # noqa: T201
    return subprocess.run(command, env=environment_for_ui(root), cwd=workspace, check=False).returncode  # noqa: S603


def resolve_night(root: Path, night: str) -> date:
    """Return the given night, else the newest night folder of the inbox, else yesterday by the shop's clock."""
    if night:
        return parse_night(night)
    in_inbox = nights_in(open_home(root).inbox)
    if in_inbox:
        return in_inbox[-1]
    zone = ZoneInfo(load_settings(root).shop.time_zone)
    return (datetime.now(zone) - timedelta(days=1)).date()


def parse_night(text: str) -> date:
    """Return the night that ``text`` names."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a night; write it as YYYY-MM-DD, for example 2025-06-24") from error


def _run_and_report(root: Path, job: str, night: date, refresh: bool, json_output: bool) -> int:
    outcome = _run(root, job, night, refresh, json_output)
    report = night_report(root, outcome)
    if json_output:
        print_json(report)
    else:
        print_report(report)
    return outcome.exit_status


def _run(root: Path, job: str, night: date, refresh: bool, json_output: bool) -> RunOutcome:
    with progress(f"night {night}", quiet=json_output) as say:
        hear: Callable[[str, str], None] = say
        outcome = run_job(root, job, night, refresh=refresh, say=hear)
    if job == NIGHTLY.name:
        tell_night(root, night, outcome.error)
    return outcome
