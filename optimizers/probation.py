"""What it is worth to switch a paused keyword on again for a while: the value of what would be learned, less its cost.

Here belong forgetting of old evidence, the value of a trial and the choice of trials under a budget. Why a keyword was
paused is said in ``floor``; whose trial runs since when is kept by the pruning stage.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainc

from optimizers.errors import InvalidInputError
from optimizers.inputs import ANY, NON_NEGATIVE, POSITIVE, SHARE, read_columns
from optimizers.types import BoolArray, FloatArray


@dataclass(frozen=True)
class TrialWorth:
    """What a trial is expected to bring.

    Attributes
    ----------
    gain : array of shape (n_items,)
        Expected profit of the later clicks, decided after the trial, >= 0, in money.
    cost : array of shape (n_items,)
        Expected loss of the trial itself, in money; negative where it is expected to earn.
    net : array of shape (n_items,)
        gain - cost: the trial pays where it is positive.
    return_probability : array of shape (n_items,)
        Probability that the keyword stays on after the trial, in [0, 1].
    """

    gain: FloatArray
    cost: FloatArray
    net: FloatArray
    return_probability: FloatArray


def trial_worth(
    shape: ArrayLike,
    rate: ArrayLike,
    value_per_conversion: ArrayLike,
    cpc: ArrayLike,
    trial_clicks: ArrayLike,
    later_clicks: ArrayLike,
) -> TrialWorth:
    """Return what running a paused keyword for ``trial_clicks`` is worth (expected value of sample information).

    cvr ~ Gamma(a, b), conversions of n trial clicks ~ Poisson(cvr n), so y is negative binomial and cvr | y ~
    Gamma(a + y, b + n). Afterwards the keyword stays on for N later clicks where its posterior mean pays, w (a + y) /
    (b + n) > c, that is from y* = floor(c (b + n) / w - a) + 1 conversions on. Hence

    gain = N [w a/b P(Y+ >= y*) - c P(Y >= y*)],  P(Y >= y) = I_{n/(b+n)}(y, a),  Y+ as Y with shape a + 1,

    cost = n (c - w a/b), net = gain - cost. The alternative, to stay off, earns 0. (Preposterior analysis: Raiffa &
    Schlaifer 1961, "Applied Statistical Decision Theory", chapters 4-5; the risk of w is neutral, so its mean suffices.)
    Known drawbacks: one trial is weighed, not a sequence with early stopping, and later clicks are bought at the trial's
    price, so the worth of raising a winner is left out: both make it cautious.

    Parameters
    ----------
    shape, rate : array of shape (n_items,)
        What is believed of conversions per click now, > 0, or missing.
    value_per_conversion : array of shape (n_items,)
        Margin of a conversion, >= 0, or missing.
    cpc : array of shape (n_items,)
        Money per click at the trial's bid, >= 0, or missing.
    trial_clicks, later_clicks : array of shape (n_items,) or scalar
        Clicks of the trial and (discounted) clicks after it, >= 0, or missing.

    Returns
    -------
    TrialWorth
        Arrays of shape (n_items,), missing where a part is.

    Raises
    ------
    InvalidInputError
        If a number is infinite or outside its range, or lengths differ.

    Examples
    --------
    >>> worth = trial_worth([0.5], [50.0], [40.0], [0.5], [30.0], [600.0])  # believed to bring 0.40 for 0.50
    >>> worth.gain.round(2), worth.cost.round(2), worth.return_probability.round(2)
    (array([58.59]), array([3.]), array([0.21]))
    """
    numbers = read_columns(
        "cannot weigh a trial",
        {
            "shape": (shape, POSITIVE.or_missing()),
            "rate": (rate, POSITIVE.or_missing()),
            "value_per_conversion": (value_per_conversion, NON_NEGATIVE.or_missing()),
            "cpc": (cpc, NON_NEGATIVE.or_missing()),
            "trial_clicks": (trial_clicks, NON_NEGATIVE.or_missing()),
            "later_clicks": (later_clicks, NON_NEGATIVE.or_missing()),
        },
    )
    a, b, worth, price, n, later = numbers
    needed = np.divide(price * (b + n), worth, out=np.where(price > 0, np.inf, 0.0), where=worth > 0) - a
    least = np.maximum(np.floor(needed) + 1.0, 0.0)
    stays, richer = _reaches(least, a, b, n), _reaches(least, a + 1.0, b, n)
    gain = np.maximum(later * (worth * a / b * richer - price * stays), 0.0)  # rounding noise, the truth is >= 0
    cost = n * (price - worth * a / b)
    missing = np.isnan(np.sum(numbers, axis=0))
    parts = (np.where(missing, np.nan, part) for part in (gain, cost, gain - cost, stays))
    return TrialWorth(*parts)


def fade_evidence(
    shape: ArrayLike, rate: ArrayLike, events: ArrayLike, exposure: ArrayLike, kept: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Return a Gamma posterior after part of the item's own evidence has been forgotten.

    shape' = (shape - events) + kept events, rate' = (rate - exposure) + kept exposure: with kept = 1 the posterior,
    with kept = 0 its prior, which others' newer data may have moved. (Power prior: Ibrahim & Chen 2000, "Power prior
    distributions for regression models".) Known drawback: how much is kept is the caller's choice, no estimate. Where
    the prior cannot be told apart (a part at most 0), mean and prior are one and both parameters are multiplied by
    ``kept``, which keeps the mean and widens it.

    Parameters
    ----------
    shape, rate : array of shape (n_items,)
        Posterior, > 0, or missing.
    events, exposure : array of shape (n_items,)
        The item's own counts in it, >= 0, or missing.
    kept : array of shape (n_items,) or scalar
        Share of the evidence that still counts, in [0, 1].

    Returns
    -------
    shape, rate : arrays of shape (n_items,)
        > 0, or missing.

    Raises
    ------
    InvalidInputError
        If a number is infinite or outside its range, or lengths differ.

    Examples
    --------
    >>> fade_evidence([2.0], [300.0], [0.0], [200.0], [0.5])
    (array([2.]), array([200.]))
    """
    a, b, happened, exposed, share = read_columns(
        "cannot fade evidence",
        {
            "shape": (shape, POSITIVE.or_missing()),
            "rate": (rate, POSITIVE.or_missing()),
            "events": (events, NON_NEGATIVE.or_missing()),
            "exposure": (exposure, NON_NEGATIVE.or_missing()),
            "kept": (kept, SHARE),
        },
    )
    prior_shape, prior_rate = a - happened, b - exposed
    is_told = (prior_shape > 0) & (prior_rate > 0)
    least = np.maximum(share, np.finfo(np.float64).tiny)  # a Gamma needs positive parameters
    plain = np.where(is_told, prior_shape + share * happened, a * least)
    missing = np.isnan(a + b + happened + exposed)
    out = plain, np.where(is_told, prior_rate + share * exposed, b * least)
    return np.where(missing, np.nan, out[0]), np.where(missing, np.nan, out[1])


