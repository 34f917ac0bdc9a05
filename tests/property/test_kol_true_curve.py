"""The KOL choice on the ads' true curve: equal to trying every set of offers, each with a solve of all ads of its own."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizers.allocation import AllocationProblem, KeywordItems, PriceTree, allocate, no_budgets
from optimizers.kol import choose_offers
from optimizers.kol_ads import TreeAds
from optimizers.kol_problem import KolProblem

DAYS, N_OFFERS = 14, 6


@st.composite
def cases(draw):
    """A few keywords under two platforms, and offers whose fees are a large part of the money."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, one = 12, np.ones(12)
    keywords = KeywordItems(
        rng.integers(1, 3, n), rng.uniform(5, 20, n), one, 2 * one, rng.uniform(1, 6, n), rng.uniform(0.4, 0.9, n), one,
        one, 0.3 * one, 3 * one,
    )  # fmt: skip
    total = float(rng.uniform(60, 400))
    tree = PriceTree(np.array([-1, 0, 0]), np.zeros(3), np.array([total, np.inf, total * 0.6]), ("all", "a", "b"))
    shop = AllocationProblem(keywords, no_budgets(), tree, draw(st.sampled_from(["flexible", "fixed"])))
    fee = rng.uniform(0.02, 0.3, N_OFFERS) * total * DAYS
    lesson = np.where(rng.random(N_OFFERS) < 0.5, fee * rng.uniform(0, 1, N_OFFERS), 0.0)
    return shop, KolProblem(
        fee=fee, commission_rate=np.zeros(N_OFFERS), expected_value=fee * rng.uniform(0.5, 3, N_OFFERS),
        kol=np.arange(N_OFFERS), tier=np.zeros(N_OFFERS, int), is_signed=np.zeros(N_OFFERS, bool),
        budget=total * DAYS, ads=TreeAds(shop, DAYS), max_fee_share=0.7, max_offers=4,
        lesson_value=lesson, max_tests=1,
    )  # fmt: skip


def earned(shop, problem, chosen):
    """What a set of offers and the ads on the rest earn, from a cold solve; minus infinity where it is not allowed."""
    fees = problem.fee[chosen].sum()
    left = problem.budget - fees
    if chosen.sum() > 4 or fees > 0.7 * problem.budget or left < problem.ads.least:
        return -np.inf
    tree = replace(shop.tree, max_cost=np.append(left / DAYS, shop.tree.max_cost[1:]))
    best_lesson = problem.lesson_value[chosen].max(initial=0.0)
    ads = allocate(replace(shop, tree=tree)).objective * DAYS
    return (problem.expected_value - problem.kept * problem.fee)[chosen].sum() + best_lesson + ads


@given(cases())
@settings(max_examples=12, deadline=None)
def test_the_choice_on_the_true_curve_equals_full_enumeration(case):
    shop, problem = case
    sets = [np.array(bits, dtype=bool) for bits in product([0, 1], repeat=N_OFFERS)]
    best = max(earned(shop, problem, chosen) for chosen in sets)
    result = choose_offers(problem)
    assert result.objective == pytest.approx(best, rel=1e-5)
    assert result.dual_bound >= best * (1 - 1e-7)
    assert result.gap <= 1e-5
