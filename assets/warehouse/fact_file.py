"""The bytes of a facts file: rows in the order of bucket, day, item and line, as Parquet, and its items beside them.

In a file of more than one row group, what follows from an item (its names, its ids) stands once, in a file of items; a row
holds the item's number there. What facts are and where they lie is in ``facts``; here belongs only their order and form.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from assets.platforms.coded import Coded, CodedTable, constant, stretches, told_by
from assets.platforms.encoding import encode
from assets.warehouse.documents import replacing
from assets.warehouse.text_hash import hash_texts

N_BUCKETS = 64
ROWS_PER_GROUP = 131_072
ITEM_NO = "item_no"
DAYS = ("report_date", "order_date", "period_start")
# what windows ask for stands in every row
FILTERED = ("bucket", "platform", "account", "report_date", "order_date", "period_start", "period_end")
_MAX_KEY = 1 << 62
_FEW_WORDS = 4096
_DELTA = ("line", ITEM_NO)  # whole numbers in runs that mostly rise


@dataclass(frozen=True)
class _Parts:
    """Rows, and the items in the order of the numbers that stand in them; None where rows hold their names themselves."""

    rows: CodedTable
    items: pa.Table | None = None


def items_path(path: Path) -> Path:
    """Return where the items of a facts file lie."""
    return path.with_suffix(".items.parquet")


def write_sorted(table: CodedTable, path: Path, items: Path, note: Mapping[str, str]) -> None:
    """Write the rows with their bucket in order, and their items; the same rows give the same bytes, however they come."""
    with ThreadPoolExecutor(pa.cpu_count()) as pool:
        parts = _split(table, pool)
        beside = pool.submit(_write_items, parts.items, items)
        rows, make = parts.rows, partial(_row_group, parts.rows, _order(parts.rows))
        repeating = [name for name, column in rows.columns.items() if _repeats(name, column)]
        with pq.ParquetWriter(
            path, pa.schema([_field(name, column) for name, column in rows.columns.items()]), compression="lz4",
            use_dictionary=repeating, store_schema=False, write_statistics=[name for name in FILTERED if name in rows],
            column_encoding={name: "DELTA_BINARY_PACKED" for name in _DELTA if name in rows} or None,
        ) as writer:  # fmt: skip
            for group in pool.map(make, range(0, max(len(rows), 1), ROWS_PER_GROUP)):
                writer.write_table(group, row_group_size=ROWS_PER_GROUP)
            writer.add_key_value_metadata(dict(note))
        beside.result()


def _write_items(table: pa.Table | None, path: Path) -> None:
    if table is not None:
        with replacing(path) as temporary:
            pq.write_table(table, temporary, compression="lz4", store_schema=False)


def read_sorted(path: Path, wanted: pc.Expression | None = None) -> pa.Table:
    """Return the wanted rows of a facts file, with what their item tells in place of its number."""
    rows = pq.read_table(path, filters=wanted, use_threads=False)
    if ITEM_NO not in rows.column_names:
        return rows
    items = pq.read_table(items_path(path), use_threads=False).take(rows[ITEM_NO])
    whole = rows.drop_columns([ITEM_NO])
    for name in items.column_names:
        whole = whole.append_column(name, items[name])
    return whole


def _buckets_of(words: pa.StringArray) -> NDArray[np.int16]:
    """Return the bucket of every word."""
    return (hash_texts(words) % np.uint64(N_BUCKETS)).astype(np.int16)


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


def _split(table: CodedTable, pool: ThreadPoolExecutor) -> _Parts:
    """Set what follows from an item apart from what a day brings; a row knows its item by the item's place."""
    bucket = pool.submit(_buckets, table)
    if "item" not in table or len(table) <= ROWS_PER_GROUP:
        return _Parts(table.having({"bucket": bucket.result()}))
    item, names = table["item"], [name for name, column in table.columns.items() if _is_name(name, column)]
    once = {id(table[name].codes): table[name] for name in names}  # an id and its name are told by the same numbers
    told = dict(zip(once, pool.map(partial(_told_by_item, item), once.values()), strict=True))
    order, place = _in_order(item)
    items = {
        name: table[name].words.take(pa.array(codes.take(order)))
        for name in names
        if (codes := told[id(table[name].codes)]) is not None
    }
    rows = {name: column for name, column in table.columns.items() if name not in items}
    rows |= {ITEM_NO: Coded(pa.array(place), item.codes, True), "bucket": bucket.result()}
    return _Parts(CodedTable(rows, len(table)), pa.table(items))


