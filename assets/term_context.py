"""What a search term's surroundings know of it: its keyword's rates, else its campaign's, ids, and whether it is bought already;
how clicks answer to the bid of an exact keyword of its platform.

Here belongs the join of terms and items. What terms did is ``assets.term_facts``, what follows is ``assets.discovery``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from assets.arrays import floats
from assets.batch import Batch
from assets.catalogue import load_entities
from assets.market import normal_words
from optimizers.response import PRIOR_ETA, PRIOR_KAPPA

CAMPAIGN = ["platform", "account", "campaign"]
MEANS = ("aov", "margin", "cpc", "bid", "rho", "roas_floor", "aov_log_sd")
KEYWORD_FACTS = (*MEANS, "cvr_shape", "cvr_rate", "effective_conversions", "effective_clicks")
LEARNED = ("landscape", "jitter")  # evidence of how clicks answer; the rest is prior or closed
MIN_SHAPE = 0.1  # a prior as wide as this says next to nothing


def known_words(batch: Batch) -> set[str]:
    """Return the account's keywords, also those that have had no traffic yet: last night's additions above all."""
    entities = load_entities(batch)
    return set(word_keys(entities[entities["level"] == "keyword"], "keyword"))


def word_keys(frame: pd.DataFrame, column: str) -> pd.Series:
    """Return by what a word is the same in one account."""
    return frame["platform"] + "|" + frame["account"] + "|" + normal_words(frame[column])


def with_context(terms: pd.DataFrame, items: pd.DataFrame, known: set[str]) -> pd.DataFrame:
    """Return the terms with what their keyword knows, else what its campaign does; with ids, and whether they are keywords."""
    keywords = net_keywords(items)
    out = terms.rename(columns={"effective_clicks": "term_clicks", "effective_conversions": "term_conversions"})
    out = out.merge(campaign_facts(keywords), on=CAMPAIGN, how="left")
    own = keywords.assign(word=normal_words(keywords["keyword"])).sort_values(["effective_clicks", "item"])
    own = own.drop_duplicates([*CAMPAIGN, "ad_group", "word"], keep="last")
    own = own[[*CAMPAIGN, "ad_group", "word", "item", *KEYWORD_FACTS]].rename(
        columns={"item": "source_item", **{name: f"own_{name}" for name in KEYWORD_FACTS}}
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


def with_exact_response(rows: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Add ``eta``, ``kappa`` and ``response_evidence`` of a word that becomes an exact keyword: it has no trials of its own.

    The median of the platform's exact keywords whose answer is known, with the label that most of them have; else the prior.
    """
    is_told = (
        (items["level"] == "keyword") & (items["match_type"] == "exact") & items["response_evidence"].isin(LEARNED)
    )
    cells = items[is_told].groupby(["platform", "response_evidence"], sort=True)
    found = cells[["eta", "kappa"]].median().assign(n_keywords=cells.size()).reset_index()
    order = found.sort_values(["n_keywords", "response_evidence"], ascending=False)  # a landscape wins where as many
    known = order.drop_duplicates("platform").set_index("platform")
    usual = {"eta": PRIOR_ETA, "kappa": PRIOR_KAPPA}
    told = {name: rows["platform"].map(known[name]).astype("float64").fillna(prior) for name, prior in usual.items()}
    label = rows["platform"].map(known["response_evidence"]).astype("str").fillna("prior")
    return rows.assign(**told, response_evidence=label)


def campaign_facts(keywords: pd.DataFrame) -> pd.DataFrame:
    """Return per campaign what a keyword of it is like of which nothing else is known: means by clicks.

    Its rate is Gamma around the campaign's, with the shape that the keywords' own priors had before their data.
    """
    weight = floats(keywords, "effective_clicks") + 1.0
    prior = np.maximum(floats(keywords, "cvr_shape") - floats(keywords, "effective_conversions"), MIN_SHAPE)
    counted = pd.DataFrame({name: floats(keywords, name) * weight for name in (*MEANS, "cvr")})
    counted = counted.assign(
        cvr_shape=prior * weight, weight=weight, **{name: keywords[name].to_numpy() for name in CAMPAIGN}
    )
    sums = counted.groupby(CAMPAIGN, sort=True).sum()
    means = sums[[*MEANS, "cvr", "cvr_shape"]].div(sums["weight"], axis=0)
    means["cvr_rate"] = means["cvr_shape"] / means["cvr"]
    means["effective_conversions"] = means["effective_clicks"] = 0.0  # nobody knows of which keyword a term is a part
    return means.drop(columns="cvr").reset_index()


def net_keywords(items: pd.DataFrame) -> pd.DataFrame:
    """Return the keywords whose sales are worth something known, order values after refunds and double claims, with a bid."""
    keywords = items[(items["level"] == "keyword") & (items["value_source"] != "unknown")]
    bid = keywords["bid"].fillna(keywords["cpc"] / keywords["fx_rate"])  # not exported: what its clicks cost stands in
    return keywords.assign(aov=keywords["aov"] * keywords["net_factor"], bid=bid)
