"""What arrays may enter an estimator: one-dimensional, equally long, finite, inside their bounds.

Here belongs the check of inputs, with all breaches collected into one error. Formulas belong to their own modules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from optimizers.errors import InvalidInputError
from optimizers.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Bounds:
    """An interval that every element must lie in; ``is_low_open`` leaves ``low`` itself out."""

    low: float = -np.inf
    high: float = np.inf
    is_low_open: bool = False
    may_be_missing: bool = False

    def or_missing(self) -> Bounds:
        """Return the same interval with NaN (missing) allowed."""
        return replace(self, may_be_missing=True)

    def broken_by(self, values: FloatArray) -> BoolArray:
        """Return which elements lie outside; infinite is always outside, NaN unless it may be missing."""
        is_above = values > self.low if self.is_low_open else values >= self.low
        is_good = np.isfinite(values) & is_above & (values <= self.high)
        return ~(is_good | np.isnan(values)) if self.may_be_missing else ~is_good

    def __str__(self) -> str:
        low = "(" if self.is_low_open or np.isinf(self.low) else "["
        high = ")" if np.isinf(self.high) else "]"
        missing = " or missing" if self.may_be_missing else ""
        return f"{low}{self.low:g}, {self.high:g}{high}{missing}"


ANY = Bounds()
NON_NEGATIVE = Bounds(low=0.0)
POSITIVE = Bounds(low=0.0, is_low_open=True)
SHARE = Bounds(low=0.0, high=1.0)
POSITIVE_SHARE = Bounds(low=0.0, high=1.0, is_low_open=True)


def read_columns(what: str, columns: Mapping[str, tuple[ArrayLike, Bounds]]) -> tuple[FloatArray, ...]:
    """Return the columns as float arrays of one length, or refuse them all with every breach named.

    Parameters
    ----------
    what : str
        What is refused on a breach, e.g. ``"cannot pool rates"``.
    columns : mapping of name to (values, bounds)
        Values of shape (n_items,), or a scalar that stands for all items. Units are the caller's.

    Returns
    -------
    tuple of arrays of shape (n_items,)
        In the order of ``columns``.

    Raises
    ------
    InvalidInputError
        If a column is not one-dimensional, lengths differ, or an element breaks its bounds.

    Examples
    --------
    >>> read_columns("cannot divide", {"clicks": ([4.0, 2.0], NON_NEGATIVE), "margin": (0.5, SHARE)})
    (array([4., 2.]), array([0.5, 0.5]))
    """
    arrays = {name: np.asarray(values, dtype=np.float64) for name, (values, _) in columns.items()}
    _refuse_shapes(what, arrays)
    size = next((array.size for array in arrays.values() if array.ndim == 1), 1)
    offenders, limits = [], []
    for name, array in arrays.items():
        bounds = columns[name][1]
        broken = np.flatnonzero(bounds.broken_by(array.reshape(-1)))
        if broken.size:
            offenders += [f"{name}[{row}] = {array.reshape(-1)[row]:g}" for row in broken[:5]]
            limits.append(f"{name} in {bounds}")
    if offenders:
        raise InvalidInputError(
            what, f"{len(offenders)} or more bad elements", "; ".join(limits), offenders, "Mend these inputs."
        )
    return tuple(np.full(size, array) if array.ndim == 0 else array for array in arrays.values())


def read_codes(what: str, name: str, codes: ArrayLike, size: int) -> IntArray:
    """Return group codes as integers >= 0 of shape (``size``,), or refuse them.

    Raises
    ------
    InvalidInputError
        If the codes are not whole numbers, one is negative, or there are not ``size`` of them.

    Examples
    --------
    >>> read_codes("cannot pool", "campaign", [0, 2, 2], 3)
    array([0, 2, 2])
    """
    array = np.asarray(codes)
    if array.shape != (size,):
        raise InvalidInputError(what, f"{name} of shape {array.shape}", f"shape ({size},)", [name])
    if not np.issubdtype(array.dtype, np.integer) and size > 0:
        raise InvalidInputError(what, f"{name} of type {array.dtype}", "whole numbers", [name], "Factorise the labels.")
    if size > 0 and array.min() < 0:
        rows = np.flatnonzero(array < 0)
        raise InvalidInputError(what, f"code {array.min()}", ">= 0", [f"{name}[{row}]" for row in rows[:5]])
    return array.astype(np.int64)


def _refuse_shapes(what: str, arrays: Mapping[str, FloatArray]) -> None:
    sizes = {array.size for array in arrays.values() if array.ndim == 1}
    if any(array.ndim > 1 for array in arrays.values()) or len(sizes) > 1:
        shapes = [f"{name} {array.shape}" for name, array in arrays.items()]
        raise InvalidInputError(what, "unequal shapes", "one dimension, one length", shapes, "Align the columns.")


def read_level(what: str, level: float) -> float:
    """Return a probability in (0, 1), or refuse it with an InvalidInputError.

    >>> read_level("cannot pool", 0.8)
    0.8
    """
    if not 0.0 < level < 1.0:
        raise InvalidInputError(what, level, "in (0, 1)", ["level"])
    return float(level)
