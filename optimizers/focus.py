"""Groups of budgets below one budget, such as core, growing and probing platforms, with limits of their own.

Here belong the nodes that a group adds to the tree, and which limits of a tree contradict each other whatever the items.
Which platform belongs to which group, and with what share, is a setting: ``assets.focus``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optimizers.deletion_filter import Limit, smallest_conflict
from optimizers.errors import InvalidInputError
from optimizers.feasibility import Reach, contradicts, spend_limits
from optimizers.tree import PriceTree


@dataclass(frozen=True)
class Group:
    """Nodes with one parent that have a least and a most in common.

    Parameters
    ----------
    name : str
        Of the node that will stand above them.
    members : tuple of str
        Names of nodes of the tree, at least one.
    min_cost, max_cost : float
        Money that all members together may spend, >= 0; ``max_cost`` may be infinite.
    """

    name: str
    members: tuple[str, ...]
    min_cost: float = 0.0
    max_cost: float = np.inf


def group_nodes(tree: PriceTree, groups: Sequence[Group]) -> PriceTree:
    """Return the tree with a node between each group's members and their parent.

    Parameters
    ----------
    tree : PriceTree of n_nodes
        With a name of its own for each node.
    groups : sequence of Group
        A node belongs to one group at most.

    Returns
    -------
    PriceTree of n_nodes + n_groups
        Old nodes keep limits and order; a group stands before the first of its members.

    Raises
    ------
    InvalidInputError
        If a member is unknown, in two groups, a root, or has another parent than the rest of its group, or a name is taken.

    Notes
    -----
    Source: plain arithmetic; the family of budgets stays laminar, so that prices are still found leaf to root.

    Examples
    --------
    >>> none, most = np.zeros(4), np.array([100.0, np.inf, np.inf, np.inf])
    >>> tree = PriceTree(np.array([-1, 0, 0, 0]), none, most, ("total", "a", "b", "c"))
    >>> grouped = group_nodes(tree, [Group("core", ("a", "c"), min_cost=70.0)])
    >>> grouped.names, grouped.parent.tolist()
    (('total', 'core', 'a', 'b', 'c'), [-1, 0, 1, 0, 1])
    """
    _refuse_groups(tree, groups)
    group_of = {member: group for group in groups for member in group.members}
    parent_of = {name: tree.names[at] if at >= 0 else "" for name, at in zip(tree.names, tree.parent, strict=True)}
    order: list[str] = []
    for name in tree.names:
        group = group_of.get(name)
        if group is not None and group.name not in order:
            order.append(group.name)
            parent_of[group.name] = parent_of[name]
        if group is not None:
            parent_of[name] = group.name
        order.append(name)
    at = {name: place for place, name in enumerate(order)}
    parent = np.array([at.get(parent_of[name], -1) for name in order], dtype=np.int64)
    old = {name: place for place, name in enumerate(tree.names)}
    new = {group.name: group for group in groups}
    limits = {
        "min_cost": [new[name].min_cost if name in new else tree.min_cost[old[name]] for name in order],
        "max_cost": [new[name].max_cost if name in new else tree.max_cost[old[name]] for name in order],
        "min_roas": [np.nan if name in new else tree.min_roas[old[name]] for name in order],
        "min_marginal_roas": [np.nan if name in new else tree.min_marginal_roas[old[name]] for name in order],
    }
    return PriceTree(parent, names=tuple(order), **{key: np.array(column) for key, column in limits.items()})


def _refuse_groups(tree: PriceTree, groups: Sequence[Group]) -> None:
    members = [member for group in groups for member in group.members]
    names = [group.name for group in groups]
    bad = {member for member in members if members.count(member) > 1 or member not in tree.names}
    bad |= {name for name in names if names.count(name) > 1 or name in tree.names}
    place = {name: at for at, name in enumerate(tree.names)}
    for group in groups:
        above = {int(tree.parent[place[member]]) for member in group.members if member in place}
        if len(above) != 1 or -1 in above:
            bad.add(group.name)
    if bad:
        limit = "known nodes of one parent, in one group each, under a name of its own"
        raise InvalidInputError("cannot group budgets", f"{len(bad)} bad names", limit, sorted(bad), "Mend the groups.")


def contradiction(tree: PriceTree) -> list[Limit]:
    """Return the fewest spend limits that contradict each other whatever the items spend; none where all agree.

    Parameters
    ----------
    tree : PriceTree of n_nodes
        Its leaves may spend anything within their limits.

    Returns
    -------
    list of (column, node)
        Leaving out any one of them ends the contradiction. Empty where there is none.

    Raises
    ------
    InvalidInputError
        Never for a readable tree.

    Notes
    -----
    Sums of minimums and of maxima meet from leaves to root, exact for a laminar family; the set is found by a deletion
    filter (Chinneck and Dravnieks 1991). Known drawback: of several such sets one is told.

    Examples
    --------
    >>> tree = PriceTree(np.array([-1, 0]), np.array([0.0, 70.0]), np.array([60.0, np.inf]), ("total", "core"))
    >>> contradiction(tree)
    [('max_cost', 0), ('min_cost', 1)]
    """
    limits: list[Limit] = [("max_cost", int(node)) for node in np.flatnonzero(np.isfinite(tree.max_cost))]
    limits += [("min_cost", int(node)) for node in np.flatnonzero(tree.min_cost > 0)]
    is_leaf = ~np.isin(np.arange(tree.n_nodes), tree.parent)
    anything = Reach(np.zeros(tree.n_nodes), np.where(is_leaf, np.inf, 0.0))
    if not contradicts(anything, tree, (tree.min_cost, tree.max_cost)):
        return []
    return smallest_conflict(limits, lambda kept: contradicts(anything, tree, spend_limits(tree, kept)))
