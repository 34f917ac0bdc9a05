"""What a night sees of the facts: days, states, periods and all versions, from its frozen inputs only.

Everything is in stored units (micros, counts) and in a fixed order. Estimating from it is the work of ``optimizers``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TypedDict, Unpack

import pandas as pd

from assets.warehouse.columns import PERIOD, to_pandas
from assets.warehouse.coverage import MICROS, VERSION_OF, visible_coverage
from assets.warehouse.home import Home
from assets.warehouse.inputs import NightInputs
from assets.warehouse.union import last_of_each, no_rows, read_rows, unite
from assets.warehouse.versions import choose_versions, version_sums


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


def _without_overlap(group: pd.DataFrame) -> pd.DataFrame:
    """Return the picks of a set of periods without common days, newest end first."""
    ordered = group.sort_values(["period_end", "as_of", "period_start"], ascending=[False, False, True], kind="stable")
    taken: list[tuple[pd.Timestamp, pd.Timestamp, pd.Timestamp]] = []
    for span in zip(ordered["period_start"], ordered["period_end"], ordered["as_of"], strict=True):
        if all(span[1] < start or span[0] > end for start, end, _ in taken):
            taken.append(span)
    spans = pd.DataFrame(taken, columns=["period_start", "period_end", "as_of"]).astype("datetime64[us]")
    return group.merge(spans, on=["period_start", "period_end", "as_of"])
