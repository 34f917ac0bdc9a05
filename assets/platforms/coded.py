"""Columns as their distinct cells and, per row, the number of the cell that stands there.

What a cell means is worked out once per distinct cell; what is done with rows (leave out, sort, count, compare keys) is
done with numbers. Here belongs this form and its arithmetic; what cells mean is in ``cells``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Codes = NDArray[np.int32]

_PANDAS_TYPES = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
_DENSE = 8  # a table of marks may be so many times as long as the rows
_MAX_WIDE = 1 << 62
_MAX_NARROW = (1 << 31) - 1
_GLANCE = 4096
STRETCH = 1 << 16


@dataclass(frozen=True)
class Coded:
    """One column: ``codes[row]`` is the place of the row's value in ``words``; a missing value is a null word.

    Words may stand there unused (their rows were left out) and, unless ``is_merged``, twice.
    """

    words: pa.Array
    codes: Codes
    is_merged: bool = False

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.codes)

    @cached_property
    def last_rows(self) -> NDArray[np.intp]:
        """Return the last row in which each word stands, 0 for a word of no row."""
        rows = np.zeros(len(self.words), dtype=np.intp)
        for part in stretches(len(self.codes)):
            rows[self.codes[part]] = np.arange(part.start, part.stop)
        return rows

    @property
    def values(self) -> pa.Array:
        """Return the column row by row."""
        return self.words.take(pa.array(self.codes))

    def where(self, is_met: Mask) -> Mask:
        """Return the rows whose word is marked."""
        if not is_met.any():
            return np.zeros(len(self.codes), dtype=bool)
        return np.ones(len(self.codes), dtype=bool) if is_met.all() else is_met.take(self.codes)

    def where_word(self, word: str) -> Mask:
        """Return the rows that hold this word."""
        return self.where(np.asarray(pc.fill_null(pc.equal(self.words, word), False)))

    def used_words(self) -> pa.Array:
        """Return the words that stand in a row, in their order."""
        return self.words.filter(pa.array(self.is_used()))

    def is_used(self) -> Mask:
        """Return which words stand in a row."""
        if len(self.words) == 1:
            return np.array([len(self.codes) > 0])
        is_used = np.zeros(len(self.words), dtype=bool)
        is_used[self.codes] = True
        return is_used

    def is_missing(self) -> Mask:
        """Return the rows without a value."""
        return self.where(np.asarray(pc.is_null(self.words)))

    def keep(self, rows: Mask) -> Coded:
        """Return the column with only the rows of the mask."""
        return Coded(self.words, self.codes[rows], self.is_merged)

    def take(self, order: NDArray[np.int64]) -> Coded:
        """Return the rows in this order."""
        return Coded(self.words, self.codes.take(order), self.is_merged)

    def merged(self) -> Coded:
        """Return the column with every word once, so that equal codes mean equal values and the other way round."""
        if self.is_merged:
            return self
        once = pc.dictionary_encode(self.words, null_encoding="encode")
        is_same = len(once.dictionary) == len(self.words)
        return Coded(once.dictionary, self.codes if is_same else np.asarray(once.indices).take(self.codes), True)


@dataclass(frozen=True)
class CodedTable:
    """Named columns of one length."""

    columns: dict[str, Coded]
    n_rows: int

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.n_rows

    def __contains__(self, name: object) -> bool:
        """Return whether there is a column of this name."""
        return name in self.columns

    def __getitem__(self, name: str) -> Coded:
        """Return one column."""
        return self.columns[name]

    def keep(self, rows: Mask) -> CodedTable:
        """Return the table with only the rows of the mask."""
        if rows.all():
            return self
        return CodedTable({name: one.keep(rows) for name, one in self.columns.items()}, int(rows.sum()))

    def having(self, columns: Mapping[str, Coded]) -> CodedTable:
        """Return the table with these columns in place of those of the same name, or behind the others."""
        return CodedTable({**self.columns, **columns}, self.n_rows)

    def to_arrow(self) -> pa.Table:
        """Return the rows as an Arrow table."""
        return pa.table({name: one.values for name, one in self.columns.items()})

    def to_pandas(self) -> pd.DataFrame:
        """Return the rows as a frame: text ``str``, counts and money ``Int64``, ``line`` a plain number."""
        frame = self.to_arrow().to_pandas(types_mapper=_PANDAS_TYPES.get)
        if "line" in frame and not frame["line"].hasnans:
            frame["line"] = frame["line"].to_numpy(dtype=np.int64)
        return frame


@dataclass(frozen=True)
class Groups:
    """Rows with equal keys: the number of each row's group, and a row of each group."""

    codes: Codes | NDArray[np.int64]
    example: NDArray[np.int64]


