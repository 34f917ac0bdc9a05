"""Which version of a day counts: the newest as_of, unless it takes away cost that an older one has shown.

Works on the coverage index; files are read only where several parts of one night may overlap.
"""

from __future__ import annotations

import pandas as pd

from assets.warehouse.coverage import SUMS, VERSION_OF, whole
from assets.warehouse.home import Home
from assets.warehouse.union import read_rows, unite

RESTATEMENT_COLUMNS = [*VERSION_OF, "kept_as_of", "refused_as_of", "kept_cost", "refused_cost", "cut"]


def version_sums(home: Home, coverage: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return one row per version (platform, account, scope, report_date, as_of) with its row count and sums.

    Parts that overlap are counted once. Micros and counts; conversions in millionths.
    """
    keys = [*VERSION_OF, "as_of"]
    n_parts = coverage.groupby(keys, sort=False)["name"].transform("nunique")
    alone, shared = coverage[n_parts == 1], coverage[n_parts > 1]
    found = [alone.groupby(keys, sort=True)[["rows", *SUMS]].sum(min_count=1).reset_index()]
    for _, parts in shared.groupby(["scope", "as_of"], sort=True):
        found.append(_sum_united(home, parts, kind))
    return pd.concat(found, ignore_index=True)[[*keys, "rows", *SUMS]].sort_values(keys, ignore_index=True)


def choose_versions(versions: pd.DataFrame, max_restatement: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the version that counts for each day, and the newer ones that were held back for confirmation.

    ``max_restatement`` is the share of a day's cost that a newer version may take away without being held.
    """
    winners: list[tuple] = []
    held: list[tuple] = []
    for key, group in versions.groupby(list(VERSION_OF), sort=True):
        kept, refused = _choose(list(zip(group["as_of"], group["cost"], strict=True)), max_restatement)
        winners.append((*key, kept[0]))
        held.extend((*key, kept[0], as_of, kept[1], cost, 1 - cost / kept[1]) for as_of, cost in refused)
    return _typed(winners, [*VERSION_OF, "as_of"]), _typed(held, RESTATEMENT_COLUMNS)


def _choose(candidates: list, max_restatement: float) -> tuple[tuple, list[tuple]]:
    """Walk the versions from old to new; keep the last one that did not cut too much."""
    kept, refused = candidates[0], []
    for candidate in candidates[1:]:
        has_costs = not pd.isna(kept[1]) and not pd.isna(candidate[1])
        if has_costs and candidate[1] < kept[1] * (1 - max_restatement):
            refused.append(candidate)
        else:
            kept, refused = candidate, []
    return kept, refused


def _sum_united(home: Home, parts: pd.DataFrame, kind: str) -> pd.DataFrame:
    frame = unite(read_rows(home, parts, kind), kind).frame.rename(columns={"order_date": "report_date"})
    frame["scope"] = parts["scope"].iloc[0]
    frame["rows"] = 1
    for name in SUMS:
        frame[name] = whole(frame[name]) if name in frame else pd.Series(pd.NA, index=frame.index, dtype="Int64")
    keys = [*VERSION_OF, "as_of"]
    return frame.groupby(keys, sort=True)[["rows", *SUMS]].sum(min_count=1).astype("Int64").reset_index()


def _typed(rows: list[tuple], names: list[str]) -> pd.DataFrame:
    """Return a frame whose types do not depend on whether there are rows."""
    types = {
        name: "str" if name in {"platform", "account", "scope"} else "Int64" if name.endswith("_cost") else "float64"
        for name in names
    }
    days = {name: "datetime64[us]" for name in names if name.endswith(("_date", "as_of"))}
    return pd.DataFrame(rows, columns=names).astype({**types, **days})
