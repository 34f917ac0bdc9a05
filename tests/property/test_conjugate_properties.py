"""Conjugate gradients: the residual is as small as asked, and neither units nor order change the solution."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizers.conjugate import solve_by_conjugate_gradients

CHECKS = settings(max_examples=40, deadline=None)


@st.composite
def systems(draw):
    """Return a symmetric positive definite matrix and a right side."""
    rng, n = np.random.default_rng(draw(st.integers(0, 2**32 - 1))), draw(st.integers(1, 12))
    root = rng.normal(size=(n, n))
    return root @ root.T + 0.5 * np.eye(n), rng.normal(size=n)


def solve(matrix, target, tolerance=1e-9):
    return solve_by_conjugate_gradients(lambda x: matrix @ x, target, np.diag(matrix).copy(), tolerance)


@CHECKS
@given(systems(), st.sampled_from([1e-2, 1e-6]))
def test_what_is_left_is_as_small_as_asked(system, tolerance):
    matrix, target = system
    left = target - matrix @ solve(matrix, target, tolerance)
    size = target @ (target / np.diag(matrix))
    assert left @ (left / np.diag(matrix)) <= (1.01 * tolerance) ** 2 * size


@CHECKS
@given(systems(), st.floats(0.01, 100.0), st.floats(0.01, 100.0))
def test_the_solution_scales_with_the_right_side_and_against_the_matrix(system, left, right):
    matrix, target = system
    np.testing.assert_allclose(solve(left * matrix, right * target), right / left * solve(matrix, target), rtol=1e-6)


@CHECKS
@given(systems(), st.integers(0, 2**32 - 1))
def test_units_of_the_unknowns_change_nothing_for_the_diagonal_takes_them_out(system, seed):
    matrix, target = system
    unit = np.exp(np.random.default_rng(seed).normal(0.0, 3.0, target.size))
    scaled = solve(unit[:, None] * matrix * unit, unit * target, 1e-3)
    np.testing.assert_allclose(unit * scaled, solve(matrix, target, 1e-3), rtol=1e-5, atol=1e-8)


@CHECKS
@given(systems(), st.integers(0, 2**32 - 1))
def test_the_order_of_unknowns_changes_nothing(system, seed):
    matrix, target = system
    order = np.random.default_rng(seed).permutation(target.size)
    shuffled = solve(matrix[np.ix_(order, order)], target[order])
    np.testing.assert_allclose(shuffled, solve(matrix, target)[order], rtol=1e-6, atol=1e-9)


@CHECKS
@given(systems())
def test_nothing_asked_is_nothing_found(system):
    matrix, target = system
    assert (solve(matrix, 0.0 * target) == 0.0).all()
