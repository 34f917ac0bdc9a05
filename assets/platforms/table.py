"""One recognised grid to canonical tables: reads the cells, takes totals rows out, sets unreadable rows aside.

The order matters: totals are compared before any row is dropped, because the platform added up all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assets.platforms import notes
from assets.platforms.cells import as_mask, normalise_word, parse_text, tidy
from assets.platforms.columns import CanonicalColumns, parse_columns
from assets.platforms.decimals import with_points
from assets.platforms.errors import Message, UnreadableFileError
from assets.platforms.frames import Period, build_frame, quarantine_table, unreadable_cells
from assets.platforms.grid import BrokenRow, Grid, RawRows
from assets.platforms.header import Match
from assets.platforms.persons import without_persons
from assets.platforms.results import ControlSum, ReadTable
from assets.platforms.spans import keep_one_window
from assets.platforms.totals import find_totals, reconcile

_LABEL_COLUMNS = 3


@dataclass(frozen=True)
class _Cleaned:
    """The columns of data rows only, with what was learnt on the way."""

    columns: CanonicalColumns
    broken: tuple[BrokenRow, ...]
    totals: tuple[ControlSum, ...]
    messages: tuple[Message, ...]
    account: str | None


def read_table(match: Match, grid: Grid, period: Period | None, known_platforms: dict[str, str]) -> list[ReadTable]:
    """Return one table per kind that the report feeds.

    Raises
    ------
    UnreadableFileError
        If the file breaks off in the middle of a row.
    """
    rows = grid.read(match.line, _wanted(match))
    cleaned = _clean(match, grid, rows)
    shared = [*notes.about_columns(match, grid.label), *cleaned.messages]
    tables = []
    for kind in match.spec.kinds:
        frame, more, strangers = build_frame(cleaned.columns, kind, match, (period, cleaned.account, known_platforms))
        unread = unreadable_cells(cleaned.columns, kind, cleaned.broken, len(match.headers))
        bad = without_persons(quarantine_table([*unread, *strangers]), match.spec)
        found = [*shared, *more, *notes.about_quarantine(bad)]
        tables.append(
            ReadTable(
                platform=match.platform.name,
                report=match.spec.name,
                kind=kind,
                frame=frame,
                totals=cleaned.totals,
                unknown_columns=match.unknown,
                ignored_columns=match.ignored,
                quarantine=bad,
                messages=tuple(replace(one, file=grid.label) for one in found),
                file=grid.label,
                encoding=grid.encoding,
                used_columns=match.used,
            )
        )
    return tables


def _wanted(match: Match) -> tuple[int, ...]:
    places = {at for found in match.columns.values() for at in found}
    places |= set(range(min(_LABEL_COLUMNS, len(match.headers))))
    places |= {
        at for header in (*match.spec.keep_rows, match.spec.row_span) if (at := match.position(header)) is not None
    }
    return tuple(sorted(places))


def _clean(match: Match, grid: Grid, rows: RawRows) -> _Cleaned:
    rows, broken = _repair(match, grid, rows)
    rows = replace(rows, columns={at: tidy(cells) for at, cells in rows.columns.items()})
    rows = with_points(match, rows, is_workbook=bool(grid.sheet))
    columns = parse_columns(match, rows)
    n_filled = _count_filled(rows)
    keys = _keys(columns, match)
    labels = [parse_text(rows.columns[at]).values for at in sorted(rows.columns)[:_LABEL_COLUMNS]]
    is_total, names = find_totals([*labels, *keys], keys, match.spec.totals)
    is_account, account = _account_rows(rows, n_filled, match)
    is_data = (n_filled > 0) & ~is_total & ~is_account
    totals, messages = reconcile(columns, is_data, is_total, names, (match.spec.totals, len(broken)))
    is_kept, dropped = _kept_rows(match, rows, is_data)
    messages = (*messages, *dropped)
    return _Cleaned(columns.keep(is_kept), broken, totals, messages, account)


def _count_filled(rows: RawRows) -> np.ndarray:
    return sum((np.asarray(pc.not_equal(cells, "")) for cells in rows.columns.values()), np.zeros(len(rows.line), int))


def _keys(columns: CanonicalColumns, match: Match) -> list[pa.Array]:
    return [
        column.values
        for name, column in columns.parsed.items()
        if pa.types.is_string(column.values.type) and name in match.spec.columns and match.spec.columns[name].required
    ]


def _repair(match: Match, grid: Grid, rows: RawRows) -> tuple[RawRows, tuple[BrokenRow, ...]]:
    """Take short totals and account rows back in; what is left of the broken rows goes to quarantine."""
    width = len(match.headers)
    trailing = [row for row in rows.broken if len(row.cells) > width and not any(map(str.strip, row.cells[width:]))]
    n_others = int((_count_filled(rows) > 0).sum())
    is_habit = len(trailing) > max(1, n_others)  # in a single row it is a shift
    mended: list[BrokenRow] = []
    broken: list[BrokenRow] = []
    for row in rows.broken:
        is_label = len(row.cells) < width and _is_label(row, match)
        (mended if is_label or (is_habit and row in trailing) else broken).append(row)
    last = max([int(rows.line[-1]) if len(rows.line) else 0, *(row.line for row in mended)], default=0)
    if broken and broken[-1].line > last and len(broken[-1].cells) < width and not grid.ends_cleanly:
        raise _cut_off(broken[-1], match, grid)
    if not mended:
        return rows, tuple(broken)
    added = {at: [row.cells[at] if at < len(row.cells) else "" for row in mended] for at in rows.columns}
    line = np.concatenate([rows.line, [row.line for row in mended]]).astype(np.int64)
    order = pa.array(np.argsort(line, kind="stable"))
    columns = {
        at: pa.concat_arrays([cells, pa.array(added[at], pa.string())]).take(order)
        for at, cells in rows.columns.items()
    }
    return RawRows(columns, np.sort(line, kind="stable")), tuple(broken)


def _is_label(row: BrokenRow, match: Match) -> bool:
    filled = [cell.strip() for cell in row.cells if cell.strip()]
    if not filled:
        return True
    is_total = bool(as_mask(pc.match_substring_regex(pa.array(filled[:1]), match.spec.totals.pattern))[0])
    return is_total or (match.spec.has_account_row and len(filled) == 1)


def _cut_off(row: BrokenRow, match: Match, grid: Grid) -> UnreadableFileError:
    return UnreadableFileError(
        Message(
            code="cut_off",
            text=f"it breaks off in line {row.line}: {len(row.cells)} of {len(match.headers)} cells and no line end.",
            file=grid.label,
            line=row.line,
            value=str(len(row.cells)),
            limit=str(len(match.headers)),
            remedy="Download the report again and put the new file into the inbox.",
        ),
        match.platform.name,
        match.spec.kinds[0],
    )


def _account_rows(rows: RawRows, n_filled: np.ndarray, match: Match) -> tuple[np.ndarray, str | None]:
    """Rows that hold the account's name and nothing else."""
    if not match.spec.has_account_row:
        return np.zeros(len(rows.line), dtype=bool), None
    first = parse_text(rows.columns[min(rows.columns)]).values
    is_account = (n_filled == 1) & np.asarray(pc.is_valid(first))
    names = first.filter(pa.array(is_account)).to_pylist()
    return is_account, names[0] if names else None


