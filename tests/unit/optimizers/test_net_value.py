"""Refunds by the age of the order, claims against own orders."""

from __future__ import annotations

import numpy as np
import pytest

from optimizers.errors import InvalidInputError
from optimizers.net_value import deflation, refund_curve, shrink_share

NAN = np.nan


def banded(n_days: int, steps: list[float], seen: int, sales: float = 1000.0) -> np.ndarray:
    """Return refunds of ``n_days`` order days, each exported for its first ``seen`` ages; the newest are young."""
    by_age = sales * np.cumsum(steps)
    rows = np.tile(by_age, (n_days, 1))
    for back in range(n_days):
        rows[n_days - 1 - back, min(back + 1, seen) :] = NAN
    return rows


def test_refunds_still_to_come_are_added_to_those_that_came():
    steps = [0.0, 0.02, 0.03, 0.01]
    found = refund_curve(np.full(20, 1000.0), banded(20, steps, 4), last_age=3)
    assert found.by_age == pytest.approx(np.cumsum(steps))
    assert (found.share, found.sd) == (pytest.approx(0.06), pytest.approx(0.0))


def test_refunds_after_the_last_export_fade_and_make_the_share_less_sure():
    """Three ages of 0.02 each, then 0.016, 0.0128: what an export of three days cannot show."""
    found = refund_curve(np.full(20, 1000.0), banded(20, [0.02] * 5, 3), last_age=4)
    assert found.share == pytest.approx(0.06 + 0.016 + 0.0128)
    assert found.sd == pytest.approx(0.5 * 0.0288)


def test_a_missed_night_is_filled_between_its_neighbours():
    refunds = banded(20, [0.0, 0.02, 0.02], 3)
    refunds[3, 1] = NAN
    assert refund_curve(np.full(20, 1000.0), refunds, last_age=2).by_age == pytest.approx([0.0, 0.02, 0.04])


@pytest.mark.parametrize(
    "refunds", [pytest.param(np.full((20, 3), NAN), id="not told"), pytest.param(np.zeros((6, 3)), id="six days"),
                pytest.param(np.zeros((0, 3)), id="no day")],
)  # fmt: skip
def test_what_is_not_told_is_not_learned(refunds):
    found = refund_curve(np.full(len(refunds), 10.0), refunds, last_age=2)
    assert (found.share, found.is_learned) == (0.0, False)


def test_a_shop_without_refunds_has_learned_that():
    found = refund_curve(np.full(20, 10.0), np.zeros((20, 3)), last_age=5)
    assert (found.share, found.sd, found.is_learned) == (0.0, 0.0, True)


def test_days_that_differ_widen_the_error():
    rng = np.random.default_rng(3)
    calm, wild = (np.cumsum(rng.gamma(shape, 0.02 * 1000 / shape, (40, 3)), axis=1) for shape in (100.0, 0.5))
    sales = np.full(40, 1000.0)
    assert refund_curve(sales, wild, 2).sd > 5 * refund_curve(sales, calm, 2).sd


def test_claims_above_the_shops_own_orders_are_cut_and_claims_below_are_not_raised():
    assert deflation([900.0, 2000.0], [1200.0, 1000.0], 0.0) == pytest.approx([0.75, 1.0])


def test_a_few_claims_too_many_prove_nothing():
    assert deflation([1.0], [2.0], 50.0)[0] == pytest.approx(51 / 52)


def test_no_order_on_either_side_leaves_claims_alone():
    assert deflation([0.0], [0.0], 0.0).tolist() == [1.0]


def test_a_channel_that_is_known_well_keeps_its_share_and_one_that_is_not_takes_its_shops():
    share, sd = shrink_share([0.3, 0.3], [0.001, 10.0], 0.1, 0.05)
    assert share == pytest.approx([0.3, 0.1], abs=0.001)
    assert sd == pytest.approx([0.001, 0.05], rel=0.01)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        pytest.param(lambda: refund_curve([1.0], [[-1.0]], 1), r"refunds\[0\] = -1", id="negative refund"),
        pytest.param(lambda: refund_curve([1.0, 2.0], [[1.0]], 1), r"shape \(1, 1\)", id="days do not fit"),
        pytest.param(lambda: refund_curve([1.0], [[1.0]], -1), "limit >= 0", id="negative age"),
        pytest.param(lambda: deflation([-1.0], [1.0], 0.0), r"own\[0\] = -1", id="negative orders"),
        pytest.param(lambda: shrink_share([0.1], [0.1], 0.1, 0.0), "parent_sd", id="no spread"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(InvalidInputError, match=message):
        call()
