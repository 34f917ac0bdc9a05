"""What platforms and accounts did day by day: the sums that whatever all items share is learned from.

Sums are of whole numbers (micros, millionths), so that neither the order of rows nor the number of buckets shows.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from assets.money import MICROS

DAY_KEYS = ["platform", "account", "level", "report_date", "as_of"]
DAY_SUMS = ["impressions", "clicks", "cost", "conversions", "conversion_value", "told_clicks"]


def account_days(daily: pd.DataFrame) -> pd.DataFrame:
    """Return one row per platform, account, level, day and version, with sums in millionths.

    ``told_clicks`` are the clicks of rows whose conversions the platform tells; a count that is not told is not zero.
    """
    is_told = daily["conversions"].notna().to_numpy(dtype=bool)
    numbers = {name: in_millionths(daily[name]) for name in DAY_SUMS if name != "told_clicks"}
    numbers["told_clicks"] = np.where(is_told, numbers["clicks"], 0)
    frame = pd.DataFrame({**{name: daily[name].to_numpy() for name in DAY_KEYS}, **numbers})
    return _added_up(frame)


def combine_days(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return the sums of several buckets as one table in counts and shop money, sorted by its keys."""
    whole = _added_up(pd.concat(list(parts), ignore_index=True))
    whole[DAY_SUMS] = whole[DAY_SUMS] / MICROS
    return whole


def in_millionths(values: pd.Series) -> np.ndarray:
    """Return numbers as whole millionths, shape (n_rows,); a missing one adds nothing."""
    numbers = values.astype("Float64").fillna(0.0).to_numpy(dtype=np.float64)
    return np.rint(numbers * MICROS).astype(np.int64)


def _added_up(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.groupby(DAY_KEYS, sort=True, dropna=False)[DAY_SUMS].sum().reset_index()
