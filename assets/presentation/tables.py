"""Short tables of the night for the Dagster UI and for other pages: few columns, few rows, old -> new in one cell.

Here belongs which rows come first and what a short table shows. Long texts belong to the page and the workbook.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from assets.presentation.reasons import format_value
from assets.presentation.summary import MONEY_LINES, NightSummary, check_summary
from assets.presentation.wording import (
    BLANK,
    Language,
    action_words,
    clean_text,
    format_count,
    format_each,
    format_money,
    format_share,
    platform_title,
    read_numbers,
    read_texts,
    require_columns,
    shorten,
)

TOP_ROWS = 25
TOP_COLUMNS: Mapping[Language, tuple[str, ...]] = {
    "zh": ("对象", "改动", "花费/天", "利润/天", "证据"),
    "en": ("item", "change", "cost/day", "profit/day", "grade"),
}
MONEY_WORDS: Mapping[Language, Mapping[str, str]] = {
    "zh": {"cost": "花费", "value": "成交额", "profit": "利润"},
    "en": {"cost": "cost", "value": "value", "profit": "profit"},
}
_NEEDED = (
    "platform", "item", "level", "lever", "action", "campaign", "keyword", "search_term", "currency", "old_value",
    "new_value", "cost_change", "profit_change", "evidence_grade",
)  # fmt: skip
_STATUS_CELLS: Mapping[Language, Mapping[str, str]] = {"zh": {"pause": "启用 → 暂停"}, "en": {"pause": "on → off"}}
_QUIET_ACTIONS = frozenset({"keep", "hold"})
_MARKDOWN_SIGNS = re.compile(r"([\\`*\[\]~|])")


def is_change(recommendations: pd.DataFrame) -> np.ndarray:
    """Return which rows would change something: every action but keep and hold, or a hold with a new value."""
    require_columns(recommendations, ["action", "old_value", "new_value"], "recommendations")
    is_quiet = np.isin(np.array(read_texts(recommendations, "action"), dtype=object), list(_QUIET_ACTIONS))
    old, new = read_numbers(recommendations, "old_value"), read_numbers(recommendations, "new_value")
    moves = np.isfinite(old) & np.isfinite(new) & (np.abs(new - old) > 1e-9)
    return ~is_quiet | moves


def sort_by_money(recommendations: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with the most money moved first: cost, then profit, then item and lever."""
    require_columns(recommendations, ["cost_change", "profit_change", "item", "lever"], "recommendations")
    keys = pd.DataFrame(
        {
            "cost": -np.nan_to_num(np.abs(read_numbers(recommendations, "cost_change"))),
            "profit": -np.nan_to_num(np.abs(read_numbers(recommendations, "profit_change"))),
            "item": read_texts(recommendations, "item"),
            "lever": read_texts(recommendations, "lever"),
        }
    )
    return recommendations.iloc[keys.sort_values(list(keys.columns), kind="stable").index]


def changes_first(recommendations: pd.DataFrame) -> pd.DataFrame:
    """Return the changed rows only, most money first."""
    return sort_by_money(recommendations[is_change(recommendations)])


def subjects(recommendations: pd.DataFrame) -> list[str]:
    """Return what people call each row's item: the term, the keyword, the campaign, or the last part of its key."""
    require_columns(recommendations, ["search_term", "keyword", "campaign", "item", "level"], "recommendations")
    columns = [read_texts(recommendations, name) for name in ("level", "search_term", "keyword", "campaign", "item")]
    return [_subject(*values) for values in zip(*columns, strict=True)]


def value_cells(recommendations: pd.DataFrame, language: Language = "zh") -> list[str]:
    """Return ``old → new`` in each row's own unit, one side alone where the other is missing; a pause in words."""
    old, new = (read_numbers(recommendations, name).tolist() for name in ("old_value", "new_value"))
    texts = [read_texts(recommendations, name) for name in ("lever", "currency", "action")]
    return [
        _STATUS_CELLS[language].get(action)
        or _value_cell(format_value(a, lever, currency, ""), format_value(b, lever, currency, ""))
        for a, b, lever, currency, action in zip(old, new, *texts, strict=True)
    ]


def top_table(
    recommendations: pd.DataFrame, n: int = TOP_ROWS, language: Language = "zh", currency: str = ""
) -> pd.DataFrame:
    """Return the changes that move the most money: at most 25 rows of 5 text columns.

    More columns would be squeezed to one Chinese sign a line in the Dagster UI.
    """
    require_columns(recommendations, _NEEDED, "recommendations")
    rows = changes_first(recommendations).head(min(max(n, 0), TOP_ROWS))
    cells = (
        _named_with_platform(rows, language),
        _changes_in_words(rows, language),
        format_each(read_numbers(rows, "cost_change"), format_money, currency, is_signed=True),
        format_each(read_numbers(rows, "profit_change"), format_money, currency, is_signed=True),
        read_texts(rows, "evidence_grade", BLANK),
    )
    return _text_frame(dict(zip(TOP_COLUMNS[language], cells, strict=True)))


