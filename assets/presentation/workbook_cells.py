"""The cells of the review workbook: columns as data, their formats and colours, and text that cannot run as a formula.

Here belongs how a sheet is written; what the sheets say is in ``workbook_sheets``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from assets.presentation.wording import clean_text, shorten

CellKind = Literal[
    "text", "wrap", "action", "input_choice", "input_number", "input_text", "money", "change", "ratio", "share",
    "signed_share", "count", "score",
]  # fmt: skip
DECISIONS = ("accept 接受", "reject 拒绝", "override 改值")
MAX_TEXT = 2_000
ACTION_COLOURS = {
    "raise": "#d9f2e3", "lower": "#fdf0d2", "pause": "#f9d9d6", "resume": "#d6f0f0", "add": "#dbe9fb",
    "negative": "#ead9f2", "budget": "#e1e6ef", "target": "#e1e6ef", "commission": "#e1e6ef", "sign": "#fbdcec",
}  # fmt: skip
_NUMBER_FORMATS: Mapping[str, str] = {
    "money": "#,##0.00", "change": "+#,##0.00;-#,##0.00;0.00", "ratio": "0.00", "share": "0%",
    "signed_share": "+0%;-0%;0%", "count": "#,##0.##", "score": "0", "input_number": "#,##0.00",
}  # fmt: skip
_RISKY_START = frozenset("=+-@＝＋－＠")
_BASE = {"font_name": "Arial", "font_size": 10, "valign": "vcenter"}
_ROW_LINE = {"bottom": 1, "bottom_color": "#e4e8ec"}
_INPUT = {"bg_color": "#fffbe6", "border": 1, "border_color": "#e3d9a6"}


@dataclass(frozen=True)
class Column:
    """One column of a sheet: its header in both languages, how its cells are written, its values top to bottom."""

    zh: str
    en: str
    kind: CellKind
    width: float
    values: Sequence[Any]


class Formats:
    """The workbook's cell formats, each made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Any] = {}

    def get(self, **properties: Any) -> Any:
        """Return the format with ``properties`` over the base format."""
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format({**_BASE, **properties})
        return self._made[key]

    def title(self) -> Any:
        """Return the format of a sheet's title."""
        return self.get(bold=True, font_size=15)

    def note(self) -> Any:
        """Return the format of a remark under a title."""
        return self.get(font_color="#5b6570")

    def heading(self) -> Any:
        """Return the format of a section's title."""
        return self.get(bold=True, font_size=12)

    def header(self) -> Any:
        """Return the format of a table's header row."""
        return self.get(
            bold=True, font_color="#ffffff", bg_color="#24405c", text_wrap=True, border=1, border_color="#ffffff"
        )

    def cell(self, kind: CellKind) -> Any:
        """Return the format of the cells of one kind."""
        properties: dict[str, Any] = {"num_format": _NUMBER_FORMATS[kind]} if kind in _NUMBER_FORMATS else {}
        if kind.startswith("input"):
            properties.update(_INPUT)
        if kind in {"text", "wrap"}:
            properties.update(indent=1, text_wrap=kind == "wrap")
        return self.get(**{**_ROW_LINE, **properties})

    def action(self, code: str) -> Any:
        """Return the coloured format of an action's cell."""
        return self.get(bg_color=ACTION_COLOURS.get(code, "#f1f3f5"), align="center", **_ROW_LINE)


def neutralise(text: str) -> str:
    """Return ``text`` that no spreadsheet runs as a formula, also after saving as csv: such a start gets a quote."""
    is_risky = text[:1] in {"\t", "\r", "\n"} or text.lstrip()[:1] in _RISKY_START
    return f"'{text}" if is_risky else text


def safe_text(value: object) -> str:
    """Return one visible line of at most 2,000 columns that no spreadsheet runs."""
    return shorten(neutralise(clean_text(value)), MAX_TEXT)


def write_text(sheet: Any, row: int, column: int, value: object, cell_format: Any) -> None:
    """Write a text cell; nothing is ever written as a formula or a link."""
    text = safe_text(value)
    if text:
        sheet.write_string(row, column, text, cell_format)
    else:
        sheet.write_blank(row, column, None, cell_format)


def write_number(sheet: Any, row: int, column: int, value: float, cell_format: Any) -> None:
    """Write a number cell; a missing number is a blank cell."""
    if math.isfinite(value):
        sheet.write_number(row, column, value, cell_format)
    else:
        sheet.write_blank(row, column, None, cell_format)


def write_table(sheet: Any, top: int, columns: Sequence[Column], formats: Formats, actions: Sequence[str] = ()) -> int:
    """Write header and rows from row ``top`` on, return the row after the last; ``actions`` colour action cells."""
    header, n_rows = formats.header(), len(columns[0].values)
    sheet.set_row(top, 32)
    for index, column in enumerate(columns):
        sheet.write_string(top, index, f"{column.zh}\n{column.en}".strip(), header)
        _write_column(sheet, top + 1, index, column, (formats, actions))
    _add_inputs(sheet, top + 1, columns, n_rows)
    return top + 1 + n_rows


def set_widths(sheet: Any, columns: Sequence[Column]) -> None:
    """Give every column of the sheet its width."""
    for index, column in enumerate(columns):
        sheet.set_column(index, index, column.width)


def _write_column(sheet: Any, top: int, index: int, column: Column, style: tuple[Formats, Sequence[str]]) -> None:
    formats, actions = style
    if column.kind == "action":
        for row, (value, code) in enumerate(zip(column.values, actions, strict=True), start=top):
            write_text(sheet, row, index, value, formats.action(code))
        return
    cell_format = formats.cell(column.kind)
    is_number = column.kind in _NUMBER_FORMATS and column.kind != "input_number"
    write = write_number if is_number else write_text
    for row, value in enumerate(column.values, start=top):
        write(sheet, row, index, value, cell_format)


def _add_inputs(sheet: Any, top: int, columns: Sequence[Column], n_rows: int) -> None:
    if not n_rows:
        return
    rules = {
        "input_choice": {"validate": "list", "source": list(DECISIONS)},
        "input_number": {"validate": "decimal", "criteria": ">=", "value": 0},
    }
    for index, column in enumerate(columns):
        if column.kind in rules:
            sheet.data_validation(top, index, top + n_rows - 1, index, rules[column.kind])


def start_sheet(sheet: Any, formats: Formats, title: str, note: str) -> None:
    """Write title and note, and set the sheet up for a landscape page."""
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_row(0, 26)
    write_text(sheet, 0, 0, title, formats.title())
    write_text(sheet, 1, 0, note, formats.note())


def write_section(sheet: Any, formats: Formats, row: int, title: str) -> int:
    """Write a heading and return the row below it."""
    write_text(sheet, row, 0, title, formats.heading())
    return row + 1
