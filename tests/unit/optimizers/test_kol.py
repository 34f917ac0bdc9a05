"""KOL offers: what they should sell, which are signed, and why the others are not."""

from dataclasses import replace

import numpy as np
import pytest

from optimizers.errors import InfeasibleBudgetError, InvalidInputError
from optimizers.kol import (
    KolProblem,
    OfferTraits,
    PostHistory,
    choose_offers,
    expected_offer_value,
    horizon_curve,
)

KOC, HEAD = 0, 1


def offers(fee, value, budget=100.0, **columns):
    """Offers of different partners against ads that return 2 on the first 60 and 1.5 after."""
    n = len(fee)
    plain = {
        "fee": fee, "commission_rate": np.zeros(n), "expected_value": value, "kol": np.arange(n),
        "tier": np.zeros(n, dtype=int), "is_signed": np.zeros(n, dtype=bool), "budget": budget,
        "ads_budget": np.array([0.0, 60.0, 1000.0]), "ads_value": np.array([0.0, 120.0, 1530.0]),
        "koc_tiers": (KOC,), "head_tiers": (HEAD,),
    }  # fmt: skip
    return KolProblem(**(plain | columns))


def test_an_offer_is_signed_when_it_beats_what_ads_earn_with_its_fee():
    result = choose_offers(offers([40.0, 40.0], [80.0, 50.0]))
    assert result.chosen.tolist() == [True, False]
    assert list(result.binding) == ["chosen", "price"]
    assert (result.committed_cost, result.ads_budget, result.price) == (40.0, 60.0, 2.0)
    assert result.expected_net_value == pytest.approx(40.0)
    assert result.gap == pytest.approx(0.0, abs=1e-9)


def test_commission_is_charged_on_revenue_and_never_on_the_budget():
    result = choose_offers(offers([40.0], [80.0], commission_rate=[0.1], expected_revenue=[400.0]))
    assert result.net_value.tolist() == [40.0]
    assert result.chosen.tolist() == [False]


def test_signed_offers_are_paid_whatever_they_bring():
    result = choose_offers(offers([30.0, 40.0], [0.0, 90.0], is_signed=[True, False], max_fee_share=0.1))
    assert list(result.binding) == ["signed", "max_fee_share"]
    assert result.committed_cost == 30.0


def test_flexible_money_that_earns_less_than_itself_is_kept():
    flat = {"ads_budget": np.array([0.0, 50.0, 100.0]), "ads_value": np.array([0.0, 100.0, 110.0])}
    result = choose_offers(offers([30.0, 20.0], [36.0, 19.0], **flat))
    assert result.chosen.tolist() == [True, False]
    assert (result.ads_budget, result.price) == (50.0, 1.0)
    fixed = choose_offers(offers([30.0, 20.0], [36.0, 19.0], mode="fixed", **flat))
    assert fixed.chosen.tolist() == [True, True]
    assert fixed.objective == pytest.approx(36 + 19 + 100)


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"max_offers": 1}, "max_offers"),
        ({"max_share_per_kol": 0.2, "kol": [0, 0]}, "max_share_per_kol"),
        ({"max_fee_share": 0.2}, "max_fee_share"),
        ({"min_koc_per_head": 2.0, "tier": [KOC, HEAD]}, "mix"),
    ],
)
def test_the_rule_that_keeps_a_good_offer_out_is_named(rule, reason):
    result = choose_offers(offers([20.0, 20.0], [100.0, 90.0], **rule))
    assert list(result.binding) == ["chosen", reason]


def test_a_good_offer_for_which_no_money_is_left_says_so():
    result = choose_offers(offers([60.0, 60.0, 50.0], [400.0, 130.0, 300.0], budget=130.0))
    assert list(result.binding) == ["chosen", "budget", "chosen"]


def test_an_offer_that_beats_the_last_unit_of_ads_but_not_all_it_would_take_is_called_indivisible():
    result = choose_offers(offers([50.0], [78.0]))
    assert result.price == 1.5
    assert list(result.binding) == ["indivisible"]


def test_a_head_is_signed_together_with_the_koc_it_needs():
    rule = {"min_koc_per_head": 2.0, "tier": [HEAD, KOC, KOC]}
    assert choose_offers(offers([20.0, 10.0, 10.0], [200.0, 12.0, 12.0], **rule)).chosen.all()


def test_signed_fees_beyond_the_budget_are_refused_by_name():
    with pytest.raises(InfeasibleBudgetError, match="signed offer 1 90") as error:
        choose_offers(offers([20.0, 90.0], [100.0, 90.0], is_signed=[True, True]))
    assert error.value.missing == pytest.approx(10.0)


def test_no_offers_leave_all_money_to_ads():
    result = choose_offers(offers([], []))
    assert (result.chosen.size, result.ads_budget, result.price) == (0, 100.0, 1.5)
    assert result.gap == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"expected_value": [np.nan, 1.0]}, "expected_value"),
        ({"commission_rate": [1.2, 0.0]}, "commission_rate"),
        ({"fee": [-1.0, 1.0]}, "fee"),
        ({"budget": np.nan}, "budget"),
        ({"mode": "greedy"}, "flexible or fixed"),
        ({"ads_value": np.array([0.0, 10.0, 1530.0])}, "concave and rising"),
        ({"ads_value": np.array([0.0, 10.0, 5.0])}, "concave and rising"),
        ({"ads_budget": np.array([0.0, 60.0, 60.0])}, "rising budgets"),
    ],
)
def test_nonsense_is_refused(change, said):
    with pytest.raises(InvalidInputError, match=said):
        replace(offers([40.0, 40.0], [80.0, 50.0]), **change)


def test_the_horizon_curve_is_the_concave_hull_over_all_days():
    budget, value = horizon_curve(np.array([3.0, 1.0, 2.0, 4.0]), np.array([9.0, 4.0, 5.0, 8.0]), 28)
    assert budget.tolist() == [28.0, 84.0]
    assert value.tolist() == [112.0, 252.0]


def test_a_single_point_is_continued_flat():
    budget, value = horizon_curve(np.array([10.0]), np.array([30.0]), 2)
    assert (budget.tolist(), value.tolist()) == ([20.0, 40.0], [60.0, 60.0])


@pytest.mark.parametrize(("cost", "days"), [([], 28), ([1.0], 0)])
def test_a_horizon_without_points_or_days_is_refused(cost, days):
    with pytest.raises(InvalidInputError, match="at least 1 of each"):
        horizon_curve(np.array(cost), np.array(cost), days)


def posts(kol, revenue, tier=0, exposure=10.0, age=90.0):
    n = len(kol)
    return PostHistory(kol, np.broadcast_to(tier, n), np.zeros(n, int), np.full(n, exposure), revenue, np.full(n, age))


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
