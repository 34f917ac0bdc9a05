"""Seeded jitter: the same key and night, the same factor."""

import numpy as np
import pytest

from optimizers.errors import InvalidInputError
from optimizers.explore import jitter

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
