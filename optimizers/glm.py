"""What is believed of an item's rate before its own data: a ridge Poisson GLM of effects that items share.

Here belong the effects of platform, campaign, match type and root words and how well they are known. Columns of effects are
built in ``effects``; the item's own effect is a Gamma variable whose posterior is in ``shrinkage``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array

from optimizers.conjugate import solve_by_conjugate_gradients
from optimizers.effects import Effects, join_effects, stack_effects
from optimizers.groups import rows_by_group, sample_rows
from optimizers.inputs import NON_NEGATIVE, read_codes, read_columns
from optimizers.priors import RateLevel, concentration_of, fit_concentration
from optimizers.types import FloatArray, IntArray

POOL_VARIANCE = 1.0  # platforms (brand apart) lie within about a factor e of each other: weak on purpose
TYPICAL_VARIANCE = 0.06  # effects of one factor differ by about 25 %; decides only where a factor has few effects
TYPICAL_WORTH = 2.0  # effects that this assumption is worth
VARIANCE_LIMITS = (1e-4, 4.0)
MAX_ROUNDS = 12  # of variances and concentrations, on the sample
MAX_STEPS = 12  # Newton steps of one fit; it stops sooner
STEP_DONE = 1e-4  # largest change of an effect (log rate) that no longer matters
MAX_LOG_STEP = 2.0  # a Newton step moves no item's log rate further: sparse counts make the parabola a poor guide
OWN_CONCENTRATION = 6.0  # beyond campaign and words, items differ by about 40 %: decides only where sales are few
POOL_LOG_SD = (
    0.3  # how far one pool's concentration lies from that of all: a pool of few sales learns it from the others
)
SIGNAL_LOG_SD = 1.0  # ... but where signals tell what items are like, little may be left of their own effects
JEFFREYS_EVENTS = 0.5


@dataclass(frozen=True)
class LogRateFit:
    """What the shared effects say of each item, the item's own data left out.

    Attributes
    ----------
    prior : RateLevel
        Mean rate and its concentration (in events), arrays of shape (n_items,): the prior of the item's own posterior.
    log_variance : array of shape (n_items,)
        Variance of the log of the mean: how well the item's effects are known without the item.
    concentration : array of shape (n_items,)
        Concentration of the item's own effect (1 / squared coefficient of variation), one number a pool.
    level_log_sd : array of shape (n_items,)
        Standard error of the log of the common level of the item's pool: what all its items are wrong by together.
    share_known : array of shape (n_items, n_factors)
        Per factor, the part of its variance that data have removed, 0 (nothing known, or no such effect) to 1.
    effect : array of shape (n_effects,)
        Log effects in the order of the columns of ``Effects``, all data included.
    variance : array of shape (n_factors,)
        Fitted variance of each factor's effects.
    """

    prior: RateLevel
    log_variance: FloatArray
    concentration: FloatArray
    level_log_sd: FloatArray
    share_known: FloatArray
    effect: FloatArray
    variance: FloatArray


@dataclass(frozen=True)
class _Data:
    """Counts with their effects; the pools are the first columns."""

    events: FloatArray
    exposure: FloatArray
    effects: Effects
    pool: IntArray

    def of_rows(self, rows: IntArray) -> _Data:
        return _Data(self.events[rows], self.exposure[rows], self.effects.of_rows(rows), self.pool[rows])


@dataclass(frozen=True)
class _Model:
    """The parameters: a constant, effects, the variance of each factor, the concentration of each pool's items."""

    start: float
    effect: FloatArray
    variance: FloatArray
    concentration: FloatArray

    def log_rate(self, matrix: csr_array) -> FloatArray:
        return np.asarray(self.start + matrix @ self.effect)


