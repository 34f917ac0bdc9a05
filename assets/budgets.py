"""Fifth stage: one price over keywords and closed-bid budgets, under the total, the platforms' and the campaigns' limits."""

from __future__ import annotations

from typing import Any

import dagster as dg
import numpy as np
import pandas as pd

from assets.batch import Batch, Batches
from assets.edits import lesser_edits
from assets.plan_problem import PlanProblem, build_problem, campaign_nodes
from assets.plan_proof import (
    asks_platforms,
    binding_table,
    plan_regret,
    regret_words,
    what_if_rows,
    what_if_table,
)
from assets.response import betas
from assets.steps import Step, as_table, night_table
from assets.tree_limits import with_settings_named
from optimizers.allocation import AllocationProblem, AllocationResult, allocate
from optimizers.errors import InfeasibleBudgetError

PLAN_COLUMNS = [
    "item", "platform", "account", "level", "lever", "multiplier", "plan_cost", "plan_value", "base_cost", "base_value",
    "marginal_roas", "binding_limit", "min_multiplier", "max_multiplier", "campaign_node", "campaign_price",
    "platform_price", "total_price", "fixed_cost",
    "campaign_max", "platform_min", "platform_max", "total_max", "solver_gap", "sentence_en", "sentence_zh",
]  # fmt: skip
MAX_TABLE_ROWS = 25  # what the catalogue shows without a click


@night_table(group="3_decide")
def budget_plan(
    context: dg.AssetExecutionContext,
    batches: dg.ResourceParam[Batches],
    pruned_items: pd.DataFrame,
    kol_plan: pd.DataFrame,
) -> Step:
    """One row per movable item: its best multiplier under the caps, cost and value there, what binds it, its node's price.

    Built from the judged items and the fees of signed KOL offers. The proof (dual bound, gap) is in the metadata. Fails when
    the limits in the settings cannot be met even at the lowest permitted bids.
    """
    batch = batches.open(context.partition_time_window.start.date())
    reserved = float(kol_plan.loc[kol_plan["is_chosen"], "fee_per_day"].sum())
    plan = build_problem(pruned_items, batch, reserved=reserved)
    if plan.problem is None:  # nothing can move
        return Step(empty_plan(), {"total_cost": round(plan.fixed_cost, 2), "note": "no item may be moved tonight"})
    problem, result = plan.problem, solve(plan.problem, batch)
    frozen = lesser_edits(plan, result, pruned_items, batch)
    if frozen:  # the money that the dropped edits would have moved is planned anew among those that are left
        again = build_problem(pruned_items, batch, reserved=reserved, frozen=frozen)
        if again.problem is not None:
            plan, problem, result = again, again.problem, solve(again.problem, batch)
    metadata = {"edits_not_made": len(frozen), **proof_metadata(plan, result, batch)}
    return Step(plan_rows(plan, problem, result), metadata)


def solve(problem: AllocationProblem, batch: Batch) -> AllocationResult:
    """Return the optimum; a refusal names the settings to change."""
    try:
        return allocate(problem)
    except InfeasibleBudgetError as error:
        raise with_settings_named(error, batch) from error


def proof_metadata(plan: PlanProblem, result: AllocationResult, batch: Batch) -> dict[str, Any]:
    """Return what a person sees of the optimum in the catalogue: sums, bound, regret, prices, limits, other budgets."""
    currency, regret = batch.settings.shop.currency, plan_regret(plan, result, batch)
    words, others = result.describe(currency=currency), what_if_rows(plan)
    left_out = "" if plan.problem is None or asks_platforms(plan.problem) else "platforms left out: too many items"
    return {
        "total_cost": round(result.total_cost + plan.fixed_cost, 2), "total_value": round(result.total_value, 2),
        "solver_gap": result.solver_gap, "dual_bound": result.dual_bound,
        "01_prices": dg.MetadataValue.md("\n".join(f"- {one.zh} / {one.en}" for one in words[:12])),
        "02_regret": regret_words(regret, currency),
        "03_limits": as_table(binding_table(result)),
        "04_what_if": as_table(what_if_table(others[:MAX_TABLE_ROWS], plan.fixed_cost)),
        **({"04_what_if_note": left_out} if left_out else {}),
    }  # fmt: skip


