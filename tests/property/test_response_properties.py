"""Response curves: more bid never buys less, the best point beats its neighbours, prices order spend."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizers.response import BudgetResponse, KeywordResponse, TargetResponse, demand_behind_budget, rank_ceiling

CHECKS = settings(max_examples=60)
POSITIVE = st.floats(0.05, 50.0)
PRICE = st.floats(0.1, 10.0)


@st.composite
def keywords(draw):
    """Return one keyword whose clicks cost something down to a tenth of today's bid."""
    bid, eta, kappa, rho = (
        draw(POSITIVE),
        draw(st.floats(0.1, 1.5)),
        draw(st.floats(0.5, 2.0)),
        draw(st.floats(0.5, 3.0)),
    )
    dear = rho * bid * eta / (eta + kappa) * draw(st.floats(1.0, 3.0))
    numbers = (draw(st.floats(1.0, 1e4)), dear, bid, draw(POSITIVE), eta, rho, kappa, draw(st.floats(1.0, 10.0)))
    return KeywordResponse(*(np.array([number]) for number in numbers))


@CHECKS
@given(keywords(), st.floats(0.0, 12.0), st.floats(0.0, 12.0))
def test_a_higher_bid_never_buys_fewer_clicks_or_costs_less(keyword, one, other):
    low, high = min(one, other), max(one, other)
    assert keyword.clicks_at(high) >= keyword.clicks_at(low)
    assert keyword.cost_at(high) >= keyword.cost_at(low) * (1 - 1e-12)


@CHECKS
@given(keywords(), PRICE, st.floats(0.0, 10.0))
def test_no_other_bid_earns_more_at_the_price(keyword, price, other):
    def surplus(multiplier):
        return keyword.value_at(multiplier) - price * keyword.cost_at(multiplier)

    best = surplus(keyword.best_at_price(price))
    scale = np.abs(keyword.value_at(1.0)) + price * keyword.cost_at(1.0)
    assert best >= surplus(other) - 1e-9 * scale * max(1.0, other) ** 4


@CHECKS
@given(keywords(), PRICE, PRICE)
def test_a_dearer_price_never_raises_a_bid(keyword, one, other):
    assert keyword.best_at_price(max(one, other)) <= keyword.best_at_price(min(one, other))


@CHECKS
@given(keywords(), st.floats(0.2, 0.9))
def test_the_marginal_cost_is_the_slope_of_cost_over_clicks(keyword, multiplier):
    step = 1e-6
    clicks = keyword.clicks_at(multiplier + step) - keyword.clicks_at(multiplier - step)
    slope = (keyword.cost_at(multiplier + step) - keyword.cost_at(multiplier - step)) / clicks
    assert slope == pytest.approx(keyword.marginal_cost_per_click(multiplier), rel=1e-3)


@CHECKS
@given(keywords(), PRICE, st.sampled_from([0.01, 7.0]))
def test_the_currency_changes_no_best_bid_multiplier(keyword, price, unit):
    money = {"cpc0", "bid0", "value_per_click"}
    other = KeywordResponse(**{k: v * (unit if k in money else 1.0) for k, v in vars(keyword).items()})
    assert other.best_at_price(price) == pytest.approx(keyword.best_at_price(price))


@CHECKS
@given(st.floats(1.0, 1e4), st.floats(1.0, 1e4), st.floats(0.1, 0.9), PRICE, st.floats(0.01, 1e5))
def test_no_other_budget_earns_more_at_the_price(value, budget, beta, price, other):
    response = BudgetResponse([value], [budget], [beta], [True])
    best = response.best_at_price(price)
    surplus = response.value_at(best) - price * best
    assert surplus >= (response.value_at(other) - price * other) - 1e-9 * (value + abs(float(surplus[0])))


@CHECKS
@given(st.floats(1.0, 1e4), st.floats(1.0, 1e4), st.floats(1.2, 10.0), st.floats(0.2, 5.0), st.floats(0.2, 5.0))
def test_a_higher_target_never_costs_more(cost, value, theta, one, other):
    response = TargetResponse([cost], [value], [2.0], [theta])
    assert response.cost_at(max(one, other)) <= response.cost_at(min(one, other))


@CHECKS
@given(st.floats(0.0, 1e4), st.floats(0.0, 1e4), st.floats(0.0, 1.0) | st.just(np.nan))
def test_demand_is_never_below_what_was_spent(cost, budget, lost):
    found = demand_behind_budget([cost], [budget], [lost])
    assert found.demand_cost[0] >= cost * (1 - 1e-12)
    assert 0.05 <= found.served_share[0] <= 1.0


@CHECKS
@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.1, 2.0))
def test_losing_more_auctions_leaves_more_room_to_raise(one, other, eta):
    low, high = rank_ceiling([min(one, other), max(one, other)], eta)
    assert 1.0 <= low <= high <= 10.0
