"""Verdicts on search terms, growth and blocked words."""

from __future__ import annotations

import numpy as np
import pytest

from optimizers.discovery import TermRules, classify_terms, cost_without_value, find_blocked, growth
from optimizers.errors import InvalidInputError

NAN = np.nan


@pytest.mark.parametrize(
    ("p_below", "clicks", "is_keyword", "is_blocked", "verdict"),
    [
        pytest.param(0.2, 5.0, False, False, "add", id="good"),
        pytest.param(0.4, 3.0, False, False, "add", id="just good enough"),
        pytest.param(0.2, 2.0, False, False, "watch", id="too few clicks"),
        pytest.param(0.2, 5.0, True, False, "watch", id="bought already"),
        pytest.param(0.2, 5.0, False, True, "watch", id="good but blocked"),
        pytest.param(0.95, 0.0, False, False, "negative", id="bad, whatever the clicks"),
        pytest.param(0.95, 5.0, True, False, "watch", id="a bad keyword is judged as keyword"),
        pytest.param(0.95, 5.0, False, True, "negative", id="bad and blocked"),
        pytest.param(0.6, 500.0, False, False, "watch", id="doubtful"),
        pytest.param(NAN, 5.0, False, False, "watch", id="unknown"),
    ],
)
def test_a_term_gets_the_verdict_of_its_posterior(p_below, clicks, is_keyword, is_blocked, verdict):
    assert classify_terms([p_below], [clicks], [is_keyword], [is_blocked], TermRules()).tolist() == [verdict]


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
        classify_terms([0.5], [1.0], [False], [False], rules)


def test_burnt_money_is_what_the_expected_value_does_not_carry():
    # 40 clicks worth 3 carry 60 of cost at a floor of 2
    assert cost_without_value([100.0, 50.0, 10.0], [40.0, 40.0, 0.0], [3.0, 3.0, 3.0], 2.0) == pytest.approx(
        [40, 0, 10]
    )


def test_burnt_money_is_missing_where_the_value_is():
    assert np.isnan(cost_without_value([100.0], [40.0], [NAN], 2.0)).all()


def test_growth_of_large_volumes_is_their_ratio_and_of_small_ones_that_of_all_terms():
    found = growth([40_000.0, 1.0, 0.0], [20_000.0, 0.0, 0.0])
    assert found.ratio == pytest.approx([2.0, 2.15, 2.0], rel=0.01)
    assert found.low[0] > 1.9
    assert found.low[1] < 2.0 < found.high[1]


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
