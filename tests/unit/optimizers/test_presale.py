"""Orders that wait for the balance of a pre-sale."""

from __future__ import annotations

import numpy as np
import pytest

from optimizers.errors import InvalidInputError
from optimizers.presale import ASSUMED, ASSUMED_HELD, HeldShare, learn_held, presale_share

SURE = HeldShare(0.6, 0.0, 6, is_learned=True)


@pytest.mark.parametrize("held", [0.0, 0.3, 0.9])
def test_the_held_share_is_found_from_looks_before_and_after_the_balance(held):
    """Looks at different ages: 6 days, the usual curve at each look known."""
    early, late, since = np.linspace(0.5, 0.9, 6), np.linspace(0.85, 1.0, 6), np.linspace(0.5, 0.8, 6)
    before, after = 1e5 * (1 - held) * early, 1e5 * ((1 - held) * late + held * since)
    found = learn_held(before, early, after, late, since)
    assert found.held == pytest.approx(held, abs=0.01)
    assert (found.is_learned, found.n_origins) == (True, 6)


def test_few_conversions_stay_near_the_assumption_and_say_so():
    thin, thick = (learn_held([0.1 * n] * 6, [1.0] * 6, [n] * 6, [1.0] * 6, [1.0] * 6) for n in (1.0, 1e4))
    assert abs(thin.held - ASSUMED_HELD) < abs(thick.held - ASSUMED_HELD)
    assert thin.log_sd > 10 * thick.log_sd


def test_fewer_than_five_days_teach_nothing():
    assert learn_held([10.0] * 4, [1.0] * 4, [90.0] * 4, [1.0] * 4, [1.0] * 4) == ASSUMED


def test_before_the_balance_only_orders_that_do_not_wait_are_reported_and_in_the_end_all_are():
    share, error = presale_share([0.5, 1.0, 1.0], [0.0, 0.0, 1.0], SURE)
    assert share == pytest.approx([0.2, 0.4, 1.0])
    assert error.tolist() == [0.0, 0.0, 0.0]


def test_an_assumed_share_is_unsure_before_the_balance_and_matters_no_more_when_all_is_reported():
    _, error = presale_share([0.8, 0.8, 1.0], [0.0, 0.5, 1.0], ASSUMED)
    assert error[0] > error[1] > error[2] == 0.0


def test_a_share_above_one_is_refused():
    with pytest.raises(InvalidInputError, match=r"share\[0\] = 1.2"):
        presale_share([1.2], [0.0], SURE)
