"""How clicks, cost and value answer to a bid, a daily budget or a target, as observed today = multiplier 1.

Here belong response curves; the demand behind an exhausted budget is in ``demand`` and offered here too. Choosing the
best point under budgets belongs to ``allocation``. All parameters are priors until an experiment identifies them; they
are stated with their reason below.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from optimizers.demand import MAX_MULTIPLIER, DemandEstimate, demand_behind_budget, rank_ceiling
from optimizers.inputs import NON_NEGATIVE, POSITIVE, SHARE, Bounds, read_columns
from optimizers.types import BoolArray, FloatArray

__all__ = [
    "MAX_MULTIPLIER",
    "BudgetResponse",
    "DemandEstimate",
    "KeywordCurve",
    "KeywordResponse",
    "TargetResponse",
    "demand_behind_budget",
    "keyword_cost",
    "rank_ceiling",
]

# Assumption until the bid jitter has measured it: +10 % bid brings about +6 % clicks, inside the 0.3-0.9 that bid
# landscapes of search auctions usually show; 1 would call every raise proportional, 0 every raise useless.
PRIOR_ETA = 0.6
PRIOR_RHO = PRIOR_KAPPA = 1.0  # truthful second-price auction: the next click costs what is bid
PRIOR_BUDGET_BETA = 0.7  # assumption: +10 % of an exhausted budget brings about +7 % value, later hours being poorer
PRIOR_TARGET_THETA = 1.0 / (1.0 - PRIOR_BUDGET_BETA)  # the same curve, steered by a target


class KeywordCurve(Protocol):
    """Whatever carries a keyword's response, arrays of shape (n_keywords,); see ``KeywordResponse`` for units."""

    @property
    def clicks0(self) -> FloatArray:
        """Clicks a day at today's bid."""

    @property
    def cpc0(self) -> FloatArray:
        """Money per click paid today."""

    @property
    def bid0(self) -> FloatArray:
        """Today's bid."""

    @property
    def eta(self) -> FloatArray:
        """Elasticity of clicks."""

    @property
    def rho(self) -> FloatArray:
        """Level of the marginal cost."""

    @property
    def kappa(self) -> FloatArray:
        """Elasticity of the marginal cost."""


@dataclass(frozen=True)
class KeywordResponse:
    """Clicks, cost and value of keywords at a multiple m = bid / bid0 of today's bid.

    clicks(m) = clicks0 m^eta up to ``max_multiplier``; the next click costs rho bid0 m^kappa; integrated,
    cost(m) = clicks0 cpc0 + clicks0 rho bid0 eta / (eta + kappa) (m^(eta + kappa) - 1), cut off at 0. Value is concave
    in cost for any eta, kappa > 0. Known drawback: a local model, trusted near m = 1; pausing saves the whole observed
    cost, whatever cost(0) says.

    Parameters
    ----------
    clicks0 : array of shape (n_keywords,)
        Clicks a day at today's bid, >= 0.
    cpc0, bid0 : array of shape (n_keywords,)
        Money per click paid, >= 0, and bid, > 0, in one currency.
    value_per_click : array of shape (n_keywords,)
        Money that a click brings, >= 0.
    eta, rho, kappa : array of shape (n_keywords,)
        Elasticity of clicks, level and elasticity of the marginal cost, > 0, without unit.
    max_multiplier : array of shape (n_keywords,)
        Where all impressions are won; clicks stop growing, > 0.

    Raises
    ------
    InvalidInputError
        If a number is not finite, outside its range, or of another length.

    Examples
    --------
    >>> response = KeywordResponse(*np.array([[100.0], [0.8], [1.0], [2.0], [0.5], [1.0], [1.0], [10.0]]))
    >>> response.clicks_at(4.0), response.best_at_price(1.0)
    (array([200.]), array([2.]))
    """

    clicks0: FloatArray
    cpc0: FloatArray
    bid0: FloatArray
    value_per_click: FloatArray
    eta: FloatArray
    rho: FloatArray
    kappa: FloatArray
    max_multiplier: FloatArray

    def __post_init__(self) -> None:
        _read_fields(self, dict.fromkeys(("clicks0", "cpc0", "value_per_click"), NON_NEGATIVE), POSITIVE)

    def clicks_at(self, multiplier: ArrayLike) -> FloatArray:
        """Return clicks a day at m >= 0, shape (n_keywords,)."""
        return self.clicks0 * self._within(multiplier) ** self.eta

    def cost_at(self, multiplier: ArrayLike) -> FloatArray:
        """Return cost a day at m >= 0, shape (n_keywords,), in money, >= 0."""
        return keyword_cost(self, self._within(multiplier))

    def value_at(self, multiplier: ArrayLike) -> FloatArray:
        """Return value a day at m >= 0, shape (n_keywords,), in money."""
        return self.value_per_click * self.clicks_at(multiplier)

    def marginal_cost_per_click(self, multiplier: ArrayLike) -> FloatArray:
        """Return what the next click costs at m >= 0, shape (n_keywords,), in money."""
        return self.rho * self.bid0 * self._within(multiplier) ** self.kappa

    def best_at_price(self, price: ArrayLike) -> FloatArray:
        """Return the m that earns most when a unit of cost must bring ``price`` > 0, shape (n_keywords,)."""
        (mu,) = read_columns("cannot price a bid", {"price": (price, POSITIVE)})
        return np.minimum(
            (self.value_per_click / (mu * self.rho * self.bid0)) ** (1.0 / self.kappa), self.max_multiplier
        )

    def _within(self, multiplier: ArrayLike) -> FloatArray:
        (m,) = read_columns("cannot read the response", {"multiplier": (multiplier, NON_NEGATIVE)})
        return np.minimum(m, self.max_multiplier)


