from __future__ import annotations

import pytest

from assets import plan_proof
from assets.budget_lots import put_on_steps
from assets.budgets import proof_metadata
from assets.plan_problem import build_problem
from assets.plan_told import prove
from optimizers.allocation import allocate
from tests.unit.assets.made_up import make_batch, make_items

ROWS = (
    {"keyword": "good", "revenue_per_click": 6.0, "value_per_click": 3.0},
    {"keyword": "weak", "platform": "amazon_sp", "revenue_per_click": 5.0, "value_per_click": 2.5},
)


def solve(batch, *rows, log_sd=0.3):
    plan = build_problem(make_items(*rows).assign(value_log_sd=log_sd), batch)
    assert plan.problem is not None
    return plan, allocate(plan.problem)


def test_unsure_values_cost_something_and_sure_ones_nothing(tmp_path):
    batch = make_batch(tmp_path, budget={"daily_total": 150.0})
    unsure = plan_proof.plan_regret(*solve(batch, *ROWS), batch)
    sure = plan_proof.plan_regret(*solve(batch, *ROWS, log_sd=0.0), batch)
    assert unsure.mean > 0
    assert unsure.high >= unsure.mean
    assert sure.mean == pytest.approx(0.0, abs=1e-9)


def test_under_a_floor_the_regret_is_not_told_and_says_so(tmp_path):
    batch = make_batch(tmp_path, budget={"daily_total": 150.0, "min_roas": 1.5})
    assert plan_proof.plan_regret(*solve(batch, *ROWS), batch) is None
    assert "ROAS" in plan_proof.regret_words(None, "CNY")


def test_other_budgets_are_told_for_the_total_and_each_platform(tmp_path):
    plan, _ = solve(make_batch(tmp_path, budget={"daily_total": 170.0}), *ROWS)
    table = plan_proof.what_if_table(plan_proof.what_if_rows(plan), plan.fixed_cost)
    assert table["预算 / budget"].tolist() == [
        "total", "total -25%", "total -10%", "total +10%", "total +25%",
        "amazon_sp -10%", "amazon_sp +10%", "google_ads -10%", "google_ads +10%",
    ]  # fmt: skip
    gains = table["目标变化 / gain"].tolist()
    assert float(gains[2]) < 0 < float(gains[3])


def test_platforms_are_asked_for_by_name_under_tiers_too(tmp_path):
    tiers = {"google_ads": {"tier": "core"}, "amazon_sp": {"tier": "core"}}
    plan, _ = solve(make_batch(tmp_path, budget={"daily_total": 170.0}, platforms=tiers), *ROWS)
    assert plan.problem.tree.depth.max() > 2
    assert {row.name for row in plan_proof.what_if_rows(plan)} == {"total", "google_ads", "amazon_sp"}


def test_a_change_that_no_bid_can_make_says_which_limit_forbids_it(tmp_path):
    plan, _ = solve(make_batch(tmp_path, budget={"daily_total": 118.0}), *ROWS)
    table = plan_proof.what_if_table(plan_proof.what_if_rows(plan), plan.fixed_cost).set_index("预算 / budget")
    assert "cannot be met: items of google_ads" in table.loc["total -25%", "说明 / note"]
    assert table.loc["total -25%", "价值 / value"] == ""


def test_too_many_items_leave_the_platforms_out_and_say_so(tmp_path, monkeypatch):
    monkeypatch.setattr(plan_proof, "MAX_WHAT_IF_WORK", 3)
    batch = make_batch(tmp_path, budget={"daily_total": 170.0})
    plan, result = solve(batch, *ROWS)
    assert {row.name for row in plan_proof.what_if_rows(plan)} == {"total"}
    proof = prove(plan, put_on_steps(plan, result, batch), batch)
    assert "left out" in proof_metadata(plan, result, proof, batch)["04_what_if_note"]


def test_every_item_is_counted_once_under_the_limit_that_stops_it(tmp_path):
    _, result = solve(make_batch(tmp_path, budget={"daily_total": 170.0}), *ROWS)
    table = plan_proof.binding_table(result)
    assert table["对象数 / items"].sum() == 2
    assert set(table["限制 / limit"]) == set(result.keyword_binding)
