"""The reporting curve: looked up, learned from a triangle, and its fall-backs."""

from __future__ import annotations

import numpy as np
import pytest

from optimizers.errors import InvalidInputError
from optimizers.maturity import MIN_SHARE, chain_ladder, share_reported

NAN = np.nan
CONFIGURED = [0.4, 0.9, 1.0]


def triangle(totals, curve):
    """Return what a nightly snapshot saw: day i was seen up to age i only, newest days last."""
    counts = np.outer(totals, curve)
    n_ages = len(curve)
    for back in range(min(n_ages - 1, len(totals))):
        counts[len(totals) - 1 - back, back + 1 :] = NAN
    return counts


def test_a_share_is_looked_up_by_age_and_kept_beyond_the_curve():
    assert share_reported([0, 2, 1, 99], [0.5, 0.75, 0.9]) == pytest.approx([0.5, 0.9, 0.75, 0.9])


@pytest.mark.parametrize(
    ("curve", "message"),
    [
        pytest.param([0.8, 0.5, 1.0], "age 1: 0.5 after 0.8", id="falls"),
        pytest.param([0.0, 1.0], r"curve\[0\] = 0", id="starts at zero"),
        pytest.param([0.5, 1.2], r"curve\[1\] = 1.2", id="above one"),
        pytest.param([], "empty curve", id="empty"),
    ],
)
def test_a_bad_curve_is_refused(curve, message):
    with pytest.raises(InvalidInputError, match=message):
        share_reported([0], curve)


def test_a_negative_age_is_refused():
    with pytest.raises(InvalidInputError, match=r"age_days\[0\] = -1"):
        share_reported([-1], CONFIGURED)


def test_the_chain_ladder_finds_the_curve_behind_a_triangle_exactly():
    found = chain_ladder(triangle(np.arange(10.0, 22.0), [0.5, 0.8, 0.95, 1.0]), CONFIGURED)
    assert found.share == pytest.approx([0.5, 0.8, 0.95, 1.0])
    assert (found.n_origins, found.is_learned) == (9, True)


def test_a_hand_computed_triangle_gives_the_hand_computed_shares():
    # steps: (8+4)/(6+4) -> 10/12; (9)/(8) -> 8/9; share at age 0 = 10/12 * 8/9
    found = chain_ladder([[6.0, 8.0, 9.0], [4.0, 4.0, NAN], [5.0, NAN, NAN]], CONFIGURED, min_origins=1)
    assert found.share == pytest.approx([10 / 12 * 8 / 9, 8 / 9, 1.0])


def test_too_few_snapshots_give_the_configured_curve():
    found = chain_ladder(triangle(np.full(4, 10.0), [0.5, 0.8, 1.0]), CONFIGURED)
    assert found.share == pytest.approx(CONFIGURED)
    assert not found.is_learned


def test_a_step_that_is_seen_often_enough_is_learned_before_the_others():
    found = chain_ladder(triangle(np.full(8, 10.0), [0.5, 0.8, 1.0]), CONFIGURED)
    assert found.share == pytest.approx([0.9 * 0.5 / 0.8, 0.9, 1.0])
    assert (found.n_origins, found.is_learned) == (6, True)  # the assumed step stands for a tenth of the orders only


def test_a_curve_whose_larger_part_is_assumed_is_not_learned():
    found = chain_ladder(triangle(np.full(7, 10.0), [0.5, 0.8, 1.0]), CONFIGURED)
    assert found.share == pytest.approx(CONFIGURED)
    assert not found.is_learned


@pytest.mark.parametrize(
    "counts",
    [pytest.param(np.zeros((9, 3)), id="no conversion at all"), pytest.param(np.full((9, 3), NAN), id="no snapshot"),
     pytest.param(np.zeros((0, 3)), id="no day")],
)  # fmt: skip
def test_a_triangle_without_conversions_gives_the_configured_curve(counts):
    found = chain_ladder(counts, CONFIGURED)
    assert found.share == pytest.approx(CONFIGURED)
    assert not found.is_learned


def test_refunds_do_not_push_a_share_above_the_last_one():
    found = chain_ladder(np.tile([9.0, 10.0, 9.5], (8, 1)), CONFIGURED)
    assert (np.diff(found.share) >= 0).all()
    assert found.share[-1] == pytest.approx(1.0)


def test_a_first_look_that_shows_almost_nothing_keeps_a_positive_share():
    found = chain_ladder(np.tile([1e-9, 10.0], (8, 1)), [0.5, 1.0])
    assert found.share[0] == pytest.approx(MIN_SHARE)


def test_a_window_of_one_age_has_nothing_to_learn():
    found = chain_ladder(np.ones((9, 1)), [1.0])
    assert found.share == pytest.approx([1.0])
    assert not found.is_learned


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        pytest.param([1.0, 2.0], "shape", id="one-dimensional"),
        pytest.param([[1.0, -2.0]], r"\[0, 1\] = -2", id="negative"),
        pytest.param([[np.inf, 2.0]], r"\[0, 0\] = inf", id="infinite"),
    ],
)
def test_a_bad_triangle_is_refused(counts, message):
    with pytest.raises(InvalidInputError, match=message):
        chain_ladder(counts, CONFIGURED)


def test_counts_corrected_by_a_learned_curve_are_unbiased():
    """Poisson conversions with a geometric delay: exposure x share brings the young days' rate back within 2 %."""
    rng = np.random.default_rng(5)
    curve = 1.0 - 0.6 ** np.arange(1, 12)
    curve[-1] = 1.0
    daily = rng.poisson(400.0, 60)
    parts = np.array([rng.multinomial(total, np.diff(curve, prepend=0.0)) for total in daily])
    seen = triangle(np.ones(60), np.ones(11)) * np.cumsum(parts, axis=1)
    learned = chain_ladder(seen, [1.0])
    last_week = [seen[59 - age, age] for age in range(7)]
    corrected = np.sum(last_week) / np.sum(400.0 * learned.share[:7])
    assert corrected == pytest.approx(1.0, abs=0.05)
    assert learned.share == pytest.approx(curve, abs=0.01)
