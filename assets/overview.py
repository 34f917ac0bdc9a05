"""The night in a few numbers, for page, workbook, `tonight` and the command line: money before and after, prices by node."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from assets.batch import Batch
from assets.plan_told import PROOF
from assets.presentation.forecast_words import forecast_sentences
from assets.presentation.summary import MoneyLine, NightSummary, count_actions
from assets.presentation.tables import is_change
from assets.warehouse import state
from assets.warehouse.errors import WarehouseError

NODE_COLUMNS = ["name", "parent", "cost", "min_cost", "max_cost", "price", "sentence_zh", "sentence_en"]


def night_summary(rows: pd.DataFrame, batch: Batch) -> NightSummary:
    """Return what the night does: cost, value and profit a day before and after the accepted changes, actions by platform.

    Intervals add up as if items erred together, which is the wide side: they are an honest bound, not a guess of
    independence. Held platforms count before and after alike.
    """
    changes = rows[is_change(rows) & (rows["decision"] == "accept")]
    items = rows.drop_duplicates(["platform", "item"])
    items = items[items["level"].isin(["keyword", "placement"])]
    cost = float(items["cost"].sum())
    value = float((items["cost"] * items["roas"]).sum())
    profit = float((items["cost"] * items["roas"] * items["margin"] - items["cost"]).sum())
    gain = {name: float(changes[name].sum()) for name in ("cost_change", "value_change", "profit_change")}
    spread = {side: float(changes[f"profit_change_{side}"].sum()) for side in ("low", "high")}
    money = {
        "cost": MoneyLine(before=cost, after=cost + gain["cost_change"], low=None, high=None),
        "value": MoneyLine(before=value, after=value + gain["value_change"], low=None, high=None),
        "profit": MoneyLine(
            before=profit,
            after=profit + gain["profit_change"],
            low=profit + spread["low"],
            high=profit + spread["high"],
        ),
    }
    return NightSummary(
        night=batch.night.isoformat(), currency=batch.settings.shop.currency, money=money, actions=count_actions(rows),
        forecasts=_earlier_forecasts(batch), proof=state.read_state(batch.home, batch.night, PROOF),
    )  # fmt: skip


def _earlier_forecasts(batch: Batch) -> list[dict[str, str]]:
    """Return how good earlier forecasts were, in words; nothing where the night has not scored any."""
    try:
        return forecast_sentences(batch.table("forecast_scores"))
    except WarehouseError:  # computed before this table existed
        return []


def file_problems(batch: Batch) -> list[dict[Hashable, Any]]:
    """Return the files of this night that were not read, or not wholly, each with its message."""
    found: list[dict[Hashable, Any]] = [
        {"file": one.file, "status": "unread", "quarantined_rows": 0, "message": one.error} for one in batch.unread
    ]
    try:
        files = batch.table("source_files")
    except WarehouseError:  # the run ended before it
        return found
    files = files[files["as_of"] == pd.Timestamp(batch.night)]
    partly = files[(files["status"] != "read") | (files["quarantined_rows"] > 0)]
    return found + partly[["file", "status", "quarantined_rows", "message"]].to_dict("records")


def price_nodes(plan: pd.DataFrame) -> pd.DataFrame:
    """Return the tree of budgets as a table: what each node spends, its limits, and what its next money returns."""
    if plan.empty:
        return pd.DataFrame({name: pd.Series(dtype="object") for name in NODE_COLUMNS})
    first = plan.iloc[0]
    total = {
        "name": "total", "parent": "", "cost": float(plan["plan_cost"].sum()), "min_cost": 0.0,
        "max_cost": float(first["total_max"]), "price": float(first["total_price"]), "sentence_zh": "", "sentence_en": "",
    }  # fmt: skip
    platforms = _nodes(plan, "platform", "platform")
    campaigns = _nodes(plan[plan["lever"] == "keyword_bid"], "campaign_node", "campaign")
    return pd.DataFrame([total, *platforms, *campaigns], columns=NODE_COLUMNS)


def _nodes(plan: pd.DataFrame, column: str, limit: str) -> list[dict[str, object]]:
    nodes = []
    for name, rows in plan.groupby(column, sort=True):
        first = rows.iloc[0]
        is_platform = column == "platform"
        nodes.append({
            "name": name, "parent": "total" if is_platform else first["platform"], "cost": float(rows["plan_cost"].sum()),
            "min_cost": float(first["platform_min"]) if is_platform else 0.0,
            "max_cost": float(first[f"{limit}_max"]) if pd.notna(first[f"{limit}_max"]) else np.inf,
            "price": float(first[f"{limit}_price"]),
            "sentence_zh": first["sentence_zh"] if is_platform else "",
            "sentence_en": first["sentence_en"] if is_platform else "",
        })  # fmt: skip
    return nodes
