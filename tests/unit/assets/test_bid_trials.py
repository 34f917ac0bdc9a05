"""Edits beside their days: from the log of a published night and the facts in the warehouse to what was learned."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from assets.batch import Batch
from assets.bid_trials import lay_out
from assets.experiments_log import logged_bids, remember_trials
from assets.performance import load_daily
from assets.response import add_response
from assets.warehouse import state
from tests.unit.assets.made_up import NIGHT, day, item_of, make_batch, make_items, put

EDIT_NIGHT = NIGHT - timedelta(days=3)  # the seventh of March: new bids from the eighth on
WORDS = [f"word {number}" for number in range(30)]


def items_now(bid: float) -> pd.DataFrame:
    """Return the keywords with the bid that tonight's entities show."""
    keys = [item_of("google_ads", "main", "keyword", "Tents", "Group", word, "exact") for word in WORDS]
    rows = [{"item": key, "keyword": word, "bid": bid} for key, word in zip(keys, WORDS, strict=True)]
    return make_items(*rows).assign(entity_date=pd.Timestamp(NIGHT))


@pytest.fixture
def batch(tmp_path) -> Batch:
    """Return the night with ten days of clicks, three of them after all bids went from 2.00 to 2.10."""
    first = make_batch(tmp_path)
    own = {"campaign": "Tents", "ad_group": "Group", "match_type": "exact", "cost": 10.0, "conversions": 0.0}
    rows = [
        {**own, "keyword": word, "report_date": day(d), "clicks": 10 + d % 2} for word in WORDS for d in range(1, 11)
    ]
    night = put(first, "keyword_daily", rows)
    earlier = replace(first, night=EDIT_NIGHT)
    edited = items_now(2.0).assign(
        lever="keyword_bid", old_value=2.0, planned_value=2.15, new_value=2.1, jitter_mean=0.001
    )
    remember_trials(earlier, "google_ads", edited)
    state.mark_published(first.home, EDIT_NIGHT, 1, ["google_ads"])
    return night


def test_each_edit_has_the_days_around_it_with_the_bid_that_stood(batch):
    """Seven days are known before the edit, three after; 2.10 stands from the day after the night on."""
    rows = lay_out(logged_bids(batch), [load_daily(batch)], items_now(2.1))
    one = rows[rows["trial"] == 0]
    assert one["age"].tolist() == [-6, -5, -4, -3, -2, -1, 0, 1, 2, 3]
    assert one["log_bid"].tolist() == pytest.approx([0.0] * 7 + [np.log(2.1 / 2.0)] * 3)
    assert one["clicks"].tolist() == [11, 10, 11, 10, 11, 10, 11, 10, 11, 10]
    assert one["jitter"].tolist() == pytest.approx([np.log(2.1 / 2.15) - 0.001] * 10)
    assert rows["trial"].nunique() == len(WORDS)


def test_an_edit_that_the_account_does_not_show_is_left_out(batch):
    """Tonight's entities say 2.00: nobody uploaded it, or somebody took it back."""
    assert lay_out(logged_bids(batch), [load_daily(batch)], items_now(2.0)).empty
    stale = items_now(2.1).assign(entity_date=pd.Timestamp(EDIT_NIGHT))
    assert lay_out(logged_bids(batch), [load_daily(batch)], stale).empty


def test_a_day_on_which_others_got_more_is_no_merit_of_the_bid(batch):
    """The day's factor is what all others got: odd days bring 11 clicks, even ones 10."""
    rows = lay_out(logged_bids(batch), [load_daily(batch)], items_now(2.1))
    one = rows[rows["trial"] == 0].set_index("age")["factor"]
    usual = 30 * 10.5
    assert one[0] == pytest.approx((29 * 11 + 100) / (usual + 100))
    assert one[1] == pytest.approx((29 * 10 + 100) / (usual + 100))


def test_thirty_equal_edits_are_no_strong_instrument_and_leave_the_prior(batch):
    """The whole way from the warehouse to the columns."""
    found = add_response(items_now(2.1), batch)
    assert found["response_evidence"].unique().tolist() == ["prior"]
    assert found["eta"].unique().tolist() == [0.6]
