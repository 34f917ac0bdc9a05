"""The limit on the worst tenth of cases: equal to full enumeration, never a gain when it is tighter, no unit, no order."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizers.errors import InvalidInputError
from optimizers.kol import choose_offers
from optimizers.kol_cases import N_CASES, draw_revenue, draw_shared, tail_mean
from optimizers.kol_value import OfferTraits, OfferValue, PostHistory, expected_offer_value
from tests.property.kol_problems import is_allowed, is_safe, problems, worst_tenth, worth

N_DRAWN = 40


@st.composite
def risky(draw, max_offers=7):
    """Offers whose cases share their luck by category, under a limit that binds more often than not."""
    problem = draw(problems(max_offers=max_offers))
    rng, n = np.random.default_rng(draw(st.integers(0, 2**32 - 1))), len(problem.fee)
    luck = 0.8 * rng.normal(size=(N_DRAWN, 3))[:, problem.audience] + 0.6 * rng.normal(size=(N_DRAWN, n))
    cases = problem.net_value * np.exp(0.9 * luck - 0.4)
    share = draw(st.sampled_from([0.0, 0.02, 0.1, 0.3]))
    return replace(problem, cases=cases, max_tail_loss=share * problem.budget)


@given(risky())
@settings(max_examples=40, deadline=None)
def test_the_choice_under_the_limit_equals_full_enumeration(problem):
    sets = [np.array(bits, dtype=bool) for bits in product([0, 1], repeat=len(problem.fee))]
    best = max(worth(problem, one) for one in sets if is_allowed(problem, one) and is_safe(problem, one))
    result = choose_offers(problem)
    assert is_allowed(problem, result.chosen)
    assert worst_tenth(problem, result.chosen) <= max(
        problem.max_tail_loss, worst_tenth(problem, problem.is_signed)
    ) + 1e-5 * max(problem.budget, problem.net_value.max())
    assert result.objective == pytest.approx(best, rel=1e-5)
    assert 0 <= result.gap <= 1e-5


@given(risky(max_offers=12), st.floats(0.0, 1.0))
@settings(max_examples=30, deadline=None)
def test_a_tighter_limit_never_earns_more_and_a_wide_one_changes_nothing(problem, share):
    loose = choose_offers(problem).objective
    tight = choose_offers(replace(problem, max_tail_loss=problem.max_tail_loss * share)).objective
    free = choose_offers(replace(problem, cases=None, max_tail_loss=None)).objective
    wide = choose_offers(replace(problem, max_tail_loss=float(problem.fee.sum()) * 10)).objective
    size = 1e-5 * max(abs(free), 1.0)
    assert tight <= loose + size
    assert loose <= free + size
    assert wide == pytest.approx(free, rel=1e-5)


@given(risky(max_offers=10), st.sampled_from([1e-3, 7.2, 1e5]), st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_neither_the_unit_nor_the_order_of_offers_or_cases_changes_the_best(problem, rate, seed):
    rng, n = np.random.default_rng(seed), len(problem.fee)
    order, cases = rng.permutation(n), rng.permutation(N_DRAWN)
    rows = ("fee", "expected_value", "commission_rate", "kol", "tier", "is_signed", "audience")
    mixed = {name: getattr(problem, name)[order] for name in rows}
    mixed |= {name: mixed[name] * rate for name in ("fee", "expected_value")}
    ads = replace(problem.ads, budget=problem.ads.budget * rate, earned=problem.ads.earned * rate)
    other = replace(
        problem, **mixed, ads=ads, budget=problem.budget * rate, max_tail_loss=problem.max_tail_loss * rate,
        cases=problem.cases[cases][:, order] * rate,
    )  # fmt: skip
    assert choose_offers(other).objective == pytest.approx(choose_offers(problem).objective * rate, rel=1e-5)


@given(risky(max_offers=12))
@settings(max_examples=30, deadline=None)
def test_an_offer_that_the_limit_keeps_out_says_what_would_be_lost_with_it(problem):
    result = choose_offers(problem)
    for row in np.flatnonzero(result.reasons.word == "max_tail_loss"):
        more = result.chosen.copy()
        more[row] = True
        assert result.reasons.seen[row] == pytest.approx(worst_tenth(problem, more), abs=1e-6)
        assert result.reasons.seen[row] > result.reasons.limit[row]


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_the_tail_of_a_sum_is_no_worse_than_the_tails_of_its_parts(seed):
    """Coherence (Artzner et al. 1999), with a number of cases that no tenth divides."""
    one, two = np.random.default_rng(seed).normal(size=(2, 47))
    assert tail_mean(one + two) <= tail_mean(one) + tail_mean(two) + 1e-12
    assert tail_mean(3.0 * one + 5.0) == pytest.approx(3.0 * tail_mean(one) + 5.0)
    assert one.mean() <= tail_mean(one) <= one.max()


@pytest.fixture
def value():
    """Six offers in two categories: two of one partner, the others new."""
    rng, n = np.random.default_rng(2), 160
    kol = np.arange(n) // 4
    category = kol % 8
    rate = np.exp(rng.normal(0, 0.7, 8))[category] * np.exp(rng.normal(0, 0.4, 40))[kol]
    posts = PostHistory(kol, kol * 0, category, np.full(n, 10.0), 30 * rate * rng.gamma(2, 0.5, n), np.full(n, 90.0))
    codes = np.array([8, 8, 108, 116, 109, 117])
    offers = OfferTraits(codes, codes * 0, np.array([0, 0, 0, 0, 1, 1]), np.full(6, 10.0), np.zeros(6))
    return expected_offer_value(posts, offers), np.array([0, 0, 0, 0, 1, 1]), codes


def test_drawn_cases_have_the_mean_and_the_interval_that_people_see(value):
    told, cell, kol = value
    drawn = draw_revenue(told, cell, kol, np.arange(6))
    assert drawn.mean(axis=0) == pytest.approx(told.mean, rel=0.1)
    inside = ((drawn >= told.low) & (drawn <= told.high)).mean(axis=0)
    assert inside == pytest.approx(np.full(6, 0.8), abs=0.06)


def test_offers_of_one_partner_and_of_one_category_err_together():
    """Variances of 0.36 from the category, 0.28 from the partner and 0.36 from the post itself."""
    n = np.ones(4)
    told = OfferValue(1000 * n, n, n, n, np.full(4, "all"), 400 * n, 300 * n, n, 300 * n)
    drawn = draw_revenue(told, np.array([0, 0, 0, 1]), np.array([0, 0, 1, 2]), np.arange(4))
    found = np.corrcoef(drawn.T)[0]
    assert found == pytest.approx([1.0, 0.64, 0.36, 0.0], abs=0.12)


def test_the_luck_of_an_offer_does_not_hang_on_the_others(value):
    told, cell, kol = value
    every = draw_revenue(told, cell, kol, np.arange(6))
    order = np.array([3, 0, 5, 1, 4, 2])
    mixed = type(told)(*(getattr(told, name)[order] for name in told.__dataclass_fields__))
    assert (draw_revenue(mixed, cell[order], kol[order], np.arange(6)[order]) == every[:, order]).all()
    two = type(told)(*(getattr(told, name)[:2] for name in told.__dataclass_fields__))
    assert (draw_revenue(two, cell[:2], kol[:2], np.arange(2)) == every[:, :2]).all()
    assert every.shape == (N_CASES, 6)
    assert draw_shared().mean() == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("loss", [np.zeros(0), np.array([1.0, np.nan])])
def test_losses_that_cannot_be_weighed_are_refused(loss):
    with pytest.raises(InvalidInputError, match="cannot weigh losses"):
        tail_mean(loss)
