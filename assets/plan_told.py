"""What people read of the night's proof, kept beside the night: other budgets, what stops items, what is left unspent.

Here belongs the document alone, in numbers. Its words and pictures are in ``assets.presentation.proof_view``.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from assets.batch import Batch
from assets.budget_lots import OnSteps
from assets.plan_problem import PlanProblem
from assets.plan_proof import binding_sums, plan_regret, what_if_rows
from assets.warehouse import state
from optimizers.errors import InfeasibleBudgetError
from optimizers.kol_ads import TreeAds
from optimizers.regret import Regret
from optimizers.results import Sentence
from optimizers.what_if import WhatIf

PROOF = "plan_proof"  # name of the state
N_CURVE = 13  # points of a curve that is looked at, not read off
ENDLESS = 1e15  # more money than any plan could use
MAX_CURVE_ITEMS = 200_000  # so many more solves: a few seconds


@dataclass(frozen=True)
class Proof:
    """What a plan may be wrong by, and other budgets from the same solve."""

    regret: Regret | None
    others: list[WhatIf]


def prove(plan: PlanProblem, done: OnSteps, batch: Batch) -> Proof:
    """Return regret and other budgets; both are left out where they would take longer than the plan."""
    return Proof(plan_regret(plan, done.result, batch), what_if_rows(plan))


def keep_proof(plan: PlanProblem, done: OnSteps, proof: Proof, notes: Sequence[Sentence], batch: Batch) -> None:
    """Keep the proof and what else is told of the plan for page and workbook; a run writes over that of an earlier one."""
    told = {"notes": [{"zh": one.zh, "en": one.en} for one in notes]}
    state.write_state(batch.home, batch.night, PROOF, proof_document(plan, done, proof, batch) | told)


def forget_proof(batch: Batch) -> None:
    """Keep that tonight proves nothing: the plan was refused, or nothing may be moved."""
    state.write_state(batch.home, batch.night, PROOF, {})


def proof_document(plan: PlanProblem, done: OnSteps, proof: Proof, batch: Batch) -> dict[str, Any]:
    """Return the proof as plain numbers, money a day in shop currency; costs hold what unmoved items spend too.

    ``loss`` is what no plan within the limits earns more, rounding included; ``left`` what the total leaves unspent.
    """
    result, fixed = done.result, plan.fixed_cost
    rows = [
        {"name": one.name, "change": one.change, "cost": _finite(one.cost + fixed), "value": _finite(one.value),
         "gain": _finite(one.objective - proof.others[0].objective), "price": _finite(one.price),
         "missing": one.missing, "offenders": list(one.offenders)}
        for one in proof.others
    ]  # fmt: skip
    base = [plan.keywords["usual_cost"].sum(), plan.budgets["base_cost"].sum()]
    return {
        "mode": batch.settings.budget.mode, "value_basis": batch.settings.value_basis,
        "loss": done.loss_bound if done.n_budgets else max(result.dual_bound - _objective(plan, done), 0.0),
        "gap": result.solver_gap, "cost": result.total_cost + fixed, "value": result.total_value,
        "cost_now": float(sum(base)) + fixed, "total": plan.total, "left": _finite(done.left),
        "regret": None if proof.regret is None else {"mean": proof.regret.mean, "high": proof.regret.high},
        "what_if": rows, "limits": binding_sums(result).to_dict("records"),
        "curve": curve_points(plan),
    }  # fmt: skip


def curve_points(plan: PlanProblem) -> list[list[float]]:
    """Return (cost, value) of the best plans from the least to the most money that tonight's limits let spend, by cost.

    What is worth spending does not count here: the curve shows also what money would bring that the plan keeps.
    """
    problem = plan.problem
    if problem is None or len(problem.keywords.node) + len(problem.budgets.node) > MAX_CURVE_ITEMS:
        return []
    ads, found = TreeAds(replace(problem, mode="fixed"), 1), {}
    most = ads.at(ENDLESS).cost
    for total in np.linspace(ads.least, most, N_CURVE):
        with suppress(InfeasibleBudgetError):  # less than a floor asks for
            point = ads.at(float(total))
            found[round(point.cost, 6)] = point.value
    return [[cost + plan.fixed_cost, value] for cost, value in sorted(found.items())]


def _objective(plan: PlanProblem, done: OnSteps) -> float:
    base_price = 0.0 if plan.problem is None else plan.problem.base_price
    return done.result.total_value - base_price * done.result.total_cost


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
