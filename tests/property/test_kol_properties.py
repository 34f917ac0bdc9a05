"""The KOL choice against full enumeration, and what must hold for any offers."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizers.kol import choose_offers
from optimizers.kol_value import OfferTraits, PostHistory, expected_offer_value
from tests.property.kol_problems import is_allowed, problems, worth


@given(problems())
@settings(max_examples=60, deadline=None)
def test_the_choice_equals_full_enumeration(problem):
    n, best = len(problem.fee), -np.inf
    for bits in range(2**n):
        chosen = np.array([bits >> row & 1 for row in range(n)], dtype=bool)
        if is_allowed(problem, chosen):
            best = max(best, worth(problem, chosen))
    result = choose_offers(problem)
    assert is_allowed(problem, result.chosen)
    assert result.objective == pytest.approx(best, rel=1e-5)
    assert result.objective == pytest.approx(worth(problem, result.chosen), rel=1e-9)
    assert 0 <= result.gap <= 1e-5


@given(problems(max_offers=30))
@settings(max_examples=30, deadline=None)
def test_money_is_never_exceeded_and_every_offer_has_a_reason(problem):
    result = choose_offers(problem)
    assert result.committed_cost + result.ads_cost <= problem.budget + 0.005
    assert set(result.reasons.word[result.chosen]) <= {"chosen", "signed"}
    assert set(result.reasons.word[~result.chosen]).isdisjoint({"chosen", "signed"})
    assert result.chosen[problem.is_signed].all()


@given(problems(max_offers=20), st.sampled_from([1e-3, 7.2, 1e5]))
@settings(max_examples=30, deadline=None)
def test_the_currency_unit_changes_nothing(problem, rate):
    money = ("fee", "expected_value", "budget")
    ads = replace(problem.ads, budget=problem.ads.budget * rate, earned=problem.ads.earned * rate)
    other = choose_offers(replace(problem, ads=ads, **{name: getattr(problem, name) * rate for name in money}))
    assert other.objective == pytest.approx(choose_offers(problem).objective * rate, rel=1e-5)


@given(problems(max_offers=15), st.floats(1.0, 1.5))
@settings(max_examples=30, deadline=None)
def test_more_budget_never_earns_less(problem, more):
    rich = replace(problem, budget=problem.budget * more)
    poor, rich_value = choose_offers(problem).objective, choose_offers(rich).objective
    assert rich_value >= poor - 1e-5 * abs(poor)


@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
@settings(max_examples=50, deadline=None)
def test_a_shrunk_offer_lies_between_all_posts_and_its_partners_own(seed, n):
    """With one tier and category there are only two opinions to weigh."""
    rng, same = np.random.default_rng(seed), np.zeros(n, int)
    kol, exposure = rng.integers(0, 6, n), rng.uniform(1, 50, n)
    revenue = exposure * rng.lognormal(1, 1, n)
    posts = PostHistory(kol, same, same, exposure, revenue, np.full(n, 1e6))
    code = np.arange(6)
    value = expected_offer_value(posts, OfferTraits(code, code * 0, code * 0, np.ones(6), np.zeros(6)))
    overall = revenue.sum() / exposure.sum()
    for partner in code:
        mine = kol == partner
        own = revenue[mine].sum() / exposure[mine].sum() if mine.any() else overall
        assert min(own, overall) * (1 - 1e-9) <= value.mean[partner] <= max(own, overall) * (1 + 1e-9)
    assert ((value.low <= value.high) & (value.low >= 0)).all()
