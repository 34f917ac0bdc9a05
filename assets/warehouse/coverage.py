"""The coverage index: which source file says what about which day, so that winners are picked before facts are read.

One small document per source file. Which version wins is decided in ``versions``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from assets.platforms.coded import STRETCH, Coded, CodedTable, Groups, group_rows, stretches
from assets.warehouse.columns import PERIOD, time_columns
from assets.warehouse.documents import read_document, write_document
from assets.warehouse.home import Home
from assets.warehouse.inputs import NightInputs

MICROS = 1_000_000
_FEW_CELLS = 1 << 16
SUMS = ("clicks", "cost", "conversions", "conversion_value")  # all in whole numbers; conversions in millionths
CELLS = ("platform", "account", "report_date", *PERIOD, "rows", *SUMS)
VERSION_OF = ("platform", "account", "scope", "report_date")  # rows with these in common replace each other


def coverage_path(home: Home, sha256: str) -> Path:
    """Return where the coverage of one source file lies."""
    return home.warehouse / "coverage" / f"{sha256}.json"


def read_coverage(home: Home, sha256: str) -> dict[str, Any] | None:
    """Return what one source file covers, or None when nothing of it has been stored."""
    return read_document(coverage_path(home, sha256))


def write_coverage(home: Home, sha256: str, content: dict[str, Any]) -> None:
    """Keep what one source file covers."""
    write_document(coverage_path(home, sha256), content)


def cover(table: CodedTable, kind: str) -> list[list[Any]]:
    """Return one list per platform, account and day or period of stored facts, with its sums, in order."""
    times = time_columns(kind, list(table.columns))
    keys = ["platform", "account", *times]
    groups = group_rows([table[name] for name in keys], len(table))
    numbers = {name: _sums(_whole_cells(table[name]), groups) for name in SUMS if name in table}
    named = {name: table[name].take(groups.example).values for name in keys}
    whole = pa.table({**named, "rows": np.bincount(groups.codes, minlength=len(groups.example)), **numbers})
    found = whole.sort_by([(name, "ascending") for name in keys]).to_pydict()
    if "order_date" in times:
        found["report_date"] = found["order_date"]
    nothing = [None] * len(whole)
    return [[_plain(value) for value in row] for row in zip(*(found.get(name, nothing) for name in CELLS), strict=True)]


def whole(values: pd.Series) -> pd.Series:
    """Return counts and micros as they are and fractions in millionths, so that sums do not depend on their order."""
    if pd.api.types.is_float_dtype(values.dtype):
        return (values * MICROS).round().astype("Int64")
    return values.astype("Int64")


def visible_coverage(home: Home, inputs: NightInputs, kind: str) -> pd.DataFrame:
    """Return the coverage of every file that the night sees, for one kind, with the path of its facts and its as_of."""
    rows: list[tuple[Any, ...]] = []
    for file in sorted(inputs.files, key=lambda one: one.sha256):
        content = read_coverage(home, file.sha256)
        sources: Mapping[str, Any] = {} if content is None else content["sources"]
        for name, source in sources.items():
            if source["kind"] == kind:
                rows.extend((file.sha256, name, source["scope"], file.as_of, *cells) for cells in source["days"])
    frame = pd.DataFrame(rows, columns=["sha256", "name", "scope", "as_of", *CELLS])
    dates = dict.fromkeys(("as_of", "report_date", *PERIOD), "datetime64[us]")
    return frame.astype({**dates, **dict.fromkeys(("rows", *SUMS), "Int64")})


def _sums(column: Coded, groups: Groups) -> pa.Array:
    """Return each group's sum in whole numbers, missing where none of its cells is filled.

    A column of few words is summed by how often each word stands in each group, which adds up no row twice.
    """
    n_words, n_groups = len(column.words), len(groups.example)
    if n_words * n_groups > max(len(column), _FEW_CELLS):
        cells = pa.table({"group": groups.codes, "value": column.values}).group_by("group", use_threads=False)
        found = cells.aggregate([("value", "sum", pc.ScalarAggregateOptions(min_count=1))]).sort_by("group")
        return found["value_sum"].combine_chunks()
    counts = np.zeros(n_words * n_groups, dtype=np.int64)
    for part in stretches(len(column), max(n_words * n_groups, STRETCH)):
        counts += np.bincount(groups.codes[part] * np.int64(n_words) + column.codes[part], minlength=len(counts))
    by_group = counts.reshape(n_groups, n_words)
    is_filled = np.asarray(pc.is_valid(column.words))
    sums = by_group @ np.asarray(pc.fill_null(column.words, 0))
    return pa.array(sums, mask=by_group[:, is_filled].sum(axis=1) == 0)


def _whole_cells(column: Coded) -> Coded:
    """Do the same as ``whole`` for stored cells."""
    words = column.words
    if pa.types.is_floating(words.type):
        words = pc.round(pc.multiply(words, MICROS), round_mode="half_to_even")
    return Coded(words.cast(pa.int64()), column.codes)


def _plain(value: Any) -> Any:
    return value.date().isoformat() if isinstance(value, datetime) else value
