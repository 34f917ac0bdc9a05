"""Response curves of channels from spend and sales a day or week, with intervals.

Here belong the checks of the data, the search for the mode and the draws around it. The density they climb is
``optimizers.channel_model``; what to spend is ``optimizers.channel_plan``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from optimizers.baseline import baseline_columns
from optimizers.channel_data import ChannelData
from optimizers.channel_model import ChannelModel, ChannelPoints, Experiment, read_points
from optimizers.types import FloatArray, IntArray

N_STARTS, N_CLIMBS = 256, 4  # points of the prior that are looked at, and how many of them are climbed from
DIGITS = 10  # of normalised data: what a unit of money changes in the last digits may not steer a chain
STEP = 1e-5  # of the finite differences, on the scale of logarithms
JUMP = 2.38  # over sqrt(2 d): the best step of difference evolution on a normal target (ter Braak 2006)
JUMP_NOISE = 1e-4
FULL_JUMP = 0.1  # share of steps of the full difference, which lead from one mode to another
MOST_SPREAD = 1.0  # standard deviation of a chain's start, on the scale of logarithms, where the data say nothing
SETTLED = 1.1  # R-hat above which the draws have not settled


@dataclass(frozen=True)
class Effort:
    """How much is computed: chains (even), steps before the draws, draws of each chain, and steps between two draws."""

    n_chains: int = 64
    n_warm: int = 800
    n_kept: int = 20
    thin: int = 60


FULL_EFFORT = Effort()


@dataclass(frozen=True)
class ChannelFit:
    """What is believed of each channel: draws from the posterior, in money.

    Parameters
    ----------
    names : tuple of str
        Channels, in the order of the data.
    height, scale, retention : array of shape (n_draws, n_channels)
        The most sales a period that the channel can bring; the spend a period at which it bends; the share of spend
        at work that still works a period later.
    shape, autocorrelation : array of shape (n_draws,)
        How sharply the curves bend; how far the noise of a period is that of the one before.
    contribution : array of shape (n_draws, n_periods, n_channels)
        Sales that the channel brought in each period.
    mode_contribution : array of shape (n_periods, n_channels)
        The same at the most probable point.
    r_hat : float
        The largest potential scale reduction over all parameters; near 1 where the chains agree.
    """

    names: tuple[str, ...]
    height: FloatArray
    scale: FloatArray
    retention: FloatArray
    shape: FloatArray
    autocorrelation: FloatArray
    contribution: FloatArray
    mode_contribution: FloatArray
    r_hat: float

    @property
    def is_settled(self) -> bool:
        """Return whether the chains agree."""
        return self.r_hat <= SETTLED

    def totals(self, rows: slice = slice(None)) -> FloatArray:
        """Return the contributions summed over ``rows`` of the periods, shape (n_draws, n_channels)."""
        return np.asarray(self.contribution[:, rows].sum(axis=1))

    def interval(self, level: float = 0.8, rows: slice = slice(None)) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return low, mean and high of the contributions in ``rows``, each of shape (n_channels,)."""
        total = self.totals(rows)
        low, high = np.quantile(total, [(1 - level) / 2, (1 + level) / 2], axis=0)
        return low, total.mean(axis=0), high


