"""How much to spend on each of the coming days: money for a span of days at one price across them.

Here belong the optimum over days with its bound, and the reserve for what cannot be mended any more. A day's value of
money is ``optimizers.day_curve``. Which days a month or a promotion has, and what was spent, is found in ``assets.pacing``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from optimizers.day_curve import DayCurve
from optimizers.errors import InfeasibleBudgetError, InvalidInputError
from optimizers.inputs import NON_NEGATIVE, POSITIVE, Bounds, read_columns, read_level
from optimizers.types import BoolArray, FloatArray

MAX_SWEEPS = 500
HALVINGS = 100
SETTLED = 1e-13  # relative change of a price: closer than this it has been found


@dataclass(frozen=True)
class Days:
    """Coming days against the day of the curve, arrays of shape (n_days,).

    Parameters
    ----------
    clicks : array of shape (n_days,)
        Clicks at the same bids, over those of the curve's day, > 0.
    cvr : array of shape (n_days,)
        Conversions a click, over those of the curve's day, > 0.
    min_cost, max_cost : array of shape (n_days,) or scalar
        Least and most money of a day, >= 0; ``max_cost`` may be infinite.

    Raises
    ------
    InvalidInputError
        If there is no day, a number is NaN or out of range, or a minimum is above its maximum.
    """

    clicks: FloatArray
    cvr: FloatArray
    min_cost: FloatArray
    max_cost: FloatArray

    def __post_init__(self) -> None:
        what = "cannot plan days"
        is_open = np.isposinf(self.max_cost)
        most = np.where(is_open, self.min_cost, self.max_cost)
        columns = {"clicks": (self.clicks, POSITIVE), "cvr": (self.cvr, POSITIVE),
                   "min_cost": (self.min_cost, NON_NEGATIVE), "max_cost": (most, NON_NEGATIVE)}  # fmt: skip
        for name, array in zip(columns, read_columns(what, columns), strict=True):
            object.__setattr__(self, name, array)
        object.__setattr__(self, "max_cost", np.where(is_open, np.inf, self.max_cost))
        if self.clicks.size == 0:
            raise InvalidInputError(what, "no day", "at least one", ["days"], "The span is over: plan the next one.")
        if (self.min_cost > self.max_cost).any():
            rows = [f"day {row}" for row in np.flatnonzero(self.min_cost > self.max_cost)]
            remedy = "Lower pacing.min_day or raise pacing.max_day in configs/settings.yaml."
            raise InvalidInputError(what, f"{len(rows)} days", "min_cost <= max_cost", rows, remedy)


@dataclass(frozen=True)
class Span:
    """Days that share money: ``is_member`` of shape (n_days,), ``money`` left for them, and a name for messages."""

    name: str
    is_member: BoolArray
    money: float


@dataclass(frozen=True)
class DayPlan:
    """What each coming day spends and is expected to bring, with the bound that no plan can beat.

    Parameters
    ----------
    spend, value, price : array of shape (n_days,)
        Money, its value, and what the next unit of cost has to bring on that day.
    span_price : tuple of float
        What one more unit of each span's money is worth.
    objective, bound : float
        Value less cost (``base_price`` 1) or value (0), and the dual bound.
    """

    spend: FloatArray
    value: FloatArray
    price: FloatArray
    span_price: tuple[float, ...]
    objective: float
    bound: float

    @property
    def gap(self) -> float:
        """Return how far the bound is above the plan, relative to it, >= 0."""
        size = max(abs(self.bound), abs(float(self.value.sum())))
        return max(self.bound - self.objective, 0.0) / size if size > 0 else 0.0


def plan_days(curve: DayCurve, days: Days, spans: list[Span], base_price: float = 1.0) -> DayPlan:
    """Return what to spend on each day so that all days together earn most with the spans' money.

    A day with f times the clicks and g times the conversions a click has V_d(B) = f g V(B / f), concave like V, so at a
    price mu of money B_d = f S(mu / g) within its limits, S being the curve's spend at a price. mu is the base price plus
    the price of every span that the day is part of; each span's price is the least that keeps its money, found span by
    span until none moves (dual coordinate descent; Tseng 2001, JOTA 109:475, shows that it ends). One span: one root.

    Parameters
    ----------
    curve : DayCurve
    days : Days of n_days
    spans : list of Span
        They may overlap: a promotion inside a month.
    base_price : float
        1 where unspent money is kept, 0 where only value counts.

    Returns
    -------
    DayPlan

    Raises
    ------
    InvalidInputError
        If there is no span, a span has no day or money that is not a number.
    InfeasibleBudgetError
        If the least of a span's days costs more than its money, or its money is spent already.

    Notes
    -----
    Known drawbacks: one factor stands for all platforms of a day, and bids that a day to come could use are those that
    tonight's caps reach.

    Examples
    --------
    >>> curve, one = DayCurve([0.0, 100.0], [3.0, 1.0]), np.ones(2)
    >>> plan = plan_days(curve, Days(np.array([1.0, 2.0]), one, 0 * one, np.inf * one), [Span("month", one > 0, 150.0)])
    >>> plan.spend.round(6), round(plan.gap, 9)
    (array([ 50., 100.]), 0.0)
    """
    _refuse_spans(days, spans)
    member = np.array([span.is_member for span in spans], dtype=np.float64)
    money = np.array([span.money for span in spans], dtype=np.float64)
    highest = max(float((days.cvr * curve.price[0]).max()), base_price)
    toll = np.zeros(len(spans))
    for _ in range(MAX_SWEEPS):
        before = toll.copy()
        for at in range(len(spans)):
            toll[at] = 0.0
            others = base_price + toll @ member
            toll[at] = _find_toll(curve, days, (others, member[at]), money[at], highest)
        if np.abs(toll - before).max() <= SETTLED * highest:
            break
    price = base_price + toll @ member
    spend = _spend(curve, days, price)
    bound = float((_value(curve, days, spend) - price * spend).sum() + toll @ money)
    for at in range(len(spans)):  # the last digits
        spend = _within(spend, days.min_cost, member[at] > 0, money[at])
    value = _value(curve, days, spend)
    objective = float(value.sum() - base_price * spend.sum())
    return DayPlan(spend, value, price, tuple(toll.tolist()), objective, bound)


def hold_back(money: float, n_days: int, log_sd: float, level: float = 0.9) -> float:
    """Return the money to leave unplanned so that the last day does not overspend the span.

    What a day spends is its plan times a log-normal shock. Shocks of earlier days are mended by planning anew each night;
    only the last day's is not, so an even day's money is planned such that it holds with probability ``level``:
    reserve = (1 - exp(-z log_sd)) money / n_days. Source: a one-sided normal tolerance of the last day (newsvendor; Arrow,
    Harris & Marschak 1951). Known drawback: an error that all days share is mended late.

    Parameters
    ----------
    money : float
        Left for the span, >= 0.
    n_days : int
        Days left, >= 1.
    log_sd : float
        How unsure a day's spend is, as a log standard deviation, >= 0.
    level : float
        Probability in (0, 1) of not overspending; a half and less reserve nothing.

    Returns
    -------
    float
        Money, at most an even day's.

    Raises
    ------
    InvalidInputError
        If a number is out of its range.

    Examples
    --------
    >>> round(hold_back(3000.0, 30, 0.2), 2), hold_back(100.0, 1, 0.0)
    (22.61, 0.0)
    """
    what = "cannot hold money back"
    columns = {"money": (money, NON_NEGATIVE), "n_days": (n_days, Bounds(low=1.0)), "log_sd": (log_sd, NON_NEGATIVE)}
    read_columns(what, columns)
    return float(-np.expm1(-max(float(ndtri(read_level(what, level))), 0.0) * log_sd) * money / n_days)


def _refuse_spans(days: Days, spans: list[Span]) -> None:
    what, n_days = "cannot plan days", len(days.clicks)
    bad = [one.name for one in spans if len(one.is_member) != n_days or not one.is_member.any()]
    bad += [one.name for one in spans if not np.isfinite(one.money)]
    if bad or not spans:
        remedy = "Mend pacing in configs/settings.yaml."
        raise InvalidInputError(what, f"{len(bad)} bad spans", "a day and money for each span", bad, remedy)
    least = {one.name: float(days.min_cost[one.is_member].sum()) for one in spans}
    short = [one for one in spans if one.money <= 0 or least[one.name] > one.money]
    if short:
        worst = max(short, key=lambda one: least[one.name] - one.money)
        raise InfeasibleBudgetError(
            "cannot plan days: the money is spent, or less than the least of the days left", least[worst.name],
            worst.money, [f"{one.name} {one.money:,.2f} left" for one in short],
            "Raise its money or lower pacing.min_day in configs/settings.yaml.",
        )  # fmt: skip


def _find_toll(
    curve: DayCurve, days: Days, price: tuple[FloatArray, FloatArray], money: float, highest: float
) -> float:
    """Return the least toll on a span's days at which they keep its money; 0 where they do anyway."""
    others, member = price

    def over(toll: float) -> float:
        return float(_spend(curve, days, others + toll * member) @ member) - money

    if over(0.0) <= 0:
        return 0.0
    low, high = 0.0, highest
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if over(middle) > 0 else (low, middle)
    return high


def _spend(curve: DayCurve, days: Days, price: FloatArray) -> FloatArray:
    return np.clip(days.clicks * curve.spend_at(price / days.cvr), days.min_cost, days.max_cost)


def _value(curve: DayCurve, days: Days, spend: FloatArray) -> FloatArray:
    return np.asarray(days.clicks * days.cvr * curve.value_at(spend / days.clicks))


def _within(spend: FloatArray, least: FloatArray, is_member: BoolArray, money: float) -> FloatArray:
    """Return the spend with a span's days cut in proportion to what they spend above their least, where it is too much."""
    extra = np.where(is_member, spend - least, 0.0)
    over = float(spend[is_member].sum()) - money
    return spend - extra * (over / extra.sum()) if over > 0 and extra.sum() > 0 else spend
