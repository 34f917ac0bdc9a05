"""The rows of a delimited text: blocks of lines read side by side by Arrow, every column as its distinct cells.

Here belongs how rows and cells are found in text, and on which line a row stands. What a cell means does not.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv as arrow_csv

from assets.platforms.coded import Coded
from assets.platforms.decode import EncodedText
from assets.platforms.encoding import encode_alike, families, share_codes
from assets.platforms.errors import Message, UnreadableFileError

BLOCK_BYTES = 4 << 20
_MAX_BLOCK = 1 << 30
_BLANK_BYTES = 1 << 16
csv.field_size_limit(_MAX_BLOCK)  # a cell that Arrow reads must not stop the count of its lines
T = TypeVar("T")
S = TypeVar("S")


@dataclass(frozen=True)
class BrokenRow:
    """A row that is set aside, by default because it has another number of cells than the header.

    ``n_lines`` is how many lines of the file it swallowed.
    """

    line: int
    cells: tuple[str, ...]
    n_lines: int = 1
    reason: str = ""


@dataclass(frozen=True)
class RawRows:
    """The cells below the header: wanted columns of text by their position, and each row's line in the file."""

    columns: dict[int, Coded]
    line: NDArray[np.int64]
    broken: tuple[BrokenRow, ...] = ()


@dataclass(frozen=True)
class Shape:
    """How a line is cut: by which mark, into how many cells, and which of them are wanted."""

    delimiter: str
    width: int
    wanted: tuple[int, ...]


@dataclass(frozen=True)
class _Part:
    """The rows of one block: wanted cells as text, rows of another width, and the lines from its first on.

    ``is_closed`` says that every row is one line, so that the block began and ended between rows.
    """

    table: pa.Table
    odd: list[arrow_csv.InvalidRow]
    first_lines: NDArray[np.int64]
    n_lines: int
    is_closed: bool = True
    swallowed: tuple[BrokenRow, ...] = ()


def read_rows(source: EncodedText, skip: int, shape: Shape, header_line: int) -> RawRows:
    """Return the rows behind the first ``skip`` bytes of UTF-8, whose last line is ``header_line``.

    Raises
    ------
    UnreadableFileError
        If the rows cannot be told apart.
    """
    has_quotes = source.data.find(b'"') >= 0
    blocks: list[pa.Buffer] = []
    with _Workers(len(source.data) > BLOCK_BYTES) as work:
        stream = _remembered(source.blocks(skip, BLOCK_BYTES), blocks)
        parts = list(work.each(partial(_try_block, shape=shape, has_quotes=has_quotes), stream))
        if all(map(_is_blank, blocks)):
            parts = []
        elif None in parts or (len(parts) > 1 and not all(part.is_closed for part in parts if part)):
            # A quoted cell may hold a line end, and a block may have been cut there.
            parts = [_read_block(pa.py_buffer(b"".join(blocks)), shape, has_quotes=has_quotes)]
        whole_parts = [part for part in parts if part is not None]
        cells = {at: _cells(whole_parts, at) for at in shape.wanted}
        groups = families(cells)
        encoded = work.each(lambda group: encode_alike([cells[at] for at in group]), groups)
        columns = {
            at: one for group, ones in zip(groups, encoded, strict=True) for at, one in zip(group, ones, strict=True)
        }
        found = share_codes({at: columns[at] for at in shape.wanted})
    return _placed(whole_parts, found, header_line, shape.delimiter)


def split_line(line: str, delimiter: str) -> list[str]:
    """Return the cells of one line."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return line.split(delimiter)


class _Workers:
    """Threads for long files, none for short ones; results come in the order of the input."""

    def __init__(self, is_long: bool) -> None:
        self._pool = ThreadPoolExecutor(pa.cpu_count()) if is_long else None

    def __enter__(self) -> _Workers:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown()

    def each(self, change: Callable[[S], T], items: Iterable[S]) -> Iterator[T]:
        return map(change, items) if self._pool is None else self._pool.map(change, items)


def _remembered(blocks: Iterator[pa.Buffer], kept: list[pa.Buffer]) -> Iterator[pa.Buffer]:
    for block in blocks:
        kept.append(block)
        yield block


def _is_blank(block: pa.Buffer) -> bool:
    return block.size < _BLANK_BYTES and not str(block, "utf-8").strip()


def _cells(parts: list[_Part], position: int) -> pa.ChunkedArray:
    """Return one column of all blocks."""
    return pa.chunked_array(
        [chunk for part in parts for chunk in part.table.column(f"c{position}").chunks], pa.string()
    )


def _placed(parts: list[_Part], columns: dict[int, Coded], header_line: int, delimiter: str) -> RawRows:
    """Return the rows of the header's width and the others, each with its line in the file."""
    lines, broken, before = [np.empty(0, np.int64)], [], header_line
    if not any(part.odd or part.swallowed or not part.is_closed for part in parts):
        n_rows = sum(part.n_lines for part in parts)
        return RawRows(columns, np.arange(header_line + 1, header_line + 1 + n_rows, dtype=np.int64))
    for part in parts:
        own = part.first_lines + before
        lines.append(np.delete(own, [row.number - 1 for row in part.odd]) if part.odd else own)
        broken += [_broken(row, int(own[row.number - 1]), delimiter) for row in part.odd]
        broken += [replace(row, line=row.line + before) for row in part.swallowed]
        before += part.n_lines
    line = np.concatenate(lines)
    aside = [row.line for part in parts for row in part.swallowed]
    if aside:  # a file with such rows is one part
        is_whole = ~np.isin(line, np.array(aside) + header_line)
        line, columns = line[is_whole], {at: column.keep(is_whole) for at, column in columns.items()}
    return RawRows(columns, line, tuple(sorted(broken, key=lambda row: row.line)))