def fit_channels(
    data: ChannelData, experiments: tuple[Experiment, ...] = (), seed: int = 0, effort: Effort = FULL_EFFORT
) -> ChannelFit:
    """Return the response curves of all channels with their uncertainty.

    Parameters
    ----------
    data : ChannelData of n_periods and n_channels
    experiments : tuple of Experiment
        Lift tests; each pulls the curve of its channel to what was measured, as far as its error allows.
    seed : int
        Of starts and chains; the same seed gives the same draws, whatever the order of the channels.
    effort : Effort
        Less of it is faster; ``r_hat`` tells whether it was enough.

    Returns
    -------
    ChannelFit

    Raises
    ------
    InvalidInputError
        If an experiment names no channel or period of the data, or its error is not positive.

    Notes
    -----
    The mode is climbed (L-BFGS-B) from the best of 256 points of the prior; 64 chains start around it with the
    Laplace covariance and move by difference evolution, C. J. F. ter Braak, "A Markov chain Monte Carlo version of
    the genetic algorithm differential evolution", Statistics and Computing 16 (2006), in two halves that take their
    differences from each other. Why not Laplace alone: shares near zero and retention are far from normal.

    A channel with an experiment gets its spend as a column of the baseline too: what moves with spend in the same
    period may be demand that moved both (A. Chen et al., "Bias correction for paid search in media mix modeling", 2018),
    so that carry-over, curvature and the experiment speak of its effect. Without that column many weeks of confounded
    data would outvote any test.

    Known drawbacks: what moves sales and spend at once and is in no control is taken for the channel's work (test, or
    add it as a control); channels that always move together cannot be told apart, which the intervals show.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> spend = rng.uniform(0.0, 100.0, (60, 1))
    >>> effect = 300.0 * spend[:, 0] / (spend[:, 0] + 50.0)
    >>> fit = fit_channels(ChannelData(7 * np.arange(60.0), 500.0 + effect, spend, np.zeros((60, 0)), ("search",)))
    >>> low, mean, high = fit.interval()
    >>> bool(abs(mean[0] / effect.sum() - 1) < 0.1)
    True
    """
    for test in experiments:
        data.refuse_experiment(test)
    order = np.argsort(np.array(data.names))  # so that the draws do not depend on the order of the columns
    model = prepare_model(data, experiments, order)
    rng = np.random.default_rng(seed)
    mode = climb(model, rng)
    draws, r_hat = sample(model, mode, rng, effort)
    back = np.argsort(order)
    found = _in_money(model, read_points(draws, model.n_channels))
    peak = model.sales_unit * _effects(model, read_points(mode[None], model.n_channels))[0]
    return ChannelFit(
        data.names, found.share[:, back], found.scale[:, back], found.retention[:, back], found.shape,
        found.autocorrelation, (model.sales_unit * _effects(model, read_points(draws, model.n_channels)))[..., back],
        peak[:, back], r_hat,
    )  # fmt: skip


def prepare_model(data: ChannelData, experiments: tuple[Experiment, ...], order: IntArray) -> ChannelModel:
    """Return the normalised model with its channels in ``order``."""
    place = np.argsort(order)
    spend = data.spend[:, order]
    active = (spend > 0).sum(axis=0)
    spend_unit = spend.sum(axis=0) / active
    sales_unit = float(data.sales.mean())
    tests = tuple(
        _normalise(t, int(place[t.channel]), float(spend_unit[place[t.channel]]), sales_unit) for t in experiments
    )
    told = spend[:, sorted({place[t.channel] for t in experiments})]
    columns = baseline_columns(data.day, np.column_stack([data.controls, told]))
    return ChannelModel(
        np.round(spend / spend_unit, DIGITS),
        np.round(data.sales / sales_unit, DIGITS),
        np.round(columns, DIGITS),
        spend_unit,
        sales_unit,
        data.is_daily,
        tests,
    )


def _normalise(test: Experiment, channel: int, spend_unit: float, sales_unit: float) -> Experiment:
    """Return the experiment with its channel's place in the model and normalised money."""
    money = np.array([test.extra_spend / spend_unit, test.lift / sales_unit, test.error / sales_unit])
    extra, lift, error = np.round(money, DIGITS)
    return Experiment(channel, test.first, test.last, float(extra), float(lift), float(error))


def climb(model: ChannelModel, rng: np.random.Generator) -> FloatArray:
    """Return the most probable point, shape (3 C + 2,), climbed to from the best points of the prior."""
    starts = _prior_points(model.n_channels, rng)
    best = np.argsort(-model.log_density(starts), kind="stable")[:N_CLIMBS]
    climbed = [
        minimize(lambda x: -model.log_density(x[None])[0], starts[row], jac=lambda x: -_slope(model, x)) for row in best
    ]
    return np.asarray(min(climbed, key=lambda found: float(found.fun)).x)


