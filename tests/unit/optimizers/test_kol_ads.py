"""What ads earn with what fees leave them, and the tangent that no budget beats."""

from dataclasses import replace

import numpy as np
import pytest

from optimizers.allocation import AllocationProblem, KeywordItems, PriceTree, allocate, no_budgets
from optimizers.errors import InfeasibleBudgetError, InvalidInputError
from optimizers.items import FloorBasis
from optimizers.kol_ads import PointAds, TreeAds

POINTS = PointAds(np.array([10.0, 60.0, 100.0]), np.array([5.0, 105.0, 125.0]))


def shop(mode="flexible", least=0.0):
    """Two platforms of 20 keywords each, one of them capped."""
    rng, n = np.random.default_rng(5), 40
    one = np.ones(n)
    keywords = KeywordItems(
        np.repeat([1, 2], 20), rng.uniform(5, 20, n), one, 2 * one, rng.uniform(1, 6, n), 0.6 * one, one, one,
        0.5 * one, 2 * one,
    )  # fmt: skip
    tree = PriceTree(np.array([-1, 0, 0]), np.array([least, 0, 0]), np.array([900.0, np.inf, 200.0]), ("all", "a", "b"))
    return AllocationProblem(keywords, no_budgets(), tree, mode)


def earned(problem, total):
    """The objective at one daily total, from a solve of its own."""
    tree = replace(problem.tree, max_cost=np.array([total, *problem.tree.max_cost[1:]]))
    return allocate(replace(problem, tree=tree)).objective


@pytest.mark.parametrize("mode", ["flexible", "fixed"])
def test_a_tangent_is_exact_at_its_budget_and_above_all_others(mode):
    problem, days = shop(mode), 7
    ads = TreeAds(problem, days)
    budgets = np.geomspace(ads.least * 1.01, 900.0 * days, 9)
    values = np.array([earned(problem, budget / days) * days for budget in budgets])
    for budget, value in zip(budgets, values, strict=True):
        point = ads.at(budget)
        assert point.bound == pytest.approx(value, rel=1e-7)
        assert (point.bound + point.slope * (budgets - budget) >= values * (1 - 1e-9)).all()


def test_the_least_can_be_spent_and_has_a_price():
    ads = TreeAds(shop(), 7)
    point = ads.at(ads.least)
    assert point.cost <= ads.least * (1 + 1e-9)
    assert np.isfinite(point.slope)


def test_a_minimum_of_the_root_is_part_of_the_least():
    assert TreeAds(shop(least=300.0), 7).least == pytest.approx(2100.0, rel=1e-5)


def test_money_that_ads_would_keep_costs_offers_nothing():
    point = TreeAds(shop(), 7).at(1e6)
    assert point.slope == 0.0
    assert point.cost < 1e6


@pytest.mark.parametrize(("budget", "cost", "slope"), [(10.0, 10.0, 1.0), (60.0, 60.0, 1.0), (80.0, 60.0, 0.0)])
def test_points_are_joined_straight_and_spent_while_they_pay(budget, cost, slope):
    point = POINTS.at(budget)
    assert (point.cost, point.slope) == (cost, slope)


def test_a_fixed_budget_is_spent_while_it_brings_anything():
    assert replace(POINTS, mode="fixed").at(80.0)[1:] == (80.0, 115.0, 115.0, 0.5)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"earned": np.array([0.0, 10.0, 1530.0])}, "concave and rising"),
        ({"earned": np.array([0.0, 10.0, 5.0])}, "concave and rising"),
        ({"budget": np.array([0.0, 60.0, 60.0])}, "rising budgets"),
        ({"earned": np.array([0.0, np.nan, 5.0])}, "earned"),
        ({"mode": "greedy"}, "flexible or fixed"),
    ],
)
def test_points_that_are_no_curve_of_money_are_refused(change, said):
    with pytest.raises(InvalidInputError, match=said):
        replace(POINTS, **change)


def floored(mode, floor, basis, low=0.1):
    """The two platforms under a ROAS floor of all together, on what the objective counts or on sales."""
    plain = shop(mode)
    keywords = replace(plain.keywords, min_multiplier=np.full(40, low))
    worth = FloorBasis(2.0 * keywords.value_per_click[::-1], np.zeros(0)) if basis else None
    tree = replace(plain.tree, min_roas=np.array([floor, np.nan, np.nan]))
    return replace(plain, keywords=keywords, tree=tree, basis=worth)


@pytest.mark.parametrize("mode", ["flexible", "fixed"])
@pytest.mark.parametrize(("floor", "basis"), [(3.0, False), (4.5, False), (3.0, True), (6.0, True)])
def test_under_a_floor_of_the_total_the_curve_stays_concave_and_its_tangents_above_it(mode, floor, basis):
    problem, days = floored(mode, floor, basis), 7
    ads = TreeAds(problem, days)
    budgets = np.geomspace(ads.least * 1.001, 900.0 * days, 9)
    points = [ads.at(budget) for budget in budgets]
    values = np.array([earned(problem, budget / days) * days for budget in budgets])
    for point, value in zip(points, values, strict=True):
        assert point.bound == pytest.approx(value, rel=1e-6)
        assert (point.bound + point.slope * (budgets - point.budget) >= values * (1 - 1e-6)).all()
    steps = np.diff(values) / np.diff(budgets)
    assert (np.diff(steps) <= 1e-6 * np.abs(steps).max()).all()
    if not basis:  # the floor is kept, and where it stops the spending another unit of budget is worth nothing
        assert all(point.value >= floor * point.cost * (1 - 1e-6) for point in points)
        assert all(point.slope == 0.0 for point in points if point.cost < point.budget * (1 - 1e-6))


def test_a_floor_that_a_small_budget_cannot_keep_raises_the_least():
    """One keyword costs 10 for a value of 5 whatever we do; the other earns back what that lacks once it has money."""
    one = np.ones(2)
    keywords = KeywordItems(
        [0, 0], 10 * one, one, 2 * one, [0.5, 6.0], one, one, one, np.array([1.0, 0.01]), np.array([1.0, 3.0])
    )
    tree = PriceTree(np.array([-1]), np.zeros(1), np.array([40.0]), ("total",))
    free = TreeAds(AllocationProblem(keywords, no_budgets(), tree), 7)
    held = TreeAds(replace(free.problem, tree=replace(tree, min_roas=np.array([2.0]))), 7)
    assert held.least > free.least * 1.01
    assert held.at(held.least).value == pytest.approx(2.0 * held.at(held.least).cost, rel=1e-4)
    with pytest.raises(InfeasibleBudgetError, match="ROAS floor"):
        held.at(held.least * 0.99)


def test_a_horizon_of_no_day_is_refused():
    with pytest.raises(InvalidInputError, match="0 days"):
        TreeAds(shop(), 0)
