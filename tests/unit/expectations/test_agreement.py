"""Two reports of one account: what is told when they differ, and what is not."""

from __future__ import annotations

import pandas as pd
import pytest

from assets.expectations.agreement import cross_report_differences
from assets.expectations.profile import as_profile
from configs.expectations_schema import load_expectations

DAYS = pd.date_range("2026-02-01", periods=3)


def report(kind: str, n_days: int = 3, **change: float) -> pd.DataFrame:
    row = {
        "platform": "amazon_sp", "account": "main", "kind": kind, "currencies": "INR", "rows": 4, "clicks": 100,
        "cost": 1234.56, "conversions": 6.0, "conversion_value": 900.0,
    }  # fmt: skip
    rows = [{**row, "report_date": day} for day in DAYS[:n_days]]
    rows[0].update({name: row[name] + by for name, by in change.items()})
    return pd.DataFrame(rows)


def differences(*reports: pd.DataFrame):
    return cross_report_differences(as_profile(pd.concat(reports, ignore_index=True)))


def test_the_same_clicks_and_cost_with_other_orders_are_told_in_numbers():
    (one,) = differences(report("keyword_daily", conversions=1, conversion_value=275.89), report("search_terms"))
    assert (one.platform, one.code) == ("amazon_sp", "reports_differ")
    assert one.fields == {
        "account": "main", "days": "3", "first": "2026-02-01", "last": "2026-02-03", "currency": "INR",
        "clicks": "300", "cost": "3,703.68", "orders": "1", "value": "275.89",
    }  # fmt: skip
    sentence = load_expectations().warnings[one.code]
    assert "differ by 1 orders and 275.89 INR" in sentence.en.format(platform=one.platform, **one.fields)
    assert "相差 1 单、275.89 INR" in sentence.zh.format(platform=one.platform, **one.fields)


def test_terms_that_show_more_than_the_keywords_are_told():
    (one,) = differences(report("keyword_daily"), report("search_terms", clicks=2, cost=0.02))
    assert (one.code, one.fields["clicks"], one.fields["cost"]) == ("terms_exceed", "2", "0.02")
    assert "2 clicks and 0.02 INR more" in load_expectations().warnings[one.code].en.format(
        platform=one.platform, **one.fields
    )


def test_only_days_that_both_reports_have_are_compared():
    assert differences(report("keyword_daily"), report("search_terms", n_days=2)) == ()
    (one,) = differences(report("keyword_daily"), report("search_terms", n_days=1, conversions=-2))
    assert (one.fields["days"], one.fields["orders"], one.fields["clicks"]) == ("1", "2", "100")


@pytest.mark.parametrize(
    "reports",
    [
        (report("keyword_daily"), report("search_terms")),
        (report("keyword_daily"), report("search_terms", clicks=-40, cost=-500, conversions=-3)),
        (report("keyword_daily"),),
        (report("search_terms"),),
        (report("keyword_daily"), report("search_terms").assign(account="other")),
        (report("keyword_daily"), report("search_terms").assign(report_date=pd.NaT)),
    ],
    ids=["equal", "rare_terms_hidden", "no_terms", "no_keywords", "another_account", "a_whole_period"],
)
def test_nothing_is_told_of(reports):
    assert differences(*reports) == ()
