"""Shared effects: what they find on made-up markets, how they fall back, and that an item's own data never count twice."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from optimizers.conjugate import solve_by_conjugate_gradients
from optimizers.effects import Signal, join_effects, stack_effects
from optimizers.errors import InvalidInputError
from optimizers.glm import fit_log_rates
from optimizers.shrinkage import update_rates


def one_pool(n_items):
    return np.zeros(n_items, dtype=np.int64)


def test_a_cold_item_is_judged_by_its_campaign_and_a_stranger_by_all():
    """Campaign 0 sells at 6 %, campaign 1 at 1 %; the last items are new: one in each, and one in a campaign of its own."""
    campaign = np.array([0] * 20 + [1] * 20 + [0, 1, 2])
    clicks = np.array([500.0] * 40 + [0.0] * 3)
    fit = fit_log_rates(clicks * np.array([0.06] * 20 + [0.01] * 20 + [0.0] * 3), clicks, one_pool(43),
                        stack_effects(43, [campaign]))  # fmt: skip
    good, poor, stranger = fit.prior.mean[-3:]
    assert good == pytest.approx(0.06, rel=0.15)
    assert poor == pytest.approx(0.01, rel=0.15)
    assert poor < stranger < good
    assert fit.log_variance[-1] > 5 * fit.log_variance[-3]
    assert fit.prior.shape[-1] < fit.prior.shape[-3]
    assert fit.share_known[-3:, 0] == pytest.approx([0.95, 0.95, 0.0], abs=0.05)


def test_words_carry_what_was_learned_to_another_campaign():
    """A word that sells threefold in campaign 0 lifts the new keyword that holds it in campaign 1."""
    campaign, word = np.array([0] * 40 + [1] * 22), np.array(([0] * 20 + [1] * 20) + [-1] * 20 + [0, 1])
    rate = np.where(word == 0, 0.06, 0.02)
    clicks = np.append(np.full(60, 400.0), [0.0, 0.0])
    fit = fit_log_rates(rate * clicks, clicks, one_pool(62), stack_effects(62, [campaign, word]))
    assert fit.prior.mean[-2] > 2 * fit.prior.mean[-1]


def test_an_effect_that_no_one_shares_leaves_the_item_to_the_levels_above():
    """Forty items in forty campaigns: each one's prior is the same, whatever it sold itself."""
    clicks = np.full(40, 1000.0)
    sold = np.append(np.full(39, 20.0), 400.0)
    fit = fit_log_rates(sold, clicks, one_pool(40), stack_effects(40, [np.arange(40)]))
    assert fit.prior.mean[-1] < 0.06  # its own ratio is 0.4
    assert fit.effect[-1] > 0.5


def test_the_prior_of_an_item_is_nearly_that_of_a_market_without_its_data():
    rng = np.random.default_rng(3)
    campaign, word = rng.integers(0, 12, 400), rng.integers(0, 30, 400)
    effects = stack_effects(400, [campaign, word])
    rate = 0.03 * np.exp(0.4 * rng.normal(size=12)[campaign] + 0.4 * rng.normal(size=30)[word])
    clicks = rng.integers(10, 200, 400).astype(float)
    sold = rng.poisson(rate * clicks * rng.gamma(5.0, 0.2, 400)).astype(float)
    found = fit_log_rates(sold, clicks, one_pool(400), effects).prior.mean
    errors = []
    for item in np.argsort(-sold)[:12]:  # whose own data would move their prior most
        without = clicks.copy()
        without[item] = 0.0
        apart = fit_log_rates(np.where(without > 0, sold, 0.0), without, one_pool(400), effects).prior.mean[item]
        errors.append(np.log(found[item] / apart))
    assert np.abs(errors).max() < 0.1
    assert abs(np.mean(errors)) < 0.03


def test_a_factor_that_says_nothing_is_given_no_variance():
    rng = np.random.default_rng(4)
    clicks = np.full(6000, 60.0)
    sold = rng.poisson(0.05 * clicks * rng.gamma(6.0, 1 / 6.0, 6000)).astype(float)
    noise, half = rng.integers(0, 300, 6000), rng.integers(0, 100, 6000)
    lifted = rng.poisson(sold * np.exp(0.5 * rng.normal(size=100))[half]).astype(float)
    fit = fit_log_rates(lifted, clicks, one_pool(6000), stack_effects(6000, [noise, half]))
    assert fit.variance[0] < 0.02
    assert fit.variance[1] == pytest.approx(0.25, rel=0.35)


def test_a_signal_counts_as_far_as_it_is_sure():
    """A true signal moves the prior; where it is unsure, the prior is wider."""
    rng = np.random.default_rng(5)
    own = rng.gamma(5.0, 0.2, 3000)
    clicks = np.full(3000, 100.0)
    sold = rng.poisson(0.04 * clicks * own).astype(float)
    signal = np.log(own)
    signal[-1] = 0.0
    doubt = np.append(np.full(2999, 0.0), 0.2)
    fit = fit_log_rates(sold, clicks, one_pool(3000), stack_effects(3000, [Signal(signal, doubt)]))
    assert fit.effect[0] == pytest.approx(1.0, abs=0.12)
    assert fit.log_variance[-1] > fit.log_variance[0] + 0.1
    assert fit.prior.shape[-1] < fit.prior.shape[0] / 2