@dataclass(frozen=True)
class BudgetResponse:
    """Value of items whose lever is a daily budget: value(b) = value0 (b / budget0)^beta while the budget limits them.

    An item that does not exhaust its budget does not answer to it: value stays, the slope is 0, and the best budget is
    today's.

    Parameters
    ----------
    value0 : array of shape (n_items,)
        Value a day at today's budget, >= 0.
    budget0 : array of shape (n_items,)
        Today's daily budget, > 0, same currency.
    beta : array of shape (n_items,)
        Elasticity of value, in (0, 0.9].
    is_limited : bool array of shape (n_items,)
        Whether the budget runs out.

    Raises
    ------
    InvalidInputError
        If a number is not finite, outside its range, or of another length.

    Examples
    --------
    >>> response = BudgetResponse(*np.array([[300.0], [100.0], [0.5]]), np.array([True]))
    >>> response.marginal_value(100.0), response.best_at_price(1.5)
    (array([1.5]), array([100.]))
    """

    value0: FloatArray
    budget0: FloatArray
    beta: FloatArray
    is_limited: BoolArray

    def __post_init__(self) -> None:
        bounds = {"value0": NON_NEGATIVE, "beta": Bounds(0.0, 0.9, is_low_open=True), "is_limited": SHARE}
        _read_fields(self, bounds, POSITIVE)
        object.__setattr__(self, "is_limited", np.asarray(self.is_limited, dtype=bool))

    def value_at(self, budget: ArrayLike) -> FloatArray:
        """Return value a day at budget >= 0, shape (n_items,), in money."""
        return self.value0 * np.where(self.is_limited, self._relative(budget, NON_NEGATIVE) ** self.beta, 1.0)

    def marginal_value(self, budget: ArrayLike) -> FloatArray:
        """Return the value of the next unit of budget > 0, shape (n_items,), without unit."""
        slope = self.beta * self.value0 / self.budget0 * self._relative(budget, POSITIVE) ** (self.beta - 1.0)
        return np.where(self.is_limited, slope, 0.0)

    def best_at_price(self, price: ArrayLike) -> FloatArray:
        """Return the budget that earns most when a unit of cost must bring ``price`` > 0, in money."""
        (mu,) = read_columns("cannot price a budget", {"price": (price, POSITIVE)})
        best = self.budget0 * (self.beta * self.value0 / (mu * self.budget0)) ** (1.0 / (1.0 - self.beta))
        return np.where(self.is_limited, best, self.budget0)

    def _relative(self, budget: ArrayLike, bounds: Bounds) -> FloatArray:
        (money,) = read_columns("cannot read the response", {"budget": (budget, bounds)})
        return money / self.budget0


