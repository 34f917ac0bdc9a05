"""The lowest point that an item may be moved to tonight, and what a click costs there.

Here belong the lowest permitted bid and the price of clicks at it. Whether it loses money there is ``assets.floor_odds``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from assets.arrays import floats
from assets.batch import Batch
from assets.platforms.levers import round_to_step
from assets.response import betas, keyword_response
from configs.platform_schema import LeverRule

PLAN_VALUES = ("daily_budget", "target_roas", "commission_rate")
NOISE = 1e-9  # a bid that only float noise puts under its cap is on it


def add_lowest_point(items: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Add the lowest bid permitted tonight, with clicks a day, cost of a click and of the next click there.

    Permitted is what the change cap, the platform's minimum and its step leave. A closed-bid item is taken at the lowest
    budget that may be set, one without any lever as it is.
    """
    out = items.copy()
    is_plan = (out["level"] != "keyword") & out[list(PLAN_VALUES)].notna().any(axis=1)
    budget = np.where(is_plan, 1.0 - batch.guardrails.max_budget_lower, 1.0)
    beta = betas(out.assign(lever=np.where(out["commission_rate"].notna(), "commission_rate", "daily_budget")))
    out["lowest_bid"] = lowest_bids(out, batch)
    out["lowest_clicks"] = floats(out, "clicks_per_day") * budget**beta
    out["lowest_cpc"] = floats(out, "cpc") * budget ** (1.0 - beta)
    out["lowest_marginal_cost"] = out["lowest_cpc"] / np.where(is_plan, beta, 1.0)
    known = out[["lowest_bid", "cpc", "value_per_click"]].notna().all(axis=1)
    at_bids = bid_costs(out[known])
    out.loc[known, at_bids.columns] = at_bids
    return out


def bid_costs(keywords: pd.DataFrame) -> pd.DataFrame:
    """Return clicks a day, mean cost and marginal cost of a click at each keyword's lowest bid.

    The curve is trusted near today's bid only: however it is bent, a click never gets cheaper faster than the bid's power
    kappa, as it would if today's price followed from today's bid.
    """
    m = (keywords["lowest_bid"] / keywords["bid"]).to_numpy(dtype=np.float64)
    curve = keyword_response(keywords.assign(demand_clicks=1.0))
    mean_cost = np.maximum(curve.cost_at(m) / curve.clicks_at(m), curve.cpc0 * m**curve.kappa)
    points = {
        "lowest_clicks": keywords["clicks_per_day"] * curve.clicks_at(m),
        "lowest_cpc": mean_cost,
        "lowest_marginal_cost": curve.marginal_cost_per_click(m),
    }
    return pd.DataFrame(points, index=keywords.index)


def lowest_bids(items: pd.DataFrame, batch: Batch) -> pd.Series:
    """Return the lowest bid permitted tonight in account currency; missing where there is no open bid."""
    out = pd.Series(np.nan, index=items.index, dtype="float64")
    is_bid = (items["level"] == "keyword") & (items["bid"] > 0)
    for name, part in items[is_bid].groupby("platform", sort=True):
        rule = batch.platforms[str(name)].rulebook.rule("keyword_bid")
        bids = part["bid"].to_numpy(dtype=np.float64)
        out[part.index] = bids if rule is None else _lowered(part, bids, rule, batch.guardrails.max_lower)
    return out


def _lowered(part: pd.DataFrame, bids: np.ndarray, rule: LeverRule, max_lower: float) -> np.ndarray:
    """Return bids cut by the cap and rounded up to the step, so that the cap is kept; the platform's minimum wins."""
    wanted = np.maximum(bids * (1.0 - max_lower), rule.minimum)
    down = round_to_step(wanted, rule, prefer_down=True)
    stepped = np.where(down < wanted * (1.0 - NOISE), round_to_step(down + rule.step, rule), down)
    only_rises = part["entity_type"].isin(rule.raises_only).to_numpy() | (not rule.may_lower)
    lowest = np.where(only_rises, bids, np.minimum(stepped, bids))
    return np.maximum(lowest, rule.minimum)
