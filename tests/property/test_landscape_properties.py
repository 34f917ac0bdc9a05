"""Bid landscapes: money, periods, order, repeats and other keywords change nothing; an exact curve is found anywhere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizers.landscape import MAX_ETA, MAX_KAPPA, MIN_ETA, MIN_KAPPA, Landscape, fit_landscape

CHECKS = settings(max_examples=60, deadline=None)
NAMES = ("eta", "rho", "kappa", "is_known")


@st.composite
def landscapes(draw):
    """Return keyword, bid, clicks, cost of up to four keywords with rising but rough points, and today's bids."""
    rng, n = np.random.default_rng(draw(st.integers(0, 2**32 - 1))), draw(st.integers(1, 4))
    size = rng.integers(1, 7, n)
    code = np.repeat(np.arange(n), size)
    bid = np.concatenate([np.sort(rng.uniform(0.3, 5.0, one)) for one in size])
    clicks, cost = (np.concatenate([np.cumsum(rng.exponential(9.0, one)) for one in size]) for _ in range(2))
    return code, bid, clicks, cost, rng.uniform(0.5, 3.0, n)


def same(one: Landscape, other: Landscape) -> None:
    for name in NAMES:
        np.testing.assert_allclose(getattr(other, name), getattr(one, name), rtol=1e-6)


@CHECKS
@given(landscapes(), st.floats(0.01, 100.0), st.floats(0.1, 30.0), st.integers(0, 2**32 - 1))
def test_neither_money_nor_the_length_of_the_period_nor_order_matter(points, money, days, seed):
    """Only ratios of clicks and of cost to bid count."""
    code, bid, clicks, cost, today = points
    order = np.random.default_rng(seed).permutation(len(code))
    other = fit_landscape(
        code[order], bid[order] * money, clicks[order] * days, cost[order] * money * days, today * money
    )
    same(fit_landscape(*points), other)


@CHECKS
@given(landscapes())
def test_what_is_told_twice_says_no_more_and_one_keyword_nothing_of_another(points):
    code, bid, clicks, cost, today = points
    found = fit_landscape(*points)
    same(found, fit_landscape(*(np.tile(part, 2) for part in (code, bid, clicks, cost)), today))
    first = code == 0
    alone = fit_landscape(code[first], bid[first], clicks[first], cost[first], today[:1])
    same(Landscape(*(getattr(found, name)[:1] for name in NAMES)), alone)


@CHECKS
@given(st.floats(0.1, 2.5), st.floats(0.5, 2.0), st.floats(0.3, 3.0), st.floats(0.1, 50.0))
def test_an_exact_curve_of_any_level_is_found(eta, kappa, rho, today):
    """Between two near bids the marginal cost stands at their geometric mean."""
    m = np.geomspace(0.5, 2.0, 60)
    cost = 100.0 * rho * today * eta / (eta + kappa) * m ** (eta + kappa)
    found = fit_landscape(np.zeros(60, dtype=int), today * m, 100.0 * m**eta, cost, [today])
    assert found.is_known[0]
    assert found.eta[0] == pytest.approx(eta, rel=1e-6)
    assert [found.rho[0], found.kappa[0]] == pytest.approx([rho, kappa], rel=0.01)


@CHECKS
@given(landscapes())
def test_whatever_is_told_the_answer_is_finite_and_in_its_limits_and_1_where_nothing_is_known(points):
    found = fit_landscape(*points)
    assert np.isfinite([found.eta, found.rho, found.kappa]).all()
    known = found.is_known
    assert ((found.eta[known] >= MIN_ETA) & (found.eta[known] <= MAX_ETA)).all()
    assert ((found.kappa[known] >= MIN_KAPPA) & (found.kappa[known] <= MAX_KAPPA) & (found.rho[known] > 0)).all()
    assert (np.stack([found.eta, found.rho, found.kappa])[:, ~known] == 1.0).all()
