"""Whether a budget tree can be met at all, and if not, the smallest set of spend limits that contradict each other.

Here belong what spend limits alone forbid, before the solve, and which limit a plan misses, after it. Contradictions in
which ROAS floors have a part are named by ``optimizers.conflict``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from optimizers.curves import Curves
from optimizers.deletion_filter import Limit, smallest_conflict
from optimizers.errors import InfeasibleBudgetError
from optimizers.tree import PriceTree
from optimizers.types import FloatArray

TOLERANCE = 1e-9  # relative: a breach below it is rounding, not a contradiction
REMEDY = (
    "Raise max_cost or lower min_cost of these nodes in configs/settings.yaml, "
    "or widen max_raise and max_lower in configs/guardrails.yaml."
)


class Reach(NamedTuple):
    """The least and most that each node's own items can spend, shape (n_nodes,) each."""

    least: FloatArray
    most: FloatArray


def reach_of(curves: Curves, tree: PriceTree) -> Reach:
    """Return what the items directly at each node can spend."""
    ends = (np.inf, -np.inf)
    return Reach(*(tree.own_sums(curves.node, curves.spend(np.full(curves.n_items, end))[0]) for end in ends))


def refuse_infeasible(reach: Reach, tree: PriceTree) -> None:
    """Raise if no allocation meets every bound of the tree.

    Parameters
    ----------
    reach : Reach of n_nodes
    tree : PriceTree of n_nodes
        Money in the currency of the items.

    Raises
    ------
    InfeasibleBudgetError
        If the least possible spend below a node is more than its maximum, or the most possible is less than its
        minimum; the limits told, with what items leave no choice in, contradict each other, and none could be spared.
        ``missing`` is by how much the first of them has to give way for all others below it to be kept, where
        that alone can mend it.
    """
    found = _find_refusal(reach, tree) if contradicts(reach, tree, (tree.min_cost, tree.max_cost)) else None
    if found is None:
        return
    needed = smallest_conflict(found.limits, lambda kept: contradicts(reach, tree, spend_limits(tree, kept)))
    least, most = spend_limits(tree, needed)
    alone = _find_refusal(reach, PriceTree(tree.parent, least, most, tree.names)) or found
    seen = found.least if alone.column == "max_cost" else found.most
    raise _error(tree, alone, seen)


class _Refusal(NamedTuple):
    """A node whose limit in ``column`` cannot be kept: the least and most that it may spend but for that, and why."""

    node: int
    column: str
    least: float
    most: float
    parts: list[Part]

    @property
    def limits(self) -> list[Limit]:
        """Return the node's own limit and those below it that it contradicts."""
        other = "min_cost" if self.column == "max_cost" else "max_cost"
        return [(self.column, self.node), *((other, part.node) for part in self.parts if part.node >= 0)]


def _error(tree: PriceTree, told: _Refusal, seen: float) -> InfeasibleBudgetError:
    name, limit = tree.names[told.node], float(getattr(tree, told.column)[told.node])
    what = f"cannot reach the minimum of {name}: all below it can spend {limit - seen:,.2f} too little"
    if told.column == "max_cost":
        what = f"cannot keep {name} within its maximum: minimum costs add up to {seen - limit:,.2f} too much"
    offenders = [f"{part.name} {part.money:,.2f}" for part in told.parts]
    named = [(tree.names[node], column) for column, node in told.limits]
    return InfeasibleBudgetError(what, seen, limit, offenders, REMEDY, named)


def spend_limits(tree: PriceTree, limits: list[Limit]) -> tuple[FloatArray, FloatArray]:
    """Return the least and most of every node where these limits of the tree are all there are, shape (n_nodes,) each."""
    least, most = np.zeros(tree.n_nodes), np.full(tree.n_nodes, np.inf)
    for column, node in limits:
        (least if column == "min_cost" else most)[node] = getattr(tree, column)[node]
    return least, most


def contradicts(reach: Reach, tree: PriceTree, limits: tuple[FloatArray, FloatArray]) -> bool:
    """Return whether no spend meets the nodes' least and most; as ``_find_refusal`` tells, for all nodes of a depth at once."""
    lowest, highest = limits
    least, most = reach.least.copy(), reach.most.copy()
    for depth in range(int(tree.depth.max()), -1, -1):
        at = np.flatnonzero(tree.depth == depth)
        least[at], room = np.maximum(least[at], lowest[at]), highest[at] * (1 + TOLERANCE)
        slack = TOLERANCE * 1e-3 * np.where(np.isfinite(most[at]), most[at], 0.0)
        if (least[at] > room + slack).any() or (most[at] < lowest[at] * (1 - TOLERANCE)).any():
            return True
        most[at] = np.minimum(most[at], highest[at])
        if depth:
            np.add.at(least, tree.parent[at], least[at])
            np.add.at(most, tree.parent[at], most[at])
    return False


