"""A night with tiers, a month's money and exploring: what is planned for tomorrow is what goes out."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from assets.batch import open_batch
from tests.pipelines.small_home import HELD, NIGHT, change_settings, run_night

pytestmark = pytest.mark.usefixtures("quick_gates")
TIERS = {"taobao_keyword": "core", "taobao_audience": "core", "amazon_sp": "growing", "baidu_search": "testing"}
SHARES = {"core": {"min_share": 0.55}, "growing": {"max_share": 0.3}, "testing": {"max_share": 0.12}}
MONTH, EXPLORE = 60_000.0, 0.05


@pytest.fixture(scope="module")
def night(exported_home: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    """The tables of one night of the small shop, without the platform whose export does not add up."""
    home = Path(shutil.copytree(exported_home, tmp_path_factory.mktemp("ahead") / "home"))
    change_settings(
        home, focus=SHARES, pacing={"month_total": MONTH}, explore={"jitter_share": 0.0, "share": EXPLORE},
        platforms={**{name: {"tier": tier} for name, tier in TIERS.items()}, HELD: {"is_enabled": False}},
    )  # fmt: skip
    outcome = run_night(home)
    assert outcome.exit_status == 0, outcome.error
    batch = open_batch(home, NIGHT)
    names = ("coming_days", "budget_plan", "recommendations", "pruned_items")
    return {name: batch.table(name) for name in names}


def test_tomorrows_total_is_the_first_of_the_coming_days_which_share_what_the_month_has_left(night):
    days, plan = night["coming_days"], night["budget_plan"]
    assert not days["is_held"].any()
    assert days["plan_date"].iloc[0] == pd.Timestamp(NIGHT) + pd.Timedelta(days=1)
    assert 0 < days["planned_cost"].sum() < MONTH
    total = float(days["planned_cost"].iloc[0])
    assert plan["plan_cost"].sum() + plan["fixed_cost"].iloc[0] <= total * (1 + 1e-6)


def test_tiers_keep_their_shares_of_tomorrows_total(night):
    days, plan, items = night["coming_days"], night["budget_plan"], night["pruned_items"]
    total = float(days["planned_cost"].iloc[0])
    rest = items[~items["item"].isin(plan["item"]) & ~items["verdict"].isin(["pause", "stock_hold"])]
    spent = (
        plan.groupby("platform")["plan_cost"].sum().add(rest.groupby("platform")["usual_cost"].sum(), fill_value=0.0)
    )
    tier = spent.groupby(spent.index.map(TIERS)).sum()
    moves = plan.groupby("platform")["plan_cost"].sum().index.map(TIERS)
    assert {"core", "growing", "testing"} <= set(moves)
    assert tier["growing"] <= 0.3 * total * (1 + 1e-6)
    assert tier["testing"] <= 0.12 * total * (1 + 1e-6)


def test_some_keywords_are_bid_up_to_learn_within_their_share_and_say_so(night):
    plan, rows = night["budget_plan"], night["recommendations"]
    explored = plan[plan["explore_worth"].notna()]
    assert len(explored) > 0
    assert (explored["binding_limit"] == "explore").all()
    assert explored["explore_cost"].sum() <= EXPLORE * float(night["coming_days"]["planned_cost"].iloc[0]) * (1 + 1e-9)
    told = rows[rows["reason_code"] == "explore"]
    assert set(told["item"]) <= set(explored["item"])
    assert told["probation_worth"].notna().all()
    assert (told["new_value"] <= told["old_value"] * 1.3 * (1 + 1e-9)).all()