def _in_order(column: Coded) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the words that stand in rows, in their order, and the place of every word among them."""
    order = np.asarray(pc.sort_indices(column.words)).astype(np.int64)
    order = order[column.is_used().take(order)]
    place = np.zeros(len(column.words), dtype=np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    return order, place


def _order(table: CodedTable) -> NDArray[np.int64]:
    """Return the rows in order; one sort of one number per row, in which all sort keys and the row stand."""
    names = [name for name in ("bucket", *DAYS, "item", ITEM_NO, "line") if name in table]
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
        for part in stretches(n_rows):
            key[part] += value.take(codes[part])
    key.sort()
    return key & (n_places - 1)


def _is_in_line_order(line: Coded) -> bool:
    return line.words.null_count == 0 and _rises(np.asarray(line.words)) and _rises(line.codes)


def _rises(numbers: NDArray[Any]) -> bool:
    return bool((numbers[1:] >= numbers[:-1]).all())


def _ranks(words: pa.Array) -> NDArray[np.int64]:
    """Return the place of every word in their order, from 0; a missing word comes last."""
    return np.asarray(pc.rank(words, "ascending", tiebreaker="dense")).astype(np.int64) - 1


def _is_name(name: str, column: Coded) -> bool:
    """Return whether a column may follow from the item: text does, and what is nowhere known.

    What windows ask for stands in the rows, unless the file has one of it: then the index knows it.
    """
    is_text = pa.types.is_string(column.words.type)
    return (is_text and len(column.words) == 1) or (name not in FILTERED and (is_text or _is_empty(column)))


def _told_by_item(item: Coded, column: Coded) -> NDArray[np.int32] | None:
    """Return the column's code for every item, where an item has one value of it in all its rows."""
    return told_by(item, column) if len(column.words) <= len(item.words) else None


def _row_group(table: CodedTable, order: NDArray[np.int64], start: int) -> pa.Table:
    """Return the rows of one group."""
    rows = order[start : start + ROWS_PER_GROUP]
    fields = [_field(name, column) for name, column in table.columns.items()]
    return pa.table([_cells(column, rows) for column in table.columns.values()], schema=pa.schema(fields))


def _cells(column: Coded, rows: NDArray[np.int64]) -> pa.Array:
    """Return the words of rows as they are written; text with its distinct words, so that they need not be found again."""
    if _is_empty(column):
        return pa.nulls(len(rows), column.words.type)
    codes = pa.array(column.codes.take(rows) if len(column.words) > 1 else np.zeros(len(rows), dtype=np.int32))
    if not pa.types.is_string(column.words.type):
        return column.words.take(codes)
    if len(column.words) == 1:
        return pa.DictionaryArray.from_arrays(codes, column.words, safe=False)
    used = pc.dictionary_encode(codes)
    words = column.words.take(used.dictionary)
    if words.null_count:  # a missing text is a gap, not a word
        return words.take(used.indices).dictionary_encode()
    return pa.DictionaryArray.from_arrays(used.indices, words, safe=False)


def _repeats(name: str, column: Coded) -> bool:
    """Return whether a column is written as its distinct values and their numbers."""
    return name not in _DELTA and (pa.types.is_string(column.words.type) or len(column.words) <= _FEW_WORDS)


def _field(name: str, column: Coded) -> pa.Field:
    """Return how a column is written; one without gaps needs no marks for them."""
    is_coded = pa.types.is_string(column.words.type) and not _is_empty(column)
    kind = pa.dictionary(pa.int32(), pa.string()) if is_coded else column.words.type
    return pa.field(name, kind, nullable=column.words.null_count > 0)


def _is_empty(column: Coded) -> bool:
    return column.words.null_count == len(column.words)
