"""Seeded jitter: the same key and night, the same factor."""

import numpy as np
import pytest

from optimizers.errors import InvalidInputError
from optimizers.explore import average_log_change, jitter

KEYS = [f"google|main|keyword|{n}" for n in range(2000)]


def test_the_order_of_rows_and_other_rows_change_nothing():
    assert jitter(KEYS[::-1], 7)[::-1].tolist() == jitter(KEYS, 7).tolist()
    assert jitter(KEYS[5:6], 7)[0] == jitter(KEYS, 7)[5]


def test_every_night_draws_anew():
    assert (jitter(KEYS, 7) != jitter(KEYS, 8)).all()


def test_a_known_draw_never_changes():
    assert jitter(["红茶", "tea"], 20260101).round(12).tolist() == [0.981504671361, 0.968849635627]


def test_factors_are_log_uniform_within_the_share():
    log = np.log(jitter(KEYS, 7, 0.05))
    assert np.abs(log).max() <= np.log(1.05)
    assert abs(log.mean()) < 0.002
    assert log.std() == pytest.approx(np.log(1.05) / np.sqrt(3), rel=0.05)


def test_no_keys_give_no_factors_and_share_zero_changes_nothing():
    assert jitter([], 7).shape == (0,)
    assert (jitter(KEYS, 7, 0.0) == 1.0).all()


@pytest.mark.parametrize("share", [-0.1, 1.0, np.nan])
def test_a_share_outside_its_range_is_refused(share):
    with pytest.raises(InvalidInputError, match="0 <= share < 1"):
        jitter(KEYS, 7, share)


def test_the_mean_log_change_is_that_of_many_draws_whatever_bends_them():
    """A cap on one side and a coarse step: the mean over 41 points agrees with the mean over ten thousand draws."""
    keys = [f"word {number}" for number in range(10_000)]

    def realise(log_factor):
        return np.minimum(np.round(1.0 * np.exp(log_factor), 2), 1.02)

    drawn = np.log(realise(np.log(jitter(keys, 3, 0.05))))
    mean = average_log_change(realise, np.ones(3), 0.05)
    assert mean == pytest.approx([drawn.mean()] * 3, abs=4.0 * drawn.std() / 100.0)
    assert drawn.mean() < -0.003


def test_a_planned_bid_of_zero_has_no_mean_log_change():
    """Its logarithm does not exist."""
    with pytest.raises(InvalidInputError, match="cannot average a jitter"):
        average_log_change(np.exp, np.array([0.0]), 0.05)
