"""Rows that repeat one spend: attribution windows (keep one) and device segments (add up)."""

from __future__ import annotations

import re

import pandas as pd
import pyarrow as pa

from assets.platforms.kinds import KIND_COLUMNS

_DAYS = re.compile(r"(\d{1,4})\s*(?:天|日|days?\b|d\b)", re.IGNORECASE)
_ADDED = {"count", "money", "number"}


def kept_window(windows: pa.StringArray, keep: str) -> str:
    """Return which of the attribution windows is kept; the longest where ``keep`` is not in the file."""
    present = sorted(
        {"" if word is None else word for word in windows.to_pylist()}, key=lambda word: (_days_in(word), word)
    )
    return keep if keep in present or not present else present[-1]


def add_segments(frame: pd.DataFrame, kind: str, *, is_product_split: bool = False) -> pd.DataFrame:
    """Return one row per key: counts and money added up, shares missing, for they cannot be added.

    Where products are segments too, a row keeps its product only if all its parts sell the same one.
    """
    types = KIND_COLUMNS[kind]
    added = [name for name in frame.columns if types.get(name) in _ADDED]
    lost = [name for name in frame.columns if types.get(name.removesuffix("_censored")) == "share"]
    products = ["product_id"] if is_product_split else []
    keys = [name for name in frame.columns if name not in {*added, *lost, *products, "line"}]
    groups = frame.groupby(keys, dropna=False, sort=False)
    result = groups[added].sum(min_count=1).reset_index()
    result["line"] = groups["line"].min().to_numpy()
    is_alone = (groups.size() == 1).to_numpy()
    for name in lost:
        result[name] = groups[name].first().where(is_alone).to_numpy()
    for name in products:
        result[name] = groups[name].first().where(groups[name].nunique(dropna=False) == 1).to_numpy()
    return result[list(frame.columns)].astype(frame.dtypes.to_dict())


def is_window(word: str | None, kept: str) -> bool:
    """Return whether a word can be an attribution window beside ``kept``, so that its row may be left out."""
    return word == kept or _days_in(kept) < 0 or (word is not None and _days_in(word) >= 0)


def _days_in(window: str) -> int:
    found = _DAYS.search(window)
    return int(found[1]) if found else -1
