"""How complete the conversions of pre-sale days are: deposits are paid now, orders count when the balance is paid.

Here belongs the share of a pre-sale day's orders that is held back until the balance day. Usual days are in ``maturity``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from optimizers.inputs import NON_NEGATIVE, POSITIVE_SHARE, SHARE, read_columns
from optimizers.types import FloatArray

ASSUMED_HELD = 0.5  # nobody knows before the shop's own days tell: half of the orders, give or take
ASSUMED_LOG_SD = 1.0  # of the odds of that share: anything from a quarter to three quarters (68 %)
PRIOR_CONVERSIONS = 20.0  # what the assumption counts for beside the shop's own conversions
MIN_ORIGINS = 5  # a pre-sale lasts a week or a little more


@dataclass(frozen=True)
class HeldShare:
    """The share of a pre-sale day's orders that waits for the balance, and the log error of its odds."""

    held: float
    log_sd: float
    n_origins: int
    is_learned: bool


ASSUMED = HeldShare(ASSUMED_HELD, ASSUMED_LOG_SD, 0, is_learned=False)


def learn_held(
    before: ArrayLike, before_share: ArrayLike, after: ArrayLike, after_share: ArrayLike, balance_share: ArrayLike
) -> HeldShare:
    """Learn the held share h from what each pre-sale day showed before and after the balance day.

    Orders that do not wait are reported along the usual curve s by the age a of the day, the others along the same
    curve from the balance day on: E C = N ((1 - h) s(a) + h s(b)), b days after the balance, s(b < 0) = 0. With E_i =
    C_i / s(a_i) from before the balance, the odds h / (1 - h) are (sum_i C'_i - E_i s(a'_i) + k h0) / (sum_i E_i
    s(b_i) + k (1 - h0)): the ratio estimator of moments, k conversions of the assumption steadying it, never negative.
    The log error of the odds is that of two Poisson counts. Source: moments of the mixture above. Assumes that the
    share is the same on all days of a pre-sale. Drawback: deposits that are never paid look like orders that did not wait.

    Parameters
    ----------
    before, after : array of shape (n_origins,)
        Conversions of pre-sale day i at its last look before the balance day, and at its last look since, >= 0.
    before_share, after_share : array of shape (n_origins,)
        The usual curve at the ages of these two looks, in (0, 1].
    balance_share : array of shape (n_origins,)
        The usual curve at the days between balance day and second look, in (0, 1].

    Returns
    -------
    HeldShare
        The assumption where fewer than ``MIN_ORIGINS`` days were seen on both sides.

    Raises
    ------
    InvalidInputError
        If an element leaves its bounds or lengths differ.

    Examples
    --------
    >>> one = [1.0] * 6
    >>> found = learn_held([4000.0] * 6, one, [10000.0] * 6, one, one)
    >>> round(found.held, 3), found.is_learned
    (0.6, True)
    """
    first, first_share, last, last_share, since = read_columns(
        "cannot learn the pre-sale's held share",
        {"before": (before, NON_NEGATIVE), "before_share": (before_share, POSITIVE_SHARE), "after": (after, NON_NEGATIVE),
         "after_share": (after_share, POSITIVE_SHARE), "balance_share": (balance_share, POSITIVE_SHARE)},
    )  # fmt: skip
    if first.size < MIN_ORIGINS or not last.sum() > 0:
        return ASSUMED
    at_once = first / first_share
    late = max(float(np.sum(last - at_once * last_share)), 0.0) + PRIOR_CONVERSIONS * ASSUMED_HELD
    early = float(np.sum(at_once * since)) + PRIOR_CONVERSIONS * (1.0 - ASSUMED_HELD)
    return HeldShare(late / (late + early), float(np.sqrt(1.0 / late + 1.0 / early)), int(first.size), True)


def presale_share(share: ArrayLike, balance_share: ArrayLike, held: HeldShare) -> tuple[FloatArray, FloatArray]:
    """Return the share of a pre-sale day's conversions that is reported, and the error of its log.

    (1 - h) s(a) + h s(b), see ``learn_held``; the error follows from the log error of the odds by the delta method.
    Source: moments of the mixture in ``learn_held``. Known drawback: the usual curve is taken as known.

    Parameters
    ----------
    share : array of shape (n_rows,)
        The usual curve at the row's age, in (0, 1].
    balance_share : array of shape (n_rows,)
        The usual curve at the days since the balance day, in [0, 1]; 0 before it.
    held : HeldShare
        From ``learn_held``.

    Returns
    -------
    tuple of arrays of shape (n_rows,)
        Share in (0, 1], log error >= 0.

    Raises
    ------
    InvalidInputError
        If a share leaves its bounds or lengths differ.

    Examples
    --------
    >>> presale_share([0.8, 0.8], [0.0, 0.8], ASSUMED)
    (array([0.4, 0.8]), array([0.5, 0. ]))
    """
    columns = {"share": (share, POSITIVE_SHARE), "balance_share": (balance_share, SHARE)}
    usual, since = read_columns("cannot look up pre-sale maturity", columns)
    reported = (1.0 - held.held) * usual + held.held * since
    return reported, held.held * (1.0 - held.held) * np.abs(since - usual) / reported * held.log_sd
