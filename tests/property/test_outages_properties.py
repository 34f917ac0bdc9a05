"""Silences: units and the direction of time change none, more looks never find more, and the limits are right."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizers.outages import MIN_DAYS, find_silences

CHECKS = settings(max_examples=20, deadline=None)


@st.composite
def accounts(draw):
    """Return (events, exposure, clicks, log_sd) of 40 days, two of which may have lost their tag."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    exposure = rng.uniform(300.0, 700.0, 40)
    events = rng.poisson(draw(st.floats(0.002, 0.1)) * exposure).astype(float)
    first = draw(st.integers(0, 38))
    events[first : first + 2] *= draw(st.sampled_from([0.0, 0.1, 1.0]))
    return events, exposure, exposure.copy(), rng.uniform(0.0, 0.1, 40)


def days(found):
    return [(one.first, one.last) for one in found]


@CHECKS
@given(accounts(), st.sampled_from([0.01, 1000.0]), st.sampled_from([0.5, 7.0]))
def test_neither_the_unit_of_exposure_nor_that_of_clicks_makes_a_silence(account, unit, per_click):
    events, exposure, clicks, log_sd = account
    plain = find_silences(*account, 3, 0.2)
    scaled = find_silences(events, exposure * unit, clicks * per_click, log_sd, 3, 0.2)
    assert days(scaled) == days(plain)
    np.testing.assert_allclose([one.probability for one in scaled], [one.probability for one in plain], rtol=1e-6)


@CHECKS
@given(accounts())
def test_the_same_days_read_backwards_have_the_same_silences(account):
    found = find_silences(*account, 3, 0.2)
    back = find_silences(*(part[::-1] for part in account), 3, 0.2)
    assert days(back) == [(39 - last, 39 - first) for first, last in reversed(days(found))]


@CHECKS
@given(accounts(), st.integers(1, 20), st.floats(1e-4, 0.5))
def test_a_stricter_level_or_more_accounts_never_find_more(account, n_series, level):
    loose = set(days(find_silences(*account, n_series, level)))
    assert set(days(find_silences(*account, n_series + 5, level))) <= loose
    assert set(days(find_silences(*account, n_series, level / 3.0))) <= loose


@CHECKS
@given(accounts(), st.integers(2, 20))
def test_chance_is_counted_over_every_account_looked_at(account, n_series):
    alone = {(one.first, one.last): one.probability for one in find_silences(*account, 1, 0.5)}
    for one in find_silences(*account, n_series, 0.5):
        np.testing.assert_allclose(one.probability, n_series * alone[one.first, one.last])


@CHECKS
@given(accounts(), st.integers(1, MIN_DAYS - 1))
def test_without_history_or_without_a_sale_nothing_is_judged(account, n_days):
    events, *rest = account
    assert find_silences(0.0 * events, *rest, 1) == ()
    assert find_silences(*(part[:n_days] for part in account), 1) == ()


@CHECKS
@given(st.integers(0, 39), st.floats(50.0, 1e6))  # beyond some 700 a day a double rounds such a probability to 0
def test_with_much_data_a_day_without_a_sale_is_found_and_no_other(day, rate):
    events, clicks = np.full(40, rate), np.full(40, 1e6)
    events[day] = 0.0
    assert days(find_silences(events, clicks, clicks, np.zeros(40), 100)) == [(day, day)]
