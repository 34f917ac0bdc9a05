"""Rows that are different things have different items, however the frame that holds them was put together."""

from __future__ import annotations

import pandas as pd

from assets.identity import with_items
from tests.unit.assets.made_up import make_facts

TERM = {"campaign": "Tents", "ad_group": "G", "keyword": "tent", "match_type": "broad", "search_term": "red tent"}
ENTITY = {"campaign": "Tents", "ad_group": "G", "keyword": "tent", "match_type": "exact"}


def test_the_same_term_met_in_two_ways_is_two_items(batch):
    ways = ("Phrase match", "Phrase match (close variant)", None)
    found = make_facts(batch, "search_terms", [{**TERM, "term_match": way} for way in ways])
    assert found["item"].nunique() == 3
    assert found["item"].notna().all()


def test_entities_of_several_platforms_and_levels_get_the_key_of_their_own(batch):
    rows = [
        {**ENTITY, "platform": platform, "level": level}
        for platform in ("google_ads", "amazon_sp", "nobody")
        for level in ("keyword", "placement")
    ]
    found = make_facts(batch, "entities", rows)
    alone = [make_facts(batch, "entities", [row])["item"].iloc[0] for row in rows]
    assert found["item"].fillna("").tolist() == pd.Series(alone, dtype="str").fillna("").tolist()
    assert found["item"].notna().tolist() == [True] * 2 + [row["platform"] == "amazon_sp" for row in rows[2:]]


def test_a_frame_made_of_parts_has_the_keys_of_its_parts(batch):
    part = make_facts(batch, "keyword_daily", [ENTITY, {**ENTITY, "keyword": "lamp"}]).drop(columns="item")
    whole = pd.concat([part, part.iloc[1:], part.iloc[:0]], ignore_index=True)
    found = with_items(whole, "keyword_daily", batch)
    assert [key.split("|")[5] for key in found["item"]] == ["tent", "lamp", "lamp"]
    assert "item" not in whole
