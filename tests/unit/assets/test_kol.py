from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from assets.batch import Batch
from assets.expectations.gates import check_table
from assets.kol import OFFER_COLUMNS, choose, empty_offers
from assets.kol_choice import typical_margin
from assets.kol_inputs import load_offers, load_posts
from tests.unit.assets.made_up import USD, make_batch, make_items, put

NOTHING_MOVES = {"verdict": "no_entity"}


def offer(offer_id: str, fee: float | None = 1000.0, **changes: Any) -> dict[str, Any]:
    usual = {"platform": "templates", "kol_id": f"k-{offer_id}", "kol_platform": "xiaohongshu", "tier": "koc", "category": "home",
             "content_format": "note", "commission_rate": 0.1, "expected_views": 50_000, "is_signed": False}  # fmt: skip
    return {**usual, "offer_id": offer_id, "fee": fee, "delivery_date": "2025-03-20", **changes}


def post(post_id: str, revenue: float = 5000.0, **changes: Any) -> dict[str, Any]:
    usual = {"platform": "templates", "kol_id": f"k-{post_id}", "kol_platform": "xiaohongshu", "tier": "koc", "category": "home",
             "content_format": "note", "post_date": "2025-01-05", "fee": 800.0, "views": 50_000, "orders": 9}  # fmt: skip
    return {**usual, "post_id": post_id, "revenue": revenue, **changes}


POSTS = [post(f"p{n}", 4000.0 + 500 * n) for n in range(5)]  # 50,000 views bring about 5,000 of sales


def chosen(
    batch: Batch, offers: list[dict[str, Any]], posts: list[dict[str, Any]], *items: dict[str, Any]
) -> pd.DataFrame:
    night = put(batch, "kol_offers", offers)
    night = put(night, "kol_posts", posts) if posts else night
    plan, *_ = choose(load_offers(night), load_posts(night), make_items(*(items or (NOTHING_MOVES,))), night)
    return plan.set_index("offer_id")


@pytest.fixture
def rich(tmp_path) -> Batch:
    """A shop with 1,000 a day to spend, half of it on creators if they are worth it."""
    return make_batch(tmp_path, budget={"daily_total": 1000.0, "kol_share": 0.5})


def test_an_offer_that_brings_more_margin_than_its_fee_is_chosen_and_a_dear_one_is_not(rich):
    """About 5,000 sales x (0.5 margin - 0.1 commission) = 2,000 against fees of 1,000 and 3,000."""
    plan = chosen(rich, [offer("cheap"), offer("dear", 3000.0)], POSTS)
    assert plan["is_chosen"].to_dict() == {"cheap": True, "dear": False}
    one = plan.loc["cheap"]
    assert one["revenue"] == pytest.approx(5000.0, rel=0.25)
    assert one["net_value"] == pytest.approx(one["revenue"] * 0.4)
    assert one["revenue_low"] < one["revenue"] < one["revenue_high"]
    assert one["fee_per_day"] == pytest.approx(1000.0 / 28)


def test_commission_is_taken_off_what_an_offer_is_worth(rich):
    plan = chosen(
        rich,
        [offer("a", commission_rate=0.0), offer("b", commission_rate=0.45), offer("c", commission_rate=None)],
        POSTS,
    )
    assert plan["is_chosen"].to_dict() == {"a": True, "b": False, "c": True}


def test_a_signed_offer_stays_whatever_it_is_worth(rich):
    plan = chosen(rich, [offer("signed", 9000.0, is_signed=True), offer("open", 9000.0)], POSTS)
    assert plan["is_chosen"].to_dict() == {"open": False, "signed": True}


def test_a_partner_with_own_posts_is_judged_by_them(rich):
    weak = [post(f"w{n}", 10.0, kol_id="k-weak") for n in range(6)]
    plan = chosen(rich, [offer("weak"), offer("strong", kol_id="k-p1")], [*POSTS, *weak])
    assert plan.loc["weak", "revenue"] < plan.loc["strong", "revenue"]
    assert plan["is_chosen"].to_dict() == {"strong": True, "weak": False}


