"""What must hold for channels whatever the numbers: units, order, nothing for nothing, more money never earns less."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from optimizers.adstock import carry_over
from optimizers.channel_curves import ChannelCurves
from optimizers.channel_plan import plan_channels
from optimizers.errors import InfeasibleBudgetError, InvalidInputError
from optimizers.saturation import saturate, saturation_bend, saturation_slope
from optimizers.tree import PriceTree

SEEDS = st.integers(0, 10_000)
SHAPES = st.floats(0.4, 6.0)


def draw_curves(seed: int, n_items: int = 5, n_draws: int = 20) -> ChannelCurves:
    """Return curves of channels with very different sizes, some held at a least spend."""
    rng = np.random.default_rng(seed)
    most = rng.uniform(20.0, 400.0, n_items)
    least = np.where(rng.uniform(size=n_items) < 0.3, 0.1 * most, 0.0)
    size = (n_items, n_draws)
    shape = np.broadcast_to(np.exp(rng.normal(0.4, 0.4, n_draws)), size)
    height, scale = np.exp(rng.normal(6.0, 0.8, size)), np.exp(rng.normal(4.0, 0.7, size))
    return ChannelCurves(np.zeros(n_items, dtype=np.int64), height, scale, shape, least, most)


def one_budget(total: float) -> PriceTree:
    return PriceTree(np.array([-1]), np.zeros(1), np.array([total]), ("total",))


def room(curves: ChannelCurves, share: float) -> float:
    return float(curves.min_cost.sum() + share * (curves.max_cost - curves.min_cost).sum())


@given(seed=SEEDS, factor=st.floats(0.01, 1000.0))
def test_carry_over_is_linear_and_loses_no_money(seed, factor):
    """In another currency the same; what is spent works off completely, sooner or later."""
    rng = np.random.default_rng(seed)
    spend, kept = rng.uniform(0.0, 9.0, (40, 3)), rng.uniform(0.0, 0.9, (2, 3))
    spend[5:] = 0.0
    at_work = carry_over(spend, kept)
    assert carry_over(factor * spend, kept) == pytest.approx(factor * at_work)
    left = at_work[:, -1] * kept / (1 - kept)
    assert at_work.sum(axis=1) + left == pytest.approx(np.broadcast_to(spend.sum(axis=0), kept.shape))


@given(seed=SEEDS)
def test_steady_spend_keeps_itself_at_work(seed):
    rng = np.random.default_rng(seed)
    level, kept = rng.uniform(0.0, 9.0, 3), rng.uniform(0.0, 0.99, 3)
    assert carry_over(np.tile(level, (30, 1)), kept, level) == pytest.approx(np.tile(level, (30, 1)))


@given(load=st.floats(1e-6, 1e6), shape=SHAPES, step=st.floats(1e-3, 3.0))
def test_returns_rise_but_fall_off_and_never_exceed_the_most(load, shape, step):
    here, there, p = np.array(load), np.array(load * (1 + step)), np.array(shape)
    rounding = 1 + 1e-12
    assert 0.0 < saturate(here, p) <= saturate(there, p) * rounding <= rounding**2
    assert saturate(here, p) <= load * (1 + 1e-12)
    assert rounding >= saturation_slope(here, p) * rounding >= saturation_slope(there, p) >= 0.0
    assert saturation_bend(here, p) <= 0.0


@given(load=st.floats(0.01, 20.0), shape=SHAPES)
def test_slopes_are_those_of_the_curve(load, shape):
    p, wide = np.array(shape), 1e-5 * load
    sides = np.array([load - wide, load + wide])
    assert np.diff(saturate(sides, p))[0] / (2 * wide) == pytest.approx(
        float(saturation_slope(load, p)), rel=1e-4, abs=1e-8
    )
    bend = np.diff(saturation_slope(sides, p))[0] / (2 * wide)
    assert bend == pytest.approx(float(saturation_bend(np.array(load), p)), rel=1e-3, abs=1e-8)


@given(shape=SHAPES)
def test_no_spend_has_no_effect(shape):
    assert saturate(np.array(0.0), np.array(shape)) == 0.0


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, share=st.floats(0.02, 0.98), is_fixed=st.booleans())
def test_a_plan_keeps_its_budget_and_bounds_and_no_cent_is_better_spent_elsewhere(seed, share, is_fixed):
    curves = draw_curves(seed)
    total = room(curves, share)
    plan = plan_channels(curves, one_budget(total), "fixed" if is_fixed else "flexible")
    assert plan.total_cost <= total * (1 + 1e-9)
    assert (plan.cost >= curves.min_cost * (1 - 1e-12)).all()
    assert (plan.cost <= curves.max_cost * (1 + 1e-12)).all()
    assert plan.solver_gap <= 1e-9
    if is_fixed:
        assert plan.total_cost == pytest.approx(total, rel=1e-9)
    cent = 0.01
    can_give, can_take = plan.cost > curves.min_cost + cent, plan.cost < curves.max_cost - cent
    if can_give.any() and can_take.any():
        assert plan.marginal[can_take].max() <= plan.marginal[can_give].min() * (1 + 1e-6)


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, share=st.floats(0.02, 0.9), more=st.floats(0.0, 0.1))
def test_more_budget_never_earns_less(seed, share, more):
    curves = draw_curves(seed)
    small, large = (plan_channels(curves, one_budget(room(curves, part))) for part in (share, share + more))
    assert large.objective >= small.objective * (1 - 1e-9)


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, share=st.floats(0.05, 0.95), unit=st.floats(0.01, 100.0))
def test_another_currency_and_another_order_plan_the_same(seed, share, unit):
    curves = draw_curves(seed)
    order = np.random.default_rng(seed).permutation(curves.n_items)
    other = ChannelCurves(
        curves.node, unit * curves.height[order], unit * curves.scale[order], curves.shape[order],
        unit * curves.min_cost[order], unit * curves.max_cost[order],
    )  # fmt: skip
    total = room(curves, share)
    one, two = plan_channels(curves, one_budget(total)), plan_channels(other, one_budget(unit * total))
    assert two.cost / unit == pytest.approx(one.cost[order], rel=1e-6, abs=1e-6)
    assert two.objective / unit == pytest.approx(one.objective, rel=1e-9)


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, share=st.floats(0.1, 0.9))
def test_no_random_plan_of_the_same_money_earns_more_than_the_bound(seed, share):
    """The proof, tried: the dual bound holds for plans that the solver never saw."""
    curves, rng = draw_curves(seed), np.random.default_rng(seed)
    total = room(curves, share)
    bound = plan_channels(curves, one_budget(total), "fixed").dual_bound
    for _ in range(20):
        wish = rng.dirichlet(np.ones(curves.n_items)) * total
        cost = np.clip(wish, curves.min_cost, curves.max_cost)
        if cost.sum() <= total:
            assert curves.draw_values(cost).mean(axis=1).sum() <= bound * (1 + 1e-9)


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS)
def test_groups_of_channels_keep_their_own_limits(seed):
    """The same tree on top: a group's maximum holds below the total's."""
    curves = draw_curves(seed)
    grouped = ChannelCurves(
        np.array([1, 1, 2, 2, 2]), curves.height, curves.scale, curves.shape, curves.min_cost, curves.max_cost
    )
    least = [curves.min_cost[:2].sum(), curves.min_cost[2:].sum()]
    limit = np.array([np.inf, least[0] + 20.0, least[1] + 50.0])
    tree = PriceTree(np.array([-1, 0, 0]), np.zeros(3), limit, ("total", "search", "social"))
    plan = plan_channels(grouped, tree)
    assert (plan.node_cost[1:] <= limit[1:] * (1 + 1e-9)).all()
    assert plan.solver_gap <= 1e-9


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS)
def test_small_random_trees_match_a_general_solver(seed):
    """The same optimum as SLSQP with exact slopes, which knows nothing of prices."""
    rng = np.random.default_rng(seed)
    node = np.array([1, 1, 2, 3, 3])  # total over two groups, the second over a third
    plain = draw_curves(seed)
    curves = ChannelCurves(node, plain.height, plain.scale, plain.shape, plain.min_cost, plain.max_cost)
    parent = np.array([-1, 0, 0, 2])
    below = [[0, 1, 2, 3, 4], [0, 1], [2, 3, 4], [3, 4]]
    most = np.array([room_of(curves, rows, rng.uniform(0.2, 0.9)) for rows in below])
    least = np.array([0.0, room_of(curves, below[1], 0.05), 0.0, room_of(curves, below[3], 0.05)])
    most = np.maximum(most, 1.05 * np.array([least.sum() + curves.min_cost.sum()] * 4))
    plan = plan_channels(curves, PriceTree(parent, least, most, ("total", "a", "b", "c")))
    limits = [
        {"type": "ineq", "fun": lambda x, rows=rows, sign=sign, bound=bound: sign * (x[rows].sum() - bound)}
        for i, rows in enumerate(below)
        for sign, bound in ((-1.0, most[i]), (1.0, least[i]))
    ]
    other = minimize(
        lambda x: x.sum() - curves.value(x).sum(), plan.cost * 0.5 + 0.5 * curves.min_cost, method="SLSQP",
        jac=lambda x: 1.0 - curves.marginal(x), bounds=np.column_stack([curves.min_cost, curves.max_cost]),
        constraints=limits, options={"ftol": 1e-13, "maxiter": 500},
    )  # fmt: skip
    assert plan.solver_gap <= 1e-9
    assert plan.objective >= -other.fun - 1e-6 * abs(other.fun)


def room_of(curves: ChannelCurves, rows: list[int], share: float) -> float:
    return float(curves.min_cost[rows].sum() + share * (curves.max_cost - curves.min_cost)[rows].sum())


def test_minima_that_do_not_fit_are_refused_with_the_money_missing():
    curves = draw_curves(1)
    tree = PriceTree(np.array([-1, 0]), np.array([0.0, 50.0]), np.array([40.0, np.inf]), ("total", "search"))
    with pytest.raises(InfeasibleBudgetError, match="cannot keep total within its maximum") as refused:
        plan_channels(replace(curves, node=np.ones(5, dtype=np.int64), min_cost=np.zeros(5)), tree)
    assert refused.value.missing == pytest.approx(10.0)


def test_a_minimum_that_cannot_be_spent_is_refused():
    curves = draw_curves(1)
    total = float(curves.max_cost.sum())
    tree = PriceTree(np.array([-1]), np.array([2 * total]), np.array([np.inf]), ("total",))
    with pytest.raises(InfeasibleBudgetError, match="cannot reach the minimum of total"):
        plan_channels(curves, tree)


@pytest.mark.parametrize("floor", ["min_roas", "min_marginal_roas"])
def test_a_roas_floor_is_refused_by_name_and_not_passed_over(floor):
    tree = replace(one_budget(100.0), **{floor: np.array([2.0])})
    with pytest.raises(InvalidInputError, match=r"ROAS floors at 1 nodes.*total"):
        plan_channels(draw_curves(1), tree)
