"""What another budget would bring: a table of changes, and the value-of-money curve, from the same solve.

Here belong questions that change limits and not items, so that they start from known prices. Their words belong to the
presentation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimizers.allocation_problem import AllocationProblem
from optimizers.certificate import money_prices
from optimizers.conflict import solve_feasible
from optimizers.errors import InfeasibleBudgetError, InvalidInputError
from optimizers.solution import Relaxed, Solution
from optimizers.types import FloatArray

TOTAL_CHANGES = (-0.25, -0.10, 0.10, 0.25)
PLATFORM_CHANGES = (-0.10, 0.10)


@dataclass(frozen=True)
class WhatIf:
    """One changed budget and what it does, money a day.

    Parameters
    ----------
    name : str
        The node whose money changes.
    change : float
        By which share; 0 is the plan itself.
    cost, value, objective : float
        Of the whole tree; missing where the change cannot be made.
    price : float
        What the next unit of cost at that node would return.
    gap : float
        To this plan's own dual bound, relative.
    missing : float
        The money that keeps the change from being possible; 0 where it is possible.
    offenders : tuple of str
        The limits that forbid it.
    """

    name: str
    change: float
    cost: float
    value: float
    objective: float
    price: float
    gap: float
    missing: float = 0.0
    offenders: tuple[str, ...] = ()


def what_if(
    problem: AllocationProblem,
    total_changes: Sequence[float] = TOTAL_CHANGES,
    platform_changes: Sequence[float] = PLATFORM_CHANGES,
    nodes: Sequence[int] | None = None,
) -> list[WhatIf]:
    """Return what other budgets would bring: the plan itself, other totals, and each platform with more or less money.

    Parameters
    ----------
    problem : AllocationProblem
    total_changes : sequence of float
        Shares, > -1, by which the roots' maxima are changed; a root without one is capped at that share of its spend.
    platform_changes : sequence of float
        Shares, > -1, by which the spend of each of ``nodes`` is changed and held there, while all else, the total
        included, stays and adapts.
    nodes : sequence of int, optional
        Nodes of the tree; those right below a root where none are named.

    Returns
    -------
    list of WhatIf
        One row a change; one that contradicts other limits says which, and what money is missing.

    Raises
    ------
    InfeasibleBudgetError
        If the problem itself cannot be met.
    InvalidInputError
        If a change is not a number above -1.

    Notes
    -----
    Only the intervals of changed nodes and of those above them are found anew, starting at known prices: a few passes
    over the items a row. Known drawback: with ROAS floors on another basis every row is a solve of its own.
    """
    changes = np.array([*total_changes, *platform_changes], dtype=np.float64)
    if not (np.isfinite(changes) & (changes > -1)).all():
        raise InvalidInputError("cannot ask what if", changes.tolist(), "shares above -1", ["changes"])
    plan, tree = solve_feasible(problem), problem.tree
    asked = [(_with_total(problem, plan, change), 0, change) for change in total_changes]
    for node in np.flatnonzero(tree.depth == 1).tolist() if nodes is None else nodes:
        money = plan.node_cost[node]
        asked += [(_with_spend(problem, node, money * (1.0 + change)), node, change) for change in platform_changes]
    return [
        _row(problem, plan, 0, 0.0),
        *(_try(changed, plan.relaxed, node, change) for changed, node, change in asked),
    ]


def _with_total(problem: AllocationProblem, plan: Solution, change: float) -> AllocationProblem:
    tree = problem.tree
    today = np.where(np.isfinite(tree.max_cost), tree.max_cost, plan.node_cost)
    most = np.where(tree.parent < 0, today * (1.0 + change), tree.max_cost)
    return replace(problem, tree=replace(tree, min_cost=np.minimum(tree.min_cost, most), max_cost=most))


def _with_spend(problem: AllocationProblem, node: int, money: float) -> AllocationProblem:
    least, most = problem.tree.min_cost.copy(), problem.tree.max_cost.copy()
    least[node] = most[node] = money
    return replace(problem, tree=replace(problem.tree, min_cost=least, max_cost=most))


def _try(problem: AllocationProblem, start: Relaxed, node: int, change: float) -> WhatIf:
    try:
        return _row(problem, solve_feasible(problem, start), node, change)
    except InfeasibleBudgetError as error:
        none = float("nan")
        name, missing = problem.tree.names[node], error.missing
        return WhatIf(name, change, none, none, none, none, none, missing, error.offenders)


def _row(problem: AllocationProblem, plan: Solution, node: int, change: float) -> WhatIf:
    cost, value, objective = float(plan.cost.sum()), float(plan.value.sum()), plan.objective
    size, price = max(abs(plan.relaxed.bound), abs(value)), float(money_prices(problem.tree, plan.prices)[node])
    gap = max(plan.relaxed.bound - objective, 0.0) / size if size > 0 else 0.0
    return WhatIf(problem.tree.names[node], change, cost, value, objective, price, gap)


def spend_value_curve(problem: AllocationProblem, totals: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return what each total would cost and bring: the value-of-money curve of the whole tree.

    Parameters
    ----------
    problem : AllocationProblem with one root
    totals : array of shape (n_totals,)
        Maxima of the root to try, currency a day; those that cannot be met raise.

    Returns
    -------
    cost, value : arrays of shape (n_totals,)
    """
    plans: list[Solution] = []
    for total in totals:
        maximum = np.where(problem.tree.parent < 0, total, problem.tree.max_cost)
        changed = replace(problem, tree=replace(problem.tree, max_cost=maximum))
        plans.append(solve_feasible(changed, plans[-1].relaxed if plans else None))
    return np.array([plan.cost.sum() for plan in plans]), np.array([plan.value.sum() for plan in plans])
