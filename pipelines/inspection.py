"""``bidwright inspect``: what a report file is, without storing anything."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from assets.expectations.rows import check_rows, describe_bad_rows
from assets.platforms.errors import UnreadableFileError
from assets.platforms.reader import describe, read_source
from configs.loader import load_platforms
from pipelines.output import guarded, print_json


@guarded
def inspect(files: list[Path], json_output: bool) -> int:
    """Print what each file is; exit status 1 if any of them cannot be read."""
    found = [one for path in files for one in look_into(path)]
    if json_output:
        print_json({"files": found})
    else:
        _print(found)
    return 1 if any(one["encoding"] is None for one in found) else 0


def look_into(path: Path) -> list[dict[str, Any]]:
    """Return one object per table of the file; a file that cannot be read gives one object with its message."""
    try:
        source = read_source(path, load_platforms())
    except UnreadableFileError as error:
        return [_refused(path, str(error), error.platform, error.kind)]
    except OSError as error:
        return [_refused(path, f"cannot read {path.name}: {error.strerror}. Check the path and its permissions.")]
    described = describe(source)
    for one, table in zip(described, source.tables, strict=True):
        last = date.max if one["last_date"] is None else date.fromisoformat(one["last_date"])
        bad = check_rows(table.frame, table.kind, last).bad
        one["quarantined_rows"] += len(bad)
        one["messages"] = [message["text"] for message in one["messages"]] + describe_bad_rows(bad)
    return described


def _refused(path: Path, message: str, platform: str = "", kind: str = "") -> dict[str, Any]:
    return {
        "file": path.name, "platform": platform, "kind": kind, "encoding": None, "first_date": None, "last_date": None,
        "rows": 0, "totals": {}, "unknown_columns": [], "quarantined_rows": 0, "messages": [message],
    }  # fmt: skip


def _print(found: list[dict[str, Any]]) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    console = Console()
    for one in found:
        table = Table(title=one["file"], show_header=False)
        for name in ("platform", "kind", "encoding", "first_date", "last_date", "rows", "quarantined_rows"):
            table.add_row(name, "—" if one[name] in (None, "") else str(one[name]))
        table.add_row("totals", "\n".join(f"{name} {value:,}" for name, value in one["totals"].items()) or "—")
        table.add_row("unknown columns", ", ".join(one["unknown_columns"]) or "—")
        table.add_row("messages", "\n".join(one["messages"][:20]) or "—")
        console.print(table)
