"""The seeded jitter of edited bids: inside every bound, logged with what it would be on average, and switched off by a zero."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from assets.batch import Batch
from assets.bid_rows import item_rows
from assets.experiments_log import logged_bids, remember_trials
from assets.warehouse import state
from tests.unit.assets.made_up import make_batch, make_items
from tests.unit.assets.planned import fixed_plan

NAMES = [f"word {number}" for number in range(300)]


def jittered(batch: Batch, multiplier: float, **changes: object) -> pd.DataFrame:
    """Return the rows of 300 equal keywords that are all to be moved alike."""
    items = make_items(*[{"keyword": name, "bid": 2.0, **changes} for name in NAMES])
    return item_rows(items, fixed_plan(items, multiplier=multiplier), batch)


def exploring(root: object, share: float = 0.05) -> Batch:
    return make_batch(root, explore={"jitter_share": share})


def test_an_edited_bid_is_moved_by_at_most_the_share_and_keeps_its_plan(tmp_path):
    """2.00 is to become 2.30: at most 5 % around it, on the step, on average nowhere."""
    rows = jittered(exploring(tmp_path), 1.15)
    change = np.log(rows["new_value"] / rows["planned_value"])
    assert rows["planned_value"].unique().tolist() == [2.3]
    assert change.abs().max() <= np.log(1.05) + 0.005 / 2.3
    assert change.nunique() > 15
    assert abs(change.mean()) < 4 * change.std() / np.sqrt(len(change))
    assert rows["jitter_mean"].abs().max() < 0.001


def test_a_draw_is_bent_by_the_cap_and_its_mean_says_so(tmp_path):
    """At the largest raise a bid can only go down; the mean that is kept is the mean that is seen."""
    rows = jittered(exploring(tmp_path), 1.3)
    change = np.log(rows["new_value"] / rows["planned_value"])
    assert rows["new_value"].max() == 2.6
    assert change.mean() < -0.005
    assert rows["jitter_mean"].to_numpy() == pytest.approx(change.mean(), abs=4 * change.std() / np.sqrt(len(change)))


@pytest.mark.parametrize("multiplier", [0.7, 0.78, 0.97, 1.03, 1.2, 1.3])
def test_no_draw_crosses_a_cap_turns_a_raise_or_undoes_an_edit(tmp_path, multiplier):
    """Which bids are edited never depends on the draw."""
    rows = jittered(exploring(tmp_path), multiplier)
    change = rows["new_value"] / rows["old_value"] - 1.0
    assert change.between(-0.3 - 1e-9, 0.3 + 1e-9).all()
    assert (np.sign(change) == np.sign(multiplier - 1.0)).all()
    assert (change.abs() >= 0.02 - 1e-9).all()
    assert rows["action"].unique().tolist() == ["raise" if multiplier > 1 else "lower"]


def test_a_small_bid_is_not_moved_where_its_step_is_larger_than_the_jitter(tmp_path):
    """0.10 in steps of 0.01: 5 % is half a step."""
    rows = jittered(exploring(tmp_path), 0.8, bid=0.10)
    assert rows["new_value"].unique().tolist() == [0.08]


def test_what_stays_carries_no_jitter(tmp_path):
    """Neither does what is held, nor an exhausted campaign, whose clicks answer to its budget."""
    batch = exploring(tmp_path)
    for rows in (jittered(batch, 1.0), jittered(batch, 1.2, is_held=True), jittered(batch, 0.8, is_exhausted=True)):
        assert rows["planned_value"].isna().all()
    assert jittered(batch, 0.8, is_exhausted=True)["new_value"].unique().tolist() == [1.6]


def test_a_share_of_zero_switches_it_off(tmp_path):
    """Bids are then what was planned."""
    rows = jittered(exploring(tmp_path, 0.0), 1.15)
    assert rows["new_value"].unique().tolist() == [2.3]
    assert rows["planned_value"].isna().all()


def test_neither_order_nor_other_rows_change_a_bid(tmp_path):
    """The draw hangs on the item and the night."""
    batch = exploring(tmp_path)
    items = make_items(*[{"keyword": name} for name in NAMES[:20]])
    some = items.iloc[::-2].reset_index(drop=True)
    every = item_rows(items, fixed_plan(items, multiplier=1.15), batch).set_index("item")["new_value"]
    few = item_rows(some, fixed_plan(some, multiplier=1.15), batch).set_index("item")["new_value"]
    assert few.to_dict() == every[few.index].to_dict()


def test_the_log_gives_back_what_an_earlier_night_published(tmp_path):
    """Old, planned and new bid with the draw's mean; tonight's own edits are not yet known."""
    batch = exploring(tmp_path)
    rows = jittered(batch, 1.3)
    remember_trials(batch, "google_ads", rows)
    state.mark_published(batch.home, batch.night, 1, ["google_ads"])
    assert logged_bids(batch).empty
    later = batch.__class__(**{**batch.__dict__, "night": batch.night + pd.Timedelta(days=1).to_pytimedelta()})
    log = logged_bids(later).set_index("item")
    want = rows.set_index("item")
    for column, source in (
        ("old", "old_value"),
        ("planned", "planned_value"),
        ("new", "new_value"),
        ("mean", "jitter_mean"),
    ):
        assert log[column].to_dict() == want[source].to_dict()
