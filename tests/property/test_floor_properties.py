"""The floor: probabilities order as they must, and pruning grows with the floor and keeps its promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from optimizers.floor import probability_below, probability_profitable_at, select_below_floor

CHECKS = settings(max_examples=60)
SHARE = st.floats(0.0, 1.0)


@st.composite
def posteriors(draw):
    n_items = draw(st.integers(1, 30))
    ranges = ((0.1, 50.0), (10.0, 5000.0), (1.0, 500.0), (0.05, 20.0))
    return [draw(arrays(np.float64, n_items, elements=st.floats(low, high))) for low, high in ranges]


@st.composite
def verdicts(draw):
    n_items = draw(st.integers(0, 40))
    return [draw(arrays(np.float64, n_items, elements=SHARE)) for _ in range(2)]


@CHECKS
@given(posteriors(), st.floats(0.1, 10.0), st.floats(0.1, 10.0), st.floats(0.0, 1.0))
def test_a_higher_floor_is_never_less_probably_missed(items, one, other, log_sd):
    low, high = (probability_below(*items, floor, log_sd) for floor in sorted((one, other)))
    assert ((high >= low) & (low >= 0) & (high <= 1)).all()


@CHECKS
@given(posteriors(), st.floats(0.1, 10.0), st.sampled_from([0.01, 7.0]))
def test_the_currency_changes_no_probability(items, floor, unit):
    shape, rate, value, cpc = items
    plain, other = probability_below(*items, floor), probability_below(shape, rate, value * unit, cpc * unit, floor)
    assert other == pytest.approx(plain, rel=1e-9, abs=1e-12)


@CHECKS
@given(posteriors())
def test_profitable_and_short_of_break_even_are_the_two_ways_out(items):
    assert probability_profitable_at(*items) + probability_below(*items, 1.0) == pytest.approx(np.ones(len(items[0])))


@CHECKS
@given(posteriors(), st.floats(0.1, 10.0), st.floats(0.1, 10.0), st.floats(0.02, 0.5))
def test_pruning_is_monotone_in_the_floor(items, one, other, limit):
    shape, rate, value, cpc = items
    mistake = probability_profitable_at(shape, rate, 0.4 * value, 0.7 * cpc)
    low, high = (
        select_below_floor(probability_below(*items, floor), mistake, 0.8, limit).sum()
        for floor in sorted((one, other))
    )
    assert low <= high


@CHECKS
@given(verdicts(), st.floats(0.05, 0.95), st.floats(0.01, 0.5))
def test_the_expected_share_of_mistakes_keeps_its_limit_and_no_item_could_join(rows, level, limit):
    below, mistake = rows
    chosen = select_below_floor(below, mistake, level, limit)
    assert (below[chosen] >= level).all()
    if chosen.any():
        assert mistake[chosen].mean() <= limit * (1 + 1e-9)
    left = mistake[(below >= level) & ~chosen]
    if left.size:
        assert (mistake[chosen].sum() + left.min()) / (chosen.sum() + 1) > limit


@CHECKS
@given(verdicts(), st.floats(0.01, 0.25), st.floats(0.01, 0.25))
def test_a_looser_limit_never_prunes_fewer(rows, one, other):
    low, high = (select_below_floor(*rows, 0.5, limit) for limit in sorted((one, other)))
    assert (high >= low).all()


@CHECKS
@given(verdicts(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_choice_of_distinct_items(rows, random):
    below, mistake = rows[0], rows[1] + np.arange(rows[1].size) * 1e-6
    mistake = np.clip(mistake, 0.0, 1.0)
    order = list(range(below.size))
    random.shuffle(order)
    plain = select_below_floor(below, mistake, 0.5, 0.1)
    shuffled = select_below_floor(below[order], mistake[order], 0.5, 0.1)
    assert sorted(zip(below[plain], mistake[plain], strict=True)) == sorted(
        zip(below[order][shuffled], mistake[order][shuffled], strict=True)
    )
