"""Columns of a table as plain arrays for ``optimizers``: numbers with NaN for missing, labels as codes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd


def floats(frame: pd.DataFrame, column: str) -> np.ndarray:
    """Return a column as float64, missing values as NaN, shape (n_rows,)."""
    return frame[column].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)


def codes_of(labels: pd.Series) -> np.ndarray:
    """Return labels as codes 0, 1, 2 ... in the order of the sorted labels, shape (n_rows,)."""
    return pd.factorize(labels, sort=True)[0]


def distinct(frame: pd.DataFrame, columns: Sequence[str]) -> tuple[np.ndarray, pd.DataFrame]:
    """Return each row's place among the distinct values of ``columns``, and those values as a frame."""
    code = np.zeros(len(frame), dtype=np.int64)
    for name in columns:
        found = pd.factorize(frame[name])[0] + 1
        code = code * (int(found.max(initial=0)) + 1) + found
    _, first, place = np.unique(code, return_index=True, return_inverse=True)
    return place, frame[list(columns)].iloc[first].reset_index(drop=True)
