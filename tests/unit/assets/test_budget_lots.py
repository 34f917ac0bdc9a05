"""Daily budgets on their platforms' steps: whole steps that fit, the best of them, and what that costs at most."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from assets.bid_rows import item_rows
from assets.budget_lots import put_on_steps, rounding_words
from assets.budgets import plan_rows
from assets.plan_solve import plan_night
from tests.unit.assets.made_up import make_batch, make_items

NAME = "taobao_audience"  # whole yuan, at least 30
PLAN = {"platform": NAME, "level": "placement", "keyword": "", "bid": np.nan, "is_exhausted": True}


def budget(campaign: str, money: float, value: float = 2.0, **changes):
    return {**PLAN, "campaign": campaign, "campaign_key": campaign, "daily_budget": money, "usual_cost": money,
            "value_per_click": value, "revenue_per_click": 2 * value, **changes}  # fmt: skip


def night_of(tmp_path, *rows, **settings):
    batch = make_batch(tmp_path, **settings)
    items = make_items(*rows)
    night = plan_night(items, batch)
    return items, batch, night, put_on_steps(night.plan, night.result, batch)


def test_every_budget_is_whole_steps_next_to_its_optimum_and_the_total_is_kept(tmp_path):
    rows = [budget("a", 101.0, 2.1), budget("b", 203.0, 1.9), budget("c", 57.0, 2.4)]
    _, _, night, done = night_of(tmp_path, *rows, budget={"daily_total": 370.4})
    assert done.n_budgets == 3
    assert done.result.budget == pytest.approx(np.rint(done.result.budget), abs=1e-9)
    assert (np.abs(done.result.budget - night.result.budget) < 1.0).all()
    assert done.result.total_cost <= 370.4
    assert done.left == pytest.approx(370.4 - done.result.total_cost)
    assert done.left < 1.0  # what one budget loses to its step another one gains


def test_the_steps_are_the_best_of_all_neighbours_and_the_bound_holds(tmp_path):
    rows = [budget("a", 101.0, 2.1), budget("b", 203.0, 1.9), budget("c", 57.0, 2.4)]
    _, _, night, done = night_of(tmp_path, *rows, budget={"daily_total": 370.4})
    items = night.plan.problem.budgets

    def earns(money: np.ndarray) -> float:
        return float((items.value0 * (money / items.budget0) ** items.beta - money).sum())

    most = np.floor(items.max_budget + 1e-9)  # one of them is at its cap
    ends = [(np.floor(one), min(np.ceil(one), cap)) for one, cap in zip(night.result.budget, most, strict=True)]
    best = max(earns(np.array(one)) for one in itertools.product(*ends) if sum(one) <= 370.4)
    assert earns(done.result.budget) == pytest.approx(best)
    assert done.loss_bound >= 0.0
    assert earns(night.result.budget) <= earns(done.result.budget) + done.loss_bound + 1e-9


def test_the_row_that_goes_out_has_the_planned_step(tmp_path):
    rows = [budget("a", 101.0, 2.1), budget("b", 203.0, 1.4)]
    items, batch, night, done = night_of(tmp_path, *rows, budget={"daily_total": 260.7})
    plan = plan_rows(night.plan, night.plan.problem, done.result)
    out = item_rows(items, plan, batch)
    moved = out[out["action"] == "budget"].set_index("campaign")["new_value"]
    told = dict(zip(night.plan.budgets["campaign"], done.result.budget, strict=True))
    assert len(moved) >= 1
    for campaign, value in moved.items():
        assert value == pytest.approx(told[campaign], abs=1e-9)


def test_a_step_is_one_of_the_accounts_money(tmp_path):
    """Whole units of a currency at 7.0 are steps of 7 in shop money, and at least 30 units are 210."""
    dollars = {"currency": "USD", "fx_rate": 7.0}
    rows = [{**budget("a", 101.0, 2.1, **dollars), "usual_cost": 707.0}]
    _, _, night, done = night_of(tmp_path, *rows, budget={"daily_total": 650.0})
    assert night.result.budget == pytest.approx([650.0])
    assert done.result.budget == pytest.approx([644.0])


def test_a_frozen_budget_off_its_step_stays_as_it_is(tmp_path):
    """A protected budget may not rise; between caps of 70 % and today no step can be missing, so one is frozen off its step."""
    from assets.plan_problem import build_problem
    from optimizers.allocation import allocate

    batch = make_batch(tmp_path, budget={"daily_total": 1000.0})
    items = make_items(budget("a", 100.5), budget("b", 80.0))
    plan = build_problem(items, batch, frozen=frozenset(items["item"].head(1)))
    done = put_on_steps(plan, allocate(plan.problem), batch)
    assert done.n_budgets == 1
    assert done.result.budget[0] == pytest.approx(100.5)


def test_under_a_roas_floor_budgets_are_only_rounded_down(tmp_path):
    rows = [budget("a", 101.0, 2.1), budget("b", 203.0, 1.9)]
    _, _, night, done = night_of(
        tmp_path, *rows, budget={"daily_total": 1e6}, platforms={NAME: {"min_marginal_value": 1.35}}
    )
    assert (done.result.budget <= night.result.budget + 1e-6).all()
    assert done.result.total_cost < night.result.total_cost
    assert f"costs at most {done.loss_bound:,.2f} CNY a day" in rounding_words(done, "CNY").en


def test_a_night_without_daily_budgets_has_nothing_to_round(tmp_path):
    _, _, night, done = night_of(tmp_path, {})
    assert done.result is night.result
    assert "No daily budget" in rounding_words(done, "CNY").en
