"""The calendar applied to rows: which days are outages or pre-sales, and which promotion phase governs a day.

Here belongs the calendar's own word. What the shop's days add to it is learned in ``assets.day_factors``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from configs.schema import Calendar, Event

NO_PHASE = -1


def outage_days(platform: pd.Series, day: pd.Series, calendar: Calendar) -> np.ndarray:
    """Return True for rows whose conversions cannot be trusted because tracking was out."""
    mask = np.zeros(len(day), dtype=bool)
    for event in calendar.events:
        if event.kind == "outage":
            mask |= _within(event, platform, day, calendar)
    return mask


def phases(platform: pd.Series, day: pd.Series, calendar: Calendar) -> np.ndarray:
    """Return which event of the calendar governs each row's day, -1 on a usual day.

    Of overlapping phases the one that differs most from a usual day counts: the largest |log factor|, of equals the first.
    """
    chosen, reach = np.full(len(day), NO_PHASE), np.full(len(day), -1.0)
    for code, event in enumerate(calendar.events):
        if event.kind != "promotion":
            continue
        strength = abs(np.log(event.factor))
        hit = _within(event, platform, day, calendar) & (strength > reach)
        chosen[hit], reach[hit] = code, strength
    return chosen


def day_factors(platform: pd.Series, day: pd.Series, calendar: Calendar) -> np.ndarray:
    """Return the calendar's own clicks factor of each row's day, 1 on a usual day."""
    factors = np.array([*(event.factor for event in calendar.events), 1.0])
    return np.asarray(factors[phases(platform, day, calendar)])


def presale_days(platform: pd.Series, day: pd.Series, calendar: Calendar) -> np.ndarray:
    """Return True for rows of days on which deposits are taken and orders follow later."""
    is_presale = np.array([*(event.presale for event in calendar.events), False])
    return np.asarray(is_presale[phases(platform, day, calendar)])


def _within(event: Event, platform: pd.Series, day: pd.Series, calendar: Calendar) -> np.ndarray:
    codes, days = pd.factorize(day)  # a window has far fewer days than rows
    hit = np.append(event_holds(event, pd.DatetimeIndex(days), calendar), False)[
        codes
    ]  # a missing day is no day of any event
    if event.platforms:
        hit &= platform.isin(event.platforms).to_numpy(dtype=bool)
    return np.asarray(hit)


def event_holds(event: Event, days: pd.DatetimeIndex, calendar: Calendar) -> np.ndarray:
    """Return which of the days belong to the event, wherever it is held, shape (n_days,)."""
    if len(days) == 0:
        return np.zeros(0, dtype=bool)
    if event.start is None or event.end is None:
        return _holds_from_anchor(event, days, calendar)
    text = days.strftime("%Y-%m-%d" if len(event.start) > len("MM-DD") else "%m-%d")
    after, before = text >= event.start, text <= event.end
    is_over_new_year = event.start > event.end  # a dated one that ends before it starts is refused by its model
    return np.asarray(after | before if is_over_new_year else after & before, dtype=bool)


def _holds_from_anchor(event: Event, days: pd.DatetimeIndex, calendar: Calendar) -> np.ndarray:
    hit = np.zeros(len(days), dtype=bool)
    for one in calendar.anchors[event.anchor].days(days.min().year - 1, days.max().year + 1):
        away = (days - pd.Timestamp(one)).days
        hit |= np.asarray((away >= event.first_day) & (away <= event.last_day))
    return hit
