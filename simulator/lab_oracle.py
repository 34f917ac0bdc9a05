"""Peers for the lab: an oracle that knows every spread but no effect, one that knows all, and raw ratios.

The first judges estimates, the second and third judge the closed loop of plan and outcome.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import gammaincinv, ndtri

from simulator.lab import LabMarket
from simulator.lab_days import day_factors, expect_day
from simulator.lab_truth import MIN_STAFF_BID, STAFF_SD, STAFF_WEIGHT, LabOptions, Truth, staff_habit

MAX_STEP = 0.30  # the guardrails' cap of one night
MIN_BID = 0.05
MAX_LOG_PRICE = 9.0
RAW_DAYS = 14
N_QUANTILES = 201


def oracle_rates(truth: Truth, options: LabOptions, events: np.ndarray, exposure: np.ndarray) -> np.ndarray:
    """Return posterior mean conversion rates, shape (n_keywords,), under the true spreads and the true design.

    log rate = platform + brand (both known) + Z b + u, b ~ N(0, known spreads), u the keyword's own effect. What staff bid is a
    second witness of each rate, and the oracle knows how they bid and how often they err. b is found by penalised IRLS with the
    Gamma-Poisson weight mu / (1 + mu / a) (Laplace approximation; Breslow & Clayton 1993), each keyword's own counts and bid
    are taken out again by its leverage, and the keyword's effect is integrated numerically.
    """
    design, precision = _design(truth, options)
    own_variance = options.spreads.keyword**2
    guess, sureness = staff_guess(truth)
    share = own_variance * sureness / (1.0 + own_variance * sureness)  # of the guess in the rate's mean given both
    shape = 1.0 / np.expm1(own_variance * (1.0 - share))
    base = np.log([one.cvr for one in truth.platforms])[truth.platform]
    base = base + options.spreads.brand * truth.keywords["is_brand"].to_numpy(dtype=np.float64)
    effects = np.zeros(design.shape[1])

    def look(effects: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        told = base + design @ effects
        missed = guess - (told - own_variance / 2.0)
        mean = exposure * np.exp(told + share * (missed - own_variance / 2.0))
        score = (1.0 - share) * (events - mean) / (1.0 + mean / shape) + share * missed / own_variance
        return (1.0 - share) ** 2 * mean / (1.0 + mean / shape) + share / own_variance, score

    for _ in range(12):  # Newton steps from the prior; the likelihood is concave here
        weight, score = look(effects)
        information = (design * weight[:, None]).T @ design + np.diag(precision)
        effects = effects + np.linalg.solve(information, design.T @ score - precision * effects)
    weight, score = look(effects)
    covariance = np.linalg.inv((design * weight[:, None]).T @ design + np.diag(precision))
    own = np.einsum("ij,ij->i", design @ covariance, design)
    left = np.maximum(1.0 - weight * own, 0.05)
    prior = _prior_rates(base + design @ effects - own * score / left, own / left, options)
    return _keyword_means(prior, events, exposure, -0.5 * sureness[:, None] * (np.log(prior) - guess[:, None]) ** 2)


def staff_guess(truth: Truth) -> tuple[np.ndarray, np.ndarray]:
    """Return the log conversion rate that each first bid speaks of, and the precision of that guess; 0 at the least bid."""
    kept = 1.0 - np.array([one.refund for one in truth.platforms])[truth.platform]
    order = np.log(truth.order_value * kept * truth.margin)
    habit = staff_habit(np.log(truth.cvr) + order, truth.platform)
    guess = (np.log(truth.base_bid) - habit) / STAFF_WEIGHT - order
    return guess, np.where(truth.base_bid > MIN_STAFF_BID, (STAFF_WEIGHT / STAFF_SD) ** 2, 0.0)


def _prior_rates(centre: np.ndarray, variance: np.ndarray, options: LabOptions) -> np.ndarray:
    """Return equally likely rates of each keyword before its own counts and bid, shape (n_keywords, N_QUANTILES)."""
    spread = options.spreads.keyword
    chance = (np.arange(N_QUANTILES) + 0.5) / N_QUANTILES
    if options.is_gamma:
        shape = 1.0 / ((1.0 + np.expm1(spread**2)) * np.exp(variance) - 1.0)
        return np.asarray(gammaincinv(shape[:, None], chance) * (np.exp(centre + variance / 2.0) / shape)[:, None])
    sd = np.sqrt(spread**2 + variance)[:, None]
    return np.asarray(np.exp(centre[:, None] - spread**2 / 2.0 + sd * ndtri(chance)))


def _keyword_means(rates: np.ndarray, events: np.ndarray, exposure: np.ndarray, log_weight: np.ndarray) -> np.ndarray:
    """Return the posterior means of equally likely ``rates`` given Poisson counts and the log weight of other evidence."""
    log_weight = log_weight + events[:, None] * np.log(rates) - exposure[:, None] * rates
    chance = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
    return np.asarray((chance * rates).sum(axis=1) / chance.sum(axis=1))


def _design(truth: Truth, options: LabOptions) -> tuple[np.ndarray, np.ndarray]:
    """Return campaigns, match types and roots side by side, and the precision of each column's effect."""
    spread = options.spreads
    kind = truth.platform * 4 + np.unique(truth.keywords["match_type"], return_inverse=True)[1]
    parts = [
        np.eye(truth.campaign.max() + 1)[truth.campaign],
        np.eye(kind.max() + 1)[kind],
        truth.design,
    ]
    spreads = (spread.campaign, spread.match_type, spread.root)
    precision = [np.full(part.shape[1], one**-2.0) for part, one in zip(parts, spreads, strict=True)]
    return np.concatenate(parts, axis=1), np.concatenate(precision)


