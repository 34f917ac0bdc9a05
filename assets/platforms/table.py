"""One recognised grid to canonical tables: reads the cells, takes totals rows out, sets unreadable rows aside.

The order matters: totals are compared before any row is dropped, because the platform added up all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assets.platforms import notes
from assets.platforms.cells import as_mask, matches, normalise_word, parse_text, tidy
from assets.platforms.coded import Coded, Mask
from assets.platforms.columns import CanonicalColumns, parse_columns
from assets.platforms.decimals import with_points
from assets.platforms.errors import Message, UnreadableFileError
from assets.platforms.frames import Period, build_rows, quarantine_table, unreadable_cells
from assets.platforms.grid import BrokenRow, Grid, RawRows
from assets.platforms.header import Match
from assets.platforms.persons import without_persons
from assets.platforms.results import ControlSum, ReadTable
from assets.platforms.spans import is_window, kept_window
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
    cleaned = _clean(match, grid, grid.read(match.line, _wanted(match)))
    shared = [*notes.about_columns(match, grid.label), *cleaned.messages]
    tables = []
    for kind in match.spec.kinds:
        rows, more, strangers = build_rows(cleaned.columns, kind, match, (period, cleaned.account, known_platforms))
        unread = unreadable_cells(cleaned.columns, kind, cleaned.broken, len(match.headers))
        bad = without_persons(quarantine_table([*unread, *strangers]), match.spec)
        found = [*shared, *more, *notes.about_quarantine(bad)]
        tables.append(
            ReadTable(
                platform=match.platform.name,
                report=match.spec.name,
                kind=kind,
                rows=rows,
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
    tidied = {at: _tidied(column) for at, column in rows.columns.items()}
    rows = with_points(match, replace(rows, columns=tidied), is_workbook=bool(grid.sheet))
    columns = parse_columns(match, rows)
    is_total, names = _total_rows(rows, columns, match)
    is_account, account = _account_rows(rows, match)
    is_data = _filled_rows(rows) & ~is_total & ~is_account
    broken += (*_repeated_headers(rows, match), *_nameless(rows, columns, match, is_data))
    is_data &= ~np.isin(rows.line, [row.line for row in broken])
    totals, messages = reconcile(columns, is_data, is_total, names, (match.spec.totals, len(broken)))
    is_kept, dropped, others = _kept_rows(match, rows, is_data)
    return _Cleaned(columns.keep(is_kept), (*broken, *others), totals, (*messages, *dropped), account)


def _tidied(column: Coded) -> Coded:
    words = tidy(column.words)
    return Coded(words, column.codes, column.is_merged and words.equals(column.words))


def _repeated_headers(rows: RawRows, match: Match) -> tuple[BrokenRow, ...]:
    """Return the rows that say what the header says: two files were pasted together."""
    is_header = np.ones(len(rows.line), dtype=bool)
    for at, column in rows.columns.items():
        is_header &= column.where(as_mask(pc.equal(column.words, match.headers[at].strip())))
        if not is_header.any():
            return ()
    return tuple(BrokenRow(int(line), (), reason="it repeats the header") for line in rows.line[is_header])


def _nameless(rows: RawRows, columns: CanonicalColumns, match: Match, is_data: Mask) -> tuple[BrokenRow, ...]:
    """Return the rows in which every needed name is empty: a totals row whose label is not known would be one."""
    keys = _keys(columns, match)
    if not keys or any(key.words.null_count == 0 for key in keys):
        return ()
    lines = rows.line[is_data & np.logical_and.reduce([key.is_missing() for key in keys])]
    return tuple(BrokenRow(int(line), (), reason="none of the names that it needs is filled") for line in lines)


def _filled_rows(rows: RawRows) -> Mask:
    """Return the rows with a filled cell."""
    is_filled = np.zeros(len(rows.line), dtype=bool)
    for column in rows.columns.values():
        if is_filled.all():
            break
        is_filled |= column.where(_is_filled(column))
    return is_filled


def _is_filled(column: Coded) -> Mask:
    return np.asarray(pc.not_equal(column.words, ""))


def _total_rows(rows: RawRows, columns: CanonicalColumns, match: Match) -> tuple[Mask, list[str]]:
    """Return the totals rows and their labels, looked for among the rows that hold a label, or no name, at all."""
    spec, keys = match.spec.totals, _keys(columns, match)
    places = sorted(rows.columns)[:_LABEL_COLUMNS]
    labels = [Coded(parse_text(rows.columns[at].words).values, rows.columns[at].codes) for at in places] + keys
    may_be = np.zeros(len(rows.line), dtype=bool)
    for label in labels:
        may_be |= label.where(matches(label.words, spec.pattern))
    if spec.is_unlabelled and keys:
        may_be |= np.logical_and.reduce([key.is_missing() for key in keys])
    if not may_be.any():
        return may_be, []
    told, gaps = ([one.keep(may_be).values for one in group] for group in (labels, keys))
    is_total, names = find_totals(told, gaps, spec)
    may_be[may_be] = is_total
    return may_be, names


def _keys(columns: CanonicalColumns, match: Match) -> list[Coded]:
    return [
        column.coded
        for name, column in columns.parsed.items()
        if pa.types.is_string(column.cells.values.type)
        and name in match.spec.columns
        and match.spec.columns[name].required
    ]


def _repair(match: Match, grid: Grid, rows: RawRows) -> tuple[RawRows, tuple[BrokenRow, ...]]:
    """Take short totals and account rows back in; what is left of the broken rows goes to quarantine."""
    width = len(match.headers)
    n_trailing = sum(_trails(row, width) for row in rows.broken)
    is_habit = n_trailing > 1 and n_trailing > int(_filled_rows(rows).sum())  # in a single row it is a shift
    mended: list[BrokenRow] = []
    broken: list[BrokenRow] = []
    for row in rows.broken:
        is_label = len(row.cells) < width and _is_label(row, match)
        (mended if is_label or (is_habit and _trails(row, width)) else broken).append(row)
    last = max([int(rows.line[-1]) if len(rows.line) else 0, *(row.line for row in mended)], default=0)
    if broken and broken[-1].line > last and len(broken[-1].cells) < width and not grid.ends_cleanly:
        raise _cut_off(broken[-1], match, grid)
    if not mended:
        return rows, tuple(broken)
    line = np.concatenate([rows.line, [row.line for row in mended]]).astype(np.int64)
    order = np.argsort(line, kind="stable")
    columns = {}
    for at, column in rows.columns.items():
        added = pa.array([row.cells[at] if at < len(row.cells) else "" for row in mended], pa.string())
        codes = np.concatenate([column.codes, np.arange(len(added), dtype=np.int32) + len(column.words)])
        columns[at] = Coded(pa.concat_arrays([column.words, added]), codes).take(order)
    return RawRows(columns, line.take(order)), tuple(broken)


def _trails(row: BrokenRow, width: int) -> bool:
    """Return whether a row has empty cells too many at its end."""
    return len(row.cells) > width and not any(map(str.strip, row.cells[width:]))


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


def _account_rows(rows: RawRows, match: Match) -> tuple[Mask, str | None]:
    """Rows that hold the account's name and nothing else."""
    if not match.spec.has_account_row:
        return np.zeros(len(rows.line), dtype=bool), None
    first = rows.columns[min(rows.columns)]
    names = Coded(parse_text(first.words).values, first.codes)
    n_filled = sum(
        (column.where(_is_filled(column)) for column in rows.columns.values()), np.zeros(len(rows.line), int)
    )
    is_account = (n_filled == 1) & ~names.is_missing()
    found = names.keep(is_account).values.to_pylist()
    return is_account, found[0] if found else None


