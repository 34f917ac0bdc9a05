"""Sample exports taken apart into cells, so that a mutation can change what it means to change and nothing else.

Here belongs the way from a sample's bytes to its cells and back. What is changed is in ``*_mutations``.
"""

from __future__ import annotations

import csv
import io
import random
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import xlsxwriter

from assets.platforms.grid import SheetGrid, TextGrid
from assets.platforms.header import Match, recognise
from assets.platforms.open_source import open_grids
from configs.loader import load_platforms

SAMPLES = Path(__file__).parents[1] / "samples"
CREATED = datetime(2000, 1, 1)  # noqa: DTZ001  fixed, or two runs would differ
GROWN_ROWS = 9
_LINE_END = re.compile(r"\r\n|\n|\r")
_PLAIN_NUMBER = re.compile(r"\d{1,9}(\.\d+)?")
_NUMBER_TYPES = {"count", "money", "number"}
_NAME_TYPES = {"text", "id", "keyword"}
_OWN_WORDS = (
    "search_term",
    "keyword",
    "keyword_pattern",
    "channel",
    "name",
    "ad_group",
    "campaign",
)  # the first is varied
_DAYS = {"report_date", "period_start", "period_end"}


@dataclass(frozen=True)
class Saving:
    """How a text file is written."""

    encoding: str = "utf-8"
    delimiter: str = ","
    newline: str = "\n"
    quoting: int = csv.QUOTE_MINIMAL


@dataclass(frozen=True)
class Document:
    """One report: the lines above its header, the header, the rows below. ``sheet`` and ``member`` are its wrapping."""

    name: str
    above: tuple[Any, ...]
    header: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    match: Match
    saving: Saving | None = None  # None = a workbook
    sheet: str = ""
    member: str = ""

    @property
    def first_line(self) -> int:
        """Line of the first row below the header."""
        return len(self.above) + 2

    @property
    def is_text(self) -> bool:
        return self.saving is not None

    def whole_rows(self) -> list[int]:
        """Return the rows that are as wide as the header and hold data."""
        return [at for at, row in enumerate(self.rows) if len(row) == len(self.header) and sum(map(_filled, row)) > 2]

    def canonical(self, position: int) -> set[str]:
        """Return the canonical columns that the cells below one header can change."""
        return canonical_columns(self.match, position)

    def to_bytes(self) -> bytes:
        content = self.sheet_bytes() if self.saving is None else self.text_bytes()
        return zipped({self.member: content}) if self.member else content

    def text(self) -> str:
        assert self.saving is not None
        target = io.StringIO(newline="")
        for line in self.above:
            target.write(f"{line}{self.saving.newline}")
        writer = csv.writer(
            target,
            delimiter=self.saving.delimiter,
            lineterminator=self.saving.newline,
            quoting=self.saving.quoting,  # type: ignore[arg-type]
        )
        writer.writerows([self.header, *self.rows])
        return target.getvalue()

    def text_bytes(self) -> bytes:
        assert self.saving is not None
        return self.text().encode(self.saving.encoding)

    def sheet_bytes(self) -> bytes:
        return workbook([*self.above, self.header, *self.rows], self.sheet)


def workbook(rows: list[tuple[Any, ...]], name: str) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(
        target, {"in_memory": True, "default_date_format": "yyyy-mm-dd", "nan_inf_to_errors": True}
    )
    book.set_properties({"created": CREATED})
    sheet = book.add_worksheet(name)
    writers: dict[type, Callable[..., Any]] = {
        str: sheet.write_string,
        datetime: sheet.write_datetime,
        date: sheet.write_datetime,
    }
    for line, row in enumerate(rows):
        for at, cell in enumerate(row):
            if cell is not None and cell != "":
                writers.get(type(cell), sheet.write)(line, at, cell)
    book.close()
    return target.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def canonical_columns(match: Match, position: int) -> set[str]:
    found: set[str] = set()
    for name, places in match.columns.items():
        if position in places:
            spec = match.spec.columns[name]
            found |= set(spec.to) if spec.to else {name}
            found |= {"keyword", "match_type"} if spec.type == "keyword" else set()
    found |= {f"{name}_censored" for name in found}
    found |= _DAYS if found & _DAYS else set()
    if "entities" in match.spec.kinds and found:  # what a row is, depends on which of its cells are filled
        found |= {"level", "is_closed_bid", "entity_type", "daily_budget", "status", "campaign_status"}
    return found


