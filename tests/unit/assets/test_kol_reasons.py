"""Every word of a creator's row appears in some night, with its numbers in their own unit, in both languages."""

from __future__ import annotations

from typing import Any

import pytest

from assets.bidding import finish
from assets.kol import choose
from assets.kol_inputs import load_offers, load_posts
from assets.new_rows import kol_rows
from assets.presentation.reasons import reason_sentences
from configs.reasons_schema import load_reasons
from tests.unit.assets.made_up import make_batch, make_items, put

NOTHING_MOVES = {"verdict": "no_entity", "usual_cost": 0.0}


def offer(offer_id: str, fee: float, **changes: Any) -> dict[str, Any]:
    usual = {"platform": "templates", "kol_id": f"k-{offer_id}", "kol_platform": "xiaohongshu", "tier": "koc", "category": "home",
             "commission_rate": 0.1, "expected_views": 50_000}  # fmt: skip
    return {**usual, "offer_id": offer_id, "fee": fee, **changes}


def post(number: int, revenue: float) -> dict[str, Any]:
    return {"platform": "templates", "post_id": f"p{number}", "kol_id": f"k-p{number}", "kol_platform": "xiaohongshu",
            "tier": "koc", "category": "home", "post_date": "2025-01-05", "views": 50_000, "revenue": revenue}  # fmt: skip


POSTS = [post(number, 4000.0 + 500 * number) for number in range(5)]  # an offer leaves about 2,000 after commission
PAIR = [offer("a", 500.0), offer("b", 600.0)]
SAME = {"kol_id": "one"}
# word: settings of kol, daily total, offers, posts, what the sentence about the last offer says
CASES: dict[str, tuple[dict[str, Any], float, list[dict[str, Any]], list[dict[str, Any]], str]] = {
    "max_offers": ({"max_offers": 1}, 1000.0, PAIR, POSTS, "(with it 2, the line is 1)"),
    "max_share_per_kol": ({"max_share_per_kol": 0.05}, 1000.0, [offer("a", 500.0, **SAME), offer("b", 600.0, **SAME)], POSTS,
                          "(with it ¥1,100.00, the line is ¥700.00)"),
    "max_new_per_audience": ({"max_new_per_audience": 1}, 1000.0, PAIR, POSTS, "(with it 2, the line is 1)"),
    "max_share_per_audience": ({"max_share_per_audience": 0.05}, 1000.0, PAIR, POSTS, "(with it ¥1,100.00, the line is ¥700.00)"),
    "max_fee_share": ({"max_share_per_kol": 1.0}, 50.0, PAIR, POSTS, "(with it ¥1,100.00, the line is ¥700.00)"),
    "mix": ({"min_koc_per_head": 2}, 1000.0, [offer("a", 500.0), offer("b", 600.0, tier="head", category="home")], POSTS,
            "(with it 1, the line is 0)"),
    "max_tail_loss": ({"max_tail_loss": 0.0}, 1000.0, [offer("b", 1500.0)],
                      [post(number, 20_000.0 if number % 5 == 0 else 10.0) for number in range(20)], "the line is ¥0.00)"),
    "below_price": ({}, 1000.0, [offer("b", 9000.0)], POSTS, "the line is 1.00)"),
    "views_unknown": ({}, 1000.0, [offer("b", 500.0, expected_views=None, category="sport")], POSTS, "not weighed"),
    "overcommitted": ({}, 10.0, [offer("a", 9000.0, is_signed=True), offer("b", 10.0)], POSTS, "not weighed"),
    "signed": ({}, 1000.0, [offer("b", 500.0, is_signed=True)], POSTS, "a fixed cost"),
    "chosen": ({}, 1000.0, [offer("b", 500.0)], POSTS, "ads 1.00)"),
}  # fmt: skip


def night_of(tmp_path: Any, case: str) -> tuple[Any, Any]:
    rules, total, offers, posts, _ = CASES[case]
    batch = make_batch(tmp_path, budget={"daily_total": total, "kol_share": 0.5}, kol=rules)
    night = put(put(batch, "kol_offers", offers), "kol_posts", posts)
    plan = choose(load_offers(night), load_posts(night), make_items(NOTHING_MOVES), night).plan
    return finish(kol_rows(plan, night), night), night


@pytest.mark.parametrize("case", CASES)
def test_a_creators_row_says_what_decides_it_with_its_own_numbers(tmp_path, case):
    rows, night = night_of(tmp_path, case)
    row = rows.index[rows["keyword"] == "b"]
    words = reason_sentences(rows, night.settings).loc[row[0]]
    limit = load_reasons().limits[case]
    assert rows.loc[row[0], "binding_limit"] == case
    assert CASES[case][-1] in words["reason_en"]
    assert "unknown" not in words["reason_en"]
    assert "未知" not in words["reason_zh"].replace(limit.zh, "")
    if case != "signed":
        assert limit.en in words["reason_en"]
        assert limit.zh in words["reason_zh"]


def test_a_signed_offers_sentence_tells_what_brand_searches_bring(tmp_path):
    rows, night = night_of(tmp_path, "chosen")
    words = reason_sentences(rows.assign(brand_value=2.0), night.settings).iloc[0]
    assert "+¥2.00 of it from later brand searches" in words["reason_en"]
    assert "其中日后品牌搜索 +¥2.00/天" in words["reason_zh"]


def test_all_words_of_limits_of_creators_have_a_case_here_or_in_the_choice_itself():
    """What is left over needs ads that move, and is shown where offers are chosen."""
    of_creators = {"signed", "chosen", "test", "budget", "indivisible", "below_price", "max_offers", "mix", "max_fee_share",
                   "max_share_per_kol", "max_new_per_audience", "max_share_per_audience", "max_tail_loss", "views_unknown",
                   "overcommitted"}  # fmt: skip
    assert of_creators <= set(load_reasons().limits)
    assert of_creators - set(CASES) == {"test", "budget", "indivisible"}
