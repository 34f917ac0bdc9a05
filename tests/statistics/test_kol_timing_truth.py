"""Lag and fatigue of KOL posts, and what a lesson is worth, against made-up truth."""

import numpy as np
import pytest

from optimizers.errors import InvalidInputError
from optimizers.kol_lessons import LESSON_USES, lesson_value
from optimizers.kol_timing import USUAL_FATIGUE, USUAL_LAG, learn_fatigue, learn_lag
from optimizers.kol_value import OfferTraits, OfferValue, PostHistory, expected_offer_value


def draw_readings(lag, n, rng):
    """Orders come at exponential delays; each post was read at 1 to 6 days and a month later."""
    early, late = rng.integers(1, 7, n).astype(float), np.full(n, 35.0)
    orders = rng.poisson(40, n)
    days = [rng.exponential(lag, count) for count in orders]
    first, last = ([(one <= age).sum() for one, age in zip(days, ages, strict=True)] for ages in (early, late))
    return early, late, np.array(first) / np.maximum(last, 1)


def draw_posts(factor, n_kols, rng):
    """Partners of very different pull post one to four times within a month, every post with heavy noise."""
    kol = np.repeat(np.arange(n_kols), rng.integers(1, 5, n_kols))
    recent = np.array([(kol[:row] == one).sum() for row, one in enumerate(kol)], dtype=float)
    pull, exposure = np.exp(rng.normal(0, 1, n_kols)), rng.uniform(5, 50, len(kol))
    revenue = 20 * exposure * pull[kol] * factor**recent * rng.gamma(4, 0.25, len(kol))
    zero = np.zeros(len(kol), int)
    return PostHistory(kol, zero, zero, exposure, revenue, np.full(len(kol), 90.0), recent)


@pytest.mark.parametrize("lag", [1.5, 3.0, 8.0])
def test_the_lag_is_found_from_posts_that_were_read_twice(lag):
    assert learn_lag(*draw_readings(lag, 150, np.random.default_rng(4))) == pytest.approx(lag, rel=0.15)


@pytest.mark.parametrize("factor", [0.75, 0.9, 1.0])
def test_fatigue_is_found_whatever_the_partners_pull(factor):
    found = [learn_fatigue(draw_posts(factor, 300, np.random.default_rng(seed)), 3.0) for seed in range(5)]
    assert np.mean(found) == pytest.approx(factor, abs=0.04)


def test_few_posts_leave_the_usual_numbers_nearly_as_they_are():
    rng = np.random.default_rng(1)
    assert learn_lag(*draw_readings(12.0, 1, rng)) == pytest.approx(USUAL_LAG, rel=0.6)
    assert learn_fatigue(draw_posts(0.5, 3, rng), 3.0) == pytest.approx(USUAL_FATIGUE, abs=0.08)
    assert learn_fatigue(draw_posts(0.5, 0, rng), 3.0) == USUAL_FATIGUE


def test_the_currency_changes_no_fatigue():
    posts = draw_posts(0.8, 40, np.random.default_rng(2))
    dear = PostHistory(
        posts.kol, posts.tier, posts.category, posts.exposure, posts.revenue * 7.2, posts.age_days, posts.n_recent_posts
    )
    assert learn_fatigue(dear, 3.0) == pytest.approx(learn_fatigue(posts, 3.0), rel=1e-5)


@pytest.mark.parametrize("row", [(5.0, 5.0, 0.5), (1.0, 9.0, 1.2), (1.0, np.nan, 0.5)])
def test_readings_that_cannot_be_are_refused(row):
    with pytest.raises(InvalidInputError, match="cannot learn the lag"):
        learn_lag(*([one] for one in row))


def test_a_lesson_is_worth_what_simulated_decisions_gain_by_it():
    """Draw a partner, its post, the updated belief, then book again only if that pays."""
    one = np.ones(1)
    value = OfferValue(900 * one, one, one, 0 * one, np.array(["all"]), 400 * one, 600 * one, 0 * one, 0 * one)
    rng, share, cost = np.random.default_rng(7), 0.4, 380.0
    truth = rng.normal(900, 400, 400_000)
    seen = rng.normal(truth, 600)
    updated = (900 / 400**2 + seen / 600**2) / (1 / 400**2 + 1 / 600**2)
    gained = np.where(share * updated > cost, share * truth - cost, 0.0).mean() - max(share * 900 - cost, 0.0)
    assert lesson_value(value, share, cost)[0] == pytest.approx(LESSON_USES * gained, rel=0.03)


def test_partners_with_own_posts_and_shops_without_any_post_learn_nothing():
    code, ten = np.repeat([0, 1], 2), np.full(4, 10.0)
    posts = PostHistory(code, code * 0, code * 0, ten, np.array([90.0, 110.0, 290.0, 310.0]), np.full(4, 90.0))
    zero = np.zeros(2, int)
    offers = OfferTraits(np.array([0, 5]), zero, zero, np.full(2, 10.0), np.zeros(2))
    known, new = lesson_value(expected_offer_value(posts, offers), 0.5, 100.0)
    assert known == 0.0
    assert new > 0.0
    none = PostHistory(code[:0], code[:0], code[:0], ten[:0], ten[:0], ten[:0])
    assert lesson_value(expected_offer_value(none, offers), 0.5, 100.0).tolist() == [0.0, 0.0]
