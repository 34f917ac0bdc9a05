"""Bid landscapes: exact curves are found, and points that make no curve are left alone."""

from __future__ import annotations

import numpy as np
import pytest

from optimizers.errors import InvalidInputError
from optimizers.landscape import Landscape, fit_landscape


def told(eta: float, kappa: float, bids: np.ndarray, bid0: float = 2.0) -> Landscape:
    """Return the fit of a curve with 100 clicks at today's bid, whose marginal cost there is 1.2 times the bid."""
    m = bids / bid0
    cost = 100.0 * 1.2 * bid0 * eta / (eta + kappa) * m ** (eta + kappa)
    return fit_landscape(np.zeros(len(bids), dtype=int), bids, 100.0 * m**eta, cost, [bid0])


@pytest.mark.parametrize(("eta", "kappa"), [(0.4, 1.0), (0.8, 0.7), (1.2, 1.8)])
def test_an_exact_curve_is_found(eta, kappa):
    """Ten bids around today's."""
    found = told(eta, kappa, np.geomspace(1.0, 4.0, 10))
    assert found.is_known.tolist() == [True]
    assert found.eta[0] == pytest.approx(eta, rel=1e-6)
    assert found.kappa[0] == pytest.approx(kappa, rel=0.01)
    assert found.rho[0] == pytest.approx(1.2, rel=0.01)


def test_two_points_tell_the_slope_and_the_level_but_not_the_bend():
    """One step from the first to the second: kappa stays 1."""
    found = told(0.5, 1.0, np.array([1.8, 2.2]))
    assert (found.eta[0], found.kappa[0]) == (pytest.approx(0.5), 1.0)
    assert found.rho[0] == pytest.approx(1.2, rel=0.01)


@pytest.mark.parametrize(
    ("bids", "clicks", "cost"),
    [
        ([1.0, 2.0, 3.0], [10.0, 9.0, 12.0], [5.0, 9.0, 20.0]),
        ([1.0, 2.0, 3.0], [10.0, 12.0, 14.0], [5.0, 4.0, 20.0]),
        ([1.0, 1.0], [10.0, 12.0], [5.0, 6.0]),
        ([1.0], [10.0], [5.0]),
        ([1.0, 2.0], [0.0, 0.0], [0.0, 0.0]),
        ([1.0, 2.0], [10.0, 10.0], [5.0, 5.0]),
    ],
    ids=["clicks fall", "cost falls", "one bid", "one point", "no clicks", "nothing rises"],
)
def test_points_that_make_no_curve_are_left_alone(bids, clicks, cost):
    """The keyword keeps its prior, or what trials taught."""
    found = fit_landscape(np.zeros(len(bids), dtype=int), bids, clicks, cost, [2.0])
    assert found.is_known.tolist() == [False]


def test_a_negative_cost_is_refused():
    """Fail closed."""
    with pytest.raises(InvalidInputError, match=r"cannot read a landscape.*cost"):
        fit_landscape([0, 0], [1.0, 2.0], [1.0, 2.0], [1.0, -2.0], [1.0])
