"""The truth of one platform's account: campaigns, keywords, their response to a bid and the terms behind them.

Here belong the tables and their first draw. A day is ``simulator.traffic``, changes are ``simulator.edits``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from simulator.catalogue import order_value
from simulator.options import PROFILES, MarketOptions, Profile
from simulator.terms import build_terms
from simulator.traffic import keyword_demand
from simulator.words import AUTO_TARGETS, VOCABULARIES, Vocabulary

BRAND_SHARE = 0.05
EXHAUSTED = {"taobao_keyword": (1, 3), "google_ads": (2,), "amazon_sp": (1,), "baidu_search": (0,)}


@dataclass
class Account:
    """One platform's keywords and campaigns. Rows are never removed, so a row number stays an item's name.

    ``keywords`` columns: keyword_id, keyword, match_type, entity_type, campaign (row of ``campaigns``), ad_group,
    ad_group_id, product (row of the catalogue), category, base_clicks a day at ``base_bid``, eta, rank_share (share not
    lost to rank at ``base_bid``), ctr, cvr, order_value, value_per_click (margin after refunds), bid, status.
    ``campaigns`` columns: campaign_id, campaign, daily_budget. ``terms``: row, search_term, weight, quality, is_added.
    """

    profile: Profile
    keywords: pd.DataFrame
    campaigns: pd.DataFrame
    terms: pd.DataFrame
    negatives: list[dict[str, str]] = field(default_factory=list)


def build_account(profile: Profile, products: pd.DataFrame, options: MarketOptions) -> Account:
    """Return the first draw of one keyword platform's account."""
    rng = np.random.default_rng([options.seed, 21, profile.index])
    words = VOCABULARIES[profile.language]
    keywords = _texts(words, profile, options.n_items[profile.platform], rng)
    campaigns = _campaigns(words, profile, rng)
    keywords["product"] = _products_of(keywords, products, profile.language, rng)
    keywords = _identities(keywords, campaigns, products, rng)
    keywords = _economics(keywords, profile, products, rng)
    campaigns["daily_budget"] = _budgets(keywords, len(campaigns), profile, rng)
    terms = build_terms(keywords["keyword"], keywords["match_type"], words, rng)
    return Account(profile, keywords, campaigns, terms)


def new_ids(n: int, digits: int, rng: np.random.Generator) -> list[str]:
    """Return ``n`` different ids of ``digits`` digits as text."""
    low = 10 ** (digits - 1)
    steps = rng.choice(9 * 10**7, size=n, replace=False)
    return [str(low + int(step) * 10 ** (digits - 9) + int(step) % 97) for step in steps]


