"""The bytes of a facts file: rows in the order of bucket, day, item and line, as Parquet.

What facts are and where they lie is in ``facts``; here belongs only their order and form.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from assets.platforms.coded import Coded, CodedTable, constant, encode, told_by

N_BUCKETS = 64
ROWS_PER_GROUP = 131_072
DAYS = ("report_date", "order_date", "period_start")
FILTERED = (
    "bucket",
    "platform",
    "account",
    "report_date",
    "order_date",
    "period_start",
    "period_end",
)  # what windows ask for
_MAX_KEY = 1 << 62
_FEW_WORDS = 4096


def write_sorted(table: CodedTable, path: Path, note: Mapping[str, str]) -> None:
    """Write the rows with their bucket in order; the same rows give the same bytes, however they come."""
    table = CodedTable({name: _in_word_order(one) for name, one in table.columns.items()}, len(table))
    table = table.having({"bucket": _buckets(table)})
    with ThreadPoolExecutor(pa.cpu_count()) as pool:
        told = dict(zip(table.columns, pool.map(partial(_told_by_item, table), table.columns), strict=True))
    make = partial(_row_group, table, told, _order(table))
    fields = [_field(name, column) for name, column in table.columns.items()]
    plain = [name for name in table.columns if name != "line"]
    with (
        pq.ParquetWriter(
            path, pa.schema(fields), compression="lz4", use_dictionary=plain, store_schema=False,
            column_encoding={"line": "DELTA_BINARY_PACKED"} if "line" in table else None,
            write_statistics=[name for name in FILTERED if name in table],
        ) as writer,
        ThreadPoolExecutor(pa.cpu_count()) as pool,
    ):  # fmt: skip
        starts = range(0, max(len(table), 1), ROWS_PER_GROUP)
        for group in pool.map(make, starts) if len(starts) > 1 else map(make, starts):
            writer.write_table(group, row_group_size=ROWS_PER_GROUP)
        writer.add_key_value_metadata(dict(note))


def bucket_of(text: str) -> int:
    """Return the bucket of an item or keyword; stable over processes, machines and versions."""
    return int(_buckets_of(pa.array([text]))[0])


def _buckets_of(words: pa.StringArray) -> NDArray[np.int16]:
    """Return the bucket of every word: SipHash with pandas' fixed key."""
    texts = np.array(words.to_pylist(), dtype=object)
    return (pd.util.hash_array(texts, categorize=False) % N_BUCKETS).astype(np.int16)


def _buckets(table: CodedTable) -> Coded:
    """Return the bucket of every row, by its item, else by its keyword."""
    names = [table[name] for name in ("item", "keyword") if name in table]
    if not names:
        word = constant("", len(table), pa.string())
    elif names[0].words.null_count == 0:
        word = names[0]
    else:
        word = encode(pc.coalesce(*(one.values for one in names), pa.scalar("")))
    return Coded(pa.array(_buckets_of(word.words)), word.codes)


def _order(table: CodedTable) -> NDArray[np.int64]:
    """Return the rows in order; one sort of one number per row, in which all sort keys and the row stand."""
    names = ["bucket", *(name for name in DAYS if name in table), *(one for one in ("item", "line") if one in table)]
    if "line" in table and _is_in_line_order(table["line"]):
        names.remove("line")
    n_rows = len(table)
    n_places = 1 << n_rows.bit_length()
    ranks = [_ranks(table[name].words) for name in names]
    sizes = [int(rank.max(initial=0)) + 1 for rank in ranks]
    if np.prod([*sizes, n_places], dtype=object) > _MAX_KEY:
        return np.lexsort(
            [rank.take(table[name].codes) for name, rank in zip(reversed(names), reversed(ranks), strict=True)]
        )
    worth: dict[int, tuple[NDArray[np.int32], NDArray[np.int64]]] = {}
    weight = n_places
    for name, rank, size in reversed(list(zip(names, ranks, sizes, strict=True))):
        codes = table[name].codes
        own = rank * weight  # a bucket follows from its item: what has the same codes is added up word by word
        worth[id(codes)] = (codes, worth[id(codes)][1] + own if id(codes) in worth else own)
        weight *= size
    key = np.arange(n_rows)
    for codes, value in worth.values():
        key += value.take(codes)
    key.sort()
    return key & (n_places - 1)