def choose_trials(net: ArrayLike, outlay: ArrayLike, tie: ArrayLike, budget: float) -> BoolArray:
    """Return which trials to run: those that pay, most net worth per outlay first, as many as the budget holds.

    One that does not fit is skipped, smaller ones after it may still fit (greedy fractional-knapsack order, Dantzig 1957). Known
    drawback: not the best set where one trial takes most of the budget.

    Parameters
    ----------
    net : array of shape (n_items,)
        Expected worth of each trial in money; missing or not positive is never chosen.
    outlay : array of shape (n_items,)
        Cost a day while it runs, >= 0, or missing (never chosen).
    tie : array of shape (n_items,)
        Seeded numbers that order equals, smallest first.
    budget : float
        Money a day for all trials, >= 0.

    Returns
    -------
    bool array of shape (n_items,)

    Raises
    ------
    InvalidInputError
        If a number is infinite, an outlay or the budget negative, or lengths differ.

    Examples
    --------
    >>> choose_trials([5.0, 4.0, -1.0], [4.0, 1.0, 0.1], [0.1, 0.2, 0.3], 4.0)
    array([False,  True, False])
    """
    what = "cannot choose trials"
    if not (np.isfinite(budget) and budget >= 0):
        raise InvalidInputError(
            what, budget, ">= 0", ["budget"], "Mend floor.probation_share in configs/settings.yaml."
        )
    worth, spent, order = read_columns(
        what, {"net": (net, ANY.or_missing()), "outlay": (outlay, NON_NEGATIVE.or_missing()), "tie": (tie, ANY)}
    )
    rows = np.flatnonzero((worth > 0) & ~np.isnan(spent))
    with np.errstate(divide="ignore", over="ignore"):  # a free trial comes first
        rank = np.lexsort((order[rows], -(worth[rows] / spent[rows])))
    chosen, used = np.zeros(worth.size, dtype=bool), 0.0
    for row in rows[rank]:
        if used + spent[row] <= budget:
            chosen[row], used = True, used + float(spent[row])
    return chosen


def _reaches(least: FloatArray, shape: FloatArray, rate: FloatArray, clicks: FloatArray) -> FloatArray:
    """Return P(Y >= least) for negative-binomial Y: conversions of ``clicks`` at a Gamma(shape, rate) rate."""
    is_open = (least > 0) & np.isfinite(least) & (clicks > 0)
    inside = betainc(np.where(is_open, least, 1.0), shape, clicks / (rate + clicks))
    return np.where(is_open, inside, np.where(least <= 0, 1.0, 0.0))
