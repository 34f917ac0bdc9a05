"""Added words: the plan leaves them their money, so that all that goes out together stays under the total."""

from __future__ import annotations

import pandas as pd
import pytest

from assets.bid_rows import item_rows
from assets.budgets import plan_rows
from assets.new_rows import term_rows
from assets.plan_problem import Reserve
from assets.plan_solve import plan_night
from assets.plan_terms import reserve_for_terms
from tests.unit.assets.made_up import make_batch, make_items
from tests.unit.assets.test_new_rows import terms

ITEMS = ({"keyword": "tent", "value_per_click": 4.0, "revenue_per_click": 8.0}, {"keyword": "other"})
SOURCE = {"bid": 2.0, "cpc": 1.0, "cost": 300.0, "clicks": 300.0, "source_item": "google_ads|main|keyword|Tents|tent"}
RICH = {"value_per_click": 6.0, "value_per_click_low": 5.0, "value_per_click_high": 7.0}


def night_of(tmp_path, words: pd.DataFrame, total: float, *changes):
    """Return rows of items and of words as they go out, the plan, and what was set aside."""
    batch = make_batch(tmp_path, budget={"daily_total": total})
    items = make_items(*({**row, **change} for row, change in zip(ITEMS, changes or ({}, {}), strict=True)))
    reserve = reserve_for_terms(words, items, batch)
    night = plan_night(items, batch, reserved=Reserve(0.0, (reserve,)))
    plan = plan_rows(night.plan, night.plan.problem, night.result)
    moves = item_rows(items, plan, batch)
    return moves, term_rows(words, plan, moves, batch), night, reserve


@pytest.mark.parametrize("total", [150.0, 170.0, 200.0, 260.0])
@pytest.mark.parametrize("worth", [{}, RICH, {"value_per_click": 1.2, "value_per_click_low": 1.1, "value_per_click_high": 1.3}],
                         ids=["as worth", "rich", "poor"])  # fmt: skip
def test_items_and_added_words_together_stay_under_the_total(tmp_path, total, worth):
    words = terms({**SOURCE, **worth}, {**SOURCE, **RICH, "search_term": "blue tent"})
    moves, added, _, reserve = night_of(tmp_path, words, total)
    spent = moves["expected_cost"].sum() + added["cost_change"].sum()
    assert spent <= total * (1 + 1e-9)
    assert added["cost_change"].sum() <= reserve["usual_cost"].sum() * (1 + 1e-9)


def test_a_word_of_a_paused_keyword_takes_all_its_money_anew(tmp_path):
    words = terms({**SOURCE, **RICH})
    moves, added, _, reserve = night_of(tmp_path, words, 300.0, {"verdict": "pause"}, {})
    assert added["action"].tolist() == ["add"]
    assert added["cost_change"].iloc[0] > 10.0  # 10 clicks a day that the pause ends
    assert added["cost_change"].iloc[0] <= reserve["usual_cost"].iloc[0]
    assert moves["expected_cost"].sum() + added["cost_change"].sum() <= 300.0


def test_the_reserve_counts_at_the_words_campaign_and_platform(tmp_path):
    _, _, night, reserve = night_of(tmp_path, terms({**SOURCE, **RICH}), 1000.0)
    assert reserve[["platform", "campaign_node"]].to_numpy().tolist() == [["google_ads", "google_ads / main / Tents"]]
    assert night.plan.spent.tolist() == pytest.approx([float(reserve["usual_cost"].sum())] * 3)


@pytest.mark.parametrize("change", [{"verdict": "watch"}, {"verdict": "negative"}, {"verdict": "propose"}])
def test_what_is_not_added_takes_nothing(tmp_path, change):
    _, _, _, reserve = night_of(tmp_path, terms({**SOURCE, **RICH, **change}), 200.0)
    assert reserve.empty


def test_a_held_platform_adds_nothing(tmp_path):
    batch = make_batch(tmp_path)
    items = make_items({"keyword": "tent", "is_held": True})
    assert reserve_for_terms(terms({**SOURCE, **RICH}), items, batch).empty


def test_a_night_without_words_sets_nothing_aside(tmp_path):
    assert reserve_for_terms(terms({}).head(0), make_items({}), make_batch(tmp_path)).empty
