"""What must hold for the lift of brand searches, whatever the days."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizers.errors import InvalidInputError
from optimizers.kol_brand import learn_brand_lift, spread_reach


@st.composite
def shops(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, n_posts = draw(st.integers(40, 90)), draw(st.integers(3, 8))
    day = np.sort(rng.choice(np.arange(20_000, 20_000 + 2 * n), n, replace=False))
    posted, views = rng.integers(day[0], day[-1] - 5, n_posts), rng.uniform(10, 300, n_posts)
    clicks = rng.poisson(50 + rng.uniform(0, 2) * spread_reach(day, posted, views, 3.0)).astype(float)
    return day, clicks, rng.poisson(400, n).astype(float), posted, views


@given(shops(), st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_the_order_of_days_and_posts_changes_nothing(shop, seed):
    rng = np.random.default_rng(seed)
    days, posts = rng.permutation(len(shop[0])), rng.permutation(len(shop[3]))
    mixed = learn_brand_lift(*(column[days] for column in shop[:3]), *(column[posts] for column in shop[3:]))
    assert mixed[:4] == pytest.approx(learn_brand_lift(*shop)[:4], rel=1e-6, abs=1e-9)


@given(shops(), st.floats(0.01, 1e4), st.integers(-2, 2))
@settings(max_examples=25, deadline=None)
def test_the_unit_of_other_demand_and_whole_weeks_change_nothing(shop, unit, weeks):
    day, clicks, other, posted, views = shop
    moved = learn_brand_lift(day + 7 * weeks, clicks, other * unit + 30.0, posted + 7 * weeks, views)
    assert moved[:4] == pytest.approx(learn_brand_lift(*shop)[:4], rel=1e-5, abs=1e-7)


@given(shops())
@settings(max_examples=25, deadline=None)
def test_the_lift_lies_in_its_interval_and_nothing_is_below_zero(shop):
    lift = learn_brand_lift(*shop)
    assert 0.0 <= lift.low <= lift.clicks <= lift.high
    assert 0.0 <= lift.weight <= 1.0


@given(st.integers(0, 2**32 - 1), st.floats(0.3, 30.0))
@settings(max_examples=25, deadline=None)
def test_a_posts_days_add_up_to_its_reach(seed, lag):
    rng = np.random.default_rng(seed)
    posted, views = rng.integers(0, 20, 5), rng.uniform(0, 100, 5)
    assert spread_reach(np.arange(2000), posted, views, lag).sum() == pytest.approx(views.sum(), rel=1e-9)


@pytest.mark.parametrize(
    ("clicks", "said"), [([-1.0] * 40, "clicks"), ([np.nan] * 40, "clicks"), ([1.0] * 3, "shapes")]
)
def test_days_that_cannot_be_are_refused(clicks, said):
    with pytest.raises(InvalidInputError, match=said):
        learn_brand_lift(np.arange(40), clicks, np.ones(40), [1, 9, 20], np.ones(3))


@pytest.mark.parametrize(
    ("reach", "lag", "said"), [([-1.0], 3.0, "reach"), ([1.0], 0.0, "lag_days"), ([np.inf], 3.0, "reach")]
)
def test_reach_that_cannot_be_is_refused(reach, lag, said):
    with pytest.raises(InvalidInputError, match=said):
        spread_reach(np.arange(5), [1], reach, lag)
