"""KOL offers against what the same money earns in ads: sign, skip, or committed already.

The choice is made over the planning horizon, because a fee covers weeks; what an offer should sell is learned from the
shop's own posts.
"""

from __future__ import annotations

from typing import Literal

import dagster as dg
import numpy as np
import pandas as pd

from assets.batch import Batch, Batches
from assets.money import from_micros, fx_rates
from assets.plan_problem import PlanProblem, build_problem, least_cost
from assets.presentation import tables
from assets.steps import Step, night_table
from assets.warehouse import window
from optimizers.allocation import spend_value_curve
from optimizers.kol import (
    KolProblem,
    KolResult,
    OfferTraits,
    OfferValue,
    PostHistory,
    choose_offers,
    expected_offer_value,
    horizon_curve,
)  # fmt: skip
from optimizers.tree import PriceTree

OFFER_COLUMNS = [
    "offer_id", "kol_id", "kol_platform", "tier", "category", "content_format", "currency", "account_fee", "fee",
    "fee_per_day", "commission_rate", "expected_views", "revenue", "revenue_low", "revenue_high", "net_value",
    "net_value_low", "net_value_high", "own_weight", "evidence_level", "is_signed", "is_chosen", "binding_limit", "price",
]  # fmt: skip
N_CURVE_POINTS = 12
FRESH_DAYS = 30
PROFILE_COLUMNS = ["tier", "category", "followers", "expected_views"]
TIERS: dict[str, tuple[str, ...]] = {"koc": ("koc", "素人", "nano"), "head": ("head", "头部", "mega")}


@night_table(group="3_decide")
def kol_plan(context: dg.AssetExecutionContext, batches: dg.ResourceParam[Batches], pruned_items: pd.DataFrame) -> Step:
    """One row per KOL offer that the shop knows of: expected revenue with interval, fee, chosen or not, what kept it out.

    Built from offers, the shop's own posts, and the ads' value of money over the horizon; what an offer leaves out about its
    creator is taken from the marketplaces' lists. Offers whose currency has no rate are left out.
    """
    batch = batches.open(context.partition_time_window.start.date())
    offers, posts = load_offers(batch), load_posts(batch)
    if offers.empty:
        return Step(empty_offers())
    plan, result = choose(offers, posts, pruned_items, batch)
    shown = plan[["offer_id", "tier", "fee", "revenue", "is_chosen", "binding_limit"]].round(0).head(25)
    filled = int(offers["is_filled"].sum())
    return Step(
        plan,
        {
            "price": result.price,
            "gap": result.gap,
            "offers_filled_from_profiles": filled,
            "01_offers": dg.MetadataValue.md(tables.to_markdown(shown)),
        },
    )


def empty_offers() -> pd.DataFrame:
    """Return the table without a row, with its types."""
    return pd.DataFrame({name: pd.Series(dtype=_dtype(name)) for name in OFFER_COLUMNS})


def choose(
    offers: pd.DataFrame, posts: pd.DataFrame, items: pd.DataFrame, batch: Batch
) -> tuple[pd.DataFrame, KolResult]:
    """Return the choice among the offers as a table, and its proof."""
    traits, history = _encode(offers, posts, batch)
    value = expected_offer_value(history, traits)
    margin = typical_margin(items)
    result = choose_offers(build_kol_problem(offers, value, margin, items, batch))
    return plan_rows(offers, value, margin, result, batch), result


def load_offers(batch: Batch) -> pd.DataFrame:
    """Return the offers that are open on the night, with their fee in account and shop money, creators' gaps filled."""
    offers = _priced(window.latest_state(batch.home, batch.inputs, "kol_offers"), "fee", batch)
    offers = fill_from_profiles(offers, window.latest_state(batch.home, batch.inputs, "kol_profiles"))
    tomorrow = pd.Timestamp(batch.night) + pd.Timedelta(days=1)
    is_open = offers["delivery_date"].isna() | (offers["delivery_date"] >= tomorrow)
    offers["is_signed"] = offers["is_signed"].astype("boolean").fillna(False).astype(bool)
    return offers[is_open].sort_values("offer_id", ignore_index=True)


