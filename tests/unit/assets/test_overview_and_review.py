from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from assets.batch import Batch, Batches
from assets.budgets import empty_plan
from assets.overview import NODE_COLUMNS, night_summary, price_nodes
from assets.review import newest_complete_night, newest_metadata, review_folder, write_review
from assets.warehouse.tables import write_table
from tests.unit.assets.made_up import NIGHT, make_batch, make_items
from tests.unit.assets.planned import make_plan, recommend

GOOD = {"keyword": "good", "value_per_click": 6.0, "value_per_click_high": 7.0, "revenue_per_click": 12.0, "roas": 12.0}
POOR = {"keyword": "poor", "value_per_click": 1.0, "revenue_per_click": 2.1, "roas": 2.1}


@pytest.fixture
def rich(tmp_path) -> Batch:
    return make_batch(tmp_path, budget={"daily_total": 1e6})


def status_of(is_held: bool = False) -> pd.DataFrame:
    texts = {"platform": "google_ads", "reason_code": "ok", "reason_zh": "好", "reason_en": "good"}
    day = pd.to_datetime(["2025-03-10"]).astype("datetime64[us]")
    return pd.DataFrame(
        {**{name: [text] for name, text in texts.items()}, "is_held": [is_held], "last_complete_date": day}
    )


def keep_tables(batch: Batch, items: pd.DataFrame, status: pd.DataFrame, night: date = NIGHT) -> None:
    """Write the tables that the review shows, as the stages would."""
    made = {
        "platform_status": status,
        "budget_plan": make_plan(items, batch),
        "recommendations": recommend(items, batch),
    }
    for name, frame in made.items():
        write_table(batch.home, night, 1, name, frame, (), batch.stamp({"table_gate": True}))


def test_money_before_and_after_adds_up_with_the_accepted_recommendations(rich):
    rows = recommend(make_items(GOOD, POOR, {"keyword": "frozen", "verdict": "frozen"}), rich)
    money = night_summary(rows, rich)["money"]
    changes = rows[rows["decision"] == "accept"]
    assert len(changes) == 2
    assert money["cost"]["before"] == pytest.approx(300.0)
    assert money["cost"]["after"] - money["cost"]["before"] == pytest.approx(changes["cost_change"].sum())
    assert money["value"]["before"] == pytest.approx(100 * 12.0 + 100 * 2.1 + 100 * 3.0)
    assert money["profit"]["before"] == pytest.approx(100 * (6.0 - 1) + 100 * (1.05 - 1) + 100 * (1.5 - 1))
    assert money["profit"]["after"] - money["profit"]["before"] == pytest.approx(changes["profit_change"].sum())
    assert money["profit"]["low"] < money["profit"]["after"] < money["profit"]["high"]


def test_what_is_only_proposed_or_held_changes_nothing(tmp_path):
    batch = make_batch(tmp_path, review="approve", budget={"daily_total": 1e6})
    rows = recommend(make_items({**GOOD, "evidence_grade": "D"}, {**POOR, "is_held": True}), batch)
    for line in night_summary(rows, batch)["money"].values():
        assert line["after"] == line["before"]


def test_a_term_is_part_of_its_keywords_cost_and_is_not_counted_twice(rich):
    rows = recommend(make_items({}), rich)
    texts = {
        "item": "x",
        "level": "search_term",
        "lever": "negative_keyword",
        "action": "negative",
        "decision": "accept",
    }
    money_of_term = {"cost": 40.0, "cost_change": -40.0, "value_change": -30.0, "profit_change": 5.0}
    term = rows.assign(**texts, **money_of_term, profit_change_low=1.0, profit_change_high=9.0)
    money = night_summary(pd.concat([rows, term], ignore_index=True), rich)["money"]
    alone = night_summary(rows, rich)["money"]
    assert money["cost"]["before"] == alone["cost"]["before"]
    assert money["cost"]["after"] == pytest.approx(alone["cost"]["after"] - 40.0)


