"""Days of the window speak of today's bid, whatever was bid when they were lived."""

from __future__ import annotations

import numpy as np
import pandas as pd

from assets.bid_history import bid_changes

LOG = pd.DataFrame({
    "item": ["a", "a", "b"], "night": pd.to_datetime(["2025-06-10", "2025-06-12", "2025-06-10"]),
    "old": [1.0, 0.8, 2.0], "new": [0.8, 1.2, 1.0],
})  # fmt: skip


def _days(item: str, *days: str) -> pd.DataFrame:
    return pd.DataFrame({"item": item, "report_date": pd.to_datetime(list(days)).astype("datetime64[us]")})


def test_a_bid_acts_from_the_day_after_its_night_on():
    days = _days("a", "2025-06-09", "2025-06-10", "2025-06-11", "2025-06-12", "2025-06-13")
    np.testing.assert_allclose(bid_changes(days, LOG), [1.2, 1.2, 1.5, 1.5, 1.0])


def test_what_we_never_changed_stays():
    np.testing.assert_array_equal(bid_changes(_days("c", "2025-06-09", "2025-06-13"), LOG), [1.0, 1.0])


def test_the_order_of_rows_and_edits_does_not_show():
    days = pd.concat([_days("b", "2025-06-09", "2025-06-11"), _days("a", "2025-06-11")], ignore_index=True)
    found = bid_changes(days, LOG)
    turned = bid_changes(days.iloc[::-1].reset_index(drop=True), LOG.iloc[::-1].reset_index(drop=True))
    np.testing.assert_array_equal(found, turned[::-1])


def test_without_a_log_nothing_is_moved():
    np.testing.assert_array_equal(bid_changes(_days("a", "2025-06-09"), LOG.iloc[:0]), [1.0])
