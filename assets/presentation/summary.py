"""The night in a few numbers, and what is counted from the recommendations for it.

Here belongs the shape of the summary that page, workbook, chart and message share. How money is forecast is the work of
the stages.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NotRequired, TypedDict

import numpy as np
import pandas as pd

from assets.presentation.errors import SummaryError
from assets.presentation.wording import read_numbers, read_texts, require_columns

MONEY_LINES = ("cost", "value", "profit")
PLATFORM_MONEY = ("platform", "cost_before", "cost_after", "value_before", "value_after")


class MoneyLine(TypedDict):
    """One headline amount a day in the shop currency; ``low`` and ``high`` bound ``after`` (80 %), None = not known."""

    before: float
    after: float
    low: float | None
    high: float | None


class NightSummary(TypedDict):
    """What the night is about: ``money`` by cost, value, profit; ``actions`` by platform and action code.

    ``forecasts`` says in both languages how good earlier forecasts were, one sentence each; ``proof`` holds what stands behind
    the plan (``assets.plan_told``).
    """

    night: str
    currency: str
    money: Mapping[str, MoneyLine]
    actions: Mapping[str, Mapping[str, int]]
    forecasts: NotRequired[Sequence[Mapping[str, str]]]
    proof: NotRequired[Mapping[str, Any] | None]


def check_summary(summary: NightSummary) -> None:
    """Raise SummaryError with every fault when a headline is missing or not a finite number."""
    faults = [f"{key} is missing" for key in ("night", "currency", "money", "actions") if key not in summary]
    if not faults:
        faults = [fault for line in MONEY_LINES for fault in _line_faults(line, summary["money"].get(line))]
        faults += _night_faults(summary["night"])
    if faults:
        raise SummaryError(faults)


def count_actions(recommendations: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Return how many rows of each action every platform has, in name order."""
    require_columns(recommendations, ["platform", "action"], "recommendations")
    counts: dict[str, dict[str, int]] = {}
    pairs = Counter(zip(*(read_texts(recommendations, name) for name in ("platform", "action")), strict=True))
    for (platform, action), n_rows in sorted(pairs.items()):
        counts.setdefault(platform, {})[action] = n_rows
    return counts


def platform_money(recommendations: pd.DataFrame) -> pd.DataFrame:
    """Return cost and value a day by platform, before and after the accepted changes, most cost first.

    An item with several rows (a bid and a status) counts once before; all its accepted changes count. Value before is
    roas x cost, missing counting as nothing. What a search term costs is part of its keyword's cost already.
    """
    texts, numbers = ("platform", "item", "level", "decision"), ("cost", "roas", "cost_change", "value_change")
    require_columns(recommendations, [*texts, *numbers], "recommendations")
    rows = pd.DataFrame({name: read_texts(recommendations, name) for name in texts})
    for name in numbers:
        rows[name] = np.nan_to_num(read_numbers(recommendations, name))
    rows["value"] = rows["cost"] * rows["roas"]
    rows.loc[rows["level"] == "search_term", ["cost", "value"]] = 0.0
    before = rows.drop_duplicates(["platform", "item"]).groupby("platform")[["cost", "value"]].sum()
    accepted = rows[rows["decision"] == "accept"].groupby("platform")[["cost_change", "value_change"]].sum()
    change = accepted.reindex(before.index, fill_value=0.0)
    money = pd.DataFrame(
        {
            "cost_before": before["cost"],
            "cost_after": (before["cost"] + change["cost_change"]).clip(lower=0.0),
            "value_before": before["value"],
            "value_after": (before["value"] + change["value_change"]).clip(lower=0.0),
        }
    )
    return money.reset_index().sort_values(["cost_before", "platform"], ascending=[False, True], ignore_index=True)


def _line_faults(name: str, line: MoneyLine | None) -> list[str]:
    if line is None:
        return [f"money.{name} is missing"]
    needed = [
        f"money.{name}.{key} is {line.get(key)!r}" for key in ("before", "after") if not _is_finite(line.get(key))
    ]
    bounds = [line.get(key) for key in ("low", "high")]
    loose = [
        f"money.{name} interval holds {bound!r}" for bound in bounds if bound is not None and not _is_finite(bound)
    ]
    return needed + loose


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float | np.number) and math.isfinite(float(value))


def _night_faults(night: str) -> list[str]:
    try:
        date.fromisoformat(night)
    except (TypeError, ValueError):
        return [f"night is {night!r}, not a date like 2026-03-31"]
    return []
