"""Orders that wait for a balance: order and shop size change nothing, and the limits are right."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizers.presale import ASSUMED, ASSUMED_HELD, MIN_ORIGINS, learn_held

CHECKS = settings(max_examples=60, deadline=None)


@st.composite
def looks(draw):
    """Return what five to twelve pre-sale days of one held share showed, before chance, and that share."""
    rng, n = np.random.default_rng(draw(st.integers(0, 2**32 - 1))), draw(st.integers(MIN_ORIGINS, 12))
    early, since = rng.uniform(0.3, 0.8, n), rng.uniform(0.3, 1.0, n)
    late = np.minimum(early + rng.uniform(0.0, 0.2, n), 1.0)
    held, orders = draw(st.floats(0.05, 0.95)), rng.uniform(50.0, 500.0, n)
    return orders * (1 - held) * early, early, orders * ((1 - held) * late + held * since), late, since, held


@CHECKS
@given(looks(), st.randoms(use_true_random=False))
def test_the_order_of_days_changes_nothing(rows, random):
    columns = rows[:5]
    order = list(range(columns[0].size))
    random.shuffle(order)
    plain, other = learn_held(*columns), learn_held(*(column[order] for column in columns))
    assert [other.held, other.log_sd] == pytest.approx([plain.held, plain.log_sd])


@CHECKS
@given(looks())
def test_a_large_shop_tells_its_share_a_tiny_one_the_assumption(rows):
    before, early, after, late, since, held = rows
    large, tiny = (learn_held(before * size, early, after * size, late, since) for size in (1e6, 1e-6))
    assert large.held == pytest.approx(held, rel=1e-3)
    assert tiny.held == pytest.approx(ASSUMED_HELD, rel=1e-2)
    assert large.log_sd < 0.01 < tiny.log_sd


@CHECKS
@given(looks(), st.integers(0, MIN_ORIGINS - 1))
def test_few_days_or_no_order_leave_the_assumption(rows, n_days):
    before, early, after, late, since, _ = rows
    assert learn_held(*(column[:n_days] for column in rows[:5])) == ASSUMED
    assert learn_held(0.0 * before, early, 0.0 * after, late, since) == ASSUMED


@CHECKS
@given(looks(), st.floats(1.0, 3.0))
def test_more_orders_after_the_balance_never_mean_that_fewer_waited(rows, times):
    before, early, after, late, since, _ = rows
    plain, more = (learn_held(before, early, one, late, since) for one in (after, times * after))
    assert more.held >= plain.held * (1 - 1e-12)
