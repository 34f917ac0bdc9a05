"""Fills the reason sentences with each row's numbers, in Chinese and English.

Here belongs the filling only; the words are in ``configs/reasons.yaml``, single values are printed by ``wording``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from assets.presentation.errors import UnknownReasonError
from assets.presentation.summary import NightSummary
from assets.presentation.wording import (
    LANGUAGES,
    UNKNOWN,
    Language,
    clean_text,
    format_count,
    format_each,
    format_money,
    format_ratio,
    format_share,
    limit_words,
    platform_title,
    read_numbers,
    read_texts,
    require_columns,
)
from configs.reasons_schema import COLUMN_FIELDS, FIELDS, Reason, Template, load_reasons, template_fields
from configs.schema import RoasGoals, Settings, Shop

SENTENCE_COLUMNS = ("reason_zh", "reason_en", "would_change_zh", "would_change_en")
_RATIO_LEVERS = {"target_roas", "commission_rate"}
# what a limit's own numbers are; those of other limits are ratios
_MONEY_LIMITS = {"budget", "max_fee_share", "max_share_per_kol", "max_share_per_audience", "max_tail_loss"}
_COUNT_LIMITS = {"max_offers", "max_new_per_audience", "mix"}


def reason_sentences(recommendations: pd.DataFrame, settings: Settings | None = None) -> pd.DataFrame:
    """Return why each row is as it is, and what would change it.

    Parameters
    ----------
    recommendations : DataFrame with n_rows rows
        The table of docs/architecture.md; money per day in the shop currency, old and new value in the row's own.
    settings : Settings, optional
        Gives the shop currency and the ROAS lines that sentences quote; the packaged defaults when missing.

    Returns
    -------
    DataFrame with n_rows rows
        ``reason_zh, reason_en, would_change_zh, would_change_en`` on the index of ``recommendations``.

    Raises
    ------
    MissingColumnsError
        If a column that a sentence may name is missing.
    UnknownReasonError
        If a row's reason code has no sentence.
    """
    require_columns(recommendations, ["reason_code", "lever", "currency", *COLUMN_FIELDS], "recommendations")
    reasons = load_reasons().reasons
    codes = pd.Series(read_texts(recommendations, "reason_code"))
    _require_known(codes, reasons)
    filled = pd.DataFrame("", index=range(len(codes)), columns=list(SENTENCE_COLUMNS), dtype=object)
    goals = Settings() if settings is None else settings
    for code, places in codes.groupby(codes, sort=True).groups.items():
        rows = recommendations.iloc[places]
        for column, template, language in _templates(reasons[str(code)]):
            filled.loc[places, column] = _fill(template, rows, goals, language)
    return filled.astype("str").set_axis(recommendations.index, axis=0)


def reason_title(code: str, language: Language) -> str:
    """Return the short title of a reason code; an unknown one stays as it is."""
    return limit_words(code, language)


def settings_of(summary: NightSummary, settings: Settings | None) -> Settings:
    """Return ``settings``, or the packaged defaults with the summary's currency."""
    return Settings(shop=Shop(currency=summary["currency"])) if settings is None else settings


def _require_known(codes: pd.Series, reasons: dict[str, Reason]) -> None:
    unknown = codes[~codes.isin(list(reasons))]
    if len(unknown):
        raise UnknownReasonError(sorted(set(unknown)), len(unknown), len(reasons))


def _templates(reason: Reason) -> list[tuple[str, str, Language]]:
    parts: list[tuple[str, Template]] = [("reason", reason.sentence), ("would_change", reason.would_change)]
    return [
        (f"{name}_{language}", getattr(words, language), language) for name, words in parts for language in LANGUAGES
    ]


def _fill(template: str, rows: pd.DataFrame, settings: Settings, language: Language) -> list[str]:
    fields = tuple(dict.fromkeys(template_fields(template)))
    if not fields:
        return [template] * len(rows)
    columns = [_print_field(field, rows, settings, language) for field in fields]
    return [template.format(**dict(zip(fields, values, strict=True))) for values in zip(*columns, strict=True)]


def _print_field(field: str, rows: pd.DataFrame, settings: Settings, language: Language) -> list[str]:
    kind, missing = FIELDS[field], UNKNOWN[language]
    if kind == "value":
        return _print_values(rows, field, missing)
    if kind == "amount":
        return _print_amounts(rows, field, settings.shop.currency, missing)
    if kind == "platform":
        return [platform_title(name, language) for name in read_texts(rows, field, missing)]
    if kind == "limit":
        return [limit_words(code, language) for code in read_texts(rows, field, missing)]
    if kind == "text":
        return read_texts(rows, field, missing)
    formatter, arguments, options = _number_format(kind, settings.shop.currency)
    return format_each(_field_numbers(field, rows, settings), formatter, *arguments, missing, **options)


def _number_format(kind: str, currency: str) -> tuple[Callable[..., str], tuple[str, ...], dict[str, bool]]:
    """Return the printer of a numeric kind with its fixed arguments."""
    formats: dict[str, tuple[Callable[..., str], tuple[str, ...], dict[str, bool]]] = {
        "money": (format_money, (currency,), {}),
        "change": (format_money, (currency,), {"is_signed": True}),
        "ratio": (format_ratio, (), {}),
        "share": (format_share, (), {}),
        "signed_share": (format_share, (), {"is_signed": True}),
        "count": (format_count, (), {}),
    }
    return formats[kind]


def _field_numbers(field: str, rows: pd.DataFrame, settings: Settings) -> np.ndarray:
    if field in COLUMN_FIELDS:
        return read_numbers(rows, field)
    if field == "change_share":
        return change_share(rows)
    return np.array([_goal(field, name, settings) for name in read_texts(rows, "platform")])


def change_share(rows: pd.DataFrame) -> np.ndarray:
    """Return new / old - 1 for each row; missing where either is missing or old is not positive."""
    old, new = read_numbers(rows, "old_value"), read_numbers(rows, "new_value")
    return np.divide(new - old, old, out=np.full(len(rows), np.nan), where=old > 0)


def _goal(line: str, platform: str, settings: Settings) -> float:
    if line == "level":
        return settings.floor.level
    goals: RoasGoals = settings.roas
    use = settings.platforms.get(platform)
    if line == "floor" and use is not None and use.roas_floor is not None:
        return use.roas_floor
    return float(getattr(goals, line))


def _print_values(rows: pd.DataFrame, field: str, missing: str) -> list[str]:
    numbers, levers = read_numbers(rows, field).tolist(), rows["lever"].tolist()
    return [
        format_value(number, clean_text(lever), clean_text(currency), missing)
        for number, lever, currency in zip(numbers, levers, rows["currency"].tolist(), strict=True)
    ]


def _print_amounts(rows: pd.DataFrame, field: str, currency: str, missing: str) -> list[str]:
    numbers, limits = read_numbers(rows, field).tolist(), read_texts(rows, "binding_limit")
    return [format_amount(number, limit, currency, missing) for number, limit in zip(numbers, limits, strict=True)]


def format_amount(number: float, limit: str, currency: str, missing: str) -> str:
    """Return a limit's number in its own unit: money, a count, or a ratio."""
    if limit in _MONEY_LIMITS:
        return format_money(number, currency, missing)
    return format_count(number, missing) if limit in _COUNT_LIMITS else format_ratio(number, missing)


def format_value(number: float, lever: str, currency: str, missing: str) -> str:
    """Return an old or new value in its lever's own unit: a ratio for targets, else account money."""
    return format_ratio(number, missing) if lever in _RATIO_LEVERS else format_money(number, currency, missing)
