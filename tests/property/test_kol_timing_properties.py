"""Properties of the timing of posts: order, currency and copies play no part; the prior holds where nothing is told."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from optimizers.kol_timing import FATIGUE_RANGE, LAG_RANGE, USUAL_FATIGUE, USUAL_LAG, learn_fatigue, learn_lag
from optimizers.kol_value import PostHistory

POST = st.tuples(st.floats(0.5, 20.0), st.floats(1.0, 60.0), st.floats(0.0, 1.0))
SALES = st.lists(
    st.tuples(st.integers(0, 4), st.floats(1.0, 90.0), st.floats(0.0, 1e4), st.integers(0, 3)), max_size=25
)
SEEDS = st.integers(0, 2**32 - 1)


def history(sales: list[tuple[int, float, float, int]], money: float = 1.0) -> PostHistory:
    kol, age, revenue, recent = (
        (np.array(column) for column in zip(*sales, strict=True)) if sales else (np.empty(0),) * 4
    )
    zero = np.zeros(len(sales), dtype=np.int64)
    return PostHistory(
        kol.astype(np.int64), zero, zero, np.full(len(sales), 10.0), revenue * money, age, recent.astype(float)
    )


@given(st.lists(POST, min_size=1, max_size=20), SEEDS)
def test_the_order_of_posts_does_not_change_the_lag(posts: list[tuple[float, float, float]], seed: int) -> None:
    early, gap, share = np.array(posts).T
    order = np.random.default_rng(seed).permutation(len(posts))
    lag = learn_lag(early, early + gap, share)
    assert LAG_RANGE[0] <= lag <= LAG_RANGE[1]
    assert_allclose(learn_lag(early[order], (early + gap)[order], share[order]), lag, rtol=1e-5)


@given(st.lists(POST, min_size=1, max_size=20))
def test_more_sold_early_is_a_shorter_lag(posts: list[tuple[float, float, float]]) -> None:
    early, gap, share = np.array(posts).T
    later = learn_lag(early, early + gap, share * 0.5)
    assert learn_lag(early, early + gap, share) <= later * (1 + 1e-5)


@given(SALES, SEEDS)
def test_the_order_of_posts_does_not_change_the_fatigue(sales: list[tuple[int, float, float, int]], seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(sales))
    found = learn_fatigue(history(sales), 3.0)
    assert FATIGUE_RANGE[0] <= found <= FATIGUE_RANGE[1]
    assert_allclose(learn_fatigue(history([sales[at] for at in order]), 3.0), found, rtol=1e-5)


@given(SALES, st.sampled_from([0.01, 7.18, 1e4]))
def test_currency_does_not_change_the_fatigue(sales: list[tuple[int, float, float, int]], money: float) -> None:
    assert_allclose(learn_fatigue(history(sales, money), 3.0), learn_fatigue(history(sales), 3.0), rtol=1e-5)


@given(st.lists(st.tuples(st.floats(1.0, 90.0), st.floats(0.0, 1e4), st.integers(0, 3)), max_size=15))
def test_partners_with_one_post_teach_no_fatigue(posts: list[tuple[float, float, int]]) -> None:
    once = [(kol, *post) for kol, post in enumerate(posts)]
    assert learn_fatigue(history(once), 3.0) == USUAL_FATIGUE
    assert learn_lag([], [], []) == USUAL_LAG