@dataclass(frozen=True)
class TargetResponse:
    """Cost and value of items whose lever is a target roas: log cost = a - theta log target.

    With the achieved roas in proportion to the target, value is a power of cost with exponent (theta - 1) / theta, so
    theta in (1, 10] matches a budget's beta in (0, 0.9].

    Parameters
    ----------
    cost0, value0 : array of shape (n_items,)
        Cost, > 0, and value, >= 0, a day at today's target, in one currency.
    target0 : array of shape (n_items,)
        Today's target roas, > 0.
    theta : array of shape (n_items,)
        Elasticity of cost, in (1, 10].

    Raises
    ------
    InvalidInputError
        If a number is not finite, outside its range, or of another length.

    Examples
    --------
    >>> response = TargetResponse(*np.array([[100.0], [300.0], [3.0], [2.0]]))
    >>> response.cost_at(6.0), response.value_at(6.0), response.best_at_price(3.0)
    (array([25.]), array([150.]), array([6.]))
    """

    cost0: FloatArray
    value0: FloatArray
    target0: FloatArray
    theta: FloatArray

    def __post_init__(self) -> None:
        _read_fields(self, {"value0": NON_NEGATIVE, "theta": Bounds(1.0, 10.0, is_low_open=True)}, POSITIVE)

    def cost_at(self, target: ArrayLike) -> FloatArray:
        """Return cost a day at target > 0, shape (n_items,), in money."""
        return self.cost0 * self._relative(target) ** -self.theta

    def value_at(self, target: ArrayLike) -> FloatArray:
        """Return value a day at target > 0, shape (n_items,), in money."""
        return self.value0 * self._relative(target) ** (1.0 - self.theta)

    def best_at_price(self, price: ArrayLike) -> FloatArray:
        """Return the target that earns most when a unit of cost must bring ``price`` > 0, at most ten times today's."""
        (mu,) = read_columns("cannot price a target", {"price": (price, POSITIVE)})
        beta = 1.0 - 1.0 / self.theta
        with np.errstate(divide="ignore"):  # an item without value has no finite best target
            best = self.target0 * mu * self.cost0 / (beta * self.value0)
        return np.minimum(best, self.target0 * MAX_MULTIPLIER)

    def _relative(self, target: ArrayLike) -> FloatArray:
        (roas,) = read_columns("cannot read the response", {"target": (target, POSITIVE)})
        return roas / self.target0


def _read_fields(response: Any, special: dict[str, Bounds], usual: Bounds) -> None:
    """Check a response's fields together and keep them as float arrays of one length."""
    names = [field.name for field in fields(response)]
    columns = {name: (getattr(response, name), special.get(name, usual)) for name in names}
    for name, array in zip(names, read_columns(f"cannot form a {type(response).__name__}", columns), strict=True):
        object.__setattr__(response, name, array)


def keyword_cost(items: KeywordCurve, multiplier: ArrayLike) -> FloatArray:
    """Return the cost a day of keywords at a multiple of today's bid.

    cost(m) = clicks0 cpc0 + clicks0 rho bid0 eta / (eta + kappa) (m^(eta + kappa) - 1), never below 0: plain arithmetic,
    the integral of the marginal cost (``KeywordResponse``).

    Parameters
    ----------
    items : KeywordCurve
        Anything with the parameter arrays of ``KeywordResponse``, shape (n_keywords,).
    multiplier : array of shape (n_keywords,) or scalar
        Bid over today's bid, >= 0.

    Returns
    -------
    array of shape (n_keywords,)
        Money a day, in the currency of ``cpc0`` and ``bid0``.

    Raises
    ------
    InvalidInputError
        If a multiplier is negative or not finite.

    Examples
    --------
    >>> response = KeywordResponse(*np.array([[100.0], [0.8], [1.0], [2.0], [0.5], [1.0], [1.0], [10.0]]))
    >>> keyword_cost(response, 1.0)
    array([80.])
    """
    (m,) = read_columns("cannot cost a bid", {"multiplier": (multiplier, NON_NEGATIVE)})
    power = items.eta + items.kappa
    unit = items.rho * items.bid0 * items.eta / power
    return np.maximum(items.clicks0 * (items.cpc0 + unit * (m**power - 1.0)), 0.0)
