"""What is left of a platform's claimed sales: after refunds that have come and will come, and capped at the shop's own.

Here belong the share of sales that comes back by the age of an order, and the factor between claimed and own orders.
Which orders belong to which platform is the caller's knowledge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from optimizers.errors import InvalidInputError
from optimizers.inputs import NON_NEGATIVE, SHARE, read_columns
from optimizers.types import FloatArray

TAIL_DECAY = (
    0.8  # refunds of a day after the last age seen, against the day before: returns fade within one or two weeks
)
TAIL_ERROR = 0.5  # that tail may be wrong by half of itself (one standard deviation)
TAIL_AGES = 3  # ages whose mean starts the tail; one alone is too noisy


@dataclass(frozen=True)
class RefundCurve:
    """The share of sales that has come back by the age of the order.

    Attributes
    ----------
    by_age : array of shape (n_ages,)
        Cumulative share of sales refunded by age 0, 1, 2 ... days, in [0, 1], non-decreasing; seen ages only.
    share : float
        What comes back in the end, in [0, 1]: the last age seen, and the tail behind it.
    sd : float
        Standard error of ``share``.
    n_origins : int
        Fewest order days behind any age.
    is_learned : bool
        Whether any age was seen often enough.
    """

    by_age: FloatArray
    share: float
    sd: float
    n_origins: int
    is_learned: bool


def refund_curve(sales: ArrayLike, refunds: ArrayLike, last_age: int, min_origins: int = 7) -> RefundCurve:
    """Learn what share of sales comes back, from what successive exports showed of each order day.

    New refunds of age j are r_j = sum_i (R[i, j] - R[i, j-1]) / sum_i S[i] over the order days i seen at both ages
    (R[i, -1] = 0); the share by age j is the sum of r_0 .. r_j, never falling. Source: the additive (incremental
    loss-ratio) method of claims reserving, Schmidt & Zocher (2008), "The Bornhuetter-Ferguson principle", Variance 2;
    unlike the chain ladder it needs no refund at age 0 to multiply. Its error adds up the variances of r_j over days.
    Behind the last age seen up to ``last_age``, new refunds start at the mean of the last ``TAIL_AGES`` ages and fade
    by ``TAIL_DECAY`` a day; the tail's error is ``TAIL_ERROR`` of itself. An age seen on fewer than ``min_origins``
    days, and all after it, count as not seen. Drawbacks: promotions with more returns are averaged in; a day that was
    not told every night still tells its increments between the ages that were.

    Parameters
    ----------
    sales : array of shape (n_origins,)
        Sales of order day i, >= 0, one currency.
    refunds : array of shape (n_origins, n_ages)
        Money given back of order day i as known at age j days, >= 0, missing (NaN) where no export told.
    last_age : int
        Age in days after which nothing comes back any more, >= 0.
    min_origins : int
        Fewest order days for an age to count.

    Returns
    -------
    RefundCurve
        ``share`` 0 and not learned where no age counts.

    Raises
    ------
    InvalidInputError
        If shapes do not fit, a number is negative or infinite, or last_age is negative.

    Examples
    --------
    >>> curve = refund_curve(np.full(9, 100.0), np.tile([0.0, 4.0, 6.0], (9, 1)), last_age=2)
    >>> curve.by_age, curve.share, curve.is_learned
    (array([0.  , 0.04, 0.06]), 0.06, True)
    """
    sold, back = _read_triangle(sales, refunds, last_age)
    steps, error, n_origins = _steps(sold, _without_gaps(back))
    n_seen = int(np.argmin(np.append(n_origins >= max(min_origins, 1), False)))
    if n_seen == 0:
        return RefundCurve(np.zeros(0), 0.0, 0.0, 0, False)
    by_age = np.clip(np.maximum.accumulate(np.cumsum(steps[:n_seen])), 0.0, 1.0)
    start = max(float(steps[max(n_seen - TAIL_AGES, 0) : n_seen].mean()), 0.0)
    tail = start * float(np.sum(TAIL_DECAY ** np.arange(1, max(last_age - n_seen + 1, 0) + 1)))
    share = min(float(by_age[-1]) + tail, 1.0)
    sd = float(np.sqrt(np.sum(error[:n_seen] ** 2) + (TAIL_ERROR * tail) ** 2))
    return RefundCurve(by_age, share, sd, int(n_origins[:n_seen].min()), True)


def deflation(own: ArrayLike, claimed: ArrayLike, prior: float) -> FloatArray:
    """Return min(1, (own + prior) / (claimed + prior)): by how much claims exceed what the shop has.

    Platforms that share a channel claim the same order each; together they cannot have sold more than the shop. The
    prior, in units of the counts, holds the factor at 1 while little is known. Source: a Gamma prior of that many
    events with mean 1 on the ratio. Assumes that over-claiming is the same for all platforms of the channel. Drawback:
    orders without any ad are in ``own``, so that a true over-claim shows only when it exceeds them.

    Parameters
    ----------
    own, claimed : array of shape (n_groups,)
        Orders (or sales) of the window that the shop has, and that all platforms of the group claim together, >= 0.
    prior : float
        >= 0.

    Returns
    -------
    array of shape (n_groups,)
        In [0, 1]; 1 where neither is known.

    Raises
    ------
    InvalidInputError
        If a number is negative or not finite, or lengths differ.

    Examples
    --------
    >>> deflation([1105.0, 500.0], [1240.0, 400.0], prior=50.0).round(3)
    array([0.895, 1.   ])
    """
    columns = {"own": (own, NON_NEGATIVE), "claimed": (claimed, NON_NEGATIVE), "prior": (prior, NON_NEGATIVE)}
    had, said, weight = read_columns("cannot cap claims", columns)
    return np.minimum(np.divide(had + weight, said + weight, out=np.ones(had.size), where=said + weight > 0), 1.0)


def shrink_share(share: ArrayLike, sd: ArrayLike, parent: float, parent_sd: float) -> tuple[FloatArray, FloatArray]:
    """Return each channel's share pulled to its shop's by precision, and the error that is left.

    A normal-normal posterior: weights 1 / sd^2 of the channel's own estimate and 1 / parent_sd^2 of the shop's, where
    ``parent_sd`` is how far channels differ from their shop. Source: Efron & Morris (1975). Drawback: shares near 0 are
    not normal; the result is clipped to [0, 1].

    Parameters
    ----------
    share, sd : array of shape (n_channels,)
        Shares in [0, 1] and their standard errors, >= 0.
    parent : float
        The shop's share, in [0, 1].
    parent_sd : float
        > 0.

    Returns
    -------
    tuple of arrays of shape (n_channels,)
        Share in [0, 1], standard error.

    Raises
    ------
    InvalidInputError
        If a share leaves [0, 1], an error is negative, ``parent_sd`` is not positive, or lengths differ.

    Examples
    --------
    >>> shrink_share([0.2, 0.2], [0.0, 0.1], 0.1, 0.1)
    (array([0.2 , 0.15]), array([0.        , 0.07071068]))
    """
    what = "cannot shrink refund shares"
    if not (np.isfinite(parent_sd) and parent_sd > 0):
        raise InvalidInputError(what, parent_sd, "> 0", ["parent_sd"])
    columns = {"share": (share, SHARE), "sd": (sd, NON_NEGATIVE), "parent": (parent, SHARE)}
    own, error, whole = read_columns(what, columns)
    weight = parent_sd**2 / (parent_sd**2 + error**2)
    return np.clip(weight * own + (1 - weight) * whole, 0.0, 1.0), np.sqrt(weight) * error


def _steps(sales: FloatArray, refunds: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return per age the new refunds as a share of sales, its standard error, and the number of order days behind it."""
    new = np.diff(np.column_stack([np.zeros(len(sales)), refunds]), axis=1)
    known = ~np.isnan(new) & (sales > 0)[:, None]
    n_days = known.sum(axis=0)
    sold = np.where(known, sales[:, None], 0.0)
    total = sold.sum(axis=0)
    share = np.divide(np.where(known, new, 0.0).sum(axis=0), total, out=np.zeros(total.size), where=total > 0)
    residual = np.where(known, new - share * sold, 0.0)
    spread = np.divide(n_days * (residual**2).sum(axis=0), np.maximum(n_days - 1, 1))
    error = np.divide(np.sqrt(spread), total, out=np.zeros(total.size), where=total > 0)
    return share, error, n_days


def _without_gaps(refunds: FloatArray) -> FloatArray:
    """Return the rows with ages between two exports filled evenly; what came before the first export stays missing."""
    filled = refunds.copy()
    ages = np.arange(refunds.shape[1])
    for row in filled:
        seen = np.flatnonzero(~np.isnan(row))
        if seen.size > 1:
            inside = slice(seen[0], seen[-1] + 1)
            row[inside] = np.interp(ages[inside], seen, row[seen])
    return filled


def _read_triangle(sales: ArrayLike, refunds: ArrayLike, last_age: int) -> tuple[FloatArray, FloatArray]:
    what = "cannot learn refunds"
    (sold,) = read_columns(what, {"sales": (sales, NON_NEGATIVE)})
    back = np.asarray(refunds, dtype=np.float64)
    if back.ndim != 2 or back.shape[0] != sold.size:
        raise InvalidInputError(what, f"refunds of shape {back.shape}", f"({sold.size}, n_ages)", ["refunds"])
    if last_age < 0:
        raise InvalidInputError(what, last_age, ">= 0", ["last_age"])
    read_columns(what, {"refunds": (back.reshape(-1), NON_NEGATIVE.or_missing())})
    return sold, back