def _is_in_line_order(line: Coded) -> bool:
    values = line.values
    return values.null_count == 0 and bool((np.diff(np.asarray(values)) >= 0).all())


def _ranks(words: pa.Array) -> NDArray[np.int64]:
    """Return the place of every word in their order, from 0; a missing word comes last."""
    return np.asarray(pc.rank(words, "ascending", tiebreaker="dense")).astype(np.int64) - 1


def _told_by_item(table: CodedTable, name: str) -> NDArray[np.int32] | None:
    """Return the column's code for every item, where an item has one value of it in all its rows."""
    is_worth_it = "item" in table and name != "item" and len(table[name].words) > 1
    return (
        told_by(table["item"], table[name])
        if is_worth_it and len(table[name].words) <= len(table["item"].words)
        else None
    )


def _row_group(
    table: CodedTable, told: Mapping[str, NDArray[np.int32] | None], order: NDArray[np.int64], start: int
) -> pa.Table:
    """Return the rows of one group; what an item tells is looked up once per item, not once per row."""
    rows = order[start : start + ROWS_PER_GROUP]
    fields = [_field(name, column) for name, column in table.columns.items()]
    items = pc.dictionary_encode(pa.array(table["item"].codes.take(rows))) if "item" in table else None
    cells = []
    for name, column in table.columns.items():
        by_item = told.get(name)
        if items is not None and by_item is not None:
            of_each = _cells(column, by_item.take(np.asarray(items.dictionary)))
            cells.append(_spread(of_each, items.indices))
        else:
            codes = column.codes.take(rows) if len(column.words) > 1 else np.zeros(len(rows), dtype=np.int32)
            cells.append(_cells(column, codes))
    return pa.table(cells, schema=pa.schema(fields))


def _spread(cells: pa.Array, places: pa.Array) -> pa.Array:
    """Return the cells at these places; text keeps its distinct words."""
    if pa.types.is_dictionary(cells.type):
        return pa.DictionaryArray.from_arrays(cells.indices.take(places), cells.dictionary, safe=False)
    return cells.take(places)


def _cells(column: Coded, chosen: NDArray[np.int32]) -> pa.Array:
    """Return words as they are written; text with its distinct words, so that they need not be found again."""
    if _is_empty(column):
        return pa.nulls(len(chosen), column.words.type)
    codes = pa.array(chosen)
    if not pa.types.is_string(column.words.type):
        return column.words.take(codes)
    if len(column.words) <= _FEW_WORDS and column.words.null_count == 0:
        return pa.DictionaryArray.from_arrays(codes, column.words, safe=False)
    used = pc.dictionary_encode(codes)
    words = column.words.take(used.dictionary)
    if words.null_count == 0:
        return pa.DictionaryArray.from_arrays(used.indices, words, safe=False)
    return words.take(used.indices).dictionary_encode()


def _in_word_order(column: Coded) -> Coded:
    """Return a column of few words with these in their order, so that they can stand in every row group as they are."""
    if not (1 < len(column.words) <= _FEW_WORDS and pa.types.is_string(column.words.type)):
        return column
    order = pc.sort_indices(column.words)
    place = np.empty(len(order), dtype=np.int32)
    place[np.asarray(order)] = np.arange(len(order), dtype=np.int32)
    return Coded(column.words.take(order), place.take(column.codes), column.is_merged)


def _field(name: str, column: Coded) -> pa.Field:
    """Return how a column is written; one without gaps needs no marks for them."""
    is_coded = pa.types.is_string(column.words.type) and not _is_empty(column)
    kind = pa.dictionary(pa.int32(), pa.string()) if is_coded else column.words.type
    return pa.field(name, kind, nullable=column.words.null_count > 0)


def _is_empty(column: Coded) -> bool:
    return column.words.null_count == len(column.words)
