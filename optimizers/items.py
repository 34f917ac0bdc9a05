"""What can be bought: keywords with a bid, and closed-bid campaigns with a daily budget.

Here belong the inputs of the optimum and their checks. Their curves are in ``optimizers.curves``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizers.errors import InvalidInputError
from optimizers.inputs import ANY, NON_NEGATIVE, POSITIVE, SHARE, Bounds, read_codes, read_columns
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
        read_codes(what, "node", self.node, len(self.node))
        columns = {
            "node": (self.node, NON_NEGATIVE),
            "clicks0": (self.clicks0, NON_NEGATIVE),
            "cpc0": (self.cpc0, NON_NEGATIVE),
            "bid0": (self.bid0, POSITIVE),
            "value_per_click": (self.value_per_click, ANY),
            "eta": (self.eta, POSITIVE),
            "rho": (self.rho, POSITIVE),
            "kappa": (self.kappa, POSITIVE),
            "min_multiplier": (self.min_multiplier, NON_NEGATIVE),
            "max_multiplier": (self.max_multiplier, NON_NEGATIVE),
        }
        read_columns(what, columns)
        _refuse_rows(what, "min_multiplier <= max_multiplier", self.min_multiplier > self.max_multiplier)


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
        read_codes(what, "node", self.node, len(self.node))
        columns = {
            "node": (self.node, NON_NEGATIVE),
            "value0": (self.value0, ANY),
            "budget0": (self.budget0, NON_NEGATIVE),
            "beta": (self.beta, Bounds(0.0, 1.0, is_low_open=True)),
            "min_budget": (self.min_budget, NON_NEGATIVE),
            "max_budget": (self.max_budget, NON_NEGATIVE),
            "cost0": (self.cost0, NON_NEGATIVE),
            "is_limited": (self.is_limited, SHARE),
        }
        read_columns(what, columns)
        _refuse_rows(what, "beta < 1", self.beta >= 1)
        _refuse_rows(what, "min_budget <= max_budget", self.min_budget > self.max_budget)
        _refuse_rows(what, "budget0 > 0 where is_limited", self.is_limited & (self.budget0 <= 0))


def no_keywords() -> KeywordItems:
    """Return an empty set of keywords, for problems with budgets only."""
    none = np.zeros(0)
    return KeywordItems(np.zeros(0, dtype=np.int64), none, none, none, none, none, none, none, none, none)


def no_budgets() -> BudgetItems:
    """Return an empty set of budgets, for problems with keywords only."""
    none = np.zeros(0)
    return BudgetItems(np.zeros(0, dtype=np.int64), none, none, none, none, none, none, np.zeros(0, dtype=np.bool_))


def _refuse_rows(what: str, rule: str, is_broken: BoolArray) -> None:
    """Raise InvalidInputError with the rows that break ``rule``."""
    rows = np.flatnonzero(is_broken)
    if rows.size:
        offenders = [f"row {row}" for row in rows]
        raise InvalidInputError(what, f"{rows.size} bad rows", rule, offenders, "Mend these rows.")
