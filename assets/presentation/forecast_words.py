"""How good earlier forecasts were, in words: by how much they were off, what their intervals held, what is done about it.

Here belongs the wording of ``forecast_scores``; the scores come from the learning stage.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from assets.presentation.wording import BLANK, LANGUAGES, Language, format_count, format_share, platform_title

NOTHING = "还没有可以对照的预测 / no earlier forecast to compare yet"
MEASURES: Mapping[str, Mapping[Language, str]] = {
    "clicks": {"zh": "点击", "en": "clicks"},
    "cvr": {"zh": "转化率", "en": "conversion rate"},
    "conversions": {"zh": "转化", "en": "conversions"},
    "cost": {"zh": "花费", "en": "cost"},
    "conversion_value": {"zh": "成交额", "en": "value"},
}
TOLD = ("clicks", "cvr", "cost")  # what a person can act on; the table has them all
HEADERS = ("平台", "项目", "夜数", "预测偏差", "偏差的 80% 区间", "80% 区间命中", "修正系数")
SHOWN_ROWS = 25
MIN_NIGHTS = 7  # fewer are chance, and would only alarm


def is_platform_sum(scores: pd.DataFrame) -> pd.Series:
    """Return which rows sum up a platform: all grades and actions of items whose settings are as planned."""
    whole = (scores[["evidence_grade", "action"]] == "all").all(axis=1)
    return whole & (scores["level"] == "item") & (scores["outcome"] == "as_planned")


def forecast_sentences(scores: pd.DataFrame) -> list[dict[str, str]]:
    """Return one sentence per platform and measure in both languages; empty before a week of nights was scored."""
    rows = scores[is_platform_sum(scores) & (scores["n_nights"] >= MIN_NIGHTS)]
    rows = rows[rows["measure"].isin(TOLD) & rows["bias"].notna()]
    return [{language: _sentence(row, language) for language in LANGUAGES} for row in rows.to_dict("records")]


def scores_table(scores: pd.DataFrame) -> pd.DataFrame:
    """Return a short table of the platforms' scores: at most 25 rows of 7 text columns."""
    rows = scores[is_platform_sum(scores)].head(SHOWN_ROWS).to_dict("records")
    cells = [
        (
            platform_title(str(row["platform"]), "zh"), MEASURES[str(row["measure"])]["zh"], format_count(row["n_nights"]),
            format_share(row["bias"], is_signed=True), _interval(row),
            format_share(row["coverage"]), _factor(row["correction"]),
        )
        for row in rows
    ]  # fmt: skip
    return pd.DataFrame(cells, columns=HEADERS, dtype="str")


def _sentence(row: Mapping[Any, Any], language: Language) -> str:
    is_zh = language == "zh"
    name, platform = MEASURES[row["measure"]][language], platform_title(row["platform"], language)
    size, nights = format_share(abs(row["bias"])), format_count(row["n_nights"])
    side = ("偏高", "too high") if row["bias"] > 0 else ("偏低", "too low")
    interval = _interval(row)
    around = "" if interval == BLANK else (f"（80% 区间 {interval}）" if is_zh else f" (80% interval {interval})")
    told = (
        f"{platform}：最近 {nights} 夜{name}预测{side[0]} {size}{around}"
        if is_zh
        else f"{platform}: over the last {nights} nights the forecast of {name} was {size} {side[1]}{around}"
    )
    if math.isfinite(row["coverage"]):
        held = format_share(row["coverage"])
        told += f"；80% 区间命中 {held}" if is_zh else f"; 80% intervals held {held}"
    if math.isfinite(row["correction"]):
        factor = _factor(row["correction"])
        told += f"；下一夜起乘以 {factor}" if is_zh else f"; corrected by {factor} from the next night on"
    return told + ("。" if is_zh else ".")


def _interval(row: Mapping[Any, Any]) -> str:
    low, high = row["bias_low"], row["bias_high"]
    if not (math.isfinite(low) and math.isfinite(high)):
        return BLANK
    return f"{format_share(low, is_signed=True)} … {format_share(high, is_signed=True)}"


def _factor(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else BLANK