def fill_from_profiles(offers: pd.DataFrame, profiles: pd.DataFrame) -> pd.DataFrame:
    """Return the offers with missing traits as the newest profile of the same creator knows them; ``is_filled`` says where.

    What an offer says itself always counts. Profiles stand in the order of their nights, so the last known word is the newest.
    """
    keys = ["kol_platform", "kol_id"]
    known = profiles.groupby(keys, sort=False)[PROFILE_COLUMNS].last()
    listed = known.reindex(pd.MultiIndex.from_frame(offers[keys])).set_axis(offers.index)
    is_filled = offers[PROFILE_COLUMNS].isna() & listed.notna()
    filled = {name: offers[name].fillna(listed[name]) for name in PROFILE_COLUMNS}
    return offers.assign(**filled, is_filled=is_filled.any(axis=1))


def load_posts(batch: Batch) -> pd.DataFrame:
    """Return the shop's own posts with their revenue in shop money."""
    posts = _priced(window.latest_state(batch.home, batch.inputs, "kol_posts"), "revenue", batch)
    return posts[posts["post_date"] <= pd.Timestamp(batch.night)].sort_values("post_id", ignore_index=True)


def _priced(frame: pd.DataFrame, column: str, batch: Batch) -> pd.DataFrame:
    night = pd.Series(pd.Timestamp(batch.night), index=frame.index)
    rate = fx_rates(frame["currency"], night, batch.settings.fx, batch.settings.shop.currency)
    out = frame.assign(fx_rate=rate)
    out[f"account_{column}"] = from_micros(frame[column])
    out[column] = out[f"account_{column}"] * rate
    return out[rate.notna() & out[column].notna()].copy()


def _encode(offers: pd.DataFrame, posts: pd.DataFrame, batch: Batch) -> tuple[OfferTraits, PostHistory]:
    """Return offers and posts as the optimiser's codes; exposure is thousands of views."""
    codes: dict[str, np.ndarray] = {}
    for name in ("kol_id", "tier", "category"):
        both = pd.concat([offers[name], posts[name]], ignore_index=True).fillna("").astype("str")
        codes[name] = pd.factorize(both, sort=True)[0].astype(np.int64)
    n = len(offers)
    night = pd.Timestamp(batch.night)
    fresh = posts[posts["post_date"] > night - pd.Timedelta(days=FRESH_DAYS)].groupby("kol_id").size()
    recent = np.asarray(offers["kol_id"].map(fresh).fillna(0), dtype=np.float64)
    traits = OfferTraits(
        codes["kol_id"][:n], codes["tier"][:n], codes["category"][:n], _thousands(offers["expected_views"]), recent
    )
    history = PostHistory(
        codes["kol_id"][n:], codes["tier"][n:], codes["category"][n:], _thousands(posts["views"]),
        posts["revenue"].to_numpy(dtype=np.float64), (night - posts["post_date"]).dt.days.to_numpy(dtype=np.float64),
    )  # fmt: skip
    return traits, history


def _thousands(views: pd.Series) -> np.ndarray:
    return views.astype("Float64").astype("float64").fillna(0.0).to_numpy(dtype=np.float64) / 1000


def typical_margin(items: pd.DataFrame) -> float:
    """Return the margin of the shop's advertised sales, weighted by their value."""
    weight = items["conversion_value"] + 1e-9
    return float((items["margin"] * weight).sum() / weight.sum()) if len(items) else 0.0