def test_pools_keep_their_own_level():
    pool = np.repeat([0, 1], 30)
    clicks = np.full(60, 500.0)
    fit = fit_log_rates(clicks * np.where(pool == 0, 0.08, 0.01), clicks, pool, stack_effects(60, []))
    assert fit.prior.mean[[0, -1]] == pytest.approx([0.08, 0.01], rel=0.1)


def test_without_any_event_half_an_event_is_believed_of_all_exposure():
    fit = fit_log_rates(np.zeros(5), np.full(5, 200.0), one_pool(5), stack_effects(5, []))
    assert (fit.prior.mean > 0).all()
    assert (fit.prior.mean < 2e-3).all()


@pytest.mark.parametrize("n_items", [0, 3])
def test_without_exposure_nothing_is_known(n_items):
    effects = stack_effects(n_items, [np.zeros(n_items, dtype=np.int64)])
    fit = fit_log_rates(np.zeros(n_items), np.zeros(n_items), one_pool(n_items), effects)
    assert np.isnan(fit.prior.mean).all()
    assert fit.share_known.shape == (n_items, 1)


def test_an_absurd_outlier_breaks_nothing():
    sold, clicks = np.zeros(200), np.full(200, 10.0)
    sold[0], clicks[0] = 1e6, 1.0
    fit = fit_log_rates(sold, clicks, one_pool(200), stack_effects(200, [np.arange(200) % 7]))
    posterior = update_rates(sold, clicks, fit.prior)
    assert np.isfinite([fit.prior.mean, fit.prior.shape, posterior.mean]).all()
    assert (fit.prior.mean > 0).all()


@pytest.mark.parametrize(
    ("change", "match"),
    [
        pytest.param({"events": [-1.0, 2.0]}, "events", id="negative"),
        pytest.param({"exposure": [np.nan, 2.0]}, "exposure", id="missing"),
        pytest.param({"pool": np.array([0, -1])}, "code -1", id="negative pool"),
        pytest.param({"pool": np.array([0])}, "pool of shape", id="short pool"),
    ],
)
def test_bad_input_is_refused(change, match):
    good = {"events": [1.0, 2.0], "exposure": [10.0, 20.0], "pool": one_pool(2), "effects": stack_effects(2, [])}
    with pytest.raises(InvalidInputError, match=match):
        fit_log_rates(**{**good, **change})


@pytest.mark.parametrize(
    ("factor", "match"),
    [
        pytest.param(np.zeros(3, dtype=np.int64), "3 rows", id="codes too long"),
        pytest.param(Signal(np.zeros(3), np.zeros(3)), "3 rows", id="signal too long"),
        pytest.param(Signal(np.zeros(2), np.array([0.0, -1.0])), "log_variance", id="negative variance"),
        pytest.param(Signal(np.array([np.inf, 0.0]), np.zeros(2)), "value", id="infinite signal"),
        pytest.param(csr_array(np.array([[np.nan], [1.0]])), "not finite", id="matrix with a gap"),
    ],
)
def test_a_bad_factor_is_refused(factor, match):
    with pytest.raises(InvalidInputError, match=match):
        stack_effects(2, [factor])


def test_effects_stand_side_by_side_in_order():
    words = csr_array(np.array([[1.0, 1.0], [0.0, 1.0]]))
    both = stack_effects(2, [np.array([1, 0]), words])
    joined = join_effects(both, stack_effects(2, [Signal(np.array([0.5, 0.0]), np.array([0.1, 0.0]))]))
    assert joined.matrix.toarray().tolist() == [[0.0, 1.0, 1.0, 1.0, 0.5], [1.0, 0.0, 0.0, 1.0, 0.0]]
    assert joined.doubt.toarray()[:, -1].tolist() == [0.1, 0.0]
    assert joined.factor.tolist() == [0, 0, 1, 1, 2]
    assert joined.n_factors == 3


def test_conjugate_gradients_solve_what_a_factorisation_solves():
    rng = np.random.default_rng(6)
    root = rng.normal(size=(40, 25))
    matrix, target = root.T @ root + np.eye(25), rng.normal(size=25)
    found = solve_by_conjugate_gradients(lambda v: matrix @ v, target, np.diag(matrix), tolerance=1e-10)
    assert found == pytest.approx(np.linalg.solve(matrix, target), rel=1e-6, abs=1e-9)
    assert solve_by_conjugate_gradients(lambda v: v, np.zeros(3), np.ones(3)).tolist() == [0.0, 0.0, 0.0]
