"""What a run did, as one object and as a printed page: money before and after, actions, holds, paths."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assets.batch import Batch, open_batch
from assets.overview import night_summary
from assets.platforms.manifest import BrokenManifestError, read_manifest
from assets.warehouse.errors import WarehouseError
from pipelines.runs import RunOutcome


def night_report(root: Path, outcome: RunOutcome) -> dict[str, Any]:
    """Return everything worth telling about one run as plain values."""
    report: dict[str, Any] = {
        "status": {0: "done", 1: "failed", 3: "held"}[outcome.exit_status], "exit_status": outcome.exit_status,
        "night": outcome.night.isoformat(), "run_id": outcome.run_id, "home": str(root), "held": list(outcome.held),
    }  # fmt: skip
    if not outcome.succeeded:
        return {**report, "error": outcome.error}
    batch = open_batch(root, outcome.night)
    try:
        rows, status = batch.table("recommendations"), batch.table("platform_status")
    except WarehouseError as error:
        return {**report, "error": str(error)}
    held = status[status["is_held"]]
    folder = batch.home.review / batch.night.isoformat()
    return {
        **report, "summary": dict(night_summary(rows, batch)),
        "holds": held[["platform", "reason_code", "reason_zh", "reason_en"]].to_dict("records"),
        "unread_files": [{"file": one.file, "error": one.error} for one in batch.unread],
        "outbox": outbox(batch), "review_page": str(folder / "index.html"), "workbook": str(folder / "review.xlsx"),
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
    from rich.table import Table  # noqa: PLC0415

    console = Console()
    if report["status"] == "failed":
        console.print(
            f"[bold red]Night {report['night']} failed.[/] Nothing was published.\n{report['error']}", markup=True
        )
        return
    summary = report["summary"]
    console.print(f"\n[bold]Bidwright · night {summary['night']}[/]  ({report['status']})")
    money = Table("a day", "before", "after", "80 % interval", title=f"Money, {summary['currency']}")
    for name, line in summary["money"].items():
        reach = "" if line["low"] is None else f"{line['low']:,.0f} … {line['high']:,.0f}"
        money.add_row(name, f"{line['before']:,.2f}", f"{line['after']:,.2f}", reach)
    console.print(money)
    console.print(_actions(summary["actions"]))
    for hold in report["holds"]:
        console.print(f"[bold yellow]HELD {hold['platform']}[/]: {hold['reason_zh']} / {hold['reason_en']}")
    for file in report["unread_files"]:
        console.print(f"[bold yellow]NOT READ[/] {file['file']}: {file['error']}")
    for name, one in report["outbox"].items():
        console.print(
            f"[green]{name}[/]: {one['folder']}\n    {', '.join(one['files']) or 'no change tonight'}", soft_wrap=True
        )
        for note in one["notes"]:
            console.print(f"    note: {note}")
    console.print(f"Review page: {report['review_page']}\nWorkbook:    {report['workbook']}", soft_wrap=True)


def _actions(actions: dict[str, dict[str, int]]) -> Any:
    from rich.table import Table  # noqa: PLC0415

    names = sorted({name for counts in actions.values() for name in counts})
    table = Table("platform", *names, title="Actions")
    for platform, counts in actions.items():
        table.add_row(platform, *[str(counts.get(name, "")) for name in names])
    return table
