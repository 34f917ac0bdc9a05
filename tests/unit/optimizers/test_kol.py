"""KOL offers: what they should sell, which are signed, and why the others are not."""

from dataclasses import replace

import numpy as np
import pytest

from optimizers.errors import InfeasibleBudgetError, InvalidInputError
from optimizers.kol import choose_offers
from optimizers.kol_ads import PointAds
from optimizers.kol_problem import KolProblem

KOC, HEAD = 0, 1


def offers(fee, value, budget=100.0, **columns):
    """Offers of different partners against ads that return 2 on the first 60 and 1.5 after."""
    n = len(fee)
    plain = {
        "fee": fee, "commission_rate": np.zeros(n), "expected_value": value, "kol": np.arange(n),
        "tier": np.zeros(n, dtype=int), "is_signed": np.zeros(n, dtype=bool), "budget": budget,
        "ads": PointAds(np.array([0.0, 60.0, 1000.0]), np.array([0.0, 120.0, 1530.0])),
        "koc_tiers": (KOC,), "head_tiers": (HEAD,),
    }  # fmt: skip
    return KolProblem(**(plain | columns))


def test_an_offer_is_signed_when_it_beats_what_ads_earn_with_its_fee():
    result = choose_offers(offers([40.0, 40.0], [80.0, 50.0]))
    assert result.chosen.tolist() == [True, False]
    assert list(result.reasons.word) == ["chosen", "below_price"]
    assert (result.committed_cost, result.ads_cost, result.price) == (40.0, 60.0, 2.0)
    assert result.expected_net_value == pytest.approx(40.0)
    assert result.gap == pytest.approx(0.0, abs=1e-9)


def test_commission_is_charged_on_revenue_and_never_on_the_budget():
    result = choose_offers(offers([40.0], [80.0], commission_rate=[0.1], expected_revenue=[400.0]))
    assert result.net_value.tolist() == [40.0]
    assert result.chosen.tolist() == [False]


def test_signed_offers_are_paid_whatever_they_bring():
    result = choose_offers(offers([30.0, 40.0], [0.0, 90.0], is_signed=[True, False], max_fee_share=0.1))
    assert list(result.reasons.word) == ["signed", "max_fee_share"]
    assert result.committed_cost == 30.0


def test_flexible_money_that_earns_less_than_itself_is_kept():
    flat = PointAds(np.array([0.0, 50.0, 100.0]), np.array([0.0, 100.0, 110.0]))
    result = choose_offers(offers([30.0, 20.0], [36.0, 19.0], ads=flat))
    assert result.chosen.tolist() == [True, False]
    assert (result.ads_cost, result.price) == (50.0, 1.0)
    fixed = choose_offers(offers([30.0, 20.0], [36.0, 19.0], ads=replace(flat, mode="fixed")))
    assert fixed.chosen.tolist() == [True, True]
    assert fixed.objective == pytest.approx(36 + 19 + 100)


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"max_offers": 1}, "max_offers"),
        ({"max_share_per_kol": 0.2, "kol": [0, 0]}, "max_share_per_kol"),
        ({"max_fee_share": 0.2}, "max_fee_share"),
        ({"min_koc_per_head": 2.0, "tier": [KOC, HEAD]}, "mix"),
        ({"max_new_per_audience": 1, "audience": [3, 3]}, "max_new_per_audience"),
        ({"max_share_per_audience": 0.2, "audience": [3, 3]}, "max_share_per_audience"),
    ],
)
def test_the_rule_that_keeps_a_good_offer_out_is_named(rule, reason):
    result = choose_offers(offers([20.0, 20.0], [100.0, 90.0], **rule))
    assert list(result.reasons.word) == ["chosen", reason]


def test_reasons_come_with_the_rules_own_numbers():
    columns = {"kol": [0, 0, 1, 2], "max_share_per_kol": 0.3, "is_signed": [False, False, False, True]}
    reasons = choose_offers(offers([20.0, 20.0, 10.0, 5.0], [100.0, 90.0, 11.0, 5.0], **columns)).reasons
    assert list(reasons.word) == ["chosen", "max_share_per_kol", "below_price", "signed"]
    assert reasons.seen.tolist() == [5.0, 40.0, 1.1, 1.0]
    assert reasons.limit.tolist() == [1.5, 30.0, 1.5, 1.5]  # 75 are left to ads, which return 1.5 above 60


