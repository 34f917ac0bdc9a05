"""What an offer leaves out about its creator comes from the newest list of a marketplace."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pandas as pd

from assets.coming_days import empty_days
from assets.kol import choose, kol_plan
from assets.kol_inputs import load_offers, load_posts
from tests.unit.assets.made_up import day, make_batch, make_items, put

GAPS = {"tier": None, "category": None, "followers": None, "expected_views": None}
LISTED = {"tier": "koc", "category": "home", "followers": 12_000, "expected_views": 50_000}


def offer(offer_id: str, **changes: Any) -> dict[str, Any]:
    usual = {"platform": "templates", "kol_id": "k1", "kol_platform": "小红书", "content_format": "note", "fee": 1000.0,
             "commission_rate": 0.1, "is_signed": False, "delivery_date": day(20)}  # fmt: skip
    return {**usual, **GAPS, "offer_id": offer_id, **changes}


def profile(**changes: Any) -> dict[str, Any]:
    return {"platform": "huitun", "kol_id": "k1", "kol_platform": "小红书", **LISTED, **changes}


def traits(offers: pd.DataFrame, offer_id: str) -> dict[str, Any]:
    row = offers.set_index("offer_id").loc[offer_id, list(GAPS)]
    return {name: None if pd.isna(value) else value for name, value in row.items()}


def test_gaps_come_from_the_creators_profile(batch):
    night = put(batch, "kol_profiles", [profile()])
    offers = load_offers(put(night, "kol_offers", [offer("bare"), offer("stranger", kol_id="k2")]))
    assert traits(offers, "bare") == LISTED
    assert traits(offers, "stranger") == GAPS
    assert offers.set_index("offer_id")["is_filled"].to_dict() == {"bare": True, "stranger": False}


def test_what_an_offer_says_itself_counts_even_when_it_is_zero(batch):
    night = put(batch, "kol_profiles", [profile()])
    own = {"tier": "head", "category": "sport", "followers": 0, "expected_views": 0}
    offers = load_offers(put(night, "kol_offers", [offer("told", **own), offer("half", tier="head")]))
    assert traits(offers, "told") == own
    assert traits(offers, "half") == {**LISTED, "tier": "head"}
    assert offers.set_index("offer_id")["is_filled"].to_dict() == {"half": True, "told": False}


def test_the_same_id_on_another_platform_is_another_creator(batch):
    night = put(batch, "kol_profiles", [profile(platform="xingtu", kol_platform="抖音"), profile(kol_platform=None)])
    offers = load_offers(put(night, "kol_offers", [offer("a"), offer("nowhere", kol_platform=None)]))
    assert traits(offers, "a") == traits(offers, "nowhere") == GAPS


def test_the_newest_profile_counts_and_an_older_list_fills_what_it_leaves_out(batch):
    old = profile(platform="xiaohongshu_pugongying", followers=9_000, category=None)
    night = put(batch, "kol_profiles", [old], as_of=pd.Timestamp(day(1)).date(), name="old")
    night = put(night, "kol_profiles", [profile(expected_views=None, followers=15_000)], name="new")
    offers = load_offers(put(night, "kol_offers", [offer("a")]))
    assert traits(offers, "a") == {**LISTED, "followers": 15_000}


def test_two_offers_of_one_creator_are_both_filled_and_no_offer_is_repeated(batch):
    night = put(batch, "kol_profiles", [profile(), profile(platform="xiaohongshu_pugongying")])
    offers = load_offers(put(night, "kol_offers", [offer("a"), offer("b")]))
    assert offers["offer_id"].tolist() == ["a", "b"]
    assert offers["expected_views"].tolist() == [50_000, 50_000]
    assert str(offers["followers"].dtype) == "Int64"


def test_without_any_list_the_offers_stay_as_they_are(batch):
    offers = load_offers(put(batch, "kol_offers", [offer("a")]))
    assert traits(offers, "a") == GAPS
    assert offers["is_filled"].tolist() == [False]


def test_an_offer_that_names_no_views_can_be_judged_by_its_profile(tmp_path):
    """5,000 of sales for 50,000 views: without the views nothing is expected of the offer."""
    batch = make_batch(tmp_path, budget={"daily_total": 1000.0, "kol_share": 0.5})
    posts = [{"platform": "templates", "post_id": f"p{n}", "kol_id": f"k-{n}", "kol_platform": "小红书", "tier": "koc",
              "category": "home", "post_date": "2025-01-05", "fee": 800.0, "views": 50_000, "orders": 9,
              "revenue": 4000.0 + 500 * n} for n in range(5)]  # fmt: skip
    night = put(batch, "kol_posts", posts)
    night = put(night, "kol_profiles", [profile()])
    night = put(night, "kol_offers", [offer("listed"), offer("stranger", kol_id="k2")])
    plan, *_ = choose(load_offers(night), load_posts(night), make_items({"verdict": "no_entity"}), night)
    assert plan.set_index("offer_id")["is_chosen"].to_dict() == {"listed": True, "stranger": False}
    assert plan.set_index("offer_id").loc["stranger", "binding_limit"] == "views_unknown"


def test_the_catalogue_says_how_many_offers_were_filled(batch):
    night = put(batch, "kol_profiles", [profile()])
    night = put(night, "kol_offers", [offer("a"), offer("b"), offer("stranger", kol_id="k2")])
    context = SimpleNamespace(partition_time_window=SimpleNamespace(start=datetime(2025, 3, 10, tzinfo=UTC)))
    stage = kol_plan.op.compute_fn.decorated_fn.__wrapped__
    step = stage(context, SimpleNamespace(open=lambda _: night), make_items({"verdict": "no_entity"}), empty_days())
    assert step.metadata["offers_filled_from_profiles"] == 2
