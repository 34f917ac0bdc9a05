"""The row rules as vectorised predicates: each yields a code and the mask of the rows that break it.

Here belongs what makes a row wrong. The numbers are in ``configs/expectations.yaml``; gathering reasons and splitting
the frame is the work of ``assets.expectations.rows``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from configs.expectations_schema import KindRules, NumberRule, RowRules

MICROS = 1_000_000
PERIOD_COLUMNS = ("period_start", "period_end")
Mask: TypeAlias = npt.NDArray[np.bool_]
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
    values = pd.to_numeric(series, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    if pd.api.types.is_numeric_dtype(series.dtype):
        return values
    return np.where(np.isnan(values) & series.notna().to_numpy(dtype=bool), np.inf, values)


def is_blank(series: pd.Series) -> Mask:
    """Return where a value is missing or white space only."""
    blank = series.isna().to_numpy(dtype=bool)
    if pd.api.types.is_string_dtype(series.dtype):
        blank = blank | series.str.strip().eq("").fillna(False).to_numpy(dtype=bool)
    return blank


def day_bounds(frame: pd.DataFrame, column: str) -> tuple[pd.Series, pd.Series]:
    """Return the first and the last day that each row speaks of: its own day, else its period."""
    day = _days(frame, column)
    return day.fillna(_days(frame, PERIOD_COLUMNS[0])), day.fillna(_days(frame, PERIOD_COLUMNS[1]))


def _days(frame: pd.DataFrame, column: str) -> pd.Series:
    if column in frame:
        return pd.to_datetime(frame[column], errors="coerce").astype("datetime64[us]")
    return pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us]")


def _missing(frame: pd.DataFrame, kind: KindRules) -> Iterator[Broken]:
    for column in kind.required:
        absent = column not in frame
        yield "missing", column, np.ones(len(frame), dtype=bool) if absent else is_blank(frame[column])


def _dates(frame: pd.DataFrame, kind: KindRules, night: date) -> Iterator[Broken]:
    if not kind.date:
        return
    first, last = day_bounds(frame, kind.date)
    oldest = pd.Timestamp(night - timedelta(days=kind.max_age_days))
    yield "date_missing", kind.date, (first.isna() | last.isna()).to_numpy(dtype=bool)
    yield "date_in_future", kind.date, (last > pd.Timestamp(night)).to_numpy(dtype=bool)
    yield "date_too_old", kind.date, (last < oldest).to_numpy(dtype=bool)
    yield "period_reversed", "", (first > last).to_numpy(dtype=bool)


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
            wrong = frame[column].notna() & ~frame[column].isin(allowed)
            yield "unknown_value", column, wrong.to_numpy(dtype=bool)
    for column, pattern in rules.patterns.items():
        if column in frame:
            text = frame[column].astype("str")
            wrong = text.notna() & ~text.str.match(pattern).fillna(False).astype(bool)
            yield "malformed", column, wrong.to_numpy(dtype=bool)


def _clicks(frame: pd.DataFrame, kind: KindRules) -> Iterator[Broken]:
    if kind.click_slack is None or not {"clicks", "impressions"} <= set(frame.columns):
        return
    wrong = as_numbers(frame["clicks"]) > as_numbers(frame["impressions"]) + kind.click_slack
    for column, pattern in kind.click_slack_except.items():
        if column in frame:
            wrong = wrong & ~frame[column].astype("str").str.match(pattern).fillna(False).to_numpy(dtype=bool)
    yield "clicks_over_impressions", "", wrong


def _conversions(frame: pd.DataFrame, kind: KindRules) -> Iterator[Broken]:
    if kind.conversions_per_click is None or not {"clicks", "conversions"} <= set(frame.columns):
        return
    limit = as_numbers(frame["clicks"]) * kind.conversions_per_click + kind.conversions_slack
    yield "conversions_over_clicks", "", as_numbers(frame["conversions"]) > limit