def _prior_points(n_channels: int, rng: np.random.Generator) -> FloatArray:
    """Return points spread over the prior, shape (N_STARTS, 3 C + 2)."""
    z = rng.normal(size=(N_STARTS, 3 * n_channels + 2))
    centre = np.repeat([-2.0, 0.4, -1.0], n_channels)  # a share of an eighth, 1.5 mean spends, a quarter carried over
    return z * np.append(np.repeat([1.0, 0.8, 1.0], n_channels), [0.3, 0.3]) + np.append(centre, [0.4, 0.0])


def _slope(model: ChannelModel, point: FloatArray) -> FloatArray:
    """Return the slope of the log density by central differences, all in one call."""
    steps = STEP * np.eye(len(point))
    density = model.log_density(np.concatenate([point + steps, point - steps]))
    return np.asarray((density[: len(point)] - density[len(point) :]) / (2 * STEP))


def _spread(model: ChannelModel, mode: FloatArray) -> FloatArray:
    """Return a square root of the Laplace covariance at the mode, shape (d, d)."""
    wide = STEP**0.5
    rows = [_slope(model, mode + step) - _slope(model, mode - step) for step in wide * np.eye(len(mode))]
    curvature = -np.array(rows) / (2 * wide)
    size, axes = np.linalg.eigh((curvature + curvature.T) / 2)
    return np.asarray(axes / np.sqrt(np.maximum(size, MOST_SPREAD**-2)))


def sample(model: ChannelModel, mode: FloatArray, rng: np.random.Generator, effort: Effort) -> tuple[FloatArray, float]:
    """Return draws of shape (n_draws, 3 C + 2) and the largest R-hat of their parameters."""
    half = effort.n_chains // 2
    chains = mode + rng.normal(size=(2 * half, len(mode))) @ _spread(model, mode).T
    density = model.log_density(chains)
    kept = []
    for step in range(effort.n_warm + effort.n_kept * effort.thin):
        for own, other in ((slice(0, half), slice(half, None)), (slice(half, None), slice(0, half))):
            proposal = chains[own] + _jumps(chains[other], rng)
            proposed = model.log_density(proposal)
            is_taken = np.log(rng.uniform(size=half)) < proposed - density[own]
            chains[own] = np.where(is_taken[:, None], proposal, chains[own])
            density[own] = np.where(is_taken, proposed, density[own])
        if step >= effort.n_warm and (step - effort.n_warm) % effort.thin == effort.thin - 1:
            kept.append(chains.copy())
    draws = np.array(kept)
    return draws.reshape(-1, len(mode)), _worst_r_hat(draws)


def _jumps(others: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return differences between pairs of the other half, scaled."""
    n_chains, size = others.shape
    first = rng.integers(0, n_chains, n_chains)
    second = (first + rng.integers(1, n_chains, n_chains)) % n_chains
    factor = np.where(rng.uniform(size=n_chains) < FULL_JUMP, 1.0, JUMP / np.sqrt(2 * size))
    return factor[:, None] * (others[first] - others[second]) + JUMP_NOISE * rng.normal(size=others.shape)


def _worst_r_hat(draws: FloatArray) -> float:
    """Return the largest R-hat (A. Gelman & D. B. Rubin 1992) of draws of shape (n_kept, n_chains, d)."""
    n_kept = len(draws)
    within = draws.var(axis=0, ddof=1).mean(axis=0)
    between = draws.mean(axis=0).var(axis=0, ddof=1)
    return float(np.sqrt((n_kept - 1) / n_kept + between / within).max())


def _effects(model: ChannelModel, points: ChannelPoints) -> FloatArray:
    return points.effect(model.at_work(points))


def _in_money(model: ChannelModel, points: ChannelPoints) -> ChannelPoints:
    """Return the points in money; ``share`` becomes the height of the curve."""
    height, scale = points.height * model.sales_unit, points.scale * model.spend_unit
    return ChannelPoints(height, scale, points.retention, points.shape, points.autocorrelation)
