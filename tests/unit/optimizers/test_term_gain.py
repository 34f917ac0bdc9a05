"""Odds that a term earns more at its own bid."""

from __future__ import annotations

import numpy as np
import pytest

from optimizers.errors import InvalidInputError
from optimizers.term_gain import INTERVAL_Z, gain_odds


@pytest.mark.parametrize(
    ("clicks", "cost", "low", "high", "odds"),
    [
        pytest.param(2.0, 1.0, 0.5, 2.0, 0.9, id="more clicks, the turn on the low end"),
        pytest.param(2.0, 4.0, 0.5, 2.0, 0.1, id="more clicks, the turn on the high end"),
        pytest.param(-2.0, -1.0, 0.5, 2.0, 0.1, id="fewer clicks, the turn on the low end"),
        pytest.param(2.0, 2.0, 1.0, 1.0, 0.5, id="known for sure and on the turn"),
        pytest.param(0.0, 0.0, 0.5, 2.0, 0.0, id="no click moves"),
        pytest.param(0.0, -1.0, 0.5, 2.0, 0.0, id="no click moves, whatever the cost"),
        pytest.param(2.0, 0.0, 0.0, 2.0, 1.0, id="clicks for nothing"),
        pytest.param(-2.0, 0.0, 0.5, 2.0, 0.0, id="clicks given up and nothing saved"),
        pytest.param(2.0, 1.0, 0.0, 0.0, 0.0, id="clicks worth nothing"),
        pytest.param(2.0, 0.0, 0.0, 0.0, 0.0, id="clicks worth nothing for nothing"),
        pytest.param(-2.0, -1.0, 0.0, 0.0, 1.0, id="saving on clicks worth nothing"),
    ],
)
def test_the_odds_follow_from_where_the_turn_stands_in_the_interval(clicks, cost, low, high, odds):
    assert gain_odds([clicks], [cost], 1.0, [low], [high]) == pytest.approx([odds])


def test_the_odds_are_the_share_of_drawn_values_that_gain():
    rng = np.random.default_rng(3)
    value = np.exp(rng.normal(0.2, 0.7, 200_000))
    low, high = np.exp(0.2 - 0.7 * INTERVAL_Z), np.exp(0.2 + 0.7 * INTERVAL_Z)
    share = np.mean(value * 3.0 > 1.5 * 4.0)
    assert gain_odds([3.0], [4.0], 1.5, [low], [high]) == pytest.approx([share], abs=0.005)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"clicks_change": [np.nan]}, "clicks_change", id="unknown clicks"),
        pytest.param({"cost_change": [np.inf]}, "cost_change", id="endless cost"),
        pytest.param({"price": 0.0}, "price", id="money worth nothing"),
        pytest.param({"value_low": [-1.0]}, "value_low", id="a click that is worth less than nothing"),
        pytest.param({"value_low": [3.0]}, "value_low above value_high", id="turned round"),
        pytest.param({"value_low": [1.0, 1.0]}, "length", id="lengths differ"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(change, message):
    usual = {"clicks_change": [1.0], "cost_change": [1.0], "price": 1.0, "value_low": [1.0], "value_high": [2.0]}
    with pytest.raises(InvalidInputError, match=message):
        gain_odds(**(usual | change))
