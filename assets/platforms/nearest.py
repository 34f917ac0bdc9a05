"""What an unknown table is nearest to: the known report whose needed columns it has most of, and what differs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from assets.platforms.errors import Message, UnreadableFileError
from assets.platforms.grid import Grid
from assets.platforms.header import candidates, header_rows, is_ignored, listed, normalise_header, positions
from configs.platform_schema import ColumnSpec, Platform, ReportSpec

_MIN_SHARE = 0.5
_MIN_HEADERS = 2


@dataclass(frozen=True)
class Nearest:
    """The best guess: the report, the header row, and the headers by which the two differ."""

    platform: Platform
    spec: ReportSpec
    line: int
    headers: tuple[str, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]


def unknown_file(grid: Grid, platforms: Mapping[str, Platform]) -> UnreadableFileError:
    """Return the error for a table that is no known report: the nearest one, and what differs."""
    nearest = nearest_report(grid, platforms)
    if nearest is None:
        return _stranger(grid, platforms)
    name = nearest.platform.name
    text = f"the header in line {nearest.line} is nearest to {name}/{nearest.spec.name}"
    if nearest.missing:
        text += f", but has no column {listed(nearest.missing)}"
    text += f" and has {listed(nearest.extra)} instead." if nearest.extra else "."
    return UnreadableFileError(
        Message(
            code="missing_column",
            text=text,
            file=grid.label,
            line=nearest.line,
            column=nearest.missing[0] if nearest.missing else "",
            value=listed(nearest.extra),
            limit=listed(nearest.missing),
            remedy=f"Export the report again with these columns, or add the new names to configs/platforms/{name}.yaml.",
        ),
        name,
        nearest.spec.kinds[0],
    )


def nearest_report(grid: Grid, platforms: Mapping[str, Platform]) -> Nearest | None:
    """Return the report that the table has at least half of the needed columns of; the larger share wins."""
    best: tuple[float, int, Platform, ReportSpec, int, list[str]] | None = None
    for line, cells in header_rows(grid):
        names = [normalise_header(cell) for cell in cells]
        for platform, spec in candidates(platforms, grid):
            share, n_known = _covered(spec, names)
            if share >= _MIN_SHARE and (best is None or (share, n_known) > best[:2]):
                best = (share, n_known, platform, spec, line, cells)
    if best is None:
        return None
    _, _, platform, spec, line, cells = best
    names = [normalise_header(cell) for cell in cells]
    missing = [one.headers[0] for one in spec.columns.values() if one.required and not positions(one, names)]
    missing += [header for header in spec.required_headers if normalise_header(header) not in names]
    known = {at for column in spec.columns.values() for at in positions(column, names)}
    extra = [cells[at] for at, name in enumerate(names) if name and at not in known and not is_ignored(spec, name)]
    return Nearest(platform, spec, line, tuple(cells), tuple(missing), tuple(extra))


def header_row(grid: Grid) -> tuple[int, tuple[str, ...]]:
    """Return the line and cells of the row that looks most like a header: the widest row of different words."""
    rows = [(line, cells) for line, cells in header_rows(grid) if _could_be_header(cells)]
    if not rows:
        return 0, ()
    line, cells = max(rows, key=lambda row: (len({cell for cell in row[1] if cell}), -row[0]))
    return line, tuple(cells)


def _could_be_header(cells: list[str]) -> bool:
    words = [cell.strip() for cell in cells if cell.strip()]
    has_numbers = any(re.fullmatch(r"[\d.,%¥￥$-]+", word) for word in words)
    return len(words) >= _MIN_HEADERS and len(set(words)) == len(words) and not has_numbers


def _stranger(grid: Grid, platforms: Mapping[str, Platform]) -> UnreadableFileError:
    """Return the error for a table that resembles nothing, with its platform where its first lines give that away."""
    marked = _marked_platform(grid, platforms)
    if marked is None:
        text, remedy = (
            "no row looks like the header of a known report.",
            "Export a report that docs/templates.md lists, or describe this one: `bidwright inspect FILE --draft`.",
        )
    else:
        text = f"its first lines are those of {marked}, but no row is the header of a report of it that is known."
        remedy = f"Export it with the columns that configs/platforms/{marked}.yaml needs."
    limit = ", ".join(sorted(platforms))
    finding = Message(code="unknown_file", text=text, file=grid.label, limit=limit, remedy=remedy)
    return UnreadableFileError(finding, "" if marked is None else marked)


def _marked_platform(grid: Grid, platforms: Mapping[str, Platform]) -> str | None:
    lines = [cell for _, cells in header_rows(grid) for cell in (",".join(cells), *cells)]
    for name, platform in sorted(platforms.items()):
        if any(re.search(mark, line) for mark in platform.preamble_marks for line in lines):
            return name
    return None


def _covered(spec: ReportSpec, names: list[str]) -> tuple[float, int]:
    present = set(names)
    required = [column for column in spec.columns.values() if column.required]
    found = sum(_is_there(column, present) for column in required)
    n_known = sum(_is_there(column, present) for column in spec.columns.values())
    share = found / max(len(required), 1) if found > 1 or len(required) == 1 else 0.0
    return share, n_known


def _is_there(column: ColumnSpec, present: set[str]) -> bool:
    if column.pattern:
        return any(re.fullmatch(header, name, re.IGNORECASE) for header in column.headers for name in present)
    return any(normalise_header(header) in present for header in column.headers)
