"""Joins items with what the shop knows of them: their entity (id, status, bid, budget) and their product (margin, stock)."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from assets.batch import Batch
from assets.identity import with_items
from assets.money import from_micros, fx_rates
from assets.warehouse import window

ENTITY_COLUMNS = ["status", "bid", "daily_budget", "target_roas", "commission_rate", "is_closed_bid", "entity_type"]
FILLED_COLUMNS = ["campaign_id", "ad_group_id", "keyword_id", "product_id"]
CAMPAIGN_KEY = ["platform", "account", "campaign_key"]


def with_entities(items: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Return the items with status, bid, budget and target as of the newest export, and ids where the report had none.

    An item without an entity row keeps a missing ``status``: it is review-only. A keyword without a budget of its own takes
    its campaign's.
    """
    entities = load_entities(batch)
    own = entities.drop_duplicates("item", keep="last").set_index("item")
    out = items.copy()
    for column in [*ENTITY_COLUMNS, "entity_date"]:
        out[column] = look_up(own[column], out["item"])
    for column in FILLED_COLUMNS:
        found = look_up(own[column], out["item"])
        out[column] = found.where(found.notna(), out[column])
    out["campaign_key"] = campaign_key(out)
    budget = campaign_budgets(entities)
    keys = pd.MultiIndex.from_frame(out[CAMPAIGN_KEY])
    out["campaign_budget"] = np.where(
        out["daily_budget"].notna(), out["daily_budget"], budget.reindex(keys).to_numpy(dtype=np.float64)
    )
    return out


def look_up(column: pd.Series, keys: pd.Series) -> pd.Series:
    """Return the column's value for each key, missing where it has none; the type stays, also of an empty column."""
    return column.reindex(keys).set_axis(keys.index)


def load_entities(batch: Batch) -> pd.DataFrame:
    """Return the newest entities with `item`, money in account currency units, and their date."""
    entities = window.latest_state(batch.home, batch.inputs, "entities")
    entities = with_items(entities, "entities", batch)
    for column in ("bid", "daily_budget"):
        entities[column] = from_micros(entities[column])
    entities["entity_date"] = entities["as_of"]
    oldest = pd.Timestamp(batch.night) - pd.Timedelta(days=batch.guardrails.entity_max_age_days)
    return entities[(entities["as_of"] >= oldest) & entities["item"].notna()]


def campaign_key(frame: pd.DataFrame) -> pd.Series:
    """Return the campaign's id where known, else its name."""
    return frame["campaign_id"].where(frame["campaign_id"].notna(), frame["campaign"]).astype("str")


def campaign_budgets(entities: pd.DataFrame) -> pd.Series:
    """Return daily budgets by (platform, account, campaign id) and by (platform, account, campaign name)."""
    rows = entities[entities["daily_budget"].notna()]
    by_id = rows[rows["campaign_id"].notna()].assign(campaign_key=rows["campaign_id"])
    by_name = rows[rows["campaign"].notna()].assign(campaign_key=rows["campaign"])
    both = pd.concat([by_id, by_name]).drop_duplicates(CAMPAIGN_KEY)
    return both.set_index(CAMPAIGN_KEY)["daily_budget"]


