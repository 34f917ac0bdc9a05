"""Who is bid up to learn, how far, and with how much money; the tree's budgets and the night's caps hold."""

from __future__ import annotations

import numpy as np
import pytest

from assets.exploring import explore, explored_words, mark_explored, may_be_explored
from assets.plan_problem import build_problem
from assets.warehouse import state
from configs.schema import Settings
from optimizers.allocation import allocate
from tests.unit.assets.made_up import make_batch, make_items

# 5 clicks a day, an order in 100 clicks believed from little: worth 2.00 a click, which is what is bid
VAGUE = {
    "keyword": "vague", "cvr_shape": 0.5, "cvr_rate": 50.0, "aov_log_sd": 0.4, "value_per_click": 2.0, "revenue_per_click": 4.0,
    "demand_clicks": 5.0, "clicks_per_day": 5.0, "usual_cost": 5.0, "cost_per_day": 5.0,
}  # fmt: skip
SURE = {**VAGUE, "keyword": "sure", "cvr_shape": 5e6, "cvr_rate": 5e8, "aov_log_sd": 0.0}
RICH = {"budget": {"daily_total": 1000.0}}


def planned(tmp_path, *rows, **settings):
    batch = make_batch(
        tmp_path, **{**RICH, **settings, "explore": {"jitter_share": 0.0, **settings.get("explore", {})}}
    )
    plan = build_problem(make_items(*rows), batch)
    assert plan.problem is not None
    return plan, allocate(plan.problem), batch


def explored(tmp_path, *rows, **settings):
    plan, before, batch = planned(tmp_path, *rows, **settings)
    problem, after, found = explore(plan, before, batch)
    return before, after, found, problem


def test_a_keyword_of_which_little_is_known_is_bid_up_and_one_that_is_known_is_not(tmp_path):
    before, after, found, _ = explored(tmp_path, VAGUE, SURE)
    assert found.items["item"].tolist() == ["google_ads|main|keyword|Tents|vague"]
    at = {name: row for row, name in enumerate(["vague", "sure"])}
    assert after.multiplier[at["vague"]] > before.multiplier[at["vague"]]
    assert after.multiplier[at["sure"]] == pytest.approx(before.multiplier[at["sure"]])


def test_what_is_explored_costs_what_it_says_and_is_worth_more(tmp_path):
    before, after, found, _ = explored(tmp_path, VAGUE)
    assert found.items["explore_cost"].sum() == pytest.approx(after.total_cost - before.total_cost)
    assert 0 < found.worth == pytest.approx(found.items["explore_worth"].sum())
    assert found.worth <= found.bound * (1 + 1e-12)


@pytest.mark.parametrize("share", [0.0005, 0.002, 0.02])
def test_no_more_than_its_share_of_the_daily_total_is_spent_to_learn(tmp_path, share):
    rows = [{**VAGUE, "keyword": str(number)} for number in range(30)]
    before, after, found, _ = explored(tmp_path, *rows, explore={"share": share})
    assert found.items["explore_cost"].sum() <= share * 1000.0 * (1 + 1e-9)
    assert after.total_cost - before.total_cost <= share * 1000.0 * (1 + 1e-9)
    assert (len(found.items) < 30) == (share < 0.02)


def test_a_share_of_nothing_explores_nothing(tmp_path):
    before, after, found, _ = explored(tmp_path, VAGUE, explore={"share": 0.0})
    assert found.items.empty
    assert after is before


@pytest.mark.parametrize(
    "change",
    [{"verdict": "lower"}, {"verdict": "protected"}, {"is_brand": True}, {"is_protected": True}, {"is_exhausted": True},
     {"cvr_shape": np.nan}, {"value_per_click": 0.0}, {"demand_clicks": 0.0}, {"ceiling": 1.0}],
    ids=["under its floor", "protected verdict", "brand", "protected", "exhausted", "nothing known", "no value", "no demand",
         "all won"],
)  # fmt: skip
def test_some_keywords_are_never_explored(tmp_path, change):
    plan, result, batch = planned(tmp_path, {**VAGUE, **change})
    assert may_be_explored(plan, result, batch).tolist() == [False]


@pytest.mark.parametrize("verdict", ["on_probation", "frozen", "edits_used", "probation"])
def test_trials_and_resting_keywords_are_not_among_those_that_move(tmp_path, verdict):
    plan, result, batch = planned(tmp_path, VAGUE, {**VAGUE, "keyword": "other", "verdict": verdict})
    assert len(plan.keywords) == 1
    assert may_be_explored(plan, result, batch).tolist() == [True]


def test_an_explored_bid_keeps_the_cap_of_the_night(tmp_path):
    _, after, found, problem = explored(tmp_path, {**VAGUE, "value_per_click": 2.5, "cvr_shape": 0.05, "cvr_rate": 5.0})
    assert len(found.items) == 1
    assert after.multiplier[0] <= 1.3 * (1 + 1e-12)
    assert (problem.keywords.max_multiplier <= 1.3 * (1 + 1e-12)).all()


