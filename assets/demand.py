"""Demand of the next day: what items would get, also behind an exhausted budget."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from assets.arrays import floats
from optimizers.demand import EXHAUSTED_SHARE, demand_behind_budget

DEMAND = "demand"


def add_demand(items: pd.DataFrame, before: Mapping[str, float]) -> pd.DataFrame:
    """Add the demand of a usual next day, also the part that an exhausted budget keeps from being served.

    ``before`` is the demand that the last night estimated, by campaign; it grows by a tenth a night while a budget stays
    exhausted and the platform does not say by how much. An exhausted budget spends what it has, promotion or not.
    """
    out = items.copy()
    campaign = campaigns_of(out)
    spent = out.groupby(campaign)["cost_7d"].transform("sum") / out["days_7d"].clip(lower=1)
    budget = out["campaign_budget"].astype("Float64").astype("float64") * out["fx_rate"]
    known = campaign.map(before).astype("float64")
    found = demand_behind_budget(
        spent.to_numpy(dtype=np.float64), budget.to_numpy(dtype=np.float64), floats(out, "lost_to_budget_share"),
        known.to_numpy(dtype=np.float64),
    )  # fmt: skip
    out["served_share"], out["demand_cost"] = found.served_share, found.demand_cost
    out["is_exhausted"] = found.is_exhausted & (found.served_share < EXHAUSTED_SHARE)  # a trace of loss is none
    usual = (out["cost_per_day"] * out["next_day_factor"]).groupby(campaign).transform("sum")
    is_full = (spent >= EXHAUSTED_SHARE * budget) & (usual > 0)
    for name in ("clicks_per_day", "cost_per_day"):
        out[name] *= (spent / usual).where(is_full, 1.0)
    out["demand_clicks"] = out["clicks_per_day"] * out["next_day_factor"] / out["served_share"]
    runs = ~out["status"].isin(["paused", "archived"])  # what is off already spends nothing tomorrow
    out["usual_cost"] = (out["cost_per_day"] * out["next_day_factor"]).where(runs, 0.0)
    return out


def campaigns_of(items: pd.DataFrame) -> pd.Series:
    """Return one readable key per campaign."""
    return items["platform"] + "|" + items["account"] + "|" + items["campaign_key"]


def exhausted_demand(items: pd.DataFrame) -> dict[str, float]:
    """Return the estimated demand of each exhausted campaign, for the next night."""
    rows = items[items["is_exhausted"]]
    demand = rows.groupby(campaigns_of(rows), sort=True)["demand_cost"].max()
    return {str(name): float(cost) for name, cost in demand.items()}
