"""From multipliers to bids that a platform takes: caps before the solve, steps after it, and a last look.

Here belong caps, step rounding, first bids of new items and safety masks. Fitting rounded plans back under a budget is
in ``optimizers.rounding`` and offered here too; which steps a platform has is configuration.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from optimizers.errors import InvalidInputError
from optimizers.inputs import NON_NEGATIVE, POSITIVE, Bounds, read_columns
from optimizers.rounding import RoundedPlan, RoundingChoice, round_plan
from optimizers.types import BoolArray, FloatArray

__all__ = [
    "RoundedPlan",
    "RoundingChoice",
    "RoundingMode",
    "assert_safe",
    "bid_for_new_item",
    "change_caps",
    "round_plan",
    "round_to_step",
]

RoundingMode = Literal["down", "half_up", "nearest"]
DECIMAL_MODES = {"down": ROUND_FLOOR, "half_up": ROUND_HALF_UP, "nearest": ROUND_HALF_EVEN}
DOUBTFUL = 1e-6  # of a step: closer to a tie than this, the decimal digits decide


def change_caps(
    bid0: ArrayLike,
    max_raise: ArrayLike,
    max_lower: ArrayLike,
    bid_min: ArrayLike,
    bid_max: ArrayLike,
    is_frozen: BoolArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Return the least and most multiple of today's bid, as bounds before the solve; plain arithmetic.

    Parameters
    ----------
    bid0 : array of shape (n_items,)
        Today's bids, > 0, any currency.
    max_raise, max_lower : array of shape (n_items,) or float
        Largest change a night as a share: >= 0, and in [0, 1].
    bid_min, bid_max : array of shape (n_items,) or float
        The platform's bounds, in the currency of ``bid0``; they win over the change caps.
    is_frozen : bool array of shape (n_items,), optional
        Items that may not be edited tonight (learning phase, do-not-touch): both bounds are 1.

    Returns
    -------
    min_multiplier, max_multiplier : arrays of shape (n_items,)

    Raises
    ------
    InvalidInputError
        If an input is not finite or out of range, or ``bid_min`` exceeds ``bid_max``.

    Examples
    --------
    >>> change_caps([1.0, 0.1], 0.3, 0.3, 0.2, 100.0)
    (array([0.7, 2. ]), array([1.3, 2. ]))
    """
    columns = {
        "bid0": (bid0, POSITIVE),
        "max_raise": (max_raise, NON_NEGATIVE),
        "max_lower": (max_lower, Bounds(0.0, 1.0)),
        "bid_min": (bid_min, NON_NEGATIVE),
        "bid_max": (bid_max, NON_NEGATIVE),
    }
    today, up, down, least, most = read_columns("cannot cap bids", columns)
    if (least > most).any():
        rows = [f"row {row}" for row in np.flatnonzero(least > most)]
        raise InvalidInputError("cannot cap bids", "bid_min above bid_max", "bid_min <= bid_max", rows, "Mend them.")
    low, high = (np.clip(cap, least / today, most / today) for cap in (1.0 - down, 1.0 + up))
    if is_frozen is None:
        return low, high
    return np.where(is_frozen, 1.0, low), np.where(is_frozen, 1.0, high)


def round_to_step(
    values: ArrayLike, step: float, minimum: float, maximum: float, mode: RoundingMode = "nearest"
) -> FloatArray:
    """Return values on the platform's grid of ``step``, within [minimum, maximum], exact in decimals.

    Parameters
    ----------
    values : array of shape (n_items,)
        Bids or budgets, >= 0.
    step, minimum, maximum : float
        The grid's step, > 0, and its bounds, all in the currency of ``values``. A bound between two steps counts as the
        next step inside.
    mode : "down", "half_up" or "nearest"
        ``nearest`` sends ties to the even step.

    Returns
    -------
    array of shape (n_items,)
        Each the float that is nearest to a decimal multiple of ``step``.

    Raises
    ------
    InvalidInputError
        If a value is not finite or negative, the step is not positive, the mode is unknown, or no step lies within the
        bounds.

    Notes
    -----
    Source: rounding rules of IEEE 754-2008 on decimals. A float's shortest decimal form is what people and platforms
    see (1.005 is 1.005, not 1.00499...), so ties are decided on that form. Only values near a tie take the slow exact
    path.

    Examples
    --------
    >>> round_to_step([1.005, 0.29, 7.0], 0.01, 0.05, 5.0, "half_up")
    array([1.01, 0.29, 5.  ])
    """
    what = "cannot round to steps"
    (plain,) = read_columns(what, {"values": (np.atleast_1d(values), NON_NEGATIVE)})
    read_columns(what, {"step": (step, POSITIVE), "minimum": (minimum, NON_NEGATIVE)})
    if mode not in DECIMAL_MODES:
        raise InvalidInputError(what, mode, "down, half_up or nearest", ["mode"], "Mend rounding in the platform file.")
    exact_step = Decimal(repr(float(step)))
    first = (Decimal(repr(float(minimum))) / exact_step).to_integral_value(ROUND_CEILING)
    last = Decimal(repr(float(maximum))) // exact_step if np.isfinite(maximum) else Decimal(2**52)
    if first > last:
        remedy = "Mend minimum, maximum or step of the lever in configs/platforms."
        raise InvalidInputError(what, f"{minimum:g} to {maximum:g}", f"a multiple of {step:g} inside", [], remedy)
    count = np.clip(_count_steps(plain, exact_step, mode), float(first), float(last))
    numerator, denominator = exact_step.as_integer_ratio()
    return count * numerator / denominator


