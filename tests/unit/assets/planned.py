"""From judged items to recommendation rows, as the stages do it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from assets.batch import Batch
from assets.bid_rows import item_rows
from assets.bidding import finish
from assets.budgets import empty_plan, plan_rows
from assets.plan_problem import build_problem
from optimizers.allocation import allocate


def make_plan(items: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Return the optimum of the items as a table."""
    plan = build_problem(items, batch)
    return empty_plan() if plan.problem is None else plan_rows(plan, plan.problem, allocate(plan.problem))


def fixed_plan(items: pd.DataFrame, lever: str = "keyword_bid", **columns: Any) -> pd.DataFrame:
    """Return a plan that somebody thought up: one row per item with these columns."""
    plan = items[["item"]].assign(lever=lever, multiplier=1.0, plan_cost=0.0, plan_value=0.0, base_cost=0.0, base_value=0.0,
                                  marginal_roas=1.0, binding_limit="price",
                                  min_multiplier=0.7, max_multiplier=1.3, explore_worth=float("nan"))  # fmt: skip
    return plan.assign(**columns)


def recommend(items: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Return the recommendations of the items alone, without terms and offers."""
    return finish(item_rows(items, make_plan(items, batch), batch), batch)
