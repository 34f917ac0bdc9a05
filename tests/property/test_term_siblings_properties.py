"""What must hold of the rates of a keyword's terms whatever the numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from optimizers.term_rates import KeywordLevel, pool_terms

N = 8
POOL = np.zeros(N, dtype=np.int64)


@st.composite
def made_siblings(draw):
    """Return terms of up to three keywords: sales, clicks and what is known of each one's keyword, all its clicks told."""
    clicks = draw(arrays.arrays(np.float64, N, elements=st.integers(0, 5000).map(float)))
    sales = np.minimum(draw(arrays.arrays(np.float64, N, elements=st.integers(0, 50).map(float))), clicks)
    code = draw(arrays.arrays(np.int64, N, elements=st.integers(0, 2)))
    shape, mean = draw(st.floats(0.5, 50.0)), draw(st.floats(1e-3, 0.2))
    own, seen = (np.bincount(code, part, minlength=3)[code] for part in (sales, clicks))
    return sales, clicks, KeywordLevel(shape + own, shape / mean + seen, own, seen, code)


@settings(max_examples=50, deadline=None)
@given(made_siblings(), st.permutations(range(N)), st.permutations(range(3)))
def test_neither_the_order_of_terms_nor_the_names_of_keywords_change_a_rate(terms, order, names):
    sales, clicks, level = terms
    place = np.array(order)
    told = (np.asarray(part)[place] for part in (level.shape, level.rate, level.events, level.exposure))
    other = KeywordLevel(*told, code=np.array(names)[level.code][place])
    one = pool_terms(sales, clicks, level, POOL)
    mixed = pool_terms(sales[place], clicks[place], other, POOL)
    assert np.allclose(one.mean[place], mixed.mean, rtol=1e-2)


@settings(max_examples=50, deadline=None)
@given(made_siblings(), st.sampled_from([0.5, 2.0, 1024.0]))
def test_clicks_counted_in_another_unit_give_rates_in_that_unit(terms, unit):
    sales, clicks, level = terms
    other = replace(level, rate=level.rate * unit, exposure=level.exposure * unit)
    one, scaled = pool_terms(sales, clicks, level, POOL), pool_terms(sales, clicks * unit, other, POOL)
    assert np.allclose(one.mean, scaled.mean * unit, rtol=1e-2)


@settings(max_examples=50, deadline=None)
@given(made_siblings())
def test_a_rate_lies_between_what_is_known_without_the_term_and_its_own(terms):
    sales, clicks, level = terms
    found = pool_terms(sales, clicks, level, POOL)
    raw = np.divide(sales, clicks, out=found.prior_mean.copy(), where=clicks > 0)
    assert (found.mean >= np.minimum(raw, found.prior_mean) * (1 - 1e-9)).all()
    assert (found.mean <= np.maximum(raw, found.prior_mean) * (1 + 1e-9)).all()
    assert (found.low <= found.high).all()
