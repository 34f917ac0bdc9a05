"""How clicks and cost answer to a bid, from edits that carry a random part: the jitter as instrument.

Here belong the moment estimator and its errors. Its union with a prior is ``optimizers.belief``, a platform's own bid landscape
``optimizers.landscape``; which edits count and what happened around them is laid out in ``assets``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizers.inputs import ANY, NON_NEGATIVE, POSITIVE, read_codes, read_columns
from optimizers.types import BoolArray, FloatArray, IntArray

MIN_FIRST_STAGE_F = 10.0  # below it an instrument is called weak (Staiger & Stock 1997)
MAX_ELASTICITY = 10.0  # a root beyond it says only that the data say nothing
N_STEPS, MAX_STEP = (
    60,
    0.5,
)  # of Newton; far from the truth e^(-eta x) bends the moment, and a long step finds a root of noise
MIN_SHARE_OF_DAYS = 0.05  # days on which less of the jitter stands tell nothing but noise


@dataclass(frozen=True)
class BidTrials:
    """Edits of bids and the item-days around them.

    Attributes
    ----------
    keyword : int array of shape (n_trials,)
        Whose bid was edited, codes from 0; errors are clustered by it.
    jitter : array of shape (n_trials,)
        log(bid set / bid planned) less its mean over all draws: the instrument, independent of all that came before.
    bid : array of shape (n_trials,)
        Bid before the edit, > 0, in the money of ``cost``.
    trial : int array of shape (n_days,)
        The edit that an item-day belongs to.
    age : int array of shape (n_days,)
        Days since the edit: 1 is the first day with the new bid, 0 the last with the old one.
    log_bid : array of shape (n_days,)
        log(bid on that day / bid before the edit), whatever moved it.
    factor : array of shape (n_days,)
        What the day brings to all items alike, > 0, on any scale.
    clicks, cost : arrays of shape (n_days,)
        What was seen, >= 0.
    """

    keyword: IntArray
    jitter: FloatArray
    bid: FloatArray
    trial: IntArray
    age: IntArray
    log_bid: FloatArray
    factor: FloatArray
    clicks: FloatArray
    cost: FloatArray

    def __post_init__(self) -> None:
        what = "cannot read bid trials"
        read_columns(what, {"jitter": (self.jitter, ANY), "bid": (self.bid, POSITIVE)})
        columns = {"log_bid": ANY, "factor": POSITIVE, "clicks": NON_NEGATIVE, "cost": NON_NEGATIVE}
        read_columns(what, {name: (getattr(self, name), bounds) for name, bounds in columns.items()})
        read_codes(what, "keyword", self.keyword, len(self.jitter))
        read_codes(what, "trial", self.trial, len(self.log_bid))


@dataclass(frozen=True)
class ResponseEstimate:
    """What the trials alone say; errors are standard errors, infinite where they say nothing.

    ``eta``: elasticity of clicks; ``kappa``: of cost per click; ``paid_share``: cost of a click over its bid before the edits,
    missing without a click; ``first_stage_f``: strength of the jitter in what the bids really did.
    """

    eta: float
    eta_error: float
    kappa: float
    kappa_error: float
    paid_share: float
    first_stage_f: float
    n_trials: int

    @property
    def is_usable(self) -> bool:
        """Whether the instrument is strong enough to be believed at all."""
        return self.first_stage_f > MIN_FIRST_STAGE_F and bool(np.isfinite(self.eta_error))


NO_ESTIMATE = ResponseEstimate(np.nan, np.inf, np.nan, np.inf, np.nan, 0.0, 0)


def estimate_response(trials: BidTrials) -> ResponseEstimate:
    """Estimate how clicks and cost answer to bids, with the jitter as instrument.

    With y_id the clicks d days after edit i, x_id the log change of the bid that stood then, f_id the day's factor, and
    B_i(eta) the clicks a day before it, put back to the old bid, sum y e^(-eta x) / sum f, the moment

        g(eta) = sum_i a_i z_i sum_d p_d (y_id e^(-eta x_id) - B_i f_id) = 0

    is solved for eta: the multiplicative Poisson moment of Mullahy (1997) with the edit's own past as level. z_i is the
    recentred jitter, p_d the first stage's slope d days after an edit (later edits wash the jitter out), a_i weighs down
    keywords whose counts scatter more than Poisson's. The same moment on cost gives the elasticity e_c of cost, and
    kappa = e_c - eta.

    Bids may react to all that was seen before: y e^(-eta x) has the mean of the unedited item whoever chose x, as long as
    x was set before y. Only z must be random, and is.

    Parameters
    ----------
    trials : BidTrials
        Edits of one group of keywords that are taken to answer alike; the result is their mean, weighted by clicks.

    Returns
    -------
    ResponseEstimate
        Dimensionless; ``NO_ESTIMATE`` where nothing can be said (no trial, no click, no root within +-10).

    Raises
    ------
    InvalidInputError
        By ``BidTrials``, when arrays are not finite, out of range or of unequal length.

    Notes
    -----
    Errors are from the sandwich, clustered by keyword. Known drawbacks: kappa is the elasticity of the **mean** cost of a click,
    that of the next one only where the power law holds from zero; edits answer within a day or not at all; items do not take
    clicks from one another.

    Examples
    --------
    >>> days = {"trial": [0, 0, 1, 1], "age": [0, 1, 0, 1], "log_bid": [0.0, 0.1, 0.0, -0.1], "factor": np.ones(4)}
    >>> seen = {"clicks": np.array([100.0, 105.0, 100.0, 95.0]), "cost": np.array([50.0, 54.0, 50.0, 46.0])}
    >>> edits = {"keyword": [0, 1], "jitter": [0.05, -0.05], "bid": [1.0, 1.0]}
    >>> found = estimate_response(BidTrials(**{k: np.asarray(v) for k, v in (edits | days | seen).items()}))
    >>> round(found.eta, 2), round(found.kappa, 2), round(found.paid_share, 2)
    (0.5, 0.3, 0.5)
    """
    is_after = trials.age > 0
    if not len(trials.jitter) or not is_after.any() or not (~is_after).any():
        return NO_ESTIMATE
    by_age = _first_stage_by_age(trials, is_after)
    strength = _first_stage_f(trials, is_after, by_age)
    sums = _Moment(trials, is_after, by_age, trials.clicks)
    weight = sums.weights()
    clicks = sums.solve(weight)
    cost = _Moment(trials, is_after, by_age, trials.cost).solve(weight)
    return _combine(trials, is_after, clicks, cost, strength)


@dataclass(frozen=True)
class _Root:
    """Where a moment is zero, and what each trial adds to it (shape (n_trials,)); the variance is their clustered square."""

    value: float
    influence: FloatArray


class _Moment:
    """The moment of one count (clicks or cost) as a function of its elasticity."""

    def __init__(self, trials: BidTrials, is_after: BoolArray, by_age: FloatArray, seen: FloatArray) -> None:
        self.trials, self.n, self.is_after = trials, len(trials.jitter), is_after
        self.share = np.where(is_after, by_age, 0.0)
        self.seen, self.past = seen, ~is_after
        self.before = self._sum(trials.factor * self.past)
        self.after = self._sum(trials.factor * self.share)

    def at(self, elasticity: float) -> tuple[FloatArray, FloatArray]:
        """Return each trial's residual and its slope in the elasticity."""
        back = self.seen * np.exp(-elasticity * self.trials.log_bid)
        return self._difference(back), -self._difference(back * self.trials.log_bid)

    def weights(self) -> FloatArray:
        """Return 1 / (1 + phi c): c clicks are expected, phi c^2 is what they scatter beyond Poisson's c."""
        level = self._level(self.seen)
        expected, residual = level * self.after, self.at(0.0)[0]
        noise = level * (self._sum(self.share**2 * self.trials.factor) + self._ratio(self.after**2, self.before))
        phi = max(float((residual**2 - noise).sum()) / max(float((expected**2).sum()), 1e-12), 0.0)
        return np.asarray(1.0 / (1.0 + phi * expected))

    def solve(self, weight: FloatArray) -> _Root | None:
        """Return the root by Newton's steps from 1, or None where there is none that means anything."""
        z, value = weight * self.trials.jitter, 1.0
        for _ in range(N_STEPS):
            residual, slope = self.at(value)
            steepness = float(z @ slope)
            if steepness == 0:
                return None
            step = float(np.clip(z @ residual / steepness, -MAX_STEP, MAX_STEP))
            value -= step
            if not abs(value) <= MAX_ELASTICITY:
                return None
            if abs(step) < 1e-10:
                residual, slope = self.at(value)
                return _Root(value, -z * residual / float(z @ slope))
        return None

    def _difference(self, values: FloatArray) -> FloatArray:
        return self._sum(values * self.share) - self._level(values) * self.after

    def _level(self, values: FloatArray) -> FloatArray:
        return self._ratio(self._sum(values * self.past), self.before)

    def _sum(self, values: FloatArray) -> FloatArray:
        return np.bincount(self.trials.trial, values, minlength=self.n).astype(np.float64)

    def _ratio(self, top: FloatArray, bottom: FloatArray) -> FloatArray:
        return np.divide(top, bottom, out=np.zeros(self.n), where=bottom > 0)


