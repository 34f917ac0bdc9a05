"""What each row's response rests on, and that the curves take the row's own numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from assets.response import COMMISSION_BETA, PRIOR_BETA, add_response, betas, keyword_response, with_trials
from optimizers.elasticity import ResponseEstimate
from tests.unit.assets.made_up import make_batch, make_items


def test_a_keyword_with_an_open_bid_starts_from_the_prior_and_one_without_is_closed(tmp_path):
    """Nothing was tried yet: the stated prior, and a label that says so."""
    items = make_items({}, {"keyword": "auto", "bid": np.nan}, {"level": "placement", "keyword": "feed"})
    found = add_response(items, make_batch(tmp_path))
    assert found["response_evidence"].tolist() == ["prior", "closed", "closed"]
    assert found[["eta", "rho", "kappa", "beta"]].iloc[0].tolist() == [0.6, 1.0, 1.0, PRIOR_BETA]


def test_the_ceiling_is_where_every_auction_is_won(tmp_path):
    """Losing a tenth to rank: 0.9^(-1/0.6) = 1.192; not told: ten times the bid."""
    items = make_items({"lost_to_rank_share": 0.1}, {"keyword": "cup"})
    assert add_response(items, make_batch(tmp_path))["ceiling"].tolist() == pytest.approx([0.9 ** (-1 / 0.6), 10.0])


def test_the_curve_takes_each_rows_own_numbers():
    """Two keywords that differ in elasticity only answer differently to the same raise."""
    clicks = keyword_response(make_items({"eta": 0.5}, {"keyword": "cup", "eta": 1.0})).clicks_at(4.0)
    assert clicks.tolist() == pytest.approx([200.0, 400.0])


def test_a_commission_rate_has_a_curve_of_its_own():
    """The learned beta speaks of budgets and targets."""
    rows = make_items({"beta": 0.8}, {"keyword": "cup", "beta": 0.8}).assign(lever=["commission_rate", "daily_budget"])
    assert betas(rows).tolist() == pytest.approx([COMMISSION_BETA, 0.8])


def test_what_trials_teach_reaches_the_keywords_of_their_platform_and_match_type_only(tmp_path):
    """A usable estimate of exact keywords says nothing of broad ones; a closed bid stays closed."""
    items = make_items({}, {"keyword": "cup", "match_type": "broad"}, {"keyword": "auto", "bid": np.nan})
    sure = ResponseEstimate(0.9, 0.02, 1.0, 0.02, 0.47, 100.0, 1000)
    found = with_trials(items, {"google_ads|exact": sure, "google_ads|broad": replace(sure, first_stage_f=5.0)})
    assert found["response_evidence"].tolist() == ["jitter", "prior", "closed"]
    assert found["eta"].tolist() == pytest.approx([0.9, 0.6, 0.6], abs=0.01)
