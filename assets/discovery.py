"""Search terms: which become keywords, which become negatives, which may not be bought at all.

Evidence comes from the terms' own clicks, pooled with their keyword, its campaign and platform; the words of the ad law and
of the shop's own lists are refused (``assets.word_rules``). Facts are summed in ``assets.term_facts``.
"""

from __future__ import annotations

import dagster as dg
import numpy as np
import pandas as pd

from assets.arrays import codes_of, floats
from assets.batch import Batch, Batches
from assets.catalogue import load_entities
from assets.destinations import TARGETS, with_destination
from assets.market import normal_words, with_market
from assets.presentation import tables
from assets.steps import Step, night_table
from assets.term_facts import TERM_KEY, load_terms
from assets.word_rules import is_long, is_own_word, is_refused
from optimizers import discovery, floor
from optimizers.means import MeanEstimate
from optimizers.metrics import ratio, roas
from optimizers.shrinkage import RatePosterior, value_per_click
from optimizers.term_rates import KeywordLevel, pool_terms

TERM_COLUMNS = [
    *TERM_KEY, "campaign_id", "ad_group_id", "currency", "fx_rate", "impressions", "clicks", "cost", "conversions",
    "conversion_value", "cvr", "cpc", "aov", "margin", "value_per_click", "value_per_click_low", "value_per_click_high",
    "roas", "roas_low", "roas_high", "roas_floor", "p_below_floor", "p_pays", "growth", "growth_low", "growth_high",
    "growth_usual", "searches", "competition", "verdict", "is_known", "is_blocked", "is_own_word", "is_long_tail",
    "is_maturity_learned", "n_days", "effective_clicks", "effective_conversions", *TARGETS, "is_moved", "source",
]  # fmt: skip
RISING = 1.2  # the low end of the growth interval: surely a fifth more than usual growth
KEYWORD_FACTS = (
    "aov", "margin", "cpc", "roas_floor", "aov_log_sd", "cvr_shape", "cvr_rate", "effective_conversions",
    "effective_clicks",
)  # fmt: skip
CAMPAIGN = ["platform", "account", "campaign"]


@night_table(group="3_decide")
def discovered_terms(
    context: dg.AssetExecutionContext, batches: dg.ResourceParam[Batches], scored_items: pd.DataFrame
) -> Step:
    """One row per search term and ad group: add, negative, rising or watch, with its posterior value and cost.

    Built from daily and period search-term facts of the window. Terms that are keywords already, and terms with a blocked
    word, are never added; the shop's own brand and protected words are never excluded.
    """
    batch = batches.open(context.partition_time_window.start.date())
    terms = load_terms(batch)
    if terms.empty:
        return Step(empty_terms())
    terms = judge_terms(with_context(terms, scored_items, known_words(batch)), scored_items, batch)
    terms = with_destination(terms, scored_items, batch)
    counts = terms["verdict"].value_counts().rename_axis("verdict").reset_index(name="terms")
    return Step(terms[TERM_COLUMNS], {"01_verdicts": dg.MetadataValue.md(tables.to_markdown(counts))})


def empty_terms() -> pd.DataFrame:
    """Return the table without a row, with its types."""
    texts = {*TERM_KEY, *TARGETS, "campaign_id", "ad_group_id", "currency", "verdict", "source"}
    types = {name: "str" if name in texts else "bool" if name.startswith("is_") else "float64" for name in TERM_COLUMNS}
    return pd.DataFrame({name: pd.Series(dtype=types[name]) for name in TERM_COLUMNS})


def known_words(batch: Batch) -> set[str]:
    """Return the account's keywords, also those that have had no traffic yet: last night's additions above all."""
    entities = load_entities(batch)
    return set(word_keys(entities[entities["level"] == "keyword"], "keyword"))


def word_keys(frame: pd.DataFrame, column: str) -> pd.Series:
    """Return by what a word is the same in one account."""
    return frame["platform"] + "|" + frame["account"] + "|" + normal_words(frame[column])


