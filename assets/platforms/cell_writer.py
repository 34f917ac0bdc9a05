"""From cells to bytes: csv, tsv, json and xlsx, the same bytes for the same cells on every run.

Here belongs nothing about platforms or money; the cells arrive worded from ``bid_table``.
"""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from decimal import Decimal

import xlsxwriter

from assets.platforms.bid_table import BidTable
from configs.platform_schema import BidFileSpec

CREATED = datetime(2000, 1, 1)  # noqa: DTZ001  fixed, or two runs would differ; Excel wants it without a zone
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


def _encode_xlsx(spec: BidFileSpec, table: BidTable) -> bytes:
    """Ids and names are text cells, so that no digit of a long id is lost and nothing runs as a formula."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    book.set_properties({"created": CREATED})
    sheet = book.add_worksheet(spec.sheet)
    for column, header in enumerate(table.headers):
        sheet.write_string(0, column, header)
    for line, row in enumerate(table.rows, start=1):
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                sheet.write_string(line, column, cell)
            elif cell is not None:
                sheet.write_number(line, column, float(cell))
    book.close()
    return target.getvalue()
