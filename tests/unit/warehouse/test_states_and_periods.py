"""Kinds without days: states, of which the newest counts, and facts of whole periods."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pandas as pd

from assets.warehouse.home import Home
from assets.warehouse.inputs import InputFile, NightInputs
from assets.warehouse.window import daily_window, latest_state, period_facts

Store = Callable[..., InputFile]
SeenBy = Callable[..., NightInputs]


def bids(*rows: tuple[str, int], platform: str = "google_ads") -> pd.DataFrame:
    """Entity rows: (item, bid in micros)."""
    return pd.DataFrame(
        {
            "platform": platform, "account": "main", "level": "keyword", "item": [row[0] for row in rows],
            "bid": pd.array([row[1] for row in rows], dtype="Int64"), "line": range(1, len(rows) + 1),
        }
    )  # fmt: skip


def terms(start: str, end: str, *rows: tuple[str, int]) -> pd.DataFrame:
    """Search terms of a period: (term, cost in micros)."""
    return pd.DataFrame(
        {
            "platform": "google_ads", "account": "main", "campaign": "c", "ad_group": "g",
            "search_term": [row[0] for row in rows], "cost": pd.array([row[1] for row in rows], dtype="Int64"),
            "period_start": pd.Timestamp(start), "period_end": pd.Timestamp(end), "line": range(1, len(rows) + 1),
        }
    )  # fmt: skip


def test_the_newest_state_of_each_platform_counts_whole(home: Home, store: Store, seen_by: SeenBy):
    old = store(bids(("a", 1), ("paused since", 2)), 5, "old", "entities")
    other = store(bids(("b", 3), platform="baidu_search"), 4, "other", "entities")
    new = store(bids(("a", 4)), 6, "new", "entities")
    later = store(bids(("a", 5)), 11, "later", "entities")
    frame = latest_state(home, seen_by(old, other, new, later), "entities")
    assert [(row.platform, row.item, row.bid, row.as_of.day) for row in frame.itertuples()] == [
        ("baidu_search", "b", 3, 4),
        ("google_ads", "a", 4, 6),
    ]


def test_parts_of_a_state_are_united_and_the_later_line_wins(home: Home, store: Store, seen_by: SeenBy):
    one = store(bids(("a", 1), ("b", 2), ("a", 3)), 5, "one", "entities")
    two = store(bids(("c", 4)), 5, "two", "entities")
    frame = latest_state(home, seen_by(one, two), "entities")
    assert dict(zip(frame["item"], frame["bid"], strict=True)) == {"a": 3, "b": 2, "c": 4}


def test_lines_of_a_state_keep_their_order(home: Home, store: Store, seen_by: SeenBy):
    frame = bids(("zebra", 1), ("ant", 2), ("zebra", 3), ("bee", 4))
    assert latest_state(home, seen_by(store(frame, 5, kind="entities")), "entities")["bid"].tolist() == [2, 3, 4]


def test_entities_without_an_item_are_told_apart_by_level_and_name(home: Home, store: Store, seen_by: SeenBy):
    frame = bids(("x", 1), ("x", 2), ("x", 3)).assign(
        item=None, level=["campaign", "campaign", "ad_group"], campaign=["one", "two", "one"]
    )
    assert len(latest_state(home, seen_by(store(frame, 5, kind="entities")), "entities")) == 3


def test_a_state_nobody_exported_is_empty_with_its_columns(home: Home, seen_by: SeenBy):
    frame = latest_state(home, seen_by(), "products")
    assert {"product_id", "price", "margin", "as_of"} <= set(frame.columns)
    assert "item" not in frame
    assert frame.empty


def test_periods_do_not_mix_with_days_or_with_each_other(home: Home, store: Store, seen_by: SeenBy):
    january = store(terms("2025-01-01", "2025-01-31", ("shoes", 1)), 2, "jan", "search_terms")
    overlap = store(terms("2025-01-15", "2025-02-14", ("shoes", 2)), 3, "mid", "search_terms")
    february = store(terms("2025-02-01", "2025-02-28", ("shoes", 4), ("boots", 5)), 4, "feb", "search_terms")
    again = store(terms("2025-02-01", "2025-02-28", ("shoes", 6)), 5, "feb2", "search_terms")
    frame = period_facts(home, seen_by(january, overlap, february, again), "search_terms")
    assert sorted(frame["cost"]) == [1, 6]
    assert "report_date" not in frame
    days = daily_window(home, seen_by(january), "search_terms", date(2025, 1, 1), date(2025, 4, 1))
    assert days.frame.empty


def test_no_period_facts_is_an_empty_frame_with_the_period_columns(home: Home, seen_by: SeenBy):
    frame = period_facts(home, seen_by(), "search_terms")
    assert {"period_start", "period_end", "search_term", "as_of"} <= set(frame.columns)
    assert "report_date" not in frame
    assert frame.empty


def test_orders_have_versions_by_their_order_date(home: Home, store: Store, seen_by: SeenBy):
    def orders(*rows: tuple[str, int]) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "platform": "templates", "account": "main", "order_id": [row[0] for row in rows], "product_id": "p",
                "order_date": pd.Timestamp("2025-03-01"), "line": range(len(rows)),
                "revenue": pd.array([row[1] for row in rows], dtype="Int64"),
            }
        )  # fmt: skip

    old = store(orders(("1", 10), ("2", 20)), 5, "old", "store_orders")
    new = store(orders(("1", 10), ("2", 15), ("3", 30)), 6, "new", "store_orders")
    frame = daily_window(home, seen_by(old, new), "store_orders", date(2025, 3, 1), date(2025, 3, 2)).frame
    assert frame["revenue"].tolist() == [10, 15, 30]
