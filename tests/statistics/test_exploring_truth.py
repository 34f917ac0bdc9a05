"""Exploring on known truth: over several weeks it earns at least as much as not exploring, and costs what it may."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.stats import poisson

from optimizers.learning_choice import choose_learning
from optimizers.learning_value import Belief, BidRange, Horizon, learning_worth
from optimizers.response import KeywordResponse

N_MARKETS, N_KEYWORDS, N_NIGHTS = 40, 60, 45
ETA, SHARE, TEACH, CAP, REACH = 0.6, 0.03, 7.0, 0.3, 3  # bids may go as far as three nights' caps once more is known
STEPS = (0.15, 0.3, 0.5, 0.75, 1.0)  # of the way from the planned bid to the cap


@dataclass
class Outcome:
    """Profit over all nights by market, expected on the truth; the largest share spent to learn on a night; keywords explored."""

    profit: np.ndarray
    most_share: float
    n_explored: int


def live(shape: float, share: float) -> Outcome:
    """Let markets of new keywords run: each night beliefs, the best bids, a budget to explore, and a day of clicks and orders.

    The rate of conversions is drawn from the prior that beliefs start from; an order is worth 50, and ``shape`` large means
    that all keywords are alike and there is nothing to learn.
    """
    truth, days = np.random.default_rng(11), np.random.default_rng(12)
    size = (N_MARKETS, N_KEYWORDS)
    rate = truth.gamma(shape, 0.02 / shape, size)
    base = truth.exponential(3.0, size) + 0.2
    bid, events, clicks = np.full(size, 0.7), np.zeros(size), np.zeros(size)
    profit, most_share, n_explored = np.zeros(N_MARKETS), 0.0, 0
    for night in range(N_NIGHTS):
        belief = Belief((shape + events).ravel(), (shape / 0.02 + clicks).ravel(), 0.0, 0.5)
        value = 50.0 * belief.shape / belief.rate
        now = bid.ravel()
        curve = KeywordResponse(base.ravel() * now**ETA, now * ETA / (1 + ETA), now, value, ETA, 1.0, 1.0, 10.0)
        low, high = np.maximum(1 - CAP, 0.05 / now), np.full(now.size, 1 + CAP)
        planned = np.clip(value / now, low, high)
        to = planned
        if share:
            left = max(float(N_NIGHTS - night), TEACH)
            to = explored(belief, curve, BidRange(low, high, np.ones(now.size)), planned, (share, left, night))
            extra = (curve.cost_at(to) - curve.cost_at(planned)).reshape(size).sum(axis=1)
            most_share = max(most_share, float((extra / curve.cost_at(planned).reshape(size).sum(axis=1)).max()))
            n_explored += int((to > planned).sum())
        bid = (now * to).reshape(size)
        mean = base * bid**ETA
        profit += (mean * (50.0 * rate - bid * ETA / (1 + ETA))).sum(axis=1)
        chance = days.random((2, *size))  # the same luck whatever is bid
        seen = poisson.ppf(chance[0], mean)
        events, clicks = events + poisson.ppf(chance[1], seen * rate), clicks + seen
    return Outcome(profit, most_share, n_explored)


def explored(belief, curve, bids, planned, rule):
    """Return the bids with the chosen raises of every market."""
    share, left, night = rule
    cap, bids = bids.high, BidRange(bids.low**REACH, bids.high**REACH, bids.price)
    levels = [planned * (np.maximum(cap, planned) / planned) ** step for step in STEPS]
    found = [learning_worth(belief, curve, bids, (planned, level), Horizon(TEACH, left)) for level in levels]
    best = np.argmax([one.net for one in found], axis=0)
    net, outlay, level = (
        np.choose(best, rows) for rows in ([one.net for one in found], [one.outlay for one in found], levels)
    )
    to, budget = planned.copy(), share * curve.cost_at(planned).reshape(N_MARKETS, -1).sum(axis=1)
    tie = np.random.default_rng(night).random(len(planned))
    for market in range(N_MARKETS):
        rows = slice(market * N_KEYWORDS, (market + 1) * N_KEYWORDS)
        chosen = choose_learning(net[rows], outlay[rows], tie[rows], float(budget[market])).is_chosen
        to[rows] = np.where(chosen, level[rows], planned[rows])
    return to


@pytest.fixture(scope="module")
def outcomes():
    return {(shape, share): live(shape, share) for shape in (0.3, 1e8) for share in (0.0, SHARE)}


def test_exploring_earns_at_least_as_much_as_not_exploring(outcomes):
    """The same markets either way; the mean of the differences is above 0 by two standard errors."""
    gain = outcomes[0.3, SHARE].profit - outcomes[0.3, 0.0].profit
    assert outcomes[0.3, SHARE].n_explored > 0
    assert gain.mean() > 2 * gain.std(ddof=1) / np.sqrt(N_MARKETS)


def test_no_night_spends_more_to_learn_than_it_may(outcomes):
    assert 0 < outcomes[0.3, SHARE].most_share <= SHARE * (1 + 1e-9)


def test_where_all_keywords_are_known_nothing_is_explored(outcomes):
    assert outcomes[1e8, SHARE].n_explored == 0
    np.testing.assert_array_equal(outcomes[1e8, SHARE].profit, outcomes[1e8, 0.0].profit)
