"""From cells to bytes: csv, tsv, json and xlsx, the same bytes for the same cells on every run.

Here belongs nothing about platforms or money; the cells arrive worded from ``bid_table``.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from unicodedata import east_asian_width

import xlsxwriter

from assets.platforms.bid_table import BidTable, Cell
from configs.platform_schema import BidFileSpec

CREATED = datetime(2000, 1, 1)  # noqa: DTZ001  fixed, or two runs would differ; Excel wants it without a zone
MAX_WIDTH, SHOWN_ROWS = 44, 200  # people read action sheets; the widths follow the first rows
SUFFIXES = {"csv": ".csv", "tsv": ".tsv", "json": ".json", "xlsx": ".xlsx"}


def encode_table(spec: BidFileSpec, table: BidTable) -> bytes:
    """Return the file's bytes; raises UnicodeEncodeError when the encoding cannot hold a character."""
    if spec.format == "xlsx":
        return _encode_xlsx(spec, table)
    if spec.format == "json":
        return _encode_json(table).encode(spec.encoding)
    return _encode_lines(spec, table).encode(spec.encoding)


def _encode_lines(spec: BidFileSpec, table: BidTable) -> str:
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter="\t" if spec.format == "tsv" else ",", lineterminator=spec.line_ending)
    if spec.has_header:
        writer.writerow(table.headers)
    writer.writerows([[record.get(header, "") for header in table.headers] for record in spec.leading_rows])
    writer.writerows([["" if cell is None else str(cell) for cell in row] for row in table.rows])
    return target.getvalue()


def _encode_json(table: BidTable) -> str:
    """A list of objects, one a line; a blank cell is left out, which the API reads as unchanged."""
    lines = [
        json.dumps(
            {
                header: float(cell) if isinstance(cell, Decimal) else cell
                for header, cell in zip(table.headers, row, strict=True)
                if cell is not None
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for row in table.rows
    ]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def _width(cells: Iterable[Cell]) -> int:
    """Return how wide a column is drawn; a Chinese character takes two places."""
    texts = ("" if cell is None else str(cell) for cell in cells)
    return min(2 + max(sum(2 if east_asian_width(one) in "WF" else 1 for one in text) for text in texts), MAX_WIDTH)


def _encode_xlsx(spec: BidFileSpec, table: BidTable) -> bytes:
    """Ids and names are text cells, so that no digit of a long id is lost and nothing runs as a formula."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    book.set_properties({"created": CREATED})
    sheet = book.add_worksheet(spec.sheet)
    bold = book.add_format({"bold": True})
    sheet.freeze_panes(1, 0)
    for column, header in enumerate(table.headers):
        sheet.write_string(0, column, header, bold)
        sheet.set_column(column, column, _width([header, *(row[column] for row in table.rows[:SHOWN_ROWS])]))
    for line, row in enumerate(table.rows, start=1):
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                sheet.write_string(line, column, cell)
            elif cell is not None:
                sheet.write_number(line, column, float(cell))
    book.close()
    return target.getvalue()