def _broken(row: arrow_csv.InvalidRow, line: int, delimiter: str) -> BrokenRow:
    n_lines = _count_line_ends(row.text.rstrip("\r\n").encode("utf-8")) + 1
    return BrokenRow(line, tuple(split_line(row.text, delimiter)), n_lines)


def _try_block(block: pa.Buffer, shape: Shape, *, has_quotes: bool) -> _Part | None:
    """Return the rows of one block, None where they cannot be told apart within it."""
    try:
        return _read_block(block, shape, has_quotes=has_quotes)
    except UnreadableFileError:
        return None


def _read_block(block: pa.Buffer, shape: Shape, *, has_quotes: bool) -> _Part:
    table, odd = _parse(block, shape)
    n_rows = table.num_rows + len(odd)
    if not has_quotes:  # then a row cannot be longer than its line
        return _Part(table, odd, np.arange(1, n_rows + 1, dtype=np.int64), n_rows)
    content = block.to_pybytes()
    n_lines = _count_line_ends(content) + (0 if content.endswith((b"\n", b"\r")) else 1)
    if n_lines != n_rows:
        starts, swallowed = _first_lines(content.decode("utf-8"), shape)
        lines = np.array((starts + [n_lines] * n_rows)[:n_rows], dtype=np.int64)
        return _Part(table, odd, lines, n_lines, is_closed=False, swallowed=swallowed)
    lines = np.arange(1, n_rows + 1, dtype=np.int64)
    return _Part(table, odd, lines, n_lines, _closes_quotes(content, shape.delimiter))


def _parse(block: pa.Buffer, shape: Shape) -> tuple[pa.Table, list[arrow_csv.InvalidRow]]:
    names = [f"c{position}" for position in range(shape.width)]
    odd: list[arrow_csv.InvalidRow] = []

    def keep(row: arrow_csv.InvalidRow) -> str:
        odd.append(row)
        return "skip"

    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(block),
            arrow_csv.ReadOptions(column_names=names, use_threads=False, block_size=min(block.size + 1, _MAX_BLOCK)),
            arrow_csv.ParseOptions(
                delimiter=shape.delimiter, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=keep
            ),
            arrow_csv.ConvertOptions(
                check_utf8=False,  # decoding has seen to it
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=False,
                include_columns=[f"c{position}" for position in shape.wanted],
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
    return table, odd


def _closes_quotes(content: bytes, delimiter: str) -> bool:
    """Return whether the last line ends outside quotes."""
    last = content.rstrip(b"\r\n").rsplit(b"\n", 1)[-1].decode("utf-8")
    try:
        next(csv.reader([last], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return False
    return True


def _first_lines(body: str, shape: Shape) -> tuple[list[int], tuple[BrokenRow, ...]]:
    """Return each row's first line, counted from 1 in ``body``, and the rows that swallowed others.

    A quoted cell may hold line ends. One that holds half as many delimiters as a row does not: its quote opened in one
    row and closed in a later one, so that the cells behind it belong to another row.
    """
    starts: list[int] = []
    swallowed: list[BrokenRow] = []
    before = 0
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=shape.delimiter)
    for cells in reader:
        starts.append(before + 1)
        long = [cell for cell in cells if "\n" in cell or "\r" in cell]
        n_inside = sum(cell.count(shape.delimiter) for cell in long)
        if len(cells) == shape.width and long and n_inside >= min(shape.width - 1, max(shape.width // 2, 2)):
            parts = tuple(part for cell in cells for part in (cell.split(shape.delimiter) if cell in long else [cell]))
            swallowed.append(BrokenRow(before + 1, parts, reader.line_num - before))
        before = reader.line_num
    return starts, tuple(swallowed)


def _count_line_ends(content: bytes) -> int:
    n_returns = content.count(b"\r")
    return content.count(b"\n") + (n_returns - content.count(b"\r\n") if n_returns else 0)
