"""Days and periods: a date column, a column of ranges, or the date line above the header.

Every distinct value is parsed once. A form that is not listed is refused, because 01/08/2026 has two readings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assets.platforms.cells import Parsed, as_mask, parse_text

_LONGEST_LINE = 2_000
_FIRST_YEAR, _LAST_YEAR = 2000, 2100
_TIME_OF_DAY = r"[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$"
_RANGE = re.compile(r"\s*(?:~|～|至|到|\s[-–]\s)\s*")
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_DATE_IN_TEXT = re.compile(
    rf"\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{4}}年\d{{1,2}}月\d{{1,2}}日|(?<!\d)20\d{{6}}(?!\d)"
    rf"|{_MONTH} \d{{1,2}}, \d{{4}}|\d{{1,2}} {_MONTH} \d{{4}}"
)
_NOT_THE_PERIOD = re.compile(r"生成时间|下载时间|导出时间|Report Time|Downloaded|Keyword Stats", re.IGNORECASE)
_PERIOD_LABEL = re.compile(r"时间范围|日期|统计时间|Date range|Period", re.IGNORECASE)


def parse_dates(cells: pa.StringArray, formats: tuple[str, ...]) -> tuple[Parsed, Parsed]:
    """Return (first day, last day) of every cell; a plain date is both."""
    text = parse_text(cells).values
    text = pc.replace_substring_regex(text, _TIME_OF_DAY, "")
    encoded = pc.dictionary_encode(text)
    spans = [_span(word, formats) for word in encoded.dictionary.to_pylist()]
    first, last = (
        pa.array([span[side] if span else None for span in spans], pa.timestamp("us")).take(encoded.indices)
        for side in (0, 1)
    )
    bad = as_mask(pc.and_(pc.is_valid(text), pc.is_null(first)))
    return Parsed(first, bad), Parsed(last, bad)


def preamble_period(lines: Iterable[str], formats: tuple[str, ...]) -> tuple[date, date] | None:
    """Return the period named above the header: a line with two dates, else the one date of a date line."""
    single: date | None = None
    for line in lines:
        if len(line) > _LONGEST_LINE or _NOT_THE_PERIOD.search(line):
            continue
        days = [day for text in _DATE_IN_TEXT.findall(line) if (day := _day(text, formats))]
        if len(days) == 2 and days[0] <= days[1]:
            return days[0].date(), days[1].date()
        if len(days) == 1 and single is None and _is_date_line(line):
            single = days[0].date()
    return (single, single) if single is not None else None


def is_one_day(first: pa.Array, last: pa.Array) -> bool:
    """Return whether every row's period is a single day."""
    return bool(np.all(np.asarray(pc.fill_null(pc.equal(first, last), True))))


def _is_date_line(line: str) -> bool:
    rest = _DATE_IN_TEXT.sub("", line).strip(" \t,;\"'=")
    return not rest or _PERIOD_LABEL.search(line) is not None


def _span(word: str | None, formats: tuple[str, ...]) -> tuple[datetime, datetime] | None:
    if word is None:
        return None
    day = _day(word, formats)
    if day is not None:
        return day, day
    parts = [_day(part, formats) for part in _RANGE.split(word)]
    if len(parts) == 2 and parts[0] is not None and parts[1] is not None and parts[0] <= parts[1]:
        return parts[0], parts[1]
    return None


def _day(text: str, formats: tuple[str, ...]) -> datetime | None:
    for form in formats:
        try:
            day = datetime.strptime(text.strip(), form)  # noqa: DTZ007 - a report day has no time zone of its own
        except ValueError:
            continue
        return day if _FIRST_YEAR <= day.year < _LAST_YEAR else None
    return None
