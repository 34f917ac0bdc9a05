"""Whether two reports of one platform tell the same: its search terms against its keywords. A warning, never a hold.

A platform may hide rare terms, so terms may show less traffic than keywords, never more; where both show the same clicks
and cost, orders and value should be the same too.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

WHOLE, PART = "keyword_daily", "search_terms"
NUMBERS = ["clicks", "cost", "conversions", "conversion_value"]
HALF_CENT = 0.005


@dataclass(frozen=True)
class Disagreement:
    """What two reports of one account say differently on the days that both have: ``WHOLE`` minus ``PART``."""

    platform: str
    account: str
    code: str  # reports_differ or terms_exceed, see warnings in configs/expectations.yaml
    fields: dict[str, str]


def cross_report_differences(profile: pd.DataFrame) -> tuple[Disagreement, ...]:
    """Return where keyword and search term reports of an account contradict each other, in platform order."""
    rows = profile[profile["kind"].isin([WHOLE, PART]) & profile["report_date"].notna()]
    found = []
    for (platform, account), own in rows.groupby(["platform", "account"], dropna=False, sort=True):
        whole, part = (own[own["kind"] == kind] for kind in (WHOLE, PART))
        days = sorted(set(whole["report_date"]) & set(part["report_date"]))
        if days:
            on_both = [side[side["report_date"].isin(days)] for side in (whole, part)]
            found.append(_compare(str(platform), str(account), on_both[0], on_both[1]))
    return tuple(one for one in found if one is not None)


def _compare(platform: str, account: str, whole: pd.DataFrame, part: pd.DataFrame) -> Disagreement | None:
    sums = [side[NUMBERS].astype("Float64").astype("float64").sum() for side in (whole, part)]
    gap = sums[0] - sums[1]
    days = whole["report_date"]
    told = {
        "account": account, "days": str(days.nunique()), "first": _day(days.min()), "last": _day(days.max()),
        "currency": " ".join(sorted(set(whole["currencies"].dropna()))),
    }  # fmt: skip
    if gap["clicks"] < 0 or gap["cost"] < -HALF_CENT:
        fields = {"clicks": f"{-gap['clicks']:,.0f}", "cost": f"{-gap['cost']:,.2f}"}
        return Disagreement(platform, account, "terms_exceed", {**told, **fields})
    has_same_traffic = gap["clicks"] == 0 and gap["cost"] <= HALF_CENT
    has_same_sales = abs(gap["conversions"]) < HALF_CENT and abs(gap["conversion_value"]) <= HALF_CENT
    if not has_same_traffic or has_same_sales:
        return None
    fields = {
        "clicks": f"{sums[0]['clicks']:,.0f}", "cost": f"{sums[0]['cost']:,.2f}",
        "orders": f"{gap['conversions']:,.6g}", "value": f"{gap['conversion_value']:,.2f}",
    }  # fmt: skip
    return Disagreement(platform, account, "reports_differ", {**told, **fields})


def _day(value: pd.Timestamp) -> str:
    return value.date().isoformat()