def summary_table(summary: NightSummary, language: Language = "zh") -> pd.DataFrame:
    """Return cost, value and profit a day: before, after, change and the 80 % interval."""
    check_summary(summary)
    names = (
        ("每天", "现在", "计划", "变化", "80% 区间")
        if language == "zh"
        else ("a day", "now", "plan", "change", "80% interval")
    )
    currency, lines = summary["currency"], [summary["money"][name] for name in MONEY_LINES]
    before, after = ([line[key] for line in lines] for key in ("before", "after"))  # type: ignore[literal-required]
    cells = (
        [MONEY_WORDS[language][name] for name in MONEY_LINES],
        [format_money(amount, currency) for amount in before],
        [format_money(amount, currency) for amount in after],
        [relative_change(a, b) for a, b in zip(before, after, strict=True)],
        [interval_text(line.get("low"), line.get("high"), currency) for line in lines],
    )
    return _text_frame(dict(zip(names, cells, strict=True)))


def holds_table(platform_status: pd.DataFrame, language: Language = "zh") -> pd.DataFrame:
    """Return the held platforms, why, and the last complete day of each; empty when none is held."""
    reason = f"reason_{language}"
    require_columns(platform_status, ["platform", "is_held", reason, "last_complete_date"], "platform_status")
    rows = held_rows(platform_status)
    names = ("平台", "原因", "最后完整的一天") if language == "zh" else ("platform", "reason", "last complete day")
    cells = (
        [platform_title(name, language) for name in read_texts(rows, "platform", BLANK)],
        read_texts(rows, reason, BLANK),
        [date_text(day) for day in rows["last_complete_date"].tolist()],
    )
    return _text_frame(dict(zip(names, cells, strict=True)))


def actions_table(actions: Mapping[str, Mapping[str, int]], language: Language = "zh") -> pd.DataFrame:
    """Return how many rows of each action every platform has, most frequent first, in one cell a platform."""
    cells = [
        " · ".join(
            f"{action_words(code, language)} {format_count(n)}"
            for code, n in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
        )
        for counts in actions.values()
    ]
    names = ("平台", "动作") if language == "zh" else ("platform", "actions")
    return _text_frame(dict(zip(names, ([platform_title(name, language) for name in actions], cells), strict=True)))


def held_rows(platform_status: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of held platforms, in name order; a missing verdict counts as held."""
    require_columns(platform_status, ["platform", "is_held"], "platform_status")
    is_held = platform_status["is_held"].astype("boolean").fillna(True).to_numpy(dtype=bool)
    return platform_status[is_held].sort_values("platform", kind="stable")


def relative_change(before: float, after: float) -> str:
    """Return the change as a signed percentage of before."""
    return format_share((after - before) / abs(before), is_signed=True) if before else BLANK


def interval_text(low: float | None, high: float | None, currency: str) -> str:
    """Return ``low – high``, or a dash when the interval is not known."""
    if low is None or high is None:
        return BLANK
    return f"{format_money(low, currency)} – {format_money(high, currency)}"


def date_text(day: object) -> str:
    """Return an ISO day without its time."""
    return clean_text(day, BLANK)[:10]


def to_markdown(frame: pd.DataFrame) -> str:
    """Return a markdown table in which no cell is read as markup; an empty frame gives its header and a note."""
    header = [_escape(str(name)) for name in frame.columns]
    lines = [header, ["---"] * len(header)]
    lines += [[_escape(clean_text(cell, BLANK)) for cell in row] for row in frame.itertuples(index=False)]
    text = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    return text if len(frame) else f"{text}\n\n{BLANK}"


def to_bullets(lines: Sequence[str]) -> str:
    """Return lines as a markdown list in which nothing is read as markup; a dash for none."""
    return "\n".join(f"* {_escape(line)}" for line in lines) or BLANK


def _escape(text: str) -> str:
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKDOWN_SIGNS.sub(r"\\\1", safe)


def _named_with_platform(rows: pd.DataFrame, language: Language) -> list[str]:
    titles = [shorten(platform_title(name, language), 18) for name in read_texts(rows, "platform", BLANK)]
    return [f"{shorten(text, 28)} · {title}" for text, title in zip(subjects(rows), titles, strict=True)]


def _changes_in_words(rows: pd.DataFrame, language: Language) -> list[str]:
    actions, values = read_texts(rows, "action", BLANK), value_cells(rows, language)
    return [
        action_words(action, language) + ("" if action in _STATUS_CELLS[language] else f" {value}")
        for action, value in zip(actions, values, strict=True)
    ]


def _subject(level: str, search_term: str, keyword: str, campaign: str, item: str) -> str:
    named = keyword if level != "placement" else campaign
    return search_term or named or campaign or item.rsplit("|", 1)[-1] or BLANK


def _value_cell(old: str, new: str) -> str:
    if old and new and old != new:
        return f"{old} → {new}"
    return old or new or BLANK


def _text_frame(cells: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(list(values), dtype="str") for name, values in cells.items()})
