"""The auctions: what a bid buys, what a budget lets through, and one drawn day of it.

Clicks follow ``C0 m^eta`` (m = bid / base bid) up to the volume that exists; the next click costs the bid itself (a
truthful second-price auction, rho = kappa = 1), so average cost per click is ``bid eta / (1 + eta)``. No orders here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from simulator.orders import Arrays


@dataclass(frozen=True)
class Demand:
    """What keywords would get in a usual day without budgets; arrays of shape (n_keywords,)."""

    clicks: np.ndarray
    cost: np.ndarray
    rank_share: np.ndarray  # share of the reachable impressions that is not lost to rank


def keyword_demand(keywords: pd.DataFrame, bid: np.ndarray | None = None) -> Demand:
    """Return clicks, cost and rank share a day at ``bid`` (default: the present bids); paused keywords get nothing."""
    price = keywords["bid"].to_numpy() if bid is None else bid
    eta = keywords["eta"].to_numpy()
    reached = keywords["rank_share"].to_numpy() * (price / keywords["base_bid"].to_numpy()) ** eta
    share = np.minimum(reached, 1.0)
    # beyond full reach a higher bid buys nothing more and, second price, costs nothing more
    paid_bid = np.where(reached > 1, price * np.maximum(reached, 1.0) ** (-1 / eta), price)
    is_live = keywords["status"].eq("enabled").to_numpy()
    clicks = keywords["base_clicks"].to_numpy() * share / keywords["rank_share"].to_numpy() * is_live
    return Demand(clicks, clicks * paid_bid * eta / (1 + eta), share)


def served_share(cost: np.ndarray, campaign: np.ndarray, budgets: np.ndarray) -> np.ndarray:
    """Return per keyword the share of demand that its campaign's budget pays for (1 where the budget is ample)."""
    demand = np.bincount(campaign, weights=cost, minlength=len(budgets))
    share = np.minimum(1.0, np.divide(budgets, demand, out=np.ones_like(budgets), where=demand > 0))
    return share[campaign]


def serve_day(keywords: pd.DataFrame, budgets: np.ndarray, factor: np.ndarray, rng: np.random.Generator) -> Arrays:
    """Draw one day: columns row, impressions, clicks, cost and the three impression shares; silent keywords left out.

    ``factor`` (n_keywords,) is the day's demand against a usual one.
    """
    demand = keyword_demand(keywords)
    campaign = keywords["campaign"].to_numpy()
    mood = np.exp(rng.normal(0, 0.06))
    wanted = rng.poisson(demand.clicks * factor * mood)
    cpc = np.divide(demand.cost, demand.clicks, out=np.zeros(len(campaign)), where=demand.clicks > 0)
    cpc = cpc * np.exp(rng.normal(0, 0.05, len(campaign)))
    share = served_share(wanted * cpc, campaign, budgets)
    clicks = rng.binomial(wanted, share)
    expected = demand.clicks * factor * share / keywords["ctr"].to_numpy()
    impressions = clicks + rng.poisson(expected * (1 - keywords["ctr"].to_numpy()))
    cost = _within_budget(clicks * cpc, share, campaign, budgets, rng)
    facts = {
        "row": np.arange(len(campaign)),
        "impressions": impressions,
        "clicks": clicks,
        "cost": np.maximum(cost.round(2), np.where(clicks > 0, 0.01, 0.0)),
        "impression_share": demand.rank_share * share,
        "lost_to_rank_share": 1 - demand.rank_share,
        "lost_to_budget_share": demand.rank_share * (1 - share),
    }
    is_seen = impressions > 0
    return {name: values[is_seen] for name, values in facts.items()}


def _within_budget(
    cost: np.ndarray, share: np.ndarray, campaign: np.ndarray, budgets: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Scale the cost of exhausted campaigns to just under their budget, where a real platform stops them."""
    spent = np.bincount(campaign, weights=cost, minlength=len(budgets))
    stop = budgets * rng.uniform(0.988, 0.999, len(budgets))
    is_exhausted = np.bincount(campaign, weights=share < 1, minlength=len(budgets)) > 0
    wanted = np.where(is_exhausted | (spent > stop), stop, spent)
    scale = np.divide(wanted, spent, out=np.ones_like(spent), where=spent > 0)
    return cost * np.clip(scale, 0.0, 1.25)[campaign]