def build_kol_problem(
    offers: pd.DataFrame, value: OfferValue, margin: float, items: pd.DataFrame, batch: Batch
) -> KolProblem:
    """Return the choice over the horizon: offers and rules against the ads' concave value of money."""
    plan = build_problem(items, batch)
    horizon = batch.settings.kol.horizon_days
    ads_budget, ads_value = ads_curve(plan, horizon)
    tier_names = offers["tier"].fillna("").astype("str")
    tier, names = pd.factorize(tier_names, sort=True)
    rules = batch.settings.kol
    fees = offers["fee"].to_numpy(dtype=np.float64)
    signed = offers["is_signed"].to_numpy(dtype=bool)
    budget = max((plan.total - plan.fixed_cost) * horizon, float(fees[signed].sum()) + float(ads_budget[0]))
    return KolProblem(
        fee=fees, commission_rate=np.asarray(offers["commission_rate"].astype("Float64").fillna(0), dtype=np.float64),
        expected_value=value.mean * margin, expected_revenue=value.mean,
        kol=pd.factorize(offers["kol_id"], sort=True)[0], tier=tier.astype(np.int64), is_signed=signed,
        budget=budget, ads_budget=ads_budget, ads_value=ads_value, horizon_days=horizon,
        max_share_per_kol=rules.max_share_per_kol, min_koc_per_head=rules.min_koc_per_head, max_offers=rules.max_offers,
        koc_tiers=_tiers(names, "koc"), head_tiers=_tiers(names, "head"), max_fee_share=batch.settings.budget.kol_share,
        mode=_mode(batch),
    )  # fmt: skip


def ads_curve(plan: PlanProblem, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the ads' value of money over the horizon, from the least that tonight's caps permit to the whole budget."""
    if plan.problem is None:  # nothing in the ads moves: offers have no rival for the rest of the money
        return np.array([0.0, 1.0]), np.array([0.0, 0.0])
    tree = plan.problem.tree
    least = least_total(plan, tree)
    cost, value = spend_value_curve(
        plan.problem, np.linspace(least, max(float(tree.max_cost[0]), least), N_CURVE_POINTS)
    )
    return horizon_curve(cost, value, horizon)


def least_total(plan: PlanProblem, tree: PriceTree) -> float:
    """Return the least that the movable items can cost a day, with the slack that a bound needs."""
    budgets = (plan.budgets["base_cost"] * plan.budgets["min_multiplier"]).groupby(plan.budgets["platform"]).sum()
    bids = least_cost(plan.keywords).groupby(plan.keywords["platform"]).sum()
    floor = pd.Series(tree.min_cost, index=list(tree.names))
    lowest = bids.add(budgets, fill_value=0.0)
    return float(np.maximum(lowest, floor.reindex(lowest.index)).sum()) * (1 + 1e-6)


def plan_rows(offers: pd.DataFrame, value: OfferValue, margin: float, result: KolResult, batch: Batch) -> pd.DataFrame:
    """Return the choice as a table."""
    out = offers.copy()
    kept = margin - out["commission_rate"].astype("Float64").fillna(0).astype("float64")
    for suffix, revenue in (("", value.mean), ("_low", value.low), ("_high", value.high)):
        out[f"revenue{suffix}"], out[f"net_value{suffix}"] = revenue, revenue * kept
    out["own_weight"], out["evidence_level"] = value.weight, pd.Series(value.level, index=out.index).astype("str")
    out["is_chosen"], out["binding_limit"] = result.chosen, pd.Series(result.binding, index=out.index).astype("str")
    out["fee_per_day"], out["price"] = out["fee"] / batch.settings.kol.horizon_days, result.price
    return out[OFFER_COLUMNS]


def _tiers(names: pd.Index, role: str) -> tuple[int, ...]:
    return tuple(index for index, name in enumerate(names) if str(name).casefold() in TIERS[role])


def _mode(batch: Batch) -> Literal["flexible", "fixed"]:
    return batch.settings.budget.mode


def _dtype(name: str) -> str:
    if name.startswith("is_"):
        return "bool"
    texts = ("_id", "platform", "tier", "category", "format", "currency", "level", "limit")
    return "str" if name.endswith(texts) else "float64"
