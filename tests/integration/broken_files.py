"""Breaks the exports of one night, each in its own way, as a user who is not root finds them."""

from __future__ import annotations

import shutil
from io import BytesIO
from pathlib import Path

from openpyxl import load_workbook


def break_exports(inbox: Path) -> None:
    """Damage the night's folder: five files that cannot be used as they are, and one folder that cannot be opened."""
    (inbox / "empty.csv").touch()
    (inbox / "picture.csv").write_bytes(bytes(range(128, 256)) * 40 + b"\x00\x01\x02")
    _cut(next(inbox.glob("*.zip")))
    _drop_column(next(inbox.glob("Sponsored Products Targeting*")), "Spend")
    _garble(inbox / "百度推广客户端_关键词_20250624.csv", share=0.3)
    (inbox / "locked").mkdir()
    shutil.copy(inbox / "products.csv", inbox / "locked" / "more_products.csv")


def _cut(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])


def _drop_column(path: Path, header: str) -> None:
    book = load_workbook(path)
    sheet = book.active
    (column,) = [cell.column for row in sheet.iter_rows(max_row=1) for cell in row if cell.value == header]
    sheet.delete_cols(column)
    written = BytesIO()
    book.save(written)
    path.write_bytes(written.getvalue())


def _garble(path: Path, share: float) -> None:
    """Put a word where the cost of a keyword stands, in the given share of the rows."""
    lines = path.read_bytes().decode("gb18030").splitlines()
    at = lines[1].split("\t").index("消费")
    rows = [number for number, line in enumerate(lines) if line.count("\t") > at and number > 1]
    for number in rows[: round(len(rows) * share) + 1]:
        cells = lines[number].split("\t")
        cells[at] = "未知"
        lines[number] = "\t".join(cells)
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode("gb18030"))
