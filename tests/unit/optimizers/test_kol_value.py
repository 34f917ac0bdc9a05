"""What a partner's next post should sell, learned from the shop's own posts."""

import numpy as np
import pytest

from optimizers.errors import InvalidInputError
from optimizers.kol_value import OfferTraits, PostHistory, expected_offer_value, probability_above


def posts(kol, revenue, tier=0, exposure=10.0, age=90.0, recent=0.0):
    n = len(kol)
    return PostHistory(
        kol, np.broadcast_to(tier, n), np.zeros(n, int), np.full(n, exposure), revenue, np.full(n, age),
        np.broadcast_to(recent, n),
    )  # fmt: skip


def traits(kol, tier=0, exposure=10.0, recent=0.0):
    n = len(kol)
    return OfferTraits(
        kol, np.broadcast_to(tier, n), np.zeros(n, int), np.full(n, exposure), np.broadcast_to(recent, n)
    )


def test_a_partner_with_many_posts_is_judged_by_them_and_a_new_one_by_the_tier():
    history = posts([0] * 20 + [1] * 20, [90.0, 110.0] * 10 + [290.0, 310.0] * 10)
    value = expected_offer_value(history, traits([0, 1, 2]))
    assert value.mean[:2] == pytest.approx([100.0, 300.0], rel=0.01)
    assert value.mean[2] == pytest.approx(200.0)
    assert list(value.level) == ["kol", "kol", "tier_category"]
    assert value.weight[2] == 0.0


def test_a_lucky_single_post_is_shrunk_toward_its_tier():
    rng = np.random.default_rng(1)
    history = posts(np.r_[np.arange(30), np.arange(30), 40], np.r_[rng.gamma(2, 50, 60), 1000.0])
    value = expected_offer_value(history, traits([40]))
    assert value.mean[0] < 300.0


def test_tiers_differ_by_their_own_posts_only():
    history = posts(np.arange(40), [50.0, 60.0] * 10 + [400.0, 420.0] * 10, tier=np.repeat([0, 1], 20))
    value = expected_offer_value(history, traits([90, 91, 92], tier=np.array([0, 1, 2])))
    assert value.mean[:2] == pytest.approx([55.0, 410.0], rel=0.02)
    assert value.mean[2] == pytest.approx(232.5)
    assert value.level[2] == "all"


def test_a_young_post_counts_as_less_exposure():
    old = expected_offer_value(posts([0, 0, 0], [100.0] * 3), traits([0]))
    young = expected_offer_value(posts([0, 0, 0], [50.0] * 3, age=3 * np.log(2)), traits([0]), lag_days=3.0)
    assert young.mean == pytest.approx(old.mean)


def test_repeat_posts_tire_the_audience():
    value = expected_offer_value(
        posts([0, 0, 0], [100.0] * 3), traits([0, 0], recent=np.array([0.0, 2.0])), fatigue=0.8
    )
    assert value.mean[1] == pytest.approx(0.64 * value.mean[0])


def test_without_posts_no_revenue_is_claimed():
    value = expected_offer_value(posts([], []), traits([0, 1]))
    assert value.mean.tolist() == [0.0, 0.0]
    assert set(value.level) == {"none"}


def test_one_post_gives_its_rate_and_a_wide_interval():
    value = expected_offer_value(posts([0], [100.0]), traits([0, 5]))
    assert value.mean == pytest.approx([100.0, 100.0])
    assert (value.low < 20).all()
    assert (value.high > 200).all()


def test_the_interval_holds_about_four_of_five_new_posts():
    rng = np.random.default_rng(3)
    rate = rng.gamma(4, 25, 300)
    history = posts(np.repeat(np.arange(300), 4), rng.gamma(3, np.repeat(rate, 4) / 3))
    value = expected_offer_value(history, traits(np.arange(300)))
    fresh = rng.gamma(3, rate / 3)
    assert 0.75 <= ((value.low <= fresh) & (fresh <= value.high)).mean() <= 0.87


@pytest.mark.parametrize("settings", [{"lag_days": 0.0}, {"fatigue": 1.2}, {"fatigue": 0.0}])
def test_settings_outside_their_range_are_refused(settings):
    with pytest.raises(InvalidInputError, match="cannot value offers"):
        expected_offer_value(posts([0], [100.0]), traits([0]), **settings)


def test_a_past_posts_own_fatigue_is_taken_out_of_what_it_tells():
    """Tired posts that sold 80 say what fresh ones that sold 100 say."""
    fresh = expected_offer_value(posts([0, 0, 0], [100.0] * 3), traits([0]), fatigue=0.8)
    tired = expected_offer_value(posts([0, 0, 0], [80.0] * 3, recent=1.0), traits([0]), fatigue=0.8)
    assert tired.mean == pytest.approx(fresh.mean)


def test_own_posts_are_counted():
    assert expected_offer_value(posts([0, 0, 2], [1.0] * 3), traits([0, 1, 2, 9])).n_posts.tolist() == [2, 0, 1, 0]


def test_the_probability_of_a_mean_falls_with_the_money_asked():
    history = posts(np.repeat(np.arange(9), 3), np.repeat(np.linspace(50, 250, 9), 3) + np.tile([-9.0, 0.0, 9.0], 9))
    value = expected_offer_value(history, traits([8] * 4))
    above = probability_above(value, np.array([0.0, 240.0, 250.0, 400.0]))
    assert above[0] == 1.0
    assert (np.diff(above) < 0).all()
    assert above[1] > 0.9
    assert above[3] < 0.01


def test_money_that_is_no_number_is_refused():
    with pytest.raises(InvalidInputError, match="money"):
        probability_above(expected_offer_value(posts([0], [1.0]), traits([0])), np.array([np.nan]))
