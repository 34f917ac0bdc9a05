"""Rounding and caps for any bids and steps."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizers.bids import RoundingChoice, change_caps, round_plan, round_to_step
from optimizers.errors import InfeasibleBudgetError
from optimizers.explore import jitter
from optimizers.tree import PriceTree

STEPS = st.sampled_from([0.01, 0.05, 0.1, 0.001, 1.0, 0.25, 50.0])
VALUES = st.lists(st.one_of(st.floats(0, 1e6), st.integers(0, 10**7).map(lambda n: n / 1000)), min_size=1, max_size=30)


@given(VALUES, STEPS, st.sampled_from(["down", "half_up", "nearest"]))
@settings(max_examples=150, deadline=None)
def test_rounded_values_are_decimal_multiples_no_further_than_a_step(values, step, mode):
    exact_step = Decimal(repr(step))
    for value, rounded in zip(values, round_to_step(values, step, 0.0, np.inf, mode), strict=True):
        multiple, exact = Decimal(repr(float(rounded))), Decimal(repr(value))
        assert multiple % exact_step == 0
        if mode == "down":
            assert 0 <= exact - multiple < exact_step
        else:
            assert abs(exact - multiple) <= exact_step / 2


@given(VALUES, STEPS)
@settings(max_examples=50, deadline=None)
def test_rounding_twice_changes_nothing(values, step):
    once = round_to_step(values, step, step, 1e7)
    assert (round_to_step(once, step, step, 1e7) == once).all()


@given(st.lists(st.floats(0.02, 50), min_size=1, max_size=20), st.floats(0, 1), st.floats(0, 0.99))
@settings(max_examples=80, deadline=None)
def test_any_multiple_within_the_caps_is_a_legal_bid(bids, up, down):
    bid0 = np.array(bids)
    low, high = change_caps(bid0, up, down, 0.05, 20.0)
    assert (low <= high).all()
    for cap in (low, high):
        assert (cap * bid0 >= 0.05 * (1 - 1e-12)).all()
        assert (cap * bid0 <= 20.0 * (1 + 1e-12)).all()


@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.floats(0.9, 1.2))
@settings(max_examples=80, deadline=None)
def test_a_rounded_plan_never_exceeds_a_budget_and_reports_its_leftover(seed, n, room):
    rng = np.random.default_rng(seed)
    parent, node = np.array([-1, 0, 0, 1]), rng.integers(0, 4, n)
    cost, value = rng.uniform(1, 10, n), rng.uniform(1, 30, n)
    lower, lower_value = cost * rng.uniform(0.8, 1.0, n), value * rng.uniform(0.8, 1.0, n)
    tree = PriceTree(parent, np.zeros(4), np.full(4, np.inf), ("total", "a", "b", "a1"))
    most = tree.sum_up(tree.own_sums(node, lower)) * room
    tree = PriceTree(parent, np.zeros(4), most, tree.names)
    choice = RoundingChoice(node, cost, value, lower, lower_value)
    if room < 1:
        with pytest.raises(InfeasibleBudgetError, match="even the lower steps"):
            round_plan(choice, tree)
        return
    plan = round_plan(choice, tree)
    total = tree.sum_up(tree.own_sums(node, np.where(plan.takes_lower, lower, cost)))
    assert (total <= most * (1 + 3e-9)).all()
    assert plan.leftover == pytest.approx(np.maximum(most - total, 0))


@given(st.lists(st.text(), min_size=1, max_size=20), st.integers(0, 10**6), st.floats(0, 0.5))
@settings(max_examples=60, deadline=None)
def test_jitter_stays_in_its_share_and_belongs_to_the_key(keys, seed, share):
    factors = jitter(keys, seed, share)
    assert (factors <= (1 + share) * (1 + 1e-12)).all()
    assert (factors >= (1 - 1e-12) / (1 + share)).all()
    assert [jitter([key], seed, share)[0] for key in keys] == factors.tolist()