def with_context(terms: pd.DataFrame, items: pd.DataFrame, known: set[str]) -> pd.DataFrame:
    """Return the terms with what their keyword knows, else what its campaign does; with ids, and whether they are keywords."""
    keywords = items[(items["level"] == "keyword") & (items["value_source"] != "unknown")].copy()
    net = keywords.get("net_factor", 1.0)
    keywords["aov"] = keywords["aov"] * net  # refunds and double claims are out of every value
    out = terms.rename(columns={"effective_clicks": "term_clicks", "effective_conversions": "term_conversions"})
    out = out.merge(campaign_facts(keywords), on=CAMPAIGN, how="left")
    own = keywords.assign(word=normal_words(keywords["keyword"])).sort_values("effective_clicks")
    own = own.drop_duplicates([*CAMPAIGN, "ad_group", "word"], keep="last")
    own = own[[*CAMPAIGN, "ad_group", "word", *KEYWORD_FACTS]].rename(
        columns={name: f"own_{name}" for name in KEYWORD_FACTS}
    )
    out = out.assign(word=normal_words(out["keyword"])).merge(own, on=[*CAMPAIGN, "ad_group", "word"], how="left")
    for name in KEYWORD_FACTS:
        out[name] = out[f"own_{name}"].fillna(out[name])
    out = out.drop(columns=["word", *(f"own_{name}" for name in KEYWORD_FACTS)])
    ids = keywords.groupby(CAMPAIGN, sort=True)[["campaign_id"]].last().reset_index()
    groups = keywords.groupby([*CAMPAIGN, "ad_group"], sort=True)[["ad_group_id"]].last().reset_index()
    out = out.merge(ids, on=CAMPAIGN, how="left").merge(groups, on=[*CAMPAIGN, "ad_group"], how="left")
    learned = items.groupby("platform")["is_maturity_learned"].all()
    out["is_maturity_learned"] = out["platform"].map(learned).fillna(False).astype(bool)
    out["is_known"] = word_keys(out, "search_term").isin(known | set(word_keys(keywords, "keyword")))
    return out[out["aov"].notna()].reset_index(drop=True)


def campaign_facts(keywords: pd.DataFrame) -> pd.DataFrame:
    """Return per campaign the means of its keywords by clicks, and their counts and posterior as that of one keyword.

    The mean of the keywords' rates has about the shape of a typical one of them, not of their sum: a term without a
    keyword may belong to any of them.
    """
    weight = floats(keywords, "effective_clicks") + 1.0
    counted = pd.DataFrame({name: floats(keywords, name) * weight for name in KEYWORD_FACTS})
    counted = counted.assign(weight=weight, **{name: keywords[name].to_numpy() for name in CAMPAIGN})
    sums = counted.groupby(CAMPAIGN, sort=True).sum()
    means = sums[list(KEYWORD_FACTS)].div(sums["weight"], axis=0)
    means["effective_conversions"] = means["effective_clicks"] = 0.0  # nobody knows of which keyword the term is a part
    return means.reset_index()


