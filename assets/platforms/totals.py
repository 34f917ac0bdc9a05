"""Totals rows: told from data, taken out, and used as control sums.

``equal``: the rows must add up to the totals row. ``subset``: the platform shows a part only, and the rest is named.
Rows whose cells were rounded may differ by as much as rounding explains and no more.
"""

from __future__ import annotations

import math
import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assets.platforms.cells import MICROS, as_mask
from assets.platforms.columns import CanonicalColumns
from assets.platforms.errors import Message
from assets.platforms.kinds import ADDITIVE_COLUMNS
from assets.platforms.results import ControlSum
from configs.platform_schema import TotalsSpec

_MONEY = {"cost", "conversion_value", "revenue", "refund", "fee"}
_ROUNDED_TO = 0.01
_DEVIATIONS = 4.0


def find_totals(labels: list[pa.StringArray], keys: list[pa.StringArray], spec: TotalsSpec) -> tuple[np.ndarray, list]:
    """Return (which rows are totals, each such row's label).

    A totals row carries a label in one of the ``labels`` and leaves a key column empty, which tells it from a keyword
    that is spelt like one. Where the platform writes no label, a row without any name is one.
    """
    n_rows = len(labels[0]) if labels else 0
    is_total = np.zeros(n_rows, dtype=bool)
    found = np.full(n_rows, "", dtype=object)
    gaps = [~np.asarray(pc.is_valid(column)) for column in keys]
    rows = np.flatnonzero(np.logical_or.reduce(gaps)) if len(gaps) > 1 else np.arange(n_rows)
    for column in labels:
        hit = rows[as_mask(pc.match_substring_regex(column.take(pa.array(rows)), spec.pattern))]
        new = hit[~is_total[hit]]
        found[new] = column.take(pa.array(new)).to_pylist()
        is_total[new] = True
    if spec.is_unlabelled and gaps:
        is_total |= np.logical_and.reduce(gaps)
    return is_total, list(found[is_total])


def reconcile(
    columns: CanonicalColumns,
    is_data: np.ndarray,
    is_total: np.ndarray,
    labels: list[str],
    context: tuple[TotalsSpec, int],
) -> tuple[tuple[ControlSum, ...], tuple[Message, ...]]:
    """Return the control sums and what there is to say about them; the context is the rule and the broken rows."""
    spec, n_broken = context
    if spec.rule == "none" or not labels:
        return (), ()
    data, totals = columns.keep(is_data), columns.keep(is_total)
    sums: list[ControlSum] = []
    messages: list[Message] = []
    for row in _control_rows(labels, spec):
        found = _compare(data, totals, (row, labels[row]), n_broken)
        sums += found
        messages += [_mismatch(one) for one in found if not one.holds]
    if spec.rule == "subset":
        messages += _remainder(data, totals, labels, spec)
    return tuple(sums), tuple(messages)


def sum_column(columns: CanonicalColumns, name: str) -> float | None:
    """Return a column's sum in the main unit, None where no cell is filled."""
    total = pc.sum(columns.parsed[name].values).as_py()
    if total is None:
        return None
    return total / MICROS if name in _MONEY else float(total)


def _compare(data: CanonicalColumns, totals: CanonicalColumns, row: tuple[int, str], n_broken: int) -> list[ControlSum]:
    at, label = row
    result = []
    for name in ADDITIVE_COLUMNS:
        stated = _stated(totals, name, at)
        summed = sum_column(data, name) if name in data.parsed else None
        if stated is None or summed is None:
            continue
        gap = stated - summed
        unread = n_broken + int(data.parsed[name].bad.sum())
        holds = abs(gap) <= _tolerance(name, len(data.line)) or (unread > 0 and gap > 0)
        result.append(ControlSum(label, int(totals.line[at]), name, stated, summed, holds))
    return result


def _tolerance(name: str, n_rows: int) -> float:
    """Half a cent for the label and four standard deviations of the rows' own rounding; counts are exact."""
    if name not in _MONEY and name != "conversions":
        return 0.0
    spread = min(n_rows * _ROUNDED_TO / 2, _DEVIATIONS * _ROUNDED_TO * math.sqrt(n_rows / 12))
    return _ROUNDED_TO / 2 + spread + 1e-9


def _stated(totals: CanonicalColumns, name: str, at: int) -> float | None:
    if name not in totals.parsed:
        return None
    value = totals.parsed[name].values[at].as_py()
    if value is None:
        return None
    return value / MICROS if name in _MONEY else float(value)


def _control_rows(labels: list[str], spec: TotalsSpec) -> list[int]:
    """Return the rows of the first control label that is there; rule `equal` without a control means every label."""
    if not spec.control:
        return list(range(len(labels))) if spec.rule == "equal" else []
    return next((rows for pattern in spec.control if (rows := _rows_named(labels, pattern))), [])


def _rows_named(labels: list[str], pattern: str) -> list[int]:
    return [at for at, label in enumerate(labels) if re.search(pattern, label)]


def _mismatch(one: ControlSum) -> Message:
    return Message(
        code="totals_mismatch",
        text=f"{one}: {one.stated - one.summed:,.2f} apart.",
        line=one.line,
        column=one.column,
        value=f"{one.summed:,.2f}",
        limit=f"{one.stated:,.2f}",
        remedy="Export the report again; the file is cut off or was edited.",
    )


def _remainder(data: CanonicalColumns, totals: CanonicalColumns, labels: list[str], spec: TotalsSpec) -> list[Message]:
    whole = next(iter(_rows_named(labels, spec.account)), None) if spec.account else None
    hidden = next(iter(_rows_named(labels, spec.hidden)), None) if spec.hidden else None
    stated = _stated(totals, "cost", whole) if whole is not None else None
    shown = sum_column(data, "cost") if "cost" in data.parsed else None
    if whole is None or stated is None or shown is None:
        return []
    text = f"the rows show cost {shown:,.2f} of {stated:,.2f} ({labels[whole]})"
    kept_back = _stated(totals, "cost", hidden) if hidden is not None else None
    rest = stated - shown
    if hidden is not None and kept_back is not None:
        rest -= kept_back
        text += f"; {labels[hidden]} hold {kept_back:,.2f}"
    if abs(rest) >= _ROUNDED_TO:
        text += f"; {rest:,.2f} is in neither" if hidden is not None else f"; {rest:,.2f} is not shown"
    if stated - shown < _ROUNDED_TO:
        return []
    return [
        Message(
            code="totals_remainder",
            text=f"{text}.",
            line=int(totals.line[whole]),
            column="cost",
            value=f"{shown:,.2f}",
            limit=f"{stated:,.2f}",
            remedy="Nothing to do: the platform does not show the rest.",
        )
    ]