def _kept_rows(match: Match, rows: RawRows, is_data: Mask) -> tuple[Mask, list[Message], list[BrokenRow]]:
    kept = is_data.copy()
    messages = []
    for header, accepted in match.spec.keep_rows.items():
        place = match.position(header)
        if place is None:
            continue
        words = {normalise_word(word) for word in accepted}
        cells = rows.columns[place]
        told = pc.fill_null(parse_text(cells.words).values, "")
        is_accepted = cells.where(np.array([normalise_word(word) in words for word in told.to_pylist()], dtype=bool))
        others = told.take(pa.array(np.unique(cells.codes[kept & ~is_accepted])))
        messages += notes.about_other_rows(int((kept & ~is_accepted).sum()), header, sorted(set(others.to_pylist())))
        kept &= is_accepted
    return _one_window(match, rows, kept, messages)


def _one_window(
    match: Match, rows: RawRows, kept: Mask, messages: list[Message]
) -> tuple[Mask, list[Message], list[BrokenRow]]:
    place = match.position(match.spec.row_span) if match.spec.row_span else None
    if place is None:
        return kept, messages, []
    windows = rows.columns[place]
    present = windows.words.take(pa.array(np.unique(windows.codes[kept])))
    name = kept_window(present, match.spec.row_span_keep)
    is_known = windows.where(np.array([is_window(word, name) for word in windows.words.to_pylist()], dtype=bool))
    reason = f"its {match.spec.row_span} is no window"
    others = [BrokenRow(int(line), (), reason=reason) for line in rows.line[kept & ~is_known]]
    result = kept & windows.where(as_mask(pc.equal(windows.words, name)))
    messages += notes.about_windows(int((kept & is_known).sum() - result.sum()), match.spec.row_span, name)
    return result, messages, others
