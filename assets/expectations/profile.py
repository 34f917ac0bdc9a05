"""The profile of what came in: one row per platform, account, kind and day, with counts, sums, nulls and failures.

Here belongs what is counted. What the counts must be is in ``configs/expectations.yaml``; who is held for them is
decided in ``assets.expectations.holds``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import numpy as np
import pandas as pd

from assets.expectations.predicates import MICROS, PERIOD_COLUMNS, as_numbers
from assets.expectations.rows import kind_rules
from configs.expectations_schema import RowRules, load_expectations

GROUP = ["platform", "account", "report_date", *PERIOD_COLUMNS]
SUMS = ("impressions", "clicks", "cost", "conversions", "conversion_value")
MONEY = ("cost", "conversion_value")
EXTREMES = ("clicks", "cost")
FATES = ("rows", "failed_rows", "duplicate_rows")  # each stacked row belongs to one
SUMMED = (*FATES, "non_finite", "distinct_items", *(f"filled_{name}" for name in SUMS))
LEAST, MOST = (tuple(f"{side}_{name}" for name in EXTREMES) for side in ("min", "max"))
# `item` where the facts have it, else the first column that names a thing.
NAMES = ("item", "offer_id", "post_id", "order_id", "search_term", "keyword", "product_id", "campaign", "channel")
DTYPES: dict[str, str] = {
    "platform": "str", "account": "str", "kind": "str", "as_of": "datetime64[us]", "report_date": "datetime64[us]",
    "period_start": "datetime64[us]", "period_end": "datetime64[us]", "currencies": "str",
    "rows": "Int64", "distinct_items": "Int64", "failed_rows": "Int64", "failed_share": "float64",
    "duplicate_rows": "Int64", "non_finite": "Int64",
    "impressions": "Int64", "clicks": "Int64", "cost": "float64", "conversions": "float64",
    "conversion_value": "float64",
    **{f"null_share_{name}": "float64" for name in SUMS},
    **{f"{side}_{name}": "float64" for name in EXTREMES for side in ("min", "max")},
}  # fmt: skip


def profile_facts(
    frame: pd.DataFrame,
    kind: str,
    platform: str,
    as_of: date,
    *,
    bad_rows: pd.DataFrame | None = None,
    duplicate_rows: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return one row per platform x account x day (or period) of ``frame``; facts hold micros, the profile main units.

    A kind without a day gives one row per platform and account with `report_date` missing. ``platform`` counts where
    the rows do not name their own. ``bad_rows`` and ``duplicate_rows`` are those of ``check_rows``; sums speak of good
    rows only.
    """
    summary = summarise_facts(frame, kind, platform, bad_rows=bad_rows, duplicate_rows=duplicate_rows)
    return combine_summaries([summary], kind, as_of)


