"""Writes the review workbook: what changes, the twenty rows to look at, bulk decisions, holds and how to use it.

Here belongs one function a sheet. The rows come from ``workbook_rows``, cells and formats from ``workbook_cells``;
reading the returned workbook is not done here.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from assets.presentation.budget_words import node_sentences, top_nodes
from assets.presentation.reasons import settings_of
from assets.presentation.summary import MONEY_LINES, NightSummary, check_summary
from assets.presentation.tables import MONEY_WORDS, date_text, held_rows
from assets.presentation.wording import (
    action_words,
    node_title,
    platform_title,
    read_numbers,
    read_texts,
    require_columns,
)
from assets.presentation.workbook_cells import (
    Column,
    Formats,
    set_widths,
    start_sheet,
    write_section,
    write_table,
    write_text,
)
from assets.presentation.workbook_proof import write_proof
from assets.presentation.workbook_rows import (
    LOOK_ROWS,
    MAX_CHANGES,
    Changes,
    bulk_columns,
    change_columns,
    collect_changes,
    look_columns,
    places_to_look,
)
from configs.reasons_schema import load_reasons
from configs.schema import Settings

SHEETS = (
    "总览 Overview", "看这20个 Look at these 20", "变更 Changes", "批量决定 Bulk decisions", "暂停平台 Holds",
    "为什么 Why this plan", "说明 Notes",
)  # fmt: skip


def write_workbook(
    path: Path,
    recommendations: pd.DataFrame,
    platform_status: pd.DataFrame,
    nodes: pd.DataFrame,
    summary: NightSummary,
    settings: Settings | None = None,
) -> Path:
    """Write the review workbook to ``path`` and return it; the same input gives the same bytes.

    ``settings`` gives the ROAS lines that sentences quote; without them the packaged ones count.
    """
    import xlsxwriter  # noqa: PLC0415 - only this function writes workbooks

    check_summary(summary)
    require_columns(platform_status, ["platform", "is_held", "reason_zh", "reason_en"], "platform_status")
    changes = collect_changes(recommendations, settings_of(summary, settings))
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": f"Bidwright {summary['night']}", "created": datetime.fromisoformat(summary["night"])})
    formats = Formats(book)
    sheets = [book.add_worksheet(name) for name in SHEETS]
    places = places_to_look(changes)
    _write_overview(sheets[0], formats, summary, changes, nodes)
    _write_look(sheets[1], formats, changes, places)
    _write_changes(sheets[2], formats, changes)
    _write_bulk(sheets[3], formats, changes)
    _write_holds(sheets[4], formats, platform_status)
    write_proof(sheets[5], formats, summary)
    _write_notes(sheets[6], formats)
    book.close()
    path.write_bytes(buffer.getvalue())
    return path


def count_text(changes: Changes) -> str:
    """Return how many changes there are and how many the workbook lists."""
    n_listed = len(changes.rows)
    rest = "" if n_listed == changes.n_all else "；其余见同夜的数据表 · the rest is in the night's table"
    return f"共 {changes.n_all:,} 项变更，列出 {n_listed:,} 项 · {changes.n_all:,} changes, {n_listed:,} listed{rest}"


def _write_overview(sheet: Any, formats: Formats, summary: NightSummary, changes: Changes, nodes: pd.DataFrame) -> None:
    start_sheet(sheet, formats, f"Bidwright · {summary['night']}", count_text(changes))
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 12, 14)
    row = write_section(sheet, formats, 3, "钱，每天 · Money a day")
    row = write_table(sheet, row, _money_columns(summary), formats)
    row = write_section(sheet, formats, row + 1, "各平台动作 · Actions by platform")
    row = write_table(sheet, row, _action_columns(summary["actions"]), formats)
    row = write_section(sheet, formats, row + 1, "再花一份钱的回报 · What the next money returns")
    row = write_table(sheet, row, _node_columns(top_nodes(nodes), summary["currency"]), formats)
    told = summary.get("forecasts", ())
    row = write_section(sheet, formats, row + 1, "之前的预测准不准 · How good earlier forecasts were") if told else row
    for place, line in enumerate(told):
        write_text(sheet, row + place, 0, f"{line['zh']} · {line['en']}", formats.note())


def _write_look(sheet: Any, formats: Formats, changes: Changes, places: list[int]) -> None:
    note = "花费变化与利润区间最大的几项，决定请在「变更」表里填 · The rows with the most at stake; decide in Changes"
    start_sheet(sheet, formats, SHEETS[1].replace(str(LOOK_ROWS), str(len(places))), note)
    columns = look_columns(changes, places)
    actions = read_texts(changes.rows.iloc[places], "action")
    _finish_table(sheet, formats, columns, actions)
    for row in range(3, 3 + len(places)):
        sheet.set_row(row, 56)
    sheet.freeze_panes(3, 1)


def _write_changes(sheet: Any, formats: Formats, changes: Changes) -> None:
    start_sheet(sheet, formats, SHEETS[2], count_text(changes))
    _finish_table(sheet, formats, change_columns(changes), read_texts(changes.rows, "action"))
    sheet.freeze_panes(3, 2)


def _write_bulk(sheet: Any, formats: Formats, changes: Changes) -> None:
    start_sheet(sheet, formats, SHEETS[3], "空着 = 不作批量决定 · Blank = no bulk decision")
    _finish_table(sheet, formats, bulk_columns(changes), ())
    sheet.freeze_panes(3, 3)


def _write_holds(sheet: Any, formats: Formats, platform_status: pd.DataFrame) -> None:
    rows = held_rows(platform_status)
    note = f"{len(rows)} 个平台暂停，保持原样 · {len(rows)} platforms are held and keep their bids"
    start_sheet(sheet, formats, SHEETS[4], note)
    columns = [
        Column("平台", "Platform", "text", 24, [platform_title(name, "zh") for name in read_texts(rows, "platform")]),
        Column("原因", "Reason (zh)", "wrap", 60, read_texts(rows, "reason_zh")),
        Column("原因", "Reason (en)", "wrap", 60, read_texts(rows, "reason_en")),
    ]
    for name, zh, en in (
        ("cost_last_day", "最后一天花费", "Cost, last day"),
        ("cost_median_day", "平常花费", "Median day"),
    ):
        if name in rows:
            columns.append(Column(zh, en, "money", 18, read_numbers(rows, name).tolist()))
    if "last_complete_date" in rows:
        days = [date_text(day) for day in rows["last_complete_date"].tolist()]
        columns.append(Column("最后完整的一天", "Last complete day", "text", 20, days))
    _finish_table(sheet, formats, columns, ())


def _write_notes(sheet: Any, formats: Formats) -> None:
    start_sheet(sheet, formats, SHEETS[6], f"最多列出 {MAX_CHANGES:,} 行 · At most {MAX_CHANGES:,} rows are listed")
    sheet.set_column(0, 1, 70)
    for row, note in enumerate(load_reasons().notes, start=3):
        for column, text in enumerate((note.zh, note.en)):
            write_text(sheet, row, column, text, formats.cell("wrap"))
        sheet.set_row(row, 34)


def _finish_table(sheet: Any, formats: Formats, columns: Sequence[Column], actions: Sequence[str]) -> None:
    after = write_table(sheet, 2, columns, formats, actions)
    set_widths(sheet, columns)
    sheet.autofilter(2, 0, max(after - 1, 2), len(columns) - 1)
    sheet.repeat_rows(2)


def _money_columns(summary: NightSummary) -> list[Column]:
    lines = [summary["money"][name] for name in MONEY_LINES]
    before, after = np.array([line["before"] for line in lines]), np.array([line["after"] for line in lines])
    share = np.divide(after - before, np.abs(before), out=np.full(len(lines), np.nan), where=before != 0)
    bounds = [[np.nan if line.get(side) is None else line.get(side) for line in lines] for side in ("low", "high")]
    titles = [f"{MONEY_WORDS['zh'][name]} {MONEY_WORDS['en'][name]} ({summary['currency']})" for name in MONEY_LINES]
    return [
        Column("每天", "A day", "text", 0, titles),
        Column("现在", "Now", "money", 0, before.tolist()),
        Column("计划", "Plan", "money", 0, after.tolist()),
        Column("变化", "Change", "signed_share", 0, share.tolist()),
        Column("80% 下限", "Low", "money", 0, bounds[0]),
        Column("80% 上限", "High", "money", 0, bounds[1]),
    ]


def _action_columns(actions: Mapping[str, Mapping[str, int]]) -> list[Column]:
    codes = sorted({code for counts in actions.values() for code in counts})
    platforms = [platform_title(name, "zh") for name in actions]
    columns = [Column("平台", "Platform", "text", 0, platforms)]
    for code in codes:
        counts = [one.get(code, 0) for one in actions.values()]
        columns.append(Column(action_words(code, "zh"), action_words(code, "en"), "count", 0, counts))
    return columns


def _node_columns(nodes: pd.DataFrame, currency: str) -> list[Column]:
    return [
        Column("预算", "Budget", "text", 0, [node_title(name, "zh") for name in read_texts(nodes, "name")]),
        Column("计划花费/天", f"Cost ({currency})", "money", 0, read_numbers(nodes, "cost").tolist()),
        Column("上限", "At most", "money", 0, read_numbers(nodes, "max_cost").tolist()),
        Column("再花 1 带回", "Next 1 returns", "ratio", 0, read_numbers(nodes, "price").tolist()),
        Column("说明", "In words (zh)", "text", 0, node_sentences(nodes, currency, "zh")),
    ]
