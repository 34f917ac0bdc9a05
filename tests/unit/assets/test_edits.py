"""Edits are counted: what was edited lately rests, and a limited number of edits goes where it earns most."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from assets.batch import Batch
from assets.bid_rows import item_rows
from assets.bidding import finish
from assets.budgets import plan_rows
from assets.edits import (
    beyond_edits,
    edits_left,
    lesser_edits,
    paused_for_stock,
    remember_edits,
    remember_stock_pauses,
    resting_items,
)
from assets.plan_problem import build_problem, with_caps
from assets.platforms.levers import check_rows
from assets.pruning import verdicts
from optimizers.allocation import allocate
from tests.golden.sample_rows import sample_rows
from tests.unit.assets.made_up import make_batch, make_items
from tests.unit.assets.planned import fixed_plan

NAME = "google_ads"


def ruled(root: Path, *, account: int | None = None, **rule: Any) -> Batch:
    """Return a night on which the platform limits edits: of the account, or of each bid."""
    batch = make_batch(root, budget={"daily_total": 1e6})
    book = batch.platforms[NAME].rulebook
    levers = tuple(one.model_copy(update=rule) if one.lever == "keyword_bid" else one for one in book.levers)
    changed = book.model_copy(update={"levers": levers, "edits_per_day": account})
    platform = batch.platforms[NAME].model_copy(update={"rulebook": changed})
    return replace(batch, platforms={**batch.platforms, NAME: platform})


def on(batch: Batch, back: int, revision: int = 1) -> Batch:
    night = batch.night - timedelta(days=back)
    return replace(batch, night=night, inputs=replace(batch.inputs, night=night, revision=revision))


def edited(*items: str, lever: str = "keyword_bid") -> pd.DataFrame:
    return pd.DataFrame({"item": items, "lever": lever})


def test_an_edited_item_rests_for_the_learning_days_and_is_free_after_them(tmp_path):
    batch = ruled(tmp_path, learning_days=3)
    remember_edits(on(batch, 3), NAME, edited("three ago"))
    remember_edits(on(batch, 4), NAME, edited("four ago"))
    assert resting_items(batch) == {"three ago": "frozen"}


def test_an_item_that_had_its_edits_today_rests_and_a_night_run_again_counts_the_same(tmp_path):
    batch = ruled(tmp_path, edits_per_day=1)
    second = on(batch, 0, revision=2)
    remember_edits(batch, NAME, edited("once"))
    assert resting_items(batch) == {}
    assert resting_items(second) == {"once": "edits_used"}
    remember_edits(second, NAME, edited("again"))
    assert resting_items(second) == {"once": "edits_used"}


def test_resting_items_get_a_verdict_of_their_own(tmp_path):
    batch = ruled(tmp_path, learning_days=2)
    items = make_items({"keyword": "rests"}, {"keyword": "free"}).assign(is_below_floor=False)
    remember_edits(on(batch, 1), NAME, edited(items["item"].iloc[0]))
    assert verdicts(items, batch).tolist() == ["frozen", "keep"]


def test_edits_left_are_the_platforms_less_todays_and_those_kept_for_people(tmp_path):
    batch = ruled(tmp_path, account=10)
    assert edits_left(batch) == {NAME: 10}
    remember_edits(batch, NAME, edited("a", "b", "c"))
    assert edits_left(on(batch, 0, revision=2)) == {NAME: 7}
    uses = {**batch.settings.platforms, NAME: batch.settings.platforms[NAME].model_copy(update={"edits_reserved": 8})}
    kept = replace(batch, settings=batch.settings.model_copy(update={"platforms": uses}))
    assert edits_left(on(kept, 0, revision=2)) == {NAME: 0}


@pytest.mark.parametrize("most", [0, 1, 2, 5])
def test_as_many_edits_as_are_left_go_to_the_items_that_gain_most(tmp_path, most):
    batch = ruled(tmp_path, account=most)
    items = make_items(*[{"keyword": f"k{at}", "demand_clicks": clicks, "clicks_per_day": clicks, "usual_cost": clicks}
                         for at, clicks in enumerate([10.0, 1000.0, 100.0])])  # fmt: skip
    plan = build_problem(items, batch)
    frozen = lesser_edits(plan, allocate(plan.problem), items, batch)
    by_gain = [items["item"].iloc[at] for at in (1, 2, 0)]
    assert frozen == frozenset(by_gain[most:])
    again = build_problem(items, batch, frozen=frozen)
    moved = plan_rows(again, again.problem, allocate(again.problem)).set_index("item")["multiplier"]
    assert set(moved.index[(moved - 1).abs() > 1e-12]) == set(by_gain[:most])


def test_a_platform_without_a_limit_drops_no_edit(tmp_path):
    batch = ruled(tmp_path)
    items = make_items({})
    plan = build_problem(items, batch)
    assert lesser_edits(plan, allocate(plan.problem), items, batch) == frozenset()


def test_pauses_come_before_bids_and_what_is_beyond_the_limit_is_held_with_its_reason(tmp_path):
    batch = ruled(tmp_path, account=2)
    items = make_items(
        {"keyword": "small", "demand_clicks": 1.0}, {"keyword": "large"}, {"keyword": "waste", "verdict": "pause"}
    )
    plan = build_problem(items, batch)
    rows = finish(item_rows(items, plan_rows(plan, plan.problem, allocate(plan.problem)), batch), batch)
    shown = rows.set_index("keyword")[["action", "decision", "hold_reason"]]
    assert shown.loc["waste"].tolist() == ["pause", "accept", ""]
    assert shown.loc["large"].tolist() == ["lower", "accept", ""]
    assert shown.loc["small"].tolist() == ["lower", "hold", "edits_left"]
    assert not beyond_edits(rows.assign(is_writable=False), batch).any()


@pytest.mark.parametrize("rule", [{"may_lower": False}, {"raises_only": ("Keyword",)}])
def test_a_lever_that_only_rises_is_never_lowered_nor_written_lower(tmp_path, rule):
    batch = ruled(tmp_path, **rule)
    weak = with_caps(make_items({"value_per_click": 0.1}), batch).loc[0]
    assert (weak["min_multiplier"], weak["max_multiplier"] >= 1.0) == (1.0, True)
    rows = sample_rows(batch.platforms[NAME])
    told = check_rows(rows[rows["lever"] == "keyword_bid"], batch.platforms[NAME])
    lowered = rows.index[(rows["lever"] == "keyword_bid") & (rows["new_value"] < rows["old_value"])]
    assert set(told["row"]) == set(lowered)
    assert told["reason"].unique().tolist() == ["lowers what the platform lets only rise"]


def test_only_the_named_entity_types_are_bound_to_rise(tmp_path):
    batch = ruled(tmp_path, raises_only=("Product Targeting",))
    assert with_caps(make_items({"value_per_click": 0.1}), batch).loc[0, "min_multiplier"] < 1.0


def test_an_item_paused_for_want_of_stock_is_switched_on_when_stock_is_back(tmp_path):
    batch = ruled(tmp_path)
    items = make_items({"keyword": "sold out"}, {"keyword": "paused by hand"}).assign(is_below_floor=False)
    stopped = pd.DataFrame({"item": [items["item"].iloc[0]], "reason_code": ["stock_hold"], "action": ["pause"]})
    remember_stock_pauses(on(batch, 5), NAME, stopped)
    paused = items.assign(status="paused")
    assert verdicts(paused, batch).tolist() == ["resume", "not_enabled"]
    assert verdicts(paused.assign(stock=0.0), batch).tolist() == ["not_enabled", "not_enabled"]
    judged = paused.assign(verdict=verdicts(paused, batch), usual_cost=0.0, clicks_per_day=0.0)
    plan = fixed_plan(judged.iloc[:0])
    row = finish(item_rows(judged, plan, batch), batch).set_index("keyword").loc["sold out"]
    assert (row["action"], row["lever"], row["reason_code"], row["decision"]) == (
        "resume",
        "status",
        "back_in_stock",
        "accept",
    )
    assert (row["expected_cost"], row["cost_change"]) == (100.0, 100.0)
    assert row["profit_change"] == pytest.approx(100 * 1.5 - 100)


def test_an_item_that_was_switched_on_again_is_forgotten_and_other_platforms_are_kept(tmp_path):
    batch = ruled(tmp_path)
    stopped = pd.DataFrame({"item": ["a", "b"], "reason_code": "stock_hold", "action": "pause"})
    remember_stock_pauses(on(batch, 3), NAME, stopped)
    remember_stock_pauses(on(batch, 3), "amazon_sp", stopped.assign(item=["c", "d"]))
    remember_stock_pauses(on(batch, 2), NAME, pd.DataFrame({"item": ["a"], "reason_code": "x", "action": "resume"}))
    assert paused_for_stock(on(batch, 2)) == {"a", "b", "c", "d"}
    assert paused_for_stock(batch) == {"b", "c", "d"}
