"""The choice of offers as a mixed-integer programme, with the ads' value of money under tangents.

Here belong its rows and the call of the solver. Which tangents to add is decided in ``optimizers.kol``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, hstack

from optimizers.errors import OptimizerError
from optimizers.kol_ads import AdsPoint
from optimizers.kol_cases import TAIL
from optimizers.kol_problem import KolProblem
from optimizers.kol_rules import Rules, tail_limit
from optimizers.types import BoolArray, FloatArray

SOLVER_UNITS = 1e3  # the money in solver units, so that its absolute tolerance of 1e-6 is 1e-9 of it
MAX_NODES = 200_000  # counts, not a clock: the same offers always give the same choice
ENOUGH_GAP = 1e-6  # relative; a smaller one is not worth another solve of all ads


def solve_master(problem: KolProblem, rules: Rules, cuts: Sequence[AdsPoint]) -> tuple[BoolArray, BoolArray, float]:
    """Return the best choice under the tangents, its test slots, and the bound that it proves.

    Parameters
    ----------
    problem : KolProblem of n_offers
    rules : Rules
    cuts : sequence of AdsPoint
        At least one.

    Returns
    -------
    chosen, is_test : bool array of shape (n_offers,)
    bound : float
        Money that no choice exceeds while the tangents are above the ads' value.

    Raises
    ------
    OptimizerError
        If the solver finds no choice within its limit of nodes.

    Notes
    -----
    Variables are an offer's yes/no, then its test slot's, then what ads earn; with a limit on the tail of losses also
    the loss at which the tail begins and what each case loses beyond it (Rockafellar and Uryasev 2000). All money is
    in solver units. Known drawback: every case is one more row as long as the offers.
    """
    n, n_cases = len(problem.fee), 0 if problem.cases is None else len(problem.cases)
    sizes = [problem.budget, *problem.fee, *np.abs(problem.net_value), *(abs(cut.bound) for cut in cuts)]
    unit, n_tail = SOLVER_UNITS / (max(sizes) or 1.0), n_cases + 1 if n_cases else 0
    offers, lessons = (problem.net_value - problem.kept * problem.fee) * unit, problem.lessons * unit
    slots = np.minimum(problem.lessons > 0, np.inf if problem.max_tests > 0 else 0.0)
    low = np.concatenate([problem.is_signed.astype(np.float64), np.zeros(n), [-np.inf] * min(1 + n_tail, 2)])
    answer = milp(
        -np.concatenate([offers, lessons, [1.0], np.zeros(n_tail)]),
        integrality=np.concatenate([np.ones(2 * n), np.zeros(1 + n_tail)]),
        bounds=Bounds(
            np.concatenate([low, np.zeros(n_cases)]), np.concatenate([np.ones(n), slots, [np.inf] * (1 + n_tail)])
        ),
        constraints=[_padded(*row, 2 * n + 1 + n_tail) for row in _rows(problem, rules, cuts, unit)],
        options={"mip_rel_gap": ENOUGH_GAP / 2, "node_limit": MAX_NODES},
    )
    if answer.x is None:
        remedy = "Lower kol.max_offers in configs/settings.yaml or hand in fewer offers."
        raise OptimizerError("cannot choose offers", answer.message, "a feasible choice", (), remedy)
    best = answer.fun if answer.mip_dual_bound is None else answer.mip_dual_bound
    return answer.x[:n] > 0.5, answer.x[n : 2 * n] > 0.5, -float(best) / unit


_Row = tuple[FloatArray | csr_array, FloatArray]


def _rows(problem: KolProblem, rules: Rules, cuts: Sequence[AdsPoint], unit: float) -> Iterator[_Row]:
    """Yield blocks of ``matrix @ variables <= limit``; a matrix may leave out the last variables."""
    yield _rule_rows(problem, rules, unit)
    yield _cut_rows(problem, cuts, unit)
    if problem.cases is not None:
        yield _case_rows(problem, problem.cases, unit)
        yield _tail_row(len(problem.fee), len(problem.cases), tail_limit(problem) * unit)


def _rule_rows(problem: KolProblem, rules: Rules, unit: float) -> _Row:
    """Return the rules on offers, and those on test slots: how many, their fees, and only of chosen offers."""
    n, scale = len(problem.fee), np.where(rules.is_money, unit, 1.0)
    offers = np.hstack([rules.matrix * scale[:, None], np.zeros((len(rules.names), n))])
    slots = np.zeros((2, 2 * n))
    slots[0, n:], slots[1, n:] = 1.0, problem.fee * unit
    tests = [float(problem.max_tests), problem.max_test_share * problem.most_fees * unit]
    limit = np.concatenate([rules.limit * scale, tests, np.zeros(n)])
    return np.vstack([offers, slots, np.hstack([-np.eye(n), np.eye(n)])]), limit


def _cut_rows(problem: KolProblem, cuts: Sequence[AdsPoint], unit: float) -> _Row:
    """Return what ads earn at most, one row a tangent: the money left to them is the budget less the chosen fees."""
    slope, n = np.array([cut.slope for cut in cuts]), len(problem.fee)
    matrix = np.hstack([slope[:, None] * problem.fee * unit, np.zeros((len(cuts), n)), np.ones((len(cuts), 1))])
    return matrix, np.array([(cut.bound + cut.slope * (problem.budget - cut.budget)) * unit for cut in cuts])


def _case_rows(problem: KolProblem, cases: FloatArray, unit: float) -> _Row:
    """Return what each case loses, less where the tail begins, as no more than what it loses beyond that."""
    (n_cases, n), begin = cases.shape, -np.ones((len(cases), 1))
    matrix = np.hstack([(problem.fee - cases) * unit, np.zeros((n_cases, n + 1)), begin, -np.eye(n_cases)])
    return matrix, np.zeros(n_cases)


def _tail_row(n: int, n_cases: int, limit: float) -> _Row:
    """Return the mean loss of the tail: where it begins and the mean of what lies beyond."""
    row = np.concatenate([np.zeros(2 * n + 1), [1.0], np.full(n_cases, 1.0 / (TAIL * n_cases))])
    return row[None, :], np.array([limit])


def _padded(matrix: FloatArray | csr_array, limit: FloatArray, width: int) -> LinearConstraint:
    rest = csr_array((matrix.shape[0], width - matrix.shape[1]))
    return LinearConstraint(hstack([csr_array(matrix), rest], format="csr"), -np.inf, limit)
