from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from assets.batch import Batch
from assets.destinations import with_destination
from assets.discovery import TERM_COLUMNS, empty_terms, judge_terms
from assets.expectations.gates import check_table
from assets.term_context import known_words, with_context, with_exact_response
from assets.term_facts import load_terms
from assets.word_rules import ad_law_words
from tests.unit.assets.made_up import USD, day, make_batch, make_items, put


def fact(term: str, report_date: str = day(10), **numbers: Any) -> dict[str, Any]:
    usual = {
        "campaign": "Tents",
        "ad_group": "Group",
        "keyword": "tent",
        "match_type": "broad",
        "impressions": 100,
        "cost": 1.0,
    }
    return {
        **usual,
        "search_term": term,
        "report_date": report_date,
        "conversions": 0,
        "conversion_value": 0.0,
        **numbers,
    }


def over_period(term: str, start: str, end: str, **numbers: Any) -> dict[str, Any]:
    row = fact(term, **numbers)
    del row["report_date"]
    return {**row, "period_start": start, "period_end": end}


WORDS = [fact(f"usual {n}", clicks=200, cost=200.0, conversions=6) for n in range(8)]  # a group that sells at 3 %
GOOD = fact("red tent", clicks=300, cost=150.0, conversions=15)
BAD = fact("tent repair", clicks=300, cost=450.0, conversions=0)


def judged(batch: Batch, rows: list[dict[str, Any]], items: pd.DataFrame | None = None) -> pd.DataFrame:
    night = put(batch, "search_terms", rows)
    known = make_items({}) if items is None else items
    found = judge_terms(with_context(load_terms(night), known, known_words(night)), known, night)
    return found.set_index("search_term")


def judged_rows(night: Batch) -> pd.DataFrame:
    return judge_terms(with_context(load_terms(night), make_items({}), set()), make_items({}), night)


def test_a_term_that_sells_is_added_and_one_that_only_costs_becomes_a_negative(batch):
    found = judged(batch, [*WORDS, GOOD, BAD])
    assert found.loc["red tent", "verdict"] == "add"
    assert found.loc["tent repair", "verdict"] == "negative"
    assert found.loc["red tent", "p_below_floor"] < 0.2
    assert found.loc["tent repair", "p_below_floor"] > 0.8


def test_a_terms_worth_is_its_pooled_rate_times_its_campaigns_order_value_and_margin(batch):
    one = judged(batch, [*WORDS, GOOD]).loc["red tent"]
    assert one["cpc"] == pytest.approx(0.5)
    assert one["value_per_click"] == pytest.approx(one["cvr"] * 100.0 * 0.5)
    assert one["roas"] == pytest.approx(one["cvr"] * 100.0 / 0.5)
    assert one["roas_low"] < one["roas"] < one["roas_high"]


@pytest.mark.parametrize("word", ["red tent", "RED  Tent", "ｒｅｄ tent"])
def test_a_term_that_is_a_keyword_already_is_neither_added_nor_excluded(batch, word):
    items = make_items({}, {"keyword": word}, {"keyword": "tent repair"})
    assert (
        judged(batch, [*WORDS, GOOD, BAD], items).loc[["red tent", "tent repair"], "verdict"].tolist() == ["watch"] * 2
    )


def test_a_word_that_was_added_last_night_and_has_no_traffic_yet_is_not_added_again(batch):
    entity = {
        "level": "keyword",
        "campaign": "Tents",
        "ad_group": "Other",
        "keyword": "Red Tent",
        "match_type": "exact",
        "status": "enabled",
    }
    night = put(batch, "entities", [entity])
    assert judged(night, [*WORDS, GOOD]).loc["red tent", "verdict"] == "watch"


def test_the_same_word_on_another_platform_may_still_be_added(batch):
    items = make_items({}, {"keyword": "red tent", "platform": "amazon_sp"})
    assert judged(batch, [*WORDS, GOOD], items).loc["red tent", "verdict"] == "add"


