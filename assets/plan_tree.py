"""The tree of budgets of a night: total -> tier -> platform -> campaign -> ad group, with what the settings ask of its nodes.

Here belongs the laying of limits around the items that may move. What the settings ask of the total and of platforms is read
in ``assets.tree_limits``, of campaigns in ``assets.campaign_nodes``; what of it is in reach is found by
``optimizers.reachable``.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from assets.batch import Batch
from assets.campaign_nodes import GLUE, NodeLimits
from assets.focus import tier_nodes, with_focus
from assets.tree_limits import asked_limits, with_floors
from optimizers.tree import PriceTree
from optimizers.types import BoolArray, FloatArray


def build_tree(rows: pd.DataFrame, total: float, limits: NodeLimits, batch: Batch) -> PriceTree:
    """Return the tree above the rows, with limits as they are set and before what unmoved items spend is taken off.

    A campaign's own daily budget is a maximum of its keywords; budgets that are moved themselves are bounded by their caps.
    Ad groups have a node where the shop set a limit for them: without one the campaign's price is theirs.
    """
    platforms = sorted(rows["platform"].unique())
    campaigns = rows.groupby("campaign_node", sort=True)["platform"].first()
    groups = rows[rows["group_node"].isin(limits.limits)].groupby("group_node", sort=True)["campaign_node"].first()
    names = ["total", *platforms, *campaigns.index, *groups.index]
    place = {name: index for index, name in enumerate(names)}
    parent = [-1, *[0] * len(platforms), *[place[name] for name in [*campaigns, *groups]]]
    top = asked_limits(platforms, total, batch)
    own = [limits.limits.get(name) for name in names[len(top.names) :]]
    set_most = [np.inf if one is None or one.max_cost is None else one.max_cost for one in own]
    budget = own_budgets(rows).reindex(names[len(top.names) :]).fillna(np.inf).to_numpy()
    tree = PriceTree(
        np.array(parent, dtype=np.int64),
        np.concatenate([top.min_cost, [0.0 if one is None else one.min_cost for one in own]]),
        np.concatenate([top.max_cost, np.minimum(set_most, budget)]),
        tuple(names),
    )
    return with_focus(with_floors(tree, limits.limits, batch), total, batch)


def own_budgets(rows: pd.DataFrame) -> pd.Series:
    """Return by campaign node what its daily budget lets it spend, in shop money, besides budgets that are moved."""
    is_bid = rows["lever"] == "keyword_bid"
    bids, plans = rows[is_bid], rows[~is_bid]
    money = (bids["campaign_budget"].astype("Float64").astype("float64") * bids["fx_rate"]).groupby(
        bids["campaign_node"]
    )
    most = (plans["base_cost"] * plans["max_multiplier"]).groupby(plans["campaign_node"]).sum()
    budget = money.first()
    return budget + most.reindex(budget.index).fillna(0.0)


def spent_below(fixed: pd.DataFrame, tree: PriceTree, batch: Batch) -> FloatArray:
    """Return what items that nobody moves spend a day below each node, shape (n_nodes,)."""
    columns = ("tier_node", "platform", "campaign_node", "group_node")
    fixed = fixed.assign(tier_node=tier_nodes(fixed["platform"], batch))
    sums = [fixed.groupby(name)["usual_cost"].sum() for name in columns]
    spent = (
        pd.concat(sums)
        .groupby(level=0)
        .sum()
        .reindex(list(tree.names))
        .fillna(0.0)
        .to_numpy(dtype=np.float64, copy=True)
    )
    spent[0] = float(fixed["usual_cost"].sum())
    return spent


def without_spent(tree: PriceTree, spent: FloatArray, is_set: BoolArray) -> PriceTree:
    """Return the tree with what is spent anyway taken off the limits that were set for it."""
    least, most = np.maximum(tree.min_cost - spent, 0.0), np.maximum(tree.max_cost - spent, 0.0)
    return replace(tree, min_cost=least, max_cost=np.where(is_set, most, tree.max_cost))


def leaf_nodes(rows: pd.DataFrame, tree: PriceTree) -> np.ndarray:
    """Return the index of the node that pays for each row: its ad group where that is one, else its campaign."""
    known = pd.Index(tree.names)
    group, campaign = (known.get_indexer(pd.Index(rows[name])) for name in ("group_node", "campaign_node"))
    return np.where(group >= 0, group, campaign).astype(np.int64)


def set_maxima(tree: PriceTree, limits: NodeLimits) -> BoolArray:
    """Return which maxima are the settings' own, and not a campaign's daily budget at its platform."""
    asked = [limits.limits.get(name) for name in tree.names]
    is_campaign = [GLUE in name for name in tree.names]
    return np.array([
        not below or (one is not None and one.max_cost is not None and one.max_cost <= most)
        for one, below, most in zip(asked, is_campaign, tree.max_cost, strict=True)
    ])  # fmt: skip
