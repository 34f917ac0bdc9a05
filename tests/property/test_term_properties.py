"""What must hold of terms and their growth whatever the numbers."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from optimizers.discovery import TermOdds, TermRules, classify_terms, growth
from optimizers.term_rates import KeywordLevel, pool_terms

counts = st.floats(0.0, 1e5, allow_subnormal=False).map(lambda value: round(value, 3))
shares = st.floats(0.0, 1.0)


@st.composite
def made_terms(draw):
    n = draw(st.integers(1, 12))
    events, exposure = (draw(arrays.arrays(np.float64, n, elements=counts)) for _ in range(2))
    shape = draw(arrays.arrays(np.float64, n, elements=st.floats(0.1, 1e4)))
    mean = draw(arrays.arrays(np.float64, n, elements=st.floats(1e-4, 0.5)))
    own = shape * draw(st.floats(0.0, 0.9))
    return events, exposure, KeywordLevel(shape, shape / mean, own, own / mean)


@given(made_terms(), st.randoms(use_true_random=False))
def test_the_order_of_terms_changes_no_rate(terms, shuffle):
    events, exposure, level = terms
    order = list(range(events.size))
    shuffle.shuffle(order)
    platform = np.zeros(events.size, dtype=np.int64)
    mixed = KeywordLevel(*(np.asarray(part)[order] for part in (level.shape, level.rate, level.events, level.exposure)))
    one = pool_terms(events, exposure, level, platform).mean[order]
    assert np.allclose(one, pool_terms(events[order], exposure[order], mixed, platform).mean, rtol=1e-2)


@given(made_terms())
def test_a_rate_lies_between_its_keywords_and_its_own(terms):
    events, exposure, level = terms
    found = pool_terms(events, exposure, level, np.zeros(events.size, dtype=np.int64))
    raw = np.divide(events, exposure, out=np.full(events.size, np.inf), where=exposure > 0)
    low, high = np.minimum(raw, found.prior_mean), np.maximum(raw, found.prior_mean)
    assert (found.mean >= low * (1 - 1e-9)).all()
    assert (found.mean <= high * (1 + 1e-9)).all()
    assert (found.low <= found.high).all()


@given(
    arrays.arrays(np.float64, 6, elements=counts), arrays.arrays(np.float64, 6, elements=counts),
    arrays.arrays(np.float64, 6, elements=st.floats(1e-6, 1e6)),
)  # fmt: skip
def test_growth_is_finite_and_turns_over_with_time(recent, before, usual):
    there, back = growth(recent, before, usual), growth(before, recent, 1.0 / usual)
    assert np.isfinite([there.ratio, there.low, there.high]).all()
    assert (there.low <= there.high).all()
    assert np.allclose(there.low * back.high, 1.0, rtol=1e-6)


@given(
    arrays.arrays(np.float64, 8, elements=shares), arrays.arrays(np.float64, 8, elements=shares), st.floats(0.02, 0.3)
)
def test_negatives_keep_the_limit_of_mistakes_and_grow_with_it(below, pays, limit):
    yes = np.ones(8)
    few, many = (
        classify_terms(TermOdds(below, pays, yes, yes * 0, yes), TermRules(max_false_share=share)) == "negative"
        for share in (limit, limit + 0.2)
    )
    assert not (few & ~many).any()
    assert pays[few].sum() <= limit * few.sum() * (1 + 1e-9)
    assert (below[few] >= TermRules().negative_level).all()
