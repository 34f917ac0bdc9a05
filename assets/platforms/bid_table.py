"""From recommendations to the cells of an upload file, as the platform's YAML says.

Here belong the edit table (one row per thing to edit, both directions of a change) and the wording of its cells. Which
values are allowed is in ``levers``; bytes are in ``cell_writer``; folders are in ``writer``.

``BidColumn.column`` and ``only_if`` may name the identifying columns of the recommendations and these:

* ``operation``: update, create, exclude, remove_keyword, remove_exclusion, sign or cancel.
* ``text``: the keyword, or the search term that becomes one. ``criterion``: its match type, with ``negative_`` before
  it for exclusions. ``item_key``: the item's own parts.
* ``bid``, ``daily_budget``, ``target_roas``, ``commission_rate``, ``fee``, ``new_status`` (enabled, paused, removed):
  the new values, and the same with ``old_``; all blank where unchanged.
* ``state``: the status after the edit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

import pandas as pd

from assets.platforms.bid_errors import Breach
from configs.platform_schema import BidColumn, BidFileSpec, Platform

Cell = str | int | Decimal | None
VALUE_COLUMNS = {
    "keyword_bid": "bid",
    "new_keyword": "bid",
    "daily_budget": "daily_budget",
    "target_roas": "target_roas",
    "commission_rate": "commission_rate",
    "kol_offer": "fee",
}
TERM_LEVERS = ("new_keyword", "negative_keyword")
IDENTITY_COLUMNS = (
    "platform", "account", "item", "level", "lever", "campaign_id", "campaign", "ad_group_id", "ad_group", "keyword_id",
    "keyword", "match_type", "product_id", "entity_type", "status", "search_term", "currency", "action", "old_value",
    "new_value",
)  # fmt: skip
OPERATIONS = {
    ("new_keyword", False): "create",
    ("negative_keyword", False): "exclude",
    ("kol_offer", False): "sign",
    ("new_keyword", True): "remove_keyword",
    ("negative_keyword", True): "remove_exclusion",
    ("kol_offer", True): "cancel",
}
NEW_STATUS = {"pause": "paused", "resume": "enabled", "add": "enabled", "negative": "enabled", "remove": "removed"}
FORMULA_START = re.compile(r"^\s*[=+\-@＝＋－＠]|^[\t\r]")
CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f]")
MAX_DECIMALS = 6
FLOAT_NOISE = Decimal("1e-9")  # 0.1 + 0.2 is written 0.3
NO_WORD = "has no word in this upload format"
MISSING = "is missing, the upload format needs it"


class BidTable(NamedTuple):
    """The cells of one upload file, the header first, with every breach found while wording them."""

    headers: tuple[str, ...]
    rows: list[tuple[Cell, ...]]
    breaches: list[Breach]


def build_edits(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the edit table with one edit per recommendation row, in the same order and with the same index."""
    edits = rows.reindex(columns=list(IDENTITY_COLUMNS)).astype(object)
    edits = edits.where(edits.notna(), None)
    is_reverse = edits["action"].isin(["remove", "cancel"])
    edits["operation"] = [OPERATIONS.get(key, "update") for key in zip(edits["lever"], is_reverse, strict=True)]
    is_term = edits["lever"].isin(TERM_LEVERS)
    edits["text"] = edits["search_term"].where(is_term, edits["keyword"])
    edits["match_type"] = edits["match_type"].where(edits["match_type"].notna() | ~is_term, "exact")
    is_exclusion = edits["operation"].isin(["exclude", "remove_exclusion"])
    edits["criterion"] = edits["match_type"].where(~is_exclusion, "negative_" + edits["match_type"].map(str))
    edits["item_key"] = ["|".join(str(item).split("|")[3:]) for item in edits["item"]]
    for column in sorted(set(VALUE_COLUMNS.values())):
        holds = edits["lever"].map(VALUE_COLUMNS) == column
        edits[column] = edits["new_value"].where(holds, None)
        edits[f"old_{column}"] = edits["old_value"].where(holds, None)
    edits["new_status"] = edits["action"].map(NEW_STATUS)
    edits["old_status"] = edits["status"].where(edits["lever"] == "status", None)
    return _with_state(edits)


