"""Paused keywords come back for a while when what could be learned pays, and do not go round in circles."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from assets.batch import Batch
from assets.bid_rows import item_rows
from assets.bidding import finish
from assets.platforms.levers import check_rows
from assets.probation import Pause, known_pauses, remember_floor_pauses, weigh_trials, with_probation
from assets.pruning import judge_items
from tests.unit.assets.made_up import make_batch, make_items
from tests.unit.assets.planned import fixed_plan

NAME = "google_ads"
# 200 clicks without a sale against a prior of 2 sales in 100 clicks; a sale earns 40, a click costs 0.50 at the lowest bid
OFF: dict[str, Any] = {
    "status": "paused", "cvr": 2 / 300, "cvr_shape": 2.0, "cvr_rate": 300.0, "effective_conversions": 0.0,
    "effective_clicks": 200.0, "value_per_click": 40 * 2 / 300, "lowest_cpc": 0.5, "usual_cost": 0.0, "clicks": 60.0,
    "n_days": 30.0, "clicks_per_day": 1.0, "lowest_clicks": 0.8, "p_below_floor": 0.95, "p_loss": 0.95,
    "p_unprofitable": 0.95,
}  # fmt: skip


def on(batch: Batch, back: int) -> Batch:
    night = batch.night - timedelta(days=back)
    return replace(batch, night=night, inputs=replace(batch.inputs, night=night))


def told(items: pd.DataFrame, reason: str, action: str = "pause") -> pd.DataFrame:
    return items[["item"]].assign(reason_code=reason, action=action)


def paused_since(batch: Batch, days: int, times: int = 1) -> pd.DataFrame:
    """Return a paused item, beside one that runs, after as many pauses by us, the last ``days`` ago."""
    items = make_items({**OFF, "keyword": "off"}, {"keyword": "runs", "usual_cost": 1000.0})
    for at in range(times):
        remember_floor_pauses(on(batch, days + times - 1 - at), NAME, told(items.head(1), "waste_pause"))
    return items


def test_a_pause_is_kept_with_its_night_and_counted_and_a_rerun_counts_it_once(tmp_path):
    batch = make_batch(tmp_path)
    items = make_items({"keyword": "a"})
    for _ in range(2):
        remember_floor_pauses(on(batch, 9), NAME, told(items, "waste_pause"))
    remember_floor_pauses(on(batch, 3), NAME, told(items, "roas_below_floor_pause"))
    assert known_pauses(batch) == {items["item"][0]: Pause(2, date(2025, 3, 7))}
    assert known_pauses(on(batch, 3)) == {items["item"][0]: Pause(1, date(2025, 3, 1))}


def test_a_pause_for_stock_is_not_one_of_ours(tmp_path):
    batch = make_batch(tmp_path)
    remember_floor_pauses(on(batch, 2), NAME, told(make_items({}), "stock_hold"))
    assert known_pauses(batch) == {}


def test_what_did_well_for_a_horizon_after_its_trial_starts_anew(tmp_path):
    batch = make_batch(tmp_path)
    items = make_items({})
    for back, reason, action in (
        (200, "waste_pause", "pause"),
        (100, "probation", "resume"),
        (9, "waste_pause", "pause"),
    ):
        remember_floor_pauses(on(batch, back), NAME, told(items, reason, action))
    assert known_pauses(batch)[items["item"][0]].times == 1


def test_a_keyword_that_never_sells_comes_back_ever_more_rarely(tmp_path):
    """A year: 28 days until the evidence has aged, then rests of 28, 56 and 112 days after trials of 14."""
    batch, is_on, trials = make_batch(tmp_path), False, []
    off, runs = (
        {**OFF, "keyword": "off", "cost_per_day": 1.0},
        {"keyword": "runs", "usual_cost": 1e3, "cost_per_day": 1e4},
    )
    remember_floor_pauses(on(batch, 364), NAME, told(make_items(off), "waste_pause"))
    for back in range(350, 0, -14):
        items = make_items({**off, "status": "enabled" if is_on else "paused"}, runs)
        verdict = judge_items(items, on(batch, back))["verdict"][0]
        if verdict in ("probation", "pause"):
            is_on = verdict == "probation"
            rows = told(items.head(1), "probation" if is_on else "waste_pause", "resume" if is_on else "pause")
            remember_floor_pauses(on(batch, back), NAME, rows)
            trials += [364 - back] if is_on else []
    assert trials == [28, 28 + 14 + 28, 70 + 14 + 56, 140 + 14 + 112]


def test_platforms_keep_their_pauses_apart(tmp_path):
    batch = make_batch(tmp_path)
    items = make_items({"keyword": "a"}, {"keyword": "b", "platform": "amazon_sp"})
    remember_floor_pauses(on(batch, 1), NAME, told(items.head(1), "waste_pause"))
    remember_floor_pauses(on(batch, 1), "amazon_sp", told(items.tail(1), "waste_pause"))
    assert sorted(known_pauses(batch)) == sorted(items["item"])


@pytest.mark.parametrize(("days", "returns"), [(1, False), (13, False), (40, True)])
def test_a_paused_keyword_returns_when_its_evidence_has_aged(tmp_path, days, returns):
    batch = make_batch(tmp_path, window={"days": 60, "half_life_days": 14})
    found = judge_items(paused_since(batch, days), batch)
    assert found["verdict"].tolist() == ["probation" if returns else "not_enabled", "keep"]


def test_the_rest_doubles_with_every_pause(tmp_path):
    """Fourteen days after the first, 28 after the second, 56 after the third."""
    batch = make_batch(tmp_path)
    verdict = [judge_items(paused_since(replace(batch, home=make_batch(tmp_path / str(times)).home), 40, times),
                           replace(batch, home=make_batch(tmp_path / str(times)).home))["verdict"][0]
               for times in (1, 2, 3)]  # fmt: skip
    assert verdict == ["probation", "probation", "not_enabled"]


@pytest.mark.parametrize(("rule", "verdict"), [("ours", "not_enabled"), ("off", "not_enabled"), ("all", "probation")])
def test_what_a_person_paused_returns_only_where_the_settings_say_so(tmp_path, rule, verdict):
    base = make_batch(tmp_path).settings.floor.model_dump()
    batch = make_batch(tmp_path, floor={**base, "probation": rule})
    items = make_items({**OFF, "effective_clicks": 20.0, "cvr_rate": 120.0, "cvr": 2 / 120, "value_per_click": 80 / 120},
                       {"keyword": "runs", "usual_cost": 1000.0})  # fmt: skip
    assert judge_items(items, batch)["verdict"].tolist() == [verdict, "keep"]


def test_the_settings_can_switch_probation_off(tmp_path):
    base = make_batch(tmp_path).settings.floor.model_dump()
    batch = make_batch(tmp_path, floor={**base, "probation": "off"})
    assert judge_items(paused_since(batch, 40), batch)["verdict"][0] == "not_enabled"


@pytest.mark.parametrize(
    "change",
    [{"stock": 0.0}, {"is_held": True}, {"do_not_touch_until": "2025-04-01"}, {"value_source": "unknown"},
     {"bid": None, "lowest_bid": None}],
    ids=["sold out", "platform held", "not to be touched", "value not known", "no bid"],
)  # fmt: skip
def test_what_may_not_be_touched_or_could_not_sell_does_not_return(tmp_path, change):
    batch = make_batch(tmp_path)
    paused_since(batch, 40)
    items = make_items({**OFF, "keyword": "off", **change}, {"keyword": "runs", "usual_cost": 1000.0})
    assert not with_probation(items, batch)["starts_trial"].any()


def test_all_trials_together_stay_within_their_share_of_the_platforms_cost(tmp_path):
    """Trials of 1.6 clicks at 0.50 a day; 1 % of 200 a day pays for two of them, and for one beside one that runs."""
    batch = make_batch(tmp_path)
    rows = [{**OFF, "keyword": f"off{n}"} for n in range(5)]
    items = make_items(*rows, {"keyword": "runs", "usual_cost": 199.0}, {"keyword": "trial", "usual_cost": 1.0})
    remember_floor_pauses(on(batch, 40), NAME, told(items, "waste_pause").head(5))
    found = with_probation(items, batch)
    assert found["probation_cost"][0] == pytest.approx(0.8)
    assert found["starts_trial"].sum() == 2
    remember_floor_pauses(on(batch, 1), NAME, told(items.tail(1), "probation", "resume"))
    assert with_probation(items, batch)["starts_trial"].sum() == 1


def test_which_of_equal_trials_run_does_not_depend_on_the_order_of_rows(tmp_path):
    batch = make_batch(tmp_path)
    items = make_items(*({**OFF, "keyword": f"off{n}"} for n in range(6)), {"usual_cost": 200.0})
    remember_floor_pauses(on(batch, 40), NAME, told(items.head(6), "waste_pause"))
    plain = with_probation(items, batch)
    turned = with_probation(items.iloc[::-1].reset_index(drop=True), batch)
    assert set(plain.loc[plain["starts_trial"], "item"]) == set(turned.loc[turned["starts_trial"], "item"])


def test_a_running_trial_is_left_alone_until_its_days_are_over_and_judged_then(tmp_path):
    batch = make_batch(tmp_path)
    items = make_items({**OFF, "status": "enabled", "cost_per_day": 1.0}, {"keyword": "runs", "cost_per_day": 1e4})
    remember_floor_pauses(on(batch, 13), NAME, told(items.head(1), "probation", "resume"))
    assert judge_items(items, batch)["verdict"].tolist() == ["on_probation", "keep"]
    assert judge_items(items, on(batch, -1))["verdict"].tolist() == ["pause", "keep"]


def test_probation_is_two_edits_of_one_item_with_its_numbers_and_the_platform_takes_both(tmp_path):
    """On again at 1.40, the lowest bid permitted from 2.00; 1.6 clicks a day at 0.50 are its money."""
    batch = make_batch(tmp_path)
    items = judge_items(paused_since(batch, 40), batch)
    rows = finish(item_rows(items, fixed_plan(items.tail(1)), batch), batch)
    mine = rows[rows["keyword"] == "off"].set_index("lever")
    assert mine["action"].to_dict() == {"keyword_bid": "lower", "status": "resume"}
    assert mine["reason_code"].unique().tolist() == ["probation"]
    assert mine.loc["keyword_bid", ["old_value", "new_value"]].tolist() == [2.0, 1.4]
    assert mine.loc["status", "expected_cost"] == pytest.approx(0.8)
    assert mine.loc["status", "probation_worth"] > 0
    assert mine["cost_change"].sum() == pytest.approx(0.8)
    assert mine["decision"].tolist() == ["accept", "accept"]
    assert check_rows(rows[rows["is_writable"]], batch.platforms[NAME]).empty


def test_a_trial_is_weighed_with_what_the_keyword_did_on_days_on_which_it_ran(tmp_path):
    """60 clicks on 30 days: 2 a day, 0.8 of them at the lowest bid, whatever the days off have made of the average."""
    batch = make_batch(tmp_path)
    items = make_items({**OFF, "keyword": "off"})
    found = weigh_trials(items, {}, batch)
    assert found["probation_clicks"].tolist() == pytest.approx([1.6])
    assert np.isfinite(found["probation_worth"]).all()
