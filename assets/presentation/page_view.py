"""Works out what the review page shows, as plain texts for the template: headlines, holds, platforms, changes, prices.

Here belongs no HTML; ``templates/page.html.jinja`` places and escapes the texts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from assets.presentation.budget_words import node_sentences, top_nodes
from assets.presentation.charts import data_uri, money_chart
from assets.presentation.page_rows import change_views, rows_of_reasons
from assets.presentation.proof_view import proof_view
from assets.presentation.reasons import settings_of
from assets.presentation.summary import MONEY_LINES, NightSummary, check_summary, platform_money
from assets.presentation.tables import (
    MONEY_WORDS,
    changes_first,
    date_text,
    held_rows,
    interval_text,
    relative_change,
)
from assets.presentation.wording import (
    BLANK,
    LANGUAGES,
    Language,
    action_words,
    clean_text,
    format_count,
    format_each,
    format_money,
    node_title,
    platform_title,
    read_numbers,
    read_texts,
    require_columns,
)
from configs.reasons_schema import load_reasons
from configs.schema import Settings

MAX_ROWS = 2_000
FIRST_ROWS = 50
TERM_REASONS = (
    "discover_add", "discover_add_shared", "discover_source_negative", "discover_negative", "protected_term",
    "discover_cross_platform", "discover_market", "rising_term", "discover_unsure", "discover_no_money", "blocked_term",
)  # fmt: skip
CREATOR_REASONS = ("kol_sign", "kol_committed", "kol_skip", "kol_unjudged")
_STATUS_COLUMNS = ("platform", "is_held", "reason_zh", "reason_en", "last_complete_date")


def page_view(
    recommendations: pd.DataFrame,
    platform_status: pd.DataFrame,
    nodes: pd.DataFrame,
    summary: NightSummary,
    settings: Settings | None = None,
) -> dict[str, Any]:
    """Return every text of the page by its name in the template."""
    check_summary(summary)
    require_columns(platform_status, _STATUS_COLUMNS, "platform_status")
    used, currency = settings_of(summary, settings), summary["currency"]
    changed = changes_first(recommendations)
    tree = top_nodes(nodes)
    return {
        "night": clean_text(summary["night"]),
        "currency": clean_text(currency),
        "holds": _holds(platform_status),
        "headlines": [_headline(name, summary) for name in MONEY_LINES],
        "charts": {language: _charts(recommendations, nodes, currency, language) for language in LANGUAGES},
        "platforms": _platforms(recommendations, platform_status, tree, summary),
        "n_changes": format_count(len(changed)),
        "n_left": format_count(len(changed) - MAX_ROWS) if len(changed) > MAX_ROWS else "",
        "changes": change_views(changed.head(MAX_ROWS), used),
        "first_rows": FIRST_ROWS,
        "terms": rows_of_reasons(recommendations, TERM_REASONS, used),
        "creators": rows_of_reasons(recommendations, CREATOR_REASONS, used),
        "nodes": _nodes(tree, currency),
        "proof": proof_view(summary.get("proof"), currency),
        "forecasts": [{"zh": one["zh"], "en": one["en"]} for one in summary.get("forecasts", ())],
        "notes": [{"zh": note.zh, "en": note.en} for note in load_reasons().notes[-4:-1]],
    }


def in_both(printer: Callable[[str, Language], str], code: str) -> dict[str, str]:
    """Return the words of ``code`` by language."""
    return {language: printer(code, language) for language in LANGUAGES}


def _holds(platform_status: pd.DataFrame) -> list[dict[str, Any]]:
    rows = held_rows(platform_status)
    names, zh, en = (read_texts(rows, column, BLANK) for column in ("platform", "reason_zh", "reason_en"))
    days = [date_text(day) for day in rows["last_complete_date"].tolist()]
    return [
        {"platform": in_both(platform_title, name), "reason": {"zh": a, "en": b}, "last_day": day}
        for name, a, b, day in zip(names, zh, en, days, strict=True)
    ]


def _headline(name: str, summary: NightSummary) -> dict[str, Any]:
    line, currency = summary["money"][name], summary["currency"]
    before, after = line["before"], line["after"]
    rises = after > before
    tone = "" if name == "cost" or before == after else ("up" if rises else "down")
    interval = interval_text(line.get("low"), line.get("high"), currency)
    return {
        "title": {language: MONEY_WORDS[language][name] for language in LANGUAGES},
        "before": format_money(before, currency), "after": format_money(after, currency), "tone": tone,
        "change": relative_change(before, after), "interval": "" if interval == BLANK else interval,
    }  # fmt: skip


def _charts(rows: pd.DataFrame, nodes: pd.DataFrame, currency: str, language: Language) -> dict[str, str]:
    return {
        "wide": data_uri(money_chart(rows, nodes, currency, language, "wide")),
        "tall": data_uri(money_chart(rows, nodes, currency, language, "tall")),
    }


def _platforms(
    rows: pd.DataFrame, status: pd.DataFrame, tree: pd.DataFrame, summary: NightSummary
) -> list[dict[str, Any]]:
    currency, money = summary["currency"], platform_money(rows)
    moves = {
        name: dict(zip(money["platform"], _moves(money, name, currency), strict=True)) for name in ("cost", "value")
    }
    shown = format_each(read_numbers(tree, "price"), format_money, currency, "")
    prices = dict(zip(read_texts(tree, "name"), shown, strict=True))
    states = {clean_text(row["platform"]): row for row in status.to_dict("records")}
    held = set(read_texts(held_rows(status), "platform"))
    names = dict.fromkeys([*money["platform"], *sorted(states)])
    return [
        {
            "title": in_both(platform_title, name), "is_held": name in held, "price": prices.get(name, ""),
            "cost": moves["cost"].get(name, BLANK), "value": moves["value"].get(name, BLANK),
            "actions": _actions(summary["actions"].get(name, {})), **_state(states.get(name, {})),
        }
        for name in names
    ]  # fmt: skip


def _moves(money: pd.DataFrame, line: str, currency: str) -> list[str]:
    before, after = (
        format_each(money[f"{line}_{when}"].to_numpy(), format_money, currency) for when in ("before", "after")
    )
    return [a if a == b else f"{a} → {b}" for a, b in zip(before, after, strict=True)]


def _actions(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    return [
        {"code": action, "words": in_both(action_words, action), "count": format_count(n_rows)}
        for action, n_rows in counts.items()
    ]


def _state(state: Mapping[Any, Any]) -> dict[str, Any]:
    quarantined = state.get("n_quarantined")
    n_rows = 0 if quarantined is None or pd.isna(quarantined) else int(quarantined)
    return {
        "last_day": date_text(state["last_complete_date"]) if "last_complete_date" in state else "",
        "quarantined": format_count(n_rows) if n_rows else "",
        "warning": {language: clean_text(state.get(f"warning_{language}")) for language in LANGUAGES},
    }


def _nodes(tree: pd.DataFrame, currency: str) -> list[dict[str, Any]]:
    names = read_texts(tree, "name", BLANK)
    columns = ("cost", "max_cost")
    cost, limit = (format_each(read_numbers(tree, column), format_money, currency, "") for column in columns)
    words = {language: node_sentences(tree, currency, language) for language in LANGUAGES}
    depths = np.minimum(tree["depth"].to_numpy(dtype=np.int64), 4).tolist()
    return [
        {
            "title": in_both(node_title, name), "cost": cost[place], "limit": limit[place], "depth": depths[place],
            "words": {language: words[language][place] for language in LANGUAGES},
        }
        for place, name in enumerate(names)
    ]  # fmt: skip