def fit_log_rates(events: ArrayLike, exposure: ArrayLike, pool: IntArray, effects: Effects) -> LogRateFit:
    """Fit shared effects on log rates and return each item's prior from everything but the item itself.

    y_i ~ Poisson(mu_i g_i), g_i ~ Gamma(a, a), log mu_i = log e_i + c + pool + sum of the item's effects, each effect
    ~ Normal(0, its factor's variance). The effects' mode is found by Fisher scoring with weights w = mu / (1 + mu / a), each
    step solved by conjugate gradients; the variances by the fixed point t = (sum u^2) / (n - sum V / t) of restricted
    maximum likelihood in the Laplace approximation (Breslow and Clayton 1993, "Approximate inference in generalized
    linear mixed models"; MacKay 1992, "Bayesian interpolation"), a by maximum likelihood per pool.

    **An item's own data never count twice.** Each of its effects is taken back by one Newton step without the item,
    u - s_i / (sum w - w_i + 1 / t), s_i = (y_i - mu_i) / (1 + mu_i / a) being its score. For an effect that no other
    item shares this gives 0 exactly: the item is then judged by the levels above. At last each pool's priors are brought to
    the pool's own level by one factor (an exponential of a mean is not the mean of the exponentials).

    Known drawbacks. V is the diagonal 1 / (sum w + 1 / t): it ignores what effects of different factors share. Sparse
    counts cannot tell the form of the items' own effects: with one coefficient of variation 1 / sqrt(a) their log variance is
    1/a + 1/(2 a^2) if Gamma and 1/a - 1/(2 a^2) if log-normal, so 1/a is taken, which leaves either about two points of
    coverage from 80 %. That a and the variances are estimates themselves is not in the intervals.

    Parameters
    ----------
    events : array of shape (n_items,)
        Effective events, >= 0, may be fractional.
    exposure : array of shape (n_items,)
        Effective exposure, >= 0.
    pool : int array of shape (n_items,)
        Codes >= 0 of what is pooled apart (platform, brand, level); pools share the other factors' effects.
    effects : Effects
        Effects of n_items; covariates too, whose slopes are then shrunk like effects.

    Returns
    -------
    LogRateFit
        Missing (NaN) everywhere when no item has exposure. Without any event, half an event over all exposure.

    Raises
    ------
    InvalidInputError
        If a count is negative or not finite, lengths differ, or a code is negative.

    Notes
    -----
    Variances and concentrations come from at most 50,000 items, every n-th in order of (exposure, events).

    Examples
    --------
    >>> words = stack_effects(4, [np.array([0, 0, 1, 1])])
    >>> fit = fit_log_rates([8.0, 0.0, 0.0, 0.0], [100.0, 0.0, 100.0, 0.0], np.zeros(4, dtype=int), words)
    >>> bool(fit.prior.mean[1] > fit.prior.mean[3])
    True
    """
    what = "cannot fit shared effects"
    happened, exposed = read_columns(what, {"events": (events, NON_NEGATIVE), "exposure": (exposure, NON_NEGATIVE)})
    pools = read_codes(what, "pool", pool, happened.size)
    codes = np.unique(pools, return_inverse=True)[1].astype(np.int64)
    stacked = join_effects(stack_effects(codes.size, [codes]), effects)
    rows = np.flatnonzero(exposed > 0)
    if rows.size == 0:
        return _nothing_known(happened.size, effects)
    data = _Data(happened, exposed, stacked, codes)
    seen = data if rows.size == happened.size else data.of_rows(rows)
    sample = seen.of_rows(np.sort(sample_rows(seen.exposure, seen.events)))
    model = _fit_effects(seen, _fit_model(sample))
    return _leave_out(data, model, seen)


def _nothing_known(n_items: int, effects: Effects) -> LogRateFit:
    missing = np.full(n_items, np.nan)
    share = np.zeros((n_items, effects.n_factors))
    effect, variance = np.zeros(effects.factor.size), np.full(effects.n_factors, TYPICAL_VARIANCE)
    return LogRateFit(RateLevel(missing, missing), missing, missing, missing, share, effect, variance)


def _fit_model(data: _Data) -> _Model:
    """Return effects, variances and concentrations in turn until the variances stay."""
    start = float(np.log(max(data.events.sum(), JEFFREYS_EVENTS) / data.exposure.sum()))
    variance = np.full(data.effects.n_factors, TYPICAL_VARIANCE)
    variance[0] = POOL_VARIANCE
    n_pools = int((data.effects.factor == 0).sum())
    model = _Model(start, np.zeros(data.effects.factor.size), variance, np.full(n_pools, OWN_CONCENTRATION))
    for _ in range(MAX_ROUNDS):
        model = _fit_effects(data, model)
        before = model.variance
        model = replace(model, variance=_fit_variances(data, model))
        model = replace(model, concentration=_fit_concentrations(data, model))
        if np.abs(np.log(model.variance / before)).max(initial=0.0) < 0.02:
            break
    return model


def _fit_effects(data: _Data, model: _Model) -> _Model:
    """Return the effects' posterior mode by Fisher scoring, steps kept short enough to be safe."""
    matrix, own = data.effects.matrix, model.concentration[data.pool]
    ridge = 1.0 / model.variance[data.effects.factor]
    columns, squares = matrix.T.tocsr(), _squared(matrix)
    for _ in range(MAX_STEPS):
        weight, score = _weigh(data, model, own)
        slope = columns @ score - ridge * model.effect
        diagonal = squares.T @ weight + ridge
        step = solve_by_conjugate_gradients(partial(_multiply, matrix, columns, weight, ridge), slope, diagonal)
        reach = float(np.abs(matrix @ step).max(initial=0.0))
        model = replace(model, effect=model.effect + step * min(1.0, MAX_LOG_STEP / max(reach, 1e-300)))
        if np.abs(step).max(initial=0.0) < STEP_DONE:
            break
    return model


def _multiply(
    matrix: csr_array, columns: csr_array, weight: FloatArray, ridge: FloatArray, vector: FloatArray
) -> FloatArray:
    return np.asarray(columns @ (weight * (matrix @ vector)) + ridge * vector)


