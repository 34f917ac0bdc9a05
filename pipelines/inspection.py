"""``bidwright inspect``: what a report file is and what would become of it, without storing anything."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from assets.confirmation import confirm_report
from assets.expectations.rows import check_rows, describe_bad_rows, quarantine_table
from assets.platforms.draft import draft_platform
from assets.platforms.errors import UnreadableFileError
from assets.platforms.nearest import nearest_report
from assets.platforms.reader import SHOWN_ROWS, SourceRead, describe, open_source, read_source
from configs.loader import load_platforms
from configs.platform_schema import Platform
from configs.schema import Confirmed
from pipelines.output import guarded, print_json
from pipelines.resources import home_root

UNREAD: Mapping[str, Any] = {
    "report": "", "encoding": None, "currency": None, "first_date": None, "last_date": None, "rows": 0, "totals": {},
    "control_sums": [], "used_columns": [], "ignored_columns": [], "unknown_columns": [], "quarantined_rows": 0,
    "quarantine": [],
}  # fmt: skip


@dataclass(frozen=True)
class Wish:
    """What else to do with the files: print a starter YAML for an unknown one, or confirm a known one."""

    draft: bool = False
    confirm: bool = False
    home: Path | None = None


@guarded
def inspect(files: list[Path], json_output: bool, wish: Wish = Wish()) -> int:
    """Print what each file is; exit status 1 if any of them cannot be read."""
    if wish.draft:
        return _draft(files)
    found = [one for path in files for one in look_into(path)]
    for one in _confirm(files, found, wish) if wish.confirm else []:
        sys.stderr.write(f"confirmed: {one}\n")
    if json_output:
        print_json({"files": found})
    else:
        from pipelines.inspection_view import show  # noqa: PLC0415 - rich is slow to import

        show(found)
    return 1 if any(one["encoding"] is None for one in found) else 0


def look_into(path: Path) -> list[dict[str, Any]]:
    """Return one object per table of the file; a file that cannot be read gives one object with its message."""
    try:
        source = read_source(path, load_platforms())
    except UnreadableFileError as error:
        return [_refused(path, error)]
    except OSError as error:
        why = f"cannot read {path.name}: {error.strerror}. Check the path and its permissions."
        return [{"file": path.name, "platform": "", "kind": "", **UNREAD, "nearest": None, "messages": [why]}]
    return _judged(source)


def _judged(source: SourceRead) -> list[dict[str, Any]]:
    """Return the description of each table with what the row rules would set aside."""
    described = describe(source)
    for one, table in zip(described, source.tables, strict=True):
        last = date.max if one["last_date"] is None else date.fromisoformat(one["last_date"])
        bad = check_rows(table.frame, table.kind, last).bad
        room = SHOWN_ROWS - len(one["quarantine"])
        broken = quarantine_table(bad.head(room), table.file)[["line", "column", "value", "reason"]]
        one["quarantine"] += broken.to_dict("records")
        one["quarantined_rows"] += len(bad)
        one["nearest"] = None
        one["messages"] = [message["text"] for message in one.pop("messages")] + describe_bad_rows(bad)
    return described


def _refused(path: Path, error: UnreadableFileError) -> dict[str, Any]:
    names = {"file": path.name, "platform": error.platform, "kind": error.kind}
    return {**names, **UNREAD, "nearest": _nearest(path, load_platforms()), "messages": [str(error)]}


def _nearest(path: Path, platforms: Mapping[str, Platform]) -> dict[str, Any] | None:
    """Return the known report that the file's first readable table is nearest to, and how they differ."""
    try:
        grids = open_source(path)
    except UnreadableFileError:
        return None
    for grid in grids:
        found = nearest_report(grid, platforms)
        if found is not None:
            name = {"platform": found.platform.name, "report": found.spec.name, "line": found.line}
            return {**name, "missing": list(found.missing), "extra": list(found.extra)}
    return None


def _draft(files: list[Path]) -> int:
    for path in files:
        name = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in path.stem.lower())
        for grid in open_source(path):
            sys.stdout.write(draft_platform(grid, load_platforms(), name.strip("_") or "new_platform", date.today()))  # noqa: DTZ011
    return 0


def _confirm(files: list[Path], found: list[dict[str, Any]], wish: Wish) -> list[str]:
    """Remember every report that was read whole; refuse to confirm what does not add up."""
    doubtful = [one["file"] for one in found if one["encoding"] is None or one["quarantined_rows"]]
    doubtful += [one["file"] for one in found if any(not total["holds"] for total in one["control_sums"])]
    if doubtful:
        raise ValueError(
            f"cannot confirm: {len(set(doubtful))} of {len(files)} files are not read whole: "
            f"{', '.join(sorted(set(doubtful))[:5])}. Mend the report's description or export again."
        )
    told = []
    for path in files:
        source = read_source(path, load_platforms())
        for table in source.tables:
            headers = tuple(header for header, _ in table.used_columns)
            confirmed = Confirmed(on=date.today(), sha256=source.sha256, headers=headers)  # noqa: DTZ011
            told.append(f"{table.platform}/{table.report}")
            confirm_report(home_root(wish.home), told[-1], confirmed)
    return told
