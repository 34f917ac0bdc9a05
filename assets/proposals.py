"""New keywords that a platform's own traffic has not shown yet: winners of other platforms, and words of the market.

They are proposals: nothing of it has sold there, so they wait for a person unless the settings say otherwise. What the
account's own search terms show is ``assets.discovery``; rows and money are ``assets.proposal_rows``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from assets.arrays import codes_of, floats
from assets.batch import Batch
from assets.catalogue import load_entities
from assets.destinations import GROUP, Group, ad_groups, by_product, nearest_group, product_of_group
from assets.market import load_market, normal_words
from assets.platforms.levers import lever_bounds
from assets.roots import IS_HAN
from assets.term_context import CAMPAIGN, campaign_facts, net_keywords
from assets.word_rules import is_long, is_refused
from optimizers.means import MeanEstimate
from optimizers.priors import RateLevel
from optimizers.score import evidence_grade, keyword_scores
from optimizers.shrinkage import update_rates, value_per_click

SEEN = ["search_term", "origin", "source", "currency", "product_id", "impressions", "clicks", "cost", "conversions",
        "conversion_value", "roas", "roas_low", "roas_high", "p_below_floor", "searches", "competition", "growth"]  # fmt: skip
GOOD_GRADES = ("A", "B")
TEXT_MATCHES = ("exact", "phrase", "broad")  # automatic targets hold no word
RISEN = 0.2  # searches of three months up by a fifth, and those of the year too: the one alone may be the season
MAX_LOOKED_AT = (
    5_000  # words of a source, most searches or sales first: fitting them to groups takes a second per 10,000
)


def propose(terms: pd.DataFrame, items: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Return one row per word and platform that does not buy it yet, with the group that it fits and what it may bring.

    Counts and ROAS tell of the word where it was seen, null where nothing was told; worth and price are those of a
    keyword of the campaign where it would go, of which nothing else is known.
    """
    seen = pd.concat([winners(terms, items, batch), market_words(batch)], ignore_index=True)
    seen = seen[~is_refused(seen["search_term"], batch)]
    taken = bought_words(items, batch)
    parts = [fit_words(seen, groups, taken, batch) for groups in _platform_groups(items, batch)]
    parts = [part for part in parts if len(part)]
    if not parts:
        return seen.iloc[:0].reindex(columns=[*SEEN, *CAMPAIGN])
    found = pd.concat(parts, ignore_index=True).merge(_campaigns(items), on=CAMPAIGN, how="inner")
    hopes = with_hopes(found)
    return best_proposals(
        hopes[hopes["value_per_click"] > hopes["cpc"]], batch
    )  # where the usual click does not pay, no more of them


