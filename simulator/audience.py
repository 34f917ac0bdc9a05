"""Closed-bid plans (万相台 人群): the platform bids, the shop sets a daily budget and a target return.

A plan's value grows with its cost as ``V0 (c / c0)^beta``; its demand shrinks with the target as ``D0 (t / t0)^-1.3``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from simulator.accounts import new_ids
from simulator.catalogue import order_value
from simulator.options import PROFILES, MarketOptions, Profile
from simulator.orders import Arrays

TARGET_EXPONENT = 1.3


@dataclass
class AudienceAccount:
    """One row per plan: campaign_id, campaign, product, category, base_cost, base_value, beta, base_demand,
    base_target, cpc, ctr, order_value, margin_kept, status, daily_budget, target_roas.
    """

    profile: Profile
    plans: pd.DataFrame


def build_audience(products: pd.DataFrame, options: MarketOptions) -> AudienceAccount:
    """Return the first draw of the audience plans, one product each."""
    profile = PROFILES["taobao_audience"]
    rng = np.random.default_rng([options.seed, 31, profile.index])
    pool = products.index[products["language"].eq("zh")].to_numpy()
    n = min(options.n_items["taobao_audience"], len(pool))
    product = np.sort(rng.choice(pool, size=n, replace=False))
    sold = products.iloc[product].reset_index(drop=True)
    base_cost = np.round(150 * np.exp(rng.normal(0, 0.45, n)) / 10) * 10
    base_roas = 3.3 * np.exp(rng.normal(0, 0.35, n))
    plans = pd.DataFrame(
        {
            "campaign_id": new_ids(n, 12, rng),
            "campaign": "人群_" + sold["product_name"],
            "product": product,
            "category": sold["category"],
            "base_cost": base_cost,
            "base_value": base_cost * base_roas,
            "beta": rng.uniform(0.6, 0.85, n),
            "base_demand": base_cost * rng.uniform(0.75, 1.7, n),
            "base_target": np.round(base_roas * rng.uniform(0.85, 1.05, n), 1),
            "cpc": 0.9 * np.exp(rng.normal(0, 0.2, n)),
            "ctr": np.minimum(profile.ctr * np.exp(rng.normal(0, 0.25, n)), 0.3),
            "order_value": order_value(sold["price"].to_numpy()),
            "margin_kept": (1 - profile.refund) * sold["margin"],
            "status": "enabled",
        }
    )
    plans["daily_budget"] = plans["base_cost"]
    plans["target_roas"] = plans["base_target"]
    return AudienceAccount(profile, plans)


def audience_demand(plans: pd.DataFrame) -> np.ndarray:
    """Return what each plan could spend a usual day under its target, shape (n_plans,)."""
    pull = (plans["target_roas"] / plans["base_target"]) ** -TARGET_EXPONENT
    return (plans["base_demand"] * pull * plans["status"].eq("enabled")).to_numpy()


def audience_value(plans: pd.DataFrame, cost: np.ndarray) -> np.ndarray:
    """Return the conversion value a usual day that ``cost`` buys, shape (n_plans,)."""
    return (plans["base_value"] * (cost / plans["base_cost"]) ** plans["beta"]).to_numpy()


def serve_audience_day(plans: pd.DataFrame, factor: np.ndarray, rng: np.random.Generator) -> Arrays:
    """Draw one day of plans: row, impressions, clicks, cost, and ``expected_orders`` a usual conversion rate gives."""
    n = len(plans)
    demand = audience_demand(plans) * factor * np.exp(rng.normal(0, 0.08, n))
    budget = plans["daily_budget"].to_numpy()
    cost = np.minimum(demand, budget * rng.uniform(0.988, 1.0, n))
    clicks = rng.poisson(cost / plans["cpc"].to_numpy())
    cost = np.where(clicks > 0, cost, 0.0).round(2)
    ctr = plans["ctr"].to_numpy()
    value = audience_value(plans, cost / factor) * factor
    return {
        "row": np.arange(n),
        "impressions": clicks + rng.poisson(clicks * (1 - ctr) / ctr),
        "clicks": clicks,
        "cost": cost,
        "expected_orders": value / plans["order_value"].to_numpy(),
    }
