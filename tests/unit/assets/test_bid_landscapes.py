"""A platform's own landscape in the inbox wins over prior and trials, for the keywords that it names."""

from __future__ import annotations

from datetime import timedelta

import pytest

from assets.bid_landscapes import read_landscapes
from assets.response import add_response
from tests.unit.assets.made_up import NIGHT, item_of, make_batch, make_items, put

POINTS = [(1.0, 70.7107, 35.0), (2.0, 100.0, 100.0), (4.0, 141.4214, 285.0)]


def landscape(keyword: str = "tent", **changes: object) -> list[dict[str, object]]:
    """Return the told points of a keyword whose clicks grow with the root of its bid."""
    own = {"campaign": "Tents", "ad_group": "Group", "keyword": keyword, "match_type": "exact"}
    return [{**own, "bid": bid, "clicks": clicks, "cost": cost, **changes} for bid, clicks, cost in POINTS]


def named(keyword: str) -> dict[str, object]:
    return {"keyword": keyword, "item": item_of("google_ads", "main", "keyword", "Tents", "Group", keyword, "exact")}


def test_a_landscape_wins_where_it_is_told(tmp_path):
    """The other keyword keeps its prior, a closed bid stays closed."""
    batch = put(make_batch(tmp_path), "bid_landscape", [*landscape(), *landscape("auto")])
    items = make_items(named("tent"), named("cup"), {**named("auto"), "bid": float("nan")})
    found = add_response(items, batch)
    assert found["response_evidence"].tolist() == ["landscape", "prior", "closed"]
    assert found["eta"].tolist() == pytest.approx([0.5, 0.6, 0.6], abs=1e-4)
    assert found["eta_log_sd"].tolist() == pytest.approx([0.15, 0.35, 0.35])


def test_an_old_landscape_or_one_in_another_currency_is_not_used(tmp_path):
    """After two weeks rivals have moved; points in dollars say nothing of a bid in yuan."""
    items = make_items(named("tent"))
    old = put(make_batch(tmp_path / "old"), "bid_landscape", landscape(), as_of=NIGHT - timedelta(days=15))
    assert read_landscapes(items, old).empty
    dollars = put(make_batch(tmp_path / "usd"), "bid_landscape", landscape(currency="USD"))
    assert read_landscapes(items, dollars).empty