def winners(terms: pd.DataFrame, items: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Return the keywords and terms that are surely above the floor, on good evidence, best seller first; no brand."""
    is_word = (items["level"] == "keyword") & items["match_type"].isin(TEXT_MATCHES) & ~items["is_brand"]
    keywords = items[is_word & ~items["is_held"]]
    keywords = keywords.assign(search_term=normal_words(keywords["keyword"]))
    own = terms[~terms["is_known"] & ~terms["is_own_word"]]
    grade = evidence_grade(
        floats(own, "effective_clicks"), floats(own, "effective_conversions"),
        own["is_maturity_learned"].to_numpy(dtype=bool),
    )  # fmt: skip
    products = product_of_group(items)
    places = [products.get(place) for place in own[GROUP].itertuples(index=False, name=None)]
    own = own.assign(evidence_grade=grade, product_id=pd.Series(places, index=own.index, dtype="str"))
    rows = pd.concat([keywords, own.assign(search_term=normal_words(own["search_term"]))], ignore_index=True)
    is_sure = (rows["p_below_floor"] <= 1.0 - batch.settings.floor.level) & rows["evidence_grade"].isin(GOOD_GRADES)
    rows = rows[is_sure & (rows["effective_conversions"] > 0)]
    rows = rows.assign(origin="cross_platform", source=rows["platform"])
    rows = rows.sort_values(["conversions", "source", "search_term"], ascending=[False, True, True], kind="stable")
    return rows.drop_duplicates(["source", "search_term"]).reindex(columns=SEEN).head(MAX_LOOKED_AT)


def market_words(batch: Batch) -> pd.DataFrame:
    """Return the words of the market that are long-tail or rising, most searched first.

    A rise of three months that the year does not confirm is the season's.
    """
    words = load_market(batch).rename(columns={"word": "search_term", "platform": "source"})
    words = words[words["searches"] > 0]
    is_rising = (words["three_month_change"] >= RISEN) & (words["yoy_change"] >= RISEN)
    words = words[is_rising.to_numpy(dtype=bool) | is_long(words["search_term"])]
    words = words.assign(origin="market", growth=1.0 + words["three_month_change"])
    order = words.sort_values(["searches", "search_term", "source"], ascending=[False, True, True])
    return order.drop_duplicates("search_term").reindex(columns=SEEN).head(MAX_LOOKED_AT)


def bought_words(items: pd.DataFrame, batch: Batch) -> set[tuple[str, str]]:
    """Return (platform, word) of every keyword that exists, with traffic or without."""
    entities = load_entities(batch)
    parts = [frame.loc[frame["level"] == "keyword", ["platform", "keyword"]] for frame in (items, entities)]
    both = pd.concat(parts, ignore_index=True)
    return set(zip(both["platform"], normal_words(both["keyword"]), strict=True))


def _platform_groups(items: pd.DataFrame, batch: Batch) -> list[list[Group]]:
    """Return the ad groups of each platform that takes new keywords tonight."""
    groups = ad_groups(items[~items["is_held"]])
    names = [name for name in batch.uses if lever_bounds(batch.platforms[name], "new_keyword") is not None]
    found = [[one for one in groups if one["platform"] == name] for name in names]
    return [own for own in found if own]


def fit_words(seen: pd.DataFrame, groups: list[Group], taken: set[tuple[str, str]], batch: Batch) -> pd.DataFrame:
    """Return the words that one platform may take in: not bought there, of its language and money, near one of its groups."""
    name, products = groups[0]["platform"], by_product(groups)
    is_chinese = _is_chinese(groups)
    rows = []
    for one in seen[seen["origin"].eq("market") | seen["source"].ne(name)].to_dict("records"):
        word = str(one["search_term"])
        if (name, word) in taken or bool(IS_HAN.search(word)) != is_chinese:
            continue
        same = products.get((name, groups[0]["account"], one["product_id"]), [])
        group, shared = nearest_group(word, same or groups)
        money = batch.platforms[str(one["source"])].currency if pd.isna(one["currency"]) else one["currency"]
        if group is not None and (same or shared) and money in (None, group["currency"]):
            place = {key: value for key, value in group.items() if key not in {"words", "product_id"}}
            rows.append(one | place)
    return pd.DataFrame(rows)


def _is_chinese(groups: list[Group]) -> bool:
    """Return whether the platform's own words are Chinese, most of them."""
    words = [word for group in groups for word in group["words"]]
    return 2 * sum(bool(IS_HAN.search(word)) for word in words) > len(words)


def _campaigns(items: pd.DataFrame) -> pd.DataFrame:
    """Return per campaign what a keyword of it is like, and the clicks a day of its median one that runs."""
    keywords = net_keywords(items)
    keywords = keywords[~keywords["is_brand"]]
    clicks = keywords[keywords["status"] == "enabled"].groupby(CAMPAIGN, sort=True)["clicks_per_day"].median()
    return campaign_facts(keywords).merge(clicks.rename("usual_clicks").reset_index(), on=CAMPAIGN, how="inner")


def with_hopes(rows: pd.DataFrame) -> pd.DataFrame:
    """Add conversion rate and value per click with intervals, as of a keyword without any data of its own."""
    out, none = rows.copy(), np.zeros(len(rows))
    shape, rate = floats(out, "cvr_shape"), floats(out, "cvr_rate")
    cvr = update_rates(none, none, RateLevel(shape / rate, shape))
    aov = floats(out, "aov")
    worth = value_per_click(
        cvr, MeanEstimate(aov, aov, aov, np.nan_to_num(floats(out, "aov_log_sd"))), np.ones(len(out))
    )
    out["cvr"] = cvr.mean
    for suffix, money in (("", worth.mean), ("_low", worth.low), ("_high", worth.high)):
        out[f"value_per_click{suffix}"] = money * floats(out, "margin")
    return out


def best_proposals(rows: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Return the best proposals of each platform and origin: score from searches, competition and value per click.

    A winner comes before the same word of the market.
    """
    weights = batch.settings.score_weights
    parts = keyword_scores(
        floats(rows, "searches"), floats(rows, "competition"), floats(rows, "value_per_click"),
        codes_of(rows["platform"] + "|" + rows["origin"]), (weights.volume, weights.competition, weights.conversion),
    )  # fmt: skip
    out = rows.assign(score=parts.score, verdict="propose", is_long_tail=is_long(rows["search_term"]))
    out["sales"] = floats(out, "conversions")
    out = out.sort_values(
        ["platform", "origin", "sales", "score", "search_term"], ascending=[True, True, False, False, True]
    )
    out = out.drop_duplicates(["platform", "search_term"])
    most = out.groupby(["platform", "origin"], sort=True).head(batch.settings.discovery.max_proposals)
    return most.drop(columns="sales").reset_index(drop=True)
