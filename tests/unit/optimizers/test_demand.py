"""What a budget served of the demand, from impression shares."""

from __future__ import annotations

import numpy as np
import pytest

from optimizers.demand import MIN_SERVED_SHARE, served_share
from optimizers.errors import InvalidInputError


def test_without_rank_or_impression_share_what_is_not_lost_was_shown():
    assert served_share([0.2, 0.0, np.nan]).tolist() == pytest.approx([0.8, 1.0, 1.0])


def test_a_loss_of_everything_is_not_believed():
    assert served_share([1.0, 0.6], [0.0, 0.0], [0.0, 0.4]).tolist() == [MIN_SERVED_SHARE, MIN_SERVED_SHARE]


def test_a_share_above_one_is_refused():
    with pytest.raises(InvalidInputError, match="cannot tell what a budget served"):
        served_share([1.2])
