"""The benchmarks of the optimum: what is told of growth, of a peer that is missing, and that the peers are asked the same."""

import math

import numpy as np
import pytest

from benchmarks import allocation
from benchmarks.allocation_growth import SIZES, Growth, tell
from benchmarks.allocation_problems import N_PLATFORMS, budget_tree, single_budget
from optimizers.allocation import allocate


@pytest.mark.parametrize("power", [1.0, 1.5])
def test_the_exponent_is_the_power_of_the_time_and_a_doubling_that_power_of_two(power):
    growth = Growth(tuple(1e-7 * n**power for n in SIZES), peak_bytes=500.0)
    figures = {one.name: one for one in tell("single", "one budget", growth)}
    assert figures["allocation_single_growth"].value == pytest.approx(power)
    assert figures["allocation_single_growth"].holds == (power == 1.0)
    assert figures["allocation_single_doubling"].value == pytest.approx(2.0**power)
    assert figures["allocation_single_memory"].value == 500.0


def test_the_sizes_reach_from_ten_thousand_to_more_than_five_million():
    assert SIZES[0] == 10_000
    assert SIZES[-1] >= 5_000_000


def test_a_tree_has_as_many_campaigns_as_it_is_asked_for():
    assert budget_tree(1_000, 40).tree.n_nodes == 1 + N_PLATFORMS + 40


def test_a_missing_peer_is_told_as_not_measured_and_never_as_missed(monkeypatch):
    monkeypatch.setattr(allocation, "is_installed", lambda: False)
    monkeypatch.setattr(allocation, "N_MIDDLE", 50)
    gap, speed = allocation._middle()
    assert gap.holds
    assert math.isnan(speed.value)
    assert speed.holds is None
    assert speed.peer == "not measured: cvxpy is not installed"


def test_clarabel_is_given_the_same_problem():
    pytest.importorskip("cvxpy", reason="the conic peer is installed for benchmarks only")
    pytest.importorskip("clarabel")
    problem = single_budget(50, seed=4)
    assert allocation.prepare_clarabel(problem)() == pytest.approx(allocate(problem).multiplier, rel=1e-3)
    assert abs(allocation.race(problem, allocation.prepare_clarabel).lead) < 1e-7


def test_slsqp_that_gives_up_is_an_error_and_no_result(monkeypatch):
    failed = type("Found", (), {"success": False, "message": "gave up", "x": np.ones(8)})()
    monkeypatch.setattr(allocation, "prepare_slsqp", lambda problem: lambda: failed)
    with pytest.raises(RuntimeError, match="SLSQP did not finish: gave up"):
        allocation.race(single_budget(8, seed=4))
