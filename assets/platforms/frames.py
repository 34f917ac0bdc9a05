"""Canonical columns to the rows of one kind: types, dates or periods, platform, account, line."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from assets.platforms.cells import map_words, normalise_word
from assets.platforms.coded import Coded, CodedTable, all_different, constant
from assets.platforms.columns import CanonicalColumns, ReadColumn
from assets.platforms.dates import is_one_day
from assets.platforms.encoding import encode_table
from assets.platforms.entities import finish_entities
from assets.platforms.errors import Message
from assets.platforms.grid import BrokenRow
from assets.platforms.header import Match
from assets.platforms.kinds import KIND_COLUMNS, is_daily
from assets.platforms.spans import add_segments

Period = tuple[date, date]
BadCell = tuple[int, str, str, str]  # line, column, value, reason

_ARROW_TYPES: dict[str, pa.DataType] = {
    "text": pa.string(),
    "date": pa.timestamp("us"),
    "count": pa.int64(),
    "money": pa.int64(),
    "number": pa.float64(),
    "share": pa.float64(),
    "flag": pa.bool_(),
}
_QUARANTINE = pa.schema({"line": pa.int64(), "column": pa.string(), "value": pa.string(), "reason": pa.string()})
_NO_CELLS = _QUARANTINE.empty_table().to_pandas()
_OWN_PLATFORM_KINDS = {"entities", "bid_landscape", "mapping"}


def build_rows(
    columns: CanonicalColumns, kind: str, match: Match, context: tuple[Period | None, str | None, dict[str, str]]
) -> tuple[CodedTable, list[Message], list[BadCell]]:
    """Return (rows, messages, rows that name an unknown platform). Rows with an unreadable cell are left out."""
    period, account, known_platforms = context
    good = columns.keep(~_bad_rows(columns, kind))
    n_rows = len(good.line)
    found = _dates(good, kind, period, n_rows)
    for name, cell_type in KIND_COLUMNS[kind].items():
        if name in found or (name == "report_date" and "period_start" in found):
            continue
        found[name] = _column(good, name, cell_type, match)
        if cell_type == "share":
            found[f"{name}_censored"] = _censored(good, name, n_rows)
    found["platform"] = _platform(good, kind, match, n_rows)
    found["account"] = _filled_up(good.parsed.get("account"), account, n_rows)
    found["line"] = all_different(pa.array(good.line))
    if kind == "entities":
        found["campaign_status"] = _filled_up(good.parsed.get("campaign_status"), None, n_rows)
    rows = CodedTable({name: column.merged() for name, column in found.items()}, n_rows)
    table, strangers = _known_platform_rows(rows, kind, match, known_platforms)
    notes = [Message(code="no_rows", text="it has a header and no rows of data.")] if not len(columns.line) else []
    return _finish(table, kind, match), notes, strangers


def unreadable_cells(
    columns: CanonicalColumns, kind: str, broken: tuple[BrokenRow, ...], n_cells: int
) -> list[BadCell]:
    """Return for each line that could not be read its first unreadable cell, or its number of cells."""
    first: dict[int, BadCell] = {}
    for name in _of_kind(columns, kind):
        column = columns.parsed[name]
        for at in map(int, np.flatnonzero(column.bad)):
            value = column.raw_cell(at)
            reason = "its characters could not be decoded" if "\ufffd" in value else column.reason
            first.setdefault(at, (int(columns.line[at]), column.header.strip(), value, reason))
    rows = list(first.values())
    for row in broken:
        reason = row.reason if row.reason else f"the row has {len(row.cells)} cells, the header {n_cells}"
        rows += [(row.line + extra, "", (row.cells or ("",))[0][:80], reason) for extra in range(row.n_lines)]
    return rows


def quarantine_table(cells: list[BadCell]) -> pd.DataFrame:
    """Return the quarantine of one table, by line."""
    if not cells:
        return _NO_CELLS.copy()
    table = pa.Table.from_pylist(
        [dict(zip(_QUARANTINE.names, cell, strict=True)) for cell in sorted(cells)], _QUARANTINE
    )
    return table.to_pandas()


def _of_kind(columns: CanonicalColumns, kind: str) -> list[str]:
    own = {*KIND_COLUMNS[kind], "account", "platform", "campaign_status"}
    if is_daily(kind):
        own |= {"report_date_end", "period_start", "period_end"}
    return [name for name in columns.parsed if name in own]


def _bad_rows(columns: CanonicalColumns, kind: str) -> np.ndarray:
    bad = np.zeros(len(columns.line), dtype=bool)
    for name in _of_kind(columns, kind):
        bad |= columns.parsed[name].bad
    return bad


def _dates(columns: CanonicalColumns, kind: str, period: Period | None, n_rows: int) -> dict[str, Coded]:
    if not is_daily(kind):
        return {}
    first = columns.parsed.get("report_date", columns.parsed.get("period_start"))
    last = columns.parsed.get("report_date_end", columns.parsed.get("period_end"))
    if first is None or last is None:
        start, end = period if period is not None else (None, None)
        spans = _midnight(start, n_rows), _midnight(end, n_rows)
    else:
        spans = first.coded, last.coded
    is_told_once = spans[0].codes is spans[1].codes and is_one_day(spans[0].words, spans[1].words)
    if is_told_once or is_one_day(spans[0].values, spans[1].values):
        return {"report_date": spans[0]}
    return {"period_start": spans[0], "period_end": spans[1]}


def _midnight(day: date | None, n_rows: int) -> Coded:
    value = None if day is None else datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a report day
    return constant(value, n_rows, pa.timestamp("us"))


def _column(columns: CanonicalColumns, name: str, cell_type: str, match: Match) -> Coded:
    wanted = _ARROW_TYPES[cell_type]
    told = match.spec.constants.get(name)
    if name == "currency" and told is None:
        told = match.platform.currency if match.currency is None else match.currency
    found = columns.parsed.get(name)
    if found is None:
        value = None if told is None else pa.scalar(told).cast(wanted).as_py()
        return constant(value, len(columns.line), wanted)
    words = found.cells.values
    if told is None and words.type == wanted:
        return found.coded
    whole = words if told is None else pc.coalesce(words, pa.scalar(told).cast(wanted))
    return Coded(whole.cast(wanted), found.codes)


def _censored(columns: CanonicalColumns, name: str, n_rows: int) -> Coded:
    found = columns.parsed.get(name)
    if found is None or found.cells.censored is None:
        return constant(None, n_rows, pa.string())
    return Coded(found.cells.censored.cast(pa.string()), found.codes)


def _platform(columns: CanonicalColumns, kind: str, match: Match, n_rows: int) -> Coded:
    own = columns.parsed.get("platform") if match.platform.is_template and kind != "mapping" else None
    return _filled_up(own, match.platform.name, n_rows)


def _filled_up(own: ReadColumn | None, told: str | None, n_rows: int) -> Coded:
    """Return a column of text with ``told`` where it says nothing."""
    if own is None:
        return constant(told, n_rows, pa.string())
    return Coded(pc.coalesce(own.cells.values, pa.scalar(told, pa.string())), own.codes)


def _finish(rows: CodedTable, kind: str, match: Match) -> CodedTable:
    """Do what needs whole rows: entities, reports of two kinds, segments. Other reports are ready."""
    segments = {match.position(header) for header in match.spec.segments} - {None}
    is_segmented = bool(segments) and kind != "entities"
    if kind != "entities" and not is_segmented and len(match.spec.kinds) == 1:
        return rows
    table = _of_this_kind(rows.to_arrow(), kind, match)
    table = finish_entities(table) if kind == "entities" else table
    if is_segmented:
        is_product_split = "product_id" in rows and bool(segments & set(match.columns.get("product_id", ())))
        frame = add_segments(encode_table(table).to_pandas(), kind, is_product_split=is_product_split)
        table = pa.Table.from_pandas(frame, table.schema, preserve_index=False)
    return encode_table(table)


def _of_this_kind(table: pa.Table, kind: str, match: Match) -> pa.Table:
    """Leave out what a report of two kinds tells for the other one only: keywords without a term, things that are gone."""
    if kind == "search_terms" and len(match.spec.kinds) > 1:
        return table.filter(pc.is_valid(table["search_term"]))
    if kind == "entities" and match.spec.deleted_pattern:
        for name in ("campaign", "ad_group", "keyword"):
            is_gone = pc.match_substring_regex(table[name], match.spec.deleted_pattern)
            table = table.filter(pc.invert(pc.fill_null(is_gone, False)))
    return table


def _known_platform_rows(
    rows: CodedTable, kind: str, match: Match, known: dict[str, str]
) -> tuple[CodedTable, list[BadCell]]:
    """Template rows name their platform by name or title; a row with another name is set aside."""
    if not match.platform.is_template or kind not in _OWN_PLATFORM_KINDS:
        return rows, []
    name = "mapped_platform" if kind == "mapping" else "platform"
    told = rows[name]
    found = Coded(map_words(told.words, lambda word: known.get(normalise_word(word))), told.codes)
    is_strange = found.is_missing()
    reason = "not a known platform; known are " + ", ".join(sorted(set(known.values())))
    words = zip(rows["line"].keep(is_strange).values.to_pylist(), told.keep(is_strange).values.to_pylist(), strict=True)
    aside = [(line, name, "" if word is None else word, reason) for line, word in words]
    return rows.having({name: found}).keep(~is_strange), aside
