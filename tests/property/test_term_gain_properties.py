"""What must hold of the odds of a gain whatever the numbers."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from optimizers.term_gain import gain_odds

N = 6
money = st.floats(0.01, 1e3)


def column(low: float, high: float):
    return arrays.arrays(np.float64, N, elements=st.floats(low, high))


@st.composite
def made_moves(draw):
    """Return clicks and cost that both rise or both fall, a price, and the 80 % interval of a click's worth."""
    clicks, unit, price = (draw(column(0.01, 100.0)) for _ in range(3))
    side = draw(arrays.arrays(np.float64, N, elements=st.sampled_from([-1.0, 1.0])))
    low = draw(column(0.01, 100.0))
    return side * clicks, side * clicks * unit, price, low, low * draw(column(1.01, 50.0))


@given(made_moves())
def test_odds_are_a_share(move):
    found = gain_odds(*move)
    assert ((found >= 0.0) & (found <= 1.0)).all()


@given(made_moves(), money, money)
def test_the_unit_of_money_and_the_length_of_a_day_change_no_odds(move, currency, days):
    clicks, cost, price, low, high = move
    other = gain_odds(clicks * days, cost * days * currency, price, low * currency, high * currency)
    assert np.allclose(gain_odds(*move), other, atol=1e-9)


@given(made_moves(), st.permutations(range(N)))
def test_the_order_of_terms_changes_no_odds(move, order):
    assert np.array_equal(gain_odds(*move)[order], gain_odds(*(part[order] for part in move)))


@given(made_moves(), st.floats(1.0, 10.0))
def test_a_click_worth_more_speaks_for_more_clicks_and_against_fewer(move, better):
    clicks, cost, price, low, high = move
    change = gain_odds(clicks, cost, price, low * better, high * better) - gain_odds(*move)
    assert (np.sign(clicks) * change >= -1e-12).all()


@given(made_moves(), st.floats(1.0, 10.0))
def test_dearer_money_speaks_against_more_clicks_and_for_fewer(move, dearer):
    clicks, cost, price, low, high = move
    change = gain_odds(clicks, cost, price * dearer, low, high) - gain_odds(*move)
    assert (np.sign(clicks) * change <= 1e-12).all()


@given(made_moves())
def test_a_move_and_its_return_share_the_odds_between_them(move):
    clicks, cost, price, low, high = move
    assert np.allclose(gain_odds(*move) + gain_odds(-clicks, -cost, price, low, high), 1.0)


@given(made_moves())
def test_a_value_known_for_sure_is_on_one_side_of_the_turn(move):
    clicks, cost, price, low, _ = move
    gain = low * clicks - price * cost
    assume((np.abs(gain) > 1e-6 * np.abs(price * cost)).all())
    assert np.array_equal(gain_odds(clicks, cost, price, low, low), (gain > 0).astype(float))


@given(made_moves())
def test_a_value_known_to_next_to_nothing_leaves_it_open(move):
    """An interval that is wide without end, about the turn: either side is as likely."""
    clicks, cost, price, *_ = move
    turn = price * cost / clicks
    assert np.allclose(gain_odds(clicks, cost, price, turn / 100.0, turn * 100.0), 0.5)
