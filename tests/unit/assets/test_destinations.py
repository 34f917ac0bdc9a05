"""Where a harvested word goes: another group of the same product, so that the negative does not keep it out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from assets.destinations import TARGETS, with_destination
from tests.unit.assets.made_up import make_items

AUTO = {"keyword": "close-match", "match_type": "auto", "ad_group": "Auto"}
EXACT = {"keyword": "red tent", "campaign": "Exact", "campaign_id": "c2", "ad_group": "Own", "ad_group_id": "g2"}
OTHER = {"keyword": "stove", "campaign": "Exact", "campaign_id": "c2", "ad_group": "Stoves", "product_id": "p2"}


def term(**change: Any) -> pd.DataFrame:
    row = {"platform": "google_ads", "account": "main", "campaign": "Tents", "ad_group": "Auto", "campaign_id": "c1",
           "ad_group_id": "g1", "search_term": "light red tents tent", "verdict": "add", "is_own_word": False}  # fmt: skip
    return pd.DataFrame([row | change])


def place(batch, frame: pd.DataFrame, *items: dict[str, Any]) -> list[Any]:
    one = with_destination(frame, make_items(*items), batch).loc[0]
    return [*one[TARGETS].tolist(), bool(one["is_moved"])]


STAYS = ["c1", "Tents", "g1", "Auto", False]
MOVES = ["c2", "Exact", "g2", "Own", True]


def test_a_word_goes_to_another_group_that_sells_the_same_product(batch):
    assert place(batch, term(), AUTO, EXACT, OTHER) == MOVES


def test_among_groups_of_the_product_the_one_that_shares_most_words_is_taken(batch):
    chair = {**EXACT, "keyword": "camping chair", "ad_group": "A first by name"}
    assert place(batch, term(), AUTO, chair, EXACT) == MOVES
    assert place(batch, term(), EXACT, chair, AUTO) == MOVES


@pytest.mark.parametrize(
    "items",
    [
        pytest.param((AUTO,), id="no other group"),
        pytest.param((AUTO, OTHER), id="only another product"),
        pytest.param((AUTO, EXACT | {"status": "paused"}), id="the other group is off"),
        pytest.param((AUTO, EXACT | {"is_brand": True}), id="the other group is brand"),
        pytest.param((AUTO, EXACT | {"match_type": "auto"}), id="the other group is automatic"),
        pytest.param((AUTO, EXACT | {"platform": "amazon_sp"}), id="another platform"),
        pytest.param((AUTO, EXACT, EXACT | {"keyword": "b", "product_id": "p2"}), id="the other group sells several"),
        pytest.param((AUTO, AUTO | {"keyword": "b", "product_id": "p2"}, EXACT), id="the source sells several"),
    ],
)
def test_otherwise_it_stays_in_its_group(batch, items):
    assert place(batch, term(), *items) == STAYS


@pytest.mark.parametrize("change", [{"verdict": "rising"}, {"is_own_word": True}], ids=["not added", "brand"])
def test_what_is_not_added_or_is_the_shops_own_brand_does_not_move(batch, change):
    assert place(batch, term(**change), AUTO, EXACT) == STAYS


def test_where_the_platform_takes_no_negatives_nothing_moves(batch):
    google = batch.platforms["google_ads"]
    levers = tuple(rule for rule in google.rulebook.levers if rule.lever != "negative_keyword")
    closed = google.model_copy(update={"rulebook": google.rulebook.model_copy(update={"levers": levers})})
    batch = replace(batch, platforms={**batch.platforms, "google_ads": closed})
    assert place(batch, term(), AUTO, EXACT) == STAYS
