"""Rounded plans that still fit: which rows must take the lower step so that no budget is exceeded.

Here belongs the repair after step rounding. Rounding one value to its step is in ``optimizers.bids``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizers.columns import keep_columns
from optimizers.errors import InfeasibleBudgetError
from optimizers.inputs import ANY, NON_NEGATIVE
from optimizers.tree import PriceTree
from optimizers.types import BoolArray, FloatArray, IntArray

TOLERANCE = 1e-9  # relative, of a node's maximum: below a cent on ten million


@dataclass(frozen=True)
class RoundingChoice:
    """Two ways to round each item: the nearest step and the step below. Money is per day, one currency.

    Parameters
    ----------
    node : array of shape (n_items,)
        The tree node that pays.
    cost, value : array of shape (n_items,)
        Expected cost and value at the nearest step.
    lower_cost, lower_value : array of shape (n_items,)
        The same at the step below; equal to ``cost`` and ``value`` where there is none.
    """

    node: IntArray
    cost: FloatArray
    value: FloatArray
    lower_cost: FloatArray
    lower_value: FloatArray

    def __post_init__(self) -> None:
        floats = {"cost": NON_NEGATIVE, "value": ANY, "lower_cost": NON_NEGATIVE, "lower_value": ANY}
        keep_columns(self, "cannot round the plan", floats, codes=("node",))


@dataclass(frozen=True)
class RoundedPlan:
    """Which rows take the lower step, shape (n_items,), and what that leaves unspent at each node, shape (n_nodes,)."""

    takes_lower: BoolArray
    node_cost: FloatArray
    leftover: FloatArray


def round_plan(choice: RoundingChoice, tree: PriceTree) -> RoundedPlan:
    """Return the rounding that keeps every maximum and gives up the least value per unit of cost saved.

    Parameters
    ----------
    choice : RoundingChoice of n_items
    tree : PriceTree of n_nodes
        Maxima are kept; a minimum may be missed by less than a step.

    Returns
    -------
    RoundedPlan
        ``leftover`` is the maximum less the cost, infinite where there is no maximum.

    Raises
    ------
    InvalidInputError
        If a column is not finite, negative money or of another length.
    InfeasibleBudgetError
        If even all lower steps cost more than a maximum.

    Notes
    -----
    Greedy from the leaves to the roots; known drawback: what it leaves can be as much as one row's step costs.

    Examples
    --------
    >>> tree = PriceTree(np.array([-1]), np.zeros(1), np.array([10.0]), ("total",))
    >>> lower = np.array([4.5, 4.0]), np.array([19.0, 9.0])
    >>> plan = round_plan(RoundingChoice(np.array([0, 0]), np.array([5.2, 5.0]), np.array([20.0, 10.0]), *lower), tree)
    >>> plan.takes_lower, plan.leftover.round(2)
    (array([False,  True]), array([0.8]))
    """
    saving = choice.cost - choice.lower_cost
    with np.errstate(divide="ignore", invalid="ignore"):
        dearness = np.where(saving > 0, (choice.value - choice.lower_value) / saving, np.inf)
    takes_lower = np.zeros(len(choice.cost), dtype=np.bool_)
    for depth, ancestor in tree.levels_up():
        cost = tree.sum_up(tree.own_sums(choice.node, np.where(takes_lower, choice.lower_cost, choice.cost)))
        excess = np.where(tree.depth == depth, cost - tree.max_cost * (1 + TOLERANCE), -np.inf)
        owner = ancestor[choice.node]
        can_fall = np.flatnonzero((owner >= 0) & (excess[owner] > 0) & (saving > 0) & ~takes_lower)
        can_fall = can_fall[np.lexsort((dearness[can_fall], owner[can_fall]))]
        takes_lower[can_fall] = _sum_before(saving[can_fall], owner[can_fall]) < excess[owner[can_fall]]
    node_cost = tree.sum_up(tree.own_sums(choice.node, np.where(takes_lower, choice.lower_cost, choice.cost)))
    _refuse_excess(tree, node_cost)
    return RoundedPlan(takes_lower, node_cost, np.maximum(tree.max_cost - node_cost, 0.0))


def _sum_before(amount: FloatArray, owner: IntArray) -> FloatArray:
    """Return the sum of earlier rows of the same owner; rows come sorted by owner."""
    before = np.cumsum(amount) - amount
    starts = np.searchsorted(owner, owner, side="left")
    return before - before[starts]


def _refuse_excess(tree: PriceTree, node_cost: FloatArray) -> None:
    over = np.flatnonzero(node_cost > tree.max_cost * (1 + 2 * TOLERANCE))
    if over.size:
        worst = over[np.argmax(node_cost[over] - tree.max_cost[over])]
        offenders = [f"{tree.names[node]} {node_cost[node] - tree.max_cost[node]:,.2f} too much" for node in over]
        remedy = "Raise max_cost in configs/settings.yaml or lower the lever's minimum in configs/platforms."
        what = "cannot round the plan within its budget: even the lower steps cost too much"
        raise InfeasibleBudgetError(what, float(node_cost[worst]), float(tree.max_cost[worst]), offenders, remedy)
