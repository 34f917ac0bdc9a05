"""Channels on made-up shops with known effects: intervals hold what they promise, whatever form the truth has."""

from __future__ import annotations

import numpy as np
import pytest

from optimizers.adstock import carry_over
from optimizers.channel_data import ChannelData
from optimizers.channel_fit import Effort, fit_channels

N_SHOPS, N_WEEKS, N_CHANNELS, LEVEL = 8, 120, 3, 0.8
EFFORT = Effort(n_chains=32, n_warm=300, n_kept=10, thin=20)
FORMS = {
    "tanh": np.tanh,
    "michaelis-menten": lambda load: load / (1 + load),
    "exponential": lambda load: 1 - np.exp(-load),
}


def make_shop(seed: int, form: str) -> tuple[ChannelData, np.ndarray]:
    """Return a shop with flighted spend, trend, season and autocorrelated noise, and its true contributions."""
    rng = np.random.default_rng(seed)
    level = rng.uniform(500.0, 5000.0, N_CHANNELS)
    spend = level * np.exp(rng.normal(0.0, 0.5, (N_WEEKS, N_CHANNELS)))
    spend *= rng.uniform(size=spend.shape) < (0.8 if seed % 2 else 1.0)
    load = carry_over(spend, rng.beta(1.5, 3.0, N_CHANNELS), level) / level
    scale = np.exp(rng.normal(np.log(1.5), 0.6, N_CHANNELS))
    share = 10_000 * rng.uniform(0.03, 0.2, N_CHANNELS)
    effect = share * FORMS[form](load / scale) / FORMS[form](1 / scale)
    week = np.arange(N_WEEKS)
    sales = 6000 + 12.0 * week + 600 * np.sin(week * 7 / 58.0 + rng.uniform(0.0, 6.0)) + effect.sum(axis=1)
    noise = rng.normal(0.0, 400.0, N_WEEKS)
    for row in range(1, N_WEEKS):
        noise[row] += 0.3 * noise[row - 1]
    names = tuple(f"channel {i}" for i in range(N_CHANNELS))
    return ChannelData(7.0 * week, sales + noise, spend, np.zeros((N_WEEKS, 0)), names), effect.sum(axis=0)


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_intervals_hold_the_true_contributions_as_often_as_they_say(form):
    """At most 2.5 standard errors too seldom; the fit does not know the form."""
    is_held = []
    for seed in range(N_SHOPS):
        data, truth = make_shop(seed, form)
        low, _, high = fit_channels(data, effort=EFFORT).interval(LEVEL)
        is_held.extend((low <= truth) & (truth <= high))
    error = np.sqrt(LEVEL * (1 - LEVEL) / len(is_held))
    assert np.mean(is_held) >= LEVEL - 2.5 * error
