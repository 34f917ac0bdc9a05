"""What the KOL choice is asked: offers, rules, and the ads' value of money over the horizon.

Here belong the inputs and their checks. Choosing is in ``optimizers.kol``, the rules as inequalities in
``optimizers.kol_rules``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from optimizers.columns import keep_columns
from optimizers.errors import InvalidInputError
from optimizers.inputs import ANY, NON_NEGATIVE, SHARE, read_columns
from optimizers.types import BoolArray, FloatArray, IntArray

CONCAVE = 1e-6  # relative rise of a slope that is still rounding
SAME_MONEY = 1e-9  # relative distance of two budgets that are one point of the curve


@dataclass(frozen=True)
class KolProblem:
    """Offers, their rules, and the ads that compete for the money. Money is over the whole horizon, one currency.

    Parameters
    ----------
    fee, commission_rate : array of shape (n_offers,)
        Fixed fee, >= 0, and share of revenue paid as commission, 0-1.
    expected_value : array of shape (n_offers,)
        Expected margin before commission and fee.
    kol, tier : int array of shape (n_offers,)
        Codes >= 0 of the partner and of the tier.
    is_signed : bool array of shape (n_offers,)
        Already committed: a frozen cost, whatever the rules say.
    budget : float
        KOL fees and ads together.
    ads_budget, ads_value : array of shape (n_points,), n_points >= 2
        The rest's value of money: concave, both rising; the first point is the least that ads must spend.
    horizon_days : int
        Length of the horizon, >= 1; see ``horizon_curve``.
    max_share_per_kol : float
        Most that one partner's fees may take of the largest permitted sum of fees, 0-1.
    min_koc_per_head : float
        Offers of ``koc_tiers`` required for each offer of ``head_tiers``, >= 0.
    max_offers : int
        Most offers, signed ones included.
    koc_tiers, head_tiers : tuple of int
        Tier codes that the mix rule speaks of.
    max_fee_share : float
        Most that all fees may take of ``budget``, 0-1.
    expected_revenue : array of shape (n_offers,), optional
        What commission is charged on; None: on ``expected_value``.
    mode : "flexible" or "fixed"
        Flexible: unspent money is kept and worth itself. Fixed: only value counts.

    Raises
    ------
    InvalidInputError
        If a column or rule is out of its range, or the ads curve is not concave and rising.
    """

    fee: FloatArray
    commission_rate: FloatArray
    expected_value: FloatArray
    kol: IntArray
    tier: IntArray
    is_signed: BoolArray
    budget: float
    ads_budget: FloatArray
    ads_value: FloatArray
    horizon_days: int = 28
    max_share_per_kol: float = 1.0
    min_koc_per_head: float = 0.0
    max_offers: int = 20
    koc_tiers: tuple[int, ...] = ()
    head_tiers: tuple[int, ...] = ()
    max_fee_share: float = 1.0
    expected_revenue: FloatArray | None = None
    mode: Literal["flexible", "fixed"] = "flexible"

    def __post_init__(self) -> None:
        what = "cannot choose offers"
        floats = {"fee": NON_NEGATIVE, "commission_rate": SHARE, "expected_value": ANY}
        floats |= {} if self.expected_revenue is None else {"expected_revenue": ANY}
        keep_columns(self, what, floats, codes=("kol", "tier"), flags=("is_signed",))
        rules: dict[str, Any] = {
            "budget": (self.budget, NON_NEGATIVE),
            "horizon_days - 1": (self.horizon_days - 1, NON_NEGATIVE),
            "max_share_per_kol": (self.max_share_per_kol, SHARE),
            "min_koc_per_head": (self.min_koc_per_head, NON_NEGATIVE),
            "max_offers": (self.max_offers, NON_NEGATIVE),
            "max_fee_share": (self.max_fee_share, SHARE),
        }
        read_columns(what, rules)
        _refuse_bad_curve(self.ads_budget, self.ads_value)
        if self.mode not in ("flexible", "fixed"):
            raise InvalidInputError(
                what, self.mode, "flexible or fixed", ["mode"], "Mend budget.mode in settings.yaml."
            )

    @property
    def commission_base(self) -> FloatArray:
        """Return what commission is charged on, shape (n_offers,)."""
        return self.expected_value if self.expected_revenue is None else self.expected_revenue

    @property
    def net_value(self) -> FloatArray:
        """Return each offer's expected value after commission, before the fee, shape (n_offers,)."""
        return self.expected_value - self.commission_rate * self.commission_base

    @property
    def slopes(self) -> FloatArray:
        """Return the ads' value of a unit of money between the points, shape (n_points - 1,)."""
        return np.diff(self.ads_value) / np.diff(self.ads_budget)