def _first_stage_by_age(trials: BidTrials, is_after: BoolArray) -> FloatArray:
    """Return per item-day how much of a jitter still stands so many days after its edit."""
    z = trials.jitter[trials.trial]
    age = np.where(is_after, trials.age, 0).astype(np.int64)
    top, bottom = np.bincount(age, z * trials.log_bid), np.bincount(age, z**2)
    slope = np.divide(top, bottom, out=np.zeros(len(top)), where=bottom > 0)
    return np.where(slope >= MIN_SHARE_OF_DAYS, slope, 0.0)[age]


def _first_stage_f(trials: BidTrials, is_after: BoolArray, by_age: FloatArray) -> float:
    """Return F of the mean bid change on the jitter, clustered by keyword."""
    n, share = len(trials.jitter), np.where(is_after, by_age, 0.0)
    total = np.bincount(trials.trial, share, minlength=n)
    moved = np.bincount(trials.trial, share * trials.log_bid, minlength=n)
    change = np.divide(moved, total, out=np.zeros(n), where=total > 0)
    change = change - change.mean()
    power = float(trials.jitter @ trials.jitter)
    if power == 0:
        return 0.0
    slope = float(trials.jitter @ change) / power
    error = _variance(trials.keyword, trials.jitter * (change - slope * trials.jitter) / power)
    return slope**2 / error if error > 0 else (np.inf if slope else 0.0)


def _variance(keyword: IntArray, influence: FloatArray) -> float:
    """Return the sum over keywords of their squared influence, enlarged for few keywords."""
    total = np.bincount(keyword, influence)
    n = len(np.unique(keyword))
    return float(total @ total) * n / max(n - 1, 1)


def _combine(
    trials: BidTrials, is_after: BoolArray, clicks: _Root | None, cost: _Root | None, strength: float
) -> ResponseEstimate:
    """Return eta from clicks, and kappa from both, its error from joint influences."""
    n, past = len(trials.jitter), ~is_after
    if clicks is None:
        return NO_ESTIMATE
    eta, eta_error = clicks.value, float(np.sqrt(_variance(trials.keyword, clicks.influence)))
    stood = trials.bid[trials.trial] * np.exp(trials.log_bid)
    asked = float((trials.clicks * stood)[past].sum())
    share = float(trials.cost[past].sum()) / asked if asked > 0 else np.nan
    kappa, kappa_error = np.nan, np.inf
    if cost is not None:
        kappa = cost.value - eta
        kappa_error = float(np.sqrt(_variance(trials.keyword, cost.influence - clicks.influence)))
    return ResponseEstimate(eta, eta_error, kappa, kappa_error, share, strength, n)
