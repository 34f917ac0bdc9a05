"""What a term's window says: decayed, as mature as its export, periods at their middle, the same weeks a year ago."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from assets.discovery import with_growth
from assets.maturity_curves import Maturity
from assets.term_facts import load_terms, reported_share
from configs.schema import Calendar
from optimizers.maturity import MaturityCurve
from tests.unit.assets.made_up import day, make_batch, put
from tests.unit.assets.test_discovery import fact, over_period


def test_an_older_sale_counts_less_and_exposure_with_it(batch):
    rows = [fact("old", "2025-02-10", clicks=100, conversions=10), fact("old", day(10), clicks=100, conversions=0),
            fact("new", "2025-02-10", clicks=100, conversions=0), fact("new", day(10), clicks=100, conversions=10)]  # fmt: skip
    found = load_terms(put(batch, "search_terms", rows)).set_index("search_term")
    rate = found["effective_conversions"] / found["effective_clicks"]
    assert rate["old"] < 0.05 < rate["new"]
    assert (found["effective_clicks"] < 200).all()


def test_conversions_that_are_not_told_are_no_clicks_without_sale(batch):
    rows = [fact("a", day(10), clicks=100, conversions=None), fact("a", day(9), clicks=50, conversions=5)]
    one = load_terms(put(batch, "search_terms", rows)).loc[0]
    assert one["clicks"] == 150
    assert one["effective_clicks"] <= 50
    assert one["effective_conversions"] / one["effective_clicks"] >= 0.1


def test_young_days_count_as_far_as_their_sales_are_reported():
    curve = MaturityCurve(np.array([0.5, 0.8, 1.0]), 9, is_learned=True, log_sd=np.zeros(3))
    days = pd.to_datetime([day(10), day(9), day(1)]).astype("datetime64[us]")
    rows = pd.DataFrame({"platform": "google_ads", "account": "main", "first": days, "last": days})
    rows["as_of"] = pd.Timestamp(day(10)).as_unit("us")
    maturity = Maturity({("google_ads", ""): curve}, {}, Calendar())
    assert reported_share(rows, maturity).tolist() == [0.5, 0.8, 1.0]
    period = rows.iloc[:1].assign(first=pd.Timestamp(day(7)).as_unit("us"))  # four days: 1, 1, 0.8, 0.5
    assert reported_share(period, maturity).tolist() == pytest.approx([0.825])


def test_a_period_has_the_age_of_its_middle(batch):
    whole = [over_period("a", "2025-02-09", day(10), clicks=300, conversions=15)]
    middle = [fact("a", "2025-02-23", clicks=300, conversions=15, as_of=None)]
    one, other = (load_terms(put(batch, "search_terms", rows)).loc[0] for rows in (whole, middle))
    assert one["effective_clicks"] <= other["effective_clicks"]
    assert one["effective_clicks"] == pytest.approx(other["effective_clicks"], rel=0.4)
    assert one["effective_conversions"] == pytest.approx(other["effective_conversions"])


def test_the_keyword_with_most_of_the_terms_clicks_speaks_for_it(batch):
    rows = [
        fact("a", clicks=9, keyword="small"),
        fact("a", clicks=90, keyword="large"),
        fact("a", clicks=8, keyword="z"),
    ]
    assert load_terms(put(batch, "search_terms", rows))["keyword"].tolist() == ["large"]


def test_what_grew_as_much_a_year_ago_is_its_season_and_no_rise(tmp_path):
    batch = make_batch(tmp_path, window={"days": 60, "half_life_days": 14})
    rows = [fact(word, day(n), clicks=40 if n >= 4 else 10) for word in ("gift", "trend") for n in range(1, 11)]
    rows += [fact("steady", f"2025-02-{n}", clicks=1000) for n in range(25, 29)]
    rows += [fact("steady", day(n), clicks=1000) for n in range(1, 11)]
    now = put(batch, "search_terms", rows)
    year = [fact("gift", f"2024-03-{n:02d}", clicks=40 if n >= 5 else 10) for n in range(2, 12)]
    night = put(now, "search_terms", year, as_of=date(2024, 3, 12), name="old")
    found = with_growth(load_terms(night)).set_index("search_term")
    assert found.loc["gift", "growth"] == found.loc["trend", "growth"] > 2
    assert found.loc["gift", "growth_usual"] > 2
    assert found.loc["trend", "growth_usual"] < 1.2


def test_the_order_of_rows_changes_nothing(batch):
    rows = [fact(f"t{n % 3}", day(1 + n % 9), clicks=n, conversions=n % 4, cost=n / 7) for n in range(1, 30)]
    one, other = (load_terms(put(batch, "search_terms", part)) for part in (rows, rows[::-1]))
    pd.testing.assert_frame_equal(one, other)
