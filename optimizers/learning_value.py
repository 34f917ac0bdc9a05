"""What it is worth to buy more clicks of a keyword than pays today, because its value a click would be known better.

Here belong the value of learning and its cost; the choice under a budget is ``optimizers.learning_choice``. Whether a paused
keyword returns is ``optimizers.probation``; small random changes of bids that teach how clicks answer, ``optimizers.explore``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammainc, gammaln

from optimizers.errors import InvalidInputError
from optimizers.inputs import NON_NEGATIVE, POSITIVE, read_columns
from optimizers.response import KeywordResponse
from optimizers.types import FloatArray

N_BLOCKS = 4  # of later days: two more change a gain by about a hundredth
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


@dataclass(frozen=True)
class Horizon:
    """``teach`` days at the exploring bid, then days up to ``last`` that profit, a later one worth ``discount`` less a day."""

    teach: float
    last: float
    discount: float = 1.0

    def __post_init__(self) -> None:
        is_good = 0 < self.teach <= self.last < np.inf and 0 < self.discount <= 1
        if not is_good:
            seen = f"teach {self.teach}, last {self.last}, discount {self.discount}"
            limit = "0 < teach <= last < inf, 0 < discount <= 1"
            remedy = "Mend explore in configs/settings.yaml."
            raise InvalidInputError("cannot weigh learning", seen, limit, ["days"], remedy)

    def blocks(self) -> tuple[FloatArray, FloatArray]:
        """Return the middle of each block of later days and how many (discounted) days it holds, shape (n_blocks,) each."""
        edges = self.teach * (self.last / self.teach) ** (np.arange(N_BLOCKS + 1) / N_BLOCKS)
        rate = -np.log(self.discount)
        kept = np.exp(-rate * edges)
        days = np.diff(edges) if rate == 0 else -np.diff(kept) / rate
        return np.sqrt(edges[1:] * edges[:-1]), days


def learning_worth(
    belief: Belief, response: KeywordResponse, bids: BidRange, moves: tuple[ArrayLike, ArrayLike], horizon: Horizon
) -> Learning:
    """Return what is gained by bidding ``to`` instead of ``planned`` while it teaches, and what that costs.

    On a later day t the planned bid has taught n(t) clicks by itself; exploring adds d = teach x (clicks at ``to`` - clicks at
    ``planned``) to them for good. gain = sum over later days of E[best profit | n(t) + d] - E[best profit | n(t)], so that
    what is learned anyhow is no gain, and a lead is worth less the longer the rest has caught up. cost = teach x (profit
    at ``planned`` - profit at ``to``), believed as today. Later days are taken in blocks of equal ratio.

    Parameters
    ----------
    belief : Belief of n_keywords
    response : KeywordResponse of n_keywords
    bids : BidRange of n_keywords
    moves : pair of arrays of shape (n_keywords,)
        Multiples of today's bid: planned, and to explore at, >= planned.
    horizon : Horizon

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
    time. Known drawbacks: lessons that only pay once several are taken are missed, so it explores too little; drift of rates,
    which makes lessons age, is in the discount alone.

    Examples
    --------
    >>> response = KeywordResponse(*np.array([[1.0], [0.5], [1.0], [0.8], [0.6], [1.0], [1.0], [10.0]]))
    >>> bids = BidRange(np.array([0.3]), np.array([3.0]), np.array([1.0]))
    >>> vague, sure = (Belief(np.array([a]), np.array([50.0 * a]), 0.0, 0.6) for a in (0.5, 1e6))
    >>> [learning_worth(one, response, bids, (0.8, 0.9), Horizon(7, 60)).net.round(2).tolist() for one in (vague, sure)]
    [[0.05], [-0.02]]
    """
    what = "cannot weigh learning"
    planned, to = read_columns(what, {"planned": (moves[0], NON_NEGATIVE), "to": (moves[1], NON_NEGATIVE)})
    if (to < planned).any():
        rows = [f"row {row}" for row in np.flatnonzero(to < planned)[:5]]
        raise InvalidInputError(
            what, f"{len(rows)} bids", "an exploring bid at least the planned one", rows, "Mend it."
        )
    clicks = [response.clicks_at(m) for m in (planned, to)]
    money = [response.cost_at(m) for m in (planned, to)]
    profit = [response.value_per_click * one - bids.price * cost for one, cost in zip(clicks, money, strict=True)]
    lead, gain = horizon.teach * (clicks[1] - clicks[0]), np.zeros(len(clicks[0]))
    for day, n_days in zip(*horizon.blocks(), strict=True):
        known = [belief.learned_variance(day * clicks[0] + more) for more in (0.0, lead)]
        before, after = (expected_best_profit(response, bids, one) for one in known)
        gain = gain + n_days * np.maximum(after - before, 0.0)  # rounding noise, the truth is >= 0
    return Learning(gain, np.asarray(horizon.teach * (profit[0] - profit[1])), money[1] - money[0])


def _fixed_cost(response: KeywordResponse) -> FloatArray:
    """Return the part of cost(m) that does not follow m."""
    unit = response.rho * response.bid0 * response.eta / (response.eta + response.kappa)
    return response.clicks0 * (response.cpc0 - unit)


def _line(response: KeywordResponse, bids: BidRange, multiplier: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return clicks at a bid and their priced cost: the straight profit in the value of a click."""
    power = response.eta + response.kappa
    moving = response.clicks0 * response.rho * response.bid0 * response.eta / power * multiplier**power
    return response.clicks0 * multiplier**response.eta, bids.price * (_fixed_cost(response) + moving)
