"""How sales level off with spend: one concave family between the forms that are in use.

``f(u) = u / (1 + u^p)^(1/p)`` with ``f(0) = 0``, ``f'(0) = 1``, ``f(inf) = 1``. p = 1 is the Hill curve of slope 1
(Michaelis-Menten), p near 1.5 lies beside ``1 - exp(-u)``, p near 2.5 beside ``tanh(u)``. Here belong the curve and its
derivatives; fitting them is in ``optimizers.channel_fit``.

Why one family and not a choice among forms: data of one shop hardly tell the forms apart, and an interval that knows
one form only is too narrow. Why concave: the optimum is then unique and can be proven. Known drawback: an S-shape
("too little to be noticed") is not in the family; below such a threshold the plan is too hopeful.

Source: T. T. Bannister, "Quantitative description of steady state, nutrient-saturated algal growth", Limnology and
Oceanography 24 (1979), where light takes the place of spend.
"""

from __future__ import annotations

import numpy as np

from optimizers.types import FloatArray

TINY = 1e-300  # stands for a spend of nothing under a logarithm


def saturate(load: FloatArray, shape: FloatArray) -> FloatArray:
    """Return ``u / (1 + u^p)^(1/p)``, the share of the most that can be had.

    Parameters
    ----------
    load : array of any shape
        u: spend at work over the channel's scale, >= 0 (dimensionless).
    shape : array broadcast to it
        p > 0: how sharply the curve bends.

    Returns
    -------
    array
        In [0, 1), rising and concave in ``load``.

    Raises
    ------
    Nothing: callers have checked their arrays; NaN stays NaN.

    Examples
    --------
    >>> saturate(np.array([0.0, 1.0, 3.0]), np.array(1.0))
    array([0.  , 0.5 , 0.75])
    """
    return np.asarray(load * np.exp(-_log_power_sum(load, shape) / shape))


def saturation_slope(load: FloatArray, shape: FloatArray) -> FloatArray:
    """Return ``f'(u) = (1 + u^p)^(-1 - 1/p)``, which falls from 1 to 0; shapes as in ``saturate``.

    Examples
    --------
    >>> saturation_slope(np.array([0.0, 1.0, 3.0]), np.array(1.0))
    array([1.    , 0.25  , 0.0625])
    """
    return np.exp(-(1 + 1 / shape) * _log_power_sum(load, shape))


def saturation_bend(load: FloatArray, shape: FloatArray) -> FloatArray:
    """Return ``f''(u) = -(1 + p) u^(p-1) (1 + u^p)^(-2 - 1/p)``, <= 0; shapes as in ``saturate``.

    Minus infinity at u = 0 where p < 1.

    Examples
    --------
    >>> saturation_bend(np.array([1.0]), np.array(1.0))
    array([-0.25])
    """
    log_load = np.log(np.maximum(load, TINY))
    return -(1 + shape) * np.exp((shape - 1) * log_load - (2 + 1 / shape) * _log_power_sum(load, shape))


def _log_power_sum(load: FloatArray, shape: FloatArray) -> FloatArray:
    """Return ``log(1 + u^p)`` without overflow."""
    return np.logaddexp(0.0, shape * np.log(np.maximum(load, TINY)))
