"""Average-ROAS floors on another basis than the objective, e.g. a revenue ROAS under a profit objective.

Here belongs the search for each floor's weight gamma. What a weight does to the curves is in ``optimizers.solution``.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from optimizers.allocation_problem import AllocationProblem
from optimizers.solution import Relaxed, Solution, solve
from optimizers.types import FloatArray

KEPT = 1e-10  # relative, of floor x cost: closer than this a floor is met
MOST_GAMMA = 1e9  # a floor that this weight does not buy cannot be bought
MAX_SWEEPS = 100
STEP = 1e-12  # relative: how far a root's last digits are moved to the side on which the floor is kept


def solve_with_floors(problem: AllocationProblem, start: Relaxed | None = None) -> Solution:
    """Return the best plan that keeps every average floor, as far as any plan can.

    Parameters
    ----------
    problem : AllocationProblem
        Its ``basis`` says what floors count; without one the prices already keep them.
    start : Relaxed, optional
        An earlier solution on the same items, to save work where no floor is on another basis.

    Notes
    -----
    The floor T on worth w adds gamma (w - T cost) to what items earn, so that an item's best multiplier is
    [(v + gamma w) / ((price + gamma T) rho bid0)]^(1 / kappa) (DESIGN section 8). What a floor lacks falls in its own
    gamma, for it is the slope of the convex dual: one bracketed root a floor, the floors in turn until all hold (dual
    coordinate descent; Tseng 2001 shows that it ends). Known drawback: every try is a solve of its own.
    """
    gamma, solution = np.zeros(problem.tree.n_nodes), solve(problem, start=start)
    floored = np.flatnonzero(~np.isnan(problem.tree.min_roas))
    if problem.basis is None or not floored.size:
        return solution
    for _ in range(MAX_SWEEPS):
        lack = _lack(problem, solution)
        if not ((lack > KEPT) | ((lack < -KEPT) & (gamma > 0))).any():
            break
        for node in floored[::-1]:
            gamma[node] = _find_gamma(problem, gamma, int(node))
            if gamma[node] >= MOST_GAMMA:
                return solve(problem, gamma)
        solution = solve(problem, gamma)
    return solution


def _lack(problem: AllocationProblem, solution: Solution) -> FloatArray:
    """Return which share of its floor each node lacks, shape (n_nodes,); negative where it has more, 0 without one."""
    needed = problem.tree.min_roas * solution.node_cost
    with np.errstate(divide="ignore", invalid="ignore"):
        lack = (needed - solution.node_worth) / needed
    return np.nan_to_num(lack, nan=0.0, posinf=0.0, neginf=0.0)


def _find_gamma(problem: AllocationProblem, gamma: FloatArray, node: int) -> float:
    """Return the least weight of one floor that keeps it, the others' weights given."""
    trial = gamma.copy()

    def lack(weight: float) -> float:
        trial[node] = weight
        return float(_lack(problem, solve(problem, trial))[node])

    if lack(0.0) <= 0:
        return 0.0
    low, high = 0.0, max(float(gamma[node]), 0.25)
    while lack(high) > 0:
        low, high = high, 4.0 * high
        if high > MOST_GAMMA:
            return MOST_GAMMA
    root = float(brentq(lack, low, high, xtol=STEP * high, rtol=4 * np.finfo(np.float64).eps))
    step = STEP
    while lack(root) > KEPT and root < high:  # the other side of a jump, or of the last digit
        root, step = min(root + step * high, high), 2 * step
    return root
