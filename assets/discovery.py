"""Search terms: which become keywords, which become negatives, which may not be bought at all.

Evidence comes from the terms' own clicks, pooled within campaign and platform like everything else; the words of the ad law
and of the shop's own list are refused.
"""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache

import dagster as dg
import numpy as np
import pandas as pd

from assets.batch import Batch, Batches
from assets.catalogue import load_entities
from assets.market import normal_words
from assets.money import to_shop_money
from assets.presentation import tables
from assets.steps import Step, night_table
from assets.warehouse import window
from configs.loader import CONFIG_FOLDER, read_yaml
from optimizers import discovery, floor, shrinkage
from optimizers.metrics import roas

TERM_KEY = ["platform", "account", "campaign", "ad_group", "search_term"]
TERM_COLUMNS = [
    *TERM_KEY, "campaign_id", "ad_group_id", "currency", "fx_rate", "impressions", "clicks", "cost", "conversions",
    "conversion_value", "cvr", "cpc", "aov", "margin", "value_per_click", "value_per_click_low", "value_per_click_high",
    "roas", "roas_low", "roas_high", "p_below_floor", "growth", "verdict", "is_known", "is_blocked", "n_days", "effective_clicks",
]  # fmt: skip
GROWTH_DAYS = 7
RISING = 1.2  # the low end of the growth interval: surely a fifth more than the week before, and than its account grew


@lru_cache(maxsize=1)
def ad_law_words() -> tuple[str, ...]:
    """Return the absolute claims that the advertising law forbids, from ``configs/words.yaml``."""
    return tuple(str(word) for word in read_yaml(CONFIG_FOLDER / "words.yaml")["ad_law"])


@night_table(group="3_decide")
def discovered_terms(
    context: dg.AssetExecutionContext, batches: dg.ResourceParam[Batches], scored_items: pd.DataFrame
) -> Step:
    """One row per search term and ad group: add, negative, rising or watch, with its posterior value and cost.

    Built from daily and period search-term facts of the window. Terms that are keywords already, and terms with a blocked
    word, are never added.
    """
    batch = batches.open(context.partition_time_window.start.date())
    terms = load_terms(batch)
    if terms.empty:
        return Step(empty_terms())
    terms = judge_terms(with_context(terms, scored_items, known_words(batch)), batch)
    counts = terms["verdict"].value_counts().rename_axis("verdict").reset_index(name="terms")
    return Step(terms[TERM_COLUMNS], {"01_verdicts": dg.MetadataValue.md(tables.to_markdown(counts))})


def empty_terms() -> pd.DataFrame:
    """Return the table without a row, with its types."""
    texts = {*TERM_KEY, "campaign_id", "ad_group_id", "currency", "verdict"}
    types = {name: "str" if name in texts else "bool" if name.startswith("is_") else "float64" for name in TERM_COLUMNS}
    return pd.DataFrame({name: pd.Series(dtype=types[name]) for name in TERM_COLUMNS})


def load_terms(batch: Batch) -> pd.DataFrame:
    """Return one row per term and ad group: sums over the window, in shop money, and recent against earlier clicks."""
    end = batch.night + timedelta(days=1)
    start = end - timedelta(days=batch.settings.window.days)
    daily = window.daily_window(
        batch.home, batch.inputs, "search_terms", start, end, threads=batch.settings.threads
    ).frame
    period = window.period_facts(batch.home, batch.inputs, "search_terms")
    if len(period):
        period = period[period["period_start"] >= pd.Timestamp(start)].copy()
        period["report_date"] = pd.NaT  # a period says nothing of growth inside it
        has_daily = pd.MultiIndex.from_frame(period[["platform", "account"]]).isin(
            pd.MultiIndex.from_frame(daily[["platform", "account"]]) if len(daily) else []
        )
        period = period[~has_daily]
    days = pd.concat([_days_of(daily, "report_date", "report_date"), _days_of(period, "period_start", "period_end")])
    facts = pd.concat([part for part in (daily, period) if len(part)] or [daily], ignore_index=True)
    facts = facts[facts["platform"].isin(batch.uses) & facts["search_term"].notna()]
    if facts.empty:
        return facts
    facts = facts.merge(days.groupby(["platform", "account"])["n_days"].sum().reset_index(), on=["platform", "account"])
    day = facts["report_date"].fillna(pd.Timestamp(batch.night))
    facts = to_shop_money(facts, ("cost", "conversion_value"), day, batch.settings)
    return _sum_terms(facts[facts["fx_rate"].notna()], batch)


