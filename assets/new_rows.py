"""Recommendation rows of things that are new: keywords to add, terms to exclude, KOL offers to sign."""

from __future__ import annotations

import numpy as np
import pandas as pd

from assets.batch import Batch
from assets.destinations import TARGETS
from assets.platforms.items import join_key
from assets.term_money import is_worth_a_bid, new_bids, with_planned_bids, with_term_money
from optimizers.metrics import roas

UNJUDGED = ("views_unknown", "overcommitted")  # offers that were not weighed, so that there are no numbers to tell
NODE_GLUE = " / "  # of platform, account and campaign in the plan

# verdict: action, lever, reason
ROWS_OF_VERDICT = {
    "add": ("add", "new_keyword", "discover_add_shared"),
    "negative": ("negative", "negative_keyword", "discover_negative"),
    "protected": ("hold", "negative_keyword", "protected_term"),
    "rising": ("keep", "new_keyword", "rising_term"),
    "blocked": ("hold", "new_keyword", "blocked_term"),
}


def term_rows(terms: pd.DataFrame, plan: pd.DataFrame, moves: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Return one row per term that is added, excluded, kept, rising or blocked; the rest is only watched.

    ``moves`` are the rows of existing items, from which new bids count. A term that is added in another group than its own
    gets a second row: its exact negative in the source group.
    """
    rows = terms[terms["verdict"].isin(list(ROWS_OF_VERDICT))].reset_index(drop=True)
    if rows.empty:
        return rows
    told = pd.DataFrame([ROWS_OF_VERDICT[one] for one in rows["verdict"]], columns=["action", "lever", "reason_code"])
    rows = rows.assign(**told, level="search_term", match_type="exact", keyword=rows["search_term"])
    rows = with_term_money(with_first_bids(with_planned_bids(with_prices(rows, plan), moves), batch))
    rows = pd.concat([at_destination(rows), source_negatives(rows)], ignore_index=True)
    word = pd.Series("search_term", index=rows.index)
    rows["item"] = join_key(
        [rows["platform"], rows["account"], word, rows["campaign"], rows["ad_group"], rows["search_term"]]
    )
    return rows


def with_prices(rows: pd.DataFrame, plan: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with the price of money where they will stand, endless where none is left to buy with.

    In a campaign whose budget runs out a new click takes the place of another one, so the campaign's price counts; a
    campaign that the plan does not know has its platform's.
    """
    platform = rows["platform"].map(plan.groupby("platform")["platform_price"].first())
    node = rows["platform"] + NODE_GLUE + rows["account"] + NODE_GLUE + rows["target_campaign"].fillna(rows["campaign"])
    price = node.map(plan.groupby("campaign_node")["campaign_price"].first()).astype("float64").fillna(platform)
    return rows.assign(price=price.astype("float64").fillna(1.0).clip(lower=1.0))


def with_first_bids(rows: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Return the rows with the first bids of added words; what is not added after all is kept and says why."""
    out = not_added(rows, (rows["action"] == "add") & np.isinf(rows["price"]), "discover_no_money")
    out["old_value"], out["new_value"] = np.nan, new_bids(out, batch)
    added = out[out["action"] == "add"]
    return not_added(out, out.index.isin(added.index[~is_worth_a_bid(added, batch)]), "discover_unsure")


def not_added(rows: pd.DataFrame, mask: pd.Series | np.ndarray, reason: str) -> pd.DataFrame:
    """Return the rows, those of the mask only shown: they sell, and stay with the keyword that they came through."""
    out = rows.copy()
    out.loc[mask, ["action", "reason_code"]] = ["keep", reason]
    out.loc[mask, "new_value"] = np.nan
    return out


def at_destination(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows, an added word in the group where it goes."""
    out, is_moved = rows.copy(), (rows["action"] == "add") & rows["is_moved"].astype(bool)
    for target in TARGETS:
        name = target.removeprefix("target_")
        out[name] = out[target].where(is_moved, out[name])
    out.loc[is_moved, "reason_code"] = "discover_add"
    return out


def source_negatives(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the exact negative of every word that is added in another group; what it moves is counted with the added word."""
    out = rows[(rows["action"] == "add") & rows["is_moved"].astype(bool)].copy()
    out["action"], out["lever"], out["reason_code"] = "negative", "negative_keyword", "discover_source_negative"
    out["new_value"] = np.nan
    still = [
        "cost",
        "expected_cost",
        "cost_change",
        "value_change",
        "profit_change",
        "profit_change_low",
        "profit_change_high",
    ]
    out[still] = 0.0
    return out


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
    rows.loc[rows["binding_limit"].isin(UNJUDGED), "reason_code"] = "kol_unjudged"
    rows["old_value"], rows["new_value"] = np.nan, np.where(is_new, rows["account_fee"], np.nan)
    rows["cost"] = np.where(rows["is_signed"], rows["fee_per_day"], 0.0)
    rows["expected_cost"] = np.where(rows["is_chosen"], rows["fee_per_day"], 0.0)
    rows["cost_change"] = rows["expected_cost"] - rows["cost"]
    gained = np.where(is_new, rows["net_value"], 0.0) / horizon
    rows["value_change"] = np.where(is_new, rows["revenue"], 0.0) / horizon
    rows["profit_change"] = gained - rows["cost_change"]
    for side in ("low", "high"):
        rows[f"profit_change_{side}"] = np.where(is_new, rows[f"net_value_{side}"], 0.0) / horizon - rows["cost_change"]
    rows["brand_value"] = np.where(is_new, rows["brand_value"], 0.0) / horizon
    rows["roas"] = roas(rows["revenue"], rows["fee"])  # missing for barter, which has no fee
    return rows
