"""Refunds, claims and unsure exposures: what holds whatever the numbers are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from optimizers.maturity import information_kept
from optimizers.net_value import deflation, refund_curve, shrink_share
from optimizers.presale import HeldShare, presale_share

COUNTS = st.floats(0.0, 1e6)
SHARES = st.floats(0.0, 1.0)


@st.composite
def refunds(draw):
    """Draw sales and refunds of order days that never exceed them, some looks missing."""
    n_days, n_ages = draw(st.integers(0, 12)), draw(st.integers(1, 6))
    sales = draw(arrays(np.float64, n_days, elements=st.integers(0, 1000)))
    steps = draw(arrays(np.float64, (n_days, n_ages), elements=st.floats(0.0, 1.0 / 6)))
    missing = draw(arrays(np.bool_, (n_days, n_ages)))
    return sales, np.where(missing, np.nan, np.cumsum(steps, axis=1) * sales[:, None])


@settings(max_examples=60)
@given(refunds(), st.integers(0, 20))
def test_a_refund_share_rises_with_age_and_is_a_share(told, last_age):
    found = refund_curve(*told, last_age, 1)
    assert ((found.by_age >= 0) & (found.by_age <= 1)).all()
    assert (np.diff(found.by_age) >= 0).all()
    assert 0 <= found.share <= 1
    assert np.isfinite(found.sd)
    assert found.share >= found.by_age.max(initial=0.0)


@settings(max_examples=60)
@given(refunds(), st.floats(0.01, 100.0), st.randoms(use_true_random=False))
def test_neither_the_currency_nor_the_order_of_days_changes_the_share(told, rate, random):
    sales, back = told
    order = list(range(len(sales)))
    random.shuffle(order)
    plain, other = refund_curve(sales, back, 9, 1), refund_curve(sales[order] * rate, back[order] * rate, 9, 1)
    assert other.share == pytest.approx(plain.share)
    assert other.sd == pytest.approx(plain.sd, abs=1e-9)


@given(st.lists(st.tuples(COUNTS, COUNTS), min_size=1, max_size=9), st.floats(0.0, 1e4))
def test_a_factor_never_raises_claims_and_falls_with_them(pairs, prior):
    own, claimed = np.array(pairs).T
    factor = deflation(own, claimed, prior)
    assert ((factor >= 0) & (factor <= 1)).all()
    assert (deflation(own, claimed * 2, prior) <= factor + 1e-12).all()
    assert (factor[own >= claimed] == 1).all()


@given(SHARES, st.floats(0.0, 1.0), SHARES, st.floats(1e-3, 1.0))
def test_a_shrunk_share_lies_between_its_own_and_its_shops(share, sd, parent, parent_sd):
    found, error = shrink_share([share], [sd], parent, parent_sd)
    assert min(share, parent) - 1e-12 <= found[0] <= max(share, parent) + 1e-12
    assert error[0] <= min(sd, parent_sd) + 1e-12


@given(COUNTS, st.floats(0.0, 3.0))
def test_an_unsure_exposure_never_adds_information_and_never_leaves_more_than_its_own_error(events, log_sd):
    kept = information_kept([events], [log_sd])[0]
    assert 0 < kept <= 1
    assert kept * events * log_sd**2 <= 1 + 1e-9


@given(st.floats(0.01, 1.0), SHARES, st.floats(0.0, 0.99), st.floats(0.0, 2.0))
def test_a_presale_day_is_between_what_did_not_wait_and_everything(share, since, held, log_sd):
    reported, error = presale_share([share], [min(since, share)], HeldShare(held, log_sd, 9, is_learned=True))
    assert (1 - held) * share - 1e-12 <= reported[0] <= share + 1e-12
    assert error[0] >= 0
