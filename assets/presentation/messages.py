"""The night in a few lines of plain text for chat tools. Sending them belongs to ``pipelines``."""

from __future__ import annotations

import pandas as pd

from assets.presentation.summary import MONEY_LINES, NightSummary, check_summary
from assets.presentation.tables import MONEY_WORDS, held_rows, relative_change
from assets.presentation.wording import (
    BLANK,
    Language,
    action_words,
    clean_text,
    format_money,
    platform_title,
    read_texts,
    require_columns,
    shorten,
)

MAX_HOLDS = 5


def night_message(summary: NightSummary, holds: pd.DataFrame, language: Language = "zh") -> str:
    """Return the night's money, actions and holds as short lines; ``holds`` is the ``platform_status`` table."""
    check_summary(summary)
    night, currency = clean_text(summary["night"]), summary["currency"]
    lines = [f"Bidwright {night} 夜间投放建议" if language == "zh" else f"Bidwright plan of {night}"]
    lines += _hold_lines(holds, language)
    for name in MONEY_LINES:
        line = summary["money"][name]
        before, after = format_money(line["before"], currency), format_money(line["after"], currency)
        unit = "/天" if language == "zh" else "/day"
        change = relative_change(line["before"], line["after"])
        lines.append(f"{MONEY_WORDS[language][name]} {before} → {after}{unit} ({change})")
    return "\n".join([*lines, *_action_lines(summary, language)])


def _hold_lines(status: pd.DataFrame, language: Language) -> list[str]:
    reason = f"reason_{language}"
    require_columns(status, ["platform", "is_held", reason], "platform_status")
    rows = held_rows(status)
    names, reasons = read_texts(rows, "platform", BLANK), read_texts(rows, reason, BLANK)
    mark = "⚠ 暂停" if language == "zh" else "⚠ held"
    lines = [
        f"{mark} {platform_title(name, language)}: {shorten(why, 120)}"
        for name, why in zip(names[:MAX_HOLDS], reasons[:MAX_HOLDS], strict=True)
    ]
    more = len(rows) - len(lines)
    return [*lines, f"{mark} +{more}"] if more > 0 else lines


def _action_lines(summary: NightSummary, language: Language) -> list[str]:
    lines = []
    for platform, counts in summary["actions"].items():
        shown = [
            f"{action_words(action, language)} {n_rows:,}" for action, n_rows in counts.items() if action != "keep"
        ]
        if shown:
            lines.append(f"{platform_title(platform, language)}: {', '.join(shown)}")
    return lines
