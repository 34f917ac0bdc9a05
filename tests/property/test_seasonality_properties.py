"""Day factors: units, order, names and whole weeks change nothing, weekdays turn with the days, and the limits are right."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizers.seasonality import WEEKDAY_SD, fit_day_effects

CHECKS = settings(max_examples=8, deadline=None)
PRIOR = (np.log([1.5]), np.array([0.25]))


@st.composite
def histories(draw):
    """Return (events, exposure, series, day, phase) of two accounts and six weeks with a promotion of five days."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    day = np.tile(np.arange(42), 2)
    phase = np.where((day >= 20) & (day < 25), 0, -1)
    exposure = rng.uniform(500.0, 900.0, 84)
    week = np.exp(rng.normal(0.0, 0.1, 7))[day % 7]
    return rng.poisson(0.03 * exposure * week).astype(float), exposure, np.repeat([0, 1], 42), day, phase


def same(one, other, tolerance=1e-5):
    for name in ("weekday", "weekday_sd", "phase", "phase_sd", "dispersion", "day_log_sd"):
        np.testing.assert_allclose(getattr(other, name), getattr(one, name), atol=tolerance)


@CHECKS
@given(histories(), st.sampled_from([0.01, 1000.0]), st.integers(0, 2**32 - 1))
def test_neither_the_unit_of_exposure_nor_the_order_of_days_matters(rows, unit, seed):
    order = np.random.default_rng(seed).permutation(84)
    events, exposure, *rest = (column[order] for column in rows)
    same(fit_day_effects(*rows, PRIOR), fit_day_effects(events, exposure * unit, *rest, PRIOR))


@CHECKS
@given(histories(), st.integers(-100, 100))
def test_neither_the_names_of_accounts_nor_whole_weeks_matter(rows, weeks):
    events, exposure, series, day, phase = rows
    same(fit_day_effects(*rows, PRIOR), fit_day_effects(events, exposure, 7 - series, day + 7 * weeks, phase, PRIOR))


@CHECKS
@given(histories(), st.integers(1, 6))
def test_a_calendar_that_starts_on_another_weekday_turns_the_weekdays(rows, shift):
    events, exposure, series, day, phase = rows
    one, other = (fit_day_effects(events, exposure, series, day + by, phase, PRIOR) for by in (0, shift))
    np.testing.assert_allclose(np.roll(one.weekday, shift), other.weekday, atol=1e-5)


@CHECKS
@given(st.floats(-0.5, 1.0), st.floats(0.05, 1.0), st.integers(0, 30))
def test_without_an_event_the_priors_are_the_answer(centre, width, n_days):
    day = np.arange(n_days)
    found = fit_day_effects(0.0 * day, np.ones(n_days), 0 * day, day, 0 * day, ([centre], [width]))
    np.testing.assert_allclose([found.phase[0], found.phase_sd[0]], [centre, width])
    assert (found.weekday == 0.0).all()
    assert (found.weekday_sd <= WEEKDAY_SD).all()


@CHECKS
@given(st.lists(st.floats(0.7, 1.4), min_size=7, max_size=7), st.floats(0.5, 3.0))
def test_with_endless_days_and_clicks_the_factors_are_those_that_were(week, promotion):
    day = np.arange(280)
    phase = np.where(day % 40 < 6, 0, -1)
    clicks = 1e6 * np.array(week)[day % 7] * np.where(phase == 0, promotion, 1.0)
    found = fit_day_effects(clicks, np.ones(280), 0 * day, day, phase, PRIOR)
    logs = np.log(week)
    np.testing.assert_allclose(found.weekday, logs - logs.mean(), atol=0.01)
    np.testing.assert_allclose(found.phase, [np.log(promotion)], atol=0.02)
