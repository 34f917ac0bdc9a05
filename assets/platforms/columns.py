"""Raw columns of a recognised report to canonical ones: which parser reads which column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from assets.platforms import cells as read
from assets.platforms.cells import Parsed
from assets.platforms.coded import Coded, Codes, Mask
from assets.platforms.dates import parse_dates
from assets.platforms.encoding import encode
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
class ReadColumn:
    """One canonical column: what its distinct cells mean, which of them stands in each row, and where it was read."""

    cells: Parsed
    codes: Codes
    raw: pa.StringArray
    header: str
    reason: str
    is_merged: bool = False  # no two of the distinct cells mean the same

    @property
    def values(self) -> pa.Array:
        """Return the values row by row."""
        return self.coded.values

    @property
    def bad(self) -> Mask:
        """Return the rows whose cell could not be read."""
        return self.coded.where(self.cells.bad)

    @property
    def coded(self) -> Coded:
        """Return the values in coded form."""
        return Coded(self.cells.values, self.codes, self.is_merged)

    def raw_cell(self, row: int) -> str:
        """Return what the file says in one row."""
        return str(self.raw[int(self.codes[row])].as_py() or "")


@dataclass(frozen=True)
class CanonicalColumns:
    """Canonical columns by name, and each row's line."""

    parsed: dict[str, ReadColumn]
    line: NDArray[np.int64]

    def keep(self, rows: Mask) -> CanonicalColumns:
        """Return the columns with only the rows of the mask."""
        if rows.all():
            return self
        kept = {name: replace(column, codes=column.codes[rows]) for name, column in self.parsed.items()}
        return CanonicalColumns(kept, self.line[rows])


def parse_columns(match: Match, rows: RawRows) -> CanonicalColumns:
    """Return every canonical column that the report's spec finds in the tidied cells of the file."""
    result: dict[str, ReadColumn] = {}
    for name, places in match.columns.items():
        spec = match.spec.columns[name]
        raw = _raw_cells([rows.columns[at] for at in places], spec)
        header = match.headers[places[0]]
        for canonical, cells in _parse(name, spec, (raw.words, header), match).items():
            whole = replace(cells, bad=cells.bad | read.is_damaged(raw.words))
            reason = REASONS.get(spec.type, "not a number")
            is_merged = raw.is_merged and cells.values.equals(raw.words)
            result[canonical] = ReadColumn(whole, raw.codes, raw.words, header, reason, is_merged)
    _prefer_decoration(result, is_of_term="search_terms" in match.spec.kinds)
    return CanonicalColumns(result, rows.line)


def _raw_cells(columns: list[Coded], spec: ColumnSpec) -> Coded:
    raw = columns[0] if len(columns) == 1 else encode(read.first_filled(column.values for column in columns))
    if not spec.values:
        return raw
    words = {read.normalise_word(word): ours for word, ours in spec.values.items()}
    return Coded(read.map_words(raw.words, lambda word: words.get(read.normalise_word(word), word)), raw.codes)


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


def _prefer_decoration(columns: dict[str, ReadColumn], *, is_of_term: bool) -> None:
    """A decoration says how the keyword matches; the match type beside a search term says how the term met it.

    Beside a keyword the column is the keyword's own, and one keyword that looks decorated changes no other.
    """
    told = columns.pop("keyword_decoration", None)
    if told is None or told.cells.values.null_count == len(told.cells.values):
        return
    beside = columns.get("match_type")
    if beside is None:
        columns["match_type"] = replace(told, reason=REASONS["match_type"])
        return
    if not is_of_term and beside.cells.values.null_count < len(beside.cells.values):
        return
    known = np.asarray(pc.is_valid(told.values))
    whole = Parsed(pc.coalesce(told.values, beside.values), beside.bad & ~known)
    every_row = np.arange(len(known), dtype=np.int32)
    columns["match_type"] = ReadColumn(
        whole, every_row, beside.raw.take(pa.array(beside.codes)), beside.header, beside.reason
    )