@lru_cache(maxsize=1)
def documents() -> tuple[Document, ...]:
    """Return every sample twice where that can be: as it is, and with more rows."""
    found = []
    for path in sorted(SAMPLES.glob("*/*.*")):
        found += _documents_of(f"{path.parent.name}/{path.name}", path.read_bytes())
    return tuple(found)


def _documents_of(name: str, data: bytes) -> list[Document]:
    member = zipfile.ZipFile(io.BytesIO(data)).namelist()[0] if name.endswith(".zip") else ""
    result = []
    for number, grid in enumerate(open_grids(data, name)):
        match = recognise(grid, load_platforms())
        if match is None:
            continue
        plain = _text_document if isinstance(grid, TextGrid) else _sheet_document
        title = f"{name}#{number}" if number else name
        document = replace(plain(title, grid, match), member=member)  # type: ignore[operator]
        result.append(document)
        if not document.match.spec.totals.control and document.match.spec.totals.rule == "none":
            result.append(replace(_grown(document), name=f"{title} grown"))
    return result


def _text_document(name: str, grid: TextGrid, match: Match) -> Document:
    lines = _LINE_END.split(grid.text)
    head = lines[match.line - 1]
    delimiter = max(",\t;|", key=head.count)
    newline = "\r\n" if "\r\n" in grid.text else "\n"
    encoding = {"utf-16-le": "utf-16", "utf-16-be": "utf-16"}.get(grid.encoding, grid.encoding)
    below = [line for line in lines[match.line :] if line]
    rows = tuple(tuple(next(csv.reader([line], delimiter=delimiter))) for line in below)
    saving = Saving(encoding, delimiter, newline)
    return Document(name, tuple(lines[: match.line - 1]), match.headers, rows, match, saving)


def _sheet_document(name: str, grid: SheetGrid, match: Match) -> Document:
    rows = [tuple(row) for row in grid.rows]
    header = tuple(str(cell) for cell in rows[match.line - 1])
    return Document(name, tuple(rows[: match.line - 1]), header, tuple(rows[match.line :]), match, sheet=grid.sheet)


def _grown(document: Document) -> Document:
    """Repeat the rows with other names and numbers, so that a number in a wrong row or column shows."""
    rng = random.Random(document.name)
    whole = document.whole_rows()
    rows = list(document.rows)
    for number in range(2, GROWN_ROWS + 2):
        if whole:
            rows.insert(whole[-1] + 1, _varied(document, rows[whole[number % len(whole)]], number, rng))
    return replace(document, rows=tuple(rows))


def _varied(document: Document, row: tuple[Any, ...], number: int, rng: random.Random) -> tuple[Any, ...]:
    cells = list(row)
    spice = rng.randrange(100)
    own = next((name for name in _OWN_WORDS if name in document.match.columns), "")
    for at, cell in enumerate(cells):
        types = {document.match.spec.columns[name].type for name in _names_at(document, at)}
        if types & _NUMBER_TYPES and _PLAIN_NUMBER.fullmatch(str(cell)):
            value = Decimal(str(cell)) * number * 3 + (at if "money" in types else 0)
            cells[at] = float(value) if isinstance(cell, int | float) else str(value)
        elif types == {"id"} and _filled(cell):
            cells[at] = f"{str(cell)[:-3]}{number:02d}{spice % 10}"
        elif types & _NAME_TYPES and _filled(cell) and own in _names_at(document, at):
            cells[at] = _renamed(str(cell), f" {number}{spice:02d}")
    return tuple(cells)


def _names_at(document: Document, at: int) -> set[str]:
    return {name for name, places in document.match.columns.items() if at in places}


def _renamed(word: str, ending: str) -> str:
    """Put an ending behind a keyword and inside its decoration."""
    return f"{word[:-1]}{ending}{word[-1]}" if word[-1] in ']"' else word + ending


def _filled(cell: Any) -> bool:
    return cell is not None and str(cell).strip() != ""
