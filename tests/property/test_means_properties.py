"""Money per event: units, order and names change nothing, who tells nothing changes nobody, and the limits are right."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizers.means import pool_means

CHECKS = settings(max_examples=10, deadline=None)


@st.composite
def items(draw, most=30):
    """Return (total, count, campaign, platform); about a third of the items have no event."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(2, most))
    count = rng.poisson(3.0, n) * rng.integers(0, 3, n).clip(0, 1).astype(float)
    return count * rng.lognormal(3.0, 0.5, n), count, rng.integers(0, 4, n), rng.integers(0, 2, n)


@CHECKS
@given(items(), st.sampled_from([0.01, 1000.0]))
def test_the_currency_scales_money_and_leaves_what_is_relative(rows, unit):
    total, *rest = rows
    plain, other = pool_means(*rows), pool_means(total * unit, *rest)
    for name in ("mean", "low", "high"):
        assert getattr(other, name) == pytest.approx(unit * getattr(plain, name), rel=1e-3, nan_ok=True)
    for name in ("log_sd", "event_cv"):
        assert getattr(other, name) == pytest.approx(getattr(plain, name), rel=1e-3)


@CHECKS
@given(items(), st.randoms(use_true_random=False))
def test_neither_the_order_of_rows_nor_the_names_of_groups_matter(rows, random):
    order = list(range(len(rows[0])))
    random.shuffle(order)
    total, count, campaign, platform = (column[order] for column in rows)
    plain, other = pool_means(*rows), pool_means(total, count, 9 - campaign, 5 - platform)
    for field in fields(plain):
        expected = getattr(plain, field.name)[order]
        assert getattr(other, field.name) == pytest.approx(expected, rel=1e-3, nan_ok=True)


@CHECKS
@given(items())
def test_an_item_without_an_event_is_believed_to_be_like_its_campaign_and_changes_nobody(rows):
    total, count, campaign, platform = rows
    more = pool_means(
        np.r_[total, 0.0, 0.0], np.r_[count, 0.0, 0.0],
        np.r_[campaign, campaign[0], campaign[0]], np.r_[platform, platform[0], platform[0]],
    )  # fmt: skip
    assert more.mean[:-2] == pytest.approx(pool_means(*rows).mean, rel=1e-6, nan_ok=True)
    assert more.mean[-1] == pytest.approx(more.mean[-2], rel=1e-12, nan_ok=True)


@CHECKS
@given(items(), st.floats(0.5, 5000.0))
def test_with_endless_events_the_raw_mean_is_the_answer_and_it_is_sure(rows, mean):
    total, count, campaign, platform = rows
    found = pool_means(np.r_[total, mean * 1e8], np.r_[count, 1e8], np.r_[campaign, 0], np.r_[platform, 0])
    assert found.mean[-1] == pytest.approx(mean, rel=0.01)
    assert found.log_sd[-1] < 0.01


@CHECKS
@given(items())
def test_the_interval_is_ordered_and_nothing_known_is_nothing_said(rows):
    found = pool_means(*rows)
    if rows[1].sum() == 0:
        assert np.isnan(found.mean).all()
        return
    assert np.isfinite([found.mean, found.low, found.high]).all()
    assert ((found.low > 0) & (found.low <= found.mean) & (found.low <= found.high)).all()
