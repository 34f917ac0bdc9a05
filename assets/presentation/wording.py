"""Prints single values for people: money, ratios, shares, counts and names, in Chinese and English.

Here belongs what turns one value into text that is never ``nan``, and the reading of columns for it. Sentences are in
``reasons``, tables in ``tables``.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from assets.presentation.errors import MissingColumnsError
from configs.loader import load_platforms
from configs.reasons_schema import Words, load_reasons

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
UNKNOWN = {"zh": "未知", "en": "unknown"}
BLANK = "—"
_SYMBOLS = {
    "CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "INR": "₹", "JPY": "JP¥", "KRW": "₩", "HKD": "HK$", "TWD": "NT$",
    "SGD": "S$", "AUD": "A$", "CAD": "C$", "THB": "฿", "VND": "₫",
}  # fmt: skip


def currency_symbol(currency: str) -> str:
    """Return the sign that goes before an amount; a code without a sign of its own stands there itself."""
    code = clean_text(currency)
    return _SYMBOLS.get(code, f"{code} " if code else "")


def format_money(amount: float, currency: str, missing: str = BLANK, *, is_signed: bool = False) -> str:
    """Return ``amount`` with its currency sign and two decimals, e.g. ``-¥1,234.50``."""
    if not math.isfinite(amount):
        return missing
    size = f"{abs(amount):,.2f}"
    return f"{_sign(amount, size, is_signed)}{currency_symbol(currency)}{size}"


def format_ratio(value: float, missing: str = BLANK) -> str:
    """Return a ratio such as roas with two decimals."""
    if not math.isfinite(value):
        return missing
    size = f"{abs(value):,.2f}"
    return f"{_sign(value, size, is_signed=False)}{size}"


def format_share(value: float, missing: str = BLANK, *, is_signed: bool = False) -> str:
    """Return a share as a percentage: whole from 10 % on, one decimal below."""
    percent = abs(value) * 100
    if not math.isfinite(percent):
        return missing
    size = f"{percent:,.0f}" if percent >= 9.95 or percent == 0 else f"{percent:.1f}"
    return f"{_sign(value, size, is_signed)}{size}%"


def format_count(value: float, missing: str = BLANK) -> str:
    """Return a count, with one decimal only where it has a fraction."""
    if not math.isfinite(value):
        return missing
    size = f"{abs(value):,.0f}" if abs(value - round(value)) < 0.05 else f"{abs(value):,.1f}"
    return f"{_sign(value, size, is_signed=False)}{size}"


def clean_text(value: object, missing: str = "") -> str:
    """Return ``value`` as one line of visible text without control signs; a missing value is ``missing``."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return missing
    text = str(value)
    if not text.isprintable():
        text = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(text.split()) or missing


def shorten(text: str, width: int) -> str:
    """Return ``text`` cut to ``width`` columns, a wide (Chinese) sign counting as two."""
    if len(text) * 2 <= width:
        return text
    used = 0
    for index, sign in enumerate(text):
        used += 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        if used > width:
            return text[: max(index - 1, 1)].rstrip() + "…"
    return text


def platform_title(name: str, language: Language) -> str:
    """Return the title of a platform or other place of spending; one that has none keeps its name."""
    platform = load_platforms().get(name)
    if platform is None:
        return _words(load_reasons().places, name, language)
    return platform.title.get(language, name)


def node_title(name: str, language: Language) -> str:
    """Return a budget node's name for people: a place's title, or the campaign in ``platform|account|campaign``.

    A node is called ``platform / account / campaign``, an ad group ``... / campaign › group``.
    """
    parts = name.split(" / ", 2)
    short = parts[2] if len(parts) == 3 else name.rsplit("|", 1)[-1]
    return platform_title(short or name, language)


def action_words(action: str, language: Language) -> str:
    """Return the short word for an action code."""
    return _words(load_reasons().actions, action, language)


def lever_words(lever: str, language: Language) -> str:
    """Return the short word for a lever code."""
    return _words(load_reasons().levers, lever, language)


def limit_words(limit: str, language: Language) -> str:
    """Return the words for a binding limit (``node_max:NAME`` names a budget) or a hold reason; others stay."""
    words = load_reasons()
    reason = words.reasons.get(limit)
    if reason is not None:
        return getattr(reason.title, language)
    code, _, node = limit.partition(":")
    if not node or code not in words.limits:
        return _words(words.limits, limit, language)
    return f"{_words(words.limits, code, language)}{'：' if language == 'zh' else ': '}{node_title(node, language)}"


def require_columns(frame: pd.DataFrame, columns: Sequence[str], frame_name: str) -> None:
    """Raise MissingColumnsError unless ``frame`` has all ``columns``."""
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise MissingColumnsError(frame_name, missing, [str(column) for column in frame.columns])


def read_numbers(frame: pd.DataFrame, column: str) -> np.ndarray:
    """Return a column as floats; missing and infinite values are NaN, so that they print as missing."""
    values = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
    return np.where(np.isfinite(values), values, np.nan)


def read_texts(frame: pd.DataFrame, column: str, missing: str = "") -> list[str]:
    """Return a column as visible one-line texts."""
    return [clean_text(value, missing) for value in frame[column].tolist()]


def format_each(values: np.ndarray, formatter: Callable[..., str], *arguments: Any, **options: Any) -> list[str]:
    """Return ``formatter(value, ...)`` for each value."""
    return [formatter(value, *arguments, **options) for value in values.tolist()]


def _words(words: dict[str, Words], code: str, language: Language) -> str:
    found = words.get(code)
    return code if found is None else getattr(found, language)


def _sign(value: float, size: str, is_signed: bool) -> str:
    if not any(digit in size for digit in "123456789"):
        return ""
    if value < 0:
        return "-"
    return "+" if is_signed else ""
