"""The lab's market: deterministic, sparse, told in the shapes of the warehouse, and following the bids it is given."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from simulator.lab import LabMarket, draw_market
from simulator.lab_nights import at_night, lab_batch, run_night
from simulator.lab_truth import LabOptions

OPTIONS = LabOptions(history_days=30)


@pytest.fixture(scope="module")
def batch(tmp_path_factory):
    return lab_batch(tmp_path_factory.mktemp("lab"), OPTIONS.first_day)


@pytest.fixture
def market(batch) -> LabMarket:
    return draw_market(5, 600, OPTIONS, batch)


def test_the_same_seed_gives_the_same_facts(market, batch):
    night = at_night(batch, market.night)
    pd.testing.assert_frame_equal(market.as_known(night), draw_market(5, 600, OPTIONS, batch).as_known(night))


def test_another_seed_gives_other_facts(market, batch):
    other = draw_market(6, 600, OPTIONS, batch)
    assert not np.array_equal(market.truth.cvr, other.truth.cvr)


def test_most_keywords_have_less_than_half_a_click_a_day(market):
    clicks = np.zeros(len(market.truth))
    for one in market.lived:
        clicks[one.row] += one.clicks
    assert np.median(clicks) / len(market.lived) < 0.5


def test_later_nights_know_more_conversions_of_the_same_day(market, batch):
    first, market_day = at_night(batch, market.night), pd.Timestamp(market.night)
    early = market.as_known(first)
    market.live(10)
    late = market.as_known(at_night(batch, market.night))
    known = [frame.loc[frame["report_date"] == market_day, "conversions"].sum() for frame in (early, late)]
    lived = market.lived[OPTIONS.history_days - 1]
    assert known[0] < known[1] == (lived.order_age <= 10).sum()


def test_the_triangle_of_snapshots_agrees_with_the_facts_of_the_same_night(market, batch):
    night = at_night(batch, market.night)
    facts = market.as_known(night)
    triangle = market.warehouse().triangle()
    latest = triangle[triangle["as_of"] == pd.Timestamp(market.night)].set_index(["platform", "report_date"])
    sums = facts.groupby(["platform", "report_date"])[["clicks", "conversions"]].sum().reindex(latest.index)
    np.testing.assert_array_equal(latest["clicks"].to_numpy(), sums["clicks"].to_numpy())
    np.testing.assert_array_equal(latest["conversions"].to_numpy(), sums["conversions"].to_numpy())


def test_a_higher_bid_buys_more_clicks_at_the_bid_that_the_next_click_costs(market):
    free = market.truth.campaigns["daily_budget"]
    market.truth.campaigns["daily_budget"] = free * 1e6
    low, high = market.expected(), market.expected(market.bid * 1.001)
    rises = low.rank_share < 0.99
    marginal = (high.cost - low.cost)[rises] / (high.clicks - low.clicks)[rises]
    np.testing.assert_allclose(marginal, market.bid[rises], rtol=2e-3)


def test_exhausted_campaigns_never_spend_more_than_their_budget(market):
    lived, budget = market.lived[-1], market.truth.campaigns["daily_budget"].to_numpy()
    spent = np.bincount(market.truth.campaign[lived.row], lived.cost, len(budget))
    assert (spent <= budget * 1.001).all()
    assert (spent > 0.98 * budget).any()


def test_a_night_of_the_real_stages_gives_changes_that_the_market_takes(market, batch):
    tables = run_night(market, at_night(batch, market.night))
    changes = tables["recommendations"].query("decision == 'accept'")
    before = market.bid
    assert market.apply(changes) == len(changes) > 100
    assert (market.bid != before).any()
    assert market.live().day > market.lived[-2].day
