"""What each number shares with its kin: items of the same campaign, words, product; the rest is its own.

Here belongs the linear mixed model of values that every item has. Rates of sparse counts are fitted in ``glm``.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array

from optimizers.conjugate import solve_by_conjugate_gradients
from optimizers.effects import Effects
from optimizers.errors import InvalidInputError
from optimizers.groups import sample_rows
from optimizers.inputs import ANY, read_columns
from optimizers.types import FloatArray

TYPICAL_SHARE = 0.05  # of the values' variance in one factor: decides only where a factor has few effects
TYPICAL_WORTH = 2.0  # effects that this assumption is worth
SHARE_LIMITS = (1e-4, 10.0)
MIN_OWN = 1e-3  # of the variance; below it the values are sums of shared effects
MAX_ROUNDS = 20
ROUND_DONE = 0.02  # largest change of a log variance that no longer matters


def shared_part(values: ArrayLike, effects: Effects) -> FloatArray:
    """Return the part of each value that its kin explain: the best linear prediction M u of a linear mixed model.

    y = M u + e, u ~ Normal(0, t_f) for the effects of factor f, e ~ Normal(0, s). u solves (M'M / s + diag(1 / t)) u = M'y / s
    (Henderson 1975, "Best linear unbiased estimation and prediction under a selection model"); the variances follow from the
    fixed point of restricted maximum likelihood t_f = sum(u_f^2) / sum(1 - V / t_f), s = sum(e^2) / (n - freedom) with the
    diagonal of V (MacKay 1992, "Bayesian interpolation"). Known drawback: the diagonal ignores what effects of different
    factors share, so that variances come out somewhat small and too little is called shared.

    Parameters
    ----------
    values : array of shape (n_items,)
        In any unit, around 0.
    effects : Effects of n_items
        Which effects add up in each value.

    Returns
    -------
    array of shape (n_items,)
        In the unit of ``values``; 0 where an item has no effect, or all values are 0.

    Raises
    ------
    InvalidInputError
        If a value is not finite or lengths differ.

    Notes
    -----
    Variances come from at most 50,000 items, every n-th in order of value.

    Examples
    --------
    >>> from optimizers.effects import stack_effects
    >>> kin = stack_effects(40, [np.arange(40) // 20])
    >>> found = shared_part(np.where(np.arange(40) < 20, 1.0, -1.0), kin)
    >>> bool(found[0] > 0.9), bool(found[-1] < -0.9)
    (True, True)
    """
    what = "cannot find what kin share"
    (read,) = read_columns(what, {"values": (values, ANY)})
    if effects.matrix.shape[0] != read.size:
        seen = f"{effects.matrix.shape[0]} rows"
        raise InvalidInputError(what, seen, f"{read.size} rows", ["effects"], "Align values and effects.")
    size = float(np.sqrt(np.square(read).mean())) if read.size else 0.0
    if size == 0.0:
        return np.zeros(read.size)
    scaled = read / size
    rows = np.sort(sample_rows(scaled, np.zeros(scaled.size)))
    shares, own = _fit_variances(scaled[rows], effects.of_rows(rows))
    return np.asarray(effects.matrix @ _fit_effects(scaled, effects, shares, own)) * size


def _fit_variances(values: FloatArray, effects: Effects) -> tuple[FloatArray, float]:
    """Return the variance of each factor's effects and of what is each item's own."""
    factor, n_factors = effects.factor, effects.n_factors
    shares, own = np.full(n_factors, TYPICAL_SHARE), 1.0
    told = _told(effects)
    for _ in range(MAX_ROUNDS):
        found = _fit_effects(values, effects, shares, own)
        precision = told / own
        freedom = np.bincount(factor, precision / (precision + 1.0 / shares[factor]), n_factors)
        spread = np.bincount(factor, found**2, n_factors)
        before, shares = shares, (spread + TYPICAL_WORTH * TYPICAL_SHARE) / (freedom + TYPICAL_WORTH)
        shares = np.clip(shares, *SHARE_LIMITS)
        rest = float(np.square(values - effects.matrix @ found).sum())
        own = max(rest / max(values.size - float(freedom.sum()), 1.0), MIN_OWN)
        if np.abs(np.log(shares / before)).max(initial=0.0) < ROUND_DONE:
            break
    return shares, own


def _fit_effects(values: FloatArray, effects: Effects, shares: FloatArray, own: float) -> FloatArray:
    matrix, columns = effects.matrix, csr_array(effects.matrix.T)
    ridge = 1.0 / shares[effects.factor]
    multiply = partial(_multiply, matrix, columns, own, ridge)
    return solve_by_conjugate_gradients(multiply, columns @ values / own, _told(effects) / own + ridge)


def _multiply(matrix: csr_array, columns: csr_array, own: float, ridge: FloatArray, vector: FloatArray) -> FloatArray:
    return np.asarray(columns @ (matrix @ vector) / own + ridge * vector)


def _told(effects: Effects) -> FloatArray:
    """Return the sum of squares of each effect's column."""
    matrix = effects.matrix
    return np.asarray(np.bincount(matrix.indices, np.square(matrix.data), effects.factor.size), dtype=np.float64)
