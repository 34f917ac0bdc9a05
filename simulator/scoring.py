"""Expected money on the truth: of any bids and budgets, and of the best ones within one night's caps.

A usual day is meant: weekday and promotion factors are 1, stock is there, slow drift stands as on the day asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from simulator.accounts import Account
from simulator.audience import audience_demand, audience_value
from simulator.options import USD_RATE
from simulator.seasons import drift
from simulator.terms import live_terms, open_shares
from simulator.traffic import keyword_demand, served_share
from simulator.world import World

CAP = 0.30  # raise or lower a night
RATE = {"CNY": 1.0, "USD": USD_RATE}


@dataclass(frozen=True)
class Money:
    """Expected profit and cost a day in the shop currency."""

    profit: float
    cost: float


def expected_money(world: World, day: date) -> dict[str, Money]:
    """Return what the present bids earn and cost a usual day, by platform."""
    money = {name: _keyword_money(account, day, None) for name, account in world.accounts.items()}
    money["taobao_audience"] = _plan_money(world.audience.plans, day, None)
    return money


def best_profit(world: World, day: date, cap: float = CAP) -> float:
    """Return the profit of the best bids and budgets within +-``cap`` of the present ones, campaign budgets kept."""
    total = sum(_best_keyword_profit(account, day, cap) for account in world.accounts.values())
    return total + _best_plan_profit(world.audience.plans, day, cap)


def _truth(account: Account, day: date) -> tuple[np.ndarray, np.ndarray]:
    """Return per keyword the demand factor and the value of a click on ``day``."""
    keywords = account.keywords
    clicks, sales = open_shares(live_terms(account.terms, keywords), len(keywords))
    category = keywords["category"].to_numpy()
    lift = np.divide(sales, clicks, out=np.zeros(len(keywords)), where=clicks > 0)
    return clicks * drift(day, category, 0.15), keywords["value_per_click"].to_numpy() * lift * drift(
        day, category + 3, 0.08
    )


def _keyword_money(account: Account, day: date, bid: np.ndarray | None) -> Money:
    factor, value = _truth(account, day)
    demand = keyword_demand(account.keywords, bid)
    clicks, cost = demand.clicks * factor, demand.cost * factor
    share = served_share(cost, account.keywords["campaign"].to_numpy(), account.campaigns["daily_budget"].to_numpy())
    rate = RATE[account.profile.currency]
    return Money(float(np.sum((value * clicks - cost) * share)) * rate, float(np.sum(cost * share)) * rate)


def _best_keyword_profit(account: Account, day: date, cap: float) -> float:
    """Bid each click's worth divided by its campaign's price of money, found by bisection in log space."""
    _, value = _truth(account, day)
    campaign, budgets = account.keywords["campaign"].to_numpy(), account.campaigns["daily_budget"].to_numpy()
    low, high = np.zeros(len(budgets)), np.full(len(budgets), np.log(1e6))
    factor, _ = _truth(account, day)
    for _ in range(60):
        middle = np.where(high - low < 1e-12, low, (low + high) / 2)
        cost = keyword_demand(account.keywords, _capped(account, value / np.exp(middle[campaign]), cap)).cost * factor
        is_over = np.bincount(campaign, weights=cost, minlength=len(budgets)) > budgets
        low, high = np.where(is_over, middle, low), np.where(is_over, high, middle)
    return _keyword_money(account, day, _capped(account, value / np.exp(high[campaign]), cap)).profit


def _capped(account: Account, bid: np.ndarray, cap: float) -> np.ndarray:
    present = account.keywords["bid"].to_numpy()
    return np.maximum(np.clip(bid, present * (1 - cap), present * (1 + cap)), account.profile.min_bid)


def _plan_money(plans: pd.DataFrame, day: date, budget: np.ndarray | None) -> Money:
    category = plans["category"].to_numpy()
    limit = plans["daily_budget"].to_numpy() if budget is None else budget
    factor = drift(day, category, 0.15)
    cost = np.minimum(limit, audience_demand(plans) * factor)
    value = audience_value(plans, cost / factor) * factor * drift(day, category + 3, 0.08)
    return Money(float(np.sum(value * plans["margin_kept"] - cost)), float(np.sum(cost)))


def _best_plan_profit(plans: pd.DataFrame, day: date, cap: float) -> float:
    """Set each budget where its next unit of cost earns just itself back, within the cap."""
    category = plans["category"].to_numpy()
    lift = drift(day, category + 3, 0.08)
    slope = plans["beta"] * plans["base_value"] * plans["margin_kept"] * lift / plans["base_cost"]
    best = (plans["base_cost"] * slope ** (1 / (1 - plans["beta"]))).to_numpy() * drift(day, category, 0.15)
    present = plans["daily_budget"].to_numpy()
    return _plan_money(plans, day, np.clip(best, present * (1 - cap), present * (1 + cap))).profit
