"""Brand searches after posts: which days count, what a click is worth, and how an offer gains by it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from assets.batch import Batch
from assets.kol import choose
from assets.kol_brand import WHY_NOT, brand_days, click_worth
from assets.kol_inputs import load_offers, load_posts
from configs.schema import Calendar, Event
from tests.unit.assets.made_up import NIGHT, item_of, make_batch, make_items, put

N_DAYS = 70
POSTED = {20: 200_000, 35: 60_000, 50: 400_000}  # days ago: views
BRAND = item_of("google_ads", "main", "keyword", "Tents", "Group", "acme", "exact")


def clicks_of(keyword: str, ago: int, lift: float) -> int:
    """100 brand clicks a day and ``lift`` for each thousand views that a post brings on its own day; 400 others."""
    extra = lift * sum(views / 1000 for posted, views in POSTED.items() if posted == ago)
    wave = int(5 * np.sin(ago) + 3 * np.cos(2.7 * ago))
    return 400 + wave if keyword == "tent" else round(100 + wave + extra)


def daily(keyword: str, ago: int, clicks: int | None) -> dict[str, Any]:
    return {"campaign": "Tents", "ad_group": "Group", "keyword": keyword, "match_type": "exact", "impressions": 9_000,
            "clicks": clicks, "cost": 50.0, "conversions": 3.0, "conversion_value": 300.0,
            "report_date": str(NIGHT - timedelta(days=ago))}  # fmt: skip


def reported(batch: Batch, lift: float) -> Batch:
    rows = [daily(word, ago, clicks_of(word, ago, lift)) for word in ("tent", "acme") for ago in range(N_DAYS)]
    return put(batch, "keyword_daily", rows)


def post(ago: int, views: int) -> dict[str, Any]:
    return {"platform": "templates", "post_id": f"p{ago}", "kol_id": f"k{ago}", "kol_platform": "xiaohongshu", "tier": "koc",
            "category": "home", "post_date": str(NIGHT - timedelta(days=ago)), "fee": 800.0, "views": views,
            "revenue": 0.1 * views, "orders": 9}  # fmt: skip


def items_of_the_shop(**changes: Any) -> Any:
    brand = {
        "item": BRAND,
        "keyword": "acme",
        "is_brand": True,
        "verdict": "no_entity",
        "value_per_click": 3.0,
        "cpc": 1.0,
    }
    return make_items({"verdict": "no_entity"}, brand | changes)


OFFER = {"platform": "templates", "offer_id": "o", "kol_id": "k9", "kol_platform": "xiaohongshu", "fee": 500.0,
         "tier": "koc", "category": "home", "expected_views": 100_000, "commission_rate": 0.1}  # fmt: skip


@pytest.fixture
def shop(tmp_path) -> Batch:
    return make_batch(tmp_path, budget={"daily_total": 1000.0, "kol_share": 0.5}, window={"days": 90})


def answer_of(batch: Batch, lift: float, posts: dict[int, int], **changes: Any) -> Any:
    night = put(reported(batch, lift), "kol_offers", [OFFER])
    night = put(night, "kol_posts", [post(*one) for one in posts.items()]) if posts else night
    return choose(load_offers(night), load_posts(night), items_of_the_shop(**changes), night)


def test_brand_clicks_after_posts_are_learned_and_their_worth_is_the_offers(shop):
    """A thousand views bring half a click; each leaves 3.00 of margin less 1.00 of cost."""
    answer = answer_of(shop, 0.5, POSTED)
    offer = answer.plan.iloc[0]
    assert answer.brand.lift.level == "learned"
    assert answer.brand.click_worth == pytest.approx(2.0)
    assert offer["brand_clicks"] == pytest.approx(100 * answer.brand.lift.clicks)
    assert offer["brand_value"] == pytest.approx(2.0 * offer["brand_clicks"])
    assert 20 < offer["brand_value"] < 180
    assert offer["brand_value_low"] < offer["brand_value"] < offer["brand_value_high"]
    assert offer["net_value"] == pytest.approx(offer["revenue"] * 0.4 + offer["brand_value"])
    assert answer.result.net_value[0] == pytest.approx(offer["net_value"])
    assert "clicks on brand keywords" in answer.brand.line


def test_an_offer_that_only_brand_searches_pay_for_is_signed(shop):
    """Views sell 0.1 each: 10,000 x 0.4 = 4,000 is more than any fee, so the sales are taken away."""
    quiet, loud = (answer_of(shop, lift, POSTED, value_per_click=worth).plan.iloc[0]["net_value"]
                   for lift, worth in ((0.0, 3.0), (0.5, 30.0)))  # fmt: skip
    assert loud > quiet + 500


def test_clicks_that_cost_more_than_they_leave_take_value_away(shop):
    offer = answer_of(shop, 0.5, POSTED, value_per_click=0.2).plan.iloc[0]
    assert offer["brand_value"] < 0
    assert offer["brand_value_low"] <= offer["brand_value"] <= offer["brand_value_high"]


@pytest.mark.parametrize(
    ("posts", "changes", "level"),
    [
        (POSTED, {"is_brand": False}, "no_brand"),
        (POSTED, {"value_source": "unknown"}, "no_brand"),
        (POSTED, {"is_held": True}, "no_brand"),
        ({20: 90_000, 35: 90_000}, {}, "few_posts"),
        ({}, {}, "few_posts"),
    ],
)
def test_without_brand_keywords_or_posts_nothing_is_claimed_and_it_says_why(shop, posts, changes, level):
    answer = answer_of(shop, 0.5, posts, **changes)
    assert answer.brand.lift.level == level
    assert WHY_NOT[level] in answer.brand.line
    assert answer.plan["brand_value"].tolist() == [0.0]


def test_promotion_days_and_days_that_are_not_whole_are_left_out(tmp_path):
    eleven = Event(name="sale", start="2025-03-01", end="2025-03-03", factor=2.0)
    batch = make_batch(tmp_path, calendar=Calendar(events=(eleven,)), window={"days": 90})
    rows = [daily("acme", ago, None if ago == 1 else 5) for ago in range(20)]
    night = put(batch, "keyword_daily", [*rows, *(daily("tent", ago, 7) for ago in range(20))])
    days = brand_days({BRAND}, {"google_ads"}, night)
    told = set(days["report_date"].dt.date)
    assert len(told) == 16
    assert told.isdisjoint({date(2025, 3, 1), date(2025, 3, 2), date(2025, 3, 3), date(2025, 3, 9)})
    assert days[["brand_clicks", "other_clicks"]].drop_duplicates().to_numpy().tolist() == [[5.0, 7.0]]
    assert brand_days({BRAND}, {"google_ads", "amazon_sp"}, night).empty


def test_a_click_is_worth_its_margin_less_its_own_cost_weighted_by_clicks():
    items = make_items({"clicks": 300.0, "value_per_click": 3.0}, {"clicks": 100.0, "value_per_click": 1.0})
    assert click_worth(items) == pytest.approx(1.5)
    assert click_worth(items.iloc[:0]) == 0.0


def test_a_commission_above_the_margin_keeps_the_ends_of_the_interval_in_order(shop):
    night = put(
        put(shop, "kol_offers", [OFFER | {"commission_rate": 0.8}]), "kol_posts", [post(*one) for one in POSTED.items()]
    )
    offer = choose(load_offers(night), load_posts(night), items_of_the_shop(), night).plan.iloc[0]
    assert offer["net_value_low"] < offer["net_value"] < offer["net_value_high"]
