"""What scored forecasts teach, in numbers that can be worked out by hand, and over many drawn accounts."""

from __future__ import annotations

import numpy as np
import pytest

from optimizers.calibration import bias_interval, coverage_interval, log_score, randomised_pit
from optimizers.correction import MOOD_SD, half_width, learn_factor, learn_widening, mood_variance, widen_counts
from optimizers.errors import InvalidInputError


def test_without_nights_the_factor_is_its_prior():
    assert learn_factor([], []).mean == 1.0
    assert learn_factor([], [], prior_mean=1.1).mean == pytest.approx(1.1)


def test_the_prior_is_worth_a_hundred_events_of_one_quiet_night():
    """One night of 100 events, half of those expected: h = 1 / (1 + s2 100), posterior (100 + 50 h) / (100 + 100 h)."""
    weight = 1.0 / (1.0 + mood_variance([100.0], [50.0]) * 100.0)
    assert learn_factor([100.0], [50.0]).mean == pytest.approx((100 + 50 * weight) / (100 + 100 * weight))


def test_a_single_huge_night_is_worth_no_more_than_its_mood():
    """A million clicks of one night cannot move the factor further than 1 / mood variance events may."""
    assert learn_factor([1e6], [0.8e6]).mean == pytest.approx(0.9, abs=0.03)


def test_a_mood_is_found_and_its_prior_holds_without_data():
    rng = np.random.default_rng(4)
    forecast = np.full(400, 5e4)
    actual = rng.poisson(forecast * rng.gamma(1 / 0.2**2, 0.2**2, 400))
    assert np.sqrt(mood_variance(forecast, actual)) == pytest.approx(0.2, rel=0.1)
    assert mood_variance([], []) == MOOD_SD**2
    assert mood_variance([10.0], [0.0]) == MOOD_SD**2


def test_the_interval_of_the_factor_holds_the_truth_as_often_as_it_promises():
    rng = np.random.default_rng(9)
    inside = []
    for _ in range(600):
        truth = rng.gamma(100.0, 0.01)
        forecast = rng.uniform(200.0, 4000.0, 28)
        mood = rng.gamma(1 / 0.06**2, 0.06**2, 28)
        found = learn_factor(forecast, rng.poisson(truth * forecast * mood))
        inside.append(found.low <= truth <= found.high)
    assert 0.75 <= np.mean(inside) <= 0.92  # the mood's own prior is rougher than this market: a little wide


def test_intervals_that_hold_what_they_promise_are_left_alone():
    assert learn_widening([80.0] * 10, [100.0] * 10) == 1.0


def test_too_narrow_intervals_are_widened_towards_what_was_seen_and_never_beyond_twice():
    """70 % of many forecasts: at most z(0.8) / z(0.7); 5 %: the limit."""
    widening = learn_widening([70_000.0] * 10, [100_000.0] * 10)
    assert 1.2 < widening <= half_width(0.8) / half_width(0.7)
    assert learn_widening([5.0] * 10, [100.0] * 10) == 2.0


def test_what_was_widened_already_is_kept_while_it_fits_and_given_back_when_it_is_too_wide():
    assert learn_widening([80.0] * 10, [100.0] * 10, applied=1.3) == pytest.approx(1.3)
    assert learn_widening([950.0] * 10, [1000.0] * 10, applied=1.3) == 1.0


def test_a_few_nights_widen_nothing():
    assert learn_widening([10.0] * 6, [100.0] * 6) == 1.0


def test_one_night_has_no_interval_of_its_bias_and_no_forecast_no_coverage():
    assert np.isnan(bias_interval([10.0], [9.0])).all()
    assert np.isnan(coverage_interval([], [])).all()


def test_nights_that_differ_widen_the_interval_of_the_coverage():
    alike, unlike = coverage_interval([50, 50], [100, 100]), coverage_interval([0, 100], [100, 100])
    assert unlike[1] - unlike[0] > 3 * (alike[1] - alike[0])


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: learn_factor([np.nan], [1.0]), r"forecast\[0\] = nan"),
        (lambda: learn_factor([1.0], [-1.0]), r"actual\[0\] = -1"),
        (lambda: learn_factor([1.0], [1.0], prior_events=0.0), r"prior_events\[0\] = 0"),
        (lambda: learn_widening([1.0], [1.0, 2.0]), "unequal shapes"),
        (lambda: learn_widening([1.0], [2.0], level=1.0), "level"),
        (lambda: randomised_pit([1.0], [0.0], [1.0], [0.5]), r"mean\[0\] = 0"),
        (lambda: log_score([np.inf], [1.0], [1.0]), r"actual\[0\] = inf"),
    ],
)
def test_what_is_no_score_is_refused_with_its_place(call, match):
    with pytest.raises(InvalidInputError, match=match):
        call()


def test_counts_have_as_many_times_their_standard_deviation_as_was_asked():
    mean, shape, factor = np.array([0.5, 20.0, 1e4]), np.array([3.0, 1e9, 40.0]), np.array([1.2, 2.0, 1.5])
    before, after = (np.sqrt(mean + mean**2 / one) for one in (shape, widen_counts(mean, shape, factor)))
    assert after == pytest.approx(factor * before)
    assert widen_counts(mean, shape, 1.0) == pytest.approx(shape)


def test_an_interval_is_never_narrowed():
    with pytest.raises(InvalidInputError, match=r"only ever widened"):
        widen_counts([1.0], [1.0], [0.9])
