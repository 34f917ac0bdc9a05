"""What stands behind the night's optimum: what it may be wrong by, what stops each item, and what other budgets would bring.

Here belong tables for people, made from the same problem. The optimum itself is in ``assets.budgets``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from assets.arrays import floats
from assets.batch import Batch
from assets.plan_problem import PlanProblem
from optimizers.allocation import AllocationProblem, AllocationResult
from optimizers.regret import Regret, estimate_regret
from optimizers.what_if import PLATFORM_CHANGES, WhatIf, what_if

MAX_REGRET_ITEMS = 20_000  # 32 solves: about as long as one solve of 640,000 items
MAX_WHAT_IF_WORK = 2_000_000  # items x platforms: each platform is two more solves of all items
MAX_BINDINGS = 20  # rows of a table that is read at a glance


def plan_regret(plan: PlanProblem, result: AllocationResult, batch: Batch) -> Regret | None:
    """Return what unsure values cost the plan; None where it is not asked: ROAS floors, or too many items for 32 solves.

    Items whose spread is not known count as sure, so the regret is then told too small.
    """
    problem = plan.problem
    n_items = len(plan.keywords) + len(plan.budgets)
    if problem is None or n_items > MAX_REGRET_ITEMS or has_floors(problem):
        return None
    spread = np.concatenate([floats(plan.keywords, "value_log_sd"), floats(plan.budgets, "value_log_sd")])
    return estimate_regret(problem, result, np.nan_to_num(spread, nan=0.0), seed=batch.night.toordinal())


def has_floors(problem: AllocationProblem) -> bool:
    """Tell whether any node has a ROAS floor."""
    return not bool((np.isnan(problem.tree.min_roas) & np.isnan(problem.tree.min_marginal_roas)).all())


def what_if_rows(plan: PlanProblem) -> list[WhatIf]:
    """Return other totals and, where that is cheap, each platform with more and less money; nothing without a problem.

    The total that changes is the money of what may move tonight.
    """
    problem = plan.problem
    if problem is None:
        return []
    changes = PLATFORM_CHANGES if asks_platforms(plan) else ()
    return what_if(problem, platform_changes=changes, nodes=platform_nodes(plan))


def asks_platforms(plan: PlanProblem) -> bool:
    """Tell whether rows for each platform are cheap enough for a night."""
    return (len(plan.keywords) + len(plan.budgets)) * len(platform_nodes(plan)) <= MAX_WHAT_IF_WORK


def platform_nodes(plan: PlanProblem) -> list[int]:
    """Return the nodes of the platforms that may move, whether or not tiers stand above them."""
    names = {*plan.keywords["platform"], *plan.budgets["platform"]}
    return [] if plan.problem is None else [at for at, name in enumerate(plan.problem.tree.names) if name in names]


def what_if_table(rows: list[WhatIf], fixed_cost: float) -> pd.DataFrame:
    """Return what other budgets would bring as a table of short texts; costs hold what unmoved items spend too."""
    plan = rows[:1]
    return pd.DataFrame(
        [
            {
                "预算 / budget": row.name if row.change == 0 else f"{row.name} {row.change:+.0%}",
                "花费 / cost": _money(row.cost + fixed_cost),
                "价值 / value": _money(row.value),
                "目标变化 / gain": _signed(row.objective - plan[0].objective),
                "再花1带回 / next 1 returns": _money(row.price),
                "说明 / note": _note(row),
            }
            for row in rows
        ]
    )


def binding_sums(result: AllocationResult) -> pd.DataFrame:
    """Return how many items each limit stops (limit, items) and what they spend (cost), most money first."""
    items = pd.DataFrame({
        "limit": [*result.keyword_binding, *result.budget_binding],
        "cost": np.concatenate([result.keyword_cost, result.budget_cost]),
    })  # fmt: skip
    found = items.groupby("limit").agg(items=("cost", "size"), cost=("cost", "sum")).reset_index()
    return found.sort_values(["cost", "limit"], ascending=[False, True], ignore_index=True).head(MAX_BINDINGS)


def binding_table(result: AllocationResult) -> pd.DataFrame:
    """Return the same as a table of short texts."""
    found = binding_sums(result)
    return found.assign(cost=found["cost"].map(_money)).rename(
        columns={"limit": "限制 / limit", "items": "对象数 / items", "cost": "花费 / cost"}
    )


def regret_words(regret: Regret | None, currency: str) -> str:
    """Return what unsure estimates cost the plan, in both languages."""
    if regret is None:
        return "未估计：设有 ROAS 下限，或对象太多 / not estimated: there are ROAS floors, or too many items"
    mean, high = f"{regret.mean:,.2f} {currency}", f"{regret.high:,.2f} {currency}"
    return (
        f"因估计不确定，平均每天少赚 {mean}，八成把握不超过 {high} / "
        f"unsure estimates cost {mean} a day on average, at most {high} with 80 % probability"
    )


def _note(row: WhatIf) -> str:
    if not row.offenders:
        return ""
    return f"做不到，差 {_money(row.missing)} / cannot be met: {', '.join(row.offenders[:3])}"


def _money(value: float) -> str:
    return f"{value:,.2f}" if np.isfinite(value) else ""


def _signed(value: float) -> str:
    return f"{value:+,.2f}" if np.isfinite(value) else ""
