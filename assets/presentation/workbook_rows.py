"""What the review workbook's tables hold: the changes, the twenty to look at, and the groups for bulk decisions.

Here belongs the choice and the counting of rows; how cells look is in ``workbook_cells``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from assets.presentation.reasons import change_share, reason_sentences, reason_title
from assets.presentation.tables import changes_first, subjects
from assets.presentation.wording import action_words, lever_words, limit_words, platform_title, read_numbers, read_texts
from assets.presentation.workbook_cells import CellKind, Column
from configs.schema import Settings

MAX_CHANGES = 50_000
LOOK_ROWS = 20


@dataclass(frozen=True)
class Changes:
    """The changed rows that the workbook lists, most money first, with their sentences; ``n_all`` counts all."""

    rows: pd.DataFrame
    sentences: pd.DataFrame
    n_all: int
    currency: str


def collect_changes(recommendations: pd.DataFrame, settings: Settings) -> Changes:
    """Return the changes of the night, most money first, at most 50,000."""
    changed = changes_first(recommendations)
    rows = changed.head(MAX_CHANGES).reset_index(drop=True)
    return Changes(rows, reason_sentences(rows, settings), len(changed), settings.shop.currency)


def places_to_look(changes: Changes) -> list[int]:
    """Return the places of the 20 rows with the most at stake: money moved plus the width of the profit interval."""
    rows = changes.rows
    width = read_numbers(rows, "profit_change_high") - read_numbers(rows, "profit_change_low")
    stake = np.nan_to_num(np.abs(read_numbers(rows, "cost_change"))) + np.nan_to_num(np.abs(width))
    return np.argsort(-stake, kind="stable")[:LOOK_ROWS].tolist()


def change_columns(changes: Changes) -> list[Column]:
    """Return the columns of the sheet of changes; the first two stay in view, the last two are the row's keys."""
    rows, texts = changes.rows, changes.sentences
    return [
        *_short_columns(rows, changes.currency),
        Column("默认", "Default", "text", 9, read_texts(rows, "decision")),
        *input_columns(len(rows), has_value=True),
        Column("原因", "Reason (zh)", "text", 96, texts["reason_zh"].tolist()),
        Column("原因", "Reason (en)", "text", 118, texts["reason_en"].tolist()),
        Column("怎样会改变", "What would change it (zh)", "text", 62, texts["would_change_zh"].tolist()),
        Column("怎样会改变", "What would change it (en)", "text", 76, texts["would_change_en"].tolist()),
        *_detail_columns(rows),
    ]


def look_columns(changes: Changes, places: list[int]) -> list[Column]:
    """Return the short columns of the rows to look at, with wrapped sentences."""
    rows, texts = changes.rows.iloc[places], changes.sentences.iloc[places]
    return [
        *_short_columns(rows, changes.currency),
        Column("原因", "Reason (zh)", "wrap", 50, texts["reason_zh"].tolist()),
        Column("原因", "Reason (en)", "wrap", 50, texts["reason_en"].tolist()),
    ]


def bulk_columns(changes: Changes) -> list[Column]:
    """Return one row a campaign and one a reason, with rows, money and an empty decision."""
    groups = [_group_changes(changes.rows, "campaign"), _group_changes(changes.rows, "reason_code")]
    rows = pd.concat(groups, ignore_index=True)
    is_campaign = (rows["scope"] == "campaign").tolist()
    names = rows["name"].tolist()
    titles = [name if one else f"{reason_title(name, 'zh')} · {reason_title(name, 'en')}"
              for name, one in zip(names, is_campaign, strict=True)]  # fmt: skip
    return [
        Column("范围", "Scope", "text", 16, ["计划 campaign" if one else "原因 reason" for one in is_campaign]),
        Column("平台", "Platform", "text", 20, [platform_title(name, "zh") for name in rows["platform"]]),
        Column("计划或原因", "Campaign or reason", "text", 52, titles),
        Column("行数", "Rows", "count", 9, rows["n_rows"].tolist()),
        Column("默认接受", "Accepted by default", "count", 14, rows["n_accepted"].tolist()),
        Column("花费变化/天", f"Cost change ({changes.currency})", "change", 16, rows["cost_change"].tolist()),
        Column("成交额变化/天", "Value change", "change", 16, rows["value_change"].tolist()),
        Column("利润变化/天", "Profit change", "change", 16, rows["profit_change"].tolist()),
        *input_columns(len(rows), has_value=False),
        Column("键", "Key", "text", 30, names),
    ]