def _find_refusal(reach: Reach, tree: PriceTree) -> _Refusal | None:
    """Return why the lowest node whose limits cannot be met is refused, None where all can."""
    least, most = reach.least.copy(), reach.most.copy()
    for node in np.argsort(-tree.depth, kind="stable"):
        found = _refuse_node(tree, int(node), least, most)
        if found is not None:
            return found
        least[node] = max(least[node], tree.min_cost[node])
        most[node] = min(most[node], tree.max_cost[node])
        if tree.parent[node] >= 0:
            least[tree.parent[node]] += least[node]
            most[tree.parent[node]] += most[node]
    return None


def missed_money(tree: PriceTree, node_cost: FloatArray, node_worth: FloatArray) -> float:
    """Return the most money that a node lacks to its minimum or its ROAS floor; infinite where one is over its maximum."""
    breach = find_breach(tree, node_cost, node_worth)
    if breach is None:
        return 0.0
    return np.inf if breach.column == "max_cost" else breach.missing


class Breach(NamedTuple):
    """A limit that a plan does not keep: whose, which column of the tree, the money seen and the money asked."""

    node: int
    column: str
    seen: float
    limit: float

    @property
    def missing(self) -> float:
        """Return the money between the two."""
        return abs(self.limit - self.seen)


def find_breach(tree: PriceTree, node_cost: FloatArray, node_worth: FloatArray) -> Breach | None:
    """Return a maximum that is not kept, else the minimum or ROAS floor that lacks most money, else None.

    Parameters
    ----------
    tree : PriceTree of n_nodes
    node_cost, node_worth : array of shape (n_nodes,)
        What each node spends, and what its floor counts of what that brings.
    """
    rounding = TOLERANCE * float(node_cost.max())
    over = node_cost - tree.max_cost * (1 + TOLERANCE) - rounding
    worst = int(np.argmax(over))
    if over[worst] > 0:
        return Breach(worst, "max_cost", float(node_cost[worst]), float(tree.max_cost[worst]))
    needed = np.where(np.isnan(tree.min_roas), 0.0, tree.min_roas * node_cost)
    short = needed - np.where(np.isnan(tree.min_roas), 0.0, node_worth)
    under = tree.min_cost - node_cost
    floor, least = int(np.argmax(short - TOLERANCE * needed)), int(np.argmax(under))
    if under[least] > max(rounding, short[floor]):
        return Breach(least, "min_cost", float(node_cost[least]), float(tree.min_cost[least]))
    if short[floor] > TOLERANCE * needed[floor]:
        return Breach(floor, "min_roas", float(node_worth[floor]), float(needed[floor]))
    return None


def _refuse_node(tree: PriceTree, node: int, least: FloatArray, most: FloatArray) -> _Refusal | None:
    """Return why one node is refused; ``least`` and ``most`` already hold its children."""
    needed, maximum = float(tree.min_cost[node]), float(tree.max_cost[node])
    ends = max(needed, float(least[node])), min(float(most[node]), maximum)
    slack = TOLERANCE * 1e-3 * float(most[node])
    if ends[0] > maximum * (1 + TOLERANCE) + slack:
        own = [Part(f"{tree.names[node]} min_cost", needed, node)]
        parts = _fewest_over(own if needed > maximum else _parts(tree, node, least, tree.min_cost), maximum)
        return _Refusal(node, "max_cost", *ends, parts)
    if most[node] < needed * (1 - TOLERANCE):
        return _Refusal(node, "min_cost", *ends, _parts(tree, node, most, tree.max_cost))
    return None


class Part(NamedTuple):
    """Money that cannot be chosen: what people call it, how much, and the node whose limit it is, -1 of items."""

    name: str
    money: float
    node: int


def _parts(tree: PriceTree, node: int, amount: FloatArray, bound: FloatArray) -> list[Part]:
    """Return the limits that ``amount`` adds up from, largest first: bounds of nodes, and what items leave no choice.

    A node that is at its own ``bound`` is one part; of others their children and their own items are.
    """
    parts: list[Part] = []
    open_nodes = [node]
    while open_nodes:
        at = open_nodes.pop()
        children = np.flatnonzero(tree.parent == at)
        if at != node and amount[at] == bound[at]:
            parts.append(Part(tree.names[at], float(amount[at]), at))
            continue
        open_nodes += children.tolist()
        own = float(amount[at] - amount[children].sum())
        if own > TOLERANCE * float(amount[at]):
            parts.append(Part(f"items of {tree.names[at]}", own, -1))
    return sorted(parts, key=lambda part: -part.money)


def _fewest_over(parts: list[Part], maximum: float) -> list[Part]:
    """Return the first parts that together are already more than ``maximum``."""
    before = np.cumsum([0.0] + [part.money for part in parts])[:-1]
    return [part for part, sum_before in zip(parts, before, strict=True) if sum_before <= maximum]
