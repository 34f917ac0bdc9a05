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
from assets.destinations import TARGETS, with_destination
from assets.market import with_market
from assets.presentation import tables
from assets.proposals import propose
from assets.steps import Step, night_table
from assets.term_context import known_words, with_context, with_exact_response
from assets.term_facts import TERM_KEY, load_terms
from assets.word_rules import is_long, is_own_word, is_refused
from optimizers import discovery, floor
from optimizers.means import MeanEstimate
from optimizers.metrics import ratio, roas
from optimizers.shrinkage import RatePosterior, value_per_click
from optimizers.term_rates import KeywordLevel, pool_terms

TERM_COLUMNS = [
    *TERM_KEY, "campaign_id", "ad_group_id", "currency", "fx_rate", "impressions", "clicks", "cost", "conversions",
    "conversion_value", "cvr", "cpc", "bid", "rho", "aov", "margin", "value_per_click", "value_per_click_low",
    "value_per_click_high", "roas", "roas_low", "roas_high", "roas_floor", "p_below_floor", "p_pays", "growth",
    "growth_low", "growth_high", "growth_usual", "searches", "competition", "verdict", "is_known", "is_blocked",
    "is_own_word", "is_long_tail", "is_maturity_learned", "n_days", "effective_clicks", "effective_conversions",
    *TARGETS, "is_moved", "origin", "source", "usual_clicks", "score", "source_item", "eta", "kappa",
    "response_evidence",
]  # fmt: skip
RISING = 1.2  # the low end of the growth interval: surely a fifth more than usual growth


@night_table(group="3_decide")
def discovered_terms(
    context: dg.AssetExecutionContext, batches: dg.ResourceParam[Batches], scored_items: pd.DataFrame
) -> Step:
    """One row per search term and ad group: add, negative, rising or watch, with its posterior value and cost.

    Built from daily and period search-term facts of the window. Terms that are keywords already, and terms with a blocked
    word, are never added; the shop's own brand and protected words are never excluded.
    """
    batch = batches.open(context.partition_time_window.start.date())
    terms = own_terms(scored_items, batch)
    found = pd.concat([terms, propose(terms, scored_items, batch)], ignore_index=True)
    found = with_exact_response(found, scored_items)
    counts = found.groupby(["origin", "verdict"]).size().rename("terms").reset_index()
    return Step(found[TERM_COLUMNS], {"01_verdicts": dg.MetadataValue.md(tables.to_markdown(counts))})


def own_terms(items: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Return the account's own search terms with verdict and, where added, their place."""
    terms = load_terms(batch)
    terms = terms if terms.empty else with_context(terms, items, known_words(batch))
    if terms.empty:
        return empty_terms()
    return with_destination(judge_terms(terms, items, batch), items, batch)


def empty_terms() -> pd.DataFrame:
    """Return the table without a row, with its types."""
    texts = {*TERM_KEY, *TARGETS, "campaign_id", "ad_group_id", "currency", "verdict", "origin", "source", "source_item",
             "response_evidence"}  # fmt: skip
    types = {name: "str" if name in texts else "bool" if name.startswith("is_") else "float64" for name in TERM_COLUMNS}
    return pd.DataFrame({name: pd.Series(dtype=types[name]) for name in TERM_COLUMNS})


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
    out["searches"], out["competition"] = market["searches"], market["competition"]
    out["origin"], out["source"], out["usual_clicks"], out["score"] = "search_term", out["platform"], np.nan, np.nan
    out["verdict"] = term_verdicts(out, batch)
    return out


def term_rates(terms: pd.DataFrame) -> RatePosterior:
    """Return conversion rates pooled term -> keyword -> campaign; terms with the shop's own brand apart from the rest."""
    source = codes_of(terms["source_item"])
    alone = source.max(initial=-1) + 1 + np.arange(len(terms))  # nobody knows the keyword, so no sibling either
    known = KeywordLevel(
        floats(terms, "cvr_shape"), floats(terms, "cvr_rate"), floats(terms, "effective_conversions"),
        floats(terms, "effective_clicks"), np.where(source >= 0, source, alone),
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
