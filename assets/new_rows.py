"""Recommendation rows of things that are new: keywords to add, terms to exclude, KOL offers to sign."""

from __future__ import annotations

import numpy as np
import pandas as pd

from assets.batch import Batch
from assets.platforms.items import join_key
from assets.platforms.levers import round_to_step
from optimizers.bids import bid_for_new_item
from optimizers.metrics import roas
from optimizers.response import MAX_MULTIPLIER, PRIOR_ETA, PRIOR_KAPPA, KeywordResponse
from optimizers.score import evidence_grade

ACTION_OF_VERDICT = {"add": "add", "negative": "negative", "rising": "keep", "blocked": "hold"}
REASON_OF_VERDICT = {
    "add": "discover_add", "negative": "discover_negative", "rising": "rising_term", "blocked": "blocked_term",
}  # fmt: skip
LEVER_OF_VERDICT = {
    "add": "new_keyword",
    "negative": "negative_keyword",
    "rising": "new_keyword",
    "blocked": "new_keyword",
}


def term_rows(terms: pd.DataFrame, plan: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Return one row per term that is added, excluded, rising or blocked; the rest is only watched."""
    rows = terms[terms["verdict"].isin(list(ACTION_OF_VERDICT))].reset_index(drop=True)
    if rows.empty:
        return rows
    rows["level"], rows["keyword"], rows["match_type"] = "search_term", rows["search_term"], "exact"
    rows["lever"] = rows["verdict"].map(LEVER_OF_VERDICT)
    rows["action"], rows["reason_code"] = rows["verdict"].map(ACTION_OF_VERDICT), rows["verdict"].map(REASON_OF_VERDICT)
    constant = pd.Series("search_term", index=rows.index)
    rows["item"] = join_key(
        [rows["platform"], rows["account"], constant, rows["campaign"], rows["ad_group"], rows["search_term"]]
    )
    price = plan.groupby("platform")["platform_price"].first()
    rows["price"] = rows["platform"].map(price).astype("float64").fillna(1.0).clip(lower=1.0)
    has_money = (rows["price"] < np.inf) | (rows["action"] != "add")  # an endless price: nothing is left to buy with
    rows = rows[has_money].reset_index(drop=True)
    rows["old_value"], rows["new_value"] = np.nan, new_bids(rows, batch)
    rows["cost"] = rows["cost"] / rows["n_days"]
    gained, rows["expected_cost"] = expected_traffic(rows)
    rows["cost_change"] = rows["expected_cost"] - rows["cost"]
    rows["value_change"] = gained * rows["cvr"] * rows["aov"]
    rows["profit_change"] = gained * rows["value_per_click"] - rows["cost_change"]
    low, high = (gained * rows[f"value_per_click_{side}"] - rows["cost_change"] for side in ("low", "high"))
    rows["profit_change_low"], rows["profit_change_high"] = np.minimum(low, high), np.maximum(low, high)
    known = np.ones(len(rows), dtype=bool)
    rows["evidence_grade"] = evidence_grade(
        rows["effective_clicks"].to_numpy(dtype=np.float64), rows["conversions"].to_numpy(dtype=np.float64), known
    )
    return rows


def expected_traffic(rows: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return clicks gained a day and cost a day: a negative ends the term's traffic, an added word answers to its own bid.

    The word's bid so far is not known; what its clicks cost stands in for it.
    """
    clicks = (rows["clicks"] / rows["n_days"]).to_numpy(dtype=np.float64)
    gained, cost = np.zeros(len(rows)), rows["cost"].to_numpy(dtype=np.float64).copy()
    ends = (rows["action"] == "negative").to_numpy()
    gained[ends], cost[ends] = -clicks[ends], 0.0
    added = (rows["new_value"].notna() & (rows["cpc"] > 0) & (rows["cost"] > 0)).to_numpy()
    part = rows[added]
    paid = part["cpc"].to_numpy(dtype=np.float64)
    ones = np.ones(len(part))
    curve = KeywordResponse(
        clicks[added], paid, paid, part["value_per_click"].to_numpy(dtype=np.float64),
        PRIOR_ETA * ones, ones, PRIOR_KAPPA * ones, MAX_MULTIPLIER * ones,
    )  # fmt: skip
    change = (part["new_value"] * part["fx_rate"]).to_numpy(dtype=np.float64) / paid
    gained[added], cost[added] = curve.clicks_at(change) - clicks[added], curve.cost_at(change)
    return pd.Series(gained, index=rows.index), pd.Series(cost, index=rows.index)


def new_bids(rows: pd.DataFrame, batch: Batch) -> pd.Series:
    """Return the first bid of each added term in account currency: worth a click over price, at most what such clicks cost."""
    bids = pd.Series(np.nan, index=rows.index, dtype="float64")
    for platform, part in rows[rows["action"] == "add"].groupby("platform", sort=True):
        rule = batch.platforms[str(platform)].rulebook.rule("keyword_bid")
        if rule is None:
            continue
        limit = part["cpc"].to_numpy(dtype=np.float64) * (1.0 + batch.guardrails.max_raise)
        worth = bid_for_new_item(
            part["value_per_click"].to_numpy(dtype=np.float64), part["price"].to_numpy(dtype=np.float64),
            np.ones(len(part)), limit,
        )  # fmt: skip
        money = worth / part["fx_rate"].to_numpy(dtype=np.float64)
        bids[part.index] = round_to_step(np.clip(money, rule.minimum, rule.maximum), rule, prefer_down=True)
    return bids


def kol_rows(offers: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Return one row per KOL offer: sign, skip or committed; money is a day's share over the planning horizon."""
    rows = offers.copy()
    if rows.empty:
        return rows
    horizon = float(batch.settings.kol.horizon_days)
    rows["platform"], rows["level"], rows["lever"] = "kol", "kol", "kol_offer"
    rows["account"] = batch.account("kol")
    rows["keyword"], rows["ad_group_id"] = rows["offer_id"], rows["kol_id"]
    rows["campaign"], rows["ad_group"] = rows["kol_platform"], rows["content_format"]
    rows["item"] = join_key([rows["platform"], rows["account"], rows["level"], rows["offer_id"]])
    is_new = rows["is_chosen"] & ~rows["is_signed"]
    rows["action"] = np.where(is_new, "sign", "hold")
    rows["reason_code"] = np.select([rows["is_signed"], is_new], ["kol_committed", "kol_sign"], "kol_skip")
    rows["old_value"], rows["new_value"] = np.nan, np.where(is_new, rows["account_fee"], np.nan)
    rows["cost"] = np.where(rows["is_signed"], rows["fee_per_day"], 0.0)
    rows["expected_cost"] = np.where(rows["is_chosen"], rows["fee_per_day"], 0.0)
    rows["cost_change"] = rows["expected_cost"] - rows["cost"]
    gained = np.where(is_new, rows["net_value"], 0.0) / horizon
    rows["value_change"] = np.where(is_new, rows["revenue"], 0.0) / horizon
    rows["profit_change"] = gained - rows["cost_change"]
    for side in ("low", "high"):
        rows[f"profit_change_{side}"] = np.where(is_new, rows[f"net_value_{side}"], 0.0) / horizon - rows["cost_change"]
    rows["roas"] = roas(rows["revenue"], rows["fee"])  # missing for barter, which has no fee
    return rows
