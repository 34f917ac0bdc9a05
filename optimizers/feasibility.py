"""Whether a budget tree can be met at all, and if not, the smallest set of bounds that contradict each other.

Here belongs the refusal with its missing money. Spending the money is in ``optimizers.allocation``.
"""

from __future__ import annotations

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


def refuse_infeasible(curves: Curves, tree: PriceTree) -> None:
    """Raise if no allocation meets every bound of the tree.

    Parameters
    ----------
    curves : Curves of n_items
    tree : PriceTree of n_nodes
        Money in the currency of the items.

    Raises
    ------
    InfeasibleBudgetError
        If the least possible spend below a node is more than its maximum, or the most possible is less than its
        minimum; offenders are the fewest children (or the items) that already contradict it.
    """
    least = tree.own_sums(curves.node, curves.spend(np.full(curves.n_items, np.inf))[0])
    most = tree.own_sums(curves.node, curves.spend(np.full(curves.n_items, -np.inf))[0])
    for node in np.argsort(-tree.depth, kind="stable"):
        _refuse_node(tree, int(node), least, most)
        least[node] = max(least[node], tree.min_cost[node])
        most[node] = min(most[node], tree.max_cost[node])
        if tree.parent[node] >= 0:
            least[tree.parent[node]] += least[node]
            most[tree.parent[node]] += most[node]


def missed_money(tree: PriceTree, node_cost: FloatArray) -> float:
    """Return the most money that a node lacks to its minimum; infinite where one is over its maximum."""
    rounding = TOLERANCE * float(node_cost.max())
    if (node_cost > tree.max_cost * (1 + TOLERANCE) + rounding).any():
        return np.inf
    under = float(np.max(tree.min_cost - node_cost))
    return under if under > rounding else 0.0


def _refuse_node(tree: PriceTree, node: int, least: FloatArray, most: FloatArray) -> None:
    """Raise for one node; ``least`` and ``most`` already hold its children."""
    name, needed, maximum = tree.names[node], float(tree.min_cost[node]), float(tree.max_cost[node])
    slack = TOLERANCE * 1e-3 * float(most[node])
    if max(needed, least[node]) > maximum * (1 + TOLERANCE) + slack:
        seen = max(needed, float(least[node]))
        parts = [(f"{name} min_cost", needed)] if needed > maximum else _parts(tree, node, least)
        what = f"cannot keep {name} within its maximum: minimum costs add up to {seen - maximum:,.2f} too much"
        raise InfeasibleBudgetError(what, seen, maximum, _fewest_over(parts, maximum), REMEDY)
    if most[node] < needed * (1 - TOLERANCE):
        seen, parts = float(most[node]), _parts(tree, node, most)
        what = f"cannot reach the minimum of {name}: all below it can spend {needed - seen:,.2f} too little"
        raise InfeasibleBudgetError(what, seen, needed, _fewest_over(parts, np.inf), REMEDY)


def _parts(tree: PriceTree, node: int, amount: FloatArray) -> list[tuple[str, float]]:
    """Return what each child, and the node's own items together, add to ``amount``, largest first."""
    parts = [(tree.names[child], float(amount[child])) for child in np.flatnonzero(tree.parent == node)]
    own = float(amount[node]) - sum(money for _, money in parts)
    if own > TOLERANCE * float(amount[node]):
        parts.append((f"items of {tree.names[node]}", own))
    return sorted(parts, key=lambda part: -part[1])


def _fewest_over(parts: list[tuple[str, float]], maximum: float) -> list[str]:
    """Return the first parts that together are already more than ``maximum``."""
    before = np.cumsum([0.0] + [money for _, money in parts])[:-1]
    return [
        f"{name} {money:,.2f}" for (name, money), sum_before in zip(parts, before, strict=True) if sum_before <= maximum
    ]
