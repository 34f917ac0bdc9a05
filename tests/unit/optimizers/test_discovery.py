"""Verdicts on search terms, growth and blocked words."""

from __future__ import annotations

import numpy as np
import pytest

from optimizers.discovery import TermOdds, TermRules, classify_terms, find_blocked, growth, is_long_tail
from optimizers.errors import InvalidInputError

NAN = np.nan


def odds(below: float, pays: float = 0.02, clicks: float = 5.0, *, may_add: bool = True, may_exclude: bool = True):
    return TermOdds([below], [pays], [clicks], [may_add], [may_exclude])


@pytest.mark.parametrize(
    ("term", "verdict"),
    [
        pytest.param(odds(0.2, 0.9), "add", id="good"),
        pytest.param(odds(0.4, 0.9, 3.0), "add", id="just good enough"),
        pytest.param(odds(0.2, 0.9, 2.0), "watch", id="too few clicks"),
        pytest.param(odds(0.2, 0.9, may_add=False), "watch", id="good but refused"),
        pytest.param(odds(0.95, clicks=0.0), "negative", id="bad, whatever the clicks"),
        pytest.param(odds(0.95, may_exclude=False), "watch", id="bad but kept"),
        pytest.param(odds(0.95, 0.5), "watch", id="under the floor, yet it may well pay"),
        pytest.param(odds(0.6, clicks=500.0), "watch", id="doubtful"),
        pytest.param(odds(NAN, NAN), "watch", id="unknown"),
    ],
)
def test_a_term_gets_the_verdict_of_its_posterior(term, verdict):
    assert classify_terms(term, TermRules()).tolist() == [verdict]


def test_the_expected_share_of_wrong_negatives_keeps_the_limit():
    pays = [0.0, 0.05, 0.2, 0.3, 0.4]
    found = classify_terms(
        TermOdds([0.95] * 5, pays, [9.0] * 5, [True] * 5, [True] * 5), TermRules(max_false_share=0.1)
    )
    assert found.tolist() == ["negative"] * 3 + ["watch"] * 2


def test_terms_that_may_not_be_excluded_lend_their_certainty_to_no_other():
    may_exclude = [False] * 5 + [True]
    found = classify_terms(TermOdds([0.99] * 6, [0.0] * 5 + [0.3], [9.0] * 6, [True] * 6, may_exclude), TermRules())
    assert found.tolist() == ["watch"] * 6


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        pytest.param(TermRules(0.4, 0.5), "add_level", id="a term could be both"),
        pytest.param(TermRules(add_level=1.0), "level", id="impossible level"),
        pytest.param(TermRules(min_clicks=-1.0), "min_clicks", id="negative clicks"),
    ],
)
def test_rules_that_make_no_sense_are_refused(rules, message):
    with pytest.raises(InvalidInputError, match=message):
        classify_terms(odds(0.5), rules)


def test_growth_of_large_volumes_is_their_ratio_and_of_small_ones_that_of_all_terms():
    found = growth([40_000.0, 1.0, 0.0], [20_000.0, 0.0, 0.0])
    assert found.ratio == pytest.approx([2.0, 2.15, 2.0], rel=0.01)
    assert found.low[0] > 1.9
    assert found.low[1] < 2.0 < found.high[1]


def test_growth_of_a_volume_that_was_not_there_before_is_large_and_finite():
    with np.errstate(all="raise", under="ignore"):
        found = growth([1e6, 3.0], [0.0, 0.0])
    assert np.isfinite([found.ratio, found.low, found.high]).all()
    assert found.low[0] > 1000
    assert (found.low < found.ratio).all()
    assert (found.ratio < found.high).all()


def test_a_term_without_history_grows_as_its_account():
    assert growth([0.0, 0.0], [0.0, 0.0], [1.5, 0.5]).ratio == pytest.approx([1.5, 0.5])


@pytest.mark.parametrize("usual", [0.0, NAN, np.inf], ids=["none", "unknown", "endless"])
def test_usual_growth_that_is_no_growth_is_refused(usual):
    with pytest.raises(InvalidInputError, match="usual"):
        growth([1.0], [1.0], [usual])


@pytest.mark.parametrize(
    ("words", "tokens", "answer"),
    [(1, 0, False), (2, 3, False), (3, 0, True), (1, 4, True)],
    ids=["one word", "two words, three segments", "three words", "four segments"],
)
def test_a_long_tail_word_has_three_words_or_four_chinese_segments(words, tokens, answer):
    assert is_long_tail([float(words)], [float(tokens)]).tolist() == [answer]


def test_growth_without_any_volume_is_none():
    assert growth([0.0, 0.0], [0.0, 0.0]).ratio == pytest.approx([1.0, 1.0])


def test_an_80_percent_interval_of_growth_covers_about_80_percent():
    rng = np.random.default_rng(6)
    share = rng.beta(10.0, 10.0, 5000)
    total = rng.integers(5, 200, 5000)
    recent = rng.binomial(total, share).astype(float)
    found, truth = growth(recent, total - recent), share / (1.0 - share)
    assert 0.77 <= ((found.low <= truth) & (truth <= found.high)).mean() <= 0.83


@pytest.mark.parametrize(
    ("text", "is_blocked"),
    [
        pytest.param("全网最便宜跑鞋", True, id="Chinese inside a text"),
        pytest.param("第一品牌", True, id="Chinese at the start"),
        pytest.param("BEST running shoes", True, id="case"),
        pytest.param("ｂｅｓｔ shoes", True, id="full width"),
        pytest.param("bestseller shoes", False, id="part of a Latin word"),
        pytest.param("no.1 shoes", True, id="with punctuation"),
        pytest.param("no.12 shoes", False, id="another number"),
        pytest.param("no01 shoes", False, id="a full stop is no wildcard"),
        pytest.param("跑鞋", False, id="clean"),
        pytest.param("", False, id="empty"),
    ],
)
def test_blocked_words_are_found_in_any_width_and_case(text, is_blocked):
    assert find_blocked([text], ["最", "第一", "Best", "NO.1", " "]).tolist() == [is_blocked]


@pytest.mark.parametrize("blocked", [[], ["", "  "]], ids=["none", "blank"])
def test_an_empty_list_blocks_nothing(blocked):
    assert not find_blocked(["最", "best"], blocked).any()


def test_an_allowed_word_is_harmless_but_covers_no_other_claim():
    texts = ["最近的帐篷店", "最近最好的帐篷", "第一次露营", "第一露营", "TOP shop", "top shops"]
    found = find_blocked(texts, ["最", "第一", "top"], ["最近", "第一次", "top shop"])
    assert found.tolist() == [False, True, False, True, False, True]
