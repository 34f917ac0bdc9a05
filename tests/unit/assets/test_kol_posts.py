"""What past posts tell: sales that come late, audiences that tire, and partners who keep paying."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from assets.batch import Batch
from assets.kol import choose
from assets.kol_inputs import encode, load_offers, load_posts, readings
from assets.kol_retainers import RETAINER_COLUMNS, retainer_rows
from optimizers.kol_timing import USUAL_LAG
from tests.unit.assets.made_up import make_items, put


def post(post_id: str, revenue: float = 5000.0, **changes: Any) -> dict[str, Any]:
    usual = {"platform": "templates", "kol_id": "k1", "kol_platform": "xiaohongshu", "tier": "koc", "category": "home",
             "post_date": "2025-01-05", "fee": 800.0, "views": 50_000, "orders": 9}  # fmt: skip
    return {**usual, "post_id": post_id, "revenue": revenue, **changes}


def read_twice(batch: Batch, first: list[dict[str, Any]], last: list[dict[str, Any]]) -> Batch:
    """The same posts in the exports of the tenth of February and of the night, a month later."""
    return put(put(batch, "kol_posts", first, as_of=date(2025, 2, 10), name="old"), "kol_posts", last, name="new")


def test_a_post_read_twice_tells_which_share_of_its_sales_came_first(batch):
    told = {"post_date": "2025-02-06"}
    night = read_twice(batch, [post("a", 300.0, **told)], [post("a", 400.0, **told), post("once", 9.0, **told)])
    assert readings(night).to_dict("records") == [{"early_age": 4.0, "late_age": 32.0, "early_share": 0.75}]


def test_readings_that_shrink_or_lie_close_or_have_no_sales_are_left_out(batch):
    told = {"post_date": "2025-02-06"}
    first = [post("less", 300.0, **told), post("none", 0.0, **told), post("untold", None, **told)]
    night = read_twice(batch, first, [post("less", 200.0, **told), post("none", 0.0, **told), post("untold", **told)])
    close = put(night, "kol_posts", [post("c", 5.0)], as_of=date(2025, 3, 5), name="c")
    assert readings(put(close, "kol_posts", [post("c", 6.0)], name="d")).empty


def test_slow_sales_make_the_lag_longer_and_young_posts_worth_more(batch):
    told = {"post_date": "2025-02-06"}
    slow = read_twice(
        batch, [post(f"p{n}", 100.0, **told) for n in range(30)], [post(f"p{n}", 500.0, **told) for n in range(30)]
    )
    once = put(batch, "kol_posts", [post(f"p{n}", 500.0, **told) for n in range(30)])
    offer = {"platform": "templates", "offer_id": "o", "kol_id": "k9", "kol_platform": "xiaohongshu", "fee": 500.0,
             "tier": "koc", "category": "home", "expected_views": 50_000}  # fmt: skip
    answers = []
    for night in (slow, once):
        with_offer = put(night, "kol_offers", [offer])
        items = make_items({"verdict": "no_entity"})
        answers.append(choose(load_offers(with_offer), load_posts(with_offer), items, with_offer))
    assert answers[0].timing.n_readings == 30
    assert answers[0].timing.lag_days > 2 * USUAL_LAG
    assert answers[1].timing.lag_days == USUAL_LAG
    assert answers[0].plan["revenue"].iloc[0] > answers[1].plan["revenue"].iloc[0]


def test_posts_within_a_month_before_count_as_recent_and_the_same_day_does_not(batch):
    days = {"a": "2025-01-05", "b": "2025-01-05", "c": "2025-01-20", "d": "2025-02-04", "e": "2025-02-05"}
    other = post("x", kol_platform="douyin", post_date="2025-02-01")
    night = put(batch, "kol_posts", [*(post(name, post_date=day) for name, day in days.items()), other])
    posts = load_posts(night)
    _, history = encode(load_offers(night), posts, night)
    assert dict(zip(posts["post_id"], history.n_recent_posts, strict=True)) == {
        "a": 0.0, "b": 0.0, "c": 2.0, "d": 3.0, "e": 2.0, "x": 0.0,
    }  # fmt: skip


def test_a_posts_age_is_that_of_the_export_that_told_its_sales(batch):
    night = put(batch, "kol_posts", [post("a")], as_of=date(2025, 1, 9))
    _, history = encode(load_offers(night), load_posts(night), night)
    assert history.age_days.tolist() == [4.0]


@pytest.fixture
def partners(batch) -> pd.DataFrame:
    """Ten partners with four posts each, from a ROAS of 0.5 to one of 14, and one with two great posts."""
    rng = np.random.default_rng(3)
    rows = [
        post(f"{k}-{n}", 400.0 * (1 + 3 * k) * rng.uniform(0.8, 1.2), kol_id=f"k{k}", post_date=f"2024-{9 + n % 3}-0{n + 1}")
        for k in range(10) for n in range(4)
    ]  # fmt: skip
    few = [post(f"few-{n}", 20_000.0, kol_id="few", post_date=f"2024-10-0{n + 1}") for n in range(2)]
    return load_posts(put(batch, "kol_posts", [*rows, *few]))


def test_partners_who_keep_paying_are_proposed_best_first_and_cost_nothing(partners, batch):
    found = retainer_rows(partners, batch, lag_days=3.0, fatigue=0.9)
    assert set(found["kol_id"]) >= {"k7", "k8", "k9"}
    assert set(found["kol_id"]).isdisjoint({"k0", "k1", "k2", "few"})
    assert found["p_above_scale"].is_monotonic_decreasing
    assert (found["roas"] > batch.settings.roas.scale).all()
    assert found["usual_fee"].tolist() == [800.0] * len(found)


def test_without_enough_posts_nobody_is_proposed(partners, batch):
    few = partners[partners["kol_id"] == "few"]
    assert retainer_rows(few, batch, lag_days=3.0, fatigue=0.9).columns.tolist() == RETAINER_COLUMNS
    assert retainer_rows(few, batch, lag_days=3.0, fatigue=0.9).empty
