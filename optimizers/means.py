"""Mean money per event of sparse items (aov, cpc) by partial pooling in logarithms.

Here belongs the pooling of positive means. Rates of counts are in ``shrinkage``; their product is in ``value``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize
from scipy.special import ndtri

from optimizers.groups import nested_codes, rows_by_group, sample_rows
from optimizers.inputs import NON_NEGATIVE, read_codes, read_columns, read_level
from optimizers.types import FloatArray, IntArray

# Log-normal priors of variances, which decide only where there are few items: assumptions. That of one event's money is
# the firmer, for sums over many events hardly show it.
PRIOR_LOG_SDS = np.array([1.5, 0.5])
ITEM_VARIANCE = 0.16  # items of one campaign differ by about 40 %
EVENT_VARIANCE = 0.36  # one order's (or click's) money against its item's mean: about 60 %
CAMPAIGN_VARIANCE = 0.10  # campaigns of one platform differ by about 30 %
LOG_VARIANCE_LIMITS = (float(np.log(1e-8)), float(np.log(25.0)))
ROBUST_SDS = 4.0  # a residual further out than this is pulled in before variances are fitted
MIN_REACH = 1.0  # where most items are alike, one that differs by a factor of e still counts in full
MAD_TO_SD = 1.4826


@dataclass(frozen=True)
class MeanEstimate:
    """What is known of each item's mean money per event.

    Attributes
    ----------
    mean, low, high : array of shape (n_items,)
        Posterior mean and equal-tailed interval, in money, > 0; missing where no item at all has money.
    log_sd : array of shape (n_items,)
        Standard deviation of the logarithm of the mean.
    """

    mean: FloatArray
    low: FloatArray
    high: FloatArray
    log_sd: FloatArray


@dataclass(frozen=True)
class PooledMeans(MeanEstimate):
    """The same, with how much single events differ from their item's mean.

    Attributes
    ----------
    event_cv : array of shape (n_items,)
        Coefficient of variation of one event's money, fitted per platform: what a day's few orders differ by.
    """

    event_cv: FloatArray


@dataclass(frozen=True)
class _Normal:
    """A level's mean logarithm and its variance."""

    mean: FloatArray
    variance: FloatArray


@dataclass(frozen=True)
class _Variances:
    """Squared spread of effects around the level above, and of one event's money around its item's mean."""

    effect: float
    event: float


TYPICAL_ITEMS = _Variances(ITEM_VARIANCE, EVENT_VARIANCE)
TYPICAL_CAMPAIGNS = _Variances(CAMPAIGN_VARIANCE, EVENT_VARIANCE)


def pool_means(
    total: ArrayLike, count: ArrayLike, campaign: IntArray, platform: IntArray, level: float = 0.8
) -> PooledMeans:
    """Estimate every item's mean money per event, pooled towards its campaign and platform where events are few.

    log(total / count) ~ Normal(item, log(1 + c / count)), item ~ Normal(campaign, t), campaign ~ Normal(platform, w),
    c being the squared coefficient of variation of one event's money. c, t and w are fitted per platform by maximum
    likelihood on winsorised residuals against the campaign's *other* items, so one absurd order moves little; the log
    bias of few events, half their variance, is added back. Source: Buhlmann and Straub (1970), "Glaubwurdigkeit fur
    Schadensatze", in logarithms.
    Known drawback: items with events but no money count as unknown, not as worthless.

    Parameters
    ----------
    total : array of shape (n_items,)
        Money of all events, >= 0, one currency.
    count : array of shape (n_items,)
        Effective number of events (conversions for aov, clicks for cpc), >= 0, may be fractional.
    campaign, platform : int array of shape (n_items,)
        Group codes >= 0; a campaign code means another campaign on another platform.
    level : float
        Mass of the interval, in (0, 1).

    Returns
    -------
    PooledMeans
        Arrays of shape (n_items,), in row order.

    Raises
    ------
    InvalidInputError
        If money or a count is negative or not finite, lengths differ, a code is negative, or the level is not in
        (0, 1).

    Examples
    --------
    >>> estimate = pool_means([0.0, 5e6], [0.0, 1e5], np.array([0, 0]), np.array([0, 0]))
    >>> float(estimate.mean[1].round(1)), bool(estimate.log_sd[0] > estimate.log_sd[1])
    (50.0, True)
    """
    what = "cannot pool means"
    read_level(what, level)
    money, events = read_columns(what, {"total": (total, NON_NEGATIVE), "count": (count, NON_NEGATIVE)})
    platforms = read_codes(what, "platform", platform, money.size)
    campaigns = nested_codes(read_codes(what, "campaign", campaign, money.size), platforms)
    is_known = (money > 0) & (events > 0)
    logs = np.log(np.divide(money, events, out=np.ones(money.size), where=is_known))
    known_events = np.where(is_known, events, 0.0)
    world = _world_level(logs, known_events)
    mean, variance, event = np.empty(money.size), np.empty(money.size), np.empty(money.size)
    for rows in rows_by_group(platforms):
        found, event[rows] = _posterior(logs[rows], known_events[rows], campaigns[rows], world)
        mean[rows], variance[rows] = found.mean, found.variance
    sd = np.sqrt(variance)
    reach = ndtri(0.5 + level / 2.0) * sd
    middle, low, high = np.exp(mean + variance / 2.0), np.exp(mean - reach), np.exp(mean + reach)
    return PooledMeans(middle, low, high, sd, np.sqrt(event))


