"""Makes one table of facts from several files: reads the chosen days, unites parts, sets contradictions apart.

Which days of which file are chosen is decided in ``versions``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import and_, or_
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from assets.warehouse import columns
from assets.warehouse.errors import MissingFactsError
from assets.warehouse.fact_file import read_sorted
from assets.warehouse.facts import facts_path
from assets.warehouse.home import Home

BOOKKEEPING = ("file", "bucket")  # `as_of` stays: a row tells for which night its file arrived


@dataclass(frozen=True)
class United:
    """Rows with one row per key, and the rows that contradict each other (all of them, with their file)."""

    frame: pd.DataFrame
    conflicts: pd.DataFrame


def read_rows(
    home: Home, picks: pd.DataFrame, kind: str, threads: int = 1, buckets: range | None = None
) -> pd.DataFrame:
    """Return the stored rows that ``picks`` (rows of the coverage index) name, with ``as_of`` and ``file``.

    ``buckets`` leaves out the rows of all others. Files are read in hash order and put together in that order, so
    neither threads nor arrival order show.
    """
    parts = [part for _, part in picks.groupby(["sha256", "name"], sort=True)]
    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(lambda part: _read_part(home, part, kind, buckets), parts))
    is_period = bool(picks["period_start"].notna().any())
    head = no_rows(kind, columns.PERIOD if is_period else ())
    return columns.to_pandas(pa.concat_tables([head, *found], promote_options="default"))


def no_rows(kind: str, times: Sequence[str]) -> pa.Table:
    """Return no rows with all columns of the kind, so that an empty window has them too."""
    fields = [(name, columns.TYPES[columns.cell_type(kind, name)]) for name in columns.column_order(kind, times)]
    return pa.schema([*fields, ("as_of", pa.timestamp("us")), ("file", pa.string())]).empty_table()


def unite(frame: pd.DataFrame, kind: str) -> United:
    """Return each key once, sorted by key: the newest as_of, equal rows once, contradicting rows set apart.

    Rows of one key and one as_of that differ in a number contradict each other; a number that only one of them has
    does not, it fills the gap.
    """
    ordered, first = _sort_by_key(frame, kind)
    if first.all():
        return United(_finish(ordered), ordered.iloc[:0])
    group = np.cumsum(first) - 1
    is_repeated = np.bincount(group)[group] > 1
    repeated, group = ordered[is_repeated], group[is_repeated]
    newest = (repeated["as_of"] == repeated.groupby(group)["as_of"].transform("max")).to_numpy()
    repeated, group = repeated[newest], group[newest]
    measures = columns.measure_columns(kind, list(frame.columns))
    n_values = repeated[measures].groupby(group).nunique(dropna=True)
    contradicts = (n_values > 1).any(axis=1).reindex(group).to_numpy(dtype=bool)
    merged = _first_known(repeated[~contradicts], group[~contradicts])
    clean = pd.concat([ordered[~is_repeated], merged]).sort_index(kind="stable")
    return United(_finish(clean), repeated[contradicts].reset_index(drop=True))


def last_of_each(frame: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return each key once, with the last row that speaks of it, in the order of as_of, file and line.

    The order is kept for readers in whose eyes later lines overrule earlier ones.
    """
    ordered, first = _sort_by_key(frame, kind)
    is_last = np.ones(len(frame), dtype=bool)
    is_last[:-1] = first[1:]
    return _finish(ordered[is_last].sort_values(["as_of", "file", "line"], kind="stable"))


def _read_part(home: Home, part: pd.DataFrame, kind: str, buckets: range | None) -> pa.Table:
    path = facts_path(home, str(part["name"].iloc[0]))
    try:
        table = _read(path, part, kind, buckets)
    except (OSError, pa.ArrowInvalid) as error:
        raise MissingFactsError(path, str(error).splitlines()[0]) from error
    n_rows = len(table)
    as_of = pa.repeat(pa.scalar(part["as_of"].iloc[0].to_pydatetime(), pa.timestamp("us")), n_rows)
    file = pa.repeat(pa.scalar(part["sha256"].iloc[0], pa.string()), n_rows)
    return table.append_column("as_of", as_of).append_column("file", file)


def _read(path: Path, part: pd.DataFrame, kind: str, buckets: range | None) -> pa.Table:
    """Read the rows of one file that its picks name; without a time column, whole accounts are picked."""
    schema = pq.read_schema(path)
    times = columns.time_columns(kind, schema.names)
    chosen: list[Any] = []
    for (platform, account), rows in part.groupby(["platform", "account"], sort=True):
        # a column that is not in the rows has one value in the whole file
        told = {"platform": platform, "account": account}
        owner = [pc.field(name) == value for name, value in told.items() if name in schema.names]
        wanted = reduce(and_, owner, pc.scalar(True))
        if times:
            wanted &= _any_time(times, rows)
        chosen.append(wanted)
    rows = reduce(or_, chosen)
    if buckets is not None:
        rows &= (pc.field("bucket") >= buckets.start) & (pc.field("bucket") < buckets.stop)
    return read_sorted(path, rows).replace_schema_metadata(None)


def _any_time(times: Sequence[str], rows: pd.DataFrame) -> Any:
    if times == columns.PERIOD:
        spans = zip(rows["period_start"], rows["period_end"], strict=True)
        return reduce(
            or_, ((pc.field("period_start") == low) & (pc.field("period_end") == high) for low, high in spans)
        )
    return pc.field(times[0]).isin(pa.array(_datetimes(rows["report_date"]), type=pa.timestamp("us")))


def _datetimes(values: Iterable[pd.Timestamp]) -> list[datetime]:
    return [value.to_pydatetime() for value in values]


def _sort_by_key(frame: pd.DataFrame, kind: str) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """Return the rows in key order and where a new key starts."""
    codes = columns.key_codes(frame, kind)
    order = np.lexsort([*_tie_breakers(frame), *reversed(codes)])
    return frame.iloc[order].reset_index(drop=True), _starts([code[order] for code in codes], len(frame))


def _tie_breakers(frame: pd.DataFrame) -> list[NDArray[Any]]:
    """Return what orders rows of one key, least important first: line, file, as_of."""
    line = frame["line"].fillna(0).to_numpy(dtype=np.int64)
    return [line, pd.factorize(frame["file"], sort=True)[0], frame["as_of"].to_numpy()]


def _starts(codes: Sequence[NDArray[np.int64]], n_rows: int) -> NDArray[np.bool_]:
    first = np.zeros(n_rows, dtype=bool)
    first[:1] = True
    for code in codes:
        first[1:] |= code[1:] != code[:-1]
    return first


def _first_known(rows: pd.DataFrame, group: NDArray[np.int64]) -> pd.DataFrame:
    """Return one row per group, each column's first value that is not null, at the index of the group's first row."""
    merged = rows.groupby(group, sort=True).first().astype(rows.dtypes)
    return merged.set_index(rows.index[np.unique(group, return_index=True)[1]])


def _finish(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns=[name for name in BOOKKEEPING if name in frame]).reset_index(drop=True)