def test_different_audiences_do_not_share_a_cap():
    rule = {"max_new_per_audience": 1, "audience": [3, 4]}
    assert choose_offers(offers([20.0, 20.0], [100.0, 90.0], **rule)).chosen.all()


def test_a_signed_offer_takes_no_place_among_the_new_ones_of_its_audience():
    rule = {"max_new_per_audience": 1, "audience": [3, 3], "is_signed": [True, False]}
    assert choose_offers(offers([20.0, 20.0], [100.0, 90.0], **rule)).chosen.all()


def test_a_test_slot_signs_what_only_its_lesson_pays_and_no_more_than_the_slots():
    plain = {"lesson_value": [25.0, 30.0, 0.0], "max_test_share": 1.0}
    result = choose_offers(offers([20.0, 20.0, 20.0], [20.0, 20.0, 20.0], max_tests=1, **plain))
    assert list(result.reasons.word) == ["below_price", "test", "below_price"]
    assert result.is_test.tolist() == [False, True, False]
    assert result.expected_net_value == pytest.approx(0.0)
    assert not choose_offers(offers([20.0] * 3, [20.0] * 3, max_tests=0, **plain)).chosen.any()


def test_fees_in_test_slots_keep_to_their_share():
    plain = {"lesson_value": [25.0, 30.0], "max_tests": 2}
    assert choose_offers(offers([20.0, 20.0], [20.0, 20.0], max_test_share=0.3, **plain)).chosen.sum() == 1
    assert choose_offers(offers([20.0, 20.0], [20.0, 20.0], max_test_share=0.4, **plain)).chosen.sum() == 2


def test_a_good_offer_for_which_no_money_is_left_says_so():
    result = choose_offers(offers([60.0, 60.0, 50.0], [400.0, 130.0, 300.0], budget=130.0))
    assert list(result.reasons.word) == ["chosen", "budget", "chosen"]


def test_an_offer_that_beats_the_last_unit_of_ads_but_not_all_it_would_take_is_called_indivisible():
    result = choose_offers(offers([50.0], [78.0]))
    assert result.price == 1.5
    assert list(result.reasons.word) == ["indivisible"]


def test_a_head_is_signed_together_with_the_koc_it_needs():
    rule = {"min_koc_per_head": 2.0, "tier": [HEAD, KOC, KOC]}
    assert choose_offers(offers([20.0, 10.0, 10.0], [200.0, 12.0, 12.0], **rule)).chosen.all()


def test_signed_fees_beyond_the_budget_are_refused_by_name():
    with pytest.raises(InfeasibleBudgetError, match="signed offer 1 90") as error:
        choose_offers(offers([20.0, 90.0], [100.0, 90.0], is_signed=[True, True]))
    assert error.value.missing == pytest.approx(10.0)


def test_no_offers_leave_all_money_to_ads():
    result = choose_offers(offers([], []))
    assert (result.chosen.size, result.ads_cost, result.price) == (0, 100.0, 1.5)
    assert result.gap == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"expected_value": [np.nan, 1.0]}, "expected_value"),
        ({"commission_rate": [1.2, 0.0]}, "commission_rate"),
        ({"fee": [-1.0, 1.0]}, "fee"),
        ({"budget": np.nan}, "budget"),
        ({"max_share_per_audience": 2.0}, "max_share_per_audience"),
        ({"max_tests": -1}, "max_tests"),
        ({"lesson_value": [-1.0, 0.0]}, "lesson_value"),
        ({"audience": [0]}, "audience"),
    ],
)
def test_nonsense_is_refused(change, said):
    with pytest.raises(InvalidInputError, match=said):
        replace(offers([40.0, 40.0], [80.0, 50.0]), **change)
