"""Which keywords to explore under a budget, and the most that any choice could bring.

Here belongs the choice. What exploring is worth and costs is ``optimizers.learning_value``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from optimizers.inputs import ANY, NON_NEGATIVE, read_columns
from optimizers.probation import choose_trials
from optimizers.types import BoolArray


class Chosen(NamedTuple):
    """Which keywords to explore, bool array of shape (n_keywords,), their net worth, and the most that the budget could bring."""

    is_chosen: BoolArray
    worth: float
    bound: float


def choose_learning(net: ArrayLike, outlay: ArrayLike, tie: ArrayLike, budget: float) -> Chosen:
    """Return what to explore: most net worth per outlay first, as far as the budget reaches, with the bound on any choice.

    The bound is the fractional knapsack's (Dantzig 1957): the last one that does not fit counts in part. Known drawback: not the
    best set where one keyword takes most of the budget; the bound tells by how much at most.

    Parameters
    ----------
    net : array of shape (n_keywords,)
        Expected worth in money; not positive or missing is never chosen.
    outlay : array of shape (n_keywords,)
        More spend a day, >= 0, or missing (never chosen).
    tie : array of shape (n_keywords,)
        Seeded numbers that order equals, smallest first.
    budget : float
        Money a day, >= 0.

    Returns
    -------
    Chosen

    Raises
    ------
    InvalidInputError
        If a number is infinite, an outlay or the budget negative, or lengths differ.

    Examples
    --------
    >>> found = choose_learning([6.0, 5.0, -1.0], [3.0, 2.0, 0.1], [0.1, 0.2, 0.3], 4.0)
    >>> found.is_chosen.tolist(), found.worth, found.bound
    ([False, True, False], 5.0, 9.0)
    """
    columns = {"net": (net, ANY.or_missing()), "outlay": (outlay, NON_NEGATIVE.or_missing())}
    worth, spent = read_columns("cannot choose what to explore", columns)
    chosen = choose_trials(worth, spent, tie, budget)
    rows = np.flatnonzero((worth > 0) & ~np.isnan(spent))
    with np.errstate(divide="ignore"):
        order = rows[np.argsort(-(worth[rows] / spent[rows]), kind="stable")]
    before = np.concatenate([[0.0], np.cumsum(spent[order])[:-1]]) if len(order) else np.zeros(0)
    part = np.ones(len(order))
    costs = spent[order] > 0
    part[costs] = np.clip((budget - before[costs]) / spent[order][costs], 0.0, 1.0)
    return Chosen(chosen, float(worth[chosen].sum()), float((part * worth[order]).sum()))
