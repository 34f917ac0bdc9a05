"""A table of cells whose header is not known yet: a text file or one sheet of a workbook, behind one interface.

Here belongs how rows and cells are found in text and workbooks. What a row or a cell means does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from assets.platforms.decode import HEAD_LINES, EncodedText
from assets.platforms.encoding import encode
from assets.platforms.text_rows import BrokenRow, RawRows, Shape, read_rows, split_line

__all__ = ["PREVIEW_ROWS", "BrokenRow", "Grid", "RawRows", "SheetGrid", "TextGrid", "cell_text", "split_line"]

PREVIEW_ROWS = HEAD_LINES
_DELIMITERS = (",", "\t", ";", "|")
_LINE_END = re.compile(r"\r\n|\n|\r")
_MAX_EXACT_FLOAT = 2.0**53


class Grid(Protocol):
    """What recognition and reading need of a text file or a sheet."""

    @property
    def label(self) -> str:
        """Name for messages: the file, with zip member and sheet."""
        ...

    @property
    def sheet(self) -> str:
        """Return the sheet's name, empty for text."""
        ...

    @property
    def encoding(self) -> str:
        """Return the text encoding, or the kind of workbook."""
        ...

    @property
    def ends_cleanly(self) -> bool:
        """Return whether the last row is closed, so that the file was not cut off inside it."""
        ...

    def lines_above(self, header_line: int) -> list[str]:
        """Return the lines above the header as they stand in the file."""
        ...

    def preview(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the first rows as (line, cells), the line counted from 1."""
        ...

    def read(self, header_line: int, wanted: tuple[int, ...]) -> RawRows:
        """Return the wanted columns of all rows below the header."""
        ...


@dataclass(frozen=True)
class TextGrid:
    """A delimited text file."""

    label: str
    source: EncodedText
    sheet: str = ""

    @property
    def encoding(self) -> str:
        """Return the text encoding."""
        return self.source.encoding

    @property
    def text(self) -> str:
        """Return the whole text; a long file's rows are better had from ``read``."""
        return self.source.text

    @property
    def ends_cleanly(self) -> bool:
        """Return whether the text ends with a line end."""
        return self.source.ends_cleanly

    def lines_above(self, header_line: int) -> list[str]:
        """Return whole lines; a date such as ``May 1, 2025`` holds the delimiter."""
        return [text for text, _ in self._lines(header_line - 1)] if header_line > 1 else []

    def preview(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the first lines, each split by the delimiter that it holds most of."""
        for line, (content, _) in enumerate(self._lines(PREVIEW_ROWS), start=1):
            yield line, split_line(content, _delimiter_of(content))

    def read(self, header_line: int, wanted: tuple[int, ...]) -> RawRows:
        """Return the wanted columns, read by Arrow; rows of another width come back as ``broken``."""
        header, end = list(self._lines(header_line))[-1]
        delimiter = _delimiter_of(header)
        shape = Shape(delimiter, len(split_line(header, delimiter)), wanted)
        return read_rows(self.source, len(self.source.head[:end].encode("utf-8")), shape, header_line)

    def _lines(self, n_lines: int) -> Iterator[tuple[str, int]]:
        """Yield the first lines without their line ends, and where the next line begins."""
        text, start = self.source.head, 0
        for _ in range(n_lines):
            found = _LINE_END.search(text, start)
            if not found:
                yield text[start:], len(text)
                return
            yield text[start : found.start()], found.end()
            start = found.end()


@dataclass(frozen=True)
class SheetGrid:
    """One sheet of a workbook; ``rows`` holds its cells as calamine reads them, leading blank rows included."""

    label: str
    sheet: str
    rows: list[list[Any]]
    encoding: str = "xlsx"
    ends_cleanly: bool = True

    def lines_above(self, header_line: int) -> list[str]:
        """Return each row's cells in one line."""
        return [" ".join(map(cell_text, row)) for row in self.rows[: header_line - 1]]

    def preview(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the first rows as text."""
        for line, row in enumerate(self.rows[:PREVIEW_ROWS], start=1):
            yield line, [cell_text(value) for value in row]

    def read(self, header_line: int, wanted: tuple[int, ...]) -> RawRows:
        """Return the wanted columns as text."""
        broken = self._rows_over_the_edge(header_line)
        aside = {row.line for row in broken}
        below = [
            (line, row) for line, row in enumerate(self.rows[header_line:], start=header_line + 1) if line not in aside
        ]
        columns = {position: encode(_as_text([row[position] for _, row in below])) for position in wanted}
        return RawRows(columns, np.array([line for line, _ in below], dtype=np.int64), broken)

    def _rows_over_the_edge(self, header_line: int) -> tuple[BrokenRow, ...]:
        """Return the rows that reach further than the header, unless most do: their cells may have been moved."""
        width = _n_filled_to(self.rows[header_line - 1])
        below = self.rows[header_line:]
        wide = [at for at, row in enumerate(below) if len(row) > width and _n_filled_to(row) > width]
        if not wide or 2 * len(wide) > sum(1 for row in below if _n_filled_to(row)):
            return ()
        cells = [tuple(map(cell_text, below[at][: _n_filled_to(below[at])])) for at in wide]
        return tuple(BrokenRow(at + header_line + 1, row) for at, row in zip(wide, cells, strict=True))


def cell_text(value: Any) -> str:
    """Return a workbook cell as a text file would hold it: dates as ISO, whole numbers without a point."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < _MAX_EXACT_FLOAT:
        return str(int(value))
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else str(value)


def _n_filled_to(row: list[Any]) -> int:
    """Return how many cells a row has up to its last filled one."""
    return next((at for at in range(len(row), 0, -1) if cell_text(row[at - 1]).strip()), 0)


def _as_text(cells: list[Any]) -> pa.StringArray:
    is_text = set(map(type, cells)) == {str}  # most columns are
    return pa.array(cells if is_text else map(cell_text, cells), pa.string())


def _delimiter_of(line: str) -> str:
    return max(_DELIMITERS, key=line.count)
