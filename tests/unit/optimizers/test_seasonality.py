"""Weekday and promotion factors: what they refuse, what they shrink to, and what they are not fooled by."""

from __future__ import annotations

import numpy as np
import pytest

from optimizers.errors import InvalidInputError
from optimizers.seasonality import DAY_SD, DayEffects, fit_day_effects

NO_PHASES = (np.zeros(0), np.zeros(0))
WEEK = np.array([0.9, 0.95, 1.0, 1.0, 1.0, 1.05, 1.1])


def learn(clicks: np.ndarray, phase: np.ndarray | None = None, prior: tuple[object, object] = NO_PHASES) -> DayEffects:
    days = np.arange(len(clicks))
    return fit_day_effects(
        clicks, np.ones(len(clicks)), 0 * days, days, 0 * days - 1 if phase is None else phase, prior
    )


def week_of(n_days: int, level: float = 1000.0) -> np.ndarray:
    return level * WEEK[np.arange(n_days) % 7]


def test_a_plain_week_is_found_up_to_its_shrinkage():
    found = learn(week_of(84, level=20_000.0))
    wanted = np.log(WEEK) - np.log(WEEK).mean()
    np.testing.assert_allclose(found.weekday, wanted, atol=0.01)
    assert found.weekday.sum() == pytest.approx(0.0, abs=1e-9)


def test_slow_drift_is_no_weekday_effect():
    drift = np.exp(0.15 * np.sin(2 * np.pi * np.arange(60) / 140))
    found = learn(20_000.0 * drift)
    assert np.abs(found.weekday).max() < 0.01


def test_two_weeks_of_few_clicks_tell_next_to_nothing():
    young = learn(np.random.default_rng(3).poisson(5.0 * WEEK[np.arange(14) % 7]).astype(float))
    assert np.abs(young.weekday).max() < 0.03
    assert (young.weekday_sd > 0.02).all()


def test_a_phase_without_a_day_of_its_own_keeps_its_prior():
    found = learn(week_of(56), prior=(np.log([1.4]), [0.25]))
    assert np.exp(found.phase[0]) == pytest.approx(1.4)
    assert found.phase_sd[0] == pytest.approx(0.25)


def test_a_phase_that_differs_from_the_calendar_is_moved_to_what_happened():
    phase = np.where((np.arange(56) >= 30) & (np.arange(56) < 40), 0, -1)
    clicks = 20_000.0 * np.where(phase == 0, 1.8, 1.0)
    found = learn(clicks, phase, (np.log([1.2]), [0.25]))
    assert 1.6 < np.exp(found.phase[0]) < 1.85
    assert found.phase_sd[0] < 0.15


def test_a_history_that_is_all_phase_tells_nothing_of_it():
    found = learn(np.full(28, 1800.0), np.zeros(28, dtype=np.int64), (np.log([1.2]), [0.25]))
    assert np.exp(found.phase[0]) == pytest.approx(1.2, rel=0.05)


def test_accounts_of_different_size_share_their_week():
    days = np.tile(np.arange(56), 2)
    clicks = np.r_[week_of(56, 20_000.0), week_of(56, 500.0)]
    found = fit_day_effects(clicks, np.ones(112), np.repeat([0, 1], 56), days, np.full(112, -1), NO_PHASES)
    np.testing.assert_allclose(found.weekday, np.log(WEEK) - np.log(WEEK).mean(), atol=0.01)


def test_an_account_without_an_event_says_nothing():
    days = np.tile(np.arange(28), 2)
    both = fit_day_effects(
        np.r_[week_of(28), np.zeros(28)], np.ones(56), np.repeat([0, 1], 28), days, np.full(56, -1), NO_PHASES
    )
    np.testing.assert_allclose(both.weekday, learn(week_of(28)).weekday)


def test_luck_that_a_day_shares_is_told_as_such():
    rng = np.random.default_rng(5)
    luck = np.exp(rng.normal(0.0, 0.1, 120))
    assert learn(rng.poisson(5000.0 * luck).astype(float)).day_log_sd == pytest.approx(0.1, abs=0.02)
    # a prior of 0.08 that counts as two days leaves 0.08 * sqrt(2 / 122) where there is none
    assert learn(rng.poisson(np.full(120, 5000.0)).astype(float)).day_log_sd < 0.0105


def test_where_chance_hides_the_shock_a_usual_one_is_expected():
    """Thirty days of four clicks tell nothing of a shock of a few per cent."""
    few = learn(np.random.default_rng(6).poisson(4.0, 30).astype(float))
    assert few.day_log_sd == pytest.approx(DAY_SD, rel=0.1)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"events": [-1.0, 2.0]}, "cannot learn day factors: .*events"),
        ({"exposure": [0.0, 1.0]}, "exposure"),
        ({"phase": np.array([0, 3])}, "phase < n_phases = 1"),
        ({"phase_prior": ([0.1], [0.0])}, "widths > 0"),
    ],
)
def test_bad_days_are_refused(change, why):
    days = np.arange(2)
    good = {"events": [1.0, 2.0], "exposure": [1.0, 1.0], "series": 0 * days, "day": days, "phase": 0 * days,
            "phase_prior": ([0.1], [0.2])}  # fmt: skip
    with pytest.raises(InvalidInputError, match=why):
        fit_day_effects(**{**good, **change})
