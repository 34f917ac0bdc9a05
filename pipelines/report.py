"""What a run did, as one object and as a printed page: money before and after, actions, holds, paths."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from assets.batch import Batch, open_batch
from assets.overview import file_problems, night_summary
from assets.platforms.manifest import BrokenManifestError, read_manifest
from assets.refusal import held_status
from assets.warehouse.errors import WarehouseError
from pipelines.runs import RunOutcome


def night_report(root: Path, outcome: RunOutcome) -> dict[str, Any]:
    """Return everything worth telling about one run as plain values."""
    report: dict[str, Any] = {
        "status": {0: "done", 1: "failed", 3: "held"}[outcome.exit_status], "exit_status": outcome.exit_status,
        "night": outcome.night.isoformat(), "run_id": outcome.run_id, "home": str(root), "held": list(outcome.held),
    }  # fmt: skip
    if not outcome.succeeded:
        report["error"] = outcome.error
    try:
        batch = open_batch(root, outcome.night)
        told = {**_verdicts(batch), **(_told(batch) if outcome.succeeded else {})}
    except WarehouseError as error:
        return {"error": str(error), **report}
    return {**report, **told, "file_problems": file_problems(batch), "outbox": outbox(batch)}


def _verdicts(batch: Batch) -> dict[str, Any]:
    """Return which platforms are held or worth a note, also of a night that failed after it was judged."""
    try:
        status = batch.table("platform_status")
    except WarehouseError:  # the run ended before it
        return {"holds": [], "warnings": []}
    with suppress(WarehouseError):  # the run ended before the plan
        status = held_status(batch)
    held, warned = status[status["is_held"]], status[status["warnings"] != ""]
    return {
        "holds": held[["platform", "reason_code", "reason_zh", "reason_en"]].to_dict("records"),
        "warnings": warned[["platform", "warnings", "warning_zh", "warning_en"]].to_dict("records"),
    }


def _told(batch: Batch) -> dict[str, Any]:
    """Return what a night that was computed to its end tells."""
    folder = batch.home.review / batch.night.isoformat()
    return {
        "summary": dict(night_summary(batch.table("recommendations"), batch)),
        "review_page": str(folder / "index.html"), "workbook": str(folder / "review.xlsx"),
    }  # fmt: skip


def outbox(batch: Batch) -> dict[str, Any]:
    """Return what lies ready for upload, by platform: only what a valid manifest names."""
    found: dict[str, Any] = {}
    folder = batch.home.outbox / batch.night.isoformat()
    for path in sorted(folder.glob("*")) if folder.is_dir() else []:
        try:
            manifest = read_manifest(path)
        except BrokenManifestError:
            continue
        found[path.name] = {
            "folder": str(path), "files": [one.name for one in manifest.files], "counts": manifest.counts,
            "notes": list(manifest.notes),
        }  # fmt: skip
    return found


def print_report(report: dict[str, Any]) -> None:
    """Print the report for people."""
    from rich.console import Console  # noqa: PLC0415
    from rich.markup import escape  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    console = Console()
    if "summary" not in report:
        console.print(f"[bold red]Night {report['night']} failed.[/] {escape(report['error'])}", soft_wrap=True)
    else:
        summary = report["summary"]
        console.print(f"\n[bold]Bidwright · night {summary['night']}[/]  ({report['status']})")
        money = Table("a day", "before", "after", "80 % interval", title=f"Money, {summary['currency']}")
        for name, line in summary["money"].items():
            reach = "" if line["low"] is None else f"{line['low']:,.0f} … {line['high']:,.0f}"
            money.add_row(name, f"{line['before']:,.2f}", f"{line['after']:,.2f}", reach)
        console.print(money)
        console.print(_actions(summary["actions"]))
    for line in _lines(report):
        console.print(line, soft_wrap=True)


def print_line(report: dict[str, Any]) -> None:
    """Print the report of one night of several in one line."""
    held = f", held: {', '.join(report['held'])}" if report["held"] else ""
    sys.stdout.write(
        f"{report['night']} {report['status']}{held}{': ' + report['error'] if 'error' in report else ''}\n"
    )


def _lines(report: dict[str, Any]) -> Iterator[str]:
    """Yield what needs attention, then where things lie."""
    from rich.markup import escape  # noqa: PLC0415

    for hold in report.get("holds", []):
        yield f"[bold yellow]HELD {hold['platform']}[/]: {escape(hold['reason_zh'])} / {escape(hold['reason_en'])}"
    for warned in report.get("warnings", []):
        yield f"[yellow]NOTE {warned['platform']}[/]: {escape(warned['warning_zh'])} / {escape(warned['warning_en'])}"
    for file in report.get("file_problems", []):
        yield f"[bold yellow]FILE {file['status']}[/] {escape(file['file'])}: {escape(file['message'])}"
    for name, one in report.get("outbox", {}).items():
        yield f"[green]{name}[/]: {escape(one['folder'])}\n    {escape(', '.join(one['files'])) or 'no change tonight'}"
        yield from (f"    note: {escape(note)}" for note in one["notes"])
    if not report.get("outbox"):
        yield "Nothing is published for this night."
    if "review_page" in report:
        yield f"Review page: {escape(report['review_page'])}\nWorkbook:    {escape(report['workbook'])}"


def _actions(actions: dict[str, dict[str, int]]) -> Any:
    from rich.table import Table  # noqa: PLC0415

    table = Table("platform", "actions", title="Actions")
    for platform, counts in actions.items():
        table.add_row(platform, " · ".join(f"{name} {n:,}" for name, n in sorted(counts.items())))
    return table
