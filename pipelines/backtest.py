"""``bidwright backtest``: runs old nights again in a home of their own, each with the files that had arrived by then.

Here belong the scratch home and the printing; how nights are compared with what came is in ``assets.replay``. The real home is
only read: its files are linked, never moved, and nothing is uploaded from a scratch home.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from assets.batch import open_batch
from assets.replay import HINDSIGHT_DAYS, Hindsight, as_it_was, look_back, plan_outcome, week_scores
from assets.warehouse.arrivals import known_arrivals
from assets.warehouse.home import Home
from assets.warehouse.state import as_night
from configs.loader import read_yaml
from pipelines.commands import USAGE_ERROR, parse_night
from pipelines.output import fail, guarded, print_json, progress
from pipelines.resources import home_root
from pipelines.runs import RunOutcome, run_job

COPIED = ("guardrails.yaml", "calendar.yaml", "confirmed.yaml")
CONTENDERS = ("ours", "raw", "account")


@dataclass(frozen=True)
class Known:
    """One file of the real home and the night from which on it is known."""

    path: Path
    name: str
    as_of: date


@guarded
def backtest(home: Path | None, first: str, last: str, scratch: Path | None, json_output: bool) -> int:
    """Replay the nights and print what each expected and what came."""
    root, start, end = home_root(home), parse_night(first), parse_night(last)
    if end < start:
        return fail(f"--to {end} is before --from {start}; swap them", json_output, USAGE_ERROR)
    files = known_files(Home(root))
    if not files:
        raise ValueError(
            f"{root} has no file that arrived for a night; put reports into its inbox or give another --home"
        )
    with scratch_home(root, scratch) as folder:
        outcomes = list(_replay(folder, files, start, end, json_output))
        reports = [
            _report(folder, one, hindsight) for one, hindsight in _with_hindsight(folder, files, start, outcomes)
        ]
    if json_output:
        print_json({"nights": reports, "mean": mean_scores(reports), "scratch": str(scratch) if scratch else ""})
    else:
        for report in reports:
            sys.stdout.write(line_of(report) + "\n")
        sys.stdout.write(closing_line(reports) + "\n")
    return max((one.exit_status for one in outcomes), key=lambda status: (status == 1, status))


def known_files(home: Home) -> tuple[Known, ...]:
    """Return every file of the home with the night from which on it is known, without writing anything there.

    Recorded arrivals count as recorded. A file that no run has seen yet is known from the night whose folder it lies in; a loose
    one from no night, so it is left out.
    """
    arrivals = known_arrivals(home)
    recorded = {name for one in arrivals for name in one.names}
    found = [Known(home.originals / one.sha256, one.file, one.as_of) for one in arrivals]
    for path in sorted(home.inbox.glob("*/**/*")) if home.inbox.is_dir() else []:
        name = path.relative_to(home.inbox).as_posix()
        night = as_night(name.partition("/")[0])
        if night is not None and path.is_file() and name not in recorded:
            found.append(Known(path, name, night))
    return tuple(sorted(found, key=lambda one: (one.as_of, one.name)))


@contextmanager
def scratch_home(root: Path, scratch: Path | None) -> Iterator[Path]:
    """Yield a home with the real one's settings and nothing else: a temporary folder, or an empty one that is kept."""
    if scratch is None:
        with TemporaryDirectory(prefix="bidwright-backtest-") as made:
            yield _with_settings(root, Path(made))
        return
    folder = scratch.expanduser().resolve()
    if folder == root or root in folder.parents or folder in root.parents:
        raise ValueError(f"--scratch {folder} and the home {root} lie in each other; choose a folder elsewhere")
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise ValueError(f"--scratch {folder} is not empty; choose a new folder, so that no other night is mixed in")
    yield _with_settings(root, folder)


def _with_settings(root: Path, folder: Path) -> Path:
    """Lay the shop's own configuration into the scratch home; nobody approves there, so nights publish by themselves."""
    for name in COPIED:
        if (root / name).exists():
            (folder / name).write_bytes((root / name).read_bytes())
    own = read_yaml(root / "settings.yaml") if (root / "settings.yaml").exists() else {}
    settings = {**own, "review": "auto", "messages_to": []}
    (folder / "settings.yaml").write_text(json.dumps(settings, default=str), encoding="utf-8")  # JSON is YAML
    return folder


