"""What ads earn with what fees leave them, and the tangent that no budget beats."""

from dataclasses import replace

import numpy as np
import pytest

from optimizers.allocation import AllocationProblem, KeywordItems, PriceTree, allocate, no_budgets
from optimizers.errors import InvalidInputError
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


def test_a_floor_at_the_root_and_a_horizon_of_no_day_are_refused():
    problem = shop()
    floored = replace(problem, tree=replace(problem.tree, min_roas=np.array([2.0, np.nan, np.nan])))
    with pytest.raises(InvalidInputError, match="no ROAS floor at the root"):
        TreeAds(floored, 7)
    with pytest.raises(InvalidInputError, match="0 days"):
        TreeAds(problem, 0)
