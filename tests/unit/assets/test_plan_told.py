"""The proof as a document: a bound, other budgets, limits that add up, a concave curve, and what is left unspent."""

from __future__ import annotations

import json

import numpy as np
import pytest

from assets import plan_told
from assets.budget_lots import put_on_steps
from assets.plan_problem import build_problem
from assets.plan_told import PROOF, forget_proof, keep_proof, proof_document, prove
from assets.warehouse import state
from optimizers.allocation import allocate
from optimizers.results import Sentence
from tests.unit.assets.made_up import make_batch, make_items

ROWS = (
    {"keyword": "good", "revenue_per_click": 6.0, "value_per_click": 3.0},
    {"keyword": "weak", "platform": "amazon_sp", "revenue_per_click": 5.0, "value_per_click": 2.5},
)


def told(tmp_path, **budget):
    batch = make_batch(tmp_path, budget={"daily_total": 170.0, **budget})
    plan = build_problem(make_items(*ROWS).assign(value_log_sd=0.3), batch)
    done = put_on_steps(plan, allocate(plan.problem), batch)
    proof = prove(plan, done, batch)
    return proof_document(plan, done, proof, batch), (plan, done, proof, batch)


def test_the_document_is_plain_and_its_limits_count_every_item_and_all_money(tmp_path):
    document, (plan, *_) = told(tmp_path)
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert sum(row["items"] for row in document["limits"]) == len(plan.keywords) + len(plan.budgets)
    assert sum(row["cost"] for row in document["limits"]) + plan.fixed_cost == pytest.approx(document["cost"])
    assert 0 <= document["loss"] < 1e-6


def test_the_curve_rises_bends_down_and_holds_the_plan(tmp_path):
    document, _ = told(tmp_path)
    cost, value = np.array(document["curve"]).T
    slope = np.diff(value) / np.diff(cost)
    assert (np.diff(cost) > 0).all()
    assert (slope > 0).all()
    assert (np.diff(slope) < 1e-9).all()
    # a chord of a concave curve lies below it
    assert document["value"] >= np.interp(document["cost"], cost, value) - 1e-9


def test_more_items_than_can_be_drawn_in_time_leave_the_curve_out(tmp_path, monkeypatch):
    monkeypatch.setattr(plan_told, "MAX_CURVE_ITEMS", 1)
    assert told(tmp_path)[0]["curve"] == []


def test_what_is_kept_is_read_again_and_forgotten(tmp_path):
    document, (plan, done, proof, batch) = told(tmp_path)
    keep_proof(plan, done, proof, [Sentence(en="More.", zh="还有。")], batch)
    assert state.read_state(batch.home, batch.night, PROOF) == {**document, "notes": [{"zh": "还有。", "en": "More."}]}
    forget_proof(batch)
    assert state.read_state(batch.home, batch.night, PROOF) == {}
