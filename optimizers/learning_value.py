"""What it is worth to buy more clicks of a keyword than pays today, because its value a click would be known better.

Here belong the value of learning, its cost, and the choice under a budget. Whether a paused keyword returns is
``optimizers.probation``; small random changes of bids that teach how clicks answer are ``optimizers.explore``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammainc, gammaln

from optimizers.errors import InvalidInputError
from optimizers.inputs import NON_NEGATIVE, POSITIVE, Bounds, read_columns
from optimizers.probation import choose_trials
from optimizers.response import KeywordResponse
from optimizers.types import BoolArray, FloatArray

MOST_SHAPE = 1e7  # of what will be believed: surer than a spread of 0.03 % nothing is learned, and digits run out


@dataclass(frozen=True)
class Belief:
    """What is believed of keywords' value a click, arrays of shape (n_keywords,).

    Parameters
    ----------
    shape, rate : array of shape (n_keywords,)
        Gamma posterior of conversions a click, > 0.
    order_log_sd : array of shape (n_keywords,)
        How unsure the mean value of an order is, as a log standard deviation, >= 0.
    order_cv : array of shape (n_keywords,)
        How much single orders differ, as a coefficient of variation, >= 0.

    Raises
    ------
    InvalidInputError
        If a number is NaN, infinite or out of range, or lengths differ.
    """

    shape: FloatArray
    rate: FloatArray
    order_log_sd: FloatArray
    order_cv: FloatArray

    def __post_init__(self) -> None:
        bounds = {"shape": POSITIVE, "rate": POSITIVE, "order_log_sd": NON_NEGATIVE, "order_cv": NON_NEGATIVE}
        columns = {name: (getattr(self, name), one) for name, one in bounds.items()}
        for name, array in zip(bounds, read_columns("cannot read beliefs", columns), strict=True):
            object.__setattr__(self, name, array)

    def learned_variance(self, clicks: ArrayLike) -> FloatArray:
        """Return by how much the mean value a click will have moved after ``clicks`` more, as a relative variance.

        Conversions of n clicks: n / (a (b + n)), the part of the posterior's variance 1 / a that n clicks resolve. Orders:
        the log mean moves by s^2 y / (y + t^2 / s^2) after y = n a / b orders that differ by t. Both together:
        (1 + one) (1 + e^two - 1) - 1. (Preposterior analysis: Raiffa & Schlaifer 1961, chapters 4-5.)
        """
        (n,) = read_columns("cannot weigh clicks", {"clicks": (clicks, NON_NEGATIVE)})
        rates = n / (self.shape * (self.rate + n))
        orders, variance = n * self.shape / self.rate, self.order_log_sd**2
        noise = self.order_cv**2
        seen = np.divide(orders * variance, orders * variance + noise, out=np.zeros_like(rates), where=orders > 0)
        return np.asarray((1.0 + rates) * np.exp(variance * seen) - 1.0)


@dataclass(frozen=True)
class BidRange:
    """Between which multiples of today's bid a keyword may move, and what a unit of its money must bring; shape (n_keywords,)."""

    low: FloatArray
    high: FloatArray
    price: FloatArray

    def __post_init__(self) -> None:
        columns = {name: (getattr(self, name), POSITIVE) for name in ("low", "high", "price")}
        for name, array in zip(columns, read_columns("cannot read bid ranges", columns), strict=True):
            object.__setattr__(self, name, array)
        rows = np.flatnonzero(self.low > self.high)
        if rows.size:
            raise InvalidInputError("cannot read bid ranges", f"{rows.size} rows", "low <= high",
                                    [f"row {row}" for row in rows[:5]], "Mend the caps of these items.")  # fmt: skip


