"""What kin share: free of units and of the order of rows, nothing where kin are unlike, everything where they are one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizers.effects import stack_effects
from optimizers.errors import InvalidInputError
from optimizers.kinship import shared_part

SEEDS = st.integers(0, 10_000)


def families(seed: int, between: float, within: float, n_families: int = 20, size: int = 30):
    """Return values, their families as effects, and the families' own levels, one a value."""
    rng = np.random.default_rng(seed)
    family = np.repeat(np.arange(n_families), size)
    level = rng.normal(0.0, between, n_families)[family]
    return level + rng.normal(0.0, within, family.size), family, level


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, factor=st.floats(1e-6, 1e6))
def test_units_do_not_matter(seed, factor):
    values, family, _ = families(seed, 1.0, 1.0)
    kin = stack_effects(family.size, [family])
    assert shared_part(values * factor, kin) == pytest.approx(
        factor * shared_part(values, kin), rel=1e-6, abs=1e-9 * factor
    )


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS)
def test_the_order_of_rows_does_not_matter(seed):
    values, family, _ = families(seed, 0.5, 1.0)
    order = np.random.default_rng(seed + 1).permutation(family.size)
    plain = shared_part(values, stack_effects(family.size, [family]))
    mixed = shared_part(values[order], stack_effects(family.size, [family[order]]))
    assert mixed == pytest.approx(plain[order], rel=1e-6, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS)
def test_where_kin_are_one_everything_is_shared(seed):
    values, family, level = families(seed, 1.0, 1e-4)
    assert shared_part(values, stack_effects(family.size, [family])) == pytest.approx(level, abs=0.01)


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS)
def test_where_kin_are_unlike_next_to_nothing_is_shared(seed):
    values, family, _ = families(seed, 0.0, 1.0, size=60)
    assert np.square(shared_part(values, stack_effects(family.size, [family]))).mean() < 0.03


def test_it_is_nearer_to_the_families_levels_than_their_means_and_than_nothing():
    errors = np.zeros(3)
    for seed in range(20):
        values, family, level = families(seed, 0.4, 1.0, size=5)
        means = (np.bincount(family, values) / 5.0)[family]
        shared = shared_part(values, stack_effects(family.size, [family]))
        errors += [np.square(one - level).sum() for one in (shared, means, np.zeros(family.size))]
    assert errors[0] < 0.9 * min(errors[1], errors[2])


def test_nothing_told_is_nothing_shared():
    assert shared_part(np.zeros(3), stack_effects(3, [np.zeros(3, dtype=int)])).tolist() == [0.0, 0.0, 0.0]
    assert shared_part([], stack_effects(0, [np.zeros(0, dtype=int)])).size == 0


def test_a_value_that_is_not_finite_or_a_missing_row_is_refused():
    kin = stack_effects(2, [np.zeros(2, dtype=int)])
    with pytest.raises(InvalidInputError, match="cannot find what kin share"):
        shared_part([1.0, np.nan], kin)
    with pytest.raises(InvalidInputError, match="3 rows"):
        shared_part([1.0, 2.0], stack_effects(3, [np.zeros(3, dtype=int)]))