def empty_plan() -> pd.DataFrame:
    """Return the table without a row, with its types."""
    texts = {
        "item",
        "platform",
        "account",
        "level",
        "lever",
        "binding_limit",
        "campaign_node",
        "sentence_en",
        "sentence_zh",
    }
    return pd.DataFrame({
        name: pd.Series(dtype="str" if name in texts else "float64") for name in PLAN_COLUMNS
    })  # fmt: skip


def plan_rows(plan: PlanProblem, problem: AllocationProblem, result: AllocationResult) -> pd.DataFrame:
    """Return the allocation as a table; `multiplier` is the new value over the old one of the row's own lever."""
    keywords, budgets = _keyword_rows(plan, result), _budget_rows(plan, problem, result)
    out = pd.concat([part for part in (keywords, budgets) if len(part)] or [keywords], ignore_index=True)
    price = dict(zip(result.node_names, result.node_price, strict=True))
    tree = problem.tree
    least = dict(zip(tree.names, tree.min_cost, strict=True))
    most = dict(zip(tree.names, tree.max_cost, strict=True))
    words = dict(zip(result.node_names, result.describe(), strict=False))
    out["campaign_price"] = out["campaign_node"].map(price)
    out["platform_price"], out["total_price"] = out["platform"].map(price), price["total"]
    out["campaign_max"], out["platform_max"] = out["campaign_node"].map(most), out["platform"].map(most)
    out["platform_min"], out["total_max"] = out["platform"].map(least), most["total"]
    out["fixed_cost"], out["solver_gap"] = plan.fixed_cost, result.solver_gap
    out["sentence_en"] = out["platform"].map(lambda name: words[name].en)
    out["sentence_zh"] = out["platform"].map(lambda name: words[name].zh)
    return out[PLAN_COLUMNS].sort_values(["item", "lever"], ignore_index=True)


def _keyword_rows(plan: PlanProblem, result: AllocationResult) -> pd.DataFrame:
    rows = plan.keywords
    out = rows[["item", "platform", "account", "level", "lever"]].copy()
    out["multiplier"] = result.multiplier
    out["plan_cost"], out["plan_value"] = result.keyword_cost, result.keyword_value
    out["base_cost"] = rows["usual_cost"]
    out["base_value"] = rows["value_per_click"] * rows["clicks_per_day"] * rows["next_day_factor"]
    out["marginal_roas"] = result.keyword_marginal / rows["margin"]  # prices speak of margin, a ROAS of sales
    out["binding_limit"] = result.keyword_binding
    out["min_multiplier"], out["max_multiplier"] = rows["min_multiplier"], rows["max_multiplier"]
    out["campaign_node"] = campaign_nodes(rows)
    return out


def _budget_rows(plan: PlanProblem, problem: AllocationProblem, result: AllocationResult) -> pd.DataFrame:
    rows = plan.budgets
    out = rows[["item", "platform", "account", "level", "lever"]].copy()
    change = result.budget / rows["base_cost"].to_numpy(dtype=np.float64)
    # log cost = a - theta log target with theta = 1 / (1 - beta); a rate likewise, upwards
    power = 1.0 - betas(rows)
    levers = [rows["lever"] == "target_roas", rows["lever"] == "commission_rate"]
    out["multiplier"] = np.select(levers, [change**-power, change**power], change)
    out["plan_cost"], out["plan_value"] = result.budget_cost, result.budget_value
    out["base_cost"], out["base_value"] = rows["base_cost"], problem.budgets.value0
    out["marginal_roas"] = result.budget_marginal / rows["margin"]
    out["binding_limit"] = result.budget_binding
    out["min_multiplier"], out["max_multiplier"] = rows["min_multiplier"], rows["max_multiplier"]
    out["campaign_node"] = rows["platform"]
    return out
