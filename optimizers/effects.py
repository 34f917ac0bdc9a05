"""Which effects add up in each item's log rate: a sparse matrix with one column an effect, and the factor of each column.

Here belongs the bookkeeping of columns. Estimating the effects is the work of ``glm``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, hstack

from optimizers.errors import InvalidInputError
from optimizers.types import FloatArray, IntArray


@dataclass(frozen=True)
class Effects:
    """Effects of items, ``n_factors`` kinds of them.

    Attributes
    ----------
    matrix : sparse array of shape (n_items, n_effects)
        1 where the effect is one of the item's (a covariate's own value), otherwise 0.
    factor : int array of shape (n_effects,)
        The factor of each effect, 0, 1, 2 ... in the order in which they were given.
    n_factors : int
        Factors given, those without any effect included.
    """

    matrix: csr_array
    factor: IntArray
    n_factors: int

    def of_rows(self, rows: IntArray) -> Effects:
        """Return the same effects for some of the items."""
        return Effects(self.matrix[rows], self.factor, self.n_factors)


def stack_effects(n_items: int, factors: Sequence[IntArray | FloatArray | csr_array]) -> Effects:
    """Put factors side by side.

    Parameters
    ----------
    n_items : int
        Rows of every factor.
    factors : sequence of arrays
        Per factor either whole codes of shape (n_items,), negative for no effect; or a covariate of shape (n_items,), float,
        0 where it is not told; or a sparse matrix of shape (n_items, n_levels) where an item has several levels (words).

    Returns
    -------
    Effects
        Columns in the order of the factors and, within one, of the codes.

    Raises
    ------
    InvalidInputError
        If a factor has another number of rows, or a number that is not finite.

    Examples
    --------
    >>> stack_effects(2, [np.array([0, 1]), np.array([1, -1])]).matrix.toarray()
    array([[1., 0., 0., 1.],
           [0., 1., 0., 0.]])
    """
    parts = [_columns(n_items, factor) for factor in factors]
    if not parts:
        return Effects(csr_array((n_items, 0)), np.zeros(0, dtype=np.int64), 0)
    sizes = [part.shape[1] for part in parts]
    matrix = csr_array(hstack(parts, format="csr"))
    return Effects(matrix, np.repeat(np.arange(len(parts)), sizes), len(parts))


def _columns(n_items: int, factor: IntArray | FloatArray | csr_array) -> csr_array:
    what = "cannot use a factor"
    if factor.shape[0] != n_items:
        raise InvalidInputError(what, f"{factor.shape[0]} rows", f"{n_items} rows", ["factor"], "Align the columns.")
    if isinstance(factor, csr_array):
        matrix = factor.astype(np.float64)
    elif np.issubdtype(factor.dtype, np.integer):
        matrix = _indicators(factor.astype(np.int64))
    else:
        matrix = csr_array(np.asarray(factor, dtype=np.float64).reshape(-1, 1))
    if not np.isfinite(matrix.data).all():
        raise InvalidInputError(what, "a number that is not finite", "finite numbers", ["factor"], "Mend the factor.")
    return matrix


def _indicators(codes: IntArray) -> csr_array:
    """Return one column a code; a code that no item has keeps its (empty) column."""
    has_effect = codes >= 0
    starts = np.concatenate([[0], np.cumsum(has_effect)])
    width = int(codes.max(initial=-1)) + 1
    return csr_array((np.ones(int(starts[-1])), codes[has_effect], starts), shape=(codes.size, width))
