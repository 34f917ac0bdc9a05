"""Whether the platforms together claim more orders than the shop has: a warning, never a reason to hold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import pandas as pd

CLAIM_DAYS = 7
OWN_KIND = "store_orders"


def claimed_over_own(
    profile: pd.DataFrame, required: Mapping[str, tuple[str, ...]], night: date
) -> dict[str, str] | None:
    """Return the numbers when the claims of the last week exceed the shop's own orders on the days that both have.

    Each platform's first required kind speaks for it, so that one order is not counted at keyword and campaign level.
    """
    first = pd.Timestamp(night - timedelta(days=CLAIM_DAYS - 1))
    recent = profile[(profile["report_date"] >= first) & (profile["report_date"] <= pd.Timestamp(night))]
    own = recent[recent["kind"] == OWN_KIND]
    main = pd.Series({name: kinds[0] for name, kinds in required.items() if kinds}, dtype="str")
    claims = recent[recent["kind"].eq(recent["platform"].map(main)) & recent["report_date"].isin(own["report_date"])]
    claimed, owned = float(claims["conversions"].sum()), float(own["distinct_items"].sum())
    if own.empty or not claimed > owned:
        return None
    return {"date": first.date().isoformat(), "claimed": f"{claimed:,.1f}", "own": f"{owned:,.0f}"}
