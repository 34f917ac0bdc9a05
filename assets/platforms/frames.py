"""Canonical columns to the pandas frame of one kind: types, dates or periods, platform, account, line."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from assets.platforms.cells import Parsed, map_words, normalise_word
from assets.platforms.columns import CanonicalColumns
from assets.platforms.dates import is_one_day
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
_PANDAS_TYPES = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
_QUARANTINE = pa.schema({"line": pa.int64(), "column": pa.string(), "value": pa.string(), "reason": pa.string()})
_NO_CELLS = _QUARANTINE.empty_table().to_pandas()
_OWN_PLATFORM_KINDS = {"entities", "mapping"}


def build_frame(
    columns: CanonicalColumns, kind: str, match: Match, context: tuple[Period | None, str | None, dict[str, str]]
) -> tuple[pd.DataFrame, list[Message], list[BadCell]]:
    """Return (frame, messages, rows that name an unknown platform). Rows with an unreadable cell are left out."""
    period, account, known_platforms = context
    good = columns.keep(~_bad_rows(columns, kind))
    n_rows = len(good.line)
    arrays = _dates(good, kind, period, n_rows)
    for name, cell_type in KIND_COLUMNS[kind].items():
        if name in arrays or (name == "report_date" and "period_start" in arrays):
            continue
        arrays[name] = _column(good, name, cell_type, match)
        if cell_type == "share":
            arrays[f"{name}_censored"] = _censored(good, name, n_rows)
    arrays["platform"] = _platform(good, kind, match, n_rows)
    arrays["account"] = _account(good, account, n_rows)
    arrays["line"] = pa.array(good.line)
    if kind == "entities":
        arrays["campaign_status"] = _campaign_status(good, n_rows)
    table, strangers = _known_platform_rows(pa.table(arrays), kind, match, known_platforms)
    frame = _finish(table, kind, match)
    notes = [Message(code="no_rows", text="it has a header and no rows of data.")] if not len(columns.line) else []
    return frame, notes, strangers


def unreadable_cells(
    columns: CanonicalColumns, kind: str, broken: tuple[BrokenRow, ...], n_cells: int
) -> list[BadCell]:
    """Return for each line that could not be read its first unreadable cell, or its number of cells."""
    first: dict[int, BadCell] = {}
    for name in _of_kind(columns, kind):
        for at in np.flatnonzero(columns.parsed[name].bad):
            value = columns.raw[name][int(at)].as_py()
            damaged = "\ufffd" in (value or "")
            reason = "its characters could not be decoded" if damaged else columns.reason[name]
            first.setdefault(int(at), (int(columns.line[at]), columns.header[name].strip(), value or "", reason))
    rows = list(first.values())
    for row in broken:
        reason = f"the row has {len(row.cells)} cells, the header {n_cells}"
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


def _dates(columns: CanonicalColumns, kind: str, period: Period | None, n_rows: int) -> dict[str, pa.Array]:
    if not is_daily(kind):
        return {}
    first = columns.parsed.get("report_date", columns.parsed.get("period_start"))
    last = columns.parsed.get("report_date_end", columns.parsed.get("period_end"))
    if first is None or last is None:
        start, end = period if period is not None else (None, None)
        spans = _midnight(start, n_rows), _midnight(end, n_rows)
    else:
        spans = first.values, last.values
    if is_one_day(*spans):
        return {"report_date": spans[0]}
    return {"period_start": spans[0], "period_end": spans[1]}


def _midnight(day: date | None, n_rows: int) -> pa.Array:
    value = None if day is None else datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a report day
    return pa.repeat(pa.scalar(value, pa.timestamp("us")), n_rows)


def _column(columns: CanonicalColumns, name: str, cell_type: str, match: Match) -> pa.Array:
    wanted = _ARROW_TYPES[cell_type]
    constant = match.spec.constants.get(name)
    if name == "currency" and constant is None:
        constant = match.platform.currency if match.currency is None else match.currency
    found = columns.parsed.get(name)
    values = found.values if found is not None else pa.nulls(len(columns.line), wanted)
    if constant is not None:
        values = pc.coalesce(values, pa.scalar(constant).cast(wanted))
    return values.cast(wanted)


def _censored(columns: CanonicalColumns, name: str, n_rows: int) -> pa.Array:
    found: Parsed | None = columns.parsed.get(name)
    if found is None or found.censored is None:
        return pa.nulls(n_rows, pa.string())
    return found.censored.cast(pa.string())


def _platform(columns: CanonicalColumns, kind: str, match: Match, n_rows: int) -> pa.Array:
    own = columns.parsed.get("platform")
    if match.platform.is_template and own is not None and kind != "mapping":
        return pc.coalesce(own.values, pa.scalar(match.platform.name))
    return pa.repeat(pa.scalar(match.platform.name), n_rows)


def _account(columns: CanonicalColumns, account: str | None, n_rows: int) -> pa.Array:
    own = columns.parsed.get("account")
    values = own.values if own is not None else pa.nulls(n_rows, pa.string())
    return pc.coalesce(values, pa.scalar(account, pa.string()))


def _finish(table: pa.Table, kind: str, match: Match) -> pd.DataFrame:
    table = _of_this_kind(table, kind, match)
    table = finish_entities(table) if kind == "entities" else table
    frame = table.to_pandas(types_mapper=_PANDAS_TYPES.get)
    frame["line"] = frame["line"].to_numpy(dtype=np.int64)
    places = {match.position(header) for header in match.spec.segments} - {None}
    if not places or kind == "entities":
        return frame
    is_product_split = "product_id" in frame and bool(places & set(match.columns.get("product_id", ())))
    return add_segments(frame, kind, is_product_split=is_product_split)


def _of_this_kind(table: pa.Table, kind: str, match: Match) -> pa.Table:
    """Leave out what a report of two kinds tells for the other one only: keywords without a term, things that are gone."""
    if kind == "search_terms" and len(match.spec.kinds) > 1:
        return table.filter(pc.is_valid(table["search_term"]))
    if kind == "entities" and match.spec.deleted_pattern:
        for name in ("campaign", "ad_group", "keyword"):
            is_gone = pc.match_substring_regex(table[name], match.spec.deleted_pattern)
            table = table.filter(pc.invert(pc.fill_null(is_gone, False)))
    return table


def _campaign_status(columns: CanonicalColumns, n_rows: int) -> pa.Array:
    found = columns.parsed.get("campaign_status")
    return pa.nulls(n_rows, pa.string()) if found is None else found.values


def _known_platform_rows(
    table: pa.Table, kind: str, match: Match, known: dict[str, str]
) -> tuple[pa.Table, list[BadCell]]:
    """Template rows name their platform by name or title; a row with another name is set aside."""
    if not match.platform.is_template or kind not in _OWN_PLATFORM_KINDS:
        return table, []
    column = "mapped_platform" if kind == "mapping" else "platform"
    found = map_words(table[column].combine_chunks(), lambda word: known.get(normalise_word(word)))
    named = table.set_column(table.schema.get_field_index(column), column, found)
    strange = table.filter(pc.is_null(found))
    reason = "not a known platform; known are " + ", ".join(sorted(set(known.values())))
    words = zip(strange["line"].to_pylist(), strange[column].to_pylist(), strict=True)
    aside = [(line, column, "" if word is None else word, reason) for line, word in words]
    return named.filter(pc.is_valid(found)), aside
