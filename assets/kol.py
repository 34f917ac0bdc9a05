"""KOL offers against what the same money earns in ads: sign, skip, or committed already.

The choice is made over the planning horizon, because a fee covers weeks; what an offer should sell is learned from the
shop's own posts.
"""

from __future__ import annotations

from dataclasses import fields
from typing import NamedTuple

import dagster as dg
import numpy as np
import pandas as pd

from assets.batch import Batch, Batches
from assets.coming_days import paced
from assets.kol_brand import BrandWorth, learn_brand_worth, with_brand
from assets.kol_choice import build_kol_problem, choose_or_hold, commissions, typical_margin
from assets.kol_inputs import encode, load_offers, load_posts, readings, with_usual_views
from assets.kol_retainers import retainer_rows
from assets.presentation import tables
from assets.steps import Step, night_table
from optimizers.kol import KolResult
from optimizers.kol_timing import learn_fatigue, learn_lag
from optimizers.kol_value import OfferValue, expected_offer_value

OFFER_COLUMNS = [
    "offer_id", "kol_id", "kol_platform", "tier", "category", "content_format", "currency", "account_fee", "fee",
    "fee_per_day", "commission_rate", "expected_views", "revenue", "revenue_low", "revenue_high", "brand_clicks",
    "brand_value", "brand_value_low", "brand_value_high", "net_value", "net_value_low", "net_value_high", "own_weight",
    "evidence_level", "views_source", "is_signed", "is_chosen", "binding_limit", "limit_seen", "limit_most", "price",
]  # fmt: skip


@night_table(group="3_decide")
def kol_plan(
    context: dg.AssetExecutionContext,
    batches: dg.ResourceParam[Batches],
    pruned_items: pd.DataFrame,
    coming_days: pd.DataFrame,
) -> Step:
    """One row per KOL offer that the shop knows of: expected revenue with interval, fee, chosen or not, what kept it out.

    Built from offers, the shop's own posts, and the ads' value of money over the horizon; what an offer leaves out about its
    creator is taken from the marketplaces' lists. Offers whose currency has no rate are left out.
    """
    batch = paced(batches.open(context.partition_time_window.start.date()), coming_days)
    offers, posts = load_offers(batch), load_posts(batch)
    if offers.empty:
        return Step(empty_offers())
    answer = choose(offers, posts, pruned_items, batch)
    plan, result, timing = answer.plan, answer.result, answer.timing
    kept = retainer_rows(posts, batch, lag_days=timing.lag_days, fatigue=timing.fatigue)
    shown = ["offer_id", "tier", "fee", "revenue", "is_chosen", "binding_limit", "limit_seen", "limit_most"]
    metadata = {
        "offers_filled_from_profiles": int(offers["is_filled"].sum()),
        "offers_without_views": int((plan["views_source"] == "unknown").sum()),
        "lag_days": float(timing.lag_days), "fatigue": float(timing.fatigue), "posts_read_twice": timing.n_readings,
        "brand_searches": answer.brand.line,
        "01_offers": dg.MetadataValue.md(tables.to_markdown(plan[shown].round(2).head(25))),
        "02_retainers_to_propose": dg.MetadataValue.md(tables.to_markdown(kept.round(2).head(25))),
    }  # fmt: skip
    if result is None:
        return Step(plan, metadata | {"held": answer.refusal})
    return Step(plan, metadata | {"price": float(result.price), "gap": float(result.gap), "n_cuts": int(result.n_cuts)})


def empty_offers() -> pd.DataFrame:
    """Return the table without a row, with its types."""
    return pd.DataFrame({name: pd.Series(dtype=_dtype(name)) for name in OFFER_COLUMNS})


class Timing(NamedTuple):
    """How sales follow a post, and from how many posts that were read twice it is known."""

    lag_days: float
    fatigue: float
    n_readings: int


class Answer(NamedTuple):
    """The choice as a table with its proof, or without one the reason why no new offer can be signed."""

    plan: pd.DataFrame
    result: KolResult | None
    refusal: str
    timing: Timing
    brand: BrandWorth


