"""A platform's own bid landscape: what a keyword would get at other bids, read as elasticities around today's bid.

Here belongs the fit of the told points. What own experiments say is ``optimizers.elasticity``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from optimizers.inputs import NON_NEGATIVE, POSITIVE, read_codes, read_columns
from optimizers.types import BoolArray, FloatArray, IntArray

REACH = 0.7  # sd of log(bid / today's bid) at which a point still counts: a doubling weighs 0.6, four times 0.14
MIN_ETA, MAX_ETA = (
    0.05,
    3.0,
)  # flatter than 0.05: a bid changes nothing that could be seen; steeper is a cliff, no curve
MIN_KAPPA, MAX_KAPPA = 0.5, 2.0
# Platforms' simulators replay last week's auctions without rivals' answers; two of three lie within 15 % (an assumption).
ETA_LOG_SD = 0.15


@dataclass(frozen=True)
class Landscape:
    """Response of each keyword, arrays of shape (n_keywords,); only where ``is_known``, else 1.

    ``eta``: elasticity of clicks; ``rho``: cost of the next click over today's bid; ``kappa``: its elasticity.
    """

    eta: FloatArray
    rho: FloatArray
    kappa: FloatArray
    is_known: BoolArray


def fit_landscape(keyword: ArrayLike, bid: ArrayLike, clicks: ArrayLike, cost: ArrayLike, bid0: ArrayLike) -> Landscape:
    """Fit log clicks = a + eta log m and log(marginal cost / bid0) = log rho + kappa log m around m = bid / bid0 = 1.

    Weighted least squares; a point weighs exp(-(log m)^2 / (2 0.7^2)). The marginal cost between two neighbouring points,
    d cost / d clicks, stands at the geometric mean of their bids. One such step leaves kappa = 1.

    Parameters
    ----------
    keyword : int array of shape (n_points,)
        Codes 0 ... n_keywords - 1.
    bid, clicks, cost : arrays of shape (n_points,)
        The told points: bid > 0, clicks >= 0, cost >= 0 in the money of ``bid``; clicks and cost of one period, any length.
    bid0 : array of shape (n_keywords,)
        Today's bids, > 0, same money.

    Returns
    -------
    Landscape
        Known where at least two bids with clicks are told, clicks and cost never fall as the bid rises, and both do rise.

    Raises
    ------
    InvalidInputError
        If a number is not finite or out of range, or lengths differ.

    Notes
    -----
    Source: Feldman, Muthukrishnan, Pal & Stein 2007 (landscapes as clicks and cost by bid). Known drawback: a landscape with
    steps is read as a smooth curve.

    Examples
    --------
    >>> found = fit_landscape([0, 0, 0], [1.0, 2.0, 4.0], [50.0, 100.0, 200.0], [25.0, 100.0, 400.0], [2.0])
    >>> found.eta.round(2), found.rho.round(2), found.kappa.round(2)
    (array([1.]), array([1.06]), array([1.]))
    """
    what = "cannot read a landscape"
    columns = {"bid": (bid, POSITIVE), "clicks": (clicks, NON_NEGATIVE), "cost": (cost, NON_NEGATIVE)}
    bids, seen, paid = read_columns(what, columns)
    (today,) = read_columns(what, {"bid0": (np.atleast_1d(bid0), POSITIVE)})
    code = read_codes(what, "keyword", keyword, bids.size)
    order = np.lexsort((bids, code))
    code, bids, seen, paid = code[order], bids[order], seen[order], paid[order]
    n, log_m = len(today), np.log(bids / today[code])
    is_usable = _usable(code, bids, seen, paid, n)
    has_clicks = seen > 0
    level = np.log(np.where(has_clicks, seen, 1.0))
    eta, _ = _slopes(code, log_m, level, _weights(log_m) * has_clicks, np.ones(n))
    steps = np.flatnonzero((np.diff(code) == 0) & (np.diff(seen) > 0) & (np.diff(paid) > 0))
    middle = (log_m[steps] + log_m[steps + 1]) / 2.0
    marginal = np.log(np.diff(paid)[steps] / np.diff(seen)[steps] / today[code[steps]])
    kappa, log_rho = _slopes(code[steps], middle, marginal, _weights(middle), np.ones(n), (MIN_KAPPA, MAX_KAPPA))
    known = is_usable & (np.bincount(code[steps], minlength=n) > 0) & (eta > 0)
    pick = [np.where(known, one, 1.0) for one in (np.clip(eta, MIN_ETA, MAX_ETA), np.exp(log_rho), kappa)]
    return Landscape(pick[0], pick[1], pick[2], known)


def _weights(log_m: FloatArray) -> FloatArray:
    return np.asarray(np.exp(-0.5 * (log_m / REACH) ** 2))


def _usable(code: IntArray, bids: FloatArray, clicks: FloatArray, cost: FloatArray, n: int) -> BoolArray:
    """Return which keywords have two different bids with clicks, and never fewer clicks or less cost at a higher bid."""
    is_step = np.diff(code) == 0
    falls = is_step & ((np.diff(clicks) < 0) | (np.diff(cost) < 0))
    rises = is_step & (np.diff(bids) > 0) & (clicks[:-1] > 0)
    n_falls, n_rises = (np.bincount(code[1:], one, minlength=n) for one in (falls, rises))
    return (n_falls == 0) & (n_rises > 0)


def _slopes(
    code: IntArray, x: FloatArray, y: FloatArray, weight: FloatArray, alone: FloatArray,
    limits: tuple[float, float] = (-np.inf, np.inf),
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """Return each group's weighted slope within its limits and the value at x = 0; ``alone`` is the slope of a single point."""
    n = len(alone)

    def total(values: FloatArray) -> FloatArray:
        return np.bincount(code, weight * values, minlength=n).astype(np.float64)

    mass = np.maximum(total(np.ones(len(x))), np.finfo(np.float64).tiny)
    mean_x, mean_y = total(x) / mass, total(y) / mass
    spread = total((x - mean_x[code]) ** 2)
    along = total((x - mean_x[code]) * (y - mean_y[code]))
    has_spread = spread > 1e-12 * mass
    slope = np.clip(np.where(has_spread, np.divide(along, spread, out=np.zeros(n), where=has_spread), alone), *limits)
    return slope, mean_y - slope * mean_x