def expected_best_profit(response: KeywordResponse, bids: BidRange, variance: ArrayLike) -> FloatArray:
    """Return the mean of the best profit a day, bids being chosen once the mean value a click is known.

    The best profit at value v and price mu is max over m of v clicks(m) - mu cost(m): straight in v where m is at an end of
    its range, A v^q - mu fixed between with q = 1 + eta / kappa and A = clicks0 (mu rho bid0)^(1-q) kappa / (eta + kappa).
    The value that will be believed is taken as a Gamma with today's mean and ``variance`` (relative), so that every part is
    an incomplete gamma function: E[X^p; X < x] = Gamma(k+p) / (Gamma(k) k^p) P(k + p, k x). Exact for many clicks to come,
    when the belief tends to the Gamma posterior itself.

    Parameters
    ----------
    response : KeywordResponse of n_keywords
        Its value per click is the mean believed today.
    bids : BidRange of n_keywords
    variance : array of shape (n_keywords,)
        Relative variance of the mean to come, >= 0; 0 gives the best profit as known today.

    Returns
    -------
    array of shape (n_keywords,)
        Money a day, less what it costs at the price.

    Raises
    ------
    InvalidInputError
        If a variance is negative or not finite, or lengths differ.

    Notes
    -----
    Source: expected value of sample information (Raiffa & Schlaifer 1961). Known drawbacks: few expected conversions come
    one by one, which the smooth Gamma blurs; pausing is not among the choices, so a loser's lesson is told too small.

    Examples
    --------
    >>> response = KeywordResponse(*np.array([[100.0], [0.5], [1.0], [1.0], [0.5], [1.0], [1.0], [10.0]]))
    >>> bids = BidRange(np.array([0.7]), np.array([1.3]), np.array([1.0]))
    >>> [round(float(expected_best_profit(response, bids, one)[0]), 2) for one in (0.0, 0.1, 1.0)]
    [50.0, 52.05, 58.99]
    """
    (spread,) = read_columns("cannot weigh learning", {"variance": (variance, NON_NEGATIVE)})
    value, power = response.value_per_click, 1.0 + response.eta / response.kappa
    unit = bids.price * response.rho * response.bid0
    low, high = unit * bids.low**response.kappa, unit * bids.high**response.kappa
    scale = response.clicks0 * unit ** (1.0 - power) * response.kappa / (response.eta + response.kappa)
    fixed = bids.price * _fixed_cost(response)
    k = 1.0 / np.maximum(spread, 1.0 / MOST_SHAPE)
    some = value > 0
    worth = np.where(some, value, 1.0)
    below, above = np.where(some, low / worth, np.inf), np.where(some, high / worth, np.inf)
    p_low, m_low = gammainc(k, k * below), gammainc(k + 1.0, k * below)
    p_high, m_high = gammainc(k, k * above), gammainc(k + 1.0, k * above)
    bent = gammainc(k + power, k * above) - gammainc(k + power, k * below)
    moment = np.exp(gammaln(k + power) - gammaln(k) - power * np.log(k))
    at_low, at_high = (_line(response, bids, at) for at in (bids.low, bids.high))
    inside = scale * worth**power * moment * bent - fixed * (p_high - p_low)
    return np.asarray(
        worth * some * at_low[0] * m_low - at_low[1] * p_low
        + np.where(some, inside, 0.0)
        + np.where(some, worth * at_high[0] * (1.0 - m_high) - at_high[1] * (1.0 - p_high), 0.0)
    )  # fmt: skip


class Learning(NamedTuple):
    """What exploring each keyword is worth, arrays of shape (n_keywords,), money: ``gain`` over the days that profit, ``cost``
    of the days that teach, ``outlay`` more spend a day while they do."""

    gain: FloatArray
    cost: FloatArray
    outlay: FloatArray

    @property
    def net(self) -> FloatArray:
        """Return the gain less the cost."""
        return self.gain - self.cost


