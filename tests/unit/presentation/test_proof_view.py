"""Why this plan, in words: the bound, unsure estimates, money left with its reason, other budgets, and a picture of the curve."""

from __future__ import annotations

import pytest

from assets.presentation.curve_chart import curve_chart
from assets.presentation.proof_view import proof_view
from assets.presentation.wording import limit_words
from configs.reasons_schema import load_reasons

PLAN = {"name": "total", "change": 0.0, "cost": 100.0, "value": 150.0, "gain": 0.0, "price": 1.2, "missing": 0.0,
        "offenders": []}  # fmt: skip


def make_proof(**changes):
    """Return a proof as the plan keeps it."""
    lost = {**PLAN, "name": "google_ads", "change": -0.1, "cost": None, "value": None, "gain": None, "price": None,
            "missing": 3.0, "offenders": ["items of google_ads 20"]}  # fmt: skip
    return {
        "mode": "flexible", "value_basis": "margin", "loss": 0.02, "gap": 1e-12, "cost": 100.0, "value": 150.0,
        "cost_now": 90.0, "total": 100.0, "left": 0.0, "regret": {"mean": 1.0, "high": 2.0},
        "what_if": [PLAN, {**PLAN, "change": 0.25, "cost": 125.0, "gain": -3.5}, lost],
        "limits": [{"limit": "max_change", "items": 4, "cost": 60.0}, {"limit": "node_roas:total", "items": 1, "cost": 40.0}],
        "curve": [[50.0, 90.0], [100.0, 150.0], [150.0, 180.0]], **changes,
    }  # fmt: skip


def lines(**changes):
    """Return the three lines in English."""
    return [line["en"] for line in proof_view(make_proof(**changes), "CNY")["lines"]]


def test_a_night_without_a_plan_has_no_such_section():
    assert proof_view(None, "CNY") is None
    assert proof_view({}, "CNY") is None


def test_what_else_is_told_of_the_plan_stands_behind_the_proof():
    more = {"zh": "探索 3 个关键词。", "en": "3 keywords are explored."}
    assert lines(notes=[more])[3:] == [more["en"]]


def test_the_bound_is_told_in_money_and_so_is_the_price_of_unsure_estimates():
    best, unsure, _ = lines()
    assert "no plan within the limits earns more than ¥0.02 a day beyond it" in best
    assert "¥1.00 a day on average, at most ¥2.00 with 80 % probability" in unsure
    assert "not worked out" in lines(regret=None)[1]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"left": 0.01}, "nothing, the total is given out"),
        ({"left": None}, "nothing, the total is given out"),
        ({"left": 30.0}, "¥30.00, because all that would still earn is at tonight's limits"),
        ({"left": 30.0, "what_if": [{**PLAN, "price": 1.0}]}, "¥30.00, because the next 1 returns less than 1"),
        ({"left": 30.0, "mode": "fixed", "what_if": [{**PLAN, "price": 0.4}]}, "at tonight's limits"),
    ],
)
def test_unspent_money_has_its_reason(changes, reason):
    assert reason in lines(**changes)[2]


def test_other_budgets_say_what_they_bring_or_why_they_cannot_be():
    rows = proof_view(make_proof(), "CNY")["what_if"]
    assert [row["name"]["en"] for row in rows][:2] == ["tonight's plan", "total budget +25%"]
    assert rows[1]["gain"] == "-¥3.50"
    assert rows[2]["cost"] == "—"
    assert rows[2]["note"]["zh"] == "做不到：与今晚的其他限制差 ¥3.00"


def test_limits_are_told_in_words_with_their_node():
    words = [row["words"] for row in proof_view(make_proof(), "CNY")["limits"]]
    assert words[0]["zh"] == "每晚涨幅上限"
    assert words[1]["en"] == "ROAS floor: total budget"


@pytest.mark.parametrize("layout", ["wide", "tall"])
def test_the_curve_is_a_small_picture_and_the_same_bytes_each_time(layout):
    png = curve_chart(make_proof(), "CNY", "zh", layout)
    assert png.startswith(b"\x89PNG")
    assert len(png) < 44_000
    assert curve_chart(make_proof(), "CNY", "zh", layout) == png


def test_two_points_are_no_curve():
    assert curve_chart(make_proof(curve=[[1.0, 2.0], [2.0, 3.0]]), "CNY") is None
    assert proof_view(make_proof(curve=[]), "CNY")["charts"] == {}


@pytest.mark.parametrize(
    "code",
    ["price", "min_change", "max_change", "frozen", "not_budget_limited", "node_max", "node_min", "node_roas", "marginal_roas",
     "edits_left", "explore"],
)  # fmt: skip
def test_every_limit_that_a_plan_can_name_has_words(code):
    words = load_reasons().limits[code]
    assert words.zh
    assert words.en
    assert limit_words(f"{code}:total", "zh").endswith("：总预算")