def test_actions_are_counted_by_platform(rich):
    rows = recommend(make_items(GOOD, POOR, {"platform": "amazon_sp", "verdict": "frozen"}), rich)
    assert night_summary(rows, rich)["actions"] == {"amazon_sp": {"hold": 1}, "google_ads": {"lower": 1, "raise": 1}}


def test_the_tree_of_prices_adds_up_from_campaigns_to_the_total(rich):
    audience = {
        "platform": "taobao_audience",
        "level": "placement",
        "campaign": "拉新",
        "keyword": "",
        "bid": np.nan,
        "target_roas": 3.0,
    }
    nodes = price_nodes(
        make_plan(make_items(GOOD, {**POOR, "campaign": "Chairs", "campaign_key": "Chairs"}, audience), rich)
    )
    by_parent = nodes.groupby("parent")["cost"].sum()
    cost = nodes.set_index("name")["cost"]
    assert by_parent["total"] == pytest.approx(cost["total"])
    assert by_parent["google_ads"] == pytest.approx(cost["google_ads"])
    assert nodes["name"].tolist()[:3] == ["total", "google_ads", "taobao_audience"]
    assert nodes.columns.tolist() == NODE_COLUMNS
    assert nodes.set_index("name").loc["google_ads", "sentence_en"].startswith("google_ads: spends")


def test_an_empty_plan_has_no_nodes():
    assert price_nodes(empty_plan()).empty
    assert price_nodes(empty_plan()).columns.tolist() == NODE_COLUMNS


@pytest.mark.parametrize(
    "change", [GOOD, {"verdict": "no_entity", "status": None, "bid": np.nan}], ids=["a change", "nothing moves"]
)
def test_page_and_workbook_are_written_also_when_nothing_may_move(rich, change):
    keep_tables(rich, make_items(change), status_of())
    folder = write_review(rich)
    assert folder == review_folder(rich)
    assert {path.name for path in folder.iterdir()} >= {"index.html", "review.xlsx"}


def test_tonight_shows_money_holds_and_the_newest_computed_night(rich):
    keep_tables(rich, make_items(GOOD), status_of(is_held=True))
    batches = opened(rich, NIGHT)
    shown: dict[str, Any] = newest_metadata(batches)
    assert shown["01_night"] == "2025-03-10"
    assert shown["n_held"] == 1
    assert "Google" in shown["01_held"].value
    assert shown["00_review_page"].value.endswith("/review/2025-03-10/index.html")
    assert shown["05_chart"].value.startswith("![money by platform](data:image/png;base64,")


def opened(batch: Batch, *nights: date) -> Batches:
    """Return nights of the home whose inputs have been frozen, as a run would leave them."""
    batches = Batches(batch.home.root)
    (batch.home.inbox / "a.csv").write_text("x", encoding="utf-8")
    for night in nights:
        batches.open(night)
    return batches


def test_an_old_night_that_is_run_again_is_not_the_newest(rich):
    later = date(2025, 3, 12)
    keep_tables(rich, make_items(GOOD), status_of())
    keep_tables(rich, make_items(GOOD), status_of(), night=later)
    batches = opened(rich, NIGHT, later)
    assert newest_complete_night(batches) == later
    again = Batches(rich.home.root)
    again.open(NIGHT)
    assert newest_complete_night(again) == later


def test_a_night_without_recommendations_is_not_complete(rich):
    keep_tables(rich, make_items(GOOD), status_of())
    write_table(rich.home, date(2025, 3, 11), 1, "profile", status_of(), (), rich.stamp({}))
    assert newest_complete_night(opened(rich, NIGHT, date(2025, 3, 11))) == NIGHT


def test_tonight_alone_in_a_home_that_never_ran_says_what_to_do(batch):
    with pytest.raises(LookupError, match="has no computed night yet; run one first"):
        newest_complete_night(Batches(batch.home.root))
