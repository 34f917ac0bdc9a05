"""What ads earn with the money that KOL fees leave them: one point of that curve at a time, with a tangent above it all.

Here belong the two ways to know it: solved on the price tree, or told as points. Choosing offers is in
``optimizers.kol``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, NamedTuple, Protocol

import numpy as np

from optimizers.allocation_problem import AllocationProblem
from optimizers.basis_floor import solve_with_floors
from optimizers.certificate import money_prices
from optimizers.conflict import solve_feasible
from optimizers.errors import InfeasibleBudgetError, InvalidInputError
from optimizers.feasibility import find_breach, reach_of
from optimizers.inputs import ANY, NON_NEGATIVE, read_columns
from optimizers.solution import Relaxed, weighted_curves
from optimizers.types import FloatArray

CONCAVE = 1e-6  # relative rise of a slope that is still rounding
SLACK = 1e-6  # relative, above the least spend: exactly there a unit of money has no price
Mode = Literal["flexible", "fixed"]


class AdsPoint(NamedTuple):
    """Ads at one budget, money over the horizon.

    ``bound + slope x (other - budget)`` is above the objective (value; flexible: less cost) at every ``other`` budget;
    ``slope`` is what the next unit of budget adds to it at most, >= 0, infinite where the budget is the least possible.
    """

    budget: float
    cost: float
    value: float
    bound: float
    slope: float


class Ads(Protocol):
    """The ads that compete with offers for the money."""

    @property
    def least(self) -> float:
        """Return the least that they must be given."""

    @property
    def mode(self) -> Mode:
        """Return ``flexible`` where unspent money is kept and worth itself, ``fixed`` where only value counts."""

    def at(self, budget: float) -> AdsPoint:
        """Return what they earn when they may spend ``budget``, >= ``least``."""


@dataclass
class TreeAds:
    """Ads of a price tree, each day of the horizon the same: V_H(B) = H V(B / H), solved exactly at each budget asked.

    Parameters
    ----------
    problem : AllocationProblem with one root
        Its root may have a ROAS floor, which what is spent at the root's own maximum must be able to keep.
    horizon_days : int
        H, >= 1.

    Raises
    ------
    InvalidInputError
        If there are several roots, or the horizon is shorter than a day.

    Notes
    -----
    Source: Lagrangian duality; at the prices found for one budget, weak duality bounds the objective at every other by
    a line whose slope is the price of the root's maximum (1 less where money is kept). A ROAS floor does not hang on the
    budget, and worth less T x cost is concave in cost, so that the value stays concave in the budget (perturbation
    function of a concave programme, Rockafellar 1970, section 29) and a floor's own price is no part of the slope; but
    a budget too small for it has no value at all. Later budgets start at the first one's prices, so that each is a few
    passes over the items. Known drawback: the floor asks this of every day, not of the whole horizon with its fees.

    Examples
    --------
    >>> from optimizers.allocation import KeywordItems, PriceTree, no_budgets
    >>> one = np.ones(2)
    >>> keywords = KeywordItems([0, 0], 10 * one, one, 2 * one, [2.0, 4.0], one, one, one, 0.1 * one, 3 * one)
    >>> tree = PriceTree(np.array([-1]), np.zeros(1), np.array([30.0]), ("total",))
    >>> ads = TreeAds(AllocationProblem(keywords, no_budgets(), tree), 10)
    >>> [round(float(x), 2) for x in ads.at(300.0)]
    [300.0, 300.0, 774.6, 474.6, 0.29]
    """

    problem: AllocationProblem
    horizon_days: int

    def __post_init__(self) -> None:
        tree, what = self.problem.tree, "cannot weigh offers against ads"
        roots = [tree.names[node] for node in np.flatnonzero(tree.parent < 0)]
        if len(roots) != 1 or self.horizon_days < 1:
            seen = f"{len(roots)} roots, {self.horizon_days} days"
            raise InvalidInputError(what, seen, "one root and a day or more", roots, "Mend kol.horizon_days.")
        self._start: Relaxed | None = None

    @property
    def mode(self) -> Mode:
        """Return the mode of the problem."""
        return self.problem.mode

    @cached_property
    def least(self) -> float:
        """Return the least that the items can spend over the horizon, with the slack that a bound needs."""
        tree = self.problem.tree
        least = reach_of(weighted_curves(self.problem, None)[0], tree).least
        for node in np.argsort(-tree.depth, kind="stable"):
            least[node] = max(least[node], tree.min_cost[node])
            if tree.parent[node] >= 0:
                least[tree.parent[node]] += least[node]
        daily = float(least[0])
        if not np.isnan(tree.min_roas).all() and not self._keeps_limits(daily * (1.0 + SLACK)):
            daily = self._least_with_floors(daily)
        return daily * self.horizon_days * (1.0 + SLACK)

    def _least_with_floors(self, low: float) -> float:
        """Return the least daily budget that keeps the ROAS floors; ``low`` is too little."""
        high = float(self.problem.tree.max_cost[0])  # where even this is too little, ``at`` says which limits are why
        while np.isfinite(high) and high - low > SLACK * high:
            middle = 0.5 * (low + high)
            low, high = (low, middle) if self._keeps_limits(middle * (1.0 + SLACK)) else (middle, high)
        return high

    def _keeps_limits(self, daily: float) -> bool:
        try:
            plan = solve_with_floors(self._asked(daily))
        except InfeasibleBudgetError:
            return False
        return find_breach(self.problem.tree, plan.node_cost, plan.node_worth) is None

    def _asked(self, daily: float) -> AllocationProblem:
        tree = self.problem.tree
        return replace(self.problem, tree=replace(tree, max_cost=np.where(tree.parent < 0, daily, tree.max_cost)))

    def at(self, budget: float) -> AdsPoint:
        """Return what the ads earn when they may spend ``budget`` over the horizon."""
        days = float(self.horizon_days)
        asked = self._asked(budget / days)
        plan = solve_feasible(asked, self._start)
        self._start = plan.relaxed if self._start is None else self._start
        is_spent = plan.prices.clipped[0] > 0 and not plan.prices.by_floor[0]  # else the next unit would not be
        price = float(money_prices(asked.tree, plan.prices)[0]) if is_spent else asked.base_price
        cost, value, bound = float(plan.cost.sum()), float(plan.value.sum()), plan.relaxed.bound
        return AdsPoint(budget, cost * days, value * days, bound * days, max(price - asked.base_price, 0.0))


@dataclass(frozen=True)
class PointAds:
    """Ads whose value of money is told at points and straight between them.

    Parameters
    ----------
    budget, earned : array of shape (n_points,), n_points >= 2
        Rising and concave; the first point is the least that ads must be given, more than the last brings nothing.
    mode : "flexible" or "fixed"

    Raises
    ------
    InvalidInputError
        If the points do not rise, or the curve bends up or falls.

    Examples
    --------
    >>> PointAds(np.array([0.0, 100.0]), np.array([0.0, 200.0])).at(40.0)
    AdsPoint(budget=40.0, cost=40.0, value=80.0, bound=40.0, slope=1.0)
    """

    budget: FloatArray
    earned: FloatArray
    mode: Mode = "flexible"

    def __post_init__(self) -> None:
        what = "cannot weigh offers against ads"
        columns = {"budget": (self.budget, NON_NEGATIVE), "earned": (self.earned, ANY)}
        budget, earned = read_columns(what, columns)
        if self.mode not in ("flexible", "fixed"):
            remedy = "Mend budget.mode in settings.yaml."
            raise InvalidInputError(what, self.mode, "flexible or fixed", ["mode"], remedy)
        steps = np.diff(budget)
        if len(budget) < 2 or (steps <= 0).any():
            raise InvalidInputError(what, f"{len(budget)} points", "2 or more rising budgets", ["budget"], "Sort them.")
        slopes = np.diff(earned) / steps
        is_bad = np.append(np.diff(slopes) > CONCAVE * np.abs(slopes).max(), False) | (slopes < 0)
        if is_bad.any():
            offenders = [f"point {row + 1}" for row in np.flatnonzero(is_bad)]
            raise InvalidInputError(what, "a curve that bends up or falls", "concave and rising", offenders, "Mend it.")
        object.__setattr__(self, "budget", budget)
        object.__setattr__(self, "earned", earned)

    @property
    def least(self) -> float:
        """Return the first point's budget."""
        return float(self.budget[0])

    def at(self, budget: float) -> AdsPoint:
        """Return what the ads earn when they may spend ``budget``."""
        kept = 1.0 if self.mode == "flexible" else 0.0
        slopes = np.diff(self.earned) / np.diff(self.budget)
        useful = self.budget[np.append(True, slopes > kept)][-1]
        cost = float(min(max(budget, self.least), useful))
        value = float(np.interp(cost, self.budget, self.earned))
        segment = np.searchsorted(self.budget[1:-1], budget, side="left")
        slope = float(slopes[segment]) - kept if budget <= useful else 0.0
        return AdsPoint(budget, cost, value, value - kept * cost, max(slope, 0.0))


IDLE = np.array([0.0, 1.0]), np.array([0.0, 0.0])  # ads of which nothing moves: offers have no rival for the rest
