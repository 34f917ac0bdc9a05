"""Raw columns of a recognised report to canonical ones: which parser reads which column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assets.platforms import cells as read
from assets.platforms.cells import Parsed
from assets.platforms.dates import parse_dates
from assets.platforms.grid import RawRows
from assets.platforms.header import Match
from assets.platforms.keywords import MATCH_TYPES, STATUSES, parse_keywords
from assets.platforms.kinds import KIND_COLUMNS
from configs.platform_schema import ColumnSpec

REASONS = {
    "id": "the id was rounded by a spreadsheet; export again and do not save it in Excel",
    "date": "not a date in a known form",
    "count": "not a whole number",
    "money": "not an amount of money",
    "money_minor": "not an amount of money",
    "match_type": "not a known match type",
    "status": "not a known state",
    "flag": "not yes or no",
}


@dataclass(frozen=True)
class CanonicalColumns:
    """Canonical columns by name with, for quarantine, the header, raw cells and reason of each."""

    parsed: dict[str, Parsed]
    raw: dict[str, pa.StringArray]
    header: dict[str, str]
    reason: dict[str, str]
    line: np.ndarray

    def keep(self, rows: np.ndarray) -> CanonicalColumns:
        """Return the columns with only the rows of the mask."""
        if rows.all():
            return self
        mask = pa.array(rows)
        return replace(
            self,
            parsed={name: _kept(column, mask, rows) for name, column in self.parsed.items()},
            raw={name: cells.filter(mask) for name, cells in self.raw.items()},
            line=self.line[rows],
        )


def parse_columns(match: Match, rows: RawRows) -> CanonicalColumns:
    """Return every canonical column that the report's spec finds in the tidied cells of the file."""
    result = CanonicalColumns({}, {}, {}, {}, rows.line)
    for name, places in match.columns.items():
        spec = match.spec.columns[name]
        raw = _raw_cells([rows.columns[at] for at in places], spec)
        header = match.headers[places[0]]
        for canonical, column in _parse(name, spec, (raw, header), match).items():
            damaged = read.is_damaged(raw)
            result.parsed[canonical] = replace(column, bad=column.bad | damaged) if damaged.any() else column
            result.raw[canonical] = raw
            result.header[canonical] = header
            result.reason[canonical] = REASONS.get(spec.type, "not a number")
    _prefer_decoration(result)
    return result


def _raw_cells(columns: list[pa.StringArray], spec: ColumnSpec) -> pa.StringArray:
    raw = columns[0] if len(columns) == 1 else read.first_filled(columns)
    if not spec.values:
        return raw
    words = {read.normalise_word(word): ours for word, ours in spec.values.items()}
    return read.map_words(raw, lambda word: words.get(read.normalise_word(word), word))


def _parse(name: str, spec: ColumnSpec, cells: tuple[pa.StringArray, str], match: Match) -> dict[str, Parsed]:
    raw, header = cells
    if spec.type == "range":
        low, high = read.parse_range(raw, _range_parser(spec.to[0], match, header))
        return {spec.to[0]: low, spec.to[1]: high}
    if spec.type == "date":
        first, last = parse_dates(raw, match.spec.date_formats)
        return {name: first, f"{name}_end": last} if name == "report_date" else {name: first}
    if spec.type == "keyword":
        keywords, told = parse_keywords(raw)
        return {name: keywords, f"{name}_decoration": Parsed(told, np.zeros(len(raw), dtype=bool))}
    return {name: _parse_simple(spec.type, raw, header)}


def _parse_simple(cell_type: str, raw: pa.StringArray, header: str) -> Parsed:
    parsers: dict[str, Callable[[pa.StringArray], Parsed]] = {
        "text": read.parse_text,
        "id": read.parse_id,
        "count": read.parse_count,
        "number": read.parse_number,
        "money": read.parse_money,
        "money_minor": partial(read.parse_money, scale=0.01),
        "share": partial(read.parse_share, header=header),
        "flag": read.parse_flag,
        "match_type": partial(read.parse_word, known=MATCH_TYPES),
        "status": partial(read.parse_word, known=STATUSES),
    }
    return parsers[cell_type](raw)


def _range_parser(column: str, match: Match, header: str) -> Callable[[pa.StringArray], Parsed]:
    cell_type = KIND_COLUMNS[match.spec.kinds[0]][column]
    return partial(_parse_simple, cell_type, header=header)


def _prefer_decoration(columns: CanonicalColumns) -> None:
    """A decoration says how the keyword matches; the match type beside a search term says how the term met it."""
    told = columns.parsed.pop("keyword_decoration", None)
    columns.raw.pop("keyword_decoration", None)
    if told is None or told.values.null_count == len(told.values):
        return
    beside = columns.parsed.get("match_type")
    if beside is None:
        columns.parsed["match_type"] = told
        columns.raw["match_type"] = columns.raw["keyword"]
        columns.header["match_type"] = columns.header["keyword"]
        columns.reason["match_type"] = REASONS["match_type"]
        return
    known = np.asarray(pc.is_valid(told.values))
    columns.parsed["match_type"] = Parsed(pc.coalesce(told.values, beside.values), beside.bad & ~known)


def _kept(column: Parsed, mask: pa.BooleanArray, rows: np.ndarray) -> Parsed:
    censored = column.censored.filter(mask) if column.censored is not None else None
    return Parsed(column.values.filter(mask), column.bad[rows], censored)