def merge_edits(edits: pd.DataFrame) -> pd.DataFrame:
    """Return one row per edited thing, so that a keyword's new bid and new status cannot contradict each other."""
    parts = edits[["item", "operation", "ad_group", "text", "match_type"]]
    key = [part[:1] if part[1] == "update" else part for part in parts.itertuples(index=False, name=None)]
    order = pd.factorize(pd.Series(key, dtype=object))[0]  # numbered by first appearance
    merged = edits.groupby(order, sort=True).first()
    merged = merged.astype(object).where(merged.notna(), None).reset_index(drop=True)
    return _with_state(merged)


def render_table(spec: BidFileSpec, edits: pd.DataFrame, platform: Platform) -> BidTable:
    """Return the cells of ``edits`` in the wording of ``spec``; a cell that cannot be worded is blank and a breach."""
    breaches: list[Breach] = []
    decimals = value_decimals(platform)
    columns = [_render_column(column, edits, decimals, breaches) for column in spec.columns]
    headers = tuple(column.header for column in spec.columns)
    return BidTable(headers, list(zip(*columns, strict=True)), breaches)


def value_decimals(platform: Platform) -> dict[str, int]:
    """Return how many decimals the step of each value column has, for example 2 for a step of 0.01."""
    found: dict[str, int] = {}
    for rule in platform.rulebook.levers:
        if rule.has_value:
            exponent = Decimal(repr(rule.step)).normalize().as_tuple().exponent
            found[VALUE_COLUMNS[rule.lever]] = max(0, -int(exponent))
    return found


def _with_state(edits: pd.DataFrame) -> pd.DataFrame:
    edits["state"] = edits["new_status"].where(edits["new_status"].notna(), edits["status"])
    return edits.astype(object).where(edits.notna(), None)


def _render_column(
    column: BidColumn, edits: pd.DataFrame, decimals: Mapping[str, int], breaches: list[Breach]
) -> list[Cell]:
    """Word one column; a row outside ``only_if`` stays blank."""
    is_open = pd.Series(True, index=edits.index)
    for name, accepted in column.only_if.items():
        is_open &= edits[name].isin(accepted)
    values = edits[column.column] if column.column else [column.constant] * len(edits)
    n_decimals = decimals.get(column.column.removeprefix("old_"), 0)
    cells: list[Cell] = []
    for position, (opened, value) in enumerate(zip(is_open, values, strict=True)):
        cell, reason = _word(column, value, n_decimals) if opened else (None, "")
        if reason:
            edit = edits.iloc[position]
            limit = ", ".join(column.map) if reason == NO_WORD else ""
            label, item, lever = edits.index[position], str(edit["item"]), str(edit["lever"])
            breaches.append(Breach(label, item, lever, column.header, reason, str(value), limit))
        cells.append(cell)
    return cells


def _word(column: BidColumn, value: object, n_decimals: int) -> tuple[Cell, str]:
    """Return one cell and the reason why it cannot be worded, empty when it can."""
    if value is None:
        return None, MISSING if column.required else ""
    if column.map:
        word = column.map.get(str(value))
        return (None, NO_WORD) if word is None else (int(word) if column.format == "integer" else word, "")
    if column.format in {"text", "id"}:
        return _word_text(value, column)
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None, "is not a number"
    return _word_number(number, column, n_decimals)


def _word_text(value: object, column: BidColumn) -> tuple[Cell, str]:
    if not isinstance(value, str):
        return None, f"is a {type(value).__name__}, ids and names are text"
    if not value.strip():
        return None, MISSING if column.required else ""
    if FORMULA_START.search(value):
        return None, "starts like a spreadsheet formula"
    if CONTROL_CHARACTER.search(value):
        return None, "holds a line break or control character"
    return value, ""


def _word_number(number: Decimal, column: BidColumn, n_decimals: int) -> tuple[Cell, str]:
    if not number.is_finite():
        return None, "is not a finite number"
    clean = round(number, MAX_DECIMALS)
    if abs(clean - number) > FLOAT_NOISE:
        return None, f"has more than {MAX_DECIMALS} decimals"
    if column.format == "number":
        written = max(n_decimals, -int(clean.normalize().as_tuple().exponent))
        return clean.quantize(Decimal(1).scaleb(-written)), ""
    clean = clean * 100 if column.format == "minor" else clean
    if clean != clean.to_integral_value():
        return None, "is not a whole number in the unit of the file"
    return int(clean), ""
