"""What the shop's settings ask of the total and of platforms: least and most spend, shares of the total, ROAS floors.

Here belongs the reading of settings into limits. Limits of campaigns are read in ``assets.campaign_nodes``, what people are
told of limits is in ``assets.limit_words``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from assets.arrays import floats
from assets.batch import Batch
from configs.schema import Budget, CampaignLimits, PlatformUse
from optimizers.items import FloorBasis
from optimizers.shares import limit_shares
from optimizers.tree import PriceTree
from optimizers.types import FloatArray


def asked_limits(platforms: Sequence[str], total: float, batch: Batch) -> PriceTree:
    """Return total -> platforms with the limits as the shop set them, before what tonight's caps make of them.

    A share is one of ``total``: the daily total of the settings, or what is usually spent where none is set.
    """
    uses = [batch.uses[name] for name in platforms]
    tree = PriceTree(
        np.array([-1, *[0] * len(uses)], dtype=np.int64),
        np.array([0.0, *[use.min_cost for use in uses]]),
        np.array([total, *[np.inf if use.max_cost is None else use.max_cost for use in uses]]),
        ("total", *platforms),
    )
    return limit_shares(
        tree,
        _or_missing([None, *[use.min_share for use in uses]]),
        _or_missing([None, *[use.max_share for use in uses]]),
    )


def with_floors(tree: PriceTree, campaigns: Mapping[str, CampaignLimits], batch: Batch) -> PriceTree:
    """Return the tree with the ROAS floors of all its nodes; they count what is moved tonight alone."""
    holders: dict[str, Budget | PlatformUse | CampaignLimits] = {
        **campaigns, **batch.uses, "total": batch.settings.budget,
    }  # fmt: skip
    asked = [holders.get(name) for name in tree.names]
    average = _or_missing([None if one is None else one.min_roas for one in asked])
    marginal = _or_missing([None if one is None else one.min_marginal_value for one in asked])
    return replace(tree, min_roas=average, min_marginal_roas=marginal)


def floor_basis(keywords: pd.DataFrame, budgets: pd.DataFrame, tree: PriceTree, batch: Batch) -> FloorBasis | None:
    """Return the sales that ROAS floors count; None where there is no floor, or sales are what the plan maximises."""
    if np.isnan(tree.min_roas).all() or batch.settings.value_basis == "conversion_value":
        return None
    sales = floats(budgets, "revenue_per_click") * floats(budgets, "base_cost") / floats(budgets, "cpc")
    return FloorBasis(floats(keywords, "revenue_per_click"), sales)


def _or_missing(values: Sequence[float | None]) -> FloatArray:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