def _count_steps(values: FloatArray, step: Decimal, mode: RoundingMode) -> FloatArray:
    """Return how many steps each value is rounded to."""
    quotient = values / float(step)
    count = np.floor(quotient) if mode == "down" else np.floor(quotient + 0.5)
    doubled = 2.0 * quotient
    for row in np.flatnonzero(np.abs(doubled - np.rint(doubled)) < 2 * DOUBTFUL * np.maximum(quotient, 1.0)):
        exact = Decimal(repr(float(values[row]))) / step
        count[row] = float(exact.to_integral_value(rounding=DECIMAL_MODES[mode]))
    return count


def bid_for_new_item(value_per_click: ArrayLike, price: ArrayLike, rho: ArrayLike, cap: ArrayLike) -> FloatArray:
    """Return the first bid of an item that has none: value / (price rho), at most ``cap``.

    Source: in a truthful auction a click is worth bidding its value (Vickrey 1961, "Counterspeculation, auctions, and
    competitive sealed tenders"), here over the price of money. Known drawback: no luck of few clicks is priced in but by the cap.

    Parameters
    ----------
    value_per_click : array of shape (n_items,)
        Expected margin of a click, >= 0.
    price : array of shape (n_items,) or float
        What a unit of cost must bring where the item will stand (1 + lambda), > 0.
    rho : array of shape (n_items,) or float
        Marginal cost of a click over the bid, > 0 (1 in a truthful auction).
    cap : array of shape (n_items,) or float
        Exploration limit, >= 0, in the currency of the value.

    Returns
    -------
    array of shape (n_items,)
        Bids in the currency of the value, >= 0.

    Raises
    ------
    InvalidInputError
        If an input is not finite or out of range.

    Examples
    --------
    >>> bid_for_new_item([3.0, 3.0], 1.5, 1.0, [5.0, 0.8])
    array([2. , 0.8])
    """
    columns = {
        "value_per_click": (value_per_click, NON_NEGATIVE),
        "price": (price, POSITIVE),
        "rho": (rho, POSITIVE),
        "cap": (cap, NON_NEGATIVE),
    }
    value, paid, steepness, most = read_columns("cannot bid on new items", columns)
    return np.minimum(value / (paid * steepness), most)


def assert_safe(new: ArrayLike, old: ArrayLike, max_ratio: float = 100.0) -> BoolArray:
    """Return which rows must never be published: NaN, infinite, <= 0, or ``max_ratio`` times away from the old value.

    Plain arithmetic. Known drawback: a slip of less than ``max_ratio`` passes; change caps come before.

    Parameters
    ----------
    new, old : array of shape (n_items,)
        Values in one currency; a missing ``old`` (a new item) is judged by ``new`` alone.
    max_ratio : float
        Largest allowed new / old and old / new, > 1.

    Returns
    -------
    bool array of shape (n_items,)

    Raises
    ------
    InvalidInputError
        If lengths differ or ``max_ratio`` is not above 1.

    Examples
    --------
    >>> assert_safe([1.0, np.nan, 0.0, 200.0], [1.0, 1.0, 1.0, np.nan])
    array([False,  True,  True, False])
    """
    fresh, before = np.asarray(new, dtype=np.float64), np.asarray(old, dtype=np.float64)
    if fresh.shape != before.shape:
        raise InvalidInputError("cannot judge safety", f"{fresh.shape}, {before.shape}", "one shape", ["new", "old"])
    if not max_ratio > 1.0:
        raise InvalidInputError("cannot judge safety", max_ratio, "> 1", ["max_ratio"])
    with np.errstate(invalid="ignore"):
        jumps = (fresh > max_ratio * before) | (fresh * max_ratio < before)
        return ~np.isfinite(fresh) | ~(fresh > 0) | jumps
