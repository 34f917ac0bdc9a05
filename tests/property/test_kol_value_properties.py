"""What a post should sell: units and order change nothing, and the limits of pooling are right."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizers.kol_value import OfferTraits, PostHistory, expected_offer_value

CHECKS = settings(max_examples=40, deadline=None)
OLD = 1e6  # days after which all has been sold
SHOWN = ("mean", "low", "high")


@st.composite
def histories(draw):
    """Return posts and offers of up to six partners in two tiers and two categories."""
    rng, n, m = (
        np.random.default_rng(draw(st.integers(0, 2**32 - 1))),
        draw(st.integers(1, 30)),
        draw(st.integers(1, 8)),
    )
    exposure = rng.uniform(1.0, 50.0, n)
    posts = PostHistory(
        rng.integers(0, 6, n), rng.integers(0, 2, n), rng.integers(0, 2, n), exposure,
        exposure * rng.lognormal(1.0, 1.0, n), rng.uniform(0.0, 60.0, n),
    )  # fmt: skip
    offers = OfferTraits(
        rng.integers(0, 7, m), rng.integers(0, 2, m), rng.integers(0, 2, m), rng.uniform(0.0, 50.0, m),
        rng.integers(0, 4, m).astype(float),
    )  # fmt: skip
    return posts, offers


@CHECKS
@given(histories(), st.sampled_from([0.01, 1000.0]))
def test_the_currency_scales_what_is_expected_and_leaves_the_trust(rows, unit):
    posts, offers = rows
    plain, other = (
        expected_offer_value(*rows),
        expected_offer_value(replace(posts, revenue=posts.revenue * unit), offers),
    )
    for name in SHOWN:
        assert getattr(other, name) == pytest.approx(unit * getattr(plain, name), rel=1e-6, abs=1e-12)
    assert other.weight == pytest.approx(plain.weight, abs=1e-9)


@CHECKS
@given(histories(), st.sampled_from([0.01, 1000.0]))
def test_views_or_thousands_of_views_are_the_same(rows, unit):
    posts, offers = rows
    plain = expected_offer_value(*rows)
    other = expected_offer_value(
        replace(posts, exposure=posts.exposure * unit), replace(offers, exposure=offers.exposure * unit)
    )
    for name in SHOWN:
        assert getattr(other, name) == pytest.approx(getattr(plain, name), rel=1e-6, abs=1e-9)


@CHECKS
@given(histories(), st.integers(0, 2**32 - 1))
def test_neither_the_order_of_posts_nor_that_of_offers_matters(rows, seed):
    rng = np.random.default_rng(seed)
    mixed = [[rng.permutation(len(part.kol)), part] for part in rows]
    plain = expected_offer_value(*rows)
    other = expected_offer_value(
        *(type(part)(*(getattr(part, name)[order] for name in part.__dataclass_fields__)) for order, part in mixed)
    )
    for name in (*SHOWN, "weight"):
        assert getattr(other, name) == pytest.approx(getattr(plain, name)[mixed[1][0]], rel=1e-6, abs=1e-9)


@CHECKS
@given(st.integers(0, 2**32 - 1))
def test_with_endless_posts_every_partner_is_judged_by_own_posts_alone(seed):
    rng, kol = np.random.default_rng(seed), np.repeat(np.arange(6), 1000)
    same, exposure = 0 * kol, rng.uniform(1.0, 50.0, 6000)
    revenue = exposure * rng.lognormal(1.0, 0.7, 6)[kol] * rng.gamma(4.0, 0.25, 6000)
    offers = OfferTraits(np.arange(6), np.zeros(6, int), np.zeros(6, int), np.ones(6), np.zeros(6))
    found = expected_offer_value(PostHistory(kol, same, same, exposure, revenue, np.full(6000, OLD)), offers)
    raw = np.bincount(kol, revenue) / np.bincount(kol, exposure)
    assert found.mean == pytest.approx(raw, rel=0.02)
    assert (found.weight > 0.9).all()


@CHECKS
@given(histories())
def test_strangers_are_judged_alike_and_without_any_post_nothing_is_claimed(rows):
    posts, _ = rows
    two = np.array([90, 91])
    strangers = OfferTraits(two, two * 0, two * 0, np.array([1.0, 3.0]), np.zeros(2))
    found = expected_offer_value(posts, strangers)
    assert (found.weight == 0.0).all()
    assert found.mean[1] == pytest.approx(3.0 * found.mean[0])
    none = PostHistory(*(getattr(posts, name)[:0] for name in posts.__dataclass_fields__))
    assert (expected_offer_value(none, strangers).high == 0.0).all()


@CHECKS
@given(histories(), st.floats(0.3, 1.0))
def test_an_audience_that_has_seen_one_more_post_buys_less_by_its_fatigue(rows, fatigue):
    posts, offers = rows
    plain = expected_offer_value(posts, offers, fatigue=fatigue)
    tired = replace(offers, n_recent_posts=offers.n_recent_posts + 1.0)
    assert expected_offer_value(posts, tired, fatigue=fatigue).mean == pytest.approx(fatigue * plain.mean)


@CHECKS
@given(histories(), st.floats(1.0, 10.0))
def test_slower_sales_promise_no_less_to_strangers(rows, slower):
    """The same revenue from posts that have shown less of theirs."""
    posts, _ = rows
    one = np.array([90])
    stranger = OfferTraits(one, one * 0, one * 0, np.ones(1), np.zeros(1))
    young = replace(posts, age_days=np.full(len(posts.kol), 5.0))
    quick, slow = (expected_offer_value(young, stranger, lag_days=3.0 * times).mean for times in (1.0, slower))
    assert slow >= quick * (1 - 1e-9)
