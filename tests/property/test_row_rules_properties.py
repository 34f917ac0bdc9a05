"""Properties of the row rules and the table gate, stated without repeating them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from assets.expectations.profile import profile_facts
from assets.expectations.rows import check_rows, quarantine_table
from assets.expectations.suites import run_great_expectations
from assets.expectations.table_rules import failure_of, rules_of
from configs.expectations_schema import Suite

NIGHT = date(2026, 3, 1)
KIND = "keyword_daily"
COUNTS = st.none() | st.integers(-2, 30)
FLOATS = st.none() | st.sampled_from([0.0, 0.5, 1.0, 2.5, 400.0, -1.0, np.inf, -np.inf])
ROWS = st.lists(
    st.fixed_dictionaries({
        "report_date": st.sampled_from([None, "2026-03-01", "2026-02-28", "2026-03-02", "2020-01-01"]),
        "keyword": st.sampled_from([None, "", "a", "b", "c"]),
        "match_type": st.sampled_from([None, "exact", "fuzzy"]),
        "currency": st.sampled_from([None, "CNY", "yuan"]),
        "impressions": COUNTS,
        "clicks": COUNTS,
        "cost": st.none() | st.sampled_from([-1, 0, 1_000_000, 10**15]),
        "conversions": FLOATS,
        "conversion_value": st.none() | st.integers(-1, 10**6),
    }),
    max_size=12,
)  # fmt: skip
FAST = settings(max_examples=25, deadline=None)
SLOW = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def facts(rows: list[dict[str, object]]) -> pd.DataFrame:
    names = [
        "report_date",
        "keyword",
        "match_type",
        "currency",
        "impressions",
        "clicks",
        "cost",
        "conversions",
        "conversion_value",
    ]
    frame = pd.DataFrame(rows, columns=names)
    frame = frame.assign(platform="google_ads", account="main", campaign="c", line=np.arange(len(rows)))
    counts = dict.fromkeys(("impressions", "clicks", "cost", "conversion_value", "line"), "Int64")
    texts = dict.fromkeys(("keyword", "match_type", "currency", "platform", "account", "campaign"), "str")
    return frame.astype({**counts, **texts, "report_date": "datetime64[us]", "conversions": "float64"})


@FAST
@given(ROWS)
def test_every_row_ends_in_exactly_one_place(rows):
    frame = facts(rows)
    checked = check_rows(frame, KIND, NIGHT)
    lines = [*checked.good["line"], *checked.bad["line"], *checked.duplicates["line"]]
    assert sorted(lines) == frame["line"].tolist()


@FAST
@given(ROWS)
def test_good_rows_are_harmless_whatever_came_in(rows):
    good = check_rows(facts(rows), KIND, NIGHT).good
    numbers = (
        good[["impressions", "clicks", "cost", "conversions", "conversion_value"]].astype("Float64").astype("float64")
    )
    assert not (numbers < 0).any().any()
    assert not np.isinf(numbers.to_numpy()).any()
    assert not (good["clicks"] > good["impressions"] + 1).fillna(False).any()
    assert (good["report_date"] <= pd.Timestamp(NIGHT)).all()
    assert not good.duplicated(["report_date", "keyword", "match_type"]).any()


@FAST
@given(ROWS)
def test_good_rows_pass_a_second_time_unchanged(rows):
    first = check_rows(facts(rows), KIND, NIGHT).good
    second = check_rows(first, KIND, NIGHT)
    pd.testing.assert_frame_equal(second.good, first)
    assert second.counts == {}


@FAST
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_verdict(rows, random):
    frame = facts(rows)
    order = list(range(len(frame)))
    random.shuffle(order)
    one, other = check_rows(frame, KIND, NIGHT), check_rows(frame.iloc[order], KIND, NIGHT)
    assert one.counts == other.counts
    reasons, others = (dict(zip(part.bad["line"], part.bad["reasons"], strict=True)) for part in (one, other))
    assert reasons == others


@FAST
@given(ROWS)
def test_every_bad_row_has_reasons_that_reach_quarantine(rows):
    bad = check_rows(facts(rows), KIND, NIGHT).bad
    assert (bad["reasons"] != "").all()
    assert (bad["reason_mask"] > 0).all()
    table = quarantine_table(bad, "f.csv")
    assert set(table["line"]) == set(bad["line"])
    assert len(table) == sum(len(text.split(";")) for text in bad["reasons"])


@FAST
@given(ROWS)
def test_the_profile_loses_no_row_and_no_money(rows):
    checked = check_rows(facts(rows), KIND, NIGHT)
    profile = profile_facts(
        checked.good, KIND, "google_ads", NIGHT, bad_rows=checked.bad, duplicate_rows=checked.duplicates
    )
    assert profile[["rows", "failed_rows", "duplicate_rows"]].sum().sum() == len(rows)
    assert np.isclose(profile["cost"].sum() * 1e6, float(checked.good["cost"].sum()))


SUITE = Suite(
    min_rows=1, max_rows=6, required=("key", "part"), not_null=("key",), unique=("key", "part"),
    between={"score": (0, 100)}, in_set={"word": ("yes", "no")}, ordered=(("low", "mid", "high"),),
)  # fmt: skip
CELLS = st.none() | st.sampled_from([0.0, 1.0, 2.0, 100.5, -1.0, np.inf])
TABLES = st.lists(
    st.tuples(st.sampled_from([None, "a", "b"]), st.sampled_from([None, "x", "y"]), CELLS,
              st.sampled_from([None, "yes", "maybe"]), CELLS, CELLS, CELLS), max_size=8,
)  # fmt: skip


@SLOW
@given(TABLES, st.booleans())
def test_great_expectations_and_the_vectorised_rules_agree(rows, has_part):
    columns = ["key", "part", "score", "word", "low", "mid", "high"]
    types = {name: "str" if name in {"key", "part", "word"} else "float64" for name in columns}
    frame = pd.DataFrame(rows, columns=columns).astype(types)
    frame = frame if has_part else frame.drop(columns="part")
    rules = rules_of(SUITE, frame, 1e15)
    assume(len(rules) > 5)
    ours = [one for one in (failure_of(rule, frame) for rule in rules) if one is not None]
    theirs = list(run_great_expectations(frame, rules))
    assert [(one.expectation, one.column, one.n_unexpected) for one in theirs] == [
        (one.expectation, one.column, one.n_unexpected) for one in ours
    ]
