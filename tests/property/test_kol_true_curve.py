"""The KOL choice on the ads' true curve: equal to trying every set of offers, each with a solve of all ads of its own."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizers.allocation import AllocationProblem, KeywordItems, PriceTree, allocate, no_budgets
from optimizers.errors import InfeasibleBudgetError
from optimizers.kol import choose_offers
from optimizers.kol_ads import TreeAds
from optimizers.kol_problem import KolProblem
from tests.property.kol_problems import best_lessons, is_safe, is_within_rules

DAYS, N_OFFERS, N_CASES = 14, 6, 40


@st.composite
def cases(draw):
    """A few keywords under two platforms, offers whose fees are a large part of the money, and every kind of rule."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, one = 12, np.ones(12)
    keywords = KeywordItems(
        rng.integers(1, 3, n), rng.uniform(5, 20, n), one, 2 * one, rng.uniform(1, 6, n), rng.uniform(0.4, 0.9, n), one,
        one, 0.3 * one, 3 * one,
    )  # fmt: skip
    total = float(rng.uniform(60, 400))
    floor = np.array([draw(st.sampled_from([np.nan, 2.5])), np.nan, np.nan])
    tree = PriceTree(
        np.array([-1, 0, 0]), np.zeros(3), np.array([total, np.inf, total * 0.6]), ("all", "a", "b"), floor
    )
    shop = AllocationProblem(keywords, no_budgets(), tree, draw(st.sampled_from(["flexible", "fixed"])))
    fee = rng.uniform(0.02, 0.3, N_OFFERS) * total * DAYS
    value, audience = fee * rng.uniform(0.5, 3, N_OFFERS), rng.integers(0, 2, N_OFFERS)
    luck = 0.8 * rng.normal(size=(N_CASES, 2))[:, audience] + 0.6 * rng.normal(size=(N_CASES, N_OFFERS))
    limit = draw(st.sampled_from([None, 0.02, 0.1]))
    risk = {} if limit is None else {"cases": value * np.exp(luck - 0.5), "max_tail_loss": limit * total * DAYS}
    return shop, KolProblem(
        fee=fee, commission_rate=np.zeros(N_OFFERS), expected_value=value,
        kol=np.arange(N_OFFERS) // 2, tier=rng.integers(0, 3, N_OFFERS), is_signed=np.zeros(N_OFFERS, bool),
        budget=total * DAYS, ads=TreeAds(shop, DAYS), max_fee_share=0.7, max_offers=4,
        max_share_per_kol=float(rng.uniform(0.3, 1)), min_koc_per_head=draw(st.sampled_from([0.0, 1.0])), koc_tiers=(0,),
        head_tiers=(2,), audience=audience, max_new_per_audience=draw(st.sampled_from([None, 2])),
        lesson_value=np.where(rng.random(N_OFFERS) < 0.5, fee * rng.uniform(0, 1, N_OFFERS), 0.0), max_tests=2,
        max_test_share=float(rng.uniform(0.1, 0.6)), **risk,
    )  # fmt: skip


def earned(shop, problem, chosen):
    """What a set of offers and the ads on the rest earn, from a cold solve; minus infinity where it is not allowed."""
    fees = problem.fee[chosen].sum()
    left = problem.budget - fees
    if not is_within_rules(problem, chosen) or not is_safe(problem, chosen) or left < 0:
        return -np.inf
    tree = replace(shop.tree, max_cost=np.append(left / DAYS, shop.tree.max_cost[1:]))
    try:
        ads = allocate(replace(shop, tree=tree)).objective * DAYS
    except InfeasibleBudgetError:
        return -np.inf
    return (problem.expected_value - problem.kept * problem.fee)[chosen].sum() + best_lessons(problem, chosen) + ads


@given(cases())
@settings(max_examples=25, deadline=None)
def test_the_choice_on_the_true_curve_equals_full_enumeration(case):
    shop, problem = case
    sets = [np.array(bits, dtype=bool) for bits in product([0, 1], repeat=N_OFFERS)]
    best = max(earned(shop, problem, chosen) for chosen in sets)
    if np.isneginf(best):  # not even all money keeps the floor
        with pytest.raises(InfeasibleBudgetError):
            choose_offers(problem)
        return
    result = choose_offers(problem)
    assert result.objective == pytest.approx(best, rel=1e-5)
    assert result.dual_bound >= best * (1 - 1e-7)
    assert result.gap <= 1e-5
