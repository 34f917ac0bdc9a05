"""What a night sees of the facts: days, states, periods and all versions, from its frozen inputs only.

Everything is in stored units (micros, counts) and in a fixed order. Estimating from it is the work of ``optimizers``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TypedDict, Unpack

import duckdb
import pandas as pd
import pyarrow as pa

from assets.warehouse.columns import PERIOD, to_pandas
from assets.warehouse.coverage import MICROS, VERSION_OF, visible_coverage
from assets.warehouse.facts import facts_path
from assets.warehouse.home import Home
from assets.warehouse.inputs import NightInputs
from assets.warehouse.union import last_of_each, no_rows, read_rows, unite
from assets.warehouse.versions import choose_versions, version_sums

ORDER_TYPES = {
    "platform": "str", "account": "str", "scope": "str", "channel": "str", "currency": "str",
    "report_date": "datetime64[us]", "as_of": "datetime64[us]", "orders": "Int64", "revenue": "Int64", "refund": "Int64",
}  # fmt: skip
ORDER_SUMS = """
    WITH told AS (
        SELECT picks.*, order_id, product_id, channel, currency,
               sum(revenue)::BIGINT AS revenue, sum(refund)::BIGINT AS refund
        FROM read_parquet(?, filename = true, union_by_name = true) AS rows
        JOIN picks ON rows.filename = picks.filename AND rows.platform = picks.platform
            AND rows.account = picks.account AND rows.order_date = picks.report_date
        GROUP BY ALL
    ), united AS (
        SELECT * EXCLUDE (filename, revenue, refund), max(revenue) AS revenue, max(refund) AS refund
        FROM told GROUP BY ALL
    )
    SELECT platform, account, scope, channel, currency, report_date, as_of, count(DISTINCT order_id) AS orders,
           sum(revenue)::BIGINT AS revenue, sum(refund)::BIGINT AS refund
    FROM united GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True)
class WindowResult:
    """Winning rows, one per key; newer versions held for confirmation; rows that contradict each other."""

    frame: pd.DataFrame
    restatements: pd.DataFrame
    conflicts: pd.DataFrame


class WindowOptions(TypedDict, total=False):
    """``max_restatement``: share of a day's cost a newer version may take away; ``threads``: files read at a time.

    ``buckets``: only the rows of these buckets; equal keys lie in one bucket, so parts of a window add up to the whole.
    """

    max_restatement: float
    threads: int
    buckets: range


def daily_window(
    home: Home, inputs: NightInputs, kind: str, start: date, end: date, **options: Unpack[WindowOptions]
) -> WindowResult:
    """Return the days in ``[start, end)`` as the night knows them, sorted by platform, account, item and day.

    Per platform, account, kind, scope and day the newest as_of counts; files of one as_of are parts and are united.
    A newer version that takes away more than ``max_restatement`` (0.05) of the day's cost is held back and listed.
    """
    coverage = visible_coverage(home, inputs, kind)
    coverage = coverage[coverage["report_date"].between(pd.Timestamp(start), pd.Timestamp(end), inclusive="left")]
    n_versions = coverage.groupby(list(VERSION_OF))["as_of"].transform("nunique")
    contested = coverage[n_versions > 1]
    winners, restatements = choose_versions(version_sums(home, contested, kind), options.get("max_restatement", 0.05))
    picks = pd.concat([coverage[n_versions == 1], contested.merge(winners, on=[*VERSION_OF, "as_of"])])
    united = unite(read_rows(home, picks, kind, options.get("threads", 1), options.get("buckets")), kind)
    return WindowResult(united.frame, restatements, united.conflicts)


def window_rows(home: Home, inputs: NightInputs, kind: str, start: date, end: date) -> int:
    """Return about how many rows ``daily_window`` has: each day's largest version, known without reading facts."""
    coverage = visible_coverage(home, inputs, kind)
    coverage = coverage[coverage["report_date"].between(pd.Timestamp(start), pd.Timestamp(end), inclusive="left")]
    parts = coverage.groupby([*VERSION_OF, "as_of"])["rows"].sum()
    return int(parts.groupby(level=list(VERSION_OF)).max().sum())


