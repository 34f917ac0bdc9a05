"""Caps before the solve, steps after it, first bids, and the last look before publishing."""

import numpy as np
import pytest

from optimizers.bids import (
    RoundingChoice,
    assert_safe,
    bid_for_new_item,
    change_caps,
    round_plan,
    round_to_step,
)
from optimizers.errors import InfeasibleBudgetError, InvalidInputError
from optimizers.tree import PriceTree


def test_caps_are_the_smaller_of_change_limit_and_platform_bound():
    low, high = change_caps([1.0, 1.0, 0.06], 0.3, 0.2, 0.05, 1.1)
    assert low == pytest.approx([0.8, 0.8, 0.05 / 0.06])
    assert high == pytest.approx([1.1, 1.1, 1.3])


def test_a_bid_below_the_platform_minimum_is_lifted_to_it():
    assert change_caps([0.1], 0.3, 0.3, 0.2, 100.0) == (pytest.approx([2.0]), pytest.approx([2.0]))


def test_a_learning_item_is_frozen():
    low, high = change_caps([1.0, 1.0], 0.3, 0.3, 0.05, 100.0, np.array([True, False]))
    assert low.tolist() == [1.0, 0.7]
    assert high.tolist() == [1.0, 1.3]


@pytest.mark.parametrize(
    ("bid0", "bid_max", "said"),
    [([0.0], 1.0, "bid0"), ([np.nan], 1.0, "bid0"), ([1.0], 0.01, "bid_min <= bid_max")],
    ids=["zero bid", "missing bid", "crossed bounds"],
)
def test_caps_of_nonsense_are_refused(bid0, bid_max, said):
    with pytest.raises(InvalidInputError, match=said):
        change_caps(bid0, 0.3, 0.3, 0.05, bid_max)


@pytest.mark.parametrize(
    ("value", "mode", "expected"),
    [
        (1.005, "half_up", 1.01),
        (1.005, "nearest", 1.0),
        (1.015, "nearest", 1.02),
        (1.009, "down", 1.0),
        (0.29, "down", 0.29),  # 0.29 / 0.01 = 28.999999999999996
        (0.07, "down", 0.07),
        (2.675, "half_up", 2.68),
    ],
)
def test_rounding_follows_the_decimal_digits(value, mode, expected):
    assert round_to_step([value], 0.01, 0.01, 100.0, mode).tolist() == [expected]


def test_bounds_between_two_steps_count_as_the_next_step_inside():
    assert round_to_step([0.0, 9.0], 0.05, 0.12, 0.98).tolist() == [0.15, 0.95]


def test_coarse_steps_and_open_maximum_work():
    assert round_to_step([1234.0, 26.0], 50.0, 50.0, np.inf).tolist() == [1250.0, 50.0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (([np.nan], 0.01, 0.01, 1.0), "values"),
        (([-1.0], 0.01, 0.01, 1.0), "values"),
        (([1.0], 0.0, 0.01, 1.0), "step"),
        (([1.0], 0.5, 0.6, 0.9), "a multiple of 0.5 inside"),
        (([1.0], 0.01, 0.01, 1.0, "up"), "down, half_up or nearest"),
    ],
    ids=["nan", "negative", "step", "no step inside", "mode"],
)
def test_rounding_of_nonsense_is_refused(arguments, said):
    with pytest.raises(InvalidInputError, match=said):
        round_to_step(*arguments)


def test_a_new_item_bids_its_value_over_the_price_up_to_its_cap():
    assert bid_for_new_item([3.0, 3.0, 0.0], 1.5, 1.0, [5.0, 0.8, 1.0]).tolist() == [2.0, 0.8, 0.0]


def test_a_new_item_at_price_zero_is_refused():
    with pytest.raises(InvalidInputError, match="price"):
        bid_for_new_item([3.0], 0.0, 1.0, 5.0)


def test_unsafe_rows_are_marked():
    new = [1.0, np.nan, np.inf, 0.0, -1.0, 101.0, 0.009, 5.0]
    old = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, np.nan]
    assert assert_safe(new, old).tolist() == [False, True, True, True, True, True, True, False]


@pytest.mark.parametrize(("new", "ratio"), [([1.0, 2.0], 100.0), ([1.0], 1.0), ([1.0], np.nan)])
def test_a_safety_check_that_means_nothing_is_refused(new, ratio):
    with pytest.raises(InvalidInputError, match="cannot judge safety"):
        assert_safe(new, [1.0], ratio)


def choice(cost, lower, value=None, lower_value=None, node=0):
    cost, lower = np.array(cost), np.array(lower)
    value = cost * 2 if value is None else np.array(value)
    lower_value = lower * 2 if lower_value is None else np.array(lower_value)
    return RoundingChoice(np.broadcast_to(node, len(cost)), cost, value, lower, lower_value)


def test_the_rows_that_lose_least_value_take_the_lower_step():
    tree = PriceTree(np.array([-1]), np.zeros(1), np.array([20.0]), ("total",))
    plan = round_plan(choice([10.0, 11.0], [9.0, 10.0], [30.0, 20.0], [28.0, 19.5]), tree)
    assert plan.takes_lower.tolist() == [False, True]
    assert plan.leftover.tolist() == [0.0]


def test_each_node_is_brought_under_its_own_maximum():
    tree = PriceTree(np.array([-1, 0, 0]), np.zeros(3), np.array([np.inf, 9.5, 50.0]), ("total", "a", "b"))
    plan = round_plan(choice([10.0, 11.0], [9.0, 10.0], node=[1, 2]), tree)
    assert plan.takes_lower.tolist() == [True, False]
    assert plan.leftover.tolist() == [np.inf, 0.5, 39.0]


def test_a_plan_whose_lower_steps_are_too_dear_is_refused():
    tree = PriceTree(np.array([-1]), np.zeros(1), np.array([15.0]), ("total",))
    with pytest.raises(InfeasibleBudgetError, match=r"total 3\.00 too much"):
        round_plan(choice([10.0, 10.0], [9.0, 9.0]), tree)
