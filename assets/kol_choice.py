"""Turns offers and judged items into one KOL choice: fees and rules against the ads' own value of money.

The choice itself is made by ``optimizers.kol``; what is shown of it belongs to ``assets.kol``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from assets.arrays import codes_of, floats
from assets.batch import Batch
from assets.kol_inputs import CELL, audience_codes, partner_codes
from assets.plan_problem import build_problem
from assets.solver_noise import quiet_solver
from optimizers.errors import InfeasibleBudgetError
from optimizers.kol import KolResult, choose_offers
from optimizers.kol_ads import IDLE, Ads, PointAds, TreeAds
from optimizers.kol_cases import draw_revenue, draw_shared
from optimizers.kol_lessons import lesson_value
from optimizers.kol_problem import KolProblem
from optimizers.kol_value import OfferValue
from optimizers.reachable import loosen
from optimizers.types import FloatArray

Z_80 = 1.2816  # half the width of a normal's 80 % interval, in sd
TIERS: dict[str, tuple[str, ...]] = {"koc": ("koc", "素人", "nano"), "head": ("head", "头部", "mega")}


def choose_or_hold(problem: KolProblem) -> tuple[KolResult | None, str]:
    """Return the choice, or None and why nothing can be chosen: signed fees and the least ads are above the budget."""
    try:
        with quiet_solver():
            return choose_offers(problem), ""
    except InfeasibleBudgetError as error:
        return None, str(error)


def typical_margin(items: pd.DataFrame) -> float:
    """Return the margin of the shop's advertised sales, weighted by their value."""
    weight = items["conversion_value"] + 1e-9
    return float((items["margin"] * weight).sum() / weight.sum()) if len(items) else 0.0


def build_kol_problem(
    offers: pd.DataFrame, value: OfferValue, margin: float, items: pd.DataFrame, batch: Batch
) -> KolProblem:
    """Return the choice over the horizon: offers and rules against the ads' concave value of money."""
    ads, budget = ads_and_budget(items, batch)
    rules, most_fees = batch.settings.kol, batch.settings.budget.kol_share * budget
    limit = None if rules.max_tail_loss is None else rules.max_tail_loss * most_fees
    tier, names = pd.factorize(offers["tier"].fillna("").astype("str"), sort=True)
    fees, commission, brand = floats(offers, "fee"), commissions(offers), floats(offers, "brand_value")
    rival = np.maximum(
        _price(ads, budget) * fees - brand, 0.0
    )  # brand searches pay a part of the fee whatever is learned
    return KolProblem(
        fee=fees, commission_rate=commission, expected_value=value.mean * margin + brand, expected_revenue=value.mean,
        kol=partner_codes(offers), tier=tier.astype(np.int64), is_signed=offers["is_signed"].to_numpy(dtype=bool),
        budget=budget, ads=ads, max_share_per_kol=rules.max_share_per_kol, min_koc_per_head=rules.min_koc_per_head,
        max_offers=rules.max_offers, koc_tiers=_tiers(names, "koc"), head_tiers=_tiers(names, "head"),
        max_fee_share=batch.settings.budget.kol_share, audience=audience_codes(offers),
        max_new_per_audience=rules.max_new_per_audience, max_share_per_audience=rules.max_share_per_audience,
        lesson_value=lesson_value(value, margin - commission, rival),
        max_tests=rules.max_tests, max_test_share=rules.max_test_share, max_tail_loss=limit,
        cases=None if limit is None else draw_cases(offers, value, margin),
    )  # fmt: skip


def draw_cases(offers: pd.DataFrame, value: OfferValue, margin: float) -> FloatArray:
    """Return what each offer leaves after commission in drawn cases; the lift of brand searches errs for all together."""
    cell = offers[CELL].fillna("").astype("str").groupby(CELL, sort=True).ngroup().to_numpy(dtype=np.int64)
    revenue = draw_revenue(value, cell, partner_codes(offers), codes_of(offers["offer_id"]))
    brand_sd = (floats(offers, "brand_value_high") - floats(offers, "brand_value_low")) / (2.0 * Z_80)
    brand = floats(offers, "brand_value") + np.outer(draw_shared(), brand_sd)
    return np.asarray(revenue * (margin - commissions(offers)) + brand)


def ads_and_budget(items: pd.DataFrame, batch: Batch) -> tuple[Ads, float]:
    """Return the ads and the money of the horizon, both without what unmoved items spend."""
    plan, horizon = build_problem(items, batch), batch.settings.kol.horizon_days
    budget = max(plan.total - plan.fixed_cost, 0.0) * horizon
    if plan.problem is None:
        return PointAds(*IDLE, mode=batch.settings.budget.mode), budget
    # limits that contradict each other hold the night in budget_plan, not here
    return TreeAds(loosen(plan.problem), horizon), budget


def commissions(offers: pd.DataFrame) -> np.ndarray:
    """Return each offer's commission; one that names none asks for none."""
    return offers["commission_rate"].astype("Float64").fillna(0).to_numpy(dtype=np.float64)


def _price(ads: Ads, budget: float) -> float:
    """Return what money earns in ads when no offer takes any: the least that a later fee would have to beat."""
    slope = ads.at(max(budget, ads.least)).slope
    return (1.0 if ads.mode == "flexible" else 0.0) + (slope if np.isfinite(slope) else 0.0)


def _tiers(names: pd.Index, role: str) -> tuple[int, ...]:
    return tuple(index for index, name in enumerate(names) if str(name).casefold() in TIERS[role])
