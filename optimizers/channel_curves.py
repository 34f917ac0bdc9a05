"""What a steady spend per channel brings, as the price tree reads it.

A channel's curve is the mean over the draws of its fit, ``V(x) = mean_d H_d f(x / k_d; p_d)``: the plan that earns most
on it earns most on average over what is believed, not on one best guess that is wrong. A mean of concave curves is
concave. Here belong the curves and the best spend at a price. Which price a channel pays is found in
``optimizers.channel_prices``; what is fitted is in ``optimizers.channel_fit``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizers.channel_fit import ChannelFit
from optimizers.columns import keep_columns, refuse_rows
from optimizers.errors import InvalidInputError
from optimizers.inputs import NON_NEGATIVE
from optimizers.saturation import saturate, saturation_bend, saturation_slope
from optimizers.types import BoolArray, FloatArray, IntArray

MOST_STEPS = 200  # a bracket of doubles is empty sooner
TIGHT = 4e-16  # relative: neighbouring doubles


@dataclass(frozen=True)
class ChannelCurves:
    """Steady response of channels: money a period in one currency.

    Parameters
    ----------
    node : array of shape (n_items,)
        The tree node that pays for the channel.
    height, scale, shape : array of shape (n_items, n_draws)
        Value at unlimited spend (>= 0, already times the margin), spend at which it bends (> 0), sharpness of the
        bend (> 0).
    min_cost, max_cost : array of shape (n_items,)
        Bounds of the spend, 0 <= min <= max < inf.

    Raises
    ------
    InvalidInputError
        If a number is not finite or outside its range, or shapes differ.

    Examples
    --------
    >>> one = np.ones((1, 1))
    >>> curves = ChannelCurves(np.array([0]), 100 * one, 10 * one, one, np.zeros(1), np.array([50.0]))
    >>> curves.best_cost(np.log([2.5])).round(6)  # the next 1 brings 2.5 at a spend of 10
    array([10.])
    """

    node: IntArray
    height: FloatArray
    scale: FloatArray
    shape: FloatArray
    min_cost: FloatArray
    max_cost: FloatArray

    def __post_init__(self) -> None:
        what = "cannot read channel curves"
        keep_columns(self, what, dict.fromkeys(("min_cost", "max_cost"), NON_NEGATIVE), codes=("node",))
        refuse_rows(what, "min_cost <= max_cost", self.min_cost > self.max_cost)
        parts = self.height, self.scale, self.shape
        is_shaped = all(part.ndim == 2 and part.shape == self.height.shape for part in parts)
        if not is_shaped or len(self.height) != len(self.node) or self.height.size == 0:
            shapes = [f"{name} {np.shape(getattr(self, name))}" for name in ("height", "scale", "shape")]
            raise InvalidInputError(what, "unequal shapes", "(n_items, n_draws), at least one draw", shapes)
        is_finite = np.isfinite(np.array(parts)).all(axis=0)
        is_bad = ~(is_finite & (self.height >= 0) & (self.scale > 0) & (self.shape > 0))
        refuse_rows(what, "finite, height >= 0, scale > 0, shape > 0", np.asarray(is_bad.any(axis=1)))

    @property
    def n_items(self) -> int:
        """Return the number of channels."""
        return len(self.node)

    @property
    def last_log_price(self) -> float:
        """Return a log price so low that every channel is at its most."""
        return _finite_extreme(_log(self.marginal(self.max_cost)), least=True) - 1.0

    @property
    def first_log_price(self) -> float:
        """Return a log price so high that every channel is at its least."""
        return _finite_extreme(_log(self.marginal(self.min_cost)), least=False) + 1.0

    def draw_values(self, cost: FloatArray) -> FloatArray:
        """Return the value of each draw at these spends, shape (n_items, n_draws)."""
        return self.height * saturate(cost[:, None] / self.scale, self.shape)

    def marginal(self, cost: FloatArray) -> FloatArray:
        """Return the value that the next unit of cost buys, shape (n_items,)."""
        slope = saturation_slope(cost[:, None] / self.scale, self.shape)
        return np.asarray((self.height / self.scale * slope).mean(axis=1))

    def value(self, cost: FloatArray) -> FloatArray:
        """Return the mean value at these spends, shape (n_items,)."""
        return np.asarray(self.draw_values(cost).mean(axis=1))

    def _bend(self, cost: FloatArray) -> FloatArray:
        bend = saturation_bend(cost[:, None] / self.scale, self.shape)
        return np.asarray((self.height / self.scale**2 * bend).mean(axis=1))

    def best_cost(self, log_price: FloatArray) -> FloatArray:
        """Return the spend that earns most when a unit of cost must bring ``exp(log_price)``, one price a channel.

        Newton steps on the log of the marginal value, kept inside a bracket.
        """
        low, high = self.min_cost.copy(), self.max_cost.copy()
        held_low = _log(self.marginal(self.min_cost)) <= log_price
        held_high = ~held_low & (_log(self.marginal(self.max_cost)) >= log_price)
        low, high = np.where(held_high, high, low), np.where(held_low, low, high)
        cost = (low + high) / 2
        for _ in range(MOST_STEPS):
            marginal = self.marginal(cost)
            off = _log(marginal) - log_price
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                step = cost - off * marginal / self._bend(cost)
            low, high = np.where(off >= 0, cost, low), np.where(off <= 0, cost, high)
            if _is_tight(low, high).all():
                break
            cost = np.where((step > low) & (step < high), step, (low + high) / 2)
        return cost


def curves_of_fit(
    fit: ChannelFit, node: IntArray, margin: float, min_cost: FloatArray, max_cost: FloatArray
) -> ChannelCurves:
    """Return the curves of fitted channels; ``margin`` is the value of a unit of sales (1: sales themselves)."""
    shape = np.broadcast_to(fit.shape, fit.height.T.shape)
    return ChannelCurves(node, margin * fit.height.T, fit.scale.T, shape, min_cost, max_cost)


def _is_tight(low: FloatArray, high: FloatArray) -> BoolArray:
    return np.asarray(high - low <= TIGHT * high)


def _log(values: FloatArray) -> FloatArray:
    """Return the log, -inf of 0."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(values))


def _finite_extreme(values: FloatArray, *, least: bool) -> float:
    """Return the least or largest finite value, 0 if there is none."""
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return 0.0
    return float(finite.min() if least else finite.max())