def _kept_rows(match: Match, rows: RawRows, is_data: np.ndarray) -> tuple[np.ndarray, list[Message]]:
    kept = is_data.copy()
    messages = []
    for header, accepted in match.spec.keep_rows.items():
        place = match.position(header)
        if place is None:
            continue
        words = {normalise_word(word) for word in accepted}
        cells = pc.fill_null(parse_text(rows.columns[place]).values, "")
        known = {word: normalise_word(word) in words for word in pc.unique(cells).to_pylist()}
        is_accepted = as_mask(
            pc.is_in(cells, value_set=pa.array([word for word, ok in known.items() if ok], pa.string()))
        )
        others = sorted(word for word in pc.unique(cells.filter(pa.array(kept & ~is_accepted))).to_pylist())
        messages += notes.about_other_rows(int((kept & ~is_accepted).sum()), header, others)
        kept &= is_accepted
    return _one_window(match, rows, kept, messages)


def _one_window(
    match: Match, rows: RawRows, kept: np.ndarray, messages: list[Message]
) -> tuple[np.ndarray, list[Message]]:
    place = match.position(match.spec.row_span) if match.spec.row_span else None
    if place is None:
        return kept, messages
    windows = rows.columns[place]
    chosen, name = keep_one_window(windows.filter(pa.array(kept)), match.spec.row_span_keep)
    result = kept.copy()
    result[kept] = chosen
    messages += notes.about_windows(int(kept.sum() - result.sum()), match.spec.row_span, name)
    return result, messages
