"""Small true-looking facts for the expectation tests: money in micros, nullable counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pandas as pd
import pytest

NIGHT = date(2026, 3, 1)
TYPES = {
    "report_date": "datetime64[us]", "order_date": "datetime64[us]", "period_start": "datetime64[us]",
    "period_end": "datetime64[us]", "line": "Int64", "impressions": "Int64", "clicks": "Int64", "cost": "Int64",
    "conversion_value": "Int64", "bid": "Int64", "daily_budget": "Int64", "fee": "Int64",
}  # fmt: skip
ROW = {
    "platform": "taobao_keyword", "account": "main", "line": 1, "report_date": "2026-03-01", "campaign": "spring",
    "ad_group": "dresses", "keyword": "连衣裙", "match_type": "exact", "currency": "CNY", "impressions": 100,
    "clicks": 10, "cost": 5_000_000, "conversions": 1.0, "conversion_value": 20_000_000, "impression_share": 0.4,
}  # fmt: skip
KIND_ROWS = {
    "keyword_daily": ROW,
    "search_terms": {**ROW, "search_term": "红色连衣裙"},
    "entities": {
        "platform": "taobao_keyword", "account": "main", "line": 1, "level": "keyword", "campaign": "spring",
        "keyword": "连衣裙", "match_type": "exact", "status": "enabled", "bid": 1_200_000, "daily_budget": None,
        "target_roas": None, "currency": "CNY",
    },
    "keyword_market": {"platform": "google_ads", "line": 1, "keyword": "dress", "yoy_change": 0.5, "currency": "USD"},
    "products": {"platform": "templates", "line": 1, "product_id": "p1", "margin": 0.3, "stock": 5.0},
    "store_orders": {
        "platform": "templates", "account": "main", "line": 1, "order_id": "o1", "order_date": "2026-02-28",
    },
    "kol_offers": {"platform": "templates", "line": 1, "offer_id": "f1", "kol_id": "k1", "fee": 900_000_000},
}  # fmt: skip


def typed(rows: list[dict[str, object]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    return frame.astype({name: dtype for name, dtype in TYPES.items() if name in frame})


@pytest.fixture
def night() -> date:
    return NIGHT


@pytest.fixture
def rows_of() -> Callable[..., pd.DataFrame]:
    """Return rows of a kind, one per mapping of changed cells; each has its own line and key."""

    def build(kind: str, *changes: dict[str, object]) -> pd.DataFrame:
        return typed([{**KIND_ROWS[kind], "line": at, **change} for at, change in enumerate(changes, start=1)])

    return build


@pytest.fixture
def daily_rows() -> Callable[..., pd.DataFrame]:
    """Return ``n_days`` days up to the night with two keywords a day."""

    def build(n_days: int = 20, **change: object) -> pd.DataFrame:
        days = pd.date_range(end=NIGHT, periods=n_days)
        return typed(
            [{**ROW, "line": 1, "report_date": day, "keyword": word, **change} for day in days for word in "ab"]
        )

    return build