def test_without_a_single_post_of_its_own_the_shop_signs_nothing(rich):
    plan = chosen(rich, [offer("a", 10.0), offer("b", is_signed=True)], [])
    assert plan["is_chosen"].to_dict() == {"a": False, "b": True}


def test_ads_that_earn_more_keep_the_money(tmp_path):
    """The shop has just enough for the ad, which returns 20 for the next unit of money; the offer returns 2."""
    tight = make_batch(tmp_path, budget={"daily_total": 100.0, "kol_share": 1.0})
    strong_ads = {"value_per_click": 50.0, "revenue_per_click": 100.0}
    assert not chosen(tight, [offer("a", 400.0)], POSTS, strong_ads).loc["a", "is_chosen"]
    assert chosen(tight, [offer("a", 400.0)], POSTS, NOTHING_MOVES | {"usual_cost": 0.0}).loc["a", "is_chosen"]


def test_offers_whose_delivery_has_passed_are_closed_and_tomorrows_is_open(batch):
    dates = {"past": "2025-03-09", "tonight": "2025-03-10", "tomorrow": "2025-03-11", "open": None}
    night = put(batch, "kol_offers", [offer(name, delivery_date=date) for name, date in dates.items()])
    assert load_offers(night)["offer_id"].tolist() == ["open", "tomorrow"]


def test_fees_are_kept_in_both_currencies_and_offers_without_rate_or_fee_are_left_out(tmp_path):
    batch = make_batch(tmp_path, fx=[USD])
    rows = [
        offer("usd", 100.0, currency="USD"),
        offer("eur", 100.0, currency="EUR"),
        offer("none", None),
        offer("barter", 0.0),
    ]
    found = load_offers(put(batch, "kol_offers", rows)).set_index("offer_id")
    assert found.index.tolist() == ["barter", "usd"]
    assert found.loc["usd", ["account_fee", "fee"]].tolist() == [100.0, 700.0]


def test_an_offer_that_does_not_say_whether_it_is_signed_is_not(batch):
    assert load_offers(put(batch, "kol_offers", [offer("a", is_signed=None)]))["is_signed"].tolist() == [False]


def test_posts_that_are_still_to_come_teach_nothing(batch):
    night = put(batch, "kol_posts", [post("old"), post("new", post_date="2025-03-11")])
    assert load_posts(night)["post_id"].tolist() == ["old"]


def test_posts_that_do_not_tell_their_views_teach_nothing(rich):
    blind = [post(f"blind{n}", 90_000.0, views=None) for n in range(3)]
    told, both = (chosen(rich, [offer("a")], posts) for posts in (POSTS, [*POSTS, *blind]))
    assert both.loc["a", "revenue"] == told.loc["a", "revenue"]


def test_untold_views_are_the_usual_ones_of_the_tier_and_category_or_the_offer_is_not_judged(rich):
    unlike = offer("unlike", expected_views=None, category="sport")
    plan = chosen(rich, [offer("told"), offer("usual", expected_views=None), unlike], POSTS)
    assert plan["views_source"].to_dict() == {"told": "offer", "unlike": "unknown", "usual": "usual"}
    assert plan.loc["usual", "revenue"] == plan.loc["told", "revenue"]
    assert np.isnan(plan.loc["unlike", "revenue"])
    assert plan.loc["unlike", ["is_chosen", "binding_limit"]].tolist() == [False, "views_unknown"]


def test_two_posts_do_not_tell_the_usual_views(rich):
    plan = chosen(rich, [offer("a", expected_views=None)], POSTS[:2])
    assert plan.loc["a", "binding_limit"] == "views_unknown"


def test_a_signed_offer_without_views_is_still_a_cost(rich):
    plan = chosen(rich, [offer("a", expected_views=None, is_signed=True, tier="head")], POSTS)
    assert plan.loc["a", ["is_chosen", "binding_limit"]].tolist() == [True, "signed"]


