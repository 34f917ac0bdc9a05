"""Recommendation rows of existing items: bids, budgets, targets and pauses, with what each is expected to change."""

from __future__ import annotations

import numpy as np
import pandas as pd

from assets.arrays import floats
from assets.batch import Batch
from assets.jitter import add_jitter
from assets.platforms.levers import round_to_step
from assets.response import keyword_response

VALUE_OF_LEVER = {"keyword_bid": "bid", "daily_budget": "daily_budget", "target_roas": "target_roas",
                  "commission_rate": "commission_rate"}  # fmt: skip
QUIET_REASON = {
    "no_entity": "no_entity", "not_enabled": "unchanged", "closed_bid": "closed_bid", "frozen": "learning_freeze",
    "edits_used": "edits_used", "on_probation": "on_probation",
}  # fmt: skip


def item_rows(items: pd.DataFrame, plan: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Return one row per item: its change, or why it stays."""
    columns = [
        "item",
        "lever",
        "multiplier",
        "plan_cost",
        "plan_value",
        "base_cost",
        "base_value",
        "marginal_roas",
        "binding_limit",
        "min_multiplier",
        "max_multiplier",
        "explore_worth",
    ]
    rows = items.merge(plan[columns], on="item", how="left", validate="1:1").copy()  # in one piece
    rows["lever"] = rows["lever"].fillna("")
    rows["probation_worth"] = rows["probation_worth"].fillna(
        rows["explore_worth"]
    )  # what a trial of either kind is worth
    rows["is_paused"] = rows["verdict"].isin(["pause", "stock_hold"]) & ~rows["is_held"]
    rows["is_resumed"] = rows["verdict"].isin(["resume", "probation"]) & ~rows["is_held"]
    rows.loc[rows["is_paused"] | rows["is_resumed"], "lever"] = "status"
    rows = add_jitter(with_values(rows, batch), batch)
    rows = with_actions(rows, batch)
    rows = with_money(rows)
    rows["cost"] = rows["usual_cost"]
    return pd.concat([rows, trial_bids(rows)], ignore_index=True)


def trial_bids(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the second edit of each item on probation: it comes back at the lowest permitted bid.

    The money of both edits is in the first row.
    """
    trials = rows[rows["is_resumed"] & (rows["verdict"] == "probation") & (rows["lowest_bid"] < rows["bid"])]
    still = ("cost", "expected_cost", "cost_change", "value_change", "profit_change", "profit_change_low",
             "profit_change_high")  # fmt: skip
    return trials.assign(
        lever="keyword_bid", action="lower", old_value=trials["bid"], new_value=trials["lowest_bid"],
        **dict.fromkeys(still, 0.0),
    )  # fmt: skip


def with_values(rows: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Return the rows with old and new value of their lever: the optimum rounded to the platform's step.

    A raise is rounded down, so that rounding never spends more than the optimum; a cut is rounded to the nearest step
    inside its cap. Rounding never turns the one into the other.
    """
    caps = {"keyword_bid": batch.guardrails.max_lower, "daily_budget": batch.guardrails.max_budget_lower}
    out = rows.copy()
    out["old_value"], out["new_value"] = np.nan, np.nan
    for (platform, lever), part in out[out["lever"].isin(VALUE_OF_LEVER)].groupby(["platform", "lever"], sort=True):
        rule = batch.platforms[str(platform)].rulebook.rule(str(lever))
        if rule is None:  # the plan moves only levers that are open
            continue
        old = part[VALUE_OF_LEVER[str(lever)]].to_numpy(dtype=np.float64)
        wanted = old * part["multiplier"].to_numpy(dtype=np.float64)
        is_raise = wanted > old
        least = np.minimum(old * (1.0 - caps.get(str(lever), 1.0)), rule.maximum - rule.step)
        lowered = round_to_step(wanted, rule)
        lowered = np.where(lowered < least * (1.0 - 1e-9), round_to_step(lowered + rule.step, rule), lowered)
        raised = np.maximum(round_to_step(wanted, rule, prefer_down=True), old)
        out.loc[part.index, "old_value"] = old
        out.loc[part.index, "new_value"] = np.where(is_raise, raised, np.minimum(lowered, old))
    return out


def with_actions(rows: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Return the rows with action and reason code; moves smaller than the guardrail's `min_change` are kept as they are."""
    out = rows.copy()
    change = (out["new_value"] / out["old_value"] - 1).astype("float64")
    moves = change.notna() & (change.abs() >= batch.guardrails.min_change - 1e-9)
    up = change > 0
    lever, scale = out["lever"], batch.settings.roas.scale
    rules: list[tuple[pd.Series, str, str]] = [
        (out["is_held"], "hold", "platform_held"),
        (out["is_resumed"] & (out["verdict"] == "probation"), "resume", "probation"),
        (out["is_resumed"], "resume", "back_in_stock"),
        (out["is_paused"] & (out["verdict"] == "stock_hold"), "pause", "stock_hold"),
        (out["is_paused"] & out["lowest_bid"].isna(), "pause", "plan_loss_pause"),
        (out["is_paused"] & (out["conversions"] <= 0), "pause", "waste_pause"),
        (out["is_paused"], "pause", "roas_below_floor_pause"),
        *[(out["verdict"] == verdict, "hold", code) for verdict, code in QUIET_REASON.items()],
        (moves & up & (lever == "daily_budget"), "budget", "budget_raise"),
        (moves & (lever == "daily_budget"), "budget", "budget_lower"),
        (moves & up & (lever == "target_roas"), "target", "target_raise"),
        (moves & (lever == "target_roas"), "target", "target_lower"),
        (moves & up & (lever == "commission_rate"), "commission", "commission_raise"),
        (moves & (lever == "commission_rate"), "commission", "commission_lower"),
        (moves & up & out["explore_worth"].notna(), "raise", "explore"),
        (moves & out["explore_worth"].notna(), "lower", "explore"),
        (moves & up & (out["roas"] >= scale), "raise", "bid_up_scale"),
        (moves & up, "raise", "bid_up_profitable"),
        (moves & (out["verdict"] == "lower"), "lower", "roas_below_floor"),
        (moves & out["is_exhausted"].astype(bool), "lower", "budget_exhausted_lower_bids"),
        (moves, "lower", "bid_down_unprofitable"),
        (out["value_source"] == "unknown", "keep", "low_evidence"),
        (out["is_brand"] & (out["multiplier"] >= 1), "keep", "uncalibrated_brand"),
        (out["verdict"] == "protected", "keep", "protected"),
        (change.notna() & (change != 0), "keep", "within_min_change"),
    ]
    masks = [rule[0].fillna(False).to_numpy(dtype=bool) for rule in rules]
    out["action"] = np.select(masks, [rule[1] for rule in rules], "keep")
    out["reason_code"] = np.select(masks, [rule[2] for rule in rules], "unchanged")
    stays = out["action"].isin(["keep", "hold"])
    out.loc[stays, "new_value"] = out.loc[stays, "old_value"]
    return out


def with_money(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with expected cost, and change of cost, conversion value and profit a day, with the 80 % interval.

    Demand that a campaign's budget cannot serve is cut in proportion, before as after.
    """
    out = rows.copy()
    usual_clicks = out["clicks_per_day"] * out["next_day_factor"]
    clicks, cost = usual_clicks.to_numpy(dtype=np.float64).copy(), out["usual_cost"].to_numpy(dtype=np.float64).copy()
    is_bid = ((out["lever"] == "keyword_bid") & out["action"].isin(["raise", "lower"])).to_numpy()
    moved = out[is_bid]
    ratio = (moved["new_value"] / moved["old_value"]).to_numpy(dtype=np.float64)
    curve = keyword_response(moved)
    demand = (out["usual_cost"] / out["served_share"]).to_numpy(dtype=np.float64).copy()
    demand[is_bid] = np.maximum(demand[is_bid] + curve.cost_at(ratio) - curve.cost_at(np.ones(len(moved))), 0.0)
    served = served_after(out, demand)
    clicks[is_bid], cost[is_bid] = curve.clicks_at(ratio) * served[is_bid], (demand * served)[is_bid]
    is_plan = (out["action"].isin(["budget", "target", "commission"])).to_numpy()
    plan = out[is_plan]  # a budget's base is what it permits today, which its usual days may not have reached
    cost[is_plan] = np.maximum(cost[is_plan] + plan["plan_cost"] - plan["base_cost"], 0.0)
    clicks[is_plan] += (plan["plan_value"] - plan["base_value"]) / plan["value_per_click"]
    paused = out["is_paused"].to_numpy(dtype=bool)
    clicks[paused], cost[paused] = 0.0, 0.0
    on_again = out["is_resumed"].to_numpy(dtype=bool)  # what it did on a day on which it ran
    days = out["n_days"].to_numpy(dtype=np.float64)[on_again]
    for name, values in (("clicks", clicks), ("cost", cost)):
        values[on_again] = np.maximum(out[name].to_numpy(dtype=np.float64)[on_again] / days, values[on_again])
    trial = (out["is_resumed"] & (out["verdict"] == "probation")).to_numpy(dtype=bool)
    clicks[trial], cost[trial] = (floats(out, f"probation_{name}")[trial] for name in ("clicks", "cost"))
    gained = clicks - usual_clicks.to_numpy(dtype=np.float64)
    gained[(out["verdict"] == "stock_hold").to_numpy()] = 0.0  # sold out: the clicks that are saved would sell nothing
    out["expected_cost"], out["cost_change"] = cost, cost - out["usual_cost"]
    out["value_change"] = gained * out["revenue_per_click"]
    out["profit_change"] = gained * out["value_per_click"] - out["cost_change"]
    low, high = (gained * out[f"value_per_click_{side}"] - out["cost_change"] for side in ("low", "high"))
    out["profit_change_low"], out["profit_change_high"] = np.minimum(low, high), np.maximum(low, high)
    return out


def served_after(rows: pd.DataFrame, demand: np.ndarray) -> np.ndarray:
    """Return the share of the new ``demand`` (cost a day) that each row's campaign can pay for.

    A campaign that cannot serve its demand today goes on spending what it spends; another one may grow up to its budget.
    """
    budget = (rows["campaign_budget"].astype("Float64").astype("float64") * rows["fx_rate"]).fillna(np.inf)
    campaign = rows["platform"] + "|" + rows["account"] + "|" + rows["campaign_key"]
    before = (rows["usual_cost"] / rows["served_share"]).groupby(campaign).transform("sum")
    limit = np.where(rows["served_share"] < 1, rows["served_share"] * before, np.maximum(budget, before))
    after = pd.Series(demand, index=rows.index).groupby(campaign).transform("sum").to_numpy(dtype=np.float64)
    return np.minimum(1.0, np.divide(limit, after, out=np.ones(len(rows)), where=after > 0))