def choose(offers: pd.DataFrame, posts: pd.DataFrame, items: pd.DataFrame, batch: Batch) -> Answer:
    """Return the choice among the offers; those that nobody knows the views of are not judged, unless signed."""
    offers = with_usual_views(offers, posts)
    is_judged = offers["is_signed"] | offers["expected_views"].notna()
    offers = pd.concat([offers[is_judged], offers[~is_judged]], ignore_index=True)
    n_judged, margin = int(is_judged.sum()), typical_margin(items)
    traits, history = encode(offers, posts, batch)
    seen = readings(batch)
    lag = learn_lag(seen["early_age"], seen["late_age"], seen["early_share"])
    timing = Timing(lag, learn_fatigue(history, lag), len(seen))
    value = expected_offer_value(history, traits, lag_days=lag, fatigue=timing.fatigue)
    brand = learn_brand_worth(posts, history, items, batch, timing.fatigue)
    offers = with_brand(offers, traits, brand, timing.fatigue)
    known = OfferValue(*(getattr(value, one.name)[:n_judged] for one in fields(value)))
    problem = build_kol_problem(offers.head(n_judged), known, margin, items, batch)
    result, refusal = choose_or_hold(problem)
    plan = choice_rows(value_rows(offers, value, margin), result, batch)
    return Answer(plan.sort_values("offer_id", ignore_index=True), result, refusal, timing, brand)


def value_rows(offers: pd.DataFrame, value: OfferValue, margin: float) -> pd.DataFrame:
    """Return the offers with what they should bring; missing where nobody knows how many will see them."""
    out, kept = offers.copy(), margin - commissions(offers)
    is_known = out["expected_views"].notna()
    for suffix, revenue in (("", value.mean), ("_low", value.low), ("_high", value.high)):
        out[f"revenue{suffix}"] = np.where(is_known, revenue, np.nan)
    names = ["brand_clicks", "brand_value", "brand_value_low", "brand_value_high"]
    out[names] = out[names].where(is_known)
    out["net_value"] = out["revenue"] * kept + out["brand_value"]
    ends = np.sort(
        np.outer(kept, [1.0, 1.0]) * out[["revenue_low", "revenue_high"]], axis=1
    )  # a commission above the margin
    out["net_value_low"], out["net_value_high"] = (
        ends[:, 0] + out["brand_value_low"],
        ends[:, 1] + out["brand_value_high"],
    )
    out["own_weight"], out["evidence_level"] = value.weight, pd.Series(value.level, index=out.index).astype("str")
    return out


def choice_rows(plan: pd.DataFrame, result: KolResult | None, batch: Batch) -> pd.DataFrame:
    """Return the table with the choice among the first rows, the judged ones; none where the budget is overcommitted."""
    out = plan.assign(is_chosen=plan["is_signed"], limit_seen=np.nan, limit_most=np.nan, price=np.nan)
    held = np.where(out["expected_views"].isna(), "views_unknown", "overcommitted")
    out["binding_limit"] = pd.Series(np.where(out["is_signed"], "signed", held), index=out.index).astype("str")
    if result is not None:
        is_judged, reasons = np.arange(len(out)) < len(result.chosen), result.reasons
        out["price"] = result.price
        out.loc[is_judged, "is_chosen"], out.loc[is_judged, "binding_limit"] = result.chosen, reasons.word.astype(str)
        out.loc[is_judged, "limit_seen"], out.loc[is_judged, "limit_most"] = reasons.seen, reasons.limit
    out["fee_per_day"] = out["fee"] / batch.settings.kol.horizon_days
    return out[OFFER_COLUMNS]


def _dtype(name: str) -> str:
    if name.startswith("is_"):
        return "bool"
    texts = ("_id", "platform", "tier", "category", "format", "currency", "level", "limit", "source")
    return "str" if name.endswith(texts) else "float64"
