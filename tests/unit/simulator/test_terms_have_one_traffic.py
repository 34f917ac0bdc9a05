"""A shopper searches once: an added keyword and a negative move the clicks of a term, they make none."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from simulator.edits import carry_out
from simulator.options import MarketOptions
from simulator.scoring import expected_money
from simulator.terms import TAKEN_SHARE, live_terms, open_shares
from simulator.world import World, build_world

PLATFORM = "google_ads"
SIZES = {"taobao_keyword": 5, "taobao_audience": 2, "google_ads": 40, "amazon_sp": 10, "baidu_search": 5}


@pytest.fixture
def world() -> World:
    return build_world(MarketOptions(seed=3, days=10, n_items=SIZES))


def clicks(world: World) -> np.ndarray:
    """Return the clicks a day of each keyword at its base bid."""
    account = world.accounts[PLATFORM]
    live = live_terms(account.terms, account.keywords)
    is_live = account.keywords["status"].eq("enabled").to_numpy()
    return open_shares(live, len(account.keywords))[0] * account.keywords["base_clicks"].to_numpy() * is_live


def a_term(world: World) -> tuple[int, str, float]:
    """Return a keyword's row, a useful term behind it that no other keyword has, and the term's clicks a day."""
    account = world.accounts[PLATFORM]
    lonely = ~account.terms["search_term"].duplicated(keep=False) & account.terms["weight"].between(0.05, 0.5)
    one = account.terms[lonely & ~account.terms["is_added"]].iloc[0]
    row = int(one["row"])
    return row, str(one["search_term"]), float(one["weight"] * account.keywords["base_clicks"][row])


def other_group(world: World, row: int) -> int:
    keywords = world.accounts[PLATFORM].keywords
    return int(keywords.index[keywords["ad_group_id"].ne(keywords["ad_group_id"][row])][0])


def add(world: World, word: str, sibling: int) -> None:
    carry_out(world, {"platform": PLATFORM, "kind": "add", "sibling": sibling, "keyword": word, "match_type": "exact",
                      "value": 1.0})  # fmt: skip


def exclude(world: World, word: str, sibling: int, *, value: bool = True) -> None:
    carry_out(world, {"platform": PLATFORM, "kind": "negative", "sibling": sibling, "keyword": word, "is_phrase": False,
                      "value": value})  # fmt: skip


def test_with_the_negative_the_new_keyword_takes_all_of_the_terms_clicks_from_the_source(world):
    row, word, traffic = a_term(world)
    before, group = clicks(world), other_group(world, row)
    add(world, word, group)
    exclude(world, word, row)
    after = clicks(world)
    assert after[-1] == pytest.approx(traffic)
    assert after[row] == pytest.approx(before[row] - traffic)
    assert after.sum() == pytest.approx(before.sum())


def test_without_the_negative_they_share_them(world):
    row, word, traffic = a_term(world)
    before = clicks(world)
    add(world, word, other_group(world, row))
    after = clicks(world)
    assert after[-1] == pytest.approx(TAKEN_SHARE * traffic)
    assert after.sum() == pytest.approx(before.sum())


def test_a_keyword_that_is_off_gives_the_terms_clicks_back(world):
    row, word, _ = a_term(world)
    before = clicks(world)
    add(world, word, other_group(world, row))
    keywords = world.accounts[PLATFORM].keywords
    keywords.loc[len(keywords) - 1, "status"] = "archived"
    assert clicks(world)[: len(before)] == pytest.approx(before)


def test_a_negative_in_the_new_keywords_own_group_keeps_it_out_too(world):
    row, word, traffic = a_term(world)
    before = clicks(world)
    exclude(world, word, row)
    add(world, word, row)
    after = clicks(world)
    assert after[-1] == 0
    assert after.sum() == pytest.approx(before.sum() - traffic)


def test_a_negative_takes_the_term_out_of_its_own_group_only_and_its_removal_brings_it_back(world):
    row, word, traffic = a_term(world)
    account, elsewhere = world.accounts[PLATFORM], other_group(world, row)
    same = {"row": elsewhere, "search_term": word, "weight": 0.2, "quality": 1.0, "is_added": False}
    account.terms = pd.concat([account.terms, pd.DataFrame([{**same, "is_negative": False, "is_own": False}])])
    before = clicks(world)
    exclude(world, word, row)
    assert before[row] - clicks(world)[row] == pytest.approx(traffic)
    assert clicks(world)[elsewhere] == before[elsewhere]
    exclude(world, word, row, value=False)
    assert clicks(world) == pytest.approx(before)


def test_a_word_that_no_term_led_to_brings_a_few_searches_of_its_own(world):
    before = clicks(world)
    add(world, "a word of the market", 0)
    after = clicks(world)
    assert after[:-1] == pytest.approx(before)
    assert 0 < after[-1] < before[0]


def test_the_new_keyword_earns_what_the_term_earned_at_the_same_bid(world):
    """The same clicks, moved to a keyword with the source's bid, leave the account's money where it was."""
    row, word, _ = a_term(world)
    account = world.accounts[PLATFORM]
    account.campaigns["daily_budget"] = 1e9
    before = expected_money(world, date(2026, 1, 5))[PLATFORM]
    add(world, word, row)
    last = len(account.keywords) - 1
    account.keywords.loc[last, "bid"] = account.keywords["bid"][row]
    after = expected_money(world, date(2026, 1, 5))[PLATFORM]
    assert after.cost == pytest.approx(before.cost)
    assert after.profit == pytest.approx(before.profit, rel=1e-6)
