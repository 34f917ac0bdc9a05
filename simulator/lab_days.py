"""The passing of one day in a lab market: clicks, cost, what budgets let through, and the orders that come of it.

The auction is that of ``simulator.traffic`` (clicks C0 m^eta up to full reach, a truthful second price), written for arrays of
many thousand keywords.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from simulator.lab_truth import TELLS_CARTS, LabOptions, Truth
from simulator.seasons import PROMOTION_CLICKS, PROMOTION_CVR, drift, is_promotion

ORDER_LOG_SD = 0.35  # order values scatter around the keyword's own
COST_LOG_SD = 0.05
CART_RATE, FAVORITE_RATE = 2.6, 0.9  # times the conversion rate
MAX_REFUND_DAYS = 9
NEW_SHARE = 0.55


@dataclass(frozen=True)
class Lived:
    """One day: facts of the keywords that were seen, orders of the day's clicks with the age at which each is reported."""

    day: date
    row: np.ndarray
    impressions: np.ndarray
    clicks: np.ndarray
    cost: np.ndarray  # own currency
    shares: np.ndarray  # (3, n) impression share, lost to rank, lost to budget
    carts: np.ndarray
    favorites: np.ndarray
    order_row: np.ndarray
    order_age: np.ndarray
    order_value: np.ndarray
    order_is_new: np.ndarray
    order_refund_age: np.ndarray  # days after the click; -1 = kept


@dataclass(frozen=True)
class Expected:
    """What is to be expected of a day at given bids, before luck: arrays of shape (n_keywords,), own currency."""

    clicks: np.ndarray
    cost: np.ndarray
    cvr: np.ndarray
    served: np.ndarray
    rank_share: np.ndarray


def day_factors(truth: Truth, day: date, options: LabOptions) -> tuple[np.ndarray, np.ndarray]:
    """Return clicks and conversion rate of ``day`` against a usual day, per keyword; drift counts as part of the usual."""
    weekday = truth.weekday[:, :, day.weekday()]
    promoted = np.array([options.has_promotion and is_promotion(day, one.language) for one in truth.platforms])
    raised = np.where(promoted, np.array([[PROMOTION_CLICKS], [PROMOTION_CVR]]), 1.0)
    clicks, cvr = (weekday * raised)[:, truth.platform]
    return clicks, cvr


def usual_levels(truth: Truth, day: date, options: LabOptions) -> tuple[np.ndarray, np.ndarray]:
    """Return how far slow drift has taken demand and conversion rates by ``day``, per keyword."""
    category = truth.campaigns["category"].to_numpy()[truth.campaign]
    return drift(day, category, 0.15), drift(day, category + 3, options.spreads.drift)


def expect_day(truth: Truth, day: date, options: LabOptions, bid: np.ndarray, is_live: np.ndarray) -> Expected:
    """Return the day that ``bid`` (n_keywords,) buys in expectation, budgets included."""
    click_factor, cvr_factor = day_factors(truth, day, options)
    demand_level, cvr_level = usual_levels(truth, day, options)
    reached = truth.rank_share * (bid / truth.base_bid) ** truth.eta
    share = np.minimum(reached, 1.0)
    paid = np.where(reached > 1.0, bid * np.maximum(reached, 1.0) ** (-1.0 / truth.eta), bid)
    clicks = truth.base_clicks * share / truth.rank_share * click_factor * demand_level * is_live
    cost = clicks * paid * truth.eta / (1.0 + truth.eta)
    served = served_by_budgets(truth, cost)
    return Expected(clicks * served, cost * served, truth.cvr * cvr_factor * cvr_level, served, share)


def served_by_budgets(truth: Truth, cost: np.ndarray) -> np.ndarray:
    """Return per keyword the share of demand that its campaign's budget pays for."""
    budget = truth.campaigns["daily_budget"].to_numpy(dtype=np.float64)
    demand = np.bincount(truth.campaign, cost, len(budget))
    return np.minimum(1.0, np.divide(budget, demand, out=np.ones_like(budget), where=demand > 0))[truth.campaign]


def live_day(
    truth: Truth, day: date, options: LabOptions, state: tuple[np.ndarray, np.ndarray], rng: np.random.Generator
) -> Lived:
    """Draw one day at ``state`` = (bid, is_live): a Poisson demand, thinned by exhausted budgets, then its orders."""
    bid, is_live = state
    want = expect_day(truth, day, options, bid, is_live)
    mood = np.exp(rng.normal(0.0, options.spreads.mood, len(truth.platforms)))[truth.platform]
    demand = np.divide(want.clicks, want.served)  # a budget never serves nothing
    wanted = rng.poisson(demand * mood)
    cpc = np.divide(want.cost, want.clicks, out=np.zeros(len(truth)), where=want.clicks > 0)
    cpc = cpc * np.exp(rng.normal(0.0, COST_LOG_SD, len(truth)))
    served = served_by_budgets(truth, wanted * cpc)
    clicks = rng.binomial(wanted, served)
    impressions = clicks + rng.poisson(demand * mood * served / truth.ctr * (1.0 - truth.ctr))
    seen = np.flatnonzero(impressions)
    shares = np.stack([want.rank_share * served, 1.0 - want.rank_share, want.rank_share * (1.0 - served)])
    is_told = np.isin([one.platform for one in truth.platforms], TELLS_CARTS)[truth.platform]
    rates = [np.minimum(rate * want.cvr * is_told, 0.9) for rate in (CART_RATE, FAVORITE_RATE)]
    carts, favorites = (rng.binomial(clicks, rate)[seen] for rate in rates)
    cost = _within_budget(truth, clicks * cpc, served)
    orders = _orders(truth, rng.poisson(clicks * want.cvr), rng)
    return Lived(
        day, seen, impressions[seen], clicks[seen], cost[seen], shares[:, seen], carts, favorites, *orders
    )  # fmt: skip


def _within_budget(truth: Truth, cost: np.ndarray, served: np.ndarray) -> np.ndarray:
    """Scale the cost of exhausted campaigns to just their budget, where a platform stops them."""
    budget = truth.campaigns["daily_budget"].to_numpy(dtype=np.float64)
    spent = np.bincount(truth.campaign, cost, len(budget))
    is_full = (np.bincount(truth.campaign, served < 1.0, len(budget)) > 0) | (spent > budget)
    stop = np.where(is_full, 0.995 * budget, spent)
    scale = np.divide(stop, spent, out=np.ones(len(budget)), where=spent > 0)
    return np.asarray(cost * np.clip(scale, 0.0, 1.25)[truth.campaign])


def _orders(truth: Truth, n_orders: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Draw orders: row, age at which each is reported, value, whether the customer is new, age of the refund."""
    row = np.repeat(np.arange(len(truth)), n_orders)
    platform = truth.platform[row]
    luck, age = rng.random(len(row)), np.zeros(len(row), dtype=np.int64)
    for code, curve in enumerate(truth.reported):
        mine = platform == code
        age[mine] = np.minimum(np.searchsorted(curve, luck[mine], side="right"), len(curve) - 1)
    value = truth.order_value[row] * np.exp(rng.normal(-(ORDER_LOG_SD**2) / 2.0, ORDER_LOG_SD, len(row)))
    refund = np.array([one.refund for one in truth.platforms])[platform]
    back = rng.integers(1, MAX_REFUND_DAYS + 1, len(row)) + age
    return (
        row, age, value.round(2), rng.random(len(row)) < NEW_SHARE, np.where(rng.random(len(row)) < refund, back, -1),
    )  # fmt: skip
