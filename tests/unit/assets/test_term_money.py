"""What a term's row may claim: never what the plan's own move of its keyword brings already."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from assets.new_rows import term_rows
from assets.term_money import planned_multiplier, with_planned_bids
from tests.unit.assets.made_up import make_batch
from tests.unit.assets.test_new_rows import moves, plan, terms

SURE = {"value_per_click": 0.65, "value_per_click_low": 0.64, "value_per_click_high": 0.66}
RAISED = {"action": "raise", "new_value": 0.65}


def one_row(batch, keyword: pd.DataFrame, **change: Any) -> pd.Series:
    rows = term_rows(terms(change), plan(1.0), keyword, batch)
    assert len(rows) == 1
    return rows.loc[0]


def test_a_raise_that_the_keyword_gets_anyway_is_no_gain_of_its_word(batch):
    """Both are worth 0.65 a click and both bids would go from 0.50 to 0.65: the keyword's row brings it, the word nothing."""
    assert one_row(batch, moves(), **SURE)["action"] == "add"
    one = one_row(batch, moves(**RAISED), **SURE)
    assert one[["action", "reason_code"]].tolist() == ["keep", "discover_unsure"]
    assert one["profit_change"] == 0.0


def test_a_word_counts_from_its_keywords_bid_after_the_plan(batch):
    """The keyword falls to 0.40, the word rises to 0.65: gained are the clicks between the two."""
    one = one_row(batch, moves(action="lower", new_value=0.4))
    clicks, unit = 10 * (1.3**0.6 - 0.8**0.6), 10 * 0.5 * 0.375
    assert one["value_change"] == pytest.approx(clicks * 5.0)
    assert one["cost_change"] == pytest.approx(unit * (1.3**1.6 - 0.8**1.6))
    assert one["cost"] == pytest.approx(5.0 + unit * (0.8**1.6 - 1.0))
    assert one["expected_cost"] == pytest.approx(one["cost"] + one["cost_change"])


def test_the_keywords_move_and_its_words_add_up_to_the_words_own_bid(batch):
    """Whatever the plan does to the keyword, both together leave the word's clicks at its own bid."""
    ends = [one_row(batch, moves(action="lower", new_value=bid))["expected_cost"] for bid in (0.35, 0.4, 0.45)]
    assert ends == pytest.approx([ends[0]] * 3)


def test_the_first_bid_keeps_near_the_present_bid_whatever_the_plan_does(batch):
    lowered = one_row(batch, moves(action="lower", new_value=0.35))
    assert lowered["new_value"] == one_row(batch, moves())["new_value"] == 0.65


def test_a_word_whose_keyword_is_paused_brings_all_its_clicks(batch):
    one = one_row(batch, moves(lever="status", action="pause", new_value=np.nan))
    assert one["cost"] == 0.0
    assert one["value_change"] == pytest.approx(10 * 1.3**0.6 * 5.0)


def test_a_negative_under_a_paused_keyword_saves_nothing_more(batch):
    paused = moves(lever="status", action="pause", new_value=np.nan)
    one = one_row(batch, paused, verdict="negative")
    assert one[["cost", "cost_change", "value_change", "profit_change"]].tolist() == [0.0] * 4


def test_a_negative_under_a_keyword_that_falls_saves_what_is_left(batch):
    one = one_row(batch, moves(action="lower", new_value=0.4), verdict="negative")
    assert one["cost_change"] == pytest.approx(-(5.0 + 10 * 0.5 * 0.375 * (0.8**1.6 - 1.0)))
    assert one["expected_cost"] == 0.0


def test_a_bid_as_near_as_no_edit_is_worth_is_not_added(tmp_path):
    """The keyword goes to 0.64, the word to 0.65: a change of 1.6 %."""
    keyword = moves(action="raise", new_value=0.64)
    far, near = (make_batch(tmp_path, guardrails={"min_change": share}) for share in (0.01, 0.05))
    assert one_row(far, keyword)["action"] == "add"
    assert one_row(near, keyword)["action"] == "keep"


@pytest.mark.parametrize(
    ("change", "multiplier"),
    [
        pytest.param({}, 1.0, id="stays"),
        pytest.param({"action": "raise", "new_value": 0.6}, 1.2, id="raised"),
        pytest.param({"action": "lower", "new_value": 0.41, "planned_value": 0.4}, 0.8, id="without its jitter"),
        pytest.param({"action": "pause", "lever": "status", "new_value": np.nan}, 0.0, id="paused"),
        pytest.param({"action": "hold", "lever": "", "old_value": np.nan, "new_value": np.nan}, 1.0, id="held"),
        pytest.param({"action": "resume", "lever": "status", "new_value": np.nan}, 1.0, id="on again"),
    ],
)
def test_tonights_bid_is_told_over_the_present_one(change, multiplier):
    assert planned_multiplier(moves(**change)).tolist() == pytest.approx([multiplier])


def test_a_keyword_that_returns_on_trial_stands_at_its_trial_bid():
    both = pd.concat([moves(lever="status", action="resume"), moves(action="lower", new_value=0.35, cost=0.0)])
    assert with_planned_bids(terms({}), both)["planned_multiplier"].tolist() == pytest.approx([0.7])


def test_where_nobody_knows_the_keyword_its_campaigns_mean_counts_by_cost():
    keywords = pd.concat([moves(action="raise", new_value=0.6, cost=30.0), moves(item="b", cost=10.0),
                          moves(item="c", campaign="Other", action="lower", new_value=0.4)])  # fmt: skip
    rows = terms({"source_item": None}, {"source_item": "gone", "campaign": "New"})
    assert with_planned_bids(rows, keywords)["planned_multiplier"].tolist() == pytest.approx([1.15, 1.0])


@pytest.mark.parametrize("kappa", [0.5, 1.0, 2.0])
def test_the_first_bid_is_where_the_next_click_costs_what_it_is_worth(batch, kappa):
    """Worth 0.55 a click at a bid of 0.50: 0.5 m^kappa = 0.55."""
    worth = {"value_per_click": 0.55, "value_per_click_low": 0.549, "value_per_click_high": 0.551, "kappa": kappa}
    one = one_row(batch, moves(), **worth)
    assert one["new_value"] == pytest.approx(0.5 * 1.1 ** (1.0 / kappa), abs=0.0101)
    assert one["new_value"] <= 0.5 * 1.1 ** (1.0 / kappa) + 1e-9


def test_a_row_that_is_only_shown_may_have_no_bid(batch):
    one = one_row(batch, moves(), verdict="rising", bid=np.nan, cpc=np.nan, clicks=0.0, cost=0.0)
    assert one[["cost", "cost_change"]].tolist() == [0.0, 0.0]
