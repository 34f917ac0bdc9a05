"""How long an advertisement works: spend carried over into later periods.

Here belongs the carry-over alone. How sales level off with it is in ``optimizers.saturation``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from optimizers.errors import InvalidInputError
from optimizers.types import FloatArray

START_ROWS = (
    4  # what was spent before the first row is taken to be the mean of the first rows: nobody starts at nothing
)


def carry_over(spend: ArrayLike, retention: ArrayLike, before: ArrayLike = 0.0) -> FloatArray:
    """Return the spend at work in each period: ``a[t] = retention a[t-1] + (1 - retention) spend[t]``.

    Parameters
    ----------
    spend : array of shape (n_periods, n_channels)
        Spend a period, oldest first, any unit.
    retention : array of shape (..., n_channels)
        Share of what is at work that is still at work one period later, in [0, 1).
    before : array broadcast to shape (..., n_channels)
        What is at work before the first period, in the unit of ``spend``.

    Returns
    -------
    array of shape (..., n_periods, n_channels)
        In the unit of ``spend``. Weights add up to 1: steady spend of x keeps x at work, so that the saturation of a
        steady plan does not depend on the retention.

    Raises
    ------
    InvalidInputError
        If a number is not finite, or a retention lies outside [0, 1).

    Notes
    -----
    Source: geometric adstock, S. Broadbent, "One way TV advertisements work", J. Market Research Society 21 (1979);
    normalised as in Jin, Wang, Sun, Chan & Koehler, "Bayesian methods for media mix modeling" (Google, 2017). Known
    drawback: works at most in the period of the spend; a delayed peak (television, posts of creators) is smoothed.

    Examples
    --------
    >>> carry_over(np.array([[8.0], [0.0], [0.0]]), np.array([0.5])).ravel()
    array([4., 2., 1.])
    """
    money, kept = np.asarray(spend, dtype=np.float64), np.asarray(retention, dtype=np.float64)
    is_bad = ~(np.isfinite(kept) & (kept >= 0) & (kept < 1))
    if is_bad.any() or not np.isfinite(money).all():
        limit = "finite spend, retention in [0, 1)"
        seen = f"{int(is_bad.sum())} bad retentions, {int((~np.isfinite(money)).sum())} bad spends"
        raise InvalidInputError("cannot carry spend over", seen, limit, ["spend", "retention"], "Mend these inputs.")
    at_work = (1.0 - kept)[..., None, :] * money
    at_work[..., 0, :] += kept * np.asarray(before, dtype=np.float64)
    step, weight = 1, kept[..., None, :]
    while step < len(money):  # doubling: after k passes every period holds its last 2^k, with their weights
        at_work[..., step:, :] += weight * at_work[..., :-step, :]
        step, weight = 2 * step, weight**2
    return at_work
