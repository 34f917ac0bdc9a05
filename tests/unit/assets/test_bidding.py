from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from assets.batch import Batch
from assets.bid_rows import item_rows
from assets.bidding import COLUMNS, TEXTS, finish
from assets.expectations.gates import check_table
from tests.unit.assets.made_up import make_batch, make_items
from tests.unit.assets.planned import fixed_plan, recommend


def rows_of(batch: Batch, *changes: dict[str, Any], multiplier: float = 1.2) -> pd.DataFrame:
    """Return item rows whose plan raises every bid by a fifth; ids are unique so that a platform takes them."""
    items = make_items(*({"keyword": f"w{n}", **change} for n, change in enumerate(changes)))
    lever = np.where(items["verdict"].eq("keep"), "keyword_bid", "")
    return item_rows(items, fixed_plan(items, lever, multiplier=multiplier), batch)


def term(platform: str = "google_ads", **changes: Any) -> dict[str, Any]:
    return {
        "platform": platform, "account": "main", "item": f"{platform}|main|search_term|red tent", "level": "search_term",
        "lever": "new_keyword", "campaign": "Tents", "ad_group": "Group", "keyword": "red tent", "search_term": "red tent",
        "match_type": "exact", "currency": "CNY", "new_value": 1.0, "action": "add", "reason_code": "discover_add",
        "evidence_grade": "B", "cost": 0.0, "expected_cost": 0.0, "cost_change": 0.0, **changes,
    }  # fmt: skip


def test_every_column_is_there_in_its_type_and_rows_are_sorted(batch):
    found = finish(rows_of(batch, {"keyword": "z"}, {"keyword": "a"}), batch)
    assert found.columns.tolist() == COLUMNS
    assert [str(found[name].dtype) for name in TEXTS] == ["str"] * len(TEXTS)
    assert found["keyword"].tolist() == ["a", "z"]
    assert found["is_writable"].dtype == bool


def test_a_safe_change_is_accepted_and_passes_the_table_gate(batch):
    found = finish(rows_of(batch, {}), batch)
    assert found[["action", "decision", "hold_reason"]].to_numpy().tolist() == [["raise", "accept", ""]]
    assert check_table(found, "recommendations").failures == ()


def test_nothing_of_a_held_platform_is_accepted_not_even_its_new_terms(batch):
    rows = pd.concat([rows_of(batch, {"is_held": True, "verdict": "pause"}), pd.DataFrame([term()])], ignore_index=True)
    found = finish(rows, batch)
    assert found["decision"].tolist() == ["hold", "hold"]
    assert not found["is_writable"].any()
    assert found["hold_reason"].tolist() == ["platform_held"] * 2


def test_a_held_platform_holds_no_other_platform(batch):
    rows = pd.concat(
        [rows_of(batch, {"is_held": True}), rows_of(batch, {"platform": "baidu_search"})], ignore_index=True
    )
    assert finish(rows, batch).set_index("platform")["decision"].to_dict() == {
        "google_ads": "hold",
        "baidu_search": "accept",
    }


@pytest.mark.parametrize("value", [0.0, -1.0, np.inf, 2.0 * 101, 2.0 / 101], ids=str)
def test_an_unsafe_value_holds_its_whole_platform_and_no_other(batch, value):
    rows = pd.concat([rows_of(batch, {}, {}), rows_of(batch, {"platform": "baidu_search"})], ignore_index=True)
    rows.loc[0, "new_value"] = value
    found = finish(rows, batch).set_index("item")["hold_reason"]
    assert found[found.index.str.startswith("google_ads")].tolist() == ["unsafe_value"] * 2
    assert found[found.index.str.startswith("baidu_search")].tolist() == [""]


@pytest.mark.parametrize(
    ("change", "reason"), [(49.0, ""), (51.0, "expected_spend")], ids=["just inside", "just outside"]
)
def test_more_spend_than_the_guardrail_expects_holds_the_platform(batch, change, reason):
    rows = rows_of(batch, {}).assign(cost=100.0, cost_change=change)
    assert finish(rows, batch)["hold_reason"].tolist() == [reason]


def test_what_a_term_costs_is_part_of_its_keywords_cost_and_does_not_widen_the_guardrail(batch):
    rows = pd.concat(
        [rows_of(batch, {}).assign(cost=100.0, cost_change=51.0), pd.DataFrame([term(cost=500.0)])], ignore_index=True
    )
    assert (finish(rows, batch)["hold_reason"] == "expected_spend").all()


def test_a_row_that_the_platform_would_refuse_is_held_alone(batch):
    """A bid off the step, and a word without its ad group: the good row beside them is accepted."""
    rows = rows_of(batch, {}, {}, {"ad_group": None})
    rows.loc[0, "new_value"] = 2.4567
    found = finish(rows, batch).set_index("keyword")
    assert found.loc["w1", ["decision", "hold_reason"]].tolist() == ["accept", ""]
    assert found.loc["w0", "hold_reason"] == "is not on the step"
    assert found.loc["w2", "hold_reason"] != ""
    assert found["decision"].tolist().count("hold") == 2


def test_a_new_word_without_a_bid_is_held_alone(batch):
    rows = pd.concat([rows_of(batch, {}), pd.DataFrame([term(new_value=np.nan)])], ignore_index=True)
    found = finish(rows, batch).set_index("lever")["hold_reason"]
    assert found["keyword_bid"] == ""
    assert found["new_keyword"] == "is not a finite number"


@pytest.mark.parametrize(("review", "accepted"), [("auto", "ABCD"), ("approve", "AB")])
def test_where_a_person_approves_only_well_founded_rows_are_proposed_for_acceptance(tmp_path, review, accepted):
    batch = make_batch(tmp_path, review=review)
    found = finish(rows_of(batch, *({"evidence_grade": grade} for grade in "ABCD")), batch)
    assert "".join(found.loc[found["decision"] == "accept", "evidence_grade"]) == accepted


def test_quiet_rows_and_closed_levers_are_not_writable(batch):
    quiet = rows_of(batch, {"verdict": "frozen"})
    closed = rows_of(batch, {"platform": "amazon_sp"}).assign(lever="daily_budget")
    assert not finish(pd.concat([quiet, closed], ignore_index=True), batch)["is_writable"].any()


def test_items_become_recommendations_whole_from_verdict_to_decision(tmp_path):
    """Money without end: the good word rises to its cap, the bad one falls to where its margin meets its bid."""
    batch = make_batch(tmp_path, budget={"daily_total": 1e6})
    good, bad = (
        {"keyword": "good", "value_per_click": 6.0, "revenue_per_click": 12.0},
        {"keyword": "bad", "value_per_click": 1.5},
    )
    found = recommend(make_items(good, bad), batch).set_index("keyword")
    assert found.loc["good", ["old_value", "new_value", "action"]].tolist() == [2.0, 2.6, "raise"]
    assert found.loc["bad", ["old_value", "new_value", "action"]].tolist() == [2.0, 1.5, "lower"]
    assert (found["decision"] == "accept").all()


def test_a_night_in_which_nothing_may_move_still_has_a_row_per_item(batch):
    found = recommend(make_items({"verdict": "no_entity", "bid": np.nan, "status": None}), batch)
    assert found[["action", "reason_code", "decision"]].to_numpy().tolist() == [["hold", "no_entity", "hold"]]
    assert check_table(found, "recommendations").failures == ()