def _weigh(data: _Data, model: _Model, own: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return each item's Fisher weight and score with respect to its log rate."""
    expected = data.exposure * np.exp(model.log_rate(data.effects.matrix))
    shrink = 1.0 + expected / own
    return expected / shrink, (data.events - expected) / shrink


def _squared(matrix: csr_array) -> csr_array:
    return csr_array((matrix.data**2, matrix.indices, matrix.indptr), shape=matrix.shape)


def _fit_variances(data: _Data, model: _Model) -> FloatArray:
    """Return the next variance of each factor; that of the pools is assumed and stays."""
    weight, _ = _weigh(data, model, model.concentration[data.pool])
    factor, n_factors = data.effects.factor, data.effects.n_factors
    told = _squared(data.effects.matrix).T @ weight
    freedom = np.bincount(factor, told / (told + 1.0 / model.variance[factor]), n_factors)
    spread = np.bincount(factor, model.effect**2, n_factors)
    fitted = (spread + TYPICAL_WORTH * TYPICAL_VARIANCE) / (freedom + TYPICAL_WORTH)
    fitted[0] = POOL_VARIANCE
    return np.clip(fitted, *VARIANCE_LIMITS)


def _fit_concentrations(data: _Data, model: _Model) -> FloatArray:
    """Return each pool's concentration, drawn to that of all pools."""
    mean, log_variance = _without_own(data, model, data)
    level = RateLevel(np.exp(mean), concentration_of(log_variance))
    typical = fit_concentration(data.events, data.exposure, level, OWN_CONCENTRATION)
    found = np.full(model.concentration.size, typical)
    doubt = np.asarray(data.effects.doubt.sum(axis=1))
    for rows in rows_by_group(data.pool):
        above = RateLevel(level.mean[rows], level.shape[rows])
        log_sd = SIGNAL_LOG_SD if doubt[rows].any() else POOL_LOG_SD
        found[data.pool[rows[0]]] = fit_concentration(data.events[rows], data.exposure[rows], above, typical, log_sd)
    return found


def _without_own(data: _Data, model: _Model, seen: _Data) -> tuple[FloatArray, FloatArray]:
    """Return the log rate and its variance as all items of ``seen`` but the item itself tell them."""
    matrix = data.effects.matrix
    weight, score = _weigh(data, model, model.concentration[data.pool])
    precision = _precision(seen, model)
    per_row = np.diff(matrix.indptr)
    square = matrix.data**2
    left = 1.0 / (precision[matrix.indices] - square * np.repeat(weight, per_row))
    reach = csr_array((square * left, matrix.indices, matrix.indptr), shape=matrix.shape)
    variance = np.asarray(reach.sum(axis=1), dtype=np.float64)
    return model.log_rate(matrix) - score * variance, variance + data.effects.doubt @ model.effect**2


def _precision(seen: _Data, model: _Model) -> FloatArray:
    weight, _ = _weigh(seen, model, model.concentration[seen.pool])
    return np.asarray(_squared(seen.effects.matrix).T @ weight + 1.0 / model.variance[seen.effects.factor])


def _leave_out(data: _Data, model: _Model, seen: _Data) -> LogRateFit:
    log_mean, log_variance = _without_own(data, model, seen)
    own = model.concentration[data.pool]
    shape = concentration_of(1.0 / own + log_variance)  # see "Known drawbacks"
    mean = _to_pool_level(np.exp(log_mean), shape, data)
    is_shared = data.effects.factor > 0
    return LogRateFit(
        RateLevel(mean, shape), log_variance, own, _level_log_sd(data, model), _share_known(data, model, seen),
        model.effect[is_shared], model.variance[1:],
    )  # fmt: skip


def _to_pool_level(mean: FloatArray, shape: FloatArray, data: _Data) -> FloatArray:
    """Return the means times one factor a pool, with which the pool's events are those expected; one event says 1."""
    expected = mean * data.exposure
    weight = 1.0 / (1.0 + expected / shape)
    told, due = (np.bincount(data.pool, weight * counts) for counts in (data.events, expected))
    return np.asarray(mean * ((told + 1.0) / (due + 1.0))[data.pool])


def _level_log_sd(data: _Data, model: _Model) -> FloatArray:
    """Return 1 / sqrt(information on the pool's level): all factors share one total, so that only its luck counts."""
    weight, _ = _weigh(data, model, model.concentration[data.pool])
    return np.asarray(1.0 / np.sqrt(np.bincount(data.pool, weight) + 1.0 / POOL_VARIANCE)[data.pool])


def _share_known(data: _Data, model: _Model, seen: _Data) -> FloatArray:
    factor, matrix = data.effects.factor, data.effects.matrix
    known = 1.0 - 1.0 / (_precision(seen, model) * model.variance[factor])
    share = np.zeros((data.events.size, data.effects.n_factors))
    rows = np.repeat(np.arange(data.events.size), np.diff(matrix.indptr))
    np.maximum.at(share, (rows, factor[matrix.indices]), known[matrix.indices])
    return np.asarray(share[:, 1:])
