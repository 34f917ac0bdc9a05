"""How days differ from a usual day: weekday and promotion-phase factors of daily totals, apart from slow drift.

Here belongs the regression over days. Which phase governs a day is the calendar's knowledge, see ``assets.day_factors``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from statsmodels.genmod.families import Poisson
from statsmodels.genmod.generalized_linear_model import GLM

from optimizers.errors import InvalidInputError
from optimizers.inputs import NON_NEGATIVE, POSITIVE, read_codes, read_columns
from optimizers.types import FloatArray, IntArray

N_WEEKDAYS = 7
KNOT_DAYS = 7  # the level may bend once a week: slower than a weekday effect, faster than a season
# The level moves by about a tenth a week. Drift of a season is slower; a step (a new campaign, a promotion that no calendar
# names) is faster and is paid for in the dispersion. An assumption.
LEVEL_STEP_SD = 0.1
START_SD = 10.0  # of a series' first level: anything
# Weekdays of consumer goods differ by some 5 %; their spread is estimated, this prior counting as three weekdays.
WEEKDAY_SD, WEEKDAY_WEIGHT = 0.05, 3.0
MIN_WEEKDAY_SD = 0.005
# A platform's demand moves by some 8 % from day to day beside its weekdays (weather, news, rivals). An assumption that gives way
# as days are counted; with few clicks a day chance hides the shock, and "not seen" must not become "none".
DAY_SD = 0.08
MAX_LOG_FACTOR = 3.0  # a day twenty times a usual one is not extrapolated further
ROUNDS, STEPS, TOLERANCE = 4, 30, 1e-9


@dataclass(frozen=True)
class DayEffects:
    """What is known of how days differ; logs of factors against a usual day.

    Attributes
    ----------
    weekday, weekday_sd : array of shape (7,)
        Monday first; log factors that add up to 0, and their posterior standard deviations.
    phase, phase_sd : array of shape (n_phases,)
        Log factors of promotion phases and their posterior standard deviations.
    dispersion : float
        Variance of a daily total over its Poisson variance, >= 1.
    day_log_sd : float
        Shock that all of a day's events share, as a log standard deviation, >= 0: what a total's variance has beyond Poisson.
    """

    weekday: FloatArray
    weekday_sd: FloatArray
    phase: FloatArray
    phase_sd: FloatArray
    dispersion: float
    day_log_sd: float


@dataclass(frozen=True)
class _Design:
    exog: FloatArray
    events: FloatArray
    offset: FloatArray
    prior_mean: FloatArray
    penalty: FloatArray  # precision of the prior, without the weekdays' part
    n_phases: int


def fit_day_effects(
    events: ArrayLike, exposure: ArrayLike, series: IntArray, day: IntArray, phase: IntArray,
    phase_prior: tuple[ArrayLike, ArrayLike],
) -> DayEffects:  # fmt: skip
    """Estimate weekday and promotion-phase factors of daily totals by a Poisson regression with Gaussian priors.

    log E[y] = log exposure + level_series(day) + weekday + phase. The level is linear between weekly knots whose steps are
    N(0, 0.1^2), so that a slow drift is neither a weekday's nor a phase's doing. Weekday effects are N(0, s^2) around 0, s by
    expectation-maximisation (a few weeks of history move them little); phase effects are normal around the calendar's
    factor. Posterior mode and curvature of the quasi-likelihood: statsmodels gives score and information of the Poisson GLM,
    divided by the Pearson dispersion, to which the priors are added (Laplace's approximation; McCullagh & Nelder 1989,
    "Generalized Linear Models", ch. 9; the level as in Fahrmeir & Tutz 2001, ch. 8).

    Parameters
    ----------
    events : array of shape (n_rows,)
        One row per series and day: clicks or conversions, >= 0.
    exposure : array of shape (n_rows,)
        What they are counted against (1 for clicks, clicks x maturity for conversions), > 0.
    series : int array of shape (n_rows,)
        Which account the row is of, codes >= 0; each has a level of its own, effects are shared.
    day : int array of shape (n_rows,)
        Day number whose remainder by 7 is 0 on Mondays.
    phase : int array of shape (n_rows,)
        Promotion phase of the day, 0 <= phase < n_phases, -1 on a usual day.
    phase_prior : pair of arrays of shape (n_phases,)
        Prior mean of each phase's log factor, and its prior standard deviation > 0.

    Returns
    -------
    DayEffects
        The priors themselves when there is no row.

    Raises
    ------
    InvalidInputError
        If a count is negative or not finite, an exposure is not positive, lengths differ, or a phase is unknown.

    Notes
    -----
    Weaknesses: a phase that covers the whole history cannot be told from the level and keeps its prior; campaigns stopped
    by their budget damp every factor; a shock that lasts several days is taken for level.

    Examples
    --------
    >>> days = np.arange(56)
    >>> clicks = np.where(days % 7 == 6, 2000.0, 1000.0)
    >>> found = fit_day_effects(clicks, np.ones(56), 0 * days, days, 0 * days - 1, ([], []))
    >>> float(np.exp(found.weekday[6] - found.weekday[0]).round(1))
    2.0
    """
    what = "cannot learn day factors"
    counts, exposed = read_columns(what, {"events": (events, NON_NEGATIVE), "exposure": (exposure, POSITIVE)})
    centre, width = _read_prior(what, phase_prior)
    codes = read_codes(what, "series", series, counts.size)
    phases = read_codes(what, "phase + 1", np.asarray(phase) + 1, counts.size) - 1
    if phases.size and phases.max() >= centre.size:
        raise InvalidInputError(what, int(phases.max()), f"phase < n_phases = {centre.size}", ["phase"])
    days = np.asarray(day, dtype=np.int64)
    has_events = np.bincount(codes, counts)[codes] > 0 if codes.size else np.zeros(0, dtype=bool)
    keep = np.flatnonzero(has_events)  # a series without an event has no level and tells nothing
    design = _design(counts[keep], exposed[keep], codes[keep], days[keep], phases[keep], (centre, width))
    return _fit(design)


def _read_prior(what: str, phase_prior: tuple[ArrayLike, ArrayLike]) -> tuple[FloatArray, FloatArray]:
    centre, width = np.asarray(phase_prior[0], dtype=np.float64), np.asarray(phase_prior[1], dtype=np.float64)
    if centre.shape != width.shape or not (
        np.isfinite(centre).all() and np.isfinite(width).all() and (width > 0).all()
    ):
        raise InvalidInputError(
            what, "bad priors of phases", "finite means, widths > 0, equal lengths", ["phase_prior"]
        )
    return centre, width


def _design(
    events: FloatArray, exposure: FloatArray, series: IntArray, day: IntArray, phase: IntArray,
    prior: tuple[FloatArray, FloatArray],
) -> _Design:  # fmt: skip
    """Return columns: weekdays, phases, then each series' start and weekly steps of its level."""
    centre, width = prior
    weekday = np.eye(N_WEEKDAYS)[day % N_WEEKDAYS]
    phases = np.vstack([np.eye(centre.size), np.zeros((1, centre.size))])[phase]
    levels, starts = [], []
    for code in np.unique(series):
        rows = series == code
        first = int(day[rows].min())
        n_steps = -(-(int(day[rows].max()) - first) // KNOT_DAYS)
        ramp = np.clip(
            (day[:, None] - first) / KNOT_DAYS - np.arange(n_steps), 0.0, 1.0
        )  # how much of each step is done
        levels.append(np.column_stack([np.ones(day.size), ramp]) * rows[:, None])
        starts.append(np.r_[np.log(events[rows].sum() / exposure[rows].sum()), np.zeros(n_steps)])
    exog = np.column_stack([weekday, phases, *levels])
    sd = [np.r_[START_SD, np.full(start.size - 1, LEVEL_STEP_SD)] for start in starts]
    prior_mean = np.concatenate([np.zeros(N_WEEKDAYS), centre, *starts])
    penalty = np.concatenate([np.zeros(N_WEEKDAYS), width**-2.0, *(one**-2.0 for one in sd)])
    return _Design(exog, events, np.log(exposure), prior_mean, penalty, centre.size)


def _fit(design: _Design) -> DayEffects:
    """Alternate between the posterior mode, the weekdays' spread and the dispersion."""
    point, spread, dispersion, day_variance = design.prior_mean.copy(), WEEKDAY_SD, 1.0, 0.0
    for _ in range(ROUNDS):
        point, covariance = _posterior(design, point, spread, dispersion)
        weekday, variance = _centred(point, covariance)
        moment = float((weekday**2 + variance).sum())
        total = N_WEEKDAYS - 1 + WEEKDAY_WEIGHT
        spread = max(float(np.sqrt((moment + WEEKDAY_WEIGHT * WEEKDAY_SD**2) / total)), MIN_WEEKDAY_SD)
        dispersion, day_variance = _noise(design, point, covariance, dispersion)
    phases = slice(N_WEEKDAYS, N_WEEKDAYS + design.n_phases)
    return DayEffects(
        weekday, np.sqrt(variance), np.clip(point[phases], -MAX_LOG_FACTOR, MAX_LOG_FACTOR),
        np.sqrt(np.diag(covariance)[phases]), dispersion, float(np.sqrt(day_variance)),
    )  # fmt: skip


def _posterior(design: _Design, start: FloatArray, spread: float, dispersion: float) -> tuple[FloatArray, FloatArray]:
    """Return mode and covariance of the coefficients, by Newton's method with halved steps."""
    penalty = design.penalty.copy()
    penalty[:N_WEEKDAYS] = spread**-2.0
    if design.events.size == 0:
        return start, np.diag(1.0 / penalty)
    model = GLM(design.events, design.exog, family=Poisson(), offset=design.offset)

    def loss(point: FloatArray) -> float:
        line = design.exog @ point + design.offset
        with np.errstate(over="ignore"):
            fit = float((np.exp(line) - design.events * line).sum()) / dispersion
        return fit + 0.5 * float((penalty * (point - design.prior_mean) ** 2).sum())

    point, value = start, loss(start)
    for _ in range(STEPS):
        slope = model.score(point, scale=dispersion) - penalty * (point - design.prior_mean)
        curve = np.diag(penalty) - model.hessian(point, scale=dispersion, observed=False)
        step = np.linalg.solve(curve, slope)
        scale = 1.0
        while loss(point + scale * step) > value and scale > TOLERANCE:
            scale /= 2.0
        point = point + scale * step
        before, value = value, loss(point)
        if before - value <= TOLERANCE * (1.0 + abs(value)):
            break
    curve = np.diag(penalty) - model.hessian(point, scale=dispersion, observed=False)
    return point, np.linalg.inv(curve)


def _centred(point: FloatArray, covariance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return weekday effects against their mean (the usual day), and the variances of these."""
    centring = np.eye(N_WEEKDAYS) - 1.0 / N_WEEKDAYS
    around = centring @ covariance[:N_WEEKDAYS, :N_WEEKDAYS] @ centring
    return centring @ point[:N_WEEKDAYS], np.diag(around).copy()


def _noise(design: _Design, point: FloatArray, covariance: FloatArray, dispersion: float) -> tuple[float, float]:
    """Return the Pearson dispersion (>= 1) and the variance of the shock, both with the fit's own degrees of freedom."""
    if design.events.size == 0:
        return 1.0, 0.0
    mean = np.exp(design.exog @ point + design.offset)
    used = np.einsum("ij,jk,ik->i", design.exog, covariance, design.exog) * mean / dispersion  # leverage of each day
    squares = (design.events - mean) ** 2 / np.maximum(1.0 - used, 0.1)
    phi = max(float((squares / mean).mean()), 1.0)
    return phi, _shock_variance(squares, mean)


def _shock_variance(squares: FloatArray, mean: FloatArray) -> float:
    """Return the variance of the shock: the moment sum(squares - mean) / sum(mean^2), pooled with the prior by their errors.

    A squared residual of variance V = mean + DAY_SD^2 mean^2 has a variance of about 2 V^2 + V; the prior's standard deviation
    is as large as the prior.
    """
    size, prior = float((mean**2).sum()), DAY_SD**2
    expected = mean + prior * mean**2
    error = float((2.0 * expected**2 + expected).sum()) / size**2
    excess = float((squares - mean).sum()) / size
    return max((excess * prior**2 + prior * error) / (prior**2 + error), 0.0)
