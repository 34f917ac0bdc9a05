"""Fifth stage: one price over keywords and closed-bid budgets, under the total, the platforms' and the campaigns' limits."""

from __future__ import annotations

from typing import Any

import dagster as dg
import numpy as np
import pandas as pd

from assets.batch import Batch, Batches
from assets.budget_lots import put_on_steps, rounding_words
from assets.campaign_nodes import GROUP_GLUE
from assets.coming_days import pace_words, paced
from assets.exploring import NOBODY, Explored, explored_words, mark_explored
from assets.plan_problem import PlanProblem, Reserve
from assets.plan_proof import (
    asks_platforms,
    binding_table,
    regret_words,
    what_if_table,
)
from assets.plan_solve import NightPlan, plan_night
from assets.plan_terms import reserve_for_terms
from assets.plan_told import Proof, forget_proof, keep_proof, prove
from assets.refusal import REFUSAL_COLUMNS, refused_rows
from assets.response import betas
from assets.steps import NIGHTS, Step, as_table, night_table
from optimizers.allocation import AllocationProblem, AllocationResult

PLAN_COLUMNS = [
    "item", "platform", "account", "level", "lever", "multiplier", "plan_cost", "plan_value", "base_cost", "base_value",
    "marginal_roas", "binding_limit", "min_multiplier", "max_multiplier", "campaign_node", "campaign_price",
    "platform_price", "total_price", "fixed_cost",
    "campaign_max", "platform_min", "platform_max", "total_max", "solver_gap", "sentence_en", "sentence_zh",
    "explore_worth", "explore_cost",
    *REFUSAL_COLUMNS,
]  # fmt: skip
MAX_TABLE_ROWS = 25  # what the catalogue shows without a click


LIMITS_CHECK = dg.AssetCheckSpec(
    "limits_can_be_kept", asset="budget_plan", partitions_def=NIGHTS,
    description="Holds all platforms tonight where limits of the settings contradict each other: everything stays as it is.",
)  # fmt: skip


@night_table(group="3_decide", checks=(LIMITS_CHECK,))
def budget_plan(
    context: dg.AssetExecutionContext,
    batches: dg.ResourceParam[Batches],
    pruned_items: pd.DataFrame,
    kol_plan: pd.DataFrame,
    discovered_terms: pd.DataFrame,
    coming_days: pd.DataFrame,
) -> Step:
    """One row per movable item: its best multiplier under the caps, cost and value there, what binds it, its node's price.

    Built from the judged items, the fees of signed KOL offers, and what added words may cost at most: both are set aside.
    The proof (dual bound, gap) is in the metadata. Where the limits in the settings contradict each other every row stays as
    it is and says why: all platforms are held.
    """
    batch = paced(batches.open(context.partition_time_window.start.date()), coming_days)
    fees = float(kol_plan.loc[kol_plan["is_chosen"], "fee_per_day"].sum())
    reserved = Reserve(fees, (reserve_for_terms(discovered_terms, pruned_items, batch),))
    night = plan_night(pruned_items, batch, reserved=reserved)
    if night.result is None or night.plan.problem is None or night.refusal is not None:
        forget_proof(batch)
    if night.refusal is not None:
        context.log.error(night.refusal.en)
        rows = refused_rows(night.plan, night.refusal).reindex(columns=PLAN_COLUMNS)
        return Step(rows, {"00_refused": f"{night.refusal.zh} / {night.refusal.en}"}, (limits_check(night),))
    if night.result is None or night.plan.problem is None:  # nothing can move
        note = {"total_cost": round(night.plan.fixed_cost, 2), "note": "no item may be moved tonight"}
        return Step(empty_plan(), note, (limits_check(night),))
    done = put_on_steps(night.plan, night.result, batch)
    proof, currency = prove(night.plan, done, batch), batch.settings.shop.currency
    explored, rounding = explored_words(night.explored, currency), rounding_words(done, currency)
    told = (*(one for _, one in night.missed[:MAX_TABLE_ROWS]), pace_words(coming_days, currency), explored, rounding)
    keep_proof(night.plan, done, proof, [one for one in told if one is not None], batch)
    metadata = {
        "edits_not_made": night.n_frozen,
        "reserved_for_new_keywords": round(reserved.for_terms, 2),
        "05_explored": f"{explored.zh} / {explored.en}",
        "06_rounding": f"{rounding.zh} / {rounding.en}",
        **missed_metadata(night),
        **proof_metadata(night.plan, done.result, proof, batch),
    }
    rows = with_missed(plan_rows(night.plan, night.plan.problem, done.result, night.explored), night)
    return Step(rows, metadata, (limits_check(night),))


def limits_check(night: NightPlan) -> dg.AssetCheckResult:
    """Return whether the limits could be kept together; it stops nothing, for holding is what the rows say."""
    told = night.refusal
    return dg.AssetCheckResult(
        check_name=LIMITS_CHECK.name, passed=told is None, severity=dg.AssetCheckSeverity.ERROR,
        description=None if told is None else f"{told.zh} / {told.en}",
    )  # fmt: skip


def missed_metadata(night: NightPlan) -> dict[str, Any]:
    """Return the limits that tonight cannot meet, nothing where all are met."""
    lines = [f"- {one.zh} / {one.en}" for _, one in night.missed[:MAX_TABLE_ROWS]]
    return {"00_missed_limits": dg.MetadataValue.md("\n".join(lines))} if lines else {}


def with_missed(rows: pd.DataFrame, night: NightPlan) -> pd.DataFrame:
    """Return the rows, each platform's sentence followed by the limits below it, and above it, that tonight cannot meet."""
    out = rows.copy()
    for name, mine in rows.groupby("platform", sort=True):
        nodes = {"total", str(name), *mine["campaign_node"]}
        told = [one for node, one in night.missed if node in nodes or node.split(GROUP_GLUE)[0] in nodes]
        for language in ("en", "zh"):
            more = "".join(f" {getattr(one, language)}" for one in told)
            out.loc[mine.index, f"sentence_{language}"] = mine[f"sentence_{language}"] + more
    return out


def proof_metadata(plan: PlanProblem, result: AllocationResult, proof: Proof, batch: Batch) -> dict[str, Any]:
    """Return what a person sees of the optimum in the catalogue: sums, bound, regret, prices, limits, other budgets."""
    currency, others = batch.settings.shop.currency, proof.others
    words = result.describe(currency=currency)
    left_out = "" if asks_platforms(plan) else "platforms left out: too many items"
    return {
        "total_cost": round(result.total_cost + plan.fixed_cost, 2), "total_value": round(result.total_value, 2),
        "solver_gap": result.solver_gap, "dual_bound": result.dual_bound,
        "01_prices": dg.MetadataValue.md("\n".join(f"- {one.zh} / {one.en}" for one in words[:12])),
        "02_regret": regret_words(proof.regret, currency),
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
        *REFUSAL_COLUMNS,
    }
    return pd.DataFrame({
        name: pd.Series(dtype="str" if name in texts else "float64") for name in PLAN_COLUMNS
    })  # fmt: skip


def plan_rows(
    plan: PlanProblem, problem: AllocationProblem, result: AllocationResult, found: Explored = NOBODY
) -> pd.DataFrame:
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
    out = out.assign(**{name: pd.Series("", index=out.index, dtype="str") for name in REFUSAL_COLUMNS})
    return mark_explored(out, found)[PLAN_COLUMNS].sort_values(["item", "lever"], ignore_index=True)


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
    out["campaign_node"] = rows["campaign_node"]
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
    out["campaign_node"] = rows["campaign_node"]
    return out
