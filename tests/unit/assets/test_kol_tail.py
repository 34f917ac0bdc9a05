"""The limit on the worst tenth of cases, from the settings to the row that it keeps out."""

from __future__ import annotations

from typing import Any

import pytest

from assets.kol import choose
from assets.kol_inputs import load_offers, load_posts
from tests.unit.assets.made_up import make_batch, make_items, put


def offer(offer_id: str, fee: float) -> dict[str, Any]:
    return {"platform": "templates", "offer_id": offer_id, "kol_id": f"k-{offer_id}", "kol_platform": "xiaohongshu", "fee": fee,
            "tier": "koc", "category": "home", "expected_views": 50_000, "commission_rate": 0.1}  # fmt: skip


def post(number: int) -> dict[str, Any]:
    """One post in three sells ten times as much as the others: 4,000 on average, mostly 1,000."""
    return {"platform": "templates", "post_id": f"p{number}", "kol_id": f"k{number // 2}", "kol_platform": "xiaohongshu",
            "tier": "koc", "category": "home", "post_date": "2025-01-05", "fee": 800.0, "views": 50_000, "orders": 9,
            "revenue": 10_000.0 if number % 3 == 0 else 1_000.0}  # fmt: skip


def choice_under(tmp_path, limit: float | None) -> Any:
    """About 4,000 sales x 0.4 = 1,600 against fees of 1,000 and 800, of which a post that fails loses nearly
    all; 14,000 are permitted."""
    batch = make_batch(tmp_path, budget={"daily_total": 1000.0, "kol_share": 0.5}, kol={"max_tail_loss": limit})
    night = put(batch, "kol_offers", [offer("a", 1000.0), offer("b", 800.0)])
    night = put(night, "kol_posts", [post(number) for number in range(30)])
    items = make_items({"verdict": "no_entity"})
    return choose(load_offers(night), load_posts(night), items, night)


def test_without_a_limit_both_are_signed_and_with_one_only_the_safer(tmp_path):
    free = choice_under(tmp_path / "free", None).plan.set_index("offer_id")
    assert free["is_chosen"].all()
    tight = choice_under(tmp_path / "tight", 0.065).plan.set_index("offer_id")
    assert tight["is_chosen"].to_dict() == {"a": False, "b": True}
    row = tight.loc["a"]
    assert row["binding_limit"] == "max_tail_loss"
    assert row["limit_seen"] > row["limit_most"]
    assert row["limit_most"] == pytest.approx(0.065 * 0.5 * 900 * 28, rel=0.01)


def test_a_limit_of_no_loss_signs_nothing_that_may_lose(tmp_path):
    answer = choice_under(tmp_path, 0.0)
    assert not answer.plan["is_chosen"].any()
    assert set(answer.plan["binding_limit"]) == {"max_tail_loss"}


def test_a_limit_beyond_all_fees_changes_nothing(tmp_path):
    free, wide = choice_under(tmp_path / "free", None), choice_under(tmp_path / "wide", 5.0)
    assert wide.result.objective == pytest.approx(free.result.objective, rel=1e-6)