def test_a_small_budget_explores_a_small_step_where_the_best_one_does_not_fit(tmp_path):
    wide, narrow = (
        explored(tmp_path / name, VAGUE, explore={"share": share})[2].items
        for name, share in (("a", 0.02), ("b", 0.0003))
    )
    assert 0 < narrow["explore_cost"][0] <= 0.3
    assert narrow["explore_cost"][0] < wide["explore_cost"][0]


def test_only_keywords_with_most_to_learn_are_weighed(tmp_path, monkeypatch):
    monkeypatch.setattr("assets.exploring.MAX_WEIGHED", 2)
    rows = [{**VAGUE, "keyword": str(number), "demand_clicks": 1.0 + number} for number in range(5)]
    found = explored(tmp_path, *rows, explore={"share": 0.2})[2]
    assert [item[-1] for item in found.items["item"]] == ["3", "4"]


def test_many_odd_bids_keep_their_caps_to_the_last_digit(tmp_path):
    rng = np.random.default_rng(3)
    rows = [{**VAGUE, "keyword": str(at), "value_per_click": value, "revenue_per_click": 2 * value}
            for at, value in enumerate(rng.lognormal(0.6, 0.4, 400))]  # fmt: skip
    _, after, found, problem = explored(tmp_path, *rows, budget={"daily_total": 10_000.0})
    assert len(found.items) > 0
    assert (after.multiplier <= problem.keywords.max_multiplier).all()


def test_the_total_holds_and_the_others_pay_for_what_is_explored(tmp_path):
    rows = [{**VAGUE, "keyword": "vague"}, *({**SURE, "keyword": str(number)} for number in range(5))]
    before, after, found, _ = explored(tmp_path, *rows, budget={"daily_total": 25.0}, explore={"share": 0.2})
    assert len(found.items) == 1
    assert after.total_cost == pytest.approx(before.total_cost)
    assert after.total_cost <= 25.0 * (1 + 1e-9)
    assert (after.multiplier[1:] < before.multiplier[1:]).all()


def test_where_exploring_contradicts_a_budget_the_plan_stays_and_says_so(tmp_path):
    """All are vague and their budget is what the lowest bids cost: nobody can pay for a raise."""
    rows = [{**VAGUE, "keyword": str(number), "campaign_budget": 5.0} for number in range(2)]
    before, after, found, _ = explored(tmp_path, *rows, explore={"share": 0.2})
    assert after is before
    assert found.items.empty
    assert found.note == "" or "contradicts" in explored_words(found, "CNY").en


def test_no_edit_is_added_on_a_platform_that_counts_them(tmp_path):
    """Google takes a limited number of edits a day: a keyword that stays is not moved to learn, one that moves may be."""
    from tests.unit.assets.made_up import with_platform

    plan, result, batch = planned(
        tmp_path, {**VAGUE, "keyword": "moves", "value_per_click": 2.2}, {**VAGUE, "keyword": "stays"}
    )
    book = batch.platforms["google_ads"].rulebook.model_copy(update={"edits_per_day": 1})
    few = with_platform(batch, "google_ads", rulebook=book)
    assert may_be_explored(plan, result, batch).tolist() == [True, True]
    assert may_be_explored(plan, result, few).tolist() == [True, False]


def test_equals_are_ordered_by_the_night_and_not_by_their_row(tmp_path):
    rows = [{**VAGUE, "keyword": str(number)} for number in range(20)]
    few = {"explore": {"share": 0.001}}
    first = explored(tmp_path / "a", *rows, **few)[2].items["item"]
    again = explored(tmp_path / "b", *rows[::-1], **few)[2].items["item"]
    assert 0 < len(first) < 20
    assert sorted(first) == sorted(again)


def test_a_row_says_what_exploring_it_is_worth_and_that_this_is_its_limit(tmp_path):
    _, _, found, _ = explored(tmp_path, VAGUE, SURE)
    rows = make_items(VAGUE, SURE)[["item"]].assign(binding_limit="price")
    marked = mark_explored(rows, found).set_index("item")
    assert marked["binding_limit"].tolist() == ["explore", "price"]
    assert marked["explore_worth"].notna().tolist() == [True, False]
    assert "Keywords explored: 1, for" in explored_words(found, "CNY").en


def test_more_days_to_teach_than_to_profit_are_refused_as_a_setting():
    with pytest.raises(ValueError, match="above horizon_days"):
        Settings.model_validate({"explore": {"days": 30, "horizon_days": 20}})


def test_nothing_is_kept_beside_the_plan(tmp_path):
    _, _, found, _ = explored(tmp_path, VAGUE)
    assert len(found.items) == 1
    batch = make_batch(tmp_path)
    assert state.state_digests(batch.home, batch.night) == {}