def summarise_facts(
    frame: pd.DataFrame,
    kind: str,
    platform: str,
    *,
    bad_rows: pd.DataFrame | None = None,
    duplicate_rows: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return what ``combine_summaries`` needs of a part of the facts; no item may be in two parts."""
    expectations = load_expectations()
    day = kind_rules(kind, expectations).date
    parts = [
        _measured(rows, day, platform, expectations.rows).assign(**{name: float(name == fate) for name in FATES})
        for fate, rows in zip(FATES, (frame, bad_rows, duplicate_rows), strict=True)
        if rows is not None and len(rows)
    ]
    if not parts:
        return pd.DataFrame(columns=[*GROUP, *SUMMED, *SUMS, *LEAST, *MOST, "currencies"])
    stacked = pd.concat(parts, ignore_index=True)
    good = stacked["rows"] > 0
    stacked[[*SUMS, "non_finite"]] = stacked[[*SUMS, "non_finite"]].where(good)
    stacked[["name", "currency"]] = stacked[["name", "currency"]].where(good)
    return _summarise(stacked)


def combine_summaries(parts: Iterable[pd.DataFrame], kind: str, as_of: date) -> pd.DataFrame:
    """Return the profile of facts that were summarised in parts."""
    filled = [part for part in parts if len(part)]
    if not filled:
        return empty_profile()
    groups = pd.concat(filled, ignore_index=True).groupby(GROUP, dropna=False, sort=True)
    out = groups[list(SUMMED)].sum()
    out[list(SUMS)] = groups[list(SUMS)].sum(min_count=1)
    out[list(LEAST)], out[list(MOST)] = groups[list(LEAST)].min(), groups[list(MOST)].max()
    out["currencies"] = groups["currencies"].agg(lambda told: " ".join(sorted(set(" ".join(told).split()))))
    for name in SUMS:
        out[f"null_share_{name}"] = 1 - out[f"filled_{name}"] / out["rows"].where(out["rows"] > 0)
    out["failed_share"] = out["failed_rows"] / (out["rows"] + out["failed_rows"]).where(lambda total: total > 0)
    return as_profile(out.reset_index().assign(kind=kind, as_of=pd.Timestamp(as_of)))


def empty_profile() -> pd.DataFrame:
    """Return a profile without rows, with all its columns and types."""
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in DTYPES.items()})


def concat_profiles(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return several profiles as one; none gives an empty one."""
    filled = [part for part in parts if len(part)]
    return as_profile(pd.concat(filled, ignore_index=True)) if filled else empty_profile()


def as_profile(frame: pd.DataFrame) -> pd.DataFrame:
    """Return ``frame`` with exactly the profile's columns and types, sorted; what it does not say is missing."""
    out = frame.reindex(columns=list(DTYPES)).astype(DTYPES)
    order = ["platform", "account", "kind", "report_date", *PERIOD_COLUMNS, "as_of"]
    return out.sort_values(order, na_position="last", ignore_index=True)


def _measured(rows: pd.DataFrame, day: str, platform: str, rules: RowRules) -> pd.DataFrame:
    """Return the group columns, the name of the thing and the measures (main units, float64) of each row."""
    out = pd.DataFrame(index=rows.index)
    out["platform"] = _text(rows, "platform").fillna(platform)
    out["account"] = _text(rows, "account")
    for name, source in (("report_date", day), *((one, one) for one in PERIOD_COLUMNS)):
        dates = rows[source] if source in rows else pd.Series(pd.NaT, index=rows.index)
        out[name] = pd.to_datetime(dates, errors="coerce").astype("datetime64[us]")
    out["currency"] = _text(rows, "currency")
    out["name"] = _text(rows, next((name for name in NAMES if name in rows), ""))
    for name in SUMS:
        values = as_numbers(rows[name]) if name in rows else np.full(len(rows), np.nan)
        out[name] = values / MICROS if name in MONEY else values
    numeric = [name for name, rule in rules.numbers.items() if name in rows and not rule.may_be_infinite]
    out["non_finite"] = sum((np.isinf(as_numbers(rows[name])) for name in numeric), np.zeros(len(rows)))
    return out


def _text(rows: pd.DataFrame, column: str) -> pd.Series:
    return rows[column].astype("str") if column in rows else pd.Series(np.nan, index=rows.index, dtype="str")


def _summarise(stacked: pd.DataFrame) -> pd.DataFrame:
    """Return one row per group; a sum of missing values only is missing."""
    groups = stacked.groupby(GROUP, dropna=False, sort=True)
    out = groups[[*FATES, "non_finite"]].sum()
    out[list(SUMS)] = groups[list(SUMS)].sum(min_count=1)
    out[[f"filled_{name}" for name in SUMS]] = groups[list(SUMS)].count()
    for name in EXTREMES:
        out[f"min_{name}"], out[f"max_{name}"] = groups[name].min(), groups[name].max()
    out["distinct_items"] = groups["name"].nunique()
    out["currencies"] = groups["currency"].agg(lambda values: " ".join(sorted(values.dropna().unique())))
    return out.reset_index()
