"""An added word and its negative in the source group: two rows, one decision."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from assets.bidding import finish
from assets.platforms.bid_table import undo_rows
from assets.platforms.levers import check_rows
from assets.ties import HELD, with_ties
from tests.unit.assets.test_new_rows import plan, term_rows, terms

MOVED: dict[str, Any] = {"is_moved": True, "target_campaign": "Exact", "target_campaign_id": "c2",
                         "target_ad_group": "Own", "target_ad_group_id": "g2"}  # fmt: skip


def pair(batch, *more: dict[str, Any], **change: Any) -> pd.DataFrame:
    return finish(term_rows(terms({**MOVED, **change}, *more), plan(1.0), batch), batch)


def test_a_moved_word_is_added_in_its_new_group_and_excluded_exactly_in_its_source(batch):
    rows = pair(batch).set_index("reason_code")
    assert rows.loc["discover_add", ["action", "campaign", "ad_group", "ad_group_id"]].tolist() == [
        "add", "Exact", "Own", "g2",
    ]  # fmt: skip
    assert rows.loc["discover_source_negative", ["action", "lever", "campaign", "ad_group", "match_type"]].tolist() == [
        "negative", "negative_keyword", "Tents", "Group", "exact",
    ]  # fmt: skip
    assert rows["decision"].tolist() == ["accept", "accept"]


def test_a_word_that_stays_in_its_group_gets_no_negative_there(batch):
    rows = pair(batch, is_moved=False)
    assert rows["reason_code"].tolist() == ["discover_add_shared"]
    assert rows["ad_group"].tolist() == ["Group"]


def test_what_the_pair_changes_is_counted_once(batch):
    together, alone = pair(batch), pair(batch, is_moved=False)
    for name in ("cost_change", "value_change", "profit_change"):
        assert together[name].sum() == pytest.approx(alone[name].sum())


def test_a_new_word_that_the_platform_would_refuse_takes_its_negative_with_it(batch):
    rows = term_rows(terms(MOVED, {**MOVED, "search_term": "blue tent"}), plan(1.0), batch)
    rows.loc[(rows["search_term"] == "red tent") & (rows["action"] == "add"), "new_value"] = 1e7  # beyond the bounds
    found = finish(rows, batch).set_index(["search_term", "action"])
    assert found.loc["red tent", "decision"].tolist() == ["hold", "hold"]
    assert found.loc[("red tent", "negative"), "hold_reason"] == HELD
    assert found.loc["blue tent", "decision"].tolist() == ["accept", "accept"]


@pytest.mark.parametrize("n_left", range(1, 6))
def test_whatever_edits_are_left_no_half_of_a_pair_is_written(batch, n_left):
    google = batch.platforms["google_ads"]
    counted = google.model_copy(update={"rulebook": google.rulebook.model_copy(update={"edits_per_day": n_left})})
    batch = replace(batch, platforms={**batch.platforms, "google_ads": counted})
    words = [{**MOVED, "search_term": f"tent {n}", "clicks": 300.0 + n} for n in range(2)]
    single = {"search_term": "repair", "verdict": "negative", "value_per_click": 0.1}
    found = finish(term_rows(terms(*words, single), plan(1.0), batch), batch)
    accepted = found[found["decision"] == "accept"]
    halves = accepted[accepted["search_term"] != "repair"].groupby("search_term").size()
    assert (halves == 2).all()
    assert len(accepted) in (n_left, n_left - 1)


def test_rows_without_a_partner_keep_their_decision(batch):
    rows = pair(batch, {"verdict": "negative", "search_term": "repair"})
    rows.loc[rows["action"] == "add", "decision"] = "hold"
    found = with_ties(rows).set_index("reason_code")["decision"]
    assert found.to_dict() == {
        "discover_add": "hold", "discover_source_negative": "hold", "discover_negative": "accept",
    }  # fmt: skip


def test_a_pair_can_be_written_and_undone(batch):
    rows = pair(batch)
    platform = batch.platforms["google_ads"]
    assert check_rows(rows, platform).empty
    undone = undo_rows(rows).set_index("reason_code")
    assert undone["action"].tolist() == ["remove", "remove"]
    assert np.isnan(undone["new_value"].to_numpy(dtype=np.float64)).all()
