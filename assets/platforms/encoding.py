"""Columns of text looked up: their distinct cells and, per row, the number of the cell, at as little cost as can be.

Here belongs how cells become codes. The form itself and its arithmetic are in ``coded``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from assets.platforms.coded import Coded, CodedTable, Codes, Mask

_GLANCE = 4096
_MIN_RUN = 4


def encode(cells: pa.Array | pa.ChunkedArray) -> Coded:
    """Return a column in this form; words stand in the order in which they first appear.

    Where cells come in runs, as names of campaigns do, only the first of each run is looked up.
    """
    whole = cells if isinstance(cells, pa.ChunkedArray) else pa.chunked_array([cells])
    chunks = [chunk for chunk in whole.chunks if len(chunk)]
    if not chunks or whole.null_count or not _comes_in_runs(chunks[0]):
        return _looked_up(whole)
    starts = [_run_starts(chunk) for chunk in chunks]
    firsts = [chunk.take(pa.array(at)) for chunk, at in zip(chunks, starts, strict=True)]
    lengths = [np.diff(at, append=len(chunk)) for chunk, at in zip(chunks, starts, strict=True)]
    found = _looked_up(pa.chunked_array(firsts))
    return Coded(found.words, np.repeat(found.codes, np.concatenate(lengths)), True)


def _looked_up(whole: pa.ChunkedArray) -> Coded:
    encoded = pc.dictionary_encode(whole, null_encoding="encode").chunks
    if not encoded:
        return Coded(pa.array([], whole.type), np.empty(0, np.int32), True)
    return Coded(encoded[-1].dictionary, np.concatenate([np.asarray(one.indices) for one in encoded]), True)


def _comes_in_runs(chunk: pa.Array) -> bool:
    """Return whether cells seldom change from row to row, by a glance at the first ones."""
    return len(chunk) > _GLANCE and len(_run_starts(chunk.slice(0, _GLANCE))) * _MIN_RUN <= _GLANCE


def _run_starts(chunk: pa.Array) -> NDArray[np.int64]:
    """Return the rows in which another cell stands than in the row before."""
    changes = np.asarray(pc.not_equal(chunk.slice(1), chunk.slice(0, len(chunk) - 1)))
    return np.concatenate([[0], np.flatnonzero(changes) + 1])


def encode_alike(columns: Sequence[pa.ChunkedArray]) -> list[Coded]:
    """Return columns that seem to change from row to row alike, as an id and its name: only the first is looked up.

    Each other one takes the first's codes and, as words, its cells where those codes first appear; where its rows are not
    what that says, it is looked up itself. Comparing costs a fifth of looking up.
    """
    base = encode(columns[0])
    return [base, *(_told_column(base, column) or encode(column) for column in columns[1:])]


def _told_column(base: Coded, column: pa.ChunkedArray) -> Coded | None:
    highest = np.maximum.accumulate(base.codes)
    is_first = np.diff(highest, prepend=np.int32(-1)) > 0  # words are numbered as they appear
    words = pa.concat_arrays([pa.array([], column.type), *_filtered(column, is_first)])
    if len(words) != len(base.words):
        return None
    at = 0
    for chunk in column.chunks:
        if not words.take(pa.array(base.codes[at : at + len(chunk)])).equals(chunk):
            return None
        at += len(chunk)
    return Coded(words, base.codes, pc.count_distinct(words, mode="all").as_py() == len(words))


def _filtered(column: pa.ChunkedArray, rows: Mask) -> Iterator[pa.Array]:
    at = 0
    for chunk in column.chunks:
        yield chunk.filter(pa.array(rows[at : at + len(chunk)]))
        at += len(chunk)


def families(columns: Mapping[int, pa.ChunkedArray]) -> list[tuple[int, ...]]:
    """Return the names of columns that change alike in their first rows together, and each other one alone."""
    alike: dict[object, list[int]] = {}
    for at, column in columns.items():
        chunk = next((one for one in column.chunks if len(one)), pa.array([], column.type))
        key: object = at
        if len(chunk) and not _comes_in_runs(chunk):
            key = _looked_up(pa.chunked_array([chunk.slice(0, _GLANCE)])).codes.tobytes()
        alike.setdefault(key, []).append(at)
    return [tuple(one) for one in alike.values()]


def share_codes(columns: Mapping[int, Coded]) -> dict[int, Coded]:
    """Return columns of which those that change from row to row alike, as an id and its name, hold one array of codes."""
    found: dict[int, Coded] = {}
    like: dict[int, Codes] = {}
    for at, column in columns.items():
        first = like.setdefault(len(column.words), column.codes)
        is_alike = first is not column.codes and np.array_equal(first, column.codes)
        found[at] = replace(column, codes=first) if is_alike else column
    return found


def encode_table(table: pa.Table) -> CodedTable:
    """Return an Arrow table in this form."""
    return CodedTable({name: encode(table[name]) for name in table.column_names}, table.num_rows)
