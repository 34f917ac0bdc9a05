"""The table gate with the real Great Expectations on small frames."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from assets.expectations import gates, suites
from assets.expectations.gates import check_table
from assets.expectations.profile import empty_profile, profile_facts
from assets.expectations.verdicts import Failure
from configs.expectations_schema import load_expectations


def scored(**change: object) -> pd.DataFrame:
    row = {
        "platform": "google_ads", "item": "google_ads|main|keyword|dress", "score": 50.0, "cvr_low": 0.01, "cvr": 0.02,
        "cvr_high": 0.03, "cpc": 1.5, "p_below_floor": 0.4, "evidence_grade": "B", "extra": 1.0,
    }  # fmt: skip
    return pd.DataFrame([row, {**row, "item": "google_ads|main|keyword|shoe", **change}])


def recommendations(n_rows: int = 2, **change: object) -> pd.DataFrame:
    columns = load_expectations().suites["recommendations"].required
    row = dict.fromkeys(columns, "x") | {
        "lever": "keyword_bid", "action": "raise", "decision": "accept", "evidence_grade": "A", "old_value": 1.0,
        "new_value": 1.2, "score": 80.0, "cost": 10.0, "expected_cost": 11.0, "cost_change": 1.0, "is_writable": True,
    } | change  # fmt: skip
    return pd.DataFrame([row] * n_rows)


def failed(frame: pd.DataFrame, suite: str) -> list[tuple[str, str]]:
    verdict = check_table(frame, suite)
    assert verdict.passed == (not verdict.failures)
    return [(one.expectation, one.column) for one in verdict.failures]


def test_a_healthy_profile_passes_and_says_how_much_was_looked_at(daily_rows, night):
    verdict = check_table(profile_facts(daily_rows(3), "keyword_daily", "taobao_keyword", night), "profile")
    assert verdict.passed
    assert verdict.n_expectations > 20


def test_an_empty_profile_fails_though_every_column_is_there():
    verdict = check_table(empty_profile(), "profile")
    assert not verdict.passed
    assert verdict.failures == (Failure("row_count", "", "0 rows", "1 to 5e+07"),)


def test_an_empty_table_of_terms_may_pass():
    columns = load_expectations().suites["discovered_terms"].required
    assert failed(pd.DataFrame({name: pd.Series(dtype="object") for name in columns}), "discovered_terms") == []


FAILING = [
    ("a_score_above_100", {"score": 100.5}, [("between", "score")]),
    ("an_infinite_value_with_a_range", {"cpc": np.inf}, [("between", "cpc")]),
    ("an_infinite_value_in_a_column_that_no_rule_names", {"extra": np.inf}, [("between", "extra")]),
    ("minus_infinity", {"extra": -np.inf}, [("between", "extra")]),
    ("a_rate_above_its_interval", {"cvr": 0.04}, [("ordered", "cvr, cvr_high")]),
    ("a_rate_below_its_interval", {"cvr": 0.001}, [("ordered", "cvr_low, cvr")]),
    ("an_unknown_grade", {"evidence_grade": "Z"}, [("in_set", "evidence_grade")]),
    ("a_missing_item", {"item": None}, [("not_null", "item")]),
    ("an_item_twice", {"item": "google_ads|main|keyword|dress"}, [("unique", "item")]),
    ("text_where_a_number_belongs", {"score": "high"}, [("between", "score")]),
]


@pytest.mark.parametrize(("change", "expected"), [case[1:] for case in FAILING], ids=[case[0] for case in FAILING])
def test_scored_items_fail_for(change, expected):
    assert failed(scored(**change), "scored_items") == expected


def test_scored_items_pass_with_a_missing_ratio():
    assert failed(scored(cpc=np.nan), "scored_items") == []


def test_a_missing_required_column_fails_by_its_name():
    assert ("column_exists", "item") in failed(scored().drop(columns="item"), "scored_items")


def test_a_failure_tells_how_many_rows_and_up_to_five_values():
    frame = pd.concat([scored(score=200.0 + at, item=f"item {at}").iloc[1:] for at in range(8)], ignore_index=True)
    (failure,) = check_table(frame, "scored_items").failures
    assert (failure.n_unexpected, failure.limit) == (8, "0 to 100")
    assert failure.examples == ("200.0", "201.0", "202.0", "203.0", "204.0")
    assert str(failure).startswith("between score: 8 unexpected rows (limit 0 to 100), e.g. 200.0")


@pytest.mark.parametrize(("column", "value"), [("action", "explode"), ("lever", "volume"), ("decision", "perhaps")])
def test_recommendations_fail_for_an_unknown_word(column, value):
    assert failed(recommendations(**{column: value}), "recommendations") == [("in_set", column)]


def test_recommendations_pass_without_a_lever_on_rows_that_stay():
    assert failed(recommendations(lever="", action="keep"), "recommendations") == []


def test_nullable_columns_are_checked_like_plain_ones():
    frame = scored().astype({"p_below_floor": "Float64"})
    frame.loc[0, "p_below_floor"] = pd.NA
    assert failed(frame, "scored_items") == []
    frame.loc[1, "p_below_floor"] = 1.5
    assert failed(frame, "scored_items") == [("between", "p_below_floor")]


def test_an_unlimited_budget_may_be_infinite_and_a_multiplier_may_not():
    row = dict.fromkeys(load_expectations().suites["budget_plan"].required, "x")
    plan = pd.DataFrame([row | {"multiplier": 1.1, "plan_cost": 5.0, "total_max": np.inf}])
    assert failed(plan, "budget_plan") == []
    assert failed(plan.assign(multiplier=np.inf), "budget_plan") == [("between", "multiplier")]


def test_a_large_table_is_judged_by_schema_and_vectorised_rules():
    frame = recommendations(100_001)
    frame["cost"] = np.arange(100_001, dtype="float64")
    assert failed(frame, "recommendations") == []
    frame.loc[[3, 9], "cost"] = [-1.0, np.inf]
    (failure,) = check_table(frame.drop(columns="account"), "recommendations").failures[1:]
    assert (failure.expectation, failure.column, failure.n_unexpected) == ("between", "cost", 2)
    assert failure.examples == ("-1.0", "inf")


def test_a_large_table_without_a_required_column_fails():
    assert failed(recommendations(100_001).drop(columns="account"), "recommendations") == [("column_exists", "account")]


def test_an_unknown_suite_is_a_failed_verdict_that_names_the_known_ones():
    (failure,) = check_table(scored(), "horoscope").failures
    assert failure.expectation == "suite_exists"
    assert "scored_items" in failure.limit


def test_a_suite_that_raises_inside_is_a_failed_verdict(monkeypatch):
    def burst(frame: pd.DataFrame, rules: object) -> tuple[Failure, ...]:
        raise RuntimeError("no memory left")

    monkeypatch.setattr(gates, "run_great_expectations", burst)
    verdict = check_table(scored(), "scored_items")
    assert not verdict.passed
    assert "no memory left" in verdict.failures[0].observed


def test_an_expectation_that_cannot_be_computed_is_a_failure_with_its_cause():
    (failure,) = check_table(scored(score="high"), "scored_items").failures
    assert failure.observed.startswith(suites.RAISED)
    assert len(failure.observed) > len(suites.RAISED) + 5


def test_the_gate_leaves_the_frame_as_it_was():
    frame = scored()
    before = frame.copy(deep=True)
    check_table(frame, "scored_items")
    pd.testing.assert_frame_equal(frame, before)


def test_the_gate_writes_no_file_and_shows_no_progress_bar(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    check_table(scored(), "scored_items")
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr().err == ""
