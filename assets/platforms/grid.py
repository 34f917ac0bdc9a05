"""A table of cells whose header is not known yet: a text file or one sheet of a workbook, behind one interface.

Here belongs how rows and cells are found in text and workbooks. What a row or a cell means does not.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from assets.platforms.errors import Message, UnreadableFileError

PREVIEW_ROWS = 60
_DELIMITERS = (",", "\t", ";", "|")
_LINE_END = re.compile(r"\r\n|\n|\r")
_MAX_BLOCK = 1 << 30
_MAX_EXACT_FLOAT = 2.0**53
csv.field_size_limit(_MAX_BLOCK)  # a cell that Arrow reads must not stop the count of its lines


@dataclass(frozen=True)
class BrokenRow:
    """A row with another number of cells than the header; ``n_lines`` is how many lines of the file it swallowed."""

    line: int
    cells: tuple[str, ...]
    n_lines: int = 1


@dataclass(frozen=True)
class RawRows:
    """The cells below the header: wanted columns as text by their position, and each row's line in the file."""

    columns: dict[int, pa.StringArray]
    line: np.ndarray
    broken: tuple[BrokenRow, ...] = ()


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
    text: str
    encoding: str
    sheet: str = ""

    @property
    def ends_cleanly(self) -> bool:
        """Return whether the text ends with a line end."""
        return self.text.endswith(("\n", "\r"))

    def lines_above(self, header_line: int) -> list[str]:
        """Return whole lines; a date such as ``May 1, 2025`` holds the delimiter."""
        return (
            [self.text[start:end] for start, end in _line_spans(self.text, header_line - 1)] if header_line > 1 else []
        )

    def preview(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the first lines, each split by the delimiter that it holds most of."""
        for line, (start, end) in enumerate(_line_spans(self.text, PREVIEW_ROWS), start=1):
            content = self.text[start:end]
            yield line, split_line(content, _delimiter_of(content))

    def read(self, header_line: int, wanted: tuple[int, ...]) -> RawRows:
        """Return the wanted columns, read by Arrow; rows of another width come back as ``broken``."""
        start, end = list(_line_spans(self.text, header_line))[-1]
        delimiter = _delimiter_of(self.text[start:end])
        width = len(split_line(self.text[start:end], delimiter))
        body = _LINE_END.sub("", self.text[end : end + 2], count=1) + self.text[end + 2 :]
        if not body.strip():
            return RawRows({position: pa.array([], pa.string()) for position in wanted}, np.empty(0, np.int64))
        odd_rows: list[arrow_csv.InvalidRow] = []
        table = _parse(body.encode("utf-8"), delimiter, (width, wanted), odd_rows)
        shape = (table.num_rows + len(odd_rows), width)
        first_lines, swallowed = _first_lines(body, delimiter, shape)
        first_lines += header_line
        kept = np.delete(np.arange(shape[0]), [row.number - 1 for row in odd_rows])
        columns = {position: _one_chunk(table.column(f"c{position}")) for position in wanted}
        broken = _broken(odd_rows, first_lines, delimiter)
        if swallowed:
            is_whole = ~np.isin(kept, list(swallowed))
            kept, columns = kept[is_whole], {at: cells.filter(pa.array(is_whole)) for at, cells in columns.items()}
            rows = [BrokenRow(int(first_lines[at]), cells, n_lines) for at, (cells, n_lines) in swallowed.items()]
            broken = tuple(sorted([*broken, *rows], key=lambda row: row.line))
        return RawRows(columns, first_lines[kept], broken)


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
        columns = {position: _as_text([row[position] for _, row in below]) for position in wanted}
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


def split_line(line: str, delimiter: str) -> list[str]:
    """Return the cells of one line."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return line.split(delimiter)


def _delimiter_of(line: str) -> str:
    return max(_DELIMITERS, key=line.count)


def _line_spans(text: str, n_lines: int) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of the first lines, without their line ends."""
    start = 0
    for _ in range(n_lines):
        found = _LINE_END.search(text, start)
        yield start, found.start() if found else len(text)
        if not found:
            return
        start = found.end()


def _parse(data: bytes, delimiter: str, shape: tuple[int, tuple[int, ...]], odd_rows: list) -> pa.Table:
    width, wanted = shape
    names = [f"c{position}" for position in range(width)]

    def keep(row: arrow_csv.InvalidRow) -> str:
        odd_rows.append(row)
        return "skip"

    try:
        return arrow_csv.read_csv(
            pa.BufferReader(data),
            arrow_csv.ReadOptions(
                column_names=names, use_threads=False, block_size=max(min(len(data) + 1, _MAX_BLOCK), 1)
            ),
            arrow_csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=keep
            ),
            arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=False,
                include_columns=[f"c{position}" for position in wanted],
            ),
        )
    except pa.ArrowInvalid as error:
        raise UnreadableFileError(
            Message(
                code="not_a_table",
                text=f"its rows cannot be told apart: {str(error)[:160]}.",
                limit="one record a line, quoted cells closed",
                remedy="Export the report again; if it was edited by hand, undo the edit.",
            )
        ) from error


def _one_chunk(column: pa.ChunkedArray) -> pa.StringArray:
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], pa.string())


def _first_lines(
    body: str, delimiter: str, shape: tuple[int, int]
) -> tuple[np.ndarray, dict[int, tuple[tuple[str, ...], int]]]:
    """Return each row's first line, counted from 1 in ``body``, and the rows that swallowed others.

    A quoted cell may hold line ends. One that holds as many delimiters as a row does not: its quote opened in one row
    and closed in a later one, so that the cells behind it belong to another row.
    """
    n_rows, width = shape
    n_lines = _count_line_ends(body) + (0 if body.endswith(("\n", "\r")) else 1)
    if n_lines == n_rows:
        return np.arange(1, n_rows + 1, dtype=np.int64), {}
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter)
    starts: list[int] = []
    swallowed: dict[int, tuple[tuple[str, ...], int]] = {}
    before = 0
    for number, cells in enumerate(reader):
        starts.append(before + 1)
        long = [cell for cell in cells if "\n" in cell or "\r" in cell]
        if len(cells) == width and sum(cell.count(delimiter) for cell in long) >= max(width - 1, 1):
            parts = tuple(part for cell in cells for part in (cell.split(delimiter) if cell in long else [cell]))
            swallowed[number] = parts, reader.line_num - before
        before = reader.line_num
    return np.array((starts + [n_lines] * n_rows)[:n_rows], dtype=np.int64), swallowed


def _count_line_ends(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _broken(odd_rows: list, first_lines: np.ndarray, delimiter: str) -> tuple[BrokenRow, ...]:
    return tuple(
        BrokenRow(
            int(first_lines[row.number - 1]),
            tuple(split_line(row.text, delimiter)),
            _count_line_ends(row.text.rstrip("\r\n")) + 1,
        )
        for row in odd_rows
    )