def test_the_same_id_on_another_platform_is_another_creator(rich):
    weak = [post(f"w{n}", 10.0, kol_id="k-x", kol_platform="douyin") for n in range(6)]
    strong = [post(f"s{n}", 9000.0 + n, kol_id="k-x") for n in range(6)]
    pair = [offer("here", kol_id="k-x"), offer("there", kol_id="k-x", kol_platform="douyin")]
    plan = chosen(rich, pair, [*weak, *strong])
    assert plan["is_chosen"].to_dict() == {"here": True, "there": False}
    assert plan.loc["here", "revenue"] > 10 * plan.loc["there", "revenue"]


def test_signed_fees_above_the_budget_hold_every_new_offer_and_say_what_is_missing(tmp_path):
    poor = make_batch(tmp_path, budget={"daily_total": 10.0, "kol_share": 1.0})
    night = put(put(poor, "kol_posts", POSTS), "kol_offers", [offer("open", 10.0), offer("s", 999.0, is_signed=True)])
    items = make_items(NOTHING_MOVES | {"usual_cost": 0.0})
    plan, result, refusal, *_ = choose(load_offers(night), load_posts(night), items, night)
    assert result is None
    assert "719.00 are missing" in refusal
    assert plan.set_index("offer_id")["binding_limit"].to_dict() == {"open": "overcommitted", "s": "signed"}
    assert plan["is_chosen"].tolist() == [False, True]
    assert check_table(plan, "kol_plan").failures == ()


def test_new_offers_for_one_category_on_one_platform_are_capped(tmp_path):
    batch = make_batch(tmp_path, budget={"daily_total": 1000.0, "kol_share": 0.5}, kol={"max_new_per_audience": 1})
    plan = chosen(batch, [offer("a"), offer("b", 900.0), offer("else", kol_platform="douyin")], POSTS)
    assert plan["is_chosen"].to_dict() == {"a": False, "b": True, "else": True}
    assert plan.loc["a", ["binding_limit", "limit_seen", "limit_most"]].tolist() == ["max_new_per_audience", 2.0, 1.0]


def test_ads_are_weighed_over_the_horizon_and_leave_no_doubt_about_the_optimum(rich):
    night = put(put(rich, "kol_posts", POSTS), "kol_offers", [offer("a"), offer("b", 1500.0), offer("c", 2500.0)])
    items = make_items({}, {"platform": "amazon_sp"})
    plan, result, *_ = choose(load_offers(night), load_posts(night), items, night)
    assert result.gap <= 1e-6
    assert result.price >= 1.0
    assert result.committed_cost == plan.loc[plan["is_chosen"], "fee"].sum()


def test_the_total_s_roas_floor_holds_the_ads_that_offers_are_weighed_against(tmp_path):
    """The ad would sell about 3.70 for each 1.00; under a floor of 3.9 it spends less."""
    spent = []
    for floor in (None, 3.9):
        batch = make_batch(tmp_path / str(floor), budget={"daily_total": 300.0, "kol_share": 0.5, "min_roas": floor})
        night = put(put(batch, "kol_posts", POSTS), "kol_offers", [offer("a")])
        answer = choose(load_offers(night), load_posts(night), make_items({}), night)
        assert answer.result.gap <= 1e-6
        spent.append(answer.result.ads_cost)
    assert spent[1] < 0.95 * spent[0]


def test_a_home_without_creators_has_an_empty_plan_that_passes_its_gate(batch):
    assert load_offers(batch).empty
    assert load_posts(batch).empty
    assert empty_offers().columns.tolist() == OFFER_COLUMNS
    assert check_table(empty_offers(), "kol_plan").failures == ()


def test_the_plan_passes_its_gate(rich):
    plan = chosen(rich, [offer("a"), offer("b", is_signed=True)], POSTS, {}).reset_index()
    assert plan.columns.tolist() == OFFER_COLUMNS
    assert check_table(plan, "kol_plan").failures == ()


def test_the_typical_margin_is_weighted_by_sales():
    items = make_items({"margin": 0.2, "conversion_value": 300.0}, {"margin": 0.6, "conversion_value": 100.0})
    assert typical_margin(items) == pytest.approx(0.3)
    assert typical_margin(items.assign(conversion_value=0.0)) == pytest.approx(0.4)
    assert typical_margin(items.iloc[:0]) == 0.0