@pytest.mark.parametrize("term", ["最好的帐篷", "全网第一 帐篷"])
def test_words_that_the_ad_law_forbids_are_refused_however_well_they_sell(batch, term):
    assert ad_law_words()
    assert judged(batch, [*WORDS, {**GOOD, "search_term": term}]).loc[term, "verdict"] == "blocked"


def test_words_of_the_shops_own_list_are_refused_too(tmp_path):
    rules = {"discovery": {"min_clicks": 3, "blocked_terms": ["red"]}}
    found = judged(make_batch(tmp_path, **rules), [*WORDS, GOOD, {**GOOD, "search_term": "bored tent"}])
    assert found.loc[["red tent", "bored tent"], "verdict"].tolist() == ["blocked", "add"]


def test_too_few_clicks_or_no_sale_add_nothing(batch):
    lucky = fact("lucky", clicks=2, cost=0.5, conversions=2)
    cheap = fact("cheap", clicks=300, cost=1.0, conversions=0)
    assert judged(batch, [*WORDS, lucky, cheap]).loc[["lucky", "cheap"], "verdict"].tolist() == ["watch", "watch"]


@pytest.mark.parametrize(("conversions", "verdict"), [(1, "negative"), (90, "add")], ids=["one sale", "many sales"])
def test_a_dear_term_is_judged_by_its_posterior_and_not_by_whether_it_ever_sold(batch, conversions, verdict):
    dear = {**BAD, "cost": 3000.0, "conversions": conversions}
    assert judged(batch, [*WORDS, dear]).loc["tent repair", "verdict"] == verdict


def test_a_term_without_a_click_for_a_week_is_not_excluded_again(batch):
    """It was excluded, so that its clicks ended; the window remembers them for weeks."""
    old = {**BAD, "report_date": day(3)}
    assert judged(batch, [*WORDS, old]).loc["tent repair", "verdict"] == "watch"


def test_a_period_does_not_say_when_in_it_a_term_had_its_clicks(batch):
    others = [over_period(one["search_term"], day(1), day(9), clicks=200, cost=200.0, conversions=6) for one in WORDS]
    period = over_period("tent repair", day(1), day(9), clicks=300, cost=300.0)
    assert judged(batch, [*others, period]).loc["tent repair", "verdict"] == "negative"


def test_the_limits_keep_the_terms_with_most_money_at_stake(tmp_path):
    batch = make_batch(tmp_path, discovery={"min_clicks": 3, "max_new_keywords": 1, "max_new_negatives": 1})
    more = {**GOOD, "search_term": "blue tent", "clicks": 600, "cost": 300.0, "conversions": 30}
    worse = {**BAD, "search_term": "tent rental", "clicks": 600, "cost": 900.0}
    found = judged(batch, [*WORDS, GOOD, more, BAD, worse])["verdict"]
    assert found[["blue tent", "tent rental"]].tolist() == ["add", "negative"]
    assert not found[["red tent", "tent repair"]].isin(["add", "negative"]).any()


def test_a_term_of_two_ad_groups_is_added_once_where_it_earns_more(batch):
    here, there = {**GOOD, "conversions": 30}, {**GOOD, "ad_group": "Second"}
    night = put(batch, "search_terms", [*WORDS, here, there])
    items = make_items({}, {"keyword": "b", "ad_group": "Second"})
    found = judge_terms(with_context(load_terms(night), items, set()), items, night)
    verdict = found[found["search_term"] == "red tent"].set_index("ad_group")["verdict"]
    assert verdict.to_dict() == {"Group": "add", "Second": "watch"}


@pytest.mark.parametrize("n_days", [7, 8], ids=["no week before", "one day before"])
def test_in_a_young_account_not_every_term_is_rising(batch, n_days):
    days = range(11 - n_days, 11)
    rows = [fact(f"t{term}", day(n), clicks=60, cost=60.0, conversions=1) for term in range(4) for n in days]
    assert "rising" not in set(judged(batch, rows)["verdict"])