def latest_state(home: Home, inputs: NightInputs, kind: str) -> pd.DataFrame:
    """Return the newest state per platform and account with its ``as_of``: parts united, the later line wins.

    Rows stand in the order of as_of, file and line, so that the last one that fits is the newest word.
    """
    coverage = visible_coverage(home, inputs, kind)
    newest = coverage.groupby(["platform", "account", "scope"])["as_of"].transform("max")
    return last_of_each(read_rows(home, coverage[coverage["as_of"] == newest], kind), kind)


def period_facts(home: Home, inputs: NightInputs, kind: str) -> pd.DataFrame:
    """Return facts of whole periods (``period_start`` to ``period_end``, both included), no day of them twice.

    Per platform, account and scope the period that ends last counts, then the one that arrived last; periods that
    overlap a chosen one are left out, because their days cannot be told apart.
    """
    coverage = visible_coverage(home, inputs, kind)
    coverage = coverage[coverage["period_start"].notna()]
    chosen = [_without_overlap(group) for _, group in coverage.groupby(["platform", "account", "scope"], sort=True)]
    if not chosen:
        return to_pandas(no_rows(kind, PERIOD)).drop(columns="file")
    return unite(read_rows(home, pd.concat(chosen), kind), kind).frame


def snapshots(home: Home, inputs: NightInputs, kind: str) -> pd.DataFrame:
    """Return the sums of every version of every day that the night sees, oldest as_of first within a day.

    Columns: platform, account, kind, scope, report_date, as_of, rows, clicks, cost and conversion_value (micros),
    conversions.
    """
    coverage = visible_coverage(home, inputs, kind)
    versions = version_sums(home, coverage[coverage["report_date"].notna()], kind)
    frame = versions[[*VERSION_OF, "as_of", "rows", "clicks", "cost", "conversions", "conversion_value"]].copy()
    frame["conversions"] = frame["conversions"].astype("float64") / MICROS
    frame.insert(2, "kind", kind)
    return frame


def order_sums(home: Home, inputs: NightInputs, start: date, threads: int = 1) -> pd.DataFrame:
    """Return the shop's own orders from ``start`` on, summed by every version of every day that the night sees.

    Columns: platform, account, scope, channel, currency, report_date (of the order), as_of, orders (distinct), revenue and
    refund (micros, missing where no row tells). Sums are of whole numbers, so that threads do not show; an order that
    stands in several parts of one night counts once.
    """
    coverage = visible_coverage(home, inputs, "store_orders")
    picks = coverage[coverage["report_date"] >= pd.Timestamp(start)]
    if picks.empty:
        return pd.DataFrame(columns=list(ORDER_TYPES)).astype(ORDER_TYPES)
    picks = picks.assign(filename=[str(facts_path(home, str(name))) for name in picks["name"]])
    keys = pa.Table.from_pandas(picks[["filename", *VERSION_OF, "as_of"]], preserve_index=False)
    with duckdb.connect(config={"threads": threads}) as database:
        database.register("picks", keys)
        found = database.sql(ORDER_SUMS, params=[sorted(picks["filename"].unique())]).to_arrow_table()
    return to_pandas(found).astype(ORDER_TYPES)


def _without_overlap(group: pd.DataFrame) -> pd.DataFrame:
    """Return the picks of a set of periods without common days, newest end first."""
    ordered = group.sort_values(["period_end", "as_of", "period_start"], ascending=[False, False, True], kind="stable")
    taken: list[tuple[pd.Timestamp, pd.Timestamp, pd.Timestamp]] = []
    for span in zip(ordered["period_start"], ordered["period_end"], ordered["as_of"], strict=True):
        if all(span[1] < start or span[0] > end for start, end, _ in taken):
            taken.append(span)
    spans = pd.DataFrame(taken, columns=["period_start", "period_end", "as_of"]).astype("datetime64[us]")
    return group.merge(spans, on=["period_start", "period_end", "as_of"])
