"""Linear systems too large to factorise, by conjugate gradients with sums in a fixed order.

Here belongs the solver alone. (scipy's own sums by threaded dot products, whose last digits change with the threads.)
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from optimizers.types import FloatArray

MAX_ITERATIONS = 200
RELATIVE_RESIDUAL = 1e-3


def solve_by_conjugate_gradients(
    multiply: Callable[[FloatArray], FloatArray],
    target: FloatArray,
    diagonal: FloatArray,
    tolerance: float = RELATIVE_RESIDUAL,
) -> FloatArray:
    """Solve A x = target for a symmetric positive definite A, preconditioned by its diagonal.

    Source: Hestenes and Stiefel (1952), "Methods of conjugate gradients for solving linear systems". Stops when the
    residual, in the norm of the preconditioner, has fallen by ``tolerance``; meant for Newton steps, which need no more.
    Known drawback: a badly scaled A may need more than 200 steps; what is found by then is returned.

    Parameters
    ----------
    multiply : function of an array of shape (n,)
        Returns A times it.
    target : array of shape (n,)
        The right side.
    diagonal : array of shape (n,)
        Of A, > 0.
    tolerance : float
        Relative residual, > 0.

    Returns
    -------
    array of shape (n,)
        After at most 200 steps.

    Raises
    ------
    Nothing
        A matrix that is not positive definite is not noticed.

    Examples
    --------
    >>> solve_by_conjugate_gradients(lambda x: 2.0 * x, np.array([2.0, 4.0]), np.full(2, 2.0))
    array([1., 2.])
    """
    found, residual = np.zeros(target.size), target.astype(np.float64)
    direction = residual / diagonal
    strength = float((residual * direction).sum())
    enough = strength * tolerance**2
    for _ in range(MAX_ITERATIONS):
        if strength <= enough or strength == 0.0:
            break
        image = multiply(direction)
        length = strength / float((direction * image).sum())
        found, residual = found + length * direction, residual - length * image
        scaled = residual / diagonal
        before, strength = strength, float((residual * scaled).sum())
        direction = scaled + (strength / before) * direction
    return found
