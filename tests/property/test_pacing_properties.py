"""Days at one price: equal to a general solver, kept money, and all that must not matter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from optimizers.day_curve import DayCurve, curve_through
from optimizers.errors import InfeasibleBudgetError, InvalidInputError
from optimizers.pacing import Days, Span, hold_back, plan_days
from tests.property.effort import cases

SEEDS = st.integers(0, 2**32 - 1)


def drawn(seed, n_days=None, n_spans=None):
    """Return a curve, days and spans that can be met: a month, and promotions that may overlap."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 9)) if n_days is None else n_days
    knots = int(rng.integers(2, 7))
    spend = np.concatenate([[0.0], np.cumsum(rng.uniform(5, 60, knots - 1))])
    price = np.cumsum(rng.uniform(0.05, 1.5, knots))[::-1]
    curve = DayCurve(spend, price)
    clicks, cvr = rng.lognormal(0, 0.4, n), rng.lognormal(0, 0.25, n)
    least = np.where(rng.random(n) < 0.3, rng.uniform(0, 10, n), 0.0)
    most = np.where(rng.random(n) < 0.3, least + rng.uniform(5, 80, n), np.inf)
    spans = []
    for at in range(int(rng.integers(1, 4)) if n_spans is None else n_spans):
        member = np.ones(n, dtype=bool) if at == 0 else rng.random(n) < 0.5
        if member.any():
            room = float(least[member].sum())
            spans.append(Span(f"span {at}", member, room + float(rng.uniform(1, 60)) * member.sum()))
    return curve, Days(clicks, cvr, least, most), spans


def value_of(curve, days, spend):
    return days.clicks * days.cvr * curve.value_at(spend / days.clicks)


@given(seed=SEEDS, base=st.sampled_from([0.0, 1.0]))
@cases(60)
def test_days_earn_what_a_general_solver_finds_and_the_bound_closes(seed, base):
    curve, days, spans = drawn(seed)
    found = plan_days(curve, days, spans, base)
    most = np.minimum(days.max_cost, np.maximum(days.clicks * curve.spend[-1], days.min_cost))
    rules = [
        {"type": "ineq", "fun": lambda x, s=span: s.money - x[s.is_member].sum(), "jac": lambda x, s=span: -1.0 * s.is_member}
        for span in spans
    ]  # fmt: skip

    def loss(x):
        inside = np.clip(x / days.clicks, 0, curve.spend[-1])
        slope = days.cvr * np.interp(inside, curve.spend, curve.price)
        return -(value_of(curve, days, x) - base * x).sum(), base - slope

    peer = minimize(loss, days.min_cost, jac=True, method="SLSQP", bounds=list(zip(days.min_cost, most, strict=True)),
                    constraints=rules, options={"maxiter": 500, "ftol": 1e-13})  # fmt: skip
    scale = max(abs(float(found.value.sum())), 1.0)
    assert found.objective >= -peer.fun - 1e-7 * scale
    assert found.gap <= 1e-9
    assert found.bound >= -peer.fun - 1e-7 * scale


@given(seed=SEEDS)
@cases(100)
def test_no_span_spends_more_than_its_money_and_no_day_leaves_its_limits(seed):
    curve, days, spans = drawn(seed)
    spend = plan_days(curve, days, spans).spend
    for span in spans:
        assert spend[span.is_member].sum() <= span.money * (1 + 1e-12)
    assert (spend >= days.min_cost - 1e-12).all()
    assert (spend <= days.max_cost + 1e-12).all()


@given(seed=SEEDS)
@cases(60)
def test_one_day_spends_its_money_while_the_next_unit_pays(seed):
    curve, days, spans = drawn(seed, n_days=1, n_spans=1)
    found = plan_days(curve, days, spans)
    useful = float(days.clicks[0] * curve.spend_at(1.0 / days.cvr)[0])
    wanted = np.clip(useful, days.min_cost[0], days.max_cost[0])
    assert found.spend[0] == pytest.approx(min(wanted, spans[0].money), rel=1e-9)


@given(seed=SEEDS, n=st.integers(2, 40))
@cases(60)
def test_equal_days_share_alike(seed, n):
    curve, _, _ = drawn(seed)
    ones = np.ones(n)
    found = plan_days(curve, Days(ones, ones, 0 * ones, np.inf * ones), [Span("month", ones > 0, 17.0 * n)], 0.0)
    np.testing.assert_allclose(found.spend, min(17.0, curve.spend[-1]), rtol=1e-9)


@given(seed=SEEDS, more=st.floats(1.0, 3.0))
@cases(60)
def test_more_money_never_earns_less(seed, more):
    curve, days, spans = drawn(seed)
    rich = [replace(span, money=span.money * more) for span in spans]
    before, after = plan_days(curve, days, spans), plan_days(curve, days, rich)
    assert after.objective >= before.objective - 1e-9 * max(abs(before.objective), 1.0)


@given(seed=SEEDS, scale=st.floats(0.01, 1000.0))
@cases(25)
def test_the_unit_of_money_changes_nothing(seed, scale):
    curve, days, spans = drawn(seed)
    other = DayCurve(curve.spend * scale, curve.price)
    scaled = Days(days.clicks, days.cvr, days.min_cost * scale, days.max_cost * scale)
    found = plan_days(other, scaled, [replace(span, money=span.money * scale) for span in spans])
    np.testing.assert_allclose(found.spend, plan_days(curve, days, spans).spend * scale, rtol=1e-7, atol=1e-7 * scale)


