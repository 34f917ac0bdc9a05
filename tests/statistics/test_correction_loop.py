"""Night after night: what is learned is applied to the next forecasts, whose scores are learned from again. It has to settle."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import nbinom

from optimizers.calibration import randomised_pit
from optimizers.correction import learn_factor, learn_widening

WINDOW, NIGHTS, ITEMS = 28, 120, 400
TRUE_SHAPE, BELIEVED_SHAPE = 3.0, 12.0
TRUTH = 0.85  # forecasts are 18 % too high before they are corrected


@pytest.fixture(scope="module", params=[1, 2, 3], ids=["seed 1", "seed 2", "seed 3"])
def lived(request):
    """One row per night: factor and widening in use, expected, came, inside; items share a mood of 6 % a night."""
    rng = np.random.default_rng(request.param)
    means = rng.gamma(2.0, 4.0, ITEMS)
    factor, widening = 1.0, 1.0
    rows: list[tuple[float, float, float, float, float]] = []
    for _ in range(NIGHTS):
        mood = rng.gamma(1 / 0.06**2, 0.06**2)
        came = nbinom.rvs(TRUE_SHAPE, TRUE_SHAPE / (TRUE_SHAPE + means * TRUTH * mood), random_state=rng).astype(float)
        expected = factor * means
        shape = 1.0 / (widening**2 / BELIEVED_SHAPE + (widening**2 - 1.0) / expected)
        place = randomised_pit(came, expected, shape, rng.random(ITEMS))
        rows.append((factor, widening, expected.sum(), came.sum(), ((place >= 0.1) & (place <= 0.9)).sum()))
        used, wide, promised, seen, inside = np.array(rows[-WINDOW:]).T
        factor = learn_factor(promised / used, seen).mean
        widening = learn_widening(inside, np.full(len(inside), ITEMS), wide.mean())
    return np.array(rows)


def test_the_factor_finds_the_truth_and_stays_there(lived):
    settled = lived[WINDOW:, 0]
    # 28 nights of a 6 % mood leave 1.1 %; four of that
    assert np.abs(settled / TRUTH - 1.0).max() < 0.05


def test_corrected_forecasts_are_right_on_average(lived):
    assert lived[:7, 2].sum() / lived[:7, 3].sum() > 1.03
    rest = lived[WINDOW:]
    # 92 nights of a 6 % mood leave 0.6 % on the mean, and the factor's own error as much again
    assert rest[:, 2].sum() / rest[:, 3].sum() == pytest.approx(1.0, abs=0.025)


def test_intervals_are_widened_until_they_hold_what_they_promise_without_swinging(lived):
    before, after = lived[:5, 4].mean() / ITEMS, lived[2 * WINDOW :, 4].mean() / ITEMS
    assert before < 0.72
    assert 0.77 < after < 0.83
    widening = lived[2 * WINDOW :, 1]
    assert widening.max() - widening.min() < 0.2
