"""The general solver that other budget optimisers use, on our problem: scipy's SLSQP with exact Jacobians.

Same multipliers, same bounds, same budget, constants prepared before the clock starts. Only a benchmark's peer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import minimize

from optimizers.allocation import AllocationProblem
from optimizers.types import FloatArray


def prepare_slsqp(problem: AllocationProblem) -> Callable[[], Any]:
    """Return a call that solves a flexible single-budget problem from today's bids (multiplier 1).

    Money is in its own unit and the tolerance scipy's default: dividing by the budget is a little faster, but stops
    five digits short of the optimum.
    """
    items, budget = problem.keywords, float(problem.tree.max_cost[0])
    power = items.eta + items.kappa
    scale = items.clicks0 * items.rho * items.bid0 * items.eta / power
    fixed = float((items.clicks0 * items.cpc0 - scale).sum())
    worth, gain = items.clicks0 * items.value_per_click, items.eta
    cost_slope, value_slope = scale * power, worth * gain

    def loss(m: FloatArray) -> float:
        return float(fixed + (scale * m**power).sum() - (worth * m**gain).sum())

    def loss_slope(m: FloatArray) -> FloatArray:
        return np.asarray(cost_slope * m ** (power - 1.0) - value_slope * m ** (gain - 1.0))

    limit = {
        "type": "ineq",
        "fun": lambda m: budget - fixed - (scale * m**power).sum(),
        "jac": lambda m: -cost_slope * m ** (power - 1.0),
    }
    bounds = np.column_stack([items.min_multiplier, items.max_multiplier])
    today, options = np.ones(len(worth)), {"maxiter": 1000}
    return lambda: minimize(
        loss, today, jac=loss_slope, bounds=bounds, constraints=limit, method="SLSQP", options=options
    )