def with_products(items: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Return the items with product, margin, stock, brand and protection, from the shop's mapping and product list."""
    out = _apply_mapping(items, window.latest_state(batch.home, batch.inputs, "mapping"))
    products = window.latest_state(batch.home, batch.inputs, "products").drop_duplicates("product_id", keep="last")
    known = products.set_index("product_id")
    for column in ("product_name", "margin", "stock", "is_new", "price"):
        out[column] = look_up(known[column], out["product_id"])
    is_known = out["margin"].notna()
    implied = batch.settings.default_margin
    if implied is None:
        implied = 1.0 / batch.settings.roas.floor  # the floor says what the shop calls break-even
    out["margin"] = out["margin"].astype("Float64").astype("float64").fillna(implied)
    out["margin_basis"] = np.where(is_known, "product", "implied")
    if batch.settings.value_basis == "conversion_value":
        out["margin"], out["margin_basis"] = 1.0, "conversion_value"
    out["ltv_multiplier"] = ltv_multipliers(out["platform"], batch)
    out["margin"] *= out["ltv_multiplier"]
    out = with_prices(out, known, batch)
    out["is_protected"] |= out["is_new"].astype("boolean").fillna(False).astype(bool)
    return out


def ltv_multipliers(platform: pd.Series, batch: Batch) -> pd.Series:
    """Return what a sale is worth with the buyer's later ones, by platform; 1 on every other value basis."""
    is_used = batch.settings.value_basis == "ltv"
    known = {name: use.ltv_multiplier if is_used else 1.0 for name, use in batch.settings.platforms.items()}
    return platform.map(known).astype("float64").fillna(1.0)


def with_prices(items: pd.DataFrame, products: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Return the items with the product's price as order value where the platform exports orders without their value."""
    out = items.copy()
    night = pd.Series(pd.Timestamp(batch.night), index=products.index)
    rate = fx_rates(products["currency"], night, batch.settings.fx, batch.settings.shop.currency)
    price = look_up(from_micros(products["price"]) * rate, out["product_id"])
    out["price"] = price
    told = out.groupby("platform")["conversion_value"].transform("sum") > 0
    use = (~told & price.notna()).to_numpy(dtype=bool)
    out["value_source"] = np.where(told, "reported", np.where(use, "product_price", "unknown"))
    out.loc[use, "effective_orders"] = out.loc[use, "effective_conversions"]
    out.loc[use, "effective_value"] = out.loc[use, "effective_orders"] * price[use]
    for suffix in ("", "_7d"):
        out.loc[use, f"conversion_value{suffix}"] = out.loc[use, f"conversions{suffix}"] * price[use]
    return out


def _apply_mapping(items: pd.DataFrame, mapping: pd.DataFrame) -> pd.DataFrame:
    out = items.copy()
    out["is_brand"], out["is_protected"] = False, False
    out["do_not_touch_until"] = pd.Series(pd.NaT, index=out.index, dtype="datetime64[us]")
    for row in mapping.to_dict("records"):  # later lines overrule earlier ones
        hit = _matches(out, row)
        if pd.notna(row["product_id"]):
            out.loc[hit, "product_id"] = row["product_id"]
        for flag in ("is_brand", "is_protected"):
            if pd.notna(row[flag]):
                out.loc[hit, flag] = bool(row[flag])
        if pd.notna(row["do_not_touch_until"]):
            out.loc[hit, "do_not_touch_until"] = row["do_not_touch_until"]
    return out


def _matches(items: pd.DataFrame, row: Mapping[Hashable, Any]) -> pd.Series:
    hit = items["platform"] == row["mapped_platform"]
    for column in ("campaign", "ad_group"):
        if pd.notna(row[column]):
            hit &= (items[column] == row[column]).fillna(False)
    if pd.notna(row["keyword_pattern"]):
        pattern = str(row["keyword_pattern"])
        if not _is_pattern(pattern):
            return pd.Series(False, index=items.index)  # told by ``bad_patterns``
        hit &= items["keyword"].str.contains(pattern, regex=True, case=False).fillna(False)
    return hit.fillna(False).astype(bool)


def bad_patterns(batch: Batch) -> list[str]:
    """Return the lines of the mapping that are ignored because their keyword pattern is no regular expression."""
    mapping = window.latest_state(batch.home, batch.inputs, "mapping")
    told = mapping[mapping["keyword_pattern"].notna()]
    return [
        f"mapping line {line}: {pattern!r} is no pattern, the line is ignored; mend keyword_pattern"
        for line, pattern in zip(told["line"], told["keyword_pattern"], strict=True)
        if not _is_pattern(str(pattern))
    ]


def _is_pattern(text: str) -> bool:
    try:
        pd.Series([""], dtype="str").str.contains(text, regex=True, case=False)
    except (re.error, ValueError):  # pyarrow's engine raises its own kind of ValueError
        return False
    return True
