"""The floor as a probability, and the choice that keeps mistakes few."""

from __future__ import annotations

import numpy as np
import pytest

from optimizers.errors import InvalidInputError
from optimizers.floor import harmonic_price, probability_below, probability_profitable_at, select_below_floor

NAN = np.nan


def test_the_probability_equals_the_exponential_tail_for_shape_one():
    # cvr ~ Exponential(100); roas < 3 needs cvr < 3 * 2 / 50 = 12 %
    assert probability_below([1.0], [100.0], [50.0], [2.0], 3.0) == pytest.approx([1.0 - np.exp(-12.0)])


@pytest.mark.parametrize(
    ("value", "cpc", "expected"),
    [
        pytest.param(0.0, 1.0, 1.0, id="orders are worth nothing"),
        pytest.param(50.0, 0.0, 0.0, id="clicks are free"),
        pytest.param(0.0, 0.0, 0.0, id="free and worthless"),
        pytest.param(NAN, 1.0, NAN, id="unknown value"),
        pytest.param(50.0, NAN, NAN, id="unknown cpc"),
    ],
)
def test_edges_of_value_and_cpc_are_decided_or_missing(value, cpc, expected):
    assert probability_below([2.0], [100.0], [value], [cpc], 2.0) == pytest.approx([expected], nan_ok=True)


def test_a_keyword_with_no_sale_is_judged_by_its_posterior():
    """Prior worth 2 sales in 100 clicks; aov 100, cpc 2, floor 2 needs 4 %. More clicks without a sale: surer."""
    clicks = np.array([0.0, 30.0, 60.0, 200.0])
    probability = probability_below(np.full(4, 2.0), 100.0 + clicks, 100.0, 2.0, 2.0)
    assert (np.diff(probability) > 0).all()
    assert probability[-1] > 0.99


def test_uncertain_order_values_are_integrated_as_a_simulation_does():
    rng = np.random.default_rng(8)
    cvr, sd = rng.gamma(3.0, 1 / 150.0, 400_000), 0.4
    aov = 80.0 * rng.lognormal(-(sd**2) / 2, sd, cvr.size)
    simulated = (cvr * aov / 0.9 < 2.0).mean()
    assert probability_below([3.0], [150.0], [80.0], [0.9], 2.0, sd) == pytest.approx([simulated], abs=0.005)


def test_an_uncertain_price_is_integrated_together_with_the_money_as_a_simulation_does():
    rng = np.random.default_rng(3)
    n, money_sd, price_sd = 400_000, 0.3, 0.4
    cvr = rng.gamma(3.0, 1 / 150.0, n)
    money = 80.0 * rng.lognormal(-(money_sd**2) / 2, money_sd, n)
    price = 0.9 * rng.lognormal(-(price_sd**2) / 2, price_sd, n)
    found = probability_below(
        [3.0], [150.0], [80.0], harmonic_price([0.9], price_sd), 2.0, np.hypot(money_sd, price_sd)
    )
    assert found == pytest.approx([(cvr * money / price < 2.0).mean()], abs=0.005)


def test_a_price_that_is_known_or_missing_stays_as_it_is():
    assert harmonic_price([0.9, NAN], 0.0) == pytest.approx([0.9, NAN], nan_ok=True)


def test_profitable_is_the_complement_of_falling_short_of_the_cost():
    assert probability_profitable_at([1.0], [100.0], [25.0], [0.5]) == pytest.approx([np.exp(-2.0)])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(([0.0], [1.0], [1.0], [1.0], 2.0), r"shape\[0\] = 0", id="shape"),
        pytest.param(([1.0], [1.0], [-1.0], [1.0], 2.0), r"value_per_conversion\[0\] = -1", id="value"),
        pytest.param(([1.0], [1.0], [1.0], [np.inf], 2.0), r"cpc\[0\] = inf", id="cpc"),
        pytest.param(([1.0], [1.0], [1.0], [1.0], NAN), r"floor\[0\] = nan", id="floor"),
    ],
)
def test_numbers_outside_their_range_are_refused(arguments, message):
    with pytest.raises(InvalidInputError, match=message):
        probability_below(*arguments)


def test_the_largest_set_with_few_mistakes_is_chosen():
    below = [0.99, 0.95, 0.90, 0.85, 0.70]
    mistake = [0.02, 0.08, 0.20, 0.30, 0.00]  # running means 0.02, 0.05, 0.10, 0.15; the last is not sure enough
    assert select_below_floor(below, mistake, 0.8, 0.1).tolist() == [True, True, True, False, False]


def test_nothing_is_chosen_when_the_surest_item_is_too_doubtful():
    assert not select_below_floor([0.9, 0.9], [0.11, 0.5], 0.8, 0.1).any()


def test_unknown_probabilities_are_never_chosen():
    assert select_below_floor([NAN, 0.99, 0.99], [0.0, NAN, 0.0], 0.8, 0.1).tolist() == [False, False, True]


def test_no_items_are_no_choice():
    assert select_below_floor([], [], 0.8, 0.1).shape == (0,)


@pytest.mark.parametrize(("level", "limit"), [(1.0, 0.1), (0.8, 0.0), (NAN, 0.1)])
def test_impossible_settings_are_refused(level, limit):
    with pytest.raises(InvalidInputError, match="level"):
        select_below_floor([0.9], [0.1], level, limit)


def test_the_true_share_of_mistakes_stays_under_the_limit():
    """Posterior probabilities from the true prior: the chosen set's real share of mistakes is what was promised."""
    rng = np.random.default_rng(2)
    n, shape, rate, profit, cost = 40_000, 2.0, 80.0, 40.0, 0.5
    cvr = rng.gamma(shape, 1 / rate, n)
    clicks = rng.integers(10, 400, n)
    orders = rng.poisson(cvr * clicks)
    below = probability_below(shape + orders, rate + clicks, 100.0, 1.0, 2.0)
    mistake = probability_profitable_at(shape + orders, rate + clicks, profit, cost)
    chosen = select_below_floor(below, mistake, 0.8, 0.1)
    wrong = (cvr * profit > cost)[chosen].mean()
    assert chosen.sum() > 500
    assert wrong <= 0.1 + 2 * np.sqrt(0.09 / chosen.sum())
