"""The KOL choice against full enumeration, and what must hold for any offers."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizers.kol import choose_offers
from optimizers.kol_ads import PointAds
from optimizers.kol_problem import KolProblem
from optimizers.kol_value import OfferTraits, PostHistory, expected_offer_value


@st.composite
def problems(draw, max_offers=9):
    rng, n = np.random.default_rng(draw(st.integers(0, 2**32 - 1))), draw(st.integers(1, max_offers))
    fee = rng.uniform(1, 40, n).round(2)
    budget = float(rng.uniform(60, 160))
    spend = np.sort(rng.uniform(0.05, 1, 5)) * budget
    ads = PointAds(spend, rng.uniform(5, 30) * np.sqrt(spend), draw(st.sampled_from(["flexible", "fixed"])))
    is_signed = rng.random(n) < 0.15
    is_signed &= np.cumsum(fee * is_signed) + spend[0] < budget
    return KolProblem(
        fee=fee, commission_rate=rng.uniform(0, 0.3, n), expected_value=fee * rng.lognormal(0.6, 0.7, n),
        kol=rng.integers(0, 4, n), tier=rng.integers(0, 3, n), is_signed=is_signed, budget=budget,
        ads=ads, max_share_per_kol=float(rng.uniform(0.2, 1)),
        min_koc_per_head=float(rng.choice([0.0, 1.0, 2.0])), max_offers=int(rng.integers(1, n + 1)),
        koc_tiers=(0,), head_tiers=(2,), max_fee_share=float(rng.uniform(0.3, 1)),
        audience=rng.integers(0, 3, n), max_new_per_audience=draw(st.sampled_from([None, 1, 2])),
        max_share_per_audience=float(rng.uniform(0.3, 1)),
    )  # fmt: skip


def is_allowed(problem, chosen):
    """The rules in words, without the solver's matrix."""
    if (problem.is_signed & ~chosen).any():
        return False
    signed, cap = problem.is_signed, problem.max_fee_share * problem.budget

    def within(amount, limit):
        return amount[chosen].sum() <= max(limit, amount[signed].sum()) + 1e-9

    mix = problem.min_koc_per_head * (problem.tier == 2) - (problem.min_koc_per_head > 0) * (problem.tier == 0)
    shares = [within(problem.fee * (problem.kol == k), problem.max_share_per_kol * cap) for k in range(4)]
    count = within(np.ones(len(chosen)), problem.max_offers)
    fits = problem.fee[chosen].sum() <= problem.budget - problem.ads.budget[0] + 1e-9
    people = [problem.audience == code for code in range(3)]
    most_new = np.inf if problem.max_new_per_audience is None else problem.max_new_per_audience
    overlap = all(within(problem.fee * one, problem.max_share_per_audience * cap) for one in people)
    overlap &= all((chosen & one & ~signed).sum() <= most_new for one in people)
    return count and within(problem.fee, cap) and all(shares) and within(mix, 0.0) and fits and overlap


def worth(problem, chosen):
    """Offers and the best use of the rest, found by trying every corner of the ads' curve."""
    left = problem.budget - problem.fee[chosen].sum()
    money = np.append(
        problem.ads.budget[problem.ads.budget <= left], min(max(left, problem.ads.budget[0]), problem.ads.budget[-1])
    )
    kept = 1.0 if problem.ads.mode == "flexible" else 0.0
    ads = (np.interp(money, problem.ads.budget, problem.ads.earned) - kept * money).max()
    net = problem.expected_value * (1 - problem.commission_rate) - kept * problem.fee
    return net[chosen].sum() + ads


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
