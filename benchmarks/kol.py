"""Signs offers jointly with 100,000 keywords: how long it takes, and how far from the best it can be at most.

Here belong the drawn offers and the figures. The peer is the same choice against a curve drawn from twelve solves
beforehand, which proves nothing about the true one.
"""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

import numpy as np

from assets.solver_noise import quiet_solver
from benchmarks.allocation_problems import budget_tree
from benchmarks.figures import Bar, Figure
from optimizers.allocation import AllocationProblem, spend_value_curve
from optimizers.kol import choose_offers
from optimizers.kol_ads import Mode, PointAds, TreeAds
from optimizers.kol_problem import KolProblem

N_OFFERS, N_KEYWORDS, N_KOLS, HORIZON, SEED = 300, 100_000, 180, 28, 11
KOC, HEAD = 0, 2
FEE_SHARE = 0.15  # of the budget, as in the settings
N_POINTS = 12
MOST_SECONDS, MOST_GAP = 10.0, 5e-3


def measure() -> list[Figure]:
    """Return time and gap in both modes of the budget."""
    return [figure for mode in ("flexible", "fixed") for figure in _measure_mode(mode)]  # type: ignore[arg-type]


def draw_offers(ads: TreeAds | PointAds, budget: float) -> KolProblem:
    """Return offers whose fees add up to six times what may be spent, most of them close to the price of money."""
    rng = np.random.default_rng(SEED)
    tier = rng.choice([KOC, 1, HEAD], N_OFFERS, p=[0.6, 0.3, 0.1])
    fee = np.array([1.0, 6.0, 30.0])[tier] * np.exp(rng.normal(0.0, 0.4, N_OFFERS))
    fee *= 6.0 * FEE_SHARE * budget / fee.sum()
    price = (1.0 if ads.mode == "flexible" else 0.0) + ads.at(budget).slope
    kol = rng.integers(N_KOLS, size=N_OFFERS)
    return KolProblem(
        fee=fee, commission_rate=rng.choice([0.0, 0.1, 0.2], N_OFFERS),
        expected_value=fee * price * np.exp(rng.normal(0.2, 0.4, N_OFFERS)), kol=kol, tier=tier,
        is_signed=np.arange(N_OFFERS) < 3, budget=budget, ads=ads, max_share_per_kol=0.2, min_koc_per_head=6.0,
        max_offers=60, koc_tiers=(KOC,), head_tiers=(HEAD,), max_fee_share=FEE_SHARE, audience=kol % 12,
        max_new_per_audience=5, max_share_per_audience=0.25,
        lesson_value=np.where(kol % 3 == 0, 0.1 * fee, 0.0), max_tests=5, max_test_share=0.2,
    )  # fmt: skip


def _measure_mode(mode: Mode) -> list[Figure]:
    tree = budget_tree(N_KEYWORDS)
    shop = AllocationProblem(tree.keywords, tree.budgets, tree.tree, mode)
    budget = float(shop.tree.max_cost[0]) * HORIZON
    least = TreeAds(shop, HORIZON).least
    problem = replace(draw_offers(TreeAds(shop, HORIZON), budget), ads=TreeAds(shop, HORIZON))  # nothing solved yet
    with quiet_solver():
        start = perf_counter()
        result = choose_offers(problem)
        taken = perf_counter() - start
        start = perf_counter()
        choose_offers(draw_offers(_drawn_curve(shop, least, budget), budget))
        peer_taken = perf_counter() - start
    what = f"{N_OFFERS} offers with {N_KEYWORDS:,} keywords, {mode}"
    signed = f"{int(result.chosen.sum())} signed under {len(np.unique(result.reasons.word))} different reasons"
    return [
        Figure(f"{what}: time", taken, "s", f"a curve of {N_POINTS} points: {peer_taken:.2f} s", signed,
               Bar(MOST_SECONDS, is_most=True)),
        Figure(f"{what}: gap", result.gap, "of the objective", "the dual bound over all choices",
               f"{result.n_cuts} solves of all keywords", Bar(MOST_GAP, is_most=True)),
    ]  # fmt: skip


def _drawn_curve(shop: AllocationProblem, least: float, budget: float) -> PointAds:
    """Return the ads' value of money from solves at evenly spread budgets."""
    cost, value = spend_value_curve(shop, np.linspace(least, budget, N_POINTS) / HORIZON)
    is_more = np.append(True, np.diff(cost) > 1e-6 * cost[-1])
    return PointAds(cost[is_more] * HORIZON, value[is_more] * HORIZON, shop.mode)
