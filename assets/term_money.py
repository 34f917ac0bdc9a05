"""What a search term's row changes a day: its first bid, and clicks and cost against what the night's plan brings anyway.

A term is bought through a keyword, whose bid the same night may move or end. So a row counts from the bid that its keyword
has **after** the plan; what the keyword's own row brings is not told twice. Which rows there are is ``assets.new_rows``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from assets.arrays import floats
from assets.batch import Batch
from assets.platforms.levers import round_to_step
from assets.term_context import CAMPAIGN
from optimizers.bids import bid_for_new_item
from optimizers.response import MAX_MULTIPLIER, KeywordResponse
from optimizers.score import evidence_grade
from optimizers.term_gain import gain_odds

MOVES_BID = ("raise", "lower")
TINY = 1e-9  # a keyword without cost speaks for its campaign only where no other does


def with_planned_bids(rows: pd.DataFrame, moves: pd.DataFrame) -> pd.DataFrame:
    """Add ``planned_multiplier``: tonight's bid of the keyword that buys the term, over its present one.

    0 where that is paused, 1 where it stays; without its jitter, which is nothing on average. Where nobody knows the
    keyword, its campaign's mean counts, weighted by cost.
    """
    keywords = moves[moves["level"] == "keyword"]
    keywords = keywords.assign(multiplier=planned_multiplier(keywords), weight=keywords["cost"].fillna(0.0) + TINY)
    keywords["moved"] = keywords["multiplier"] * keywords["weight"]
    of_item = keywords.groupby("item")[
        "multiplier"
    ].min()  # one that returns on trial has two rows: on again, and lower
    sums = keywords.groupby(CAMPAIGN)[["moved", "weight"]].sum()
    usual = (sums["moved"] / sums["weight"]).rename("usual").reset_index()
    around = rows[CAMPAIGN].merge(usual, on=CAMPAIGN, how="left")["usual"].to_numpy(dtype=np.float64)
    told = rows["source_item"].map(of_item).to_numpy(dtype=np.float64)
    found = np.where(np.isnan(told), around, told)
    return rows.assign(planned_multiplier=np.where(np.isnan(found), 1.0, found))


def planned_multiplier(keywords: pd.DataFrame) -> np.ndarray:
    """Return each row's new bid over its old one, 0 of a pause, 1 of what stays."""
    bid = keywords["planned_value"].fillna(keywords["new_value"])
    is_moved = (keywords["lever"] == "keyword_bid") & keywords["action"].isin(MOVES_BID)
    still = np.where(keywords["action"] == "pause", 0.0, 1.0)
    return np.where(is_moved, (bid / keywords["old_value"]).to_numpy(dtype=np.float64), still)


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
        least = today * (1.0 - batch.guardrails.max_lower) * (part["origin"] == "search_term").to_numpy()
        worth = np.minimum(best_bids(part, today), today * (1.0 + batch.guardrails.max_raise))
        money = np.maximum(worth, least) / floats(part, "fx_rate")
        bids[part.index] = round_to_step(np.clip(money, rule.minimum, rule.maximum), rule, prefer_down=True)
    return bids


def best_bids(rows: pd.DataFrame, today: np.ndarray) -> np.ndarray:
    """Return the bid at which the next click costs what it is worth: rho today (bid / today)^kappa = value / price."""
    first = bid_for_new_item(
        floats(rows, "value_per_click"), floats(rows, "price"), floats(rows, "rho"), today * MAX_MULTIPLIER
    )
    away = np.clip(first / today, 1.0 / MAX_MULTIPLIER, MAX_MULTIPLIER)
    return np.asarray(first * away ** (1.0 / floats(rows, "kappa") - 1.0))


def expected_traffic(rows: pd.DataFrame) -> pd.DataFrame:
    """Return clicks that each row gains a day, and cost a day under the plan without it and with it.

    A negative ends the term's traffic, an added word answers to its own bid, everything else leaves the plan as it is.
    Before and after are read from one curve, through today's clicks at today's bid of the keyword.
    """
    clicks = floats(rows, "clicks") / floats(rows, "n_days")
    bid, cpc = (np.nan_to_num(floats(rows, name)) for name in ("bid", "cpc"))
    bid = np.where(bid > 0, bid, 1.0)  # a row that is only shown may have none: it moves nothing
    curve = KeywordResponse(
        clicks, cpc, bid * floats(rows, "fx_rate"), np.zeros(len(rows)), floats(rows, "eta"), floats(rows, "rho"),
        floats(rows, "kappa"), MAX_MULTIPLIER * np.ones(len(rows)),
    )  # fmt: skip
    before, new = floats(rows, "planned_multiplier"), floats(rows, "new_value")
    is_bought = (cpc > 0) & (floats(rows, "cost") > 0)  # of clicks that were free nobody knows what more would cost
    after = np.where(~np.isnan(new) & is_bought, np.nan_to_num(new) / bid, before)
    after = np.where(rows["action"] == "negative", 0.0, after)
    gained = curve.clicks_at(after) - curve.clicks_at(before)
    cost = {name: curve.cost_at(m) * (m > 0) for name, m in (("before", before), ("after", after))}
    return pd.DataFrame({"gained": gained, **cost}, index=rows.index)


def is_worth_a_bid(rows: pd.DataFrame, batch: Batch) -> np.ndarray:
    """Return which words probably earn more at their own bid than at the one that their keyword has after the plan.

    A bid that is closer to that one than the smallest change that is made at all moves nothing.
    """
    traffic = expected_traffic(rows)
    odds = gain_odds(
        floats(traffic, "gained"), floats(traffic, "after") - floats(traffic, "before"), floats(rows, "price"),
        floats(rows, "value_per_click_low"), floats(rows, "value_per_click_high"),
    )  # fmt: skip
    planned = floats(rows, "bid") * floats(rows, "planned_multiplier")
    moves = np.abs(floats(rows, "new_value") - planned) >= batch.guardrails.min_change * planned * (1.0 - TINY)
    return (odds >= batch.settings.floor.level) & moves


def with_term_money(rows: pd.DataFrame) -> pd.DataFrame:
    """Add money a day under the plan without the row and with it, what that changes, and the grade of the evidence."""
    out, traffic = rows.copy(), expected_traffic(rows)
    gained = traffic["gained"]
    out["cost"], out["expected_cost"] = traffic["before"], traffic["after"]
    out["cost_change"] = out["expected_cost"] - out["cost"]
    out["value_change"] = gained * out["cvr"] * out["aov"]
    out["profit_change"] = gained * out["value_per_click"] - out["cost_change"]
    low, high = (gained * out[f"value_per_click_{side}"] - out["cost_change"] for side in ("low", "high"))
    out["profit_change_low"], out["profit_change_high"] = np.minimum(low, high), np.maximum(low, high)
    out["evidence_grade"] = evidence_grade(
        floats(out, "effective_clicks"), floats(out, "effective_conversions"),
        out["is_maturity_learned"].to_numpy(dtype=bool),
    )  # fmt: skip
    return out
