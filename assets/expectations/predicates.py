"""The row rules as vectorised predicates: each yields a code and the mask of the rows that break it.

Here belongs what makes a row wrong. The numbers are in ``configs/expectations.yaml``; gathering reasons and splitting
the frame is the work of ``assets.expectations.rows``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator
from datetime import date, timedelta
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from assets.platforms.coded import Coded, CodedTable, constant, stretches
from assets.platforms.encoding import encode
from assets.platforms.items import as_cells
from configs.expectations_schema import KindRules, NumberRule, RowRules

MICROS = 1_000_000
PERIOD_COLUMNS = ("period_start", "period_end")
_FEW_PAIRS = 1 << 16
Mask: TypeAlias = npt.NDArray[np.bool_]
Numbers: TypeAlias = npt.NDArray[np.float64]
Broken: TypeAlias = tuple[str, str, Mask]  # rule, column ("" where it speaks of several), rows that break it


def broken_rules(rows: CodedTable, rules: RowRules, kind: KindRules, night: date) -> Iterator[Broken]:
    """Yield every rule of ``kind`` with the rows that break it; duplicates aside."""
    yield from _missing(rows, kind)
    yield from _dates(rows, kind, night)
    for column, number in rules.numbers.items():
        if column in rows:
            yield from _range(column, rows[column], number)
    yield from _texts(rows, rules)
    yield from _clicks(rows, kind)
    yield from _conversions(rows, kind)


def coded_frame(frame: pd.DataFrame, numbers: Container[str], days: Container[str]) -> CodedTable:
    """Return a frame as the rules see it; what should be a number and is not becomes infinite, so that it cannot pass."""
    columns = {str(name): _column(frame[name], str(name), numbers, days) for name in frame.columns}
    return CodedTable(columns, len(frame))


def as_numbers(series: pd.Series) -> Numbers:
    """Return the column as float64, missing as NaN; text that is no number becomes infinite, so that it cannot pass."""
    if pd.api.types.is_numeric_dtype(series.dtype):
        return series.to_numpy(dtype=np.float64, na_value=np.nan)
    values = pd.to_numeric(series, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isnan(values) & series.notna().to_numpy(dtype=bool), np.inf, values)


def number_words(column: Coded) -> Numbers:
    """Return the words of a column of numbers, missing as NaN."""
    return np.asarray(pc.fill_null(pc.cast(column.words, pa.float64(), safe=False), np.nan))


def where_word(column: Coded, is_met: Callable[[str], object], *, missing: bool = False) -> Mask:
    """Return which cells meet the test, each distinct word being tested once; ``missing`` is the answer without a word."""
    return column.where(_tested(column, is_met, missing=missing))


def _tested(column: Coded, is_met: Callable[[str], object], *, missing: bool) -> Mask:
    """Return which words meet the test."""
    words = column.words.to_pylist()
    return np.array([missing if word is None else bool(is_met(str(word))) for word in words], dtype=bool)


def is_blank(column: Coded) -> Mask:
    """Return where a value is missing or white space only."""
    if not pa.types.is_string(column.words.type):
        return column.is_missing()
    blank = pc.or_(pc.equal(column.words, ""), pc.utf8_is_space(column.words))
    return column.where(np.asarray(pc.fill_null(blank, True)))


def _column(series: pd.Series, name: str, numbers: Container[str], days: Container[str]) -> Coded:
    if name in days:
        dates = series if pd.api.types.is_datetime64_dtype(series.dtype) else pd.to_datetime(series, errors="coerce")
        return encode(pa.array(dates.to_numpy(dtype="datetime64[us]")))
    if pd.api.types.is_numeric_dtype(series.dtype):
        return encode(pa.array(series.array, from_pandas=True))
    return encode(pa.array(as_numbers(series), from_pandas=True) if name in numbers else as_cells(series))


def _missing(rows: CodedTable, kind: KindRules) -> Iterator[Broken]:
    for column in kind.required:
        yield "missing", column, is_blank(rows[column]) if column in rows else np.ones(len(rows), dtype=bool)


def _dates(rows: CodedTable, kind: KindRules, night: date) -> Iterator[Broken]:
    if not kind.date:
        return
    first, last = _day_bounds(rows, kind.date)
    oldest, newest = np.datetime64(night - timedelta(days=kind.max_age_days)), np.datetime64(night)
    days, ends = (np.asarray(one.words, dtype="datetime64[us]") for one in (first, last))
    if np.isnat(days).any() or np.isnat(ends).any():
        yield "date_missing", kind.date, first.where(np.isnat(days)) | last.where(np.isnat(ends))
    yield from _words("date_in_future", kind.date, last, ends > newest)
    yield from _words("date_too_old", kind.date, last, ends < oldest)
    if first.codes is not last.codes:
        yield "period_reversed", "", days[first.codes] > ends[last.codes]


def _day_bounds(rows: CodedTable, column: str) -> tuple[Coded, Coded]:
    """Return the first and the last day that each row speaks of: its own day, else its period."""
    nothing = constant(None, len(rows), pa.timestamp("us"))
    day, start, end = (rows.columns.get(name, nothing) for name in (column, *PERIOD_COLUMNS))
    if day.words.null_count == 0:
        return day, day
    return tuple(encode(pc.coalesce(day.values, bound.values)) for bound in (start, end))  # type: ignore[return-value]


def _range(name: str, column: Coded, rule: NumberRule) -> Iterator[Broken]:
    values = number_words(column)
    unit = MICROS if rule.is_money else 1
    infinite = np.isinf(values)
    below = values <= rule.min * unit if rule.is_min_refused else values < rule.min * unit
    if not rule.may_be_infinite:
        yield from _words("not_finite", name, column, infinite)
    yield from _words("below_minimum", name, column, below & ~infinite)
    yield from _words("above_maximum", name, column, (values > rule.max * unit) & ~infinite)


def _words(rule: str, name: str, column: Coded, is_met: Mask) -> Iterator[Broken]:
    """Yield a rule that single words break, if any does: most files break none, and rows need no look then."""
    if is_met.any():
        yield rule, name, column.where(is_met)


def _pairs(first: Coded, second: Coded, is_met: Callable[[Numbers, Numbers], Mask]) -> Mask:
    """Return the rows in which two numbers meet the test; each pair of words is tested once where there are few."""
    ones, others = number_words(first), number_words(second)
    if len(ones) * len(others) > max(len(first), _FEW_PAIRS):
        return is_met(ones.take(first.codes), others.take(second.codes))
    table = is_met(ones[:, None], others[None, :])
    if not table.any():
        return np.zeros(len(first), dtype=bool)
    wrong = np.empty(len(first), dtype=bool)
    for part in stretches(len(first)):
        wrong[part] = table[first.codes[part], second.codes[part]]
    return wrong


def _texts(rows: CodedTable, rules: RowRules) -> Iterator[Broken]:
    for name, allowed in rules.allowed.items():
        if name in rows:
            yield from _words(
                "unknown_value", name, rows[name], ~_tested(rows[name], allowed.__contains__, missing=True)
            )
    for name, pattern in rules.patterns.items():
        if name in rows:
            is_well = _tested(rows[name], re.compile(pattern).match, missing=True)
            yield from _words("malformed", name, rows[name], ~is_well)


def _clicks(rows: CodedTable, kind: KindRules) -> Iterator[Broken]:
    if kind.click_slack is None or "clicks" not in rows or "impressions" not in rows:
        return
    slack = kind.click_slack
    wrong = _pairs(rows["clicks"], rows["impressions"], lambda clicks, shown: clicks > shown + slack)
    for name, pattern in kind.click_slack_except.items() if wrong.any() else ():
        if name in rows:
            wrong = wrong & ~where_word(rows[name], re.compile(pattern).match)
    yield "clicks_over_impressions", "", wrong


def _conversions(rows: CodedTable, kind: KindRules) -> Iterator[Broken]:
    if kind.conversions_per_click is None or "clicks" not in rows or "conversions" not in rows:
        return
    most, slack = kind.conversions_per_click, kind.conversions_slack
    wrong = _pairs(rows["clicks"], rows["conversions"], lambda clicks, sold: sold > clicks * most + slack)
    yield "conversions_over_clicks", "", wrong
