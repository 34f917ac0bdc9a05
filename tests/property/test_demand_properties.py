"""Unseen demand: shares follow their definition, units and order change nothing, nothing lost is nothing hidden."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from optimizers.demand import MAX_MULTIPLIER, MIN_SERVED_SHARE, demand_behind_budget, rank_ceiling, served_share

CHECKS = settings(max_examples=60, deadline=None)
SHARE = st.floats(0.0, 1.0) | st.just(np.nan)


@st.composite
def campaigns(draw):
    """Return cost, budget, share lost to it and last night's demand of one to ten campaigns."""
    n = draw(st.integers(1, 10))
    budget = draw(arrays(np.float64, n, elements=st.floats(1.0, 1e5)))
    cost = budget * draw(arrays(np.float64, n, elements=st.sampled_from([0.0, 0.5, 0.98, 0.99, 1.0])))
    lost = draw(arrays(np.float64, n, elements=SHARE))
    before = cost * draw(arrays(np.float64, n, elements=st.floats(1.0, 3.0) | st.just(np.nan)))
    return cost, budget, lost, before


@given(st.floats(0.1, 0.9), st.floats(0.06, 1.0))
def test_what_is_lost_to_rank_no_budget_brings_back(rank, served):
    """Of the auctions that its rank wins, ``served`` were shown; the rest was lost to the budget."""
    shown, lost = (1.0 - rank) * served, (1.0 - rank) * (1.0 - served)
    for given_shares in ((lost, shown, rank), (lost, np.nan, rank), (lost, shown)):
        assert served_share(*([one] for one in given_shares)) == pytest.approx([served], rel=1e-6)


@CHECKS
@given(SHARE, SHARE, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_more_lost_to_the_budget_is_never_a_larger_share_served(shown, rank, one, other):
    some, more = served_share(sorted((one, other)), [shown] * 2, [rank] * 2)
    assert MIN_SERVED_SHARE <= more <= some <= 1.0
    assert served_share([0.0], [shown], [rank])[0] == 1.0


@CHECKS
@given(campaigns(), st.sampled_from([0.25, 1024.0]), st.randoms(use_true_random=False))
def test_neither_the_currency_nor_the_order_of_campaigns_matters(rows, unit, random):
    order = list(range(len(rows[0])))
    random.shuffle(order)
    cost, budget, lost, before = (column[order] for column in rows)
    plain, other = demand_behind_budget(*rows), demand_behind_budget(cost * unit, budget * unit, lost, before * unit)
    assert other.demand_cost == pytest.approx(unit * plain.demand_cost[order])
    assert other.served_share == pytest.approx(plain.served_share[order])
    assert (other.is_exhausted == plain.is_exhausted[order]).all()


@CHECKS
@given(campaigns())
def test_a_campaign_that_loses_nothing_or_has_no_budget_hides_nothing(rows):
    cost, budget, lost, before = rows
    for found in (
        demand_behind_budget(cost, budget, 0.0 * cost, before),
        demand_behind_budget(cost, budget * np.nan, lost * np.nan, before),
    ):
        assert found.demand_cost == pytest.approx(cost)
        assert not found.is_exhausted.any()


@CHECKS
@given(st.floats(0.0, 0.99), st.floats(0.1, 2.0))
def test_at_the_ceiling_every_auction_is_won(lost, eta):
    ceiling = rank_ceiling([lost], eta)[0]
    if ceiling < MAX_MULTIPLIER:
        assert (1.0 - lost) * ceiling**eta == pytest.approx(1.0)
    else:
        assert (1.0 - lost) * MAX_MULTIPLIER**eta <= 1.0 + 1e-9
