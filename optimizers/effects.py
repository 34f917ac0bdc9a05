"""Which effects add up in each item's log rate: a sparse matrix with one column an effect, and the factor of each column.

Here belongs the bookkeeping of columns. Estimating the effects is the work of ``glm``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, hstack

from optimizers.errors import InvalidInputError
from optimizers.inputs import ANY, NON_NEGATIVE, read_columns
from optimizers.types import FloatArray, IntArray


@dataclass(frozen=True)
class Signal:
    """A covariate that is itself an estimate: what another count says of each item, and how sure that is.

    Attributes
    ----------
    value : array of shape (n_items,)
        Log deviation from what is usual, 0 where nothing is told.
    log_variance : array of shape (n_items,)
        Variance of the value, >= 0; 0 also where nobody like the item tells anything.
    """

    value: FloatArray
    log_variance: FloatArray


@dataclass(frozen=True)
class Effects:
    """Effects of items, ``n_factors`` kinds of them.

    Attributes
    ----------
    matrix : sparse array of shape (n_items, n_effects)
        1 where the effect is one of the item's (a covariate's own value), otherwise 0.
    doubt : sparse array of shape (n_items, n_effects)
        Variance of the matrix's own numbers: 0 but for signals.
    factor : int array of shape (n_effects,)
        The factor of each effect, 0, 1, 2 ... in the order in which they were given.
    n_factors : int
        Factors given, those without any effect included.
    """

    matrix: csr_array
    doubt: csr_array
    factor: IntArray
    n_factors: int

    def of_rows(self, rows: IntArray) -> Effects:
        """Return the same effects for some of the items."""
        return Effects(self.matrix[rows], self.doubt[rows], self.factor, self.n_factors)


def stack_effects(n_items: int, factors: Sequence[IntArray | Signal | csr_array]) -> Effects:
    """Put factors side by side; plain arithmetic: indicator columns, and a signal as a column of its own.

    Parameters
    ----------
    n_items : int
        Rows of every factor.
    factors : sequence of arrays
        Per factor either whole codes of shape (n_items,), negative for no effect; or a signal; or a sparse matrix of shape
        (n_items, n_levels) where an item has several levels (words).

    Returns
    -------
    Effects
        Columns in the order of the factors and, within one, of the codes.

    Raises
    ------
    InvalidInputError
        If a factor has another number of rows, a number that is not finite, or a negative variance.

    Examples
    --------
    >>> stack_effects(2, [np.array([0, 1]), np.array([1, -1])]).matrix.toarray()
    array([[1., 0., 0., 1.],
           [0., 1., 0., 0.]])
    """
    parts = [_columns(n_items, factor) for factor in factors]
    sizes = [matrix.shape[1] for matrix, _ in parts]
    matrix, doubt = (
        csr_array(hstack([part[side] for part in parts] or [_none(n_items, 0)], format="csr")) for side in (0, 1)
    )
    return Effects(matrix, doubt, np.repeat(np.arange(len(parts)), sizes), len(parts))


def join_effects(first: Effects, second: Effects) -> Effects:
    """Return the effects of both, those of ``first`` before those of ``second``; both are of the same items; plain arithmetic.

    Parameters
    ----------
    first, second : Effects of n_items

    Returns
    -------
    Effects
        Of n_items; factors of ``second`` are counted on from those of ``first``.

    Raises
    ------
    ValueError
        If they are of different numbers of items (by scipy).

    Examples
    --------
    >>> one, two = (stack_effects(2, [np.array(codes)]) for codes in ([0, 1], [0, 0]))
    >>> join_effects(one, two).factor
    array([0, 0, 1])
    """
    return Effects(
        csr_array(hstack([first.matrix, second.matrix], format="csr")),
        csr_array(hstack([first.doubt, second.doubt], format="csr")),
        np.concatenate([first.factor, second.factor + first.n_factors]),
        first.n_factors + second.n_factors,
    )


def _columns(n_items: int, factor: IntArray | Signal | csr_array) -> tuple[csr_array, csr_array]:
    """Return a factor's columns and the variances of their numbers, checked."""
    what = "cannot use a factor"
    if isinstance(factor, Signal):
        signal = (("value", factor.value, ANY), ("log_variance", factor.log_variance, NON_NEGATIVE))
        read = read_columns(what, {name: (values, bounds) for name, values, bounds in signal})
        matrix, doubt = (csr_array(column.reshape(-1, 1)) for column in read)
    elif isinstance(factor, csr_array):
        matrix, doubt = factor.astype(np.float64), _none(*factor.shape)
    else:
        matrix = _indicators(factor)
        doubt = _none(*matrix.shape)
    if matrix.shape[0] != n_items:
        raise InvalidInputError(what, f"{matrix.shape[0]} rows", f"{n_items} rows", ["factor"], "Align the columns.")
    if not np.isfinite(matrix.data).all():
        raise InvalidInputError(what, "a number that is not finite", "finite numbers", ["factor"], "Mend the factor.")
    return matrix, doubt


def _none(n_items: int, n_effects: int) -> csr_array:
    return csr_array((n_items, n_effects), dtype=np.float64)


def _indicators(codes: IntArray) -> csr_array:
    """Return one column a code; a code that no item has keeps its (empty) column."""
    has_effect = codes >= 0
    starts = np.concatenate([[0], np.cumsum(has_effect)])
    width = int(codes.max(initial=-1)) + 1
    return csr_array((np.ones(int(starts[-1])), codes[has_effect], starts), shape=(codes.size, width))
