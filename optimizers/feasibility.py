"""Whether a budget tree can be met at all, and if not, the smallest set of spend limits that contradict each other.

Here belong what spend limits alone forbid, before the solve, and which limit a plan misses, after it. Contradictions in
which ROAS floors have a part are named by ``optimizers.conflict``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from optimizers.curves import Curves
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
        minimum; offenders are the fewest limits below the node (of nodes, or of the items that one pays for) that already
        contradict it.
    """
    least, most = reach.least.copy(), reach.most.copy()
    for node in np.argsort(-tree.depth, kind="stable"):
        _refuse_node(tree, int(node), least, most)
        least[node] = max(least[node], tree.min_cost[node])
        most[node] = min(most[node], tree.max_cost[node])
        if tree.parent[node] >= 0:
            least[tree.parent[node]] += least[node]
            most[tree.parent[node]] += most[node]


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


def _refuse_node(tree: PriceTree, node: int, least: FloatArray, most: FloatArray) -> None:
    """Raise for one node; ``least`` and ``most`` already hold its children."""
    name, needed, maximum = tree.names[node], float(tree.min_cost[node]), float(tree.max_cost[node])
    slack = TOLERANCE * 1e-3 * float(most[node])
    if max(needed, least[node]) > maximum * (1 + TOLERANCE) + slack:
        seen = max(needed, float(least[node]))
        own = [Part(f"{name} min_cost", needed, name)]
        parts = _fewest_over(own if needed > maximum else _parts(tree, node, least, tree.min_cost), maximum)
        what = f"cannot keep {name} within its maximum: minimum costs add up to {seen - maximum:,.2f} too much"
        limits = [(name, "max_cost"), *((part.node, "min_cost") for part in parts if part.node)]
        raise InfeasibleBudgetError(what, seen, maximum, _shown(parts), REMEDY, limits)
    if most[node] < needed * (1 - TOLERANCE):
        seen, parts = float(most[node]), _parts(tree, node, most, tree.max_cost)
        what = f"cannot reach the minimum of {name}: all below it can spend {needed - seen:,.2f} too little"
        limits = [(name, "min_cost"), *((part.node, "max_cost") for part in parts if part.node)]
        raise InfeasibleBudgetError(what, seen, needed, _shown(parts), REMEDY, limits)


class Part(NamedTuple):
    """Money that cannot be chosen: what people call it, how much, and the node whose limit it is, empty of items."""

    name: str
    money: float
    node: str


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
            parts.append(Part(tree.names[at], float(amount[at]), tree.names[at]))
            continue
        open_nodes += children.tolist()
        own = float(amount[at] - amount[children].sum())
        if own > TOLERANCE * float(amount[at]):
            parts.append(Part(f"items of {tree.names[at]}", own, ""))
    return sorted(parts, key=lambda part: -part.money)


def _fewest_over(parts: list[Part], maximum: float) -> list[Part]:
    """Return the first parts that together are already more than ``maximum``."""
    before = np.cumsum([0.0] + [part.money for part in parts])[:-1]
    return [part for part, sum_before in zip(parts, before, strict=True) if sum_before <= maximum]


def _shown(parts: list[Part]) -> list[str]:
    return [f"{part.name} {part.money:,.2f}" for part in parts]
