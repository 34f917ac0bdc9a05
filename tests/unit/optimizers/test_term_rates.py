"""Terms' rates around their keyword's, without counting a sale twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optimizers.errors import InvalidInputError
from optimizers.term_rates import KeywordLevel, pool_terms

ONE = np.zeros(1, dtype=np.int64)


def known(
    n: int, shape: float = 20.0, rate: float = 1000.0, events: float = 16.0, exposure: float = 800.0
) -> KeywordLevel:
    return KeywordLevel(*(np.full(n, value) for value in (shape, rate, events, exposure)))


def test_a_term_without_clicks_is_its_keyword():
    found = pool_terms([0.0], [0.0], known(1), ONE)
    assert found.mean == pytest.approx([0.02])
    assert found.low[0] < 0.02 < found.high[0]


def test_a_term_with_many_clicks_is_its_own_rate():
    keyword = known(1, shape=6e4, rate=1.2e6, events=6e4, exposure=1.2e6)
    assert pool_terms([5e4], [1e6], keyword, ONE).mean == pytest.approx([0.05], rel=0.001)


def test_the_terms_own_sales_are_no_part_of_what_its_keyword_says_of_it():
    """The keyword knew 4 sales in 200 clicks before its data; all its 16 sales in 800 clicks are this term's."""
    found = pool_terms([16.0], [800.0], known(1), ONE)
    assert found.prior_mean == pytest.approx([4.0 / 200.0])
    lucky = pool_terms([16.0], [400.0], known(1), ONE)
    assert lucky.prior_mean == pytest.approx([4.0 / 600.0])


def test_intervals_of_drawn_terms_hold_what_they_promise():
    rng = np.random.default_rng(4)
    n_keywords, n_terms = 400, 5
    keyword = np.repeat(np.arange(n_keywords), n_terms)
    base = rng.gamma(6.0, 0.02 / 6.0, n_keywords)
    truth = base[keyword] * rng.gamma(3.0, 1.0 / 3.0, keyword.size)
    clicks = rng.integers(1, 150, keyword.size).astype(float)
    sales = rng.poisson(truth * clicks).astype(float)
    own, seen = np.bincount(keyword, sales), np.bincount(keyword, clicks)
    level = KeywordLevel((6.0 + own)[keyword], (300.0 + seen)[keyword], own[keyword], seen[keyword])
    found = pool_terms(sales, clicks, level, np.zeros(keyword.size, dtype=np.int64))
    covered = np.mean((found.low <= truth) & (truth <= found.high))
    assert 0.76 <= covered <= 0.84  # 80 % by four standard errors of 2,000 draws
    raw = sales / clicks
    assert np.mean((found.mean - truth) ** 2) < 0.5 * np.mean((raw - truth) ** 2)


def siblings(sales: list[float], clicks: list[float]) -> tuple[np.ndarray, np.ndarray, KeywordLevel]:
    """Return the terms of one keyword that sold at 2 % in 1,000 clicks before its data, all its clicks told by terms."""
    y, n = np.array(sales), np.array(clicks)
    ones = np.ones(y.size)
    code = np.zeros(y.size, dtype=np.int64)
    return y, n, KeywordLevel((20.0 + y.sum()) * ones, (1000.0 + n.sum()) * ones, y.sum() * ones, n.sum() * ones, code)


def test_one_term_of_many_clicks_says_less_of_its_keyword_than_many_terms_of_few():
    """4,000 clicks without a sale: of one junk word, or of forty words. The word without a click is judged by them."""
    lone = pool_terms(*siblings([0.0, 0.0], [4000.0, 0.0]), np.zeros(2, dtype=np.int64))
    many = pool_terms(*siblings([0.0] * 41, [100.0] * 40 + [0.0]), np.zeros(41, dtype=np.int64))
    assert many.mean[-1] < lone.mean[-1] < 0.02
    assert lone.mean[-1] > 0.015


def test_terms_of_another_keyword_say_nothing():
    y, n, level = siblings([0.0, 0.0], [4000.0, 0.0])
    apart = replace(level, code=np.array([0, 1]), events=np.zeros(2), exposure=np.array([4000.0, 0.0]),
                    shape=np.full(2, 20.0), rate=np.array([5000.0, 1000.0]))  # fmt: skip
    assert pool_terms(y, n, apart, np.zeros(2, dtype=np.int64)).mean[1] == pytest.approx(0.02)


def test_clicks_that_no_term_tells_are_those_of_many_rare_terms_and_count_in_full():
    """800 of the keyword's clicks with 16 sales, none of them this term's."""
    found = pool_terms([0.0], [0.0], known(1), ONE)
    assert found.prior_mean == pytest.approx([20.0 / 1000.0])
    assert pool_terms([0.0], [0.0], replace(known(1), code=np.zeros(1, dtype=np.int64)), ONE).mean == found.mean


def test_intervals_hold_what_they_promise_where_one_term_has_most_of_its_keywords_clicks():
    """Counting a large sibling's clicks in full makes the small ones' intervals cover too little."""
    rng = np.random.default_rng(5)
    n_keywords, n_terms = 1500, 5
    code = np.repeat(np.arange(n_keywords), n_terms)
    truth = rng.gamma(6.0, 0.02 / 6.0, n_keywords)[code] * rng.gamma(2.0, 0.5, code.size)
    clicks = np.tile([3000.0, 60.0, 30.0, 15.0, 5.0], n_keywords)
    sales = rng.poisson(truth * clicks).astype(float)
    own, seen = np.bincount(code, sales), np.bincount(code, clicks)
    level = KeywordLevel((6.0 + own)[code], (300.0 + seen)[code], own[code], seen[code])
    small, pool = clicks < 100, np.zeros(code.size, dtype=np.int64)
    told, untold = (pool_terms(sales, clicks, one, pool) for one in (replace(level, code=code), level))
    assert told.mean[small].mean() == pytest.approx(truth[small].mean(), rel=0.03)
    covers, blind = (np.mean(((one.low <= truth) & (truth <= one.high))[small]) for one in (told, untold))
    assert 0.76 <= covers <= 0.84
    assert abs(covers - 0.8) < abs(blind - 0.8)


@pytest.mark.parametrize(
    ("events", "keyword", "message"),
    [
        pytest.param([-1.0], known(1), "events", id="negative sales"),
        pytest.param([np.nan], known(1), "events", id="missing sales"),
        pytest.param([1.0], known(1, shape=0.0), "shape", id="a keyword that knows nothing"),
        pytest.param([1.0, 2.0], known(1), "length", id="lengths differ"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(events, keyword, message):
    with pytest.raises(InvalidInputError, match=message):
        pool_terms(events, [10.0], keyword, ONE)
