"""Daily budgets on the steps and minimum lots that their platforms take, with what that costs at most.

Here belongs the way from rulebooks to ``optimizers.lots`` and back into the night's result. Steps of bids, which are small,
are rounded in ``assets.bid_rows``.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd

from assets.batch import Batch
from assets.plan_problem import PlanProblem
from optimizers.allocation import AllocationProblem, AllocationResult, BudgetItems, PriceTree
from optimizers.lots import BudgetGrid, LotPlan, round_budgets
from optimizers.results import Sentence
from optimizers.types import BoolArray, FloatArray

NOISE = 1e-9  # relative: a budget that only float noise keeps off its step is on it


@dataclass(frozen=True)
class OnSteps:
    """The result with its daily budgets on steps. Money is per day, in shop currency.

    ``loss_bound``: no plan on or off the steps earns more than this beyond ``result``, by the bound of the plan without
    steps. ``left``: what the total leaves unspent after rounding; infinite without a total.
    """

    result: AllocationResult
    n_budgets: int
    loss_bound: float
    left: float


def put_on_steps(plan: PlanProblem, result: AllocationResult, batch: Batch) -> OnSteps:
    """Return the optimum with each daily budget on the step below or above it, whichever the tree's money is best spent on.

    What is rounded off one budget goes to others while a step fits under every maximum; where a ROAS floor stands above, a
    budget is only rounded down. A budget between whose caps no step lies stays as planned, and is rounded with its row. A
    least spend may be missed by less than one step a budget.
    """
    problem = plan.problem
    if problem is None or plan.budgets.empty:
        return OnSteps(result, 0, 0.0, _left(result))
    step, lot = rules_of(plan.budgets, batch)
    first, last = _neighbours(problem, result, step, lot)
    on_grid = first <= last
    if not on_grid.any():
        return OnSteps(result, 0, 0.0, _left(result))
    rows = np.flatnonzero(on_grid)
    items = _take(problem.budgets, rows, min_budget=first * step, max_budget=last * step)
    grid = BudgetGrid(step[rows], lot[rows], np.zeros(len(rows), dtype=np.bool_), items.node)
    others = result.node_cost - problem.tree.sum_up(problem.tree.own_sums(items.node, result.budget_cost[rows]))
    room = _room(problem.tree, others, items)
    lots = round_budgets(items, grid, room, result.node_price, problem.base_price)
    rounded = _with_lots(problem, result, rows, lots)
    objective = rounded.total_value - problem.base_price * rounded.total_cost
    return OnSteps(rounded, len(rows), max(result.dual_bound - objective, 0.0), _left(rounded))


def rules_of(budgets: pd.DataFrame, batch: Batch) -> tuple[FloatArray, FloatArray]:
    """Return step and minimum lot of each daily budget in shop money; missing of rows whose lever is another one."""
    step, lot = np.full(len(budgets), np.nan), np.full(len(budgets), np.nan)
    is_daily = budgets["lever"] == "daily_budget"
    rate = budgets["fx_rate"].to_numpy(dtype=np.float64)
    for name in sorted(budgets.loc[is_daily, "platform"].unique()):
        rule = batch.platforms[str(name)].rulebook.rule("daily_budget")
        mine = (is_daily & (budgets["platform"] == name)).to_numpy(dtype=bool)
        if rule is not None:
            step[mine], lot[mine] = rule.step * rate[mine], rule.minimum * rate[mine]
    return step, lot


def _neighbours(
    problem: AllocationProblem, result: AllocationResult, step: FloatArray, lot: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the steps next to each optimal budget, inside its bounds and not under its lot; missing where there is none."""
    items = problem.budgets
    least = np.ceil(np.maximum(items.min_budget, lot) / step * (1 - NOISE))
    most = np.floor(items.max_budget / step * (1 + NOISE))
    below = np.floor(result.budget / step * (1 + NOISE))
    above = np.where(_under_floor(problem.tree)[items.node], below, np.ceil(result.budget / step * (1 - NOISE)))
    ends = [np.where(least <= most, np.clip(one, least, np.maximum(most, least)), np.nan) for one in (below, above)]
    return ends[0], ends[1]


def _under_floor(tree: PriceTree) -> BoolArray:
    """Return which nodes have a ROAS floor at or above themselves."""
    has = ~(np.isnan(tree.min_roas) & np.isnan(tree.min_marginal_roas))
    for node in range(tree.n_nodes):  # parents come first
        has[node] |= tree.parent[node] >= 0 and has[tree.parent[node]]
    return has


def _room(tree: PriceTree, others: FloatArray, items: BudgetItems) -> PriceTree:
    """Return the tree with what is left for the budgets; a maximum is not under their lowest steps."""
    lowest = tree.sum_up(tree.own_sums(items.node, items.min_budget))
    left = np.maximum(tree.max_cost - others, lowest * (1.0 + NOISE))
    return PriceTree(tree.parent, np.zeros(tree.n_nodes), left, tree.names)


def _with_lots(
    problem: AllocationProblem, result: AllocationResult, rows: np.ndarray, lots: LotPlan
) -> AllocationResult:
    budget, cost, value, marginal = (
        column.copy() for column in (result.budget, result.budget_cost, result.budget_value, result.budget_marginal)
    )
    share = lots.cost / np.where(cost[rows] > 0, cost[rows], 1.0)
    with np.errstate(divide="ignore"):
        marginal[rows] *= np.where(share > 0, share, 1.0) ** (problem.budgets.beta[rows] - 1.0)
    budget[rows], cost[rows], value[rows] = lots.budget, lots.cost, lots.value
    moved = problem.tree.sum_up(problem.tree.own_sums(problem.budgets.node, cost - result.budget_cost))
    return replace(
        result, budget=budget, budget_cost=cost, budget_value=value, budget_marginal=marginal,
        node_cost=result.node_cost + moved, total_cost=float(result.keyword_cost.sum() + cost.sum()),
        total_value=float(result.keyword_value.sum() + value.sum()),
    )  # fmt: skip


def _take(items: BudgetItems, rows: np.ndarray, **bounds: FloatArray) -> BudgetItems:
    columns = {one.name: bounds.get(one.name, getattr(items, one.name))[rows] for one in fields(BudgetItems)}
    return BudgetItems(**columns)


def _left(result: AllocationResult) -> float:
    return float(max(result.node_max_cost[0] - result.node_cost[0], 0.0))


def rounding_words(done: OnSteps, currency: str) -> Sentence:
    """Return what rounding budgets costs at most and leaves."""
    if done.n_budgets == 0:
        return Sentence(en="No daily budget was rounded.", zh="没有需要取整的日预算。")
    left = "" if np.isinf(done.left) else f"{done.left:,.2f} {currency}"
    money = f"{done.loss_bound:,.2f} {currency}"
    tail = (f"，总预算还剩 {left}", f", {left} of the total is left") if left else ("", "")
    return Sentence(
        en=f"Rounding {done.n_budgets} daily budgets costs at most {money} a day{tail[1]}.",
        zh=f"{done.n_budgets} 个日预算取整：每天最多少赚 {money}{tail[0]}。",
    )