def input_columns(n_rows: int, *, has_value: bool) -> list[Column]:
    """Return the empty columns that people fill in."""
    blank = [""] * n_rows
    value = [Column("改成", "Override", "input_number", 11, blank)] if has_value else []
    return [
        Column("决定", "Decision", "input_choice", 15, blank),
        *value,
        Column("备注", "Note", "input_text", 22, blank),
    ]


def _short_columns(rows: pd.DataFrame, currency: str) -> list[Column]:
    return [
        Column("对象", "Item", "text", 34, subjects(rows)),
        Column("动作", "Action", "action", 10, _words(rows, "action")),
        Column("平台", "Platform", "text", 20, [platform_title(name, "zh") for name in read_texts(rows, "platform")]),
        Column("原值", "Old", "money", 10, read_numbers(rows, "old_value").tolist()),
        Column("新值", "New", "money", 10, read_numbers(rows, "new_value").tolist()),
        Column("币种", "Cur.", "text", 7, read_texts(rows, "currency")),
        Column("变化", "Change", "signed_share", 9, change_share(rows).tolist()),
        Column("花费变化/天", f"Cost ({currency})", "change", 13, read_numbers(rows, "cost_change").tolist()),
        Column("利润变化/天", f"Profit ({currency})", "change", 13, read_numbers(rows, "profit_change").tolist()),
        Column("证据", "Grade", "text", 7, read_texts(rows, "evidence_grade")),
    ]


def _detail_columns(rows: pd.DataFrame) -> list[Column]:
    numbers: tuple[tuple[str, str, CellKind, str], ...] = (
        ("利润下限", "Profit low", "change", "profit_change_low"),
        ("利润上限", "Profit high", "change", "profit_change_high"),
        ("成交额变化/天", "Value", "change", "value_change"), ("现花费/天", "Cost now", "money", "cost"),
        ("ROAS", "", "ratio", "roas"), ("低于底线概率", "P(below floor)", "share", "p_below_floor"),
        ("点击", "Clicks", "count", "clicks"),
        ("订单", "Orders", "count", "conversions"), ("评分", "Score", "score", "score"),
    )  # fmt: skip
    return [
        *[Column(zh, en, kind, 13, read_numbers(rows, name).tolist()) for zh, en, kind, name in numbers],
        Column("计划", "Campaign", "text", 24, read_texts(rows, "campaign")),
        Column("单元", "Ad group", "text", 20, read_texts(rows, "ad_group")),
        Column("匹配", "Match", "text", 9, read_texts(rows, "match_type")),
        Column("杠杆", "Lever", "text", 16, _words(rows, "lever")),
        Column("限制", "Binding limit", "text", 26, _words(rows, "binding_limit")),
        Column("保留原因", "Held because", "text", 26, _words(rows, "hold_reason")),
        Column("键", "Item key", "text", 50, read_texts(rows, "item")),
        Column("键", "Lever key", "text", 16, read_texts(rows, "lever")),
    ]


def _words(rows: pd.DataFrame, column: str) -> list[str]:
    printers = {"action": action_words, "lever": lever_words}
    printer = printers.get(column, limit_words)
    codes = read_texts(rows, column)
    words = {code: f"{printer(code, 'zh')} {printer(code, 'en')}" if code else "" for code in set(codes)}
    return [code if words[code] == f"{code} {code}" else words[code] for code in codes]


def _group_changes(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return rows, accepted rows and money by platform and ``column``, most cost moved first."""
    money: Sequence[str] = ("cost_change", "value_change", "profit_change")
    keys = pd.DataFrame({"platform": read_texts(rows, "platform"), "name": read_texts(rows, column)})
    for name in money:
        keys[name] = np.nan_to_num(read_numbers(rows, name))
    keys["n_accepted"] = [int(decision == "accept") for decision in read_texts(rows, "decision")]
    keys["n_rows"] = 1
    keys["moved"] = keys["cost_change"].abs()
    groups = keys[keys["name"] != ""].groupby(["platform", "name"], sort=True, as_index=False).sum()
    groups["scope"] = "campaign" if column == "campaign" else "reason"
    return groups.sort_values("moved", ascending=False, kind="stable")