@given(seed=SEEDS)
@cases(60)
def test_the_order_of_days_with_their_factors_changes_nothing(seed):
    curve, days, spans = drawn(seed)
    order = np.random.default_rng(seed).permutation(len(days.clicks))
    mixed = Days(days.clicks[order], days.cvr[order], days.min_cost[order], days.max_cost[order])
    found = plan_days(curve, mixed, [replace(span, is_member=span.is_member[order]) for span in spans])
    np.testing.assert_allclose(found.spend, plan_days(curve, days, spans).spend[order], rtol=1e-7, atol=1e-9)


@given(seed=SEEDS)
@cases(60)
def test_the_busier_and_the_better_of_two_days_spends_no_less(seed):
    curve, days, spans = drawn(seed, n_days=2, n_spans=1)
    free = Days(np.sort(days.clicks), np.sort(days.cvr), np.zeros(2), np.full(2, np.inf))
    spend = plan_days(curve, free, spans).spend
    assert spend[1] >= spend[0] - 1e-9


@pytest.mark.parametrize("money", [0.0, -5.0, 19.0], ids=["spent", "overspent", "under the least of its days"])
def test_a_span_whose_money_is_gone_is_refused(money):
    one = np.ones(2)
    with pytest.raises(InfeasibleBudgetError, match=r"cannot plan days.*month .* left"):
        plan_days(DayCurve([0, 50], [3, 1]), Days(one, one, 10 * one, 90 * one), [Span("month", one > 0, money)])


def test_no_day_no_span_and_days_that_cannot_be_are_refused():
    one, curve = np.ones(1), DayCurve([0, 50], [3, 1])
    with pytest.raises(InvalidInputError, match="no day"):
        Days(np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0))
    with pytest.raises(InvalidInputError, match=r"1 days.*min_cost <= max_cost"):
        Days(one, one, 2 * one, one)
    with pytest.raises(InvalidInputError, match="0 bad spans"):
        plan_days(curve, Days(one, one, 0 * one, one), [])
    with pytest.raises(InvalidInputError, match=r"1 bad spans.*promotion"):
        plan_days(curve, Days(one, one, 0 * one, one), [Span("promotion", one < 0, 9.0)])
    with pytest.raises(InvalidInputError, match=r"1 bad spans.*month"):
        plan_days(curve, Days(one, one, 0 * one, one), [Span("month", one > 0, float("nan"))])


@pytest.mark.parametrize(
    ("spend", "price"),
    [([0.0], [1.0]), ([1.0, 2.0], [2.0, 1.0]), ([0.0, 0.0], [2.0, 1.0]), ([0.0, 2.0], [1.0, 1.0]), ([0.0, np.nan], [2.0, 1.0])],
    ids=["one knot", "not from nothing", "spend stays", "price stays", "not a number"],
)  # fmt: skip
def test_a_curve_that_is_none_is_refused(spend, price):
    with pytest.raises(InvalidInputError, match="cannot read the value of a day's money"):
        DayCurve(spend, price)


@given(seed=SEEDS)
@cases(60)
def test_a_curve_through_plans_keeps_their_prices_and_the_value_of_the_smallest(seed):
    rng = np.random.default_rng(seed)
    cost = np.cumsum(rng.uniform(1, 40, 6))
    root = rng.uniform(2, 20)
    value, price = 2 * root * np.sqrt(cost), root / np.sqrt(cost)  # a known curve
    order = rng.permutation(6)
    curve = curve_through(cost[order], value[order], price[order])
    np.testing.assert_allclose(np.interp(cost, curve.spend, curve.price), price, rtol=1e-9)
    assert curve.value_at(cost[:1])[0] == pytest.approx(value[0], rel=1e-9)
    assert (curve.value_at(cost) >= value - 1e-9).all()  # the chord of a convex price lies above it


@pytest.mark.parametrize(
    ("cost", "value"), [([], []), ([0.0], [0.0]), ([10.0], [0.0])], ids=["no plan", "nothing spent", "no value"]
)
def test_a_night_without_daily_value_has_no_curve(cost, value):
    with pytest.raises(InvalidInputError, match="no plan that costs and brings money"):
        curve_through(cost, value, np.ones(len(cost)))


@given(money=st.floats(1, 1e6), n=st.integers(1, 60), sd=st.floats(0, 2))
@cases(60)
def test_the_reserve_is_part_of_an_even_day_and_nothing_where_days_are_sure(money, n, sd):
    held = hold_back(money, n, sd)
    assert 0 <= held <= money / n
    assert hold_back(money, n, 0.0) == 0
    assert hold_back(money, n, sd * 1.1) >= held


def left_over(shocks, sd):
    """Return what is left of 1000 after days that are planned evenly, each anew, and differ from their plan."""
    money = 1000.0
    for n, shock in zip(range(len(shocks), 0, -1), shocks, strict=True):
        money -= (money - hold_back(max(money, 0.0), n, sd)) / n * shock
    return money


def test_a_month_planned_anew_each_night_keeps_its_money_although_days_differ_from_their_plan():
    """Nine months in ten; without a reserve about every second one overspends on its last day."""
    rng = np.random.default_rng(5)
    months = np.exp(rng.normal(0, 0.25, (200, 10)) - 0.25**2 / 2)
    held, plain = ([left_over(shocks, sd) >= 0 for shocks in months] for sd in (0.25, 0.0))
    assert sum(held) >= 175
    assert sum(plain) <= 130