def _replay(folder: Path, files: Sequence[Known], start: date, end: date, json_output: bool) -> Iterator[RunOutcome]:
    """Run the nights in order; before each, only the files that had arrived by then are laid into the inbox."""
    for night in (start + timedelta(days=day) for day in range((end - start).days + 1)):
        lay_files(folder, files, night)
        with progress(f"night {night}", quiet=json_output) as say:
            outcome = run_job(folder, "nightly", night, say=say)
        yield outcome
        if not outcome.succeeded:
            return


def lay_files(folder: Path, files: Sequence[Known], night: date) -> None:
    """Link every file that is known by ``night`` into the inbox, in the folder of the night that it arrived for."""
    taken: dict[Path, Path] = {}
    for one in files:
        if one.as_of > night:
            continue
        inside = one.name.partition("/")[2] if as_night(one.name.partition("/")[0]) else one.name
        target = folder / "inbox" / one.as_of.isoformat() / inside
        if target in taken:  # two contents of one name: a report that came again
            target = target.parent / one.path.name[:12] / target.name
        taken[target] = one.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.is_symlink():
            target.symlink_to(one.path)


def _with_hindsight(
    folder: Path, files: Sequence[Known], start: date, outcomes: Sequence[RunOutcome]
) -> Iterator[tuple[RunOutcome, Hindsight | None]]:
    """Yield each outcome with what is known in the end; nothing earlier is computed after the later files are laid."""
    done = [one.night for one in outcomes if one.succeeded]
    if not done:
        yield from ((one, None) for one in outcomes)
        return
    known_to = min(max(*(one.as_of for one in files), done[-1]), done[-1] + timedelta(days=HINDSIGHT_DAYS))
    lay_files(folder, files, known_to)
    hindsight = look_back(folder, start, known_to)
    yield from ((one, hindsight) for one in outcomes)


def _report(folder: Path, outcome: RunOutcome, hindsight: Hindsight | None) -> dict[str, Any]:
    report: dict[str, Any] = {
        "night": outcome.night.isoformat(), "status": {0: "done", 1: "failed", 3: "held"}[outcome.exit_status],
        "held": list(outcome.held),
    }  # fmt: skip
    if hindsight is None or not outcome.succeeded:
        return {**report, "error": outcome.error}
    batch = open_batch(folder, outcome.night)
    return {
        **report, "plan": plan_outcome(batch, hindsight), "unchanged": as_it_was(batch, hindsight),
        "next_week": week_scores(batch, hindsight),
    }  # fmt: skip


def mean_scores(reports: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Return the mean log likelihood per item and week over all nights, each item counting the same."""
    weeks = [week for one in reports if (week := one.get("next_week"))]
    n = sum(week["n"] for week in weeks)
    return {"n": n, **{name: sum(week[name] * week["n"] for week in weeks) / n for name in CONTENDERS}} if n else {}


def line_of(report: dict[str, Any]) -> str:
    """Return one night in one line."""
    held = f", held: {', '.join(report['held'])}" if report["held"] else ""
    if "error" in report:
        return f"{report['night']} {report['status']}{held}: {report['error']}"
    parts = [f"{report['night']} {report['status']}{held}"]
    for name in ("cost", "clicks"):
        left, plan = report["unchanged"][name], report["plan"].get(name)
        told = f"{name} unchanged {left['expected']:,.0f}"
        if plan is not None:
            told += f", by plan {plan['expected']:,.0f} ({plan['low']:,.0f}…{plan['high']:,.0f})"
        parts.append(f"{told}, came {left['came']:,.0f}")
    parts.append(_week_text(report["next_week"]) if report["next_week"] else "next week is not over")
    return " · ".join(parts)


def closing_line(reports: Sequence[dict[str, Any]]) -> str:
    """Return what all nights say together."""
    mean = mean_scores(reports)
    if not mean:
        return "No week after these nights is over: no conversions to compare yet."
    weeks = [one["next_week"] for one in reports if one.get("next_week")]
    ahead = sum(week["ours"] > max(week["raw"], week["account"]) for week in weeks)
    return f"all nights · {_week_text(mean)} · ahead of both on {ahead} of {len(weeks)} nights"


def _week_text(week: dict[str, float]) -> str:
    scores = ", ".join(f"{name} {week[name]:.4f}" for name in CONTENDERS)
    return f"log likelihood of next week's conversions, {week['n']:,.0f} items: {scores}"
