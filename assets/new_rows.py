"""Recommendation rows of things that are new: keywords to add, terms to exclude, KOL offers to sign."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from assets.arrays import floats
from assets.batch import Batch
from assets.destinations import TARGETS
from assets.platforms.items import join_key
from assets.platforms.levers import round_to_step
from optimizers.bids import bid_for_new_item
from optimizers.metrics import roas
from optimizers.response import MAX_MULTIPLIER, PRIOR_ETA, PRIOR_KAPPA, KeywordResponse
from optimizers.score import evidence_grade

NODE_GLUE = " / "  # of platform, account and campaign in the plan
INTERVAL_Z = float(ndtri(0.9))  # an 80 % interval leaves a tenth on each side

# verdict: action, lever, reason
ROWS_OF_VERDICT = {
    "add": ("add", "new_keyword", "discover_add_shared"),
    "negative": ("negative", "negative_keyword", "discover_negative"),
    "protected": ("hold", "negative_keyword", "protected_term"),
    "rising": ("keep", "new_keyword", "rising_term"),
    "blocked": ("hold", "new_keyword", "blocked_term"),
}


def term_rows(terms: pd.DataFrame, plan: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Return one row per term that is added, excluded, kept, rising or blocked; the rest is only watched.

    A term that is added in another group than its own gets a second row: its exact negative in the source group.
    """
    rows = terms[terms["verdict"].isin(list(ROWS_OF_VERDICT))].reset_index(drop=True)
    if rows.empty:
        return rows
    told = pd.DataFrame([ROWS_OF_VERDICT[one] for one in rows["verdict"]], columns=["action", "lever", "reason_code"])
    rows = rows.assign(**told, level="search_term", match_type="exact", keyword=rows["search_term"])
    rows = with_term_money(with_prices(rows, plan), batch)
    rows = pd.concat([at_destination(rows), source_negatives(rows)], ignore_index=True)
    word = pd.Series("search_term", index=rows.index)
    rows["item"] = join_key(
        [rows["platform"], rows["account"], word, rows["campaign"], rows["ad_group"], rows["search_term"]]
    )
    return rows


