"""Focus: what core, growing and testing platforms may spend together, as limits of the tree of budgets.

Here belongs the reading of tiers into nodes of the tree. The shape of the tree is ``optimizers.focus``, what tonight's caps
can reach of its limits is ``optimizers.reachable``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from assets.batch import Batch
from assets.tree_limits import asked_limits
from configs.money_schema import TierShare
from optimizers.errors import InfeasibleBudgetError
from optimizers.focus import Group, contradiction, group_nodes
from optimizers.tree import PriceTree

TIERS = ("core", "growing", "testing")
NODE = "focus_"  # a tier's node is called so, with the tier behind it; the places of reasons.yaml have words for it


def with_focus(tree: PriceTree, total: float, batch: Batch) -> PriceTree:
    """Return the tree with a node for every tier that has a platform in it; without tiers, the tree as it is.

    ``tree`` has the limits as they are set, and shares are of ``total``, the money of a day.
    """
    there = set(tree.names)
    groups = [
        Group(one.name, tuple(name for name in one.members if name in there), one.min_cost, one.max_cost)
        for one in tier_groups(total, batch)
        if there & set(one.members)
    ]
    return group_nodes(tree, groups) if groups else tree


def tier_nodes(platform: pd.Series, batch: Batch) -> pd.Series:
    """Return the name of the node of each row's tier, missing where its platform has none."""
    names = {name: NODE + use.tier for name, use in batch.uses.items() if use.tier is not None}
    return platform.map(names).astype("str")


def tier_groups(total: float, batch: Batch) -> list[Group]:
    """Return the tiers that the shop's platforms name, with their money as the settings ask it."""
    found = []
    for tier in TIERS:
        members = tuple(name for name, use in batch.uses.items() if use.tier == tier)
        share: TierShare = getattr(batch.settings.focus, tier)
        least = 0.0 if share.min_share is None else share.min_share * total
        most = np.inf if share.max_share is None else share.max_share * total
        if members:
            found.append(Group(NODE + tier, members, least, most))
    return found


def refuse_contradiction(total: float, batch: Batch) -> None:
    """Raise InfeasibleBudgetError where tiers and platforms are asked what no spend meets, with the fewest keys to change.

    Only what a shop with tiers has set is looked at; which items may move tonight changes nothing.
    """
    groups = tier_groups(total, batch)
    if not groups:
        return
    tree = group_nodes(asked_limits(list(batch.uses), total, batch), groups)
    limits = contradiction(tree)
    if not limits:
        return
    money = [float(getattr(tree, column)[node]) for column, node in limits]
    keys = [_key(tree.names[node], column, total, batch) for column, node in limits]
    least, most = (
        sum(one for one, (column, _) in zip(money, limits, strict=True) if column == side)
        for side in ("min_cost", "max_cost")
    )
    raise InfeasibleBudgetError(
        f"cannot keep {len(limits)} limits of platforms and tiers together: {abs(least - most):,.2f} of money is missing",
        least, most, [f"{key} {one:,.2f}" for key, one in zip(keys, money, strict=True)],
        f"Change one of {', '.join(keys)} in configs/settings.yaml (or the shop's own settings.yaml).",
        [(tree.names[node], column) for column, node in limits],
    )  # fmt: skip


def _key(node: str, column: str, total: float, batch: Batch) -> str:
    """Return the key of the settings that sets this limit of a node; of a platform's two the tighter one."""
    side = column.removesuffix("_cost")
    if node == "total":
        return "budget.daily_total"
    if node.startswith(NODE):
        return f"focus.{node.removeprefix(NODE)}.{side}_share"
    use = batch.uses[node]
    money, share = getattr(use, column), getattr(use, f"{side}_share")
    tighter = max if side == "min" else min
    is_share = share is not None and (money is None or tighter(money, share * total) == share * total)
    return f"platforms.{node}.{side}_share" if is_share else f"platforms.{node}.{column}"
