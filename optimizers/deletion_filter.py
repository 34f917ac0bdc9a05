"""Which of many limits that contradict each other are enough for the contradiction.

Here belongs the filter alone; what a contradiction is, its callers know.
"""

from __future__ import annotations

from collections.abc import Callable

Limit = tuple[str, int]  # a column of the tree and a node


def smallest_conflict(limits: list[Limit], is_conflict: Callable[[list[Limit]], bool]) -> list[Limit]:
    """Return limits that contradict each other and would not if any one of them were left out.

    Deletion filter (Chinneck and Dravnieks 1991) in chunks that are halved: a limit is left out for good where the rest
    still contradict each other. ``limits`` do; of several such sets one is told.

    >>> smallest_conflict([("min_cost", node) for node in range(9)], lambda kept: sum(node for _, node in kept) > 14)
    [('min_cost', 5), ('min_cost', 6), ('min_cost', 7)]
    """
    kept, size = list(limits), max(len(limits) // 2, 1)
    while True:
        at = 0
        while at < len(kept):
            fewer = kept[:at] + kept[at + size :]
            if is_conflict(fewer):
                kept = fewer
            else:
                at += size
        if size == 1:
            return kept
        size //= 2