def full_counts(market: LabMarket) -> tuple[np.ndarray, np.ndarray]:
    """Return conversions and clicks of the whole history as known tonight, undecayed, with the true delay and weekday."""
    truth, n = market.truth, len(market.truth)
    events, exposure = np.zeros(n), np.zeros(n)
    for one in market.lived[-60:]:
        age = min((market.night - one.day).days, market.options.export_days - 1)
        share = np.array([curve[min(age, len(curve) - 1)] for curve in truth.reported])[truth.platform]
        usual = day_factors(truth, one.day, market.options)[1]
        exposure[one.row] += one.clicks * (share * usual)[one.row]
        events += np.bincount(one.order_row[one.order_age <= age], minlength=n)
    return events, exposure


def best_bids(market: LabMarket, bid: np.ndarray, total: float) -> np.ndarray:
    """Return the bids within tonight's caps that earn most on the truth of tomorrow, all budgets kept.

    ``total`` is shop money a day. A campaign's price of money is what its own budget asks, or the total's where that is
    higher; each click is bid its worth over its campaign's price.
    """
    truth, n = market.truth, len(market.truth.campaigns)
    worth = truth.net_value / truth.cvr / truth.rate * market.expected(bid).cvr
    budget = truth.campaigns["daily_budget"].to_numpy(dtype=np.float64)

    def at(price: np.ndarray) -> np.ndarray:
        wanted = worth / np.exp(price[truth.campaign])
        return np.maximum(np.clip(wanted, bid * (1.0 - MAX_STEP), bid * (1.0 + MAX_STEP)), MIN_BID)

    def demand(price: np.ndarray) -> np.ndarray:
        found = expect_day(truth, market.today, market.options, at(price), market.is_live)
        return np.asarray(found.cost / found.served)

    own = _least_price(lambda price: np.bincount(truth.campaign, demand(price), n) <= budget, np.zeros(n))
    served = np.bincount(truth.campaign, demand(own), n)
    share = np.minimum(
        1.0, np.divide(budget, served, out=np.ones(n), where=served > 0)
    )  # caps may leave too much demand

    def is_within(price: np.ndarray) -> np.ndarray:
        spent = demand(np.maximum(own, price)) * share[truth.campaign] * truth.rate
        return np.asarray(spent.sum() <= total)

    return at(np.maximum(own, _least_price(is_within, np.zeros(1))))


def _least_price(fits: Callable[[np.ndarray], np.ndarray], free: np.ndarray) -> np.ndarray:
    """Return the least log price of money at which ``fits`` holds, 0 where it holds without one."""
    low, high = free, np.where(fits(free), 0.0, MAX_LOG_PRICE)
    for _ in range(30):
        middle = (low + high) / 2.0
        holds = fits(middle)
        low, high = np.where(holds, low, middle), np.where(holds, middle, high)
    return np.asarray(high)


def raw_bids(market: LabMarket) -> np.ndarray:
    """Return bids at the raw value of a click in the last 14 days as reported, within the caps; unseen words stay."""
    truth, n = market.truth, len(market.truth)
    clicks, orders = np.zeros(n), np.zeros(n)
    for one in market.lived[-RAW_DAYS:]:
        known = one.order_age <= (market.night - one.day).days
        clicks[one.row] += one.clicks
        orders += np.bincount(one.order_row[known], one.order_value[known], n)
    worth = np.divide(orders, clicks, out=np.zeros(n), where=clicks > 0) * truth.margin
    wanted = np.clip(worth, market.bid * (1.0 - MAX_STEP), market.bid * (1.0 + MAX_STEP))
    return np.asarray(np.where(clicks > 0, np.maximum(wanted, MIN_BID).round(2), market.bid))
