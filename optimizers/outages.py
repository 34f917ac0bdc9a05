"""Days on which clicks came as usual and conversions did not: tracking that was probably lost.

Here belongs the test. What is done about such days is a person's decision; nothing is left out by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainc, gammaln

from optimizers.errors import InvalidInputError
from optimizers.inputs import NON_NEGATIVE, read_columns, read_level
from optimizers.types import BoolArray, FloatArray

MAX_DAYS = 7  # a longer silence has been noticed, or is no outage
MAX_RATIO = 0.5  # fewer than half of the expected conversions: large accounts also have significant small dips
MIN_BUSY = 0.5  # of the median day's clicks: fewer clicks explain fewer conversions
MIN_DAYS = 14  # days of an account before its own rate says anything
MAD_TO_SD = 1.4826  # of a normal distribution
SMALLEST = 1e-280  # betainc is exact down to here
HALF_EVENT = 0.5  # Jeffreys' prior of a Poisson rate


@dataclass(frozen=True)
class Silence:
    """A run of days with improbably few conversions; ``first`` and ``last`` are positions, both included."""

    first: int
    last: int
    events: float
    expected: float
    probability: float  # of so few, by chance, on any of the days and accounts looked at


def find_silences(
    events: ArrayLike, exposure: ArrayLike, clicks: ArrayLike, log_sd: ArrayLike, n_series: int, level: float = 0.01
) -> tuple[Silence, ...]:
    """Return the runs of days whose conversions are improbably few under the account's own matured rate.

    A run of up to ``MAX_DAYS`` busy days with y conversions is judged by P(Y <= y), Y negative binomial with mean mu =
    exposure x the rate of all *other* days and 1 / size = 1 / (their conversions + 1/2) + phi sum(mu_i^2) / mu^2 + s^2:
    the rate's own error, day-to-day overdispersion phi (from the median absolute deviation, which outages do not
    move), and the maturity's log error s. The probability is multiplied by the number of runs looked at in all series
    (Bonferroni), so that ``level`` bounds the chance of a single false alarm a night. Of overlapping runs the least
    probable counts. Source: negative-binomial predictive of a Gamma-Poisson model (e.g. Gelman et al., Bayesian Data
    Analysis, section 2.6). Drawbacks: an account that sells less than about one order a day shows an outage late or
    never; a stock-out or a broken shop page looks the same.

    Parameters
    ----------
    events : array of shape (n_days,)
        Conversions of consecutive days, >= 0, may be fractional.
    exposure : array of shape (n_days,)
        Clicks x maturity x the day's factor, >= 0; 0 where nothing was told.
    clicks : array of shape (n_days,)
        Clicks against a usual day, >= 0.
    log_sd : array of shape (n_days,)
        Standard error of the log of the exposure, >= 0.
    n_series : int
        Number of accounts that are looked at tonight, >= 1.
    level : float
        Chance of a false alarm a night, in (0, 1).

    Returns
    -------
    tuple of Silence
        In the order of days; none for a history shorter than ``MIN_DAYS`` days.

    Raises
    ------
    InvalidInputError
        If an element is negative or not finite, lengths differ, n_series is below 1 or level leaves (0, 1).

    Examples
    --------
    >>> sold = np.full(30, 20.0); sold[12:14] = 0.0
    >>> [(one.first, one.last) for one in find_silences(sold, [500.0] * 30, [500.0] * 30, [0.0] * 30, n_series=1)]
    [(12, 13)]
    """
    what = "cannot look for outages"
    columns = {"events": (events, NON_NEGATIVE), "exposure": (exposure, NON_NEGATIVE), "clicks": (clicks, NON_NEGATIVE)}
    sold, exposed, came, error = read_columns(what, {**columns, "log_sd": (log_sd, NON_NEGATIVE)})
    read_level(what, level)
    if n_series < 1:
        raise InvalidInputError(what, n_series, ">= 1", ["n_series"])
    told = exposed > 0
    if told.sum() < MIN_DAYS or not sold.sum() > 0:
        return ()
    busy = told & (came >= MIN_BUSY * np.median(came[told]))
    runs = list(_runs(busy))
    spread = _overdispersion(sold[told], exposed[told])
    looks = float(np.log(len(runs) * n_series)) if runs else 0.0
    found = [_judge(run, sold, exposed, error, spread) for run in runs]
    doubtful = [
        (chance + looks, replace(one, probability=float(np.exp(chance + looks))))
        for chance, one in found
        if chance + looks <= np.log(level) and one.events <= MAX_RATIO * one.expected
    ]
    return _apart(doubtful)


def _runs(busy: BoolArray) -> Iterator[tuple[int, int]]:
    """Yield first and last position of every run of busy days up to the longest that is looked at."""
    for first in np.flatnonzero(busy).tolist():
        for last in range(first, min(first + MAX_DAYS, busy.size)):
            if not busy[last]:
                break
            yield first, last


def _overdispersion(events: FloatArray, exposure: FloatArray) -> float:
    """Return phi of var = mu + phi mu^2, by the median absolute deviation of the standardised days; 0 for a Poisson one."""
    mean = exposure * np.median(events / exposure)
    if not mean.sum() > 0:
        return 0.0
    residual = (events - mean) / np.sqrt(np.maximum(mean, 1e-12))
    variance = (MAD_TO_SD * float(np.median(np.abs(residual)))) ** 2
    return max(variance - 1.0, 0.0) / float(mean.mean())


def _judge(
    run: tuple[int, int], events: FloatArray, exposure: FloatArray, error: FloatArray, spread: float
) -> tuple[float, Silence]:
    """Return the log probability of so few events in a run, before the other runs are counted, and the run."""
    days = slice(run[0], run[1] + 1)
    seen = float(events[days].sum())
    others = float(events.sum()) - seen + HALF_EVENT
    rate = others / max(float(exposure.sum() - exposure[days].sum()), 1e-12)
    means = rate * exposure[days]
    mean = float(means.sum())
    doubt = float(np.sum(means * error[days]) / mean) ** 2
    size = 1.0 / (1.0 / others + spread * float(np.sum(means**2)) / mean**2 + doubt)
    chance = _log_chance(seen, mean, size)
    return chance, Silence(*run, seen, mean, float(np.exp(chance)))


def _log_chance(seen: float, mean: float, size: float) -> float:
    """Return log P(Y <= seen), Y negative binomial; where a double ends, by the last term of the sum, its largest by far."""
    share = size / (size + mean)
    chance = float(betainc(size, seen + 1.0, share))
    if chance > SMALLEST:
        return float(np.log(chance))
    ways = gammaln(size + seen) - gammaln(size) - gammaln(seen + 1.0)
    return float(ways + size * np.log(share) + seen * np.log1p(-share))


def _apart(found: list[tuple[float, Silence]]) -> tuple[Silence, ...]:
    kept: list[Silence] = []
    # by the logarithm: of two runs that are both too improbable for a double, the shorter may hold the healthy day
    for _, one in sorted(found, key=lambda run: (run[0], run[1].first, run[1].last)):
        if all(one.last < other.first or one.first > other.last for other in kept):
            kept.append(one)
    return tuple(sorted(kept, key=lambda run: run.first))
