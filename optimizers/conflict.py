"""What to say when ROAS floors and spend limits cannot hold together: the smallest set of limits that already contradict.

Here belongs the way from a problem to a plan that keeps everything, or to the refusal. What spend limits alone forbid is
refused in ``optimizers.feasibility``.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from optimizers.allocation_problem import AllocationProblem
from optimizers.basis_floor import solve_with_floors
from optimizers.deletion_filter import Limit, smallest_conflict
from optimizers.errors import InfeasibleBudgetError
from optimizers.feasibility import Breach, find_breach
from optimizers.solution import Relaxed, Solution
from optimizers.tree import LIMITS, PriceTree
from optimizers.types import BoolArray

NONE = {"min_cost": 0.0, "max_cost": np.inf, "min_roas": np.nan, "min_marginal_roas": np.nan}
WORDS = {
    "min_cost": "min_cost",
    "max_cost": "max_cost",
    "min_roas": "ROAS floor",
    "min_marginal_roas": "marginal floor",
}
REMEDY = "Lower one of these floors or minimums in configs/settings.yaml, or raise the maximum among them."


def solve_feasible(problem: AllocationProblem, start: Relaxed | None = None) -> Solution:
    """Return the best plan that keeps every limit.

    Parameters
    ----------
    problem : AllocationProblem
    start : Relaxed, optional
        An earlier solution on the same items, to save work.

    Raises
    ------
    InfeasibleBudgetError
        If no plan keeps all limits; offenders are limits of which no one can be spared for the contradiction, and
        ``missing`` is the money that those alone lack.

    Notes
    -----
    The set is found by a deletion filter (``optimizers.deletion_filter``). Known drawback: each try is a solve; they are
    made only once nothing can be bought.
    """
    tree = problem.tree
    try:
        solution = solve_with_floors(problem, start)
    except InfeasibleBudgetError as error:
        limits = [] if np.isnan(tree.min_marginal_roas).all() else _find_conflict(problem, _list_limits(problem))
        if not any(column == "min_marginal_roas" for column, _ in limits):
            raise  # spend limits alone
        raise _refusal(problem, Breach(0, "min_cost", error.value, error.limit), limits) from error
    breach = find_breach(tree, solution.node_cost, solution.node_worth)
    if breach is None or np.isnan(tree.min_roas).all():  # what spend limits alone forbid has been refused already
        return solution
    limits = _find_conflict(problem, _list_limits(problem, breach.node))
    seen = _refuses(_keep(problem, limits))
    raise _refusal(problem, breach if seen is None else seen, limits)


def _find_conflict(problem: AllocationProblem, limits: list[Limit]) -> list[Limit]:
    return smallest_conflict(limits, lambda kept: _refuses(_keep(problem, kept)) is not None)


def _list_limits(problem: AllocationProblem, node: int | None = None) -> list[Limit]:
    """Return all limits of the node, of those above and of those below it; without a node all there are."""
    tree, related = problem.tree, np.ones(problem.tree.n_nodes, dtype=np.bool_)
    if node is not None:
        related = _related(tree, node)
    is_set = {
        "max_cost": np.isfinite(tree.max_cost),
        "min_cost": tree.min_cost > 0,
        "min_marginal_roas": ~np.isnan(tree.min_marginal_roas),
        "min_roas": ~np.isnan(tree.min_roas),
    }
    return [(column, int(at)) for column, has in is_set.items() for at in np.flatnonzero(has & related)]


def _related(tree: PriceTree, node: int) -> BoolArray:
    mark = np.zeros(tree.n_nodes)
    mark[node] = 1.0
    related = tree.sum_up(mark) > 0
    for child in range(tree.n_nodes):  # parents come first
        at = tree.parent[child]
        if at >= node and at >= 0 and mark[at]:
            mark[child], related[child] = 1.0, True
    return related


def _keep(problem: AllocationProblem, limits: list[Limit]) -> AllocationProblem:
    """Return the problem with these limits alone; whether it can be met does not hang on what money is worth."""
    columns = {column: np.full(problem.tree.n_nodes, NONE[column]) for column in LIMITS}
    for column, node in limits:
        columns[column][node] = getattr(problem.tree, column)[node]
    tree = PriceTree(problem.tree.parent, names=problem.tree.names, **columns)
    return replace(problem, tree=tree, mode="flexible")


def _refuses(problem: AllocationProblem) -> Breach | None:
    try:
        solution = solve_with_floors(problem)
    except InfeasibleBudgetError as error:
        return Breach(0, "max_cost", error.value, error.limit)
    return find_breach(problem.tree, solution.node_cost, solution.node_worth)


def _refusal(problem: AllocationProblem, breach: Breach, limits: list[Limit]) -> InfeasibleBudgetError:
    tree = problem.tree
    offenders = [f"{tree.names[node]} {WORDS[column]} {getattr(tree, column)[node]:,.2f}" for column, node in limits]
    what = f"cannot keep {len(limits)} limits together: {breach.missing:,.2f} of money is missing"
    named = [(tree.names[node], column) for column, node in limits]
    return InfeasibleBudgetError(what, breach.seen, breach.limit, offenders, REMEDY, named)
