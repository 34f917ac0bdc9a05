"""Demand that is not seen: behind an exhausted budget, and above the share of auctions already won.

Here belong estimates of what today's numbers hide. How demand answers to a bid is in ``response``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from optimizers.inputs import NON_NEGATIVE, POSITIVE, SHARE, read_columns
from optimizers.types import BoolArray, FloatArray

MIN_SERVED_SHARE = 0.05  # an export that claims more than twentyfold demand is not believed further
EXHAUSTED_SHARE = 0.985  # of the daily budget: platforms stop a little early
DEMAND_GROWTH = 1.10  # a night, while a budget is exhausted and nothing says by how much
MAX_MULTIPLIER = 10.0  # beyond ten times today's bid a power law is extrapolation only


@dataclass(frozen=True)
class DemandEstimate:
    """What would be spent without the budget.

    Attributes
    ----------
    demand_cost : array of shape (n_items,)
        Cost a day that today's bids would reach with an endless budget, >= the cost, in money.
    served_share : array of shape (n_items,)
        Share of that demand that was served, in [0.05, 1].
    is_exhausted : bool array of shape (n_items,)
        Whether the budget ran out.
    """

    demand_cost: FloatArray
    served_share: FloatArray
    is_exhausted: BoolArray


def served_share(
    lost_to_budget_share: ArrayLike, impression_share: ArrayLike = np.nan, lost_to_rank_share: ArrayLike = np.nan
) -> FloatArray:
    """Return the share of what the bids would reach that a budget has served: shown / (shown + lost to budget).

    Shares are of all eligible impressions: shown + lost to rank + lost to budget = 1. What is lost to rank no budget brings
    back, so that 1 - lost to budget overstates what was served: of 0.4 shown, 0.4 lost to rank and 0.2 to budget two thirds
    were served, not 0.8. Source: the definition of impression share in the platforms' reports.

    Parameters
    ----------
    lost_to_budget_share : array of shape (n_rows,)
        In [0, 1], missing where not exported.
    impression_share, lost_to_rank_share : arrays of shape (n_rows,), optional
        In [0, 1]; without the share shown, 1 - lost to rank - lost to budget stands for it, without either 1 - lost to budget.

    Returns
    -------
    array of shape (n_rows,)
        In [0.05, 1]; 1 where no loss is told.

    Raises
    ------
    InvalidInputError
        If a share is outside 0-1, or lengths differ.

    Notes
    -----
    Known drawbacks: impressions, not clicks; the hours that a budget misses are taken to be like those that it serves.

    Examples
    --------
    >>> served_share([0.2, 0.2, 0.0, np.nan], [0.4, np.nan, 0.7, np.nan], [0.4, np.nan, 0.3, np.nan]).round(2)
    array([0.67, 0.8 , 1.  , 1.  ])
    """
    told = SHARE.or_missing()
    lost, seen, rank = read_columns(
        "cannot tell what a budget served",
        {
            "lost_to_budget_share": (lost_to_budget_share, told),
            "impression_share": (impression_share, told),
            "lost_to_rank_share": (lost_to_rank_share, told),
        },
    )
    shown = np.where(np.isnan(seen), np.maximum(1.0 - np.nan_to_num(rank) - lost, 0.0), seen)
    served = np.divide(shown, shown + lost, out=np.ones(lost.size), where=lost > 0)
    return np.clip(served, MIN_SERVED_SHARE, 1.0)


def demand_behind_budget(
    cost: ArrayLike, daily_budget: ArrayLike, lost_to_budget_share: ArrayLike, prev_demand_cost: ArrayLike = np.nan
) -> DemandEstimate:
    """Estimate the demand that an exhausted daily budget keeps from being served.

    Where the platform exports the share lost to budget, demand_cost = cost / (1 - share). Where it does not and the
    cost reached 98.5 % of the budget, last night's estimate (or the cost) is multiplied by 1.10 a night until the cost
    falls below; bids fall meanwhile, so the search ends. Source: own reasoning on the platforms' definition of a lost share.
    Known drawback: assumes that unserved clicks cost what served ones do.

    Parameters
    ----------
    cost : array of shape (n_items,)
        Cost a day, >= 0.
    daily_budget : array of shape (n_items,)
        Same currency, >= 0, missing where there is none.
    lost_to_budget_share : array of shape (n_items,)
        In [0, 1], missing where not exported.
    prev_demand_cost : array of shape (n_items,), optional
        Last night's ``demand_cost``, missing on the first night.

    Returns
    -------
    DemandEstimate
        Arrays of shape (n_items,).

    Raises
    ------
    InvalidInputError
        If a number is negative, infinite, a share above 1, or lengths differ.

    Examples
    --------
    >>> found = demand_behind_budget([80.0, 99.0, 50.0], [100.0, 100.0, 100.0], [0.2, np.nan, np.nan])
    >>> found.demand_cost, found.is_exhausted
    (array([100. , 108.9,  50. ]), array([ True,  True, False]))
    """
    spent, budget, lost, before = read_columns(
        "cannot estimate demand",
        {
            "cost": (cost, NON_NEGATIVE),
            "daily_budget": (daily_budget, NON_NEGATIVE.or_missing()),
            "lost_to_budget_share": (lost_to_budget_share, SHARE.or_missing()),
            "prev_demand_cost": (prev_demand_cost, NON_NEGATIVE.or_missing()),
        },
    )
    is_full = (spent > 0) & (spent >= EXHAUSTED_SHARE * budget)  # a missing budget compares as not full
    guessed = np.where(is_full, DEMAND_GROWTH * np.fmax(before, spent), spent)
    guessed_share = np.divide(spent, guessed, out=np.ones(spent.size), where=guessed > 0)
    served = np.clip(np.where(np.isnan(lost), guessed_share, 1.0 - lost), MIN_SERVED_SHARE, 1.0)
    is_exhausted = np.where(np.isnan(lost), is_full, lost > 0)
    return DemandEstimate(spent / served, served, is_exhausted)


def rank_ceiling(lost_to_rank_share: ArrayLike, eta: ArrayLike) -> FloatArray:
    """Return the bid multiplier at which every auction is won: (1 - lost share)^(-1 / eta), at most 10.

    Plain arithmetic: the power law clicks = clicks0 m^eta, solved for the m at which shown is all. Known drawback: the last
    auctions are dearer than a power law around today's bid says, so the ceiling comes out low.

    Parameters
    ----------
    lost_to_rank_share : array of shape (n_keywords,)
        Share of impressions lost to rank, in [0, 1]; missing where not exported, which leaves only the limit of 10.
    eta : array of shape (n_keywords,) or scalar
        Elasticity of clicks, > 0.

    Returns
    -------
    array of shape (n_keywords,)
        In [1, 10].

    Raises
    ------
    InvalidInputError
        If a share is outside 0-1, an eta is not positive, or lengths differ.

    Examples
    --------
    >>> rank_ceiling([0.0, 0.5, np.nan], 0.5)
    array([ 1.,  4., 10.])
    """
    lost, elasticity = read_columns(
        "cannot find the ceiling",
        {"lost_to_rank_share": (lost_to_rank_share, SHARE.or_missing()), "eta": (eta, POSITIVE)},
    )
    with np.errstate(divide="ignore"):  # everything lost: no ceiling but the limit
        ceiling = np.minimum((1.0 - lost) ** (-1.0 / elasticity), MAX_MULTIPLIER)
    return np.where(np.isnan(lost), MAX_MULTIPLIER, ceiling)
