"""The model of a shop that knows only spend and sales per channel and period: its likelihood and its priors.

``sales[t] = baseline[t] + sum_c B_c f(a_c[t] / k_c; p) + noise[t]``: a is the spend carried over
(``optimizers.adstock``), f the concave saturation (``optimizers.saturation``), the baseline trend, season and
controls (``optimizers.baseline``), the noise AR(1). Here belongs the posterior density at given parameters, for many
points at once; searching and sampling it is in ``optimizers.channel_fit``.

Everything is computed on spend over its mean (of periods with spend) and sales over their mean, so that units of money
change nothing and the priors speak of shares. A point is, for C channels,
``[log s (C), log k (C), logit retention (C), log p, atanh rho]`` with s the share of mean sales that the channel brings at
its mean spend. Baseline coefficients and noise variance are integrated out in closed form.

Priors, weak on purpose:

* s half-normal(0.5): a single channel rarely brings more than half of all sales; never negative.
* k log-normal around 1.5 mean spends, factor 2.2 a standard deviation: today's spend neither far below nor far above
  where returns fall.
* retention Beta(1, 3) a week (the default of PyMC-Marketing), uniform for days, where search ads end the same day and
  brand ads last for weeks.
* p log-normal around 1.6, factor 1.6: the forms in use, Michaelis-Menten (1) and tanh (about 2.5), lie a standard deviation apart
  from it. Shared by all channels: the data of one shop cannot tell it apart by channel.
* rho: atanh(rho) normal(0, 0.5); level, trend, season, controls flat; noise variance 1 / sigma^2.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import expit

from optimizers.adstock import START_ROWS, carry_over
from optimizers.saturation import saturate
from optimizers.types import FloatArray

SHARE_SD = 0.5
SCALE_CENTRE, SCALE_LOG_SD = 1.5, 0.8
SHAPE_CENTRE, SHAPE_LOG_SD = 1.6, 0.45
AUTOCORRELATION_SD = 0.5
WEEKLY_RETENTION, DAILY_RETENTION = (1.0, 3.0), (1.0, 1.0)
MOST_RETENTION = 1 - 1e-9  # keeps a point at the edge of the search computable


@dataclass(frozen=True)
class Experiment:
    """A lift test: what extra spend brought, measured by a holdout or a comparison of regions.

    Parameters
    ----------
    channel : int
        Column of the spend.
    first, last : int
        First and last period of the test, both included; the lift is measured over exactly these periods.
    extra_spend : float
        Spend of the test less the spend in the data, in total over the periods; negative where spend was withheld.
        Spread in proportion to the spend in the data (a budget times 0 or times 1.5), evenly where that is 0.
    lift, error : float
        Sales with less sales without the test's spend, in total over the periods, and its standard error, > 0.
    """

    channel: int
    first: int
    last: int
    extra_spend: float
    lift: float
    error: float


@dataclass(frozen=True)
class ChannelPoints:
    """Parameters in their natural units of the normalised model; ``share`` to ``retention`` (..., C), the others (...)."""

    share: FloatArray
    scale: FloatArray
    retention: FloatArray
    shape: FloatArray
    autocorrelation: FloatArray

    @property
    def height(self) -> FloatArray:
        """Return the most that a channel can bring, in mean sales, shape (..., C)."""
        return self.share / saturate(1 / self.scale, self.shape[..., None])

    def effect(self, at_work: FloatArray) -> FloatArray:
        """Return the sales of spend at work, both normalised, shape (..., n_periods, C)."""
        load = at_work / self.scale[..., None, :]
        return np.asarray(self.height[..., None, :] * saturate(load, self.shape[..., None, None]))


def read_points(point: FloatArray, n_channels: int) -> ChannelPoints:
    """Return points of shape (..., 3 C + 2) in natural units."""
    share, scale, retention = (point[..., i * n_channels : (i + 1) * n_channels] for i in range(3))
    kept = np.minimum(expit(retention), MOST_RETENTION)
    return ChannelPoints(np.exp(share), np.exp(scale), kept, np.exp(point[..., -2]), np.tanh(point[..., -1]))


@dataclass(frozen=True)
class ChannelModel:
    """Normalised data, ready for the density.

    Parameters
    ----------
    spend : array of shape (n_periods, n_channels)
        Over ``spend_unit``.
    sales : array of shape (n_periods,)
        Over ``sales_unit``.
    baseline : array of shape (n_periods, n_columns)
        Orthonormal columns.
    spend_unit : array of shape (n_channels,)
    sales_unit : float
    is_daily : bool
    experiments : tuple of Experiment
        Normalised like spend and sales.
    """

    spend: FloatArray
    sales: FloatArray
    baseline: FloatArray
    spend_unit: FloatArray
    sales_unit: float
    is_daily: bool
    experiments: tuple[Experiment, ...] = ()

    @property
    def n_channels(self) -> int:
        """Return the number of channels."""
        return self.spend.shape[1]

    @cached_property
    def _shifted(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the baseline times the three parts of the AR(1) precision: ``P0 - rho P1 + rho^2 P2``."""
        return self.baseline, _neighbours(self.baseline), _inside(self.baseline)

    @cached_property
    def _products(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        first, second, third = (self.baseline.T @ part for part in self._shifted)
        return first, second, third

    def at_work(self, points: ChannelPoints) -> FloatArray:
        """Return the spend at work, normalised, shape (..., n_periods, C)."""
        return carry_over(self.spend, points.retention, self.spend[:START_ROWS].mean(axis=0))

    def log_density(self, point: FloatArray) -> FloatArray:
        """Return the log posterior density of points of shape (n_points, 3 C + 2), up to a constant; shape (n_points,).

        Notes
        -----
        With r the sales less the channels' effects, Z the baseline and W the AR(1) precision (over the innovations'
        variance), ``S = r'Wr - r'WZ (Z'WZ)^-1 Z'Wr`` and the marginal likelihood is
        ``|W|^1/2 |Z'WZ|^-1/2 S^-(n - rank)/2`` (restricted likelihood, D. A. Harville, Biometrika 61, 1974). An
        experiment adds the normal density of its measured lift around the model's.
        """
        points = read_points(point, self.n_channels)
        at_work = self.at_work(points)
        density = self._likelihood(self.sales - points.effect(at_work).sum(axis=-1), points.autocorrelation)
        density += log_prior(point, points, self.is_daily)
        for test in self.experiments:
            density -= 0.5 * ((test.lift - self._lift(test, points, at_work)) / test.error) ** 2
        return np.where(np.isfinite(density), density, -np.inf)

    def _likelihood(self, rest: FloatArray, rho: FloatArray) -> FloatArray:
        n_periods, rank = self.baseline.shape
        square = np.einsum("bt,bt->b", rest, rest)
        lagged = np.einsum("bt,bt->b", rest[:, 1:], rest[:, :-1])
        inner = np.einsum("bt,bt->b", rest[:, 1:-1], rest[:, 1:-1])
        whole = square - 2 * rho * lagged + rho**2 * inner
        weights = np.stack([np.ones_like(rho), -rho, rho**2])
        gram = np.einsum("ib,ijk->bjk", weights, np.stack(self._products))
        onto = np.einsum("ib,ibj->bj", weights, np.stack([rest @ part for part in self._shifted]))
        explained = np.einsum("bj,bj->b", onto, np.linalg.solve(gram, onto[..., None])[..., 0])
        left = np.maximum(whole - explained, np.finfo(np.float64).eps * whole)
        determinants = np.log1p(-(rho**2)) - np.linalg.slogdet(gram)[1]
        return np.asarray(0.5 * determinants - 0.5 * (n_periods - rank) * np.log(left))

    def _lift(self, test: Experiment, points: ChannelPoints, at_work: FloatArray) -> FloatArray:
        """Return what the model says that the test brought, in mean sales, shape (n_points,)."""
        own, periods = test.channel, slice(test.first, test.last + 1)
        usual, spend = at_work[:, periods, own], self.spend[periods, own]
        share = spend / spend.sum() if spend.sum() > 0 else np.full(len(spend), 1 / len(spend))
        extra = carry_over((test.extra_spend * share)[:, None], points.retention[:, [own]])[..., 0]
        load = np.stack([usual, np.maximum(usual + extra, 0.0)]) / points.scale[:, own, None]
        less, more = points.height[:, own] * saturate(load, points.shape[:, None]).sum(axis=-1)
        return np.asarray(more - less)


def log_prior(point: FloatArray, points: ChannelPoints, is_daily: bool) -> FloatArray:
    """Return the log prior density on the scale of ``point``, Jacobians included, shape (n_points,)."""
    first, second = DAILY_RETENTION if is_daily else WEEKLY_RETENTION
    kept = points.retention
    by_channel = (
        np.log(points.share) - 0.5 * (points.share / SHARE_SD) ** 2
        - 0.5 * (np.log(points.scale / SCALE_CENTRE) / SCALE_LOG_SD) ** 2
        + first * np.log(kept) + second * np.log1p(-kept)
    )  # fmt: skip
    bend = -0.5 * (np.log(points.shape / SHAPE_CENTRE) / SHAPE_LOG_SD) ** 2
    return np.asarray(by_channel.sum(axis=-1) + bend - 0.5 * (point[..., -1] / AUTOCORRELATION_SD) ** 2)


def _neighbours(columns: FloatArray) -> FloatArray:
    """Return the sum of the rows before and after each row."""
    total = np.zeros_like(columns)
    total[1:] += columns[:-1]
    total[:-1] += columns[1:]
    return total


def _inside(columns: FloatArray) -> FloatArray:
    """Return the columns with the first and last row set to 0."""
    inner = columns.copy()
    inner[[0, -1]] = 0.0
    return inner
