"""Joins items with what the market says of their words: searches, competition, suggested bids.

A word is looked up on the item's own platform first, then on any market source; numbers are never averaged across sources.
"""

from __future__ import annotations

import unicodedata

import numpy as np
import pandas as pd

from assets.batch import Batch
from assets.warehouse import window

COMPETITION = {"low": 0.2, "medium": 0.5, "high": 0.8, "低": 0.2, "中": 0.5, "高": 0.8}


def with_market(items: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Return the items with `searches` (a month), `competition` (0-1); missing where no market file names the word."""
    market = load_market(batch)
    words = normal_words(items["keyword"])
    own = market.set_index(["platform", "word"])
    any_source = market.drop_duplicates("word").set_index("word")
    out = items.copy()
    key = pd.MultiIndex.from_arrays([out["platform"], words])
    for column in ("searches", "competition"):
        first = own[column].reindex(key).to_numpy(dtype=np.float64)
        second = any_source[column].reindex(words).to_numpy(dtype=np.float64)
        out[column] = np.where(np.isnan(first), second, first)
    return out


def load_market(batch: Batch) -> pd.DataFrame:
    """Return one row per source and word: the middle of the searches' range, competition as 0-1, how searches changed."""
    market = window.latest_state(batch.home, batch.inputs, "keyword_market")
    low = market["searches_low"].astype("Float64").astype("float64")
    high = market["searches_high"].astype("Float64").astype("float64").fillna(low)
    index = market["competition_index"].astype("Float64").astype("float64") / 100
    label = market["competition"].astype("str").str.casefold().map(COMPETITION).astype("float64")
    out = pd.DataFrame({
        "platform": market["platform"].astype("str"), "word": normal_words(market["keyword"]),
        "searches": np.sqrt(np.maximum(low, 0) * np.maximum(high, 0)), "competition": index.fillna(label),
        "currency": market["currency"], "three_month_change": market["three_month_change"].astype("float64"),
        "yoy_change": market["yoy_change"].astype("float64"),
    })  # fmt: skip
    return out.sort_values(["platform", "word", "searches"], ascending=[True, True, False]).drop_duplicates(
        ["platform", "word"]
    )


def normal_words(words: pd.Series) -> pd.Series:
    """Return words as people would call them the same: NFKC, case-folded, single spaces."""
    text = words.fillna("").astype("str").map(lambda word: unicodedata.normalize("NFKC", word))
    return text.str.casefold().str.split().str.join(" ")
