"""Response curves and hidden demand against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from optimizers.errors import InvalidInputError
from optimizers.response import (
    BudgetResponse,
    KeywordResponse,
    TargetResponse,
    demand_behind_budget,
    keyword_cost,
    rank_ceiling,
)

NAN = np.nan


def keyword(**changes):
    """Return one keyword: 100 clicks at 0.8 for a bid of 1, a click worth 2, eta 0.5, truthful auction, ceiling 4."""
    usual = {
        "clicks0": [100.0], "cpc0": [0.8], "bid0": [1.0], "value_per_click": [2.0], "eta": [0.5], "rho": [1.0],
        "kappa": [1.0], "max_multiplier": [4.0],
    }  # fmt: skip
    return KeywordResponse(**(usual | changes))


def test_today_is_where_the_curve_passes():
    today = keyword()
    assert today.clicks_at(1.0) == pytest.approx([100.0])
    assert today.cost_at(1.0) == pytest.approx([80.0])
    assert today.value_at(1.0) == pytest.approx([200.0])


def test_a_doubled_bid_gives_the_hand_computed_clicks_and_cost():
    # clicks 100 sqrt 2; cost 80 + 100 * 0.5 / 1.5 * (2^1.5 - 1)
    assert keyword().clicks_at(2.0) == pytest.approx([141.421], abs=1e-3)
    assert keyword().cost_at(2.0) == pytest.approx([80.0 + 100.0 / 3.0 * (2**1.5 - 1)])


def test_clicks_and_cost_stop_at_the_ceiling():
    assert keyword().clicks_at(9.0) == pytest.approx(keyword().clicks_at(4.0))
    assert keyword().cost_at(9.0) == pytest.approx(keyword().cost_at(4.0))


def test_cost_never_falls_below_zero_where_clicks_are_cheaper_than_the_model_says():
    assert keyword(cpc0=[0.1]).cost_at(0.0) == pytest.approx([0.0])


def test_in_a_first_price_auction_cost_is_clicks_times_bid():
    first_price = keyword(cpc0=[1.0], rho=[1.0 + 1.0 / 0.5])
    assert first_price.cost_at(2.0) == pytest.approx(first_price.clicks_at(2.0) * 2.0)


@pytest.mark.parametrize(
    ("price", "kappa", "expected"),
    [
        pytest.param(1.0, 1.0, 2.0, id="break-even"),
        pytest.param(4.0, 1.0, 0.5, id="dear money"),
        pytest.param(1.0, 2.0, np.sqrt(2.0), id="steep auction"),
        pytest.param(0.01, 1.0, 4.0, id="ceiling"),
    ],
)
def test_the_best_bid_at_a_price_is_the_closed_form(price, kappa, expected):
    assert keyword(kappa=[kappa]).best_at_price(price) == pytest.approx([expected])


def test_a_keyword_without_value_is_bid_nothing():
    assert keyword(value_per_click=[0.0]).best_at_price(1.0) == pytest.approx([0.0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"bid0": [0.0]}, r"bid0\[0\] = 0", id="no bid"),
        pytest.param({"clicks0": [NAN]}, r"clicks0\[0\] = nan", id="missing clicks"),
        pytest.param({"eta": [-1.0]}, r"eta\[0\] = -1", id="negative elasticity"),
        pytest.param({"clicks0": [1.0, 2.0, 3.0], "cpc0": [1.0, 2.0]}, "one length", id="lengths"),
    ],
)
def test_a_response_that_makes_no_sense_is_refused(change, message):
    with pytest.raises(InvalidInputError, match=message):
        keyword(**change)


@pytest.mark.parametrize("price", [0.0, -1.0, NAN])
def test_a_price_that_is_not_positive_is_refused(price):
    with pytest.raises(InvalidInputError, match="price"):
        keyword().best_at_price(price)


def test_the_cost_of_anything_with_a_keyword_curve_can_be_asked():
    assert keyword_cost(keyword(), 2.0) == pytest.approx(keyword().cost_at(2.0))


def test_a_limited_budget_answers_and_an_unlimited_one_does_not():
    response = BudgetResponse([300.0, 300.0], [100.0, 100.0], [0.5, 0.5], np.array([True, False]))
    assert response.value_at(400.0) == pytest.approx([600.0, 300.0])
    assert response.marginal_value(100.0) == pytest.approx([1.5, 0.0])
    assert response.best_at_price(0.75) == pytest.approx([400.0, 100.0])


def test_the_best_budget_is_where_the_next_unit_brings_its_price():
    response = BudgetResponse([300.0], [100.0], [0.7], [True])
    assert response.marginal_value(response.best_at_price(1.3)) == pytest.approx([1.3])


def test_a_budget_that_answers_almost_proportionally_is_refused():
    with pytest.raises(InvalidInputError, match=r"beta\[0\] = 0.95"):
        BudgetResponse([1.0], [1.0], [0.95], [True])


def test_a_lower_target_buys_more_at_a_lower_return():
    response = TargetResponse([100.0], [300.0], [3.0], [2.0])
    assert response.cost_at(1.5) == pytest.approx([400.0])
    assert response.value_at(1.5) == pytest.approx([600.0])


def test_the_best_target_is_where_the_next_unit_brings_its_price():
    response = TargetResponse([100.0], [300.0], [3.0], [2.5])
    best, step = response.best_at_price(1.2), 1e-5
    gain = response.value_at(best - step) - response.value_at(best + step)
    assert gain / (response.cost_at(best - step) - response.cost_at(best + step)) == pytest.approx([1.2], rel=1e-5)


def test_an_item_without_value_gets_the_highest_target_that_is_believed():
    assert TargetResponse([100.0], [0.0], [3.0], [2.5]).best_at_price(1.0) == pytest.approx([30.0])


@pytest.mark.parametrize(
    ("cost", "budget", "lost", "before", "demand", "is_exhausted"),
    [
        pytest.param(80.0, 100.0, 0.2, NAN, 100.0, True, id="share exported"),
        pytest.param(80.0, 100.0, 0.0, NAN, 80.0, False, id="nothing lost"),
        pytest.param(98.5, 100.0, NAN, NAN, 108.35, True, id="full, first night"),
        pytest.param(98.5, 100.0, NAN, 120.0, 132.0, True, id="full, second night"),
        pytest.param(98.4, 100.0, NAN, 120.0, 98.4, False, id="just below full"),
        pytest.param(98.5, NAN, NAN, 120.0, 98.5, False, id="no budget"),
        pytest.param(0.0, 0.0, NAN, NAN, 0.0, False, id="nothing spent"),
        pytest.param(10.0, 100.0, 1.0, NAN, 200.0, True, id="unbelievable share"),
    ],
)
def test_demand_behind_a_budget_follows_the_rule(cost, budget, lost, before, demand, is_exhausted):
    found = demand_behind_budget([cost], [budget], [lost], [before])
    assert found.demand_cost == pytest.approx([demand])
    assert found.is_exhausted.tolist() == [is_exhausted]
    assert found.served_share * found.demand_cost == pytest.approx([cost])


def test_the_ceiling_is_where_every_auction_is_won():
    ceiling = rank_ceiling([0.0, 0.75, NAN, 1.0], [1.0, 1.0, 0.5, 0.5])
    assert ceiling == pytest.approx([1.0, 4.0, 10.0, 10.0])
