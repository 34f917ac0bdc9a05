"""What can be bought: keywords with a bid, old and new, and closed-bid campaigns with a daily budget.

Here belong the inputs of the optimum and their checks. Their curves are in ``optimizers.curves``.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from optimizers.columns import keep_columns, refuse_rows
from optimizers.inputs import ANY, NON_NEGATIVE, POSITIVE, Bounds, read_columns
from optimizers.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class KeywordItems:
    """Items whose lever is a bid; ``multiplier`` is the new bid over ``bid0``. Money is per day, one currency.

    Parameters
    ----------
    node : array of shape (n_keywords,)
        The tree node that pays for the keyword.
    clicks0, cpc0 : array of shape (n_keywords,)
        Clicks a day and cost a click at today's bid, >= 0.
    bid0 : array of shape (n_keywords,)
        Today's bid, > 0.
    value_per_click : array of shape (n_keywords,)
        Margin (or revenue) that a click brings; zero or negative values are bought only to fill a minimum.
    eta, rho, kappa : array of shape (n_keywords,)
        Response: clicks = clicks0 m^eta, marginal cost of a click = rho bid0 m^kappa; all > 0.
    min_multiplier, max_multiplier : array of shape (n_keywords,)
        Bounds of m, 0 <= min <= max < inf. Both 1: frozen. Both 0: paused. Minimum 0 alone: may be paused, which
        saves the keyword's whole cost.

    Raises
    ------
    InvalidInputError
        If a column is NaN or infinite, of another length, or outside its range.
    """

    node: IntArray
    clicks0: FloatArray
    cpc0: FloatArray
    bid0: FloatArray
    value_per_click: FloatArray
    eta: FloatArray
    rho: FloatArray
    kappa: FloatArray
    min_multiplier: FloatArray
    max_multiplier: FloatArray

    def __post_init__(self) -> None:
        what = "cannot read keywords"
        floats = dict.fromkeys(("clicks0", "cpc0", "min_multiplier", "max_multiplier"), NON_NEGATIVE)
        floats |= dict.fromkeys(("bid0", "eta", "rho", "kappa"), POSITIVE) | {"value_per_click": ANY}
        keep_columns(self, what, floats, codes=("node",))
        refuse_rows(what, "min_multiplier <= max_multiplier", self.min_multiplier > self.max_multiplier)


class Response(NamedTuple):
    """How clicks follow the bid: clicks = clicks0 m^eta, marginal cost = rho bid0 m^kappa; shape (n_keywords,) each."""

    eta: FloatArray
    rho: FloatArray
    kappa: FloatArray


@dataclass(frozen=True)
class BudgetItems:
    """Campaigns whose bids are closed and whose lever is the daily budget. Money is per day, one currency.

    Parameters
    ----------
    node : array of shape (n_budgets,)
        The tree node that pays for the campaign.
    value0 : array of shape (n_budgets,)
        Margin (or revenue) a day at today's spend.
    budget0 : array of shape (n_budgets,)
        Today's daily budget, > 0 where ``is_limited``, else >= 0.
    beta : array of shape (n_budgets,)
        Response: value = value0 (spend / spend today)^beta, 0 < beta < 1.
    min_budget, max_budget : array of shape (n_budgets,)
        Bounds of the new budget, 0 <= min <= max < inf.
    cost0 : array of shape (n_budgets,)
        Today's spend, >= 0.
    is_limited : bool array of shape (n_budgets,)
        True where the budget runs out: spend today is ``budget0``. Where False, money above ``cost0`` stays unspent.

    Raises
    ------
    InvalidInputError
        If a column is NaN or infinite, of another length, or outside its range.
    """

    node: IntArray
    value0: FloatArray
    budget0: FloatArray
    beta: FloatArray
    min_budget: FloatArray
    max_budget: FloatArray
    cost0: FloatArray
    is_limited: BoolArray

    def __post_init__(self) -> None:
        what = "cannot read budgets"
        floats = dict.fromkeys(("budget0", "min_budget", "max_budget", "cost0"), NON_NEGATIVE)
        floats |= {"value0": ANY, "beta": Bounds(0.0, 1.0, is_low_open=True)}
        keep_columns(self, what, floats, codes=("node",), flags=("is_limited",))
        refuse_rows(what, "beta < 1", self.beta >= 1)
        refuse_rows(what, "min_budget <= max_budget", self.min_budget > self.max_budget)
        refuse_rows(what, "budget0 > 0 where is_limited", self.is_limited & (self.budget0 <= 0))


@dataclass(frozen=True)
class FloorBasis:
    """What ROAS floors count as value where that is not what the objective counts, e.g. revenue under profit.

    Parameters
    ----------
    keyword_worth : array of shape (n_keywords,)
        Value of a click on the floors' basis, in the currency of the items.
    budget_worth : array of shape (n_budgets,)
        Value a day at today's spend, on the floors' basis.

    Raises
    ------
    InvalidInputError
        If a number is NaN, infinite or negative.
    """

    keyword_worth: FloatArray
    budget_worth: FloatArray

    def __post_init__(self) -> None:
        for name in ("keyword_worth", "budget_worth"):
            column = {name: (getattr(self, name), NON_NEGATIVE)}
            object.__setattr__(self, name, read_columns("cannot read the basis of ROAS floors", column)[0])


def new_keywords(
    node: IntArray, clicks: FloatArray, value_per_click: FloatArray, cap: FloatArray, response: Response
) -> KeywordItems:
    """Return keywords that have no bid yet, as items that cost nothing at no bid.

    Parameters
    ----------
    node : array of shape (n_keywords,)
        The tree node that will pay.
    clicks : array of shape (n_keywords,)
        Clicks a day expected at the bid ``cap``, >= 0.
    value_per_click : array of shape (n_keywords,)
        Value that a click is expected to bring.
    cap : array of shape (n_keywords,)
        Highest bid to try, > 0; the ``multiplier`` of the result times ``cap`` is the first bid.
    response : Response of n_keywords

    Notes
    -----
    Best bid at price p: cap (value / (p rho cap))^(1 / kappa), at most the cap; with kappa = 1 that is value / (p rho)
    (DESIGN 7.6). Assumes the curve runs through the origin.
    """
    power = response.eta + response.kappa
    cost = response.rho * cap * response.eta / power
    low, high = np.zeros(len(cap)), np.ones(len(cap))
    return KeywordItems(node, clicks, cost, cap, value_per_click, response.eta, response.rho, response.kappa, low, high)


def join_keywords(*parts: KeywordItems) -> KeywordItems:
    """Return all keywords as one set, in the order given."""
    return KeywordItems(
        *(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(KeywordItems))
    )


def no_keywords() -> KeywordItems:
    """Return an empty set of keywords, for problems with budgets only."""
    none = np.zeros(0)
    return KeywordItems(np.zeros(0, dtype=np.int64), none, none, none, none, none, none, none, none, none)


def no_budgets() -> BudgetItems:
    """Return an empty set of budgets, for problems with keywords only."""
    none = np.zeros(0)
    return BudgetItems(np.zeros(0, dtype=np.int64), none, none, none, none, none, none, np.zeros(0, dtype=np.bool_))
