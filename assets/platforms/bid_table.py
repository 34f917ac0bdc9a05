"""From recommendations to the cells of an upload file, as the platform's YAML says.

Here belong the reversal of a change, the edit table (one row per thing to edit) and the wording of its cells. Which
values are allowed is in ``levers``; bytes are in ``cell_writer``; folders are in ``writer``.

``BidColumn.column`` and ``only_if`` may name the identifying columns of the recommendations and these:

* ``operation``: update, create, exclude, remove_keyword, remove_exclusion, sign or cancel.
* ``text``: the keyword, or the search term that becomes one. ``criterion``: its match type, with ``negative_`` before
  it for exclusions. ``item_key``: the item's own parts. ``row_key``: a short
  key of the item, which results files echo.
* ``bid``, ``daily_budget``, ``target_roas``, ``commission_rate``, ``fee``, ``new_status`` (enabled, paused, removed):
  the new values, and the same with ``old_``; all blank where unchanged.
* ``state``: the status after the edit.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

import pandas as pd

from assets.platforms.bid_errors import Breach
from configs.platform_schema import BidColumn, BidFileSpec, Platform

Cell = str | int | Decimal | None
Edit = dict[str, object]
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
REVERSE_ACTION = {
    "raise": "lower",
    "lower": "raise",
    "pause": "resume",
    "resume": "pause",
    "add": "remove",
    "negative": "remove",
    "sign": "cancel",
}
FORMULA_START = re.compile(r"^\s*[=+\-@＝＋－＠]|^[\t\r]")
UNSAFE_CHARACTER = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
MAX_DECIMALS = 6
FLOAT_NOISE = Decimal("1e-9")  # 0.1 + 0.2 is written 0.3
NO_WORD = "has no word in this upload format"
MISSING = "is missing, the upload format needs it"


class BidTable(NamedTuple):
    """The cells of one upload file, the header first, with every breach found while wording them."""

    headers: tuple[str, ...]
    rows: list[tuple[Cell, ...]]
    breaches: list[Breach]


def undo_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that take ``rows`` back: old and new swapped, each action reversed, status as it is after them.

    Applying ``rows`` and then these restores the platform's export. An added keyword or negative becomes ``remove``, a
    signed offer ``cancel``: both carry no new value.
    """
    undone = rows.copy()
    undone["action"] = rows["action"].map(REVERSE_ACTION).fillna(rows["action"])
    is_taken_back = undone["action"].isin(["remove", "cancel"])
    undone["old_value"] = rows["new_value"]
    undone["new_value"] = rows["old_value"].where(~is_taken_back)
    after = rows["action"].map({"pause": "paused", "resume": "enabled"})
    undone["status"] = after.where(after.notna(), rows["status"])
    return undone


def build_edits(rows: pd.DataFrame) -> list[Edit]:
    """Return one edit per recommendation row, in the same order; ``row`` is the row's index label."""
    frame = rows.reindex(columns=list(IDENTITY_COLUMNS))
    missing = [frame[name].isna().tolist() for name in IDENTITY_COLUMNS]
    values = [frame[name].tolist() for name in IDENTITY_COLUMNS]
    cells = [
        [None if is_missing else value for value, is_missing in zip(column, gaps, strict=True)]
        for column, gaps in zip(values, missing, strict=True)
    ]
    records = zip(rows.index, zip(*cells, strict=True), strict=True)
    return [
        _build_edit({"row": label, **dict(zip(IDENTITY_COLUMNS, record, strict=True))}) for label, record in records
    ]


def merge_edits(edits: list[Edit]) -> list[Edit]:
    """Return one edit per edited thing, so that a keyword's new bid and new status cannot contradict each other."""
    merged: dict[tuple[object, ...], Edit] = {}
    for edit in edits:
        own = (edit["operation"], edit["ad_group"], edit["text"], edit["match_type"])
        key = (edit["item"],) if edit["operation"] == "update" else (edit["item"], *own)
        first = merged.setdefault(key, dict(edit))
        first.update({name: value for name, value in edit.items() if first.get(name) is None})
        first["state"] = first["status"] if first["new_status"] is None else first["new_status"]
    return list(merged.values())


def row_key(item: str) -> str:
    """Return a short key of an item for uploads that echo one in their results (platforms allow few characters)."""
    return hashlib.blake2b(item.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _build_edit(edit: Edit) -> Edit:
    """Add to one recommendation the columns that name its direction."""
    lever, action = str(edit["lever"]), str(edit["action"])
    operation = OPERATIONS.get((lever, action in {"remove", "cancel"}), "update")
    edit["operation"] = operation
    edit["text"] = edit["search_term"] if lever in TERM_LEVERS else edit["keyword"]
    if lever in TERM_LEVERS and edit["match_type"] is None:
        edit["match_type"] = "exact"
    is_exclusion = operation in {"exclude", "remove_exclusion"}
    edit["criterion"] = f"negative_{edit['match_type']}" if is_exclusion else edit["match_type"]
    edit["row_key"] = row_key(str(edit["item"]))
    edit["item_key"] = "|".join(str(edit["item"]).split("|")[3:])
    if lever in VALUE_COLUMNS:
        edit[VALUE_COLUMNS[lever]] = edit["new_value"]
        edit[f"old_{VALUE_COLUMNS[lever]}"] = edit["old_value"]
    edit["new_status"] = NEW_STATUS.get(action)
    edit["old_status"] = edit["status"] if lever == "status" else None
    edit["state"] = edit["status"] if edit["new_status"] is None else edit["new_status"]
    return edit


def render_table(spec: BidFileSpec, edits: list[Edit], platform: Platform) -> BidTable:
    """Return the cells of ``edits`` in the wording of ``spec``; a cell that cannot be worded is blank and a breach."""
    breaches: list[Breach] = []
    decimals = value_decimals(platform)
    columns = [_render_column(column, edits, decimals, breaches) for column in spec.columns]
    headers = tuple(column.header for column in spec.columns)
    homeless = [edit for edit in edits if spec.split_by and edit.get(spec.split_by) is None]
    breaches += [
        Breach(one["row"], str(one["item"]), str(one["lever"]), spec.split_by, MISSING, "", "") for one in homeless
    ]
    return BidTable(headers, list(zip(*columns, strict=True)), breaches)


def value_decimals(platform: Platform) -> dict[str, int]:
    """Return how many decimals the step of each value column has, for example 2 for a step of 0.01."""
    found: dict[str, int] = {}
    for rule in platform.rulebook.levers:
        if rule.has_value:
            exponent = Decimal(repr(rule.step)).normalize().as_tuple().exponent
            found[VALUE_COLUMNS[rule.lever]] = max(0, -int(exponent))
    return found


def _render_column(
    column: BidColumn, edits: list[Edit], decimals: Mapping[str, int], breaches: list[Breach]
) -> list[Cell]:
    """Word one column; a row outside ``only_if`` stays blank."""
    n_decimals = decimals.get(column.column.removeprefix("old_"), 0)
    cells: list[Cell] = []
    for edit in edits:
        is_open = all(edit.get(name) in accepted for name, accepted in column.only_if.items())
        value = edit.get(column.column) if column.column else column.constant
        cell, reason = _word(column, value, n_decimals) if is_open else (None, "")
        if reason:
            limit = ", ".join(column.map) if reason == NO_WORD else ""
            item, lever = str(edit["item"]), str(edit["lever"])
            breaches.append(Breach(edit["row"], item, lever, column.header, reason, str(value), limit))
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
    if UNSAFE_CHARACTER.search(value):
        return None, "holds a line break or a character that no file may hold"
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
