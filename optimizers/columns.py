"""Frozen records of columns: read once as plain arrays, so that lists, scalars and pandas columns all mean the same.

Here belongs the reading of a dataclass whose fields are columns. Checks of single arrays are in ``optimizers.inputs``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from optimizers.errors import InvalidInputError
from optimizers.inputs import SHARE, Bounds, read_codes, read_columns
from optimizers.types import BoolArray


def keep_columns(
    record: Any, what: str, floats: dict[str, Bounds], codes: tuple[str, ...] = (), flags: tuple[str, ...] = ()
) -> None:
    """Replace the named fields of a frozen dataclass by checked arrays of one length.

    Parameters
    ----------
    record : dataclass instance
        Fields of shape (n_rows,), or scalars that stand for all rows; codes must be columns.
    what : str
        What is refused on a breach, e.g. ``"cannot read keywords"``.
    floats : dict of field name to Bounds
    codes, flags : tuple of str
        Names of fields that hold whole numbers >= 0, and of those that hold yes or no.

    Raises
    ------
    InvalidInputError
        If lengths differ, a cell is NaN, infinite or out of bounds, or a code is not a whole number >= 0.
    """
    n_rows = len(getattr(record, codes[0]))
    columns: dict[str, Any] = {name: (getattr(record, name), bounds) for name, bounds in floats.items()}
    columns |= {name: (getattr(record, name), SHARE) for name in flags}
    rows: dict[str, Any] = {codes[0]: (np.zeros(n_rows), SHARE)}
    read = dict(zip([*rows, *columns], read_columns(what, rows | columns), strict=True))
    for name in floats:
        object.__setattr__(record, name, read[name])
    for name in flags:
        object.__setattr__(record, name, read[name] > 0)
    for name in codes:
        object.__setattr__(record, name, read_codes(what, name, getattr(record, name), n_rows))


def refuse_rows(what: str, rule: str, is_broken: BoolArray) -> None:
    """Raise InvalidInputError with the rows that break ``rule``."""
    rows = np.flatnonzero(is_broken)
    if rows.size:
        offenders = [f"row {row}" for row in rows]
        raise InvalidInputError(what, f"{rows.size} bad rows", rule, offenders, "Mend these rows.")
