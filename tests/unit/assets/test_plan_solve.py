"""Nights whose limits cannot all be kept: refused in words, or kept as far as tonight's caps and edits reach."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from assets.budgets import missed_metadata, plan_rows, with_missed
from assets.plan_problem import Reserve
from assets.plan_solve import plan_night
from tests.unit.assets.made_up import make_batch, make_items

GOOD = {"keyword": "good", "revenue_per_click": 6.0, "value_per_click": 3.0}
WEAK = {"keyword": "weak", "platform": "amazon_sp", "revenue_per_click": 2.4, "value_per_click": 1.2}
BOTH = {"google_ads": {}, "amazon_sp": {}}
TENTS, CHAIRS = {"campaign": "Tents"}, {"campaign": "Chairs", "campaign_key": "Chairs"}


def night_of(tmp_path, *rows, reserved=0.0, **settings):
    return plan_night(make_items(*rows), make_batch(tmp_path, **settings), reserved=Reserve(reserved))


def spend_of(night, name: str) -> float:
    return float(night.result.node_cost[night.plan.problem.tree.names.index(name)])


def with_edits(batch, most: int, name: str = "google_ads"):
    book = batch.platforms[name].rulebook.model_copy(update={"edits_per_day": most})
    changed = batch.platforms[name].model_copy(update={"rulebook": book})
    return replace(batch, platforms={**batch.platforms, name: changed})


def test_contradicting_minimums_are_refused_with_the_keys_and_the_money_in_both_languages(tmp_path):
    uses = {"google_ads": {"min_cost": 110.0}, "amazon_sp": {"min_share": 0.5}}
    night = night_of(tmp_path, GOOD, WEAK, platforms=uses, budget={"daily_total": 200.0})
    assert night.result is None
    for words in ("budget.daily_total", "platforms.google_ads.min_cost", "platforms.amazon_sp.min_share", "10.00 CNY"):
        assert words in night.refusal.en
        assert words in night.refusal.zh
    assert "min_roas" not in night.refusal.en


def test_a_floor_that_no_bid_can_meet_is_refused_and_named_alone(tmp_path):
    night = night_of(tmp_path, GOOD, WEAK, platforms={**BOTH, "google_ads": {"min_roas": 50.0}})
    assert "platforms.google_ads.min_roas" in night.refusal.en
    assert "budget." not in night.refusal.en


@pytest.mark.parametrize("key", ["google_ads / Tents", "google_ads / main / Tents", "google_ads / Tents #Tents"])
def test_a_campaigns_most_and_least_are_kept_by_the_plan(tmp_path, key):
    rows = [{**GOOD, **TENTS}, {**GOOD, **CHAIRS}]
    free = night_of(tmp_path, *rows, budget={"daily_total": 1e6})
    node = "google_ads / main / Tents"
    for limit, money in (("max_cost", 80.0), ("min_cost", spend_of(free, node) * 0.9), ("max_cost", 75.0)):
        held = night_of(tmp_path, *rows, budget={"daily_total": 1e6}, campaigns={key: {limit: money}})
        spent = spend_of(held, node)
        assert spent <= money * (1 + 1e-9) if limit == "max_cost" else spent >= money * (1 - 1e-9)
        assert spend_of(held, "google_ads / main / Chairs") == pytest.approx(
            spend_of(free, "google_ads / main / Chairs")
        )
    assert held.result.keyword_binding[0] == f"node_max:{node}"


def test_an_ad_group_with_a_limit_has_a_node_of_its_own_below_its_campaign(tmp_path):
    rows = [{**GOOD, "ad_group": "one"}, {**GOOD, "keyword": "other", "ad_group": "two"}]
    night = night_of(
        tmp_path, *rows, budget={"daily_total": 1e6}, campaigns={"google_ads / Tents / one": {"max_cost": 75.0}}
    )
    tree = night.plan.problem.tree
    group = tree.names.index("google_ads / main / Tents › one")
    assert tree.names[tree.parent[group]] == "google_ads / main / Tents"
    assert night.result.node_cost[group] == pytest.approx(75.0)
    assert night.result.keyword_cost[1] > 100.0


def test_a_campaigns_roas_floor_counts_sales_although_profit_is_maximised(tmp_path):
    rows = [{**GOOD, **TENTS}, {**GOOD, **CHAIRS}]
    free = night_of(tmp_path, *rows, budget={"daily_total": 1e6})
    sales = 2.0 * free.result.keyword_value[0] / free.result.keyword_cost[0]
    held = night_of(
        tmp_path, *rows, budget={"daily_total": 1e6}, campaigns={"google_ads / Tents": {"min_roas": sales * 1.05}}
    )
    assert 2.0 * held.result.keyword_value[0] / held.result.keyword_cost[0] == pytest.approx(sales * 1.05)
    assert held.result.keyword_value[1] == pytest.approx(free.result.keyword_value[1])


def test_a_budget_and_the_keywords_of_its_campaign_share_the_campaigns_limit(tmp_path):
    plan = {"level": "placement", "keyword": "", "bid": np.nan, "daily_budget": 100.0, "is_exhausted": True}
    rows = [{**GOOD, **TENTS}, {**GOOD, **TENTS, **plan}]
    night = night_of(
        tmp_path, *rows, budget={"daily_total": 1e6}, campaigns={"google_ads / Tents": {"max_cost": 160.0}}
    )
    assert spend_of(night, "google_ads / main / Tents") == pytest.approx(160.0)
    assert len(night.result.budget) == 1


@pytest.mark.parametrize(
    ("key", "words"),
    [("google_ads / Tentz", "nearest known: google_ads / Tents"), ("gogle_ads / Tents", "nearest known: google_ads / Tents"),
     ("Tents", "nearest known")],
)  # fmt: skip
def test_a_campaign_that_nobody_knows_is_refused_with_the_nearest_known(tmp_path, key, words):
    night = night_of(tmp_path, {**GOOD, **TENTS}, campaigns={key: {"max_cost": 5.0}})
    assert night.result is None
    assert words in night.refusal.en
    assert words in night.refusal.zh


def test_a_name_that_two_campaigns_share_must_say_which(tmp_path):
    rows = [{**GOOD, **TENTS, "campaign_key": "7"}, {**GOOD, **TENTS, "keyword": "b", "campaign_key": "8"}]
    night = night_of(tmp_path, *rows, campaigns={"google_ads / Tents": {"max_cost": 80.0}})
    assert "Tents #7" in night.refusal.en
    told = night_of(
        tmp_path, *rows, budget={"daily_total": 1e6}, campaigns={"google_ads / Tents #7": {"max_cost": 80.0}}
    )
    assert told.result.keyword_cost[0] == pytest.approx(80.0)
    assert told.result.keyword_cost[1] > 100.0


def test_limits_of_a_platform_of_which_nothing_is_known_tonight_are_passed_over(tmp_path):
    night = night_of(tmp_path, GOOD, campaigns={"amazon_sp / Chairs": {"max_cost": 5.0}})
    assert night.result is not None


def test_frozen_edits_that_break_a_floor_lower_it_to_what_is_reached_and_say_so(tmp_path):
    """Both bids must fall for the floor, one edit is left: the night goes on with the floor that one edit reaches."""
    floor = {"google_ads": {"min_roas": 3.3}}
    rows = [{"keyword": "a", "revenue_per_click": 3.0}, {"keyword": "b", "revenue_per_click": 3.0}]
    batch = make_batch(tmp_path, platforms=floor, budget={"daily_total": 1000.0})
    whole = plan_night(make_items(*rows), batch)
    assert whole.missed == ()
    night = plan_night(make_items(*rows), with_edits(batch, 1))
    assert night.n_frozen == 1
    assert night.refusal is None
    ((node, words),) = night.missed
    assert node == "google_ads"
    assert "ROAS floor 3.30 is set, tonight 3." in words.en
    assert sorted(night.result.multiplier)[1] == pytest.approx(1.0)
    assert sorted(night.result.multiplier)[0] < 0.9
    assert "00_missed_limits" in missed_metadata(night)


def test_what_is_missed_stands_behind_the_platforms_sentence(tmp_path):
    night = night_of(
        tmp_path,
        {"campaign_budget": 105.0},
        budget={"daily_total": 1000.0},
        platforms={"google_ads": {"min_cost": 500.0}},
    )
    rows = with_missed(plan_rows(night.plan, night.plan.problem, night.result), night)
    assert rows["sentence_en"].str.contains(r"least spend 500.00 is set, tonight 1\d\d\.\d\d is reached").all()
    assert rows["sentence_zh"].str.contains("最低花费 500.00").all()


def test_a_total_of_zero_lowers_every_bid_as_far_as_a_night_may_and_says_what_is_missed(tmp_path):
    night = night_of(tmp_path, GOOD, {**GOOD, "keyword": "b"}, budget={"daily_total": 0.0})
    assert night.result.multiplier == pytest.approx([0.7, 0.7], abs=1e-6)
    assert [node for node, _ in night.missed] == ["total"]
    assert "most spend 0.00 is set, tonight it cannot be less than" in night.missed[0][1].en


def test_a_total_below_what_unmoved_items_spend_leaves_nothing_and_tells_the_whole_sum(tmp_path):
    """100 are spent by an item that nobody moves, 30 go to creators, the other's least is 67.39: 197.39 in all."""
    stays = {"keyword": "fixed", "verdict": "frozen"}
    night = night_of(tmp_path, GOOD, stays, reserved=30.0, budget={"daily_total": 50.0})
    assert night.result.multiplier == pytest.approx([0.7], abs=1e-6)
    assert "cannot be less than 197.39" in night.missed[0][1].en


def test_a_held_platform_keeps_its_money_and_the_others_share_the_rest(tmp_path):
    held = {**WEAK, "is_held": True}
    night = night_of(
        tmp_path, GOOD, held, platforms={**BOTH, "amazon_sp": {"min_cost": 10.0}}, budget={"daily_total": 190.0}
    )
    assert night.refusal is None
    assert night.plan.problem.tree.names == ("total", "google_ads", "google_ads / main / Tents")
    assert night.result.total_cost == pytest.approx(90.0)


def test_the_same_items_in_another_order_make_the_same_plan(tmp_path):
    rows = [{**GOOD, **TENTS}, {**GOOD, **CHAIRS}, WEAK]
    settings = {
        "budget": {"daily_total": 250.0},
        "campaigns": {"google_ads / Tents": {"max_cost": 80.0}},
        "platforms": BOTH,
    }
    one, two = (night_of(tmp_path, *order, **settings) for order in (rows, rows[::-1]))
    plans = [plan_rows(night.plan, night.plan.problem, night.result) for night in (one, two)]
    assert plans[0]["plan_cost"].tolist() == pytest.approx(plans[1]["plan_cost"].tolist(), rel=1e-9)