def _world_level(logs: FloatArray, count: FloatArray) -> _Normal:
    """Return the level of all platforms with the spread of one platform; missing where nothing is known."""
    precision = 1.0 / (ITEM_VARIANCE + _noise(count, EVENT_VARIANCE))
    total = precision.sum()
    mean = (precision * logs).sum() / total if total > 0 else np.nan
    return _Normal(np.asarray(mean), np.asarray(CAMPAIGN_VARIANCE + ITEM_VARIANCE))


def _posterior(logs: FloatArray, count: FloatArray, campaign: IntArray, world: _Normal) -> tuple[_Normal, float]:
    """Return each item's posterior within one platform, and the squared spread of single events."""
    codes = np.unique(campaign, return_inverse=True)[1]
    fitted = TYPICAL_ITEMS
    for _ in range(2):  # the first pass weighs by typical variances, the second by fitted ones
        unbiased, noise = _unbiased(logs, count, fitted.event)
        above = _campaigns_without_item(unbiased, 1.0 / (fitted.effect + noise), codes, world)
        fitted = _fit_variances(unbiased - above.mean, count, above.variance, TYPICAL_ITEMS)
    unbiased, noise = _unbiased(logs, count, fitted.event)
    prior = _Normal(above.mean, above.variance + fitted.effect)
    return _update(prior, unbiased / noise, 1.0 / noise), fitted.event


def _noise(count: FloatArray, event_variance: float) -> FloatArray:
    """Return the sampling variance of the log of a mean of ``count`` events, infinite for none."""
    return np.log1p(np.divide(event_variance, count, out=np.full(count.shape, np.inf), where=count > 0))


def _unbiased(logs: FloatArray, count: FloatArray, event_variance: float) -> tuple[FloatArray, FloatArray]:
    """Return the logs without the bias of few events, and their sampling variance."""
    noise = _noise(count, event_variance)
    return logs + np.where(count > 0, noise, 0.0) / 2.0, noise


def _campaigns_without_item(values: FloatArray, precision: FloatArray, campaign: IntArray, world: _Normal) -> _Normal:
    """Return, for each item, its campaign's level as the campaign's other items tell it."""
    weight, moment = np.bincount(campaign, precision), np.bincount(campaign, precision * values)
    has_weight = weight > 0
    centre = moment[has_weight] / weight[has_weight]
    spread = 1.0 / weight[has_weight]
    platform, between = world, CAMPAIGN_VARIANCE
    for _ in range(2):  # as for items: typical spread first, then the fitted one
        share = 1.0 / (between + spread)
        platform = _update(world, np.asarray((share * centre).sum()), np.asarray(share.sum()))
        known = platform.variance + spread
        between = _fit_variances(centre - platform.mean, np.full(centre.shape, np.inf), known, TYPICAL_CAMPAIGNS).effect
    rest_precision = np.maximum(weight[campaign] - precision, 0.0)
    prior = _Normal(platform.mean, platform.variance + between)
    return _update(prior, moment[campaign] - precision * values, rest_precision)


def _update(prior: _Normal, moment: FloatArray, precision: FloatArray) -> _Normal:
    """Return the posterior of a normal mean, given the data's precision and precision x mean."""
    total = 1.0 / prior.variance + precision
    return _Normal((prior.mean / prior.variance + moment) / total, 1.0 / total)


def _fit_variances(residual: FloatArray, count: FloatArray, known: FloatArray, typical: _Variances) -> _Variances:
    """Return the variances that make the residuals most likely, pulled weakly towards the typical ones."""
    known_rows = np.flatnonzero((count > 0) & np.isfinite(residual))
    if known_rows.size == 0:
        return typical
    rows = known_rows[sample_rows(count[known_rows], residual[known_rows])]
    robust_sd = MAD_TO_SD * float(np.median(np.abs(residual[rows])))
    reach = max(ROBUST_SDS * robust_sd, MIN_REACH)
    squared = np.clip(residual[rows], -reach, reach) ** 2
    events, base = count[rows], np.broadcast_to(known, residual.shape)[rows]
    start = np.log([typical.effect, typical.event])

    def loss(point: FloatArray) -> tuple[float, FloatArray]:
        effect, event = np.exp(point)
        variance = base + effect + np.log1p(event / events)
        slope = (1.0 - squared / variance) / variance / 2.0
        gradient = np.array([effect * slope.sum(), (slope * event / (events + event)).sum()])
        pull = (point - start) / PRIOR_LOG_SDS
        value = 0.5 * (np.log(variance) + squared / variance).sum() + 0.5 * (pull**2).sum()
        return float(value), gradient + pull / PRIOR_LOG_SDS

    best = minimize(loss, start, jac=True, method="TNC", bounds=[LOG_VARIANCE_LIMITS] * 2)
    effect, event = np.exp(best.x)
    return _Variances(float(effect), float(event))