def horizon_curve(daily_cost: FloatArray, daily_value: FloatArray, horizon_days: int) -> tuple[FloatArray, FloatArray]:
    """Return the ads' value of money over the horizon, V_H(B) = H V(B / H), as the concave hull of daily points.

    Parameters
    ----------
    daily_cost, daily_value : array of shape (n_points,)
        What each daily total costs and brings, e.g. from ``spend_value_curve``; any order, repeats allowed.
    horizon_days : int
        H, >= 1.

    Returns
    -------
    ads_budget, ads_value : arrays of shape (n_kept,)
        Rising and concave. A single point is continued flat: more money brings nothing known.

    Raises
    ------
    InvalidInputError
        If there is no point, a cost is negative or not finite, or the horizon is shorter than a day.

    Examples
    --------
    >>> horizon_curve(np.array([1.0, 2.0, 2.0]), np.array([5.0, 8.0, 8.0]), 10)
    (array([10., 20.]), array([50., 80.]))
    """
    what = "cannot draw the ads' value of money"
    cost, value = read_columns(what, {"daily_cost": (daily_cost, NON_NEGATIVE), "daily_value": (daily_value, ANY)})
    if cost.size == 0 or horizon_days < 1:
        raise InvalidInputError(
            what, f"{cost.size} points, {horizon_days} days", "at least 1 of each", [], "Add points."
        )
    order = np.lexsort((-value, cost))
    hull: list[tuple[float, float]] = []
    for x, y in zip(cost[order] * horizon_days, value[order] * horizon_days, strict=True):
        if hull and (x - hull[-1][0] <= SAME_MONEY * x or y <= hull[-1][1]):
            continue
        while len(hull) > 1 and _slope(hull[-2], hull[-1]) <= _slope(hull[-1], (x, y)):
            hull.pop()
        hull.append((float(x), float(y)))
    if len(hull) == 1:
        hull.append((hull[0][0] + max(hull[0][0], 1.0), hull[0][1]))
    return np.array([x for x, _ in hull]), np.array([y for _, y in hull])


def _slope(left: tuple[float, float], right: tuple[float, float]) -> float:
    return (right[1] - left[1]) / (right[0] - left[0])


def _refuse_bad_curve(budget: FloatArray, value: FloatArray) -> None:
    what = "cannot weigh offers against ads"
    read_columns(what, {"ads_budget": (budget, NON_NEGATIVE), "ads_value": (value, ANY)})
    remedy = "Draw the curve with horizon_curve."
    if len(budget) < 2 or (np.diff(budget) <= 0).any():
        raise InvalidInputError(what, f"{len(budget)} points", "2 or more rising budgets", ["ads_budget"], remedy)
    slopes = np.diff(value) / np.diff(budget)
    rises = np.flatnonzero(np.diff(slopes) > CONCAVE * np.abs(slopes).max())
    if rises.size or (slopes < 0).any():
        offenders = [f"point {row + 1}" for row in (rises if rises.size else np.flatnonzero(slopes < 0))]
        raise InvalidInputError(what, "a curve that bends up or falls", "concave and rising", offenders, remedy)
