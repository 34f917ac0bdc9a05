"""The value of learning: equal to summing over what could be learned, nothing where nothing can be, and its budget is kept."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import gamma, nbinom

from optimizers.errors import InvalidInputError
from optimizers.learning_choice import choose_learning
from optimizers.learning_value import Belief, BidRange, Horizon, expected_best_profit, learning_worth
from optimizers.response import KeywordResponse
from tests.property.effort import cases

SEEDS = st.integers(0, 2**32 - 1)
DAYS = Horizon(7.0, 60.0)


def drawn(seed, n=6):
    """Return keywords, what is believed of them, where their bids may go, and the best planned bid."""
    rng = np.random.default_rng(seed)
    bid, eta, kappa = rng.lognormal(0, 0.5, n), rng.uniform(0.2, 1.2, n), rng.uniform(0.5, 2.0, n)
    cpc = bid * eta / (eta + kappa) * rng.uniform(1.0, 1.5, n)
    value = bid * rng.lognormal(0, 0.5, n)
    response = KeywordResponse(rng.exponential(10, n) + 0.1, cpc, bid, value, eta, np.ones(n), kappa, np.full(n, 10.0))
    shape = rng.uniform(0.3, 30, n)
    belief = Belief(shape, shape * rng.uniform(20, 200, n), rng.uniform(0, 0.5, n), rng.uniform(0.1, 1.5, n))
    bids = BidRange(rng.uniform(0.5, 0.95, n), rng.uniform(1.05, 1.6, n), rng.uniform(1.0, 2.0, n))
    planned = np.clip((value / (bids.price * bid)) ** (1 / kappa), bids.low, bids.high)
    return belief, response, bids, planned


def best_profit(response, bids, value):
    """Return the best profit when a click is worth ``value``, shape (n_values, n), without the closed form."""
    m = np.clip((value / (bids.price * response.rho * response.bid0)) ** (1 / response.kappa), bids.low, bids.high)
    power = response.eta + response.kappa
    cost = response.clicks0 * (response.cpc0 + response.rho * response.bid0 * response.eta / power * (m**power - 1))
    return value * response.clicks0 * m**response.eta - bids.price * cost


@given(seed=SEEDS, spread=st.floats(0.01, 2.0))
@cases(40)
def test_the_closed_form_is_the_mean_over_what_could_be_believed(seed, spread):
    _, response, bids, _ = drawn(seed)
    middles = (np.arange(20_000) + 0.5)[:, None] / 20_000
    values = gamma.ppf(middles, 1 / spread, scale=spread) * response.value_per_click
    wanted = best_profit(response, bids, values).mean(axis=0)
    size = response.clicks0 * response.value_per_click
    np.testing.assert_allclose(expected_best_profit(response, bids, spread) / size, wanted / size, atol=2e-3)


@given(seed=SEEDS)
@cases(40)
def test_what_is_known_already_earns_the_best_profit(seed):
    _, response, bids, _ = drawn(seed)
    found = expected_best_profit(response, bids, 0.0)
    np.testing.assert_allclose(found, best_profit(response, bids, response.value_per_click), rtol=1e-3, atol=1e-6)


@given(seed=SEEDS, spread=st.floats(0.0, 1.0), more=st.floats(0.0, 1.0))
@cases(40)
def test_to_learn_more_is_never_worth_less(seed, spread, more):
    _, response, bids, _ = drawn(seed)
    less, rest = (expected_best_profit(response, bids, one) for one in (spread, spread + more))
    assert (rest >= less - 1e-6 * (1 + np.abs(less))).all()


@given(seed=SEEDS, clicks=st.floats(0, 1e5), more=st.floats(0, 1e5))
@cases(40)
def test_more_clicks_teach_more_and_never_more_than_there_is_to_learn(seed, clicks, more):
    belief, _, _, _ = drawn(seed)
    few, many = belief.learned_variance(clicks), belief.learned_variance(clicks + more)
    most = (1 + 1 / belief.shape) * np.exp(belief.order_log_sd**2) - 1
    assert (many >= few - 1e-12).all()
    assert (many <= most * (1 + 1e-9)).all()
    assert (belief.learned_variance(0.0) == 0).all()


@given(seed=SEEDS)
@cases(15)
def test_with_many_orders_to_come_the_smooth_belief_equals_the_sum_over_orders(seed):
    """Orders of n clicks are negative binomial; at some twenty of them the smooth form is within a tenth of the gain."""
    belief, response, bids, _ = drawn(seed)
    belief = replace(belief, shape=belief.shape.clip(2.0), order_log_sd=np.zeros(6))
    clicks = 20 * belief.rate / belief.shape
    orders = np.arange(400)[:, None]
    weight = nbinom.pmf(orders, belief.shape, belief.rate / (belief.rate + clicks))
    told = response.value_per_click * (belief.shape + orders) / (belief.rate + clicks) * belief.rate / belief.shape
    known = best_profit(response, bids, response.value_per_click)
    wanted = (weight * best_profit(response, bids, told)).sum(axis=0) / weight.sum(axis=0) - known
    found = expected_best_profit(response, bids, belief.learned_variance(clicks)) - known
    size = 1e-3 * response.clicks0 * response.value_per_click
    np.testing.assert_allclose(found, wanted, rtol=0.1, atol=size.max())


@given(seed=SEEDS)
@cases(40)
def test_where_every_outcome_leads_to_the_same_bid_nothing_is_gained(seed):
    belief, response, bids, planned = drawn(seed)
    still = BidRange(planned, planned, bids.price)
    found = learning_worth(belief, response, still, (planned, planned * 1.3), DAYS)
    size = 60 * response.clicks0 * response.value_per_click
    assert (found.gain <= 1e-6 * size).all()


@given(seed=SEEDS, raise_by=st.floats(1.01, 1.5))
@cases(40)
def test_what_is_known_for_sure_is_not_worth_exploring(seed, raise_by):
    belief, response, bids, planned = drawn(seed)
    sure = replace(belief, shape=belief.shape * 1e9, rate=belief.rate * 1e9, order_log_sd=np.zeros(6))
    free = replace(bids, high=bids.high * raise_by)
    to = np.minimum(planned * raise_by, free.high)
    found = learning_worth(sure, response, replace(free, low=np.minimum(planned, free.low)), (planned, to), DAYS)
    assert (found.gain <= 1e-6 * 60 * response.clicks0 * response.value_per_click).all()


@given(seed=SEEDS)
@cases(40)
def test_a_move_of_the_planned_bid_costs_and_no_move_is_nothing(seed):
    belief, response, bids, planned = drawn(seed)
    moved = learning_worth(belief, response, bids, (planned, np.maximum(bids.high, planned)), DAYS)
    size = response.clicks0 * response.value_per_click
    assert (moved.gain >= 0).all()
    assert (moved.cost >= -1e-9 * size).all()
    assert (moved.outlay >= -1e-12).all()
    still = learning_worth(belief, response, bids, (planned, planned), DAYS)
    np.testing.assert_array_equal(still.net, 0.0)


@given(seed=SEEDS, scale=st.floats(0.01, 1000.0))
@cases(40)
def test_the_unit_of_money_changes_only_the_money(seed, scale):
    belief, response, bids, planned = drawn(seed)
    money = {name: getattr(response, name) * scale for name in ("cpc0", "bid0", "value_per_click")}
    plain, other = (
        learning_worth(belief, one, bids, (planned, bids.high), DAYS) for one in (response, replace(response, **money))
    )
    size = 60 * response.clicks0 * response.value_per_click
    np.testing.assert_allclose(other.net / scale / size, plain.net / size, atol=1e-6)


@given(seed=SEEDS)
@cases(60)
def test_the_choice_keeps_its_budget_and_no_choice_beats_the_bound(seed):
    rng = np.random.default_rng(seed)
    net, outlay, tie = rng.normal(1, 2, 7), rng.exponential(2, 7) * rng.integers(0, 5, 7).clip(0, 1), rng.random(7)
    budget = float(rng.uniform(0, 8))
    found = choose_learning(net, outlay, tie, budget)
    assert outlay[found.is_chosen].sum() <= budget + 1e-12
    assert (net[found.is_chosen] > 0).all()
    masks = np.array(list(product([False, True], repeat=7)))
    best = max(float(net[mask].sum()) for mask in masks if outlay[mask].sum() <= budget)
    assert found.worth <= best + 1e-12 <= found.bound + 1e-9
    assert choose_learning(net, outlay, tie, budget + 1).bound >= found.bound - 1e-12


def test_a_budget_of_nothing_explores_only_what_is_free():
    found = choose_learning([5.0, 1.0], [1.0, 0.0], [0.1, 0.2], 0.0)
    assert found.is_chosen.tolist() == [False, True]


@pytest.mark.parametrize(
    ("change", "word"),
    [({"shape": np.zeros(6)}, "beliefs"), ({"order_cv": np.full(6, np.nan)}, "beliefs")],
    ids=["no shape", "no number"],
)
def test_beliefs_that_are_none_are_refused(change, word):
    belief, *_ = drawn(1)
    with pytest.raises(InvalidInputError, match=f"cannot read {word}"):
        replace(belief, **change)


@given(teach=st.floats(0.5, 30), ratio=st.floats(1, 50), discount=st.floats(0.9, 1.0))
@cases(40)
def test_the_blocks_of_later_days_add_up_to_all_of_them(teach, ratio, discount):
    middle, n_days = Horizon(teach, teach * ratio, discount).blocks()
    grid = teach + (np.arange(20_000) + 0.5) / 20_000 * teach * (ratio - 1)
    assert n_days.sum() == pytest.approx((discount**grid).sum() * teach * (ratio - 1) / 20_000, rel=1e-4, abs=1e-6)
    assert (np.diff(middle) >= 0).all()


@pytest.mark.parametrize("days", [(0.0, 9.0, 1.0), (9.0, 8.0, 1.0), (1.0, 9.0, 1.1), (1.0, np.inf, 1.0)])
def test_days_that_are_none_are_refused(days):
    with pytest.raises(InvalidInputError, match="0 < teach <= last"):
        Horizon(*days)


def test_an_exploring_bid_under_the_planned_one_and_a_range_upside_down_are_refused():
    belief, response, bids, planned = drawn(1)
    with pytest.raises(InvalidInputError, match="at least the planned one"):
        learning_worth(belief, response, bids, (planned, planned * 0.9), DAYS)
    with pytest.raises(InvalidInputError, match="low <= high"):
        BidRange(bids.high, bids.low, bids.price)