def test_growth_compares_the_last_seven_days_with_the_seven_before(batch):
    days = [fact("rising", day(n), clicks=60 if n >= 4 else 10, cost=1.0) for n in range(1, 11)]
    steady = [fact("steady", f"2025-02-{n}", clicks=100, cost=100.0, conversions=3) for n in range(25, 29)]
    steady += [fact("steady", day(n), clicks=60, cost=60.0, conversions=2) for n in range(1, 11)]
    found = judged(batch, [*days, *steady])
    assert found.loc["rising", ["recent", "earlier"]].tolist() == [420.0, 30.0]
    assert found.loc["steady", ["recent", "earlier"]].tolist() == [420.0, 580.0]
    assert found.loc["rising", "verdict"] == "rising"
    assert found.loc["rising", "growth"] > 2 > found.loc["steady", "growth"]


def test_a_period_says_nothing_of_growth_and_knows_its_days(batch):
    rows = [over_period("red tent", "2025-02-09", day(10), clicks=300, cost=150.0, conversions=15)]
    night = put(batch, "search_terms", rows)
    one = load_terms(night).loc[0]
    assert one[["recent", "earlier", "n_days"]].tolist() == [0.0, 0.0, 30]
    assert one["clicks"] == 300


def test_a_period_is_not_added_to_the_days_of_the_same_account(batch):
    night = put(batch, "search_terms", [fact("red tent", clicks=7)])
    both = put(night, "search_terms", [over_period("red tent", day(1), day(10), clicks=300)], name="b")
    assert load_terms(both)["clicks"].tolist() == [7.0]


def test_days_that_the_reports_cover_are_counted_once_an_account(batch):
    rows = [fact("a", day(9), clicks=1), fact("a", day(10), clicks=1), fact("b", day(10), clicks=1)]
    assert load_terms(put(batch, "search_terms", rows))["n_days"].tolist() == [2, 2]


def test_money_is_in_shop_money_and_terms_without_a_rate_are_left_out(tmp_path):
    batch = make_batch(tmp_path, fx=[USD])
    rows = [fact("a", clicks=1, cost=2.0, conversion_value=10.0, currency="USD"), fact("b", clicks=1, currency="EUR")]
    found = load_terms(put(batch, "search_terms", rows))
    assert found[["search_term", "cost", "conversion_value", "fx_rate"]].to_numpy().tolist() == [["a", 14.0, 70.0, 7.0]]


def test_a_click_that_cost_nothing_has_no_roas_and_does_not_stop_the_night(batch):
    night = put(batch, "search_terms", [*WORDS, fact("free", clicks=3, cost=0.0)])
    found = with_destination(judged_rows(night), make_items({}), night)
    assert found.set_index("search_term").loc["free", ["roas", "roas_low", "roas_high"]].isna().all()
    told = with_exact_response(found, make_items({}))
    assert check_table(told[TERM_COLUMNS], "discovered_terms").failures == ()


def test_terms_of_campaigns_of_which_nothing_is_known_are_left_out(batch):
    night = put(batch, "search_terms", [{**GOOD, "campaign": "Unknown"}])
    assert with_context(load_terms(night), make_items({}), set()).empty
    assert with_context(load_terms(night), make_items({"campaign": "Unknown", "value_source": "unknown"}), set()).empty


def test_without_terms_the_table_is_empty_and_passes_its_gate(batch):
    assert load_terms(batch).empty
    assert empty_terms().columns.tolist() == TERM_COLUMNS
    assert check_table(empty_terms(), "discovered_terms").failures == ()


def test_terms_older_than_the_window_do_not_count(batch):
    rows = [
        over_period("old", "2024-11-01", "2024-11-30", clicks=300),
    ]
    assert load_terms(put(batch, "search_terms", rows)).empty
    assert load_terms(put(batch, "search_terms", [fact("older", "2024-12-01", clicks=5)], as_of=date(2025, 3, 9))).empty


def test_campaign_means_are_weighted_by_clicks(batch):
    items = make_items(
        {"keyword": "a", "aov": 100.0, "effective_clicks": 299.0},
        {"keyword": "b", "aov": 200.0, "effective_clicks": 99.0},
    )
    night = put(batch, "search_terms", [GOOD])
    assert with_context(load_terms(night), items, set())["aov"].tolist() == [pytest.approx(125.0)]
    assert np.isfinite(with_context(load_terms(night), items, set())["roas_floor"]).all()
