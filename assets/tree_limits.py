"""What the shop's settings ask of the tree of budgets: least and most spend, shares of the total, ROAS floors.

Here belongs the reading of settings into limits. What tonight's caps can reach of them is in ``assets.plan_problem``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from assets.arrays import floats
from assets.batch import Batch
from configs.schema import Budget, PlatformUse
from optimizers.allocation import AllocationProblem
from optimizers.errors import InfeasibleBudgetError
from optimizers.items import FloorBasis
from optimizers.shares import limit_shares
from optimizers.tree import PriceTree
from optimizers.types import FloatArray

# by the word that a refusal has for the limit
SETTING_OF = {
    "ROAS floor": "min_roas",
    "marginal floor": "min_marginal_value",
    "min_cost": "min_cost",
    "max_cost": "max_cost",
}


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


def with_floors(tree: PriceTree, batch: Batch) -> PriceTree:
    """Return the tree with the ROAS floors of the total and of the platforms; they count what is moved tonight alone."""
    holders: dict[str, Budget | PlatformUse] = {**batch.uses, "total": batch.settings.budget}
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


def with_settings_named(error: InfeasibleBudgetError, batch: Batch) -> InfeasibleBudgetError:
    """Return the refusal with the keys of the settings that contradict each other, so that a person knows what to change."""
    keys = [
        setting_key(name, key)
        for name in ("total", *batch.uses)
        for word, key in SETTING_OF.items()
        if any(offender.startswith(f"{name} {word} ") for offender in error.offenders)
    ]
    if not keys:
        return error
    remedy = f"Change one of {', '.join(keys)} in configs/settings.yaml (or the shop's own settings.yaml)."
    return InfeasibleBudgetError(error.what, error.value, error.limit, error.offenders, remedy)


def setting_key(node: str, limit: str) -> str:
    """Return where a limit of the total or of a platform is set."""
    if node != "total":
        return f"platforms.{node}.{limit}"
    return "budget.daily_total" if limit == "max_cost" else f"budget.{limit}"


def without_total_floor(problem: AllocationProblem) -> AllocationProblem:
    """Return the problem without the total's average floor, under which money has no price of its own to weigh offers by."""
    floors = np.where(problem.tree.parent < 0, np.nan, problem.tree.min_roas)
    return replace(problem, tree=replace(problem.tree, min_roas=floors))


def _or_missing(values: Sequence[float | None]) -> FloatArray:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
