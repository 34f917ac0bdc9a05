"""Bid files and undo files of one platform: what is to be written, checked whole, written whole, or not at all.

Here belong the choice of rows, their reversal, and the folder. Rules are in ``levers``, cells in ``bid_table``, bytes
in ``cell_writer``; the manifest that makes the folder valid is in ``manifest``.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal

import pandas as pd

from assets.platforms.bid_errors import BidFileRefusedError, Breach
from assets.platforms.bid_table import BidTable, Edit, build_edits, merge_edits, render_table, undo_rows
from assets.platforms.cell_writer import SUFFIXES, encode_table
from assets.platforms.levers import check_rows
from configs.platform_schema import BidFileSpec, Evidence, Platform

NO_CHANGE = ("hold", "keep")
REMEDY = (
    "Hold the named rows (levers.check_rows lists them all), or mend the rule in "
    "configs/platforms/{platform}.yaml if the platform now allows it."
)


@dataclass(frozen=True)
class WrittenFile:
    """One file of a platform's outbox folder; ``evidence`` says how well its upload format is known."""

    path: Path
    kind: Literal["bid", "undo"]
    spec: str
    rows: int
    sha256: str
    evidence: Evidence


def writable_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that become edits: writable, accepted and really a change; sorted by item, lever and term."""
    chosen = rows["is_writable"].fillna(False).astype(bool) & (rows["decision"] == "accept")
    chosen &= ~rows["action"].isin(NO_CHANGE)
    is_new = rows["action"].isin(["add", "negative", "sign"])  # new even where an old value is told
    chosen &= is_new | rows["new_value"].isna() | (rows["new_value"] != rows["old_value"])
    order = [name for name in ("item", "lever", "search_term", "match_type") if name in rows]
    return rows[chosen].sort_values(order, kind="stable", ignore_index=True)


def write_bid_files(rows: pd.DataFrame, platform: Platform, folder: Path, *, night: date) -> tuple[WrittenFile, ...]:
    """Write the bid files and their undo files of one platform into ``folder``, all of them or none.

    The folder is replaced as a whole: files are written beside it first, then renamed into place. The same rows give
    the same bytes.

    Raises
    ------
    BidFileRefusedError
        If a row breaks a rule of the platform; ``folder`` is left as it was.
    """
    chosen = writable_rows(rows)
    breaches = [Breach(*row) for row in check_rows(chosen, platform).itertuples(index=False)]
    if breaches:
        raise _refusal(platform, breaches)
    beside = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    try:
        written = tuple(
            file
            for spec in platform.bid_files
            for place, part in (
                (_Place(beside, "bid", night), chosen),
                (_Place(beside, "undo", night), undo_rows(chosen)),
            )
            for file in _write_spec(spec, part[part["lever"].isin(spec.levers)], platform, place)
        )
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    _replace_folder(beside, folder)
    return tuple(replace(file, path=folder / file.path.name) for file in written)


@dataclass(frozen=True)
class _Place:
    folder: Path
    kind: Literal["bid", "undo"]
    night: date

    def path(self, platform: Platform, spec: BidFileSpec, part: str) -> Path:
        prefix = "undo_" if self.kind == "undo" else ""
        return self.folder / f"{prefix}{platform.name}_{spec.name}_{self.night}{part}{SUFFIXES[spec.format]}"


def _write_spec(spec: BidFileSpec, rows: pd.DataFrame, platform: Platform, place: _Place) -> Iterator[WrittenFile]:
    """Write the file (or the parts) of one spec; nothing where none of its levers occurs."""
    if rows.empty:
        return
    for name, edits in _by_place(merge_edits(build_edits(rows)), spec):
        table = render_table(spec, edits, platform)
        if table.breaches:
            raise _refusal(platform, table.breaches)
        parts = list(_split(table, spec))
        for number, part in enumerate(parts, start=1):
            path = place.path(platform, spec, name + (f"_part{number:03d}" if len(parts) > 1 else ""))
            content = _encode(spec, part, edits, platform)
            path.write_bytes(content)
            digest = hashlib.sha256(content).hexdigest()
            yield WrittenFile(path, place.kind, spec.name, len(part.rows), digest, spec.source.evidence)


def _by_place(edits: list[Edit], spec: BidFileSpec) -> Iterator[tuple[str, list[Edit]]]:
    """Yield the edits of each file with the end of its name: all of them, or those of one unit.

    A unit's name may hold anything; what a file name cannot hold is replaced, and a short hash keeps two units apart.
    """
    if not spec.split_by:
        yield "", edits
        return
    places: dict[str, list[Edit]] = {}
    for edit in edits:
        places.setdefault(str(edit[spec.split_by]), []).append(edit)
    for place in sorted(places):
        plain = re.sub(r"[^0-9A-Za-z\u4e00-\u9fff]+", "-", place).strip("-")[:40]
        digest = "" if plain == place else f"-{hashlib.sha256(place.encode()).hexdigest()[:6]}"
        yield f"_{plain}{digest}", places[place]


def _split(table: BidTable, spec: BidFileSpec) -> Iterator[BidTable]:
    size = len(table.rows) if spec.rows_per_file is None else spec.rows_per_file
    for start in range(0, len(table.rows), size):
        yield table._replace(rows=table.rows[start : start + size])


def _encode(spec: BidFileSpec, table: BidTable, edits: list[Edit], platform: Platform) -> bytes:
    try:
        return encode_table(spec, table)
    except UnicodeEncodeError as error:
        offender = error.object[error.start : error.end]
        edit = next(edit for edit in edits if any(offender in str(value) for value in edit.values()))
        item, lever = str(edit["item"]), str(edit["lever"])
        fact = Breach(edit["row"], item, lever, "text", "cannot be encoded", offender, spec.encoding)
        raise _refusal(platform, [fact]) from error


def _refusal(platform: Platform, breaches: list[Breach]) -> BidFileRefusedError:
    return BidFileRefusedError(platform.name, breaches, REMEDY.format(platform=platform.name))


def _replace_folder(source: Path, target: Path) -> None:
    """Put ``source`` in the place of ``target``; a reader sees the old one, none, or the new one, never a mixture."""
    old = target.with_name(f".{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    source.rename(target)
    shutil.rmtree(old, ignore_errors=True)