def constant(value: object, n_rows: int, kind: pa.DataType) -> Coded:
    """Return a column with the same value in every row; None is a column without values."""
    return Coded(pa.array([value], kind), np.zeros(n_rows, np.int32), True)


def all_different(values: pa.Array) -> Coded:
    """Return a column of which every row is a word of its own."""
    return Coded(values, np.arange(len(values), dtype=np.int32), True)


def group_rows(keys: Sequence[Coded], n_rows: int) -> Groups:
    """Return the rows grouped by these columns; one that tells all the others is itself the group."""
    base, *others = _telling(keys, n_rows)
    if not others and base.is_used().all():
        return Groups(base.codes, base.last_rows)
    wide, size = _combine([base, *others], n_rows)
    if size > max(2 * n_rows, 1024):
        wide = pd.factorize(wide)[0]
        size = int(wide.max()) + 1 if n_rows else 0
    example = np.full(size, -1, dtype=np.int64)
    example[wide] = np.arange(n_rows)
    if (example >= 0).all():
        return Groups(wide, example)
    used = np.cumsum(example >= 0) - 1
    return Groups(used.take(wide), example[example >= 0])


def are_different(keys: Sequence[Coded], n_rows: int) -> bool:
    """Return whether no two rows have these columns in common."""
    return len(_repeats(keys, n_rows)) == 0


def in_common(keys: Sequence[Coded], n_rows: int) -> Mask:
    """Return the rows that share these columns with another row."""
    shared = np.zeros(n_rows, dtype=bool)
    repeats = _repeats(keys, n_rows)
    if len(repeats):
        codes = group_rows(keys, n_rows).codes
        shared = np.isin(codes, codes[repeats])
    return shared


def _repeats(keys: Sequence[Coded], n_rows: int) -> NDArray[np.int64]:
    """Return rows that repeat a key, at least one per repeated key."""
    wide, size = _combine(_telling(keys, n_rows), n_rows)
    if size <= _DENSE * n_rows:
        is_seen = np.zeros(size, dtype=bool)  # small marks stay in the cache, and most files repeat nothing
        for part in stretches(n_rows):
            is_seen[wide[part]] = True
        if np.count_nonzero(is_seen) == n_rows:
            return np.empty(0, dtype=np.int64)
        last = np.full(size, -1, dtype=np.int32)
        for part in stretches(n_rows):
            last[wide[part]] = np.arange(part.start, part.stop)
        found = [
            np.flatnonzero(last.take(wide[part]) != np.arange(part.start, part.stop)) + part.start
            for part in stretches(n_rows)
        ]
        return np.concatenate([np.empty(0, dtype=np.int64), *found])
    order = np.argsort(wide, kind="stable")
    return order[1:][wide[order[1:]] == wide[order[:-1]]]


def _telling(keys: Iterable[Coded], n_rows: int) -> list[Coded]:
    """Return the column with most words, and those that it does not determine as it does a campaign's name."""
    merged = (key.merged() for key in keys)
    base, *others = sorted(merged, key=lambda key: -len(key.words)) or [constant(None, n_rows, pa.null())]
    return [base, *(other for other in others if told_by(base, other) is None)]


def _combine(keys: Sequence[Coded], n_rows: int) -> tuple[NDArray[np.signedinteger[Any]], int]:
    """Return one number per row for all columns together, below the returned size."""
    base, *others = keys
    n_all = math.prod(max(len(key.words), 1) for key in keys)
    kind: type[np.signedinteger[Any]] = np.int32 if n_all <= _MAX_NARROW else np.int64
    wide, size = base.codes.astype(kind), max(len(base.words), 1)
    for other in others:
        if size * len(other.words) > _MAX_WIDE:
            wide = pd.factorize(wide)[0].astype(np.int64)
            size = n_rows
        wide *= len(other.words)
        wide += other.codes
        size *= len(other.words)
    return wide, size


def told_by(base: Coded, other: Coded) -> Codes | None:
    """Return the code of ``other`` for every word of ``base``, or None where rows of one word differ in ``other``."""
    if len(other.words) <= 1 or not len(base):
        return np.zeros(len(base.words), dtype=np.int32)
    if other.codes is base.codes:
        return np.arange(len(base.words), dtype=np.int32)
    told = other.codes.take(base.last_rows)
    rows = [slice(None, None, max(len(base) // _GLANCE, 1)), *stretches(len(base))]  # most others differ at a glance
    return told if all(np.array_equal(told.take(base.codes[one]), other.codes[one]) for one in rows) else None


def stretches(n_rows: int, size: int = STRETCH) -> Iterator[slice]:
    """Yield the rows in stretches whose intermediate results stay in the processor's cache."""
    for start in range(0, n_rows, size):
        yield slice(start, min(start + size, n_rows))