def _texts(words: Vocabulary, profile: Profile, n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Draw ``n`` different keywords: brand words, then category words with one or two modifiers."""
    found: dict[
        tuple[str, str], tuple[str, int, int, bool]
    ] = {}  # a Chinese unit holds a word once, whatever its match
    n_brand = max(1, round(n * BRAND_SHARE))
    for i in range(n_brand):
        category = i // len(words.brand_modifiers) - 1
        tail = words.categories[category] if category >= 0 else ""
        parts = [words.brand, tail, words.brand_modifiers[i % len(words.brand_modifiers)]]
        text = words.join.join(part for part in parts if part)
        found[text, ""] = (profile.match_types[-1], max(category, 0), -1, True)
    while len(found) < n:
        category, first, second = (int(rng.integers(k)) for k in (len(words.categories), 25, 60))
        extra = words.modifiers[second] if second < 25 and second != first else ""
        text = words.join.join(p for p in (words.modifiers[first], extra, words.categories[category]) if p)
        match = profile.match_types[int(rng.integers(len(profile.match_types)))]
        key = (text, "" if words.join == "" else match)
        found.setdefault(key, (match, category, first, False))
    frame = pd.DataFrame(
        [(text, *rest) for (text, _), rest in found.items()],
        columns=["keyword", "match_type", "category", "modifier", "is_brand"],
    )
    if profile.platform == "amazon_sp":
        frame = _with_auto_targets(frame)
    return frame.sort_values(["is_brand", "category"], kind="stable", ignore_index=True)


def _with_auto_targets(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn the last rows into automatic targets, as Amazon lists them."""
    frame = frame.copy()
    where = frame.index[-len(AUTO_TARGETS) :]
    frame.loc[where, "keyword"] = list(AUTO_TARGETS)
    frame.loc[where, "match_type"] = "auto"
    frame.loc[where, "category"] = 0
    frame.loc[where, "is_brand"] = False
    return frame


def _campaigns(words: Vocabulary, profile: Profile, rng: np.random.Generator) -> pd.DataFrame:
    names = [words.generic_campaign.format(category=category) for category in words.categories]
    names.append(words.brand_campaign)
    if profile.platform == "amazon_sp":
        names.append("insulated bottle | auto")
    return pd.DataFrame({"campaign_id": new_ids(len(names), 12, rng), "campaign": names})


def _products_of(keywords: pd.DataFrame, products: pd.DataFrame, language: str, rng: np.random.Generator) -> np.ndarray:
    """Choose the promoted product of every keyword among those of its category."""
    chosen = np.empty(len(keywords), dtype=int)
    sold = products["language"].eq(language)
    for category in sorted(set(keywords["category"])):
        rows = np.flatnonzero(keywords["category"] == category)
        pool = products.index[sold & products["category"].eq(category)]
        pool = pool if len(pool) else products.index[sold]
        chosen[rows] = rng.choice(pool.to_numpy()[:3], size=len(rows))
    return chosen


def _identities(
    keywords: pd.DataFrame, campaigns: pd.DataFrame, products: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Add campaign, ad group (one per campaign and product) and ids."""
    frame = keywords.copy()
    is_auto = frame["match_type"].eq("auto").to_numpy()
    frame["campaign"] = np.where(is_auto, 7, np.where(frame["is_brand"], 6, frame["category"]))
    group = frame["campaign"].astype(str) + "|" + frame["product"].astype(str)
    codes, labels = pd.factorize(group)
    ids = np.array(new_ids(len(labels), 13, rng), dtype=object)
    short = products["product_name"].str[-3:].to_numpy()[frame["product"]]
    frame["ad_group"] = campaigns["campaign"].to_numpy()[frame["campaign"]] + "_" + short
    frame["ad_group_id"] = ids[codes]
    frame["keyword_id"] = new_ids(len(frame), 15, rng)
    frame["entity_type"] = np.where(is_auto, "Product Targeting", "Keyword")
    frame["status"] = "enabled"
    return frame


def _economics(
    keywords: pd.DataFrame, profile: Profile, products: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw click volume, CTR and CVR from category, modifier and keyword effects, and bids near their worth."""
    frame, n = keywords.copy(), len(keywords)
    sold = products.iloc[frame["product"]].reset_index(drop=True)
    by_category, by_modifier = rng.normal(0, 0.25, 6), rng.normal(0, 0.2, 26)
    effect = by_category[frame["category"]] + by_modifier[frame["modifier"]] + np.where(frame["is_brand"], 0.7, 0.0)
    frame["cvr"] = np.minimum(profile.cvr * np.exp(effect + sold["appeal"] + rng.normal(0, 0.35, n)), 0.25)
    frame["ctr"] = np.minimum(profile.ctr * np.exp(0.4 * effect + rng.normal(0, 0.3, n)), 0.4)
    frame["base_clicks"] = profile.clicks * np.exp(rng.normal(0, 1.55, n))
    frame["eta"] = rng.uniform(0.55, 1.15, n)
    frame["rank_share"] = rng.uniform(0.15, 0.85, n)
    frame["order_value"] = order_value(sold["price"].to_numpy())
    kept = (1 - profile.refund) * sold["margin"].to_numpy()
    frame["value_per_click"] = frame["cvr"] * frame["order_value"] * kept
    worth = np.log(frame["value_per_click"])
    bid = np.exp(0.5 * worth + 0.5 * worth.mean() + rng.normal(np.log(1.45), 0.35, n))
    frame["bid"] = np.maximum(bid.round(2), profile.min_bid)
    frame["base_bid"] = frame["bid"]
    return frame


def _budgets(keywords: pd.DataFrame, n: int, profile: Profile, rng: np.random.Generator) -> np.ndarray:
    """Return daily budgets: ample for most campaigns, well below demand for the exhausted ones."""
    demand = np.bincount(keywords["campaign"], weights=keyword_demand(keywords).cost, minlength=n)
    room = rng.uniform(1.5, 2.6, n)
    room[list(EXHAUSTED[profile.platform])] = rng.uniform(0.55, 0.8, len(EXHAUSTED[profile.platform]))
    return np.maximum(np.ceil(demand * room / 5) * 5, 20.0)


def build_accounts(products: pd.DataFrame, options: MarketOptions) -> dict[str, Account]:
    """Return every keyword platform's account by platform name."""
    return {
        name: build_account(profile, products, options)
        for name, profile in PROFILES.items()
        if name != "taobao_audience"
    }
