"""How facts are stored: the type of every column, and which columns make a row of a kind unique.

The canonical columns themselves are named in ``assets.platforms.kinds``; here belongs only what storage adds to them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from assets.platforms.coded import Coded, CodedTable, constant
from assets.platforms.encoding import encode_table
from assets.platforms.kinds import KIND_COLUMNS
from assets.warehouse.errors import FactsError

ITEM_KINDS = frozenset({"keyword_daily", "placement_daily", "search_terms", "entities"})
PERIOD = ("period_start", "period_end")
TYPES = {
    "text": pa.string(),
    "date": pa.timestamp("us"),
    "count": pa.int64(),
    "money": pa.int64(),  # micros of the account currency
    "number": pa.float64(),
    "share": pa.float64(),
    "flag": pa.bool_(),
}
PANDAS_TYPES = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
LIMITS = {
    "text": "text (ids too)",
    "date": "dates at midnight",
    "count": "whole numbers",
    "money": "whole micros in an integer column",
    "number": "finite numbers",
    "share": "finite numbers",
    "flag": "true or false",
}

# A row is known by its item where it has one, else by these columns; the term comes on top of the item.
KEYS = {
    "keyword_daily": ("campaign", "ad_group", "keyword", "match_type"),
    "placement_daily": ("campaign", "ad_group"),
    "search_terms": ("campaign", "ad_group", "keyword", "match_type"),
    "keyword_market": ("keyword", "line"),  # a planner repeats words; which row counts is the reader's choice
    "entities": (
        "campaign_id", "campaign", "ad_group_id", "ad_group", "keyword_id", "keyword", "match_type", "product_id",
    ),
    "bid_landscape": (
        "campaign_id", "campaign", "ad_group_id", "ad_group", "keyword_id", "keyword", "match_type", "bid",
    ),
    "products": ("product_id",),
    "mapping": ("mapped_platform", "campaign", "ad_group", "keyword_pattern", "product_id"),
    "store_orders": ("order_id", "product_id"),
    "channel_daily": ("channel",),
    "kol_offers": ("offer_id",),
    "kol_posts": ("post_id",),
    "kol_profiles": ("kol_id",),
    "edit_results": ("line",),
    "reference": ("line",),
}  # fmt: skip
ALWAYS_KEYS = ("level", "report_date", "order_date", *PERIOD, "search_term", "term_match")
DAY_COLUMNS = ("report_date", "order_date")


def cell_type(kind: str, column: str) -> str:
    """Return the canonical type of ``column``; a column that no kind declares is kept as text."""
    if column in PERIOD:
        return "date"
    return "count" if column == "line" else KIND_COLUMNS[kind].get(column, "text")


def column_order(kind: str, present: Sequence[str]) -> list[str]:
    """Return all columns of a stored frame in their fixed order, undeclared ones last, by name."""
    is_period = set(PERIOD) <= set(present)
    dates = PERIOD if is_period else ()
    columns = [name for name in KIND_COLUMNS[kind] if not (is_period and name == "report_date")]
    item = ("item",) if kind in ITEM_KINDS else ()
    declared = ["platform", "account", *item, *dates, *columns, "line"]
    return [*dict.fromkeys(declared), *sorted(set(present) - {*declared, "report_date"})]


def time_columns(kind: str, present: Sequence[str]) -> tuple[str, ...]:
    """Return the columns whose values decide which rows replace each other: a day, a period, or none for states."""
    if set(PERIOD) <= set(present):
        return PERIOD
    return tuple(name for name in DAY_COLUMNS if name in KIND_COLUMNS[kind])


def to_arrow(frame: pd.DataFrame, kind: str, source: str) -> pa.Table:
    """Return ``frame`` with the stored type of every column, missing columns as nulls; refuse what does not fit."""
    order = column_order(kind, list(frame.columns))
    arrays = []
    for name in order:
        cell = cell_type(kind, name)
        if name not in frame:
            arrays.append(pa.nulls(len(frame), TYPES[cell]))
            continue
        is_free_text = cell == "text" and name not in KIND_COLUMNS[kind]
        arrays.append(_to_array(frame[name].astype("str") if is_free_text else frame[name], cell, source))
    return pa.Table.from_arrays(arrays, names=order)


def to_coded(rows: pd.DataFrame | CodedTable, kind: str, source: str) -> CodedTable:
    """Return rows with the stored type of every column, missing columns as nulls; refuse what does not fit."""
    if isinstance(rows, pd.DataFrame):
        return encode_table(to_arrow(rows, kind, source))
    order = column_order(kind, list(rows.columns))
    return CodedTable({name: _stored(rows, name, cell_type(kind, name), source) for name in order}, len(rows))


def to_pandas(table: pa.Table) -> pd.DataFrame:
    """Return stored facts as a frame: Int64 counts and money, ``str`` text, nullable flags."""
    return table.to_pandas(types_mapper=PANDAS_TYPES.get)


def key_codes(frame: pd.DataFrame, kind: str) -> list[NDArray[np.int64]]:
    """Return the key of every row as rank numbers, one array per key column, in sort order; null ranks first."""
    item = frame["item"] if "item" in frame else pd.Series(None, index=frame.index, dtype="str")
    has_item = item.notna().to_numpy()
    codes = [_ranks(frame[name]) for name in ("platform", "account")] + [_ranks(item)]
    if not has_item.all():
        codes.extend(np.where(has_item, -1, _ranks(frame[name])) for name in KEYS[kind] if name in frame)
    codes.extend(_ranks(frame[name]) for name in ALWAYS_KEYS if name in frame)
    return codes


def measure_columns(kind: str, present: Sequence[str]) -> list[str]:
    """Return the columns in which two rows of one key may contradict each other."""
    kinds = {"count", "money", "number", "share"}
    return [name for name in present if name != "line" and cell_type(kind, name) in kinds]


def _ranks(values: pd.Series) -> NDArray[np.int64]:
    return pd.factorize(values, sort=True)[0].astype(np.int64)


def _stored(rows: CodedTable, name: str, cell: str, source: str) -> Coded:
    if name not in rows:
        return constant(None, len(rows), TYPES[cell])
    column = rows[name].merged()
    is_float = pa.types.is_floating(column.words.type)
    if is_float and pc.any(pc.is_inf(column.words)).as_py():
        raise FactsError(source, name, "infinite values", LIMITS[cell])
    if cell == "money" and is_float:
        raise FactsError(source, name, f"{column.words.type} values", LIMITS[cell])
    return column if column.words.type == TYPES[cell] else Coded(column.words.cast(TYPES[cell]), column.codes)


def _to_array(values: pd.Series, cell: str, source: str) -> pa.Array:
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
    misfit = _misfit(values, cell)
    if not misfit:
        try:
            cells = values.array if isinstance(values.dtype, pd.api.extensions.ExtensionDtype) else values.to_numpy()
            return pa.array(cells, type=TYPES[cell], from_pandas=True)
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
            misfit = str(error).splitlines()[0]
    if values.isna().all():  # what is nowhere known has no type
        return pa.nulls(len(values), TYPES[cell])
    raise FactsError(source, str(values.name), misfit, LIMITS[cell])


def _misfit(values: pd.Series, cell: str) -> str:
    """Return what Arrow would let pass and must not, or an empty text."""
    if cell == "money" and values.dtype.kind not in "iu":
        return f"{values.dtype} values"
    if values.dtype.kind == "f" and np.isinf(values.to_numpy(dtype="float64", na_value=np.nan)).any():
        return "infinite values"
    return ""
