"""What a budget served of the demand, from impression shares."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizers.demand import MIN_SERVED_SHARE, served_share
from optimizers.errors import InvalidInputError


@given(st.floats(0.1, 0.9), st.floats(0.06, 1.0))
def test_what_is_lost_to_rank_no_budget_brings_back(rank, served):
    """Of the auctions that its rank wins, ``served`` were shown; the rest was lost to the budget."""
    shown, lost = (1.0 - rank) * served, (1.0 - rank) * (1.0 - served)
    for given_shares in ((lost, shown, rank), (lost, np.nan, rank), (lost, shown)):
        assert served_share(*([one] for one in given_shares)) == pytest.approx([served], rel=1e-6)


def test_without_rank_or_impression_share_what_is_not_lost_was_shown():
    assert served_share([0.2, 0.0, np.nan]).tolist() == pytest.approx([0.8, 1.0, 1.0])


def test_a_loss_of_everything_is_not_believed():
    assert served_share([1.0, 0.6], [0.0, 0.0], [0.0, 0.4]).tolist() == [MIN_SERVED_SHARE, MIN_SERVED_SHARE]


def test_a_share_above_one_is_refused():
    with pytest.raises(InvalidInputError, match="cannot tell what a budget served"):
        served_share([1.2])
