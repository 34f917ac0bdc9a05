from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from assets.batch import Batch
from assets.expectations.gates import check_table
from assets.kol import (
    OFFER_COLUMNS,
    ads_curve,
    choose,
    empty_offers,
    least_total,
    load_offers,
    load_posts,
    typical_margin,
)
from assets.plan_problem import build_problem
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
    plan, _ = choose(load_offers(night), load_posts(night), make_items(*(items or (NOTHING_MOVES,))), night)
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


def test_posts_without_views_do_not_stop_the_night(rich):
    plan = chosen(rich, [offer("a"), offer("b", expected_views=None)], [*POSTS, post("blind", views=None)])
    assert plan.loc["b", "revenue"] == 0.0
    assert np.isfinite(plan[["revenue", "net_value"]]).all(axis=None)


def test_a_home_without_creators_has_an_empty_plan_that_passes_its_gate(batch):
    assert load_offers(batch).empty
    assert load_posts(batch).empty
    assert empty_offers().columns.tolist() == OFFER_COLUMNS
    assert check_table(empty_offers(), "kol_plan").failures == ()


def test_the_plan_passes_its_gate(rich):
    plan = chosen(rich, [offer("a"), offer("b", is_signed=True)], POSTS, {}).reset_index()
    assert plan.columns.tolist() == OFFER_COLUMNS
    assert check_table(plan, "kol_plan").failures == ()


@pytest.mark.parametrize("rows", [[{}], [{}, {"platform": "amazon_sp"}],
                                  [{"platform": "taobao_audience", "level": "placement", "bid": np.nan, "target_roas": 3.0}]],
                         ids=["keywords", "two platforms", "a target"])  # fmt: skip
def test_the_ads_value_of_money_starts_at_the_least_that_tonights_caps_permit(rich, rows):
    plan = build_problem(make_items(*rows), rich)
    cost, value = ads_curve(plan, 10)
    assert cost[0] == pytest.approx(10 * least_total(plan, plan.problem.tree), rel=1e-5)
    assert (np.diff(cost) > 0).all()
    assert (np.diff(value) > 0).all()
    slopes = np.diff(value) / np.diff(cost)
    assert (np.diff(slopes) <= 1e-6 * slopes[0]).all()


def test_platform_minima_are_part_of_the_least(tmp_path):
    uses = {"google_ads": {"min_cost": 95.0}, "amazon_sp": {}}
    batch = make_batch(tmp_path, platforms=uses, budget={"daily_total": 1000.0})
    plan = build_problem(make_items({}, {"platform": "amazon_sp"}), batch)
    least = 100.0 + 75.0 * (0.7**1.6 - 1.0)
    assert least_total(plan, plan.problem.tree) == pytest.approx(95.0 + least, rel=1e-5)


def test_the_typical_margin_is_weighted_by_sales():
    items = make_items({"margin": 0.2, "conversion_value": 300.0}, {"margin": 0.6, "conversion_value": 100.0})
    assert typical_margin(items) == pytest.approx(0.3)
    assert typical_margin(items.assign(conversion_value=0.0)) == pytest.approx(0.4)
    assert typical_margin(items.iloc[:0]) == 0.0
