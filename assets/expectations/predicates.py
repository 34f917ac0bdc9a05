"""The row rules as vectorised predicates: each yields a code and the mask of the rows that break it.

Here belongs what makes a row wrong. The numbers are in ``configs/expectations.yaml``; gathering reasons and splitting
the frame is the work of ``assets.expectations.rows``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from configs.expectations_schema import KindRules, NumberRule, RowRules

MICROS = 1_000_000
PERIOD_COLUMNS = ("period_start", "period_end")
Mask: TypeAlias = npt.NDArray[np.bool_]
Days: TypeAlias = npt.NDArray[np.datetime64]
Broken: TypeAlias = tuple[str, str, Mask]  # rule, column ("" where it speaks of several), rows that break it


def broken_rules(frame: pd.DataFrame, rules: RowRules, kind: KindRules, night: date) -> Iterator[Broken]:
    """Yield every rule of ``kind`` with the rows that break it; duplicates aside."""
    yield from _missing(frame, kind)
    yield from _dates(frame, kind, night)
    for column, number in rules.numbers.items():
        if column in frame:
            yield from _range(frame[column], number)
    yield from _texts(frame, rules)
    yield from _clicks(frame, kind)
    yield from _conversions(frame, kind)


def as_numbers(series: pd.Series) -> npt.NDArray[np.float64]:
    """Return the column as float64, missing as NaN; text that is no number becomes infinite, so that it cannot pass."""
    if pd.api.types.is_numeric_dtype(series.dtype):
        return series.to_numpy(dtype=np.float64, na_value=np.nan)
    values = pd.to_numeric(series, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isnan(values) & series.notna().to_numpy(dtype=bool), np.inf, values)


def where_word(series: pd.Series, is_met: Callable[[str], object], *, missing: bool = False) -> Mask:
    """Return which cells meet the test, each distinct word being tested once; ``missing`` is the answer without a word."""
    codes, words = pd.factorize(series)
    met = [bool(is_met(str(word))) for word in np.asarray(words, dtype=object)]
    return np.array([*met, missing], dtype=bool)[codes]  # a missing cell has the code -1


def is_blank(series: pd.Series) -> Mask:
    """Return where a value is missing or white space only."""
    return ~where_word(series, str.strip)


def day_bounds(frame: pd.DataFrame, column: str) -> tuple[Days, Days]:
    """Return the first and the last day that each row speaks of: its own day, else its period."""
    day, (start, end) = _days(frame, column), (_days(frame, name) for name in PERIOD_COLUMNS)
    is_missing = np.isnat(day)
    return np.where(is_missing, start, day), np.where(is_missing, end, day)


def _days(frame: pd.DataFrame, column: str) -> Days:
    if column not in frame:
        return np.full(len(frame), np.datetime64("NaT", "us"))
    days = frame[column]
    if not pd.api.types.is_datetime64_dtype(days.dtype):
        days = pd.to_datetime(days, errors="coerce")
    return days.to_numpy(dtype="datetime64[us]")


def _missing(frame: pd.DataFrame, kind: KindRules) -> Iterator[Broken]:
    for column in kind.required:
        absent = column not in frame
        yield "missing", column, np.ones(len(frame), dtype=bool) if absent else is_blank(frame[column])


def _dates(frame: pd.DataFrame, kind: KindRules, night: date) -> Iterator[Broken]:
    if not kind.date:
        return
    first, last = day_bounds(frame, kind.date)
    yield "date_missing", kind.date, np.isnat(first) | np.isnat(last)
    yield "date_in_future", kind.date, last > np.datetime64(night)
    yield "date_too_old", kind.date, last < np.datetime64(night - timedelta(days=kind.max_age_days))
    yield "period_reversed", "", first > last


def _range(series: pd.Series, rule: NumberRule) -> Iterator[Broken]:
    values = as_numbers(series)
    unit = MICROS if rule.is_money else 1
    infinite = np.isinf(values)
    below = values <= rule.min * unit if rule.is_min_refused else values < rule.min * unit
    if not rule.may_be_infinite:
        yield "not_finite", str(series.name), infinite
    yield "below_minimum", str(series.name), below & ~infinite
    yield "above_maximum", str(series.name), (values > rule.max * unit) & ~infinite


def _texts(frame: pd.DataFrame, rules: RowRules) -> Iterator[Broken]:
    for column, allowed in rules.allowed.items():
        if column in frame:
            yield "unknown_value", column, ~where_word(frame[column], allowed.__contains__, missing=True)
    for column, pattern in rules.patterns.items():
        if column in frame:
            yield "malformed", column, ~where_word(frame[column], re.compile(pattern).match, missing=True)


def _clicks(frame: pd.DataFrame, kind: KindRules) -> Iterator[Broken]:
    if kind.click_slack is None or not {"clicks", "impressions"} <= set(frame.columns):
        return
    wrong = as_numbers(frame["clicks"]) > as_numbers(frame["impressions"]) + kind.click_slack
    for column, pattern in kind.click_slack_except.items():
        if column in frame:
            wrong = wrong & ~where_word(frame[column], re.compile(pattern).match)
    yield "clicks_over_impressions", "", wrong


def _conversions(frame: pd.DataFrame, kind: KindRules) -> Iterator[Broken]:
    if kind.conversions_per_click is None or not {"clicks", "conversions"} <= set(frame.columns):
        return
    limit = as_numbers(frame["clicks"]) * kind.conversions_per_click + kind.conversions_slack
    yield "conversions_over_clicks", "", as_numbers(frame["conversions"]) > limit
