"""Moving days to today's bid: nothing without a change, the same in two steps as in one, in any currency and order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizers.errors import InvalidInputError
from optimizers.present_bid import at_present_bid

AMOUNT = st.floats(0.0, 1e6)
CHANGE = st.floats(0.1, 10.0)
POWER = st.floats(0.2, 2.0)


@given(AMOUNT, AMOUNT, POWER, POWER)
def test_a_bid_that_did_not_change_moves_nothing(clicks, cost, eta, kappa):
    found = at_present_bid([clicks], [cost], [1.0], eta, kappa)
    assert (found.clicks[0], found.cost[0]) == (clicks, cost)


@given(AMOUNT, AMOUNT, st.tuples(CHANGE, CHANGE), POWER, POWER)
def test_two_changes_are_their_product(clicks, cost, changes, eta, kappa):
    first, second = changes
    once = at_present_bid([clicks], [cost], [first * second], eta, kappa)
    half = at_present_bid([clicks], [cost], [first], eta, kappa)
    twice = at_present_bid(half.clicks, half.cost, [second], eta, kappa)
    np.testing.assert_allclose(twice.clicks, once.clicks, rtol=1e-9, atol=1e-200)
    np.testing.assert_allclose(twice.cost, once.cost, rtol=1e-9, atol=1e-200)


@given(AMOUNT, AMOUNT, CHANGE, POWER, POWER, st.floats(0.01, 100.0))
def test_the_currency_does_not_matter(clicks, cost, change, eta, kappa, unit):
    found = at_present_bid([clicks], [cost], [change], eta, kappa)
    other = at_present_bid([clicks], [cost * unit], [change], eta, kappa)
    np.testing.assert_allclose(other.cost, found.cost * unit, rtol=1e-9, atol=1e-200)
    np.testing.assert_array_equal(other.clicks, found.clicks)


def test_a_bid_of_nothing_is_refused():
    with pytest.raises(InvalidInputError, match="change"):
        at_present_bid([1.0], [1.0], [0.0], 0.5, 1.0)