def _days_of(facts: pd.DataFrame, first: str, last: str) -> pd.DataFrame:
    """Return how many days each account's facts cover."""
    if facts.empty:
        return pd.DataFrame({name: pd.Series(dtype="object") for name in ("platform", "account", "n_days")})
    spans = (
        facts[["platform", "account", first, last]].loc[:, lambda frame: ~frame.columns.duplicated()].drop_duplicates()
    )
    return spans.assign(n_days=(spans[last] - spans[first]).dt.days + 1)[["platform", "account", "n_days"]]


def _sum_terms(facts: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    rows = facts.copy()
    for name in ("impressions", "clicks", "cost", "conversions", "conversion_value"):
        rows[name] = rows[name].astype("Float64").astype("float64").fillna(0.0)
    edge = pd.Timestamp(batch.night) - pd.Timedelta(days=GROWTH_DAYS)
    before = edge - pd.Timedelta(days=GROWTH_DAYS)
    rows["recent"] = rows["clicks"].where(rows["report_date"] > edge, 0.0)
    rows["earlier"] = rows["clicks"].where((rows["report_date"] > before) & (rows["report_date"] <= edge), 0.0)
    rows = rows.sort_values([*TERM_KEY, "report_date"])
    sums = dict.fromkeys(
        ("impressions", "clicks", "cost", "conversions", "conversion_value", "recent", "earlier"), "sum"
    )
    last = dict.fromkeys(("currency", "fx_rate", "keyword", "match_type", "n_days"), "last")
    found = rows.groupby(TERM_KEY, sort=True, dropna=False).agg({**sums, **last, "report_date": "max"}).reset_index()
    found["is_current"] = found["report_date"].isna() | (found["recent"] > 0)  # a period does not say when in it
    return found


def known_words(batch: Batch) -> set[str]:
    """Return the account's keywords, also those that have had no traffic yet: last night's additions above all."""
    entities = load_entities(batch)
    return set(_word_keys(entities[entities["level"] == "keyword"], "keyword"))


def _word_keys(frame: pd.DataFrame, column: str) -> pd.Series:
    return frame["platform"] + "|" + frame["account"] + "|" + normal_words(frame[column])


def with_context(terms: pd.DataFrame, items: pd.DataFrame, known: set[str]) -> pd.DataFrame:
    """Return the terms with what their campaign knows: order value, margin, click price, ids; and whether they are keywords."""
    keywords = items[(items["level"] == "keyword") & (items["value_source"] != "unknown")]
    by = ["platform", "account", "campaign"]
    weight = keywords["effective_clicks"] + 1.0
    usual = pd.DataFrame({name: keywords[name] * weight for name in ("aov", "margin", "cpc", "roas_floor")}).assign(
        weight=weight, **{name: keywords[name] for name in by}
    )  # fmt: skip
    sums = usual.groupby(by, sort=True).sum()
    means = sums[["aov", "margin", "cpc", "roas_floor"]].div(sums["weight"], axis=0).reset_index()
    ids = keywords.groupby(by, sort=True)[["campaign_id"]].last().reset_index()
    groups = keywords.groupby([*by, "ad_group"], sort=True)[["ad_group_id"]].last().reset_index()
    out = (
        terms.merge(means, on=by, how="left")
        .merge(ids, on=by, how="left")
        .merge(groups, on=[*by, "ad_group"], how="left")
    )
    out["is_known"] = _word_keys(out, "search_term").isin(known | set(_word_keys(keywords, "keyword")))
    return out[out["aov"].notna()].reset_index(drop=True)


def judge_terms(terms: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Return the terms with posterior value and verdict."""
    out = terms.copy()
    platform = pd.factorize(out["platform"], sort=True)[0]
    campaign = pd.factorize(out["platform"] + "|" + out["account"] + "|" + out["campaign"], sort=True)[0]
    events, clicks = (out[name].to_numpy(dtype=np.float64) for name in ("conversions", "clicks"))
    cvr = shrinkage.pool_rates(events, clicks, campaign, platform)
    out["cvr"], out["effective_clicks"] = cvr.mean, out["clicks"]
    out["cpc"] = np.where(clicks > 0, out["cost"] / np.maximum(clicks, 1.0), out["cpc"])
    worth = out["aov"] * out["margin"]
    for suffix, rate in (("", cvr.mean), ("_low", cvr.low), ("_high", cvr.high)):
        out[f"value_per_click{suffix}"] = rate * worth
        out[f"roas{suffix}"] = roas(rate * out["aov"], out["cpc"])
    order, cpc = out["aov"].to_numpy(dtype=np.float64), np.maximum(out["cpc"].to_numpy(dtype=np.float64), 1e-9)
    out["p_below_floor"] = floor.probability_below(
        cvr.shape, cvr.rate, order, cpc, out["roas_floor"].to_numpy(dtype=np.float64)
    )
    growth = discovery.growth(out["recent"].to_numpy(dtype=np.float64), out["earlier"].to_numpy(dtype=np.float64))
    out["growth"] = growth.ratio
    out["is_blocked"] = discovery.find_blocked(
        out["search_term"].tolist(), (*ad_law_words(), *batch.settings.discovery.blocked_terms)
    )
    week = out.groupby(["platform", "account"])[["recent", "earlier"]].transform("sum")
    usual = (week["recent"] / week["earlier"]).clip(lower=1.0).to_numpy(dtype=np.float64)  # endless in the first week
    out["verdict"] = term_verdicts(out, growth.low / usual, batch)
    return out


def term_verdicts(terms: pd.DataFrame, growth_low: np.ndarray, batch: Batch) -> pd.Series:
    """Return add, negative, rising, blocked or watch; at most as many additions and negatives as the settings allow."""
    rule, level = batch.settings.discovery, batch.settings.floor.level
    rules = discovery.TermRules(add_level=level, negative_level=level, min_clicks=rule.min_clicks)
    blocked, known = terms["is_blocked"].to_numpy(dtype=bool), terms["is_known"].to_numpy(dtype=bool)
    found = discovery.classify_terms(terms["p_below_floor"], terms["clicks"], known, blocked, rules)
    add = pd.Series(found == "add", index=terms.index) & (terms["conversions"] > 0)
    # what has had no click for a week is excluded already, or was never much of a problem
    negative = pd.Series(found == "negative", index=terms.index) & (terms["conversions"] <= 0) & terms["is_current"]
    negative &= ~blocked
    profit = terms["clicks"] * terms["value_per_click"] - terms["cost"]
    masks = [
        blocked & ~known,
        _first(terms, add, profit, rule.max_new_keywords),
        _first(terms, negative, -profit, rule.max_new_negatives),
        ~known & (growth_low > RISING),
    ]
    return pd.Series(
        np.select(masks, ["blocked", "add", "negative", "rising"], "watch"), index=terms.index, dtype="str"
    )


def _first(terms: pd.DataFrame, mask: pd.Series, money: pd.Series, limit: int) -> np.ndarray:
    """Return the `limit` rows of the mask with most money at stake, each term once (its best ad group)."""
    order = terms[mask].assign(money=money[mask])
    order = order.sort_values(["money", *TERM_KEY], ascending=[False, *[True] * len(TERM_KEY)])
    order = order.drop_duplicates(["platform", "account", "search_term"]).head(limit)
    return np.asarray(terms.index.isin(order.index))
