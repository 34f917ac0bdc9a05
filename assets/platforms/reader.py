"""Reads one source file, whatever platform it comes from: the only entrance to ``assets.platforms`` for reports.

A platform is a YAML file; nothing here names one. What a file holds is told by its header, its encoding by its bytes.
"""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import pandas as pd

from assets.platforms import notes
from assets.platforms.cells import MICROS, normalise_word
from assets.platforms.dates import preamble_period
from assets.platforms.errors import Message, UnreadableFileError
from assets.platforms.frames import Period
from assets.platforms.grid import Grid
from assets.platforms.header import Match, recognise
from assets.platforms.kinds import ADDITIVE_COLUMNS, KIND_COLUMNS, dated_columns, is_daily
from assets.platforms.nearest import unknown_file
from assets.platforms.open_source import MAX_UNPACKED_BYTES, open_grids
from assets.platforms.persons import hide_persons
from assets.platforms.results import ControlSum, ReadTable, SourceRead
from assets.platforms.table import read_table
from configs.platform_schema import Platform

__all__ = ["ControlSum", "Message", "ReadTable", "SourceRead", "UnreadableFileError", "describe", "read_source"]

SHOWN_ROWS = 20


def read_source(
    path: Path,
    platforms: Mapping[str, Platform],
    *,
    name: str | None = None,
    key: bytes | None = None,
    sha256: str | None = None,
) -> SourceRead:
    """Return everything that the file at ``path`` holds, in canonical columns.

    ``name`` is shown in messages instead of the path's own name; ``key`` makes the pseudonyms of people, who are left
    out without it; ``sha256`` is the file's hash where it is known. Rows that cannot be read are in each table's
    ``quarantine``; duplicates are left in.

    Raises
    ------
    UnreadableFileError
        If the file is empty, damaged, unknown, lacks a needed column, fits two reports, or names no day.
    """
    label = name if name is not None else path.name
    data = _bytes_of(path, label) if sha256 is None else _kept_bytes(path, label)
    grids = open_grids(data, label)
    tables: list[ReadTable] = []
    messages: list[Message] = []
    strangers: list[Grid] = []
    known = _platform_words(platforms)
    for grid in grids:
        match = recognise(grid, platforms)
        if match is None:
            strangers.append(grid)
            continue
        read = read_table(match, grid, _period(match, grid), known)
        tables += [hide_persons(table, match.spec, key) for table in read]
    for grid in strangers:
        if not grid.sheet or not tables:
            raise unknown_file(grid, platforms)
    messages += notes.about_sheets(label, [grid.sheet for grid in strangers if _has_rows(grid)])
    for table in tables:
        messages += table.messages
    encoding = ",".join(dict.fromkeys(table.encoding for table in tables))
    digest = hashlib.sha256(data).hexdigest() if sha256 is None else sha256
    return SourceRead(label, digest, encoding, tuple(tables), tuple(dict.fromkeys(messages)), _status(tables))


def describe(source: SourceRead) -> list[dict[str, Any]]:
    """Return one plain object per table, as ``bidwright inspect --json`` prints it."""
    return [_describe_table(table, source) for table in source.tables]


def open_source(path: Path) -> tuple[Grid, ...]:
    """Return the tables of a file before anything is known of them; raises as ``read_source``."""
    return open_grids(_bytes_of(path, path.name), path.name)


def _kept_bytes(path: Path, label: str) -> bytes:
    """Return the bytes of a file that nobody changes, without reading them all into memory."""
    try:
        if path.stat().st_size > MAX_UNPACKED_BYTES:
            return _bytes_of(path, label)
        with path.open("rb") as stream:
            return cast(bytes, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError):  # not readable, or empty
        return _bytes_of(path, label)


def _bytes_of(path: Path, label: str) -> bytes:
    try:
        if path.stat().st_size > MAX_UNPACKED_BYTES:
            text = f"it has {path.stat().st_size:,} bytes, the limit is {MAX_UNPACKED_BYTES:,}."
            raise UnreadableFileError(
                Message(code="too_large", text=text, file=label, remedy="Export fewer days at a time.")
            )
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror if error.strerror is not None else str(error)
        raise UnreadableFileError(
            Message(
                code="no_access",
                text=f"the system refuses: {reason}.",
                file=label,
                remedy="Give the user that runs the batch the right to read it.",
            )
        ) from error


def _has_rows(grid: Grid) -> bool:
    return sum(1 for _ in grid.preview()) > 1


def _platform_words(platforms: Mapping[str, Platform]) -> dict[str, str]:
    """Every name and title by which a template row may name its platform."""
    words = {}
    for name, platform in sorted(platforms.items()):
        if not platform.is_template:
            words.update({normalise_word(word): name for word in (name, *platform.title.values())})
    return words


def _period(match: Match, grid: Grid) -> Period | None:
    """Return the period of a report without a day column; refuse one that names none."""
    has_days = {"report_date", "period_start"} & set(match.columns)
    if has_days or match.spec.date_from == "file_night" or not any(is_daily(kind) for kind in match.spec.kinds):
        return None
    period = preamble_period(grid.lines_above(match.line), match.spec.date_formats)
    if period is None or match.spec.date_from != "preamble":
        raise UnreadableFileError(notes.about_period(grid.label), match.platform.name, match.spec.kinds[0])
    return period


def _status(tables: list[ReadTable]) -> str:
    if any(not one.holds for table in tables for one in table.totals):
        return "totals_mismatch"
    return "partly_read" if any(len(table.quarantine) for table in tables) else "read"


def _describe_table(table: ReadTable, source: SourceRead) -> dict[str, Any]:
    first, last = _dates_of(table)
    own = [one for one in source.messages if one.code == "ignored_sheets"]
    return {
        "file": table.file,
        "platform": table.platform,
        "kind": table.kind,
        "report": table.report,
        "encoding": table.encoding,
        "currency": _currency(table),
        "first_date": first,
        "last_date": last,
        "rows": len(table.frame),
        "totals": _sums(table),
        "control_sums": [asdict(one) for one in table.totals],
        "used_columns": [{"header": header, "column": column} for header, column in table.used_columns],
        "ignored_columns": [name.strip() for name in table.ignored_columns],
        "unknown_columns": list(table.unknown_columns),
        "quarantined_rows": len(table.quarantine),
        "quarantine": table.quarantine.head(SHOWN_ROWS).to_dict("records"),
        "messages": [_plain(one) for one in (*table.messages, *own)],
    }


def _plain(message: Message) -> dict[str, Any]:
    return {"code": message.code, "text": str(message), "line": message.line, "column": message.column}


def _currency(table: ReadTable) -> str | None:
    found = sorted(map(str, table.frame["currency"].dropna().unique())) if "currency" in table.frame else []
    return ", ".join(found) if found else None


def _dates_of(table: ReadTable) -> tuple[str | None, str | None]:
    columns = [name for name in ("period_start", "period_end") if name in table.frame] or list(
        dated_columns(table.kind)[:1]
    )
    days = pd.concat([table.frame[name] for name in columns]).dropna() if columns else pd.Series(dtype="object")
    return (days.min().date().isoformat(), days.max().date().isoformat()) if len(days) else (None, None)


def _sums(table: ReadTable) -> dict[str, float | int]:
    result: dict[str, float | int] = {}
    for name, cell_type in KIND_COLUMNS[table.kind].items():
        if name not in ADDITIVE_COLUMNS or not table.frame[name].notna().any():
            continue
        total = table.frame[name].sum()
        if cell_type == "money":
            result[name] = int(total) / MICROS
        else:
            result[name] = int(total) if cell_type == "count" else round(float(total), 6)
    return result
