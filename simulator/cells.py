"""Turns columns of values into the cells that platforms print, and cells into files with the platform's bytes."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from simulator.layouts import Layout
from simulator.orders import Arrays

Rendered = dict[str, list[Any]]  # header -> cells, in file order


def _censored(value: float) -> str:
    if value < 0.1:
        return "< 10%"
    return "> 90%" if value > 0.9 else f"{value:.2%}"


TEXT_STYLES: dict[str, Callable[[Any], str]] = {
    "text": str,
    "integer": lambda value: str(int(value)),
    "grouped": lambda value: f"{int(value):,}",
    "money": lambda value: f"{value:.2f}",
    "money_or_zero": lambda value: f"{value:.2f}" if value else "0",
    "plain": lambda value: f"{value:g}",
    "percent": lambda value: f"{value:.2%}",
    "censored": _censored,
    "date": lambda value: value.strftime("%Y-%m-%d"),
}
SHEET_STYLES: dict[str, Callable[[Any], Any]] = {
    "text": str,
    "integer": int,
    "count": int,
    "number": float,
    "datetime": lambda value: value,
}


def render(table: Arrays | pd.DataFrame, layout: Layout) -> Rendered:
    """Return the cells of every column of ``layout``; a missing value is the layout's null marker (None in sheets)."""
    n_rows = len(table) if isinstance(table, pd.DataFrame) else len(next(iter(table.values())))
    is_sheet = bool(layout.sheet)
    styles, blank = (SHEET_STYLES, None) if is_sheet else (TEXT_STYLES, layout.blank)
    cells: Rendered = {}
    for column in layout.columns:
        if column.source.startswith("="):
            constant = column.source[1:]
            cells[column.header] = [styles[column.style](constant)] * n_rows
        elif not column.source or column.source not in table:
            cells[column.header] = [blank] * n_rows
        else:
            style = styles[column.style]
            values = _listed(table[column.source])
            cells[column.header] = [blank if v is None or v != v or v == "" else style(v) for v in values]  # noqa: PLR0124 (NaN)
    return cells


def _listed(values: Any) -> list[Any]:
    """Return plain Python values; dates as datetimes."""
    return list(pd.DatetimeIndex(values).to_pydatetime()) if values.dtype.kind == "M" else list(values.tolist())


def encode_text(
    cells: Rendered, layout: Layout, preamble: Sequence[str] = (), footer: Sequence[Sequence[str]] = ()
) -> bytes:
    """Return the bytes of a text export: preamble lines, header, rows, footer rows, in the layout's encoding."""
    buffer = io.StringIO()
    for line in preamble:
        buffer.write(line + layout.newline)
    writer = csv.writer(buffer, delimiter=layout.delimiter, lineterminator=layout.newline)
    writer.writerow(layout.headers)
    writer.writerows(zip(*cells.values(), strict=True))
    writer.writerows(footer)
    text = buffer.getvalue()
    if layout.encoding == "utf-16":
        return b"\xff\xfe" + text.encode("utf-16-le")
    return text.encode(layout.encoding)


def fill_preamble(layout: Layout, first: date, last: date) -> tuple[str, ...]:
    """Return the layout's preamble with the report's dates in the forms that platforms print."""
    next_day = date.fromordinal(last.toordinal() + 1)
    words: Mapping[str, str] = {
        "generated": f"{next_day} 07:30",
        "stamp": f"{next_day} at 07_30_00",
        "first": f"{first:%Y%m%d}",
        "last": f"{last:%Y%m%d}",
        "first_dashed": f"{first}",
        "last_dashed": f"{last}",
        "first_words": _in_words(first),
        "last_words": _in_words(last),
        "year_first": _in_words(date(last.year - 1, last.month, 1)),
        "year_last": _in_words(date.fromordinal(date(last.year, last.month, 1).toordinal() - 1)),
    }
    return tuple(line.format(**words) for line in layout.preamble)


def write_zip(path: Path, member: str, content: bytes, day: date) -> Path:
    """Write ``content`` as the one member of a zip whose bytes depend on nothing but its arguments."""
    info = zipfile.ZipInfo(member, date_time=(day.year, day.month, day.day, 7, 30, 0))
    info.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, content)
    return path


def write_workbook(path: Path, sheets: Sequence[tuple[Layout, Rendered]], day: date) -> Path:
    """Write an xlsx whose creation date is ``day``, so that the same content gives the same bytes."""
    with xlsxwriter.Workbook(str(path), {"strings_to_numbers": False, "strings_to_formulas": False}) as book:
        book.set_properties({"created": datetime.combine(day, time(7, 30))})
        dates = book.add_format({"num_format": "yyyy-mm-dd"})
        for layout, cells in sheets:
            sheet = book.add_worksheet(layout.sheet)
            for x, (header, values) in enumerate(cells.items()):
                sheet.write_string(0, x, header)
                _write_column(sheet, x, values, dates)
    return path


def _write_column(sheet: Any, x: int, values: Sequence[Any], dates: Any) -> None:
    for y, value in enumerate(values, start=1):
        if isinstance(value, str):
            sheet.write_string(y, x, value)
        elif isinstance(value, datetime):
            sheet.write_datetime(y, x, value, dates)
        elif value is not None:
            sheet.write_number(y, x, value)


def _in_words(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"
