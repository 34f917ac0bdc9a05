"""Writes the sheet that says why this plan: is it the best, other budgets, what stops items, and the curve as a picture.

Here belongs the sheet; its texts come from ``proof_view``.
"""

from __future__ import annotations

import base64
import io
import math
from typing import Any

from assets.presentation.proof_view import proof_view
from assets.presentation.summary import NightSummary
from assets.presentation.workbook_cells import Column, Formats, start_sheet, write_section, write_table, write_text

TITLE = "为什么是这个方案 · Why this plan"
PICTURE_SCALE = 0.5  # pictures are drawn sharp for screens


def write_proof(sheet: Any, formats: Formats, summary: NightSummary) -> None:
    """Write the sheet; a night without a plan says so."""
    proof = summary.get("proof")
    view = proof_view(proof, summary["currency"])
    if proof is None or view is None:
        start_sheet(sheet, formats, TITLE, "今晚没有方案 · Nothing was planned tonight")
        return
    start_sheet(sheet, formats, TITLE, f"金额按天，{summary['currency']} · money a day, {summary['currency']}")
    sheet.set_column(0, 0, 44)
    sheet.set_column(1, 4, 18)
    sheet.set_column(5, 5, 80)
    row = 3
    for line in view["lines"]:
        write_text(sheet, row, 0, line["zh"], formats.note())
        write_text(sheet, row + 1, 0, line["en"], formats.note())
        row += 2
    row = write_section(sheet, formats, row + 1, "换一个预算会怎样 · What another budget would bring")
    row = write_table(sheet, row, _budget_columns(view["what_if"], proof["what_if"]), formats)
    row = write_section(sheet, formats, row + 1, "什么挡住了它们 · What stops them")
    row = write_table(sheet, row, _limit_columns(view["limits"], proof["limits"]), formats)
    if "zh" in view["charts"]:
        row = write_section(sheet, formats, row + 1, "花费与价值 · Cost and value")
        png = base64.b64decode(view["charts"]["zh"]["wide"].partition(",")[2])
        options = {
            "image_data": io.BytesIO(png),
            "x_scale": PICTURE_SCALE,
            "y_scale": PICTURE_SCALE,
            "decorative": True,
        }
        sheet.insert_image(row, 0, "curve.png", options)


def _budget_columns(texts: list[dict[str, Any]], rows: list[dict[str, Any]]) -> list[Column]:
    names = [f"{one['name']['zh']} · {one['name']['en']}" for one in texts]
    notes = [f"{one['note']['zh']} · {one['note']['en']}" if one["note"]["zh"] else "" for one in texts]
    return [
        Column("预算", "Budget", "text", 0, names),
        Column("花费/天", "Cost", "money", 0, _numbers(rows, "cost")),
        Column("价值/天", "Value", "money", 0, _numbers(rows, "value")),
        Column("目标变化", "Gain", "change", 0, _numbers(rows, "gain")),
        Column("再花 1 带回", "Next 1 returns", "ratio", 0, _numbers(rows, "price")),
        Column("说明", "Note", "text", 0, notes),
    ]


def _limit_columns(texts: list[dict[str, Any]], rows: list[dict[str, Any]]) -> list[Column]:
    return [
        Column("限制", "Limit", "text", 0, [f"{one['words']['zh']} · {one['words']['en']}" for one in texts]),
        Column("对象", "Items", "count", 0, _numbers(rows, "items")),
        Column("花费/天", "Cost", "money", 0, _numbers(rows, "cost")),
    ]


def _numbers(rows: list[dict[str, Any]], name: str) -> list[float]:
    return [math.nan if row[name] is None else float(row[name]) for row in rows]
