"""The rows of the review page as plain texts: the changes, the search terms, the creators.

Here belongs what one row shows; which parts a page has is in ``page_view``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from assets.presentation.reasons import reason_sentences, reason_title
from assets.presentation.tables import interval_text, sort_by_money, subjects, value_cells
from assets.presentation.wording import (
    BLANK,
    LANGUAGES,
    action_words,
    format_count,
    format_each,
    format_money,
    platform_title,
    read_numbers,
    read_texts,
)
from configs.schema import Settings

MAX_LISTED = 20


def change_views(rows: pd.DataFrame, settings: Settings) -> list[dict[str, Any]]:
    """Return what the table of changes shows of each row."""
    currency, views = settings.shop.currency, _base_views(rows, settings)
    values = {language: value_cells(rows, language) for language in LANGUAGES}
    names = ("cost_change", "profit_change")
    cost, profit = (format_each(read_numbers(rows, name), format_money, currency, is_signed=True) for name in names)
    bounds = zip(*(read_numbers(rows, f"profit_change_{side}").tolist() for side in ("low", "high")), strict=True)
    intervals = [_interval(low, high, currency) for low, high in bounds]
    texts = {name: read_texts(rows, name) for name in ("action", "campaign", "evidence_grade", "decision")}
    for place, view in enumerate(views):
        action = texts["action"][place]
        view.update(
            action=action, action_words={language: action_words(action, language) for language in LANGUAGES},
            campaign=texts["campaign"][place], grade=texts["evidence_grade"][place] or BLANK,
            value={language: values[language][place] for language in LANGUAGES}, cost=cost[place], profit=profit[place],
            interval=intervals[place], is_waiting=texts["decision"][place] != "accept",
        )  # fmt: skip
    return views


def rows_of_reasons(recommendations: pd.DataFrame, codes: Sequence[str], settings: Settings) -> list[dict[str, Any]]:
    """Return one group a reason that occurs, most money first, at most 20 rows each, with its count."""
    groups = []
    reason = pd.Series(read_texts(recommendations, "reason_code"), index=recommendations.index)
    for code in codes:
        rows = sort_by_money(recommendations[(reason == code).to_numpy()])
        if len(rows):
            title = {language: reason_title(code, language) for language in LANGUAGES}
            views = _base_views(rows.head(MAX_LISTED), settings)
            groups.append({"title": title, "count": format_count(len(rows)), "rows": views})
    return groups


def _base_views(rows: pd.DataFrame, settings: Settings) -> list[dict[str, Any]]:
    sentences = reason_sentences(rows, settings)
    texts = {name: sentences[name].tolist() for name in sentences.columns}
    names, platforms = subjects(rows), read_texts(rows, "platform", BLANK)
    return [
        {
            "subject": names[place],
            "platform": {language: platform_title(platforms[place], language) for language in LANGUAGES},
            "reason": {language: texts[f"reason_{language}"][place] for language in LANGUAGES},
            "would_change": {language: texts[f"would_change_{language}"][place] for language in LANGUAGES},
        }
        for place in range(len(rows))
    ]


def _interval(low: float, high: float, currency: str) -> str:
    return interval_text(low, high, currency) if math.isfinite(low) and math.isfinite(high) else ""
