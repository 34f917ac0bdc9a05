"""The night's optimum, whatever limits say: a plan, a plan with what it misses, or in words why there is none.

Here belongs the order of solves: as asked, with today's edits, with limits that give way. Tables of it are made in
``assets.budgets``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from assets.batch import Batch
from assets.edits import lesser_edits
from assets.exploring import NOBODY, Explored, explore
from assets.focus import refuse_contradiction
from assets.limit_words import missed_limits, refusal_words
from assets.plan_problem import NO_RESERVE, PlanProblem, Reserve, build_problem
from optimizers.allocation import AllocationResult, allocate
from optimizers.errors import InfeasibleBudgetError
from optimizers.reachable import loosen
from optimizers.results import Sentence


@dataclass(frozen=True)
class NightPlan:
    """The problem and its optimum; no ``result`` where nothing may move, or where ``refusal`` says why there is none.

    ``missed`` are limits of the settings that tonight cannot meet, by node; ``n_frozen`` edits were not left for today.
    """

    plan: PlanProblem
    result: AllocationResult | None = None
    n_frozen: int = 0
    missed: tuple[tuple[str, Sentence], ...] = ()
    refusal: Sentence | None = None
    explored: Explored = NOBODY


def plan_night(items: pd.DataFrame, batch: Batch, *, reserved: Reserve = NO_RESERVE) -> NightPlan:
    """Return the optimum of the night.

    Limits of the settings that contradict each other are a refusal: only a person can say which one counts. Limits that
    tonight's caps cannot reach, or that only the edits left today keep from being met, give way and are told instead.
    """
    plan = build_problem(items, batch, reserved=reserved)
    if plan.unclear is not None:
        return NightPlan(plan, refusal=refusal_words(plan.unclear, plan, batch))
    if plan.problem is None:
        return NightPlan(plan)
    try:
        refuse_contradiction(plan.total, batch)
        result = allocate(plan.problem)
    except InfeasibleBudgetError as error:
        return NightPlan(plan, refusal=refusal_words(error, plan, batch))
    frozen = lesser_edits(plan, result, items, batch)
    if frozen:  # the money that the dropped edits would have moved is planned anew among those that are left
        plan, result = solve_frozen(build_problem(items, batch, reserved=reserved, frozen=frozen))
    missed = tuple(missed_limits(plan))
    problem, result, found = explore(plan, result, batch)
    return NightPlan(replace(plan, problem=problem), result, len(frozen), missed, explored=found)


def solve_frozen(plan: PlanProblem) -> tuple[PlanProblem, AllocationResult]:
    """Return the optimum with items frozen, and the problem that it solves: limits they break are at what can be reached."""
    if plan.problem is None:
        raise ValueError("frozen items are items of a plan, so there is a problem")
    try:
        return plan, allocate(plan.problem)
    except InfeasibleBudgetError:
        loose = loosen(plan.problem)
        return replace(plan, problem=loose), allocate(loose)
