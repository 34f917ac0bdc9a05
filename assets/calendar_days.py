"""The calendar applied to rows: which days are outages, and how busy a day is against a usual one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from configs.schema import Calendar, Event


def outage_days(platform: pd.Series, day: pd.Series, calendar: Calendar) -> np.ndarray:
    """Return True for rows whose conversions cannot be trusted because tracking was out."""
    mask = np.zeros(len(day), dtype=bool)
    for event in calendar.events:
        if event.kind == "outage":
            mask |= _within(event, platform, day)
    return mask


def day_factors(platform: pd.Series, day: pd.Series, calendar: Calendar) -> np.ndarray:
    """Return expected clicks of each row's day against a usual day; overlapping promotions take the larger factor."""
    factor = np.ones(len(day))
    for event in calendar.events:
        if event.kind == "promotion":
            hit = _within(event, platform, day)
            factor[hit] = np.maximum(factor[hit], event.factor)
    return factor


def _within(event: Event, platform: pd.Series, day: pd.Series) -> np.ndarray:
    text = day.dt.strftime("%Y-%m-%d" if len(event.start) > len("MM-DD") else "%m-%d")
    after, before = text >= event.start, text <= event.end
    is_over_new_year = event.start > event.end and len(event.start) == len("MM-DD")
    hit = after | before if is_over_new_year else after & before
    if event.platforms:
        hit &= platform.isin(event.platforms)
    return hit.to_numpy(dtype=bool)