def judge_terms(terms: pd.DataFrame, items: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Return the terms with posterior value, growth and verdict."""
    out = terms.copy()
    out["is_own_word"] = is_own_word(out["search_term"], items, batch)
    out["is_blocked"] = is_refused(out["search_term"], batch)
    out["is_long_tail"] = is_long(out["search_term"])
    clicks = floats(out, "clicks")
    out["cpc"] = np.where(clicks > 0, out["cost"] / np.maximum(clicks, 1.0), out["cpc"])
    cvr = term_rates(out)
    out["cvr"], out["effective_clicks"] = cvr.mean, out["term_clicks"]
    out["effective_conversions"] = out["term_conversions"]
    out = with_worth(out, cvr)
    out = with_growth(out)
    market = with_market(out.assign(keyword=out["search_term"]), batch)
    out["searches"], out["competition"], out["source"] = market["searches"], market["competition"], "search_term"
    out["verdict"] = term_verdicts(out, batch)
    return out


def term_rates(terms: pd.DataFrame) -> RatePosterior:
    """Return conversion rates pooled term -> keyword -> campaign; terms with the shop's own brand apart from the rest."""
    known = KeywordLevel(
        floats(terms, "cvr_shape"), floats(terms, "cvr_rate"), floats(terms, "effective_conversions"),
        floats(terms, "effective_clicks"),
    )  # fmt: skip
    pool = codes_of(terms["platform"] + np.where(terms["is_own_word"], "|brand", ""))
    return pool_terms(floats(terms, "term_conversions"), floats(terms, "term_clicks"), known, pool)


def with_worth(terms: pd.DataFrame, cvr: RatePosterior) -> pd.DataFrame:
    """Add value per click, ROAS, P(roas < floor) and P(the term pays), the uncertain order value included."""
    out, log_sd = terms.copy(), np.nan_to_num(floats(terms, "aov_log_sd"))
    aov, cpc = floats(out, "aov"), floats(out, "cpc")
    revenue = value_per_click(cvr, MeanEstimate(aov, aov, aov, log_sd), np.ones(len(out)))
    for suffix, money in (("", revenue.mean), ("_low", revenue.low), ("_high", revenue.high)):
        out[f"value_per_click{suffix}"] = money * floats(out, "margin")
        out[f"roas{suffix}"] = roas(money, cpc)
    price = np.maximum(cpc, 1e-9)  # a free click is under no floor
    out["p_below_floor"] = floor.probability_below(cvr.shape, cvr.rate, aov, price, floats(out, "roas_floor"), log_sd)
    profit = aov * floats(out, "margin")
    out["p_pays"] = floor.probability_profitable_at(cvr.shape, cvr.rate, profit, price, log_sd)
    return out


def with_growth(terms: pd.DataFrame) -> pd.DataFrame:
    """Add growth week on week with its interval, and usual growth: of the account, and of the term itself a year ago.

    What grew as much in the same weeks a year ago is its season, no rise. In a first week usual growth is not known.
    """
    out = terms.copy()
    week = out.groupby(["platform", "account"])[["recent", "earlier"]].transform("sum")
    account = ratio(floats(week, "recent"), floats(week, "earlier"))
    around = np.where(account > 0, account, 1.0)
    found = discovery.growth(floats(out, "recent"), floats(out, "earlier"), around)
    out["growth"], out["growth_low"], out["growth_high"] = found.ratio, found.low, found.high
    season = discovery.growth(floats(out, "recent_year"), floats(out, "earlier_year"), np.ones(len(out))).ratio
    out["growth_usual"] = np.maximum(np.maximum(account, season), 1.0)
    return out


def term_verdicts(terms: pd.DataFrame, batch: Batch) -> pd.Series:
    """Return add, negative, protected, rising, blocked or watch; at most as many additions and negatives as settings allow."""
    rule, level = batch.settings.discovery, batch.settings.floor.level
    rules = discovery.TermRules(level, level, rule.min_clicks, batch.settings.floor.max_false_share)
    blocked, known, own = (terms[name].to_numpy(dtype=bool) for name in ("is_blocked", "is_known", "is_own_word"))
    # what has had no click for a week is excluded already, or was never much of a problem
    may_exclude = ~known & ~blocked & terms["is_current"].to_numpy(dtype=bool)
    may_add = ~known & ~blocked & (terms["conversions"] > 0).to_numpy()  # a word earns its place by a sale of its own
    found = np.full(len(terms), "watch", dtype=object)
    for rows in terms.groupby("platform", sort=True).indices.values():
        below, pays, clicks = (floats(terms, name)[rows] for name in ("p_below_floor", "p_pays", "clicks"))
        odds = discovery.TermOdds(below, pays, clicks, may_add[rows], may_exclude[rows])
        found[rows] = discovery.classify_terms(odds, rules)
    ends = pd.Series(found == "negative", index=terms.index)
    profit = terms["clicks"] * terms["value_per_click"] - terms["cost"]
    masks = [
        blocked & ~known,
        first_rows(terms, pd.Series(found == "add", index=terms.index), profit, rule.max_new_keywords),
        own & ends.to_numpy(),
        first_rows(terms, ends & ~own, -profit, rule.max_new_negatives),
        ~known & (floats(terms, "growth_low") > RISING * floats(terms, "growth_usual")),
    ]
    verdicts = ["blocked", "add", "protected", "negative", "rising"]
    return pd.Series(np.select(masks, verdicts, "watch"), index=terms.index, dtype="str")


def first_rows(terms: pd.DataFrame, mask: pd.Series, money: pd.Series, limit: int) -> np.ndarray:
    """Return the `limit` rows of the mask with most money at stake, each term once (its best ad group)."""
    order = terms[mask].assign(money=money[mask])
    order = order.sort_values(["money", *TERM_KEY], ascending=[False, *[True] * len(TERM_KEY)])
    order = order.drop_duplicates(["platform", "account", "search_term"]).head(limit)
    return np.asarray(terms.index.isin(order.index))
