"""The conic solver that a convex modelling language would call on our problem: cvxpy with Clarabel.

Only a benchmark's peer, and no library of the product: where it is not installed nothing is measured. An item's
value is worth x (cost / scale)^a with a < 1: one power cone an item.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

from optimizers.allocation import AllocationProblem
from optimizers.types import FloatArray


def is_installed() -> bool:
    """Return whether both the modelling language and the solver are there."""
    return all(find_spec(name) is not None for name in ("cvxpy", "clarabel"))


def prepare_clarabel(problem: AllocationProblem) -> Callable[[], FloatArray]:
    """Return a call that solves a flexible single-budget problem and gives its multipliers.

    The second call finds the problem compiled, so that a warm one times little but the solver, at its own tolerances of
    eight digits. Of six ways to scale the variables this one, cost and value both in money, is the one with which Clarabel
    never gave up; others were up to a seventh faster where they came to an end.
    """
    cp: Any = importlib.import_module("cvxpy")
    items, budget = problem.keywords, float(problem.tree.max_cost[0])
    power = items.eta + items.kappa
    scale = items.clicks0 * items.rho * items.bid0 * items.eta / power
    worth = items.clicks0 * items.value_per_click
    fixed = float((items.clicks0 * items.cpc0 - scale).sum())
    low, high = items.min_multiplier**power, items.max_multiplier**power
    cost, value = cp.Variable(len(power)), cp.Variable(len(power))
    limits = [
        cp.PowCone3D(
            cp.multiply(1 / scale, cost), np.ones(len(power)), cp.multiply(1 / worth, value), items.eta / power
        ),
        cp.sum(cost) <= budget - fixed,
        cost >= low * scale,
        cost <= high * scale,
    ]
    asked = cp.Problem(cp.Maximize(cp.sum(value) - cp.sum(cost)), limits)

    def solve() -> FloatArray:
        asked.solve(solver=cp.CLARABEL)
        if asked.status != cp.OPTIMAL:
            raise RuntimeError(f"Clarabel did not finish: {asked.status}. Draw another problem: SEEDS in benchmarks.")
        return np.asarray(np.clip(cost.value / scale, low, high) ** (1.0 / power))

    return solve
