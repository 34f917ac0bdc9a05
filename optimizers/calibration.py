"""How good earlier forecasts were: coverage of their intervals and bias of their totals.

Here belong plain scores of forecasts against what happened. Which forecasts are due is the learning stage's knowledge.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from optimizers.inputs import ANY, read_columns


def coverage(low: ArrayLike, high: ArrayLike, actual: ArrayLike) -> float:
    """Return the share of actual values inside their intervals, both ends included.

    Parameters
    ----------
    low, high, actual : array of shape (n_forecasts,)
        One unit; a forecast with any part missing is left out.

    Returns
    -------
    float
        In [0, 1]; missing when nothing can be scored. Counts that are small and discrete cover more than promised: use
        totals, or a randomised score.

    Raises
    ------
    InvalidInputError
        If a number is infinite or lengths differ.

    Examples
    --------
    >>> coverage([0.0, 0.0, 0.0], [1.0, 1.0, np.nan], [0.5, 2.0, 0.5])
    0.5
    """
    bottom, top, seen = read_columns(
        "cannot score intervals",
        {"low": (low, ANY.or_missing()), "high": (high, ANY.or_missing()), "actual": (actual, ANY.or_missing())},
    )
    can_score = ~np.isnan(bottom + top + seen)
    if not can_score.any():
        return float("nan")
    return float(((bottom <= seen) & (seen <= top))[can_score].mean())


def bias(forecast: ArrayLike, actual: ArrayLike) -> float:
    """Return sum(forecast) / sum(actual) - 1: by how much the total was promised too high.

    Parameters
    ----------
    forecast, actual : array of shape (n_forecasts,)
        One unit; a pair with either part missing is left out.

    Returns
    -------
    float
        0 = honest, 0.1 = promised 10 % too much; missing when the actual total is 0.

    Raises
    ------
    InvalidInputError
        If a number is infinite or lengths differ.

    Examples
    --------
    >>> round(bias([6.0, 5.0, 9.0], [5.0, 5.0, np.nan]), 3)
    0.1
    """
    promised, seen = read_columns(
        "cannot score totals", {"forecast": (forecast, ANY.or_missing()), "actual": (actual, ANY.or_missing())}
    )
    can_score = ~np.isnan(promised + seen)
    total = float(seen[can_score].sum())
    return float(promised[can_score].sum()) / total - 1.0 if total != 0 else float("nan")
