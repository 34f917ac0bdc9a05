"""Group codes for pooling: campaigns inside platforms, rows of each group, and a fixed sample of many rows.

Here belongs bookkeeping of codes and rows. Estimating from them belongs to ``shrinkage`` and ``means``.
"""

from __future__ import annotations

import numpy as np

from optimizers.types import FloatArray, IntArray

MAX_SAMPLE = 50_000


def nested_codes(inner: IntArray, outer: IntArray) -> IntArray:
    """Return codes 0, 1, 2 ... of the pairs (outer, inner), both of shape (n_items,) with codes >= 0.

    >>> nested_codes(np.array([0, 0, 1]), np.array([0, 1, 1]))
    array([0, 1, 2])
    """
    if inner.size == 0:
        return inner
    pairs = outer * (inner.max() + 1) + inner
    return np.asarray(np.unique(pairs, return_inverse=True)[1], dtype=np.int64)


def rows_by_group(group: IntArray) -> list[IntArray]:
    """Return the row numbers of each group, groups in rising code, rows in their order.

    >>> rows_by_group(np.array([1, 0, 1]))
    [array([1]), array([0, 2])]
    """
    if group.size == 0:
        return []
    order = np.argsort(group, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(group[order])) + 1)


def sample_rows(volume: FloatArray, outcome: FloatArray, max_rows: int = MAX_SAMPLE) -> IntArray:
    """Return all rows, or every n-th in order of (volume, outcome): stratified, and the same in any row order.

    >>> sample_rows(np.array([3.0, 1.0, 2.0]), np.zeros(3), max_rows=2)
    array([1, 0])
    """
    if volume.size <= max_rows:
        return np.arange(volume.size)
    order = np.lexsort((outcome, volume))
    return order[np.linspace(0, volume.size - 1, max_rows).round().astype(np.int64)]