def learning_worth(
    belief: Belief, response: KeywordResponse, bids: BidRange, moves: tuple[ArrayLike, ArrayLike], days: tuple[float, float]
) -> Learning:  # fmt: skip
    """Return what is gained by bidding ``to`` instead of ``planned`` while it teaches, and what that costs.

    gain = N (E[best profit | clicks at ``to``] - E[best profit | clicks at ``planned``]), N later days; cost = days of
    learning x (profit at ``planned`` - profit at ``to``), believed as today. What the planned bid teaches by itself is no gain.

    Parameters
    ----------
    belief : Belief of n_keywords
    response : KeywordResponse of n_keywords
    bids : BidRange of n_keywords
    moves : pair of arrays of shape (n_keywords,)
        Multiples of today's bid: planned, and to explore at, >= planned.
    days : pair of float
        Days that teach, >= 0, and (discounted) later days that profit, >= 0.

    Returns
    -------
    Learning

    Raises
    ------
    InvalidInputError
        If a number is out of range, or an exploring bid is under the planned one.

    Notes
    -----
    Source: knowledge gradient (Frazier, Powell & Dayanik 2008, SIAM J. Control Optim. 47:2410): one lesson is weighed at a
    time. Known drawback: lessons that only pay once several are taken are missed, so it explores too little.

    Examples
    --------
    >>> response = KeywordResponse(*np.array([[5.0], [0.5], [1.0], [0.8], [0.6], [1.0], [1.0], [10.0]]))
    >>> bids = BidRange(np.array([0.7]), np.array([1.3]), np.array([1.0]))
    >>> vague, sure = (Belief(np.array([a]), np.array([50.0 * a]), 0.0, 0.6) for a in (1.0, 1e6))
    >>> [learning_worth(one, response, bids, (0.8, 0.9), (7.0, 60.0)).net.round(2).tolist() for one in (vague, sure)]
    [[0.3], [-0.11]]
    """
    what = "cannot weigh learning"
    planned, to = read_columns(what, {"planned": (moves[0], NON_NEGATIVE), "to": (moves[1], NON_NEGATIVE)})
    teach, later = read_columns(what, {"days": (days[0], NON_NEGATIVE), "later": (days[1], NON_NEGATIVE)})
    if (to < planned).any():
        rows = [f"row {row}" for row in np.flatnonzero(to < planned)[:5]]
        raise InvalidInputError(
            what, f"{len(rows)} bids", "an exploring bid at least the planned one", rows, "Mend it."
        )
    clicks = [response.clicks_at(m) for m in (planned, to)]
    money = [response.cost_at(m) for m in (planned, to)]
    known = [expected_best_profit(response, bids, belief.learned_variance(teach * one)) for one in clicks]
    profit = [response.value_per_click * one - bids.price * cost for one, cost in zip(clicks, money, strict=True)]
    gain = np.maximum(later * (known[1] - known[0]), 0.0)  # rounding noise, the truth is >= 0
    return Learning(np.asarray(gain), np.asarray(teach * (profit[0] - profit[1])), money[1] - money[0])


class Chosen(NamedTuple):
    """Which keywords to explore, bool array of shape (n_keywords,), their net worth, and the most that the budget could bring."""

    is_chosen: BoolArray
    worth: float
    bound: float


def choose_learning(net: ArrayLike, outlay: ArrayLike, tie: ArrayLike, budget: float) -> Chosen:
    """Return what to explore: most net worth per outlay first, as far as the budget reaches, with the bound on any choice.

    The bound is the fractional knapsack's (Dantzig 1957): the last one that does not fit counts in part. Known drawback: not the
    best set where one keyword takes most of the budget; the bound tells by how much at most.

    Parameters
    ----------
    net : array of shape (n_keywords,)
        Expected worth in money; not positive or missing is never chosen.
    outlay : array of shape (n_keywords,)
        More spend a day, >= 0, or missing (never chosen).
    tie : array of shape (n_keywords,)
        Seeded numbers that order equals, smallest first.
    budget : float
        Money a day, >= 0.

    Returns
    -------
    Chosen

    Raises
    ------
    InvalidInputError
        If a number is infinite, an outlay or the budget negative, or lengths differ.

    Examples
    --------
    >>> found = choose_learning([6.0, 5.0, -1.0], [3.0, 2.0, 0.1], [0.1, 0.2, 0.3], 4.0)
    >>> found.is_chosen.tolist(), found.worth, found.bound
    ([False, True, False], 5.0, 9.0)
    """
    columns = {"net": (net, Bounds().or_missing()), "outlay": (outlay, NON_NEGATIVE.or_missing())}
    worth, spent = read_columns("cannot choose what to explore", columns)
    chosen = choose_trials(worth, spent, tie, budget)
    rows = np.flatnonzero((worth > 0) & ~np.isnan(spent))
    with np.errstate(divide="ignore"):
        order = rows[np.argsort(-(worth[rows] / spent[rows]), kind="stable")]
    before = np.concatenate([[0.0], np.cumsum(spent[order])[:-1]]) if len(order) else np.zeros(0)
    part = np.ones(len(order))
    costs = spent[order] > 0
    part[costs] = np.clip((budget - before[costs]) / spent[order][costs], 0.0, 1.0)
    return Chosen(chosen, float(worth[chosen].sum()), float((part * worth[order]).sum()))


def _fixed_cost(response: KeywordResponse) -> FloatArray:
    """Return the part of cost(m) that does not follow m."""
    unit = response.rho * response.bid0 * response.eta / (response.eta + response.kappa)
    return response.clicks0 * (response.cpc0 - unit)


def _line(response: KeywordResponse, bids: BidRange, multiplier: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return clicks at a bid and their priced cost: the straight profit in the value of a click."""
    power = response.eta + response.kappa
    moving = response.clicks0 * response.rho * response.bid0 * response.eta / power * multiplier**power
    return response.clicks0 * multiplier**response.eta, bids.price * (_fixed_cost(response) + moving)