def with_prices(rows: pd.DataFrame, plan: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with the price of money where they will stand; where none is left to buy with, nothing is added.

    In a campaign whose budget runs out a new click takes the place of another one, so the campaign's price counts; a
    campaign that the plan does not know has its platform's.
    """
    platform = rows["platform"].map(plan.groupby("platform")["platform_price"].first())
    node = rows["platform"] + NODE_GLUE + rows["account"] + NODE_GLUE + rows["target_campaign"].fillna(rows["campaign"])
    price = node.map(plan.groupby("campaign_node")["campaign_price"].first()).astype("float64").fillna(platform)
    out = rows.assign(price=price.astype("float64").fillna(1.0).clip(lower=1.0))
    return out[(out["price"] < np.inf) | ~out["verdict"].isin(["add", "propose"])].reset_index(drop=True)


def with_term_money(rows: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Return the rows with first bids, money a day before and after, and the grade of their evidence."""
    out = rows.copy()
    out["old_value"], out["new_value"] = np.nan, new_bids(out, batch)
    out["cost"] = out["cost"] / out["n_days"]
    gained, out["expected_cost"] = expected_traffic(out)
    out["cost_change"] = out["expected_cost"] - out["cost"]
    out["value_change"] = gained * out["cvr"] * out["aov"]
    out["profit_change"] = gained * out["value_per_click"] - out["cost_change"]
    low, high = (gained * out[f"value_per_click_{side}"] - out["cost_change"] for side in ("low", "high"))
    out["profit_change_low"], out["profit_change_high"] = np.minimum(low, high), np.maximum(low, high)
    out["evidence_grade"] = evidence_grade(
        floats(out, "effective_clicks"), floats(out, "effective_conversions"),
        out["is_maturity_learned"].to_numpy(dtype=bool),
    )  # fmt: skip
    is_sure = gain_odds(out, gained) >= batch.settings.floor.level
    return out[is_sure | (out["action"] != "add").to_numpy()].reset_index(drop=True)


def gain_odds(rows: pd.DataFrame, gained: pd.Series) -> np.ndarray:
    """Return P(a word earns more at its own bid than at the bid of the keyword that it came through | data).

    It is bought already, so only a better bid earns. Clicks gained are worth their value, clicks given up save their cost
    at the price of money: the odds that value per click is on the right side of cost change over clicks gained, as
    lognormal through its 80 % interval. A bid that moves no click gains nothing.
    """
    clicks = gained.to_numpy(dtype=np.float64)
    change = floats(rows, "price") * floats(rows, "cost_change")
    low, high = floats(rows, "value_per_click_low"), floats(rows, "value_per_click_high")
    is_open = (clicks != 0) & (change / np.where(clicks == 0, 1.0, clicks) > 0) & (low > 0)
    turn = np.log(np.where(is_open, change / np.where(clicks == 0, 1.0, clicks), 1.0))
    bottom, top = (np.log(np.where(is_open, side, 1.0)) for side in (low, high))
    sd = np.maximum((top - bottom) / (2.0 * INTERVAL_Z), np.finfo(np.float64).tiny)
    with np.errstate(over="ignore"):  # a value known for sure is infinitely far from the turn
        above = ndtr(((bottom + top) / 2.0 - turn) / sd)
    return np.where(is_open, np.where(clicks > 0, above, 1.0 - above), 0.0)


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


def expected_traffic(rows: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return clicks gained a day and cost a day: a negative ends the term's traffic, an added word answers to its own bid.

    The word's clicks were bought at the bid of the keyword that it came through.
    """
    clicks = (rows["clicks"] / rows["n_days"]).to_numpy(dtype=np.float64)
    gained, cost = np.zeros(len(rows)), rows["cost"].to_numpy(dtype=np.float64).copy()
    ends = (rows["action"] == "negative").to_numpy()
    gained[ends], cost[ends] = -clicks[ends], 0.0
    added = (rows["new_value"].notna() & (rows["cpc"] > 0) & (rows["cost"] > 0)).to_numpy()
    part = rows[added]
    paid = part["cpc"].to_numpy(dtype=np.float64)
    bid, ones = part["bid"].to_numpy(dtype=np.float64), np.ones(len(part))
    curve = KeywordResponse(
        clicks[added], paid, bid * floats(part, "fx_rate"), part["value_per_click"].to_numpy(dtype=np.float64),
        PRIOR_ETA * ones, floats(part, "rho"), PRIOR_KAPPA * ones, MAX_MULTIPLIER * ones,
    )  # fmt: skip
    change = floats(part, "new_value") / bid
    gained[added], cost[added] = curve.clicks_at(change) - clicks[added], curve.cost_at(change)
    return pd.Series(gained, index=rows.index), pd.Series(cost, index=rows.index)


def new_bids(rows: pd.DataFrame, batch: Batch) -> pd.Series:
    """Return the first bid of each added term in account currency: worth a click over price, one night's move at most.

    The move is counted from the bid that the term's clicks are bought at today: how clicks answer is known near that bid
    only. A word that has no clicks yet has no such bid to keep near, and may start as low as it is worth.
    """
    bids = pd.Series(np.nan, index=rows.index, dtype="float64")
    for platform, part in rows[rows["action"] == "add"].groupby("platform", sort=True):
        rule = batch.platforms[str(platform)].rulebook.rule("keyword_bid")
        if rule is None:
            continue
        today = floats(part, "bid") * floats(part, "fx_rate")
        limit = today * (1.0 + batch.guardrails.max_raise)
        least = today * (1.0 - batch.guardrails.max_lower) * (part["origin"] == "search_term").to_numpy()
        worth = bid_for_new_item(
            part["value_per_click"].to_numpy(dtype=np.float64), part["price"].to_numpy(dtype=np.float64),
            part["rho"].to_numpy(dtype=np.float64), limit,
        )  # fmt: skip
        money = np.maximum(worth, least) / floats(part, "fx_rate")
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
