"""Fourth stage: the ROI floor as a probability. Lower first, then pause; protected, unknown and sold-out items apart."""

from __future__ import annotations

import dagster as dg
import numpy as np
import pandas as pd

from assets.arrays import floats
from assets.batch import Batch, Batches
from assets.edits import paused_for_stock, resting_items
from assets.presentation import tables
from assets.probation import with_probation
from assets.steps import Step, night_table
from optimizers.floor import select_below_floor
from optimizers.types import BoolArray

VERDICTS = (
    "keep",
    "lower",
    "pause",
    "protected",
    "stock_hold",
    "resume",
    "probation",
    "on_probation",
    "no_entity",
    "not_enabled",
    "frozen",
    "edits_used",
    "closed_bid",
)


@night_table(group="3_decide")
def pruned_items(
    context: dg.AssetExecutionContext, batches: dg.ResourceParam[Batches], scored_items: pd.DataFrame
) -> Step:
    """One row per item with its verdict: keep, lower, pause, or why it is left alone; with the numbers behind it.

    An item is under the floor when P(roas < floor) reaches the level; the set is chosen so that the expected share of those
    that are not stays under the limit, and they are lowered. One is paused when even the lowest bid permitted tonight loses
    money; the set is chosen so that the expected share whose next click would pay there stays under the limit. A keyword
    that was paused returns on probation when what could be learned is worth more than it costs.
    """
    batch = batches.open(context.partition_time_window.start.date())
    out = judge_items(scored_items, batch)
    counts = out.groupby(["platform", "verdict"]).size().unstack(fill_value=0).reset_index()
    return Step(out, {"01_verdicts": dg.MetadataValue.md(tables.to_markdown(counts))})


def judge_items(items: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Return the items with their verdict and the numbers that it rests on."""
    out = with_probation(items, batch)
    out["is_below_floor"] = below_floor(out, batch)
    out["verdict"] = verdicts(out, batch)
    return out


def below_floor(items: pd.DataFrame, batch: Batch) -> BoolArray:
    """Return the items to lower at least: probably under the floor, and few enough that are not, per platform."""
    rule = batch.settings.floor
    is_known = (items["effective_paid_clicks"] >= rule.min_clicks) & (items["value_source"] != "unknown")
    below = floats(items, "p_below_floor")
    return _select(items, below, 1.0 - below, batch) & is_known.to_numpy(dtype=bool)


def verdicts(items: pd.DataFrame, batch: Batch) -> pd.Series:
    """Return each item's verdict; the first rule that fits counts. What is to be lowered and hopeless is paused."""
    tomorrow = pd.Timestamp(batch.night) + pd.Timedelta(days=1)
    below = items["is_below_floor"].astype(bool)
    was_sold_out = items["item"].isin(paused_for_stock(batch))
    resting = items["item"].map(resting_items(batch))
    is_sold_out = items["stock"].astype("Float64").fillna(1) <= 0
    has_lever = items[["bid", "daily_budget", "target_roas", "commission_rate"]].notna().any(axis=1)
    rules: list[tuple[str, pd.Series]] = [
        ("no_entity", items["status"].isna()),
        ("resume", (items["status"] == "paused") & was_sold_out & (items["stock"].astype("Float64").fillna(0) > 0)),
        ("probation", items["starts_trial"]),
        ("not_enabled", items["status"] != "enabled"),
        ("closed_bid", (items["level"] == "keyword") & items["bid"].isna()),
        ("closed_bid", ~has_lever),
        ("frozen", (items["do_not_touch_until"] >= tomorrow) | (resting == "frozen")),
        ("edits_used", resting == "edits_used"),
        ("stock_hold", is_sold_out),
        ("on_probation", items["is_on_trial"]),
        ("protected", below & (items["is_protected"] | items["is_brand"])),
        ("lower", below),
    ]
    found = pd.Series(
        np.select([rule.fillna(False).to_numpy(dtype=bool) for _, rule in rules], [name for name, _ in rules], "keep"),
        index=items.index, dtype="str",
    )  # fmt: skip
    found[hopeless(items, (found == "lower").to_numpy(dtype=bool), batch)] = "pause"
    return found


def hopeless(items: pd.DataFrame, may_pause: BoolArray, batch: Batch) -> BoolArray:
    """Return the items to pause: they lose money even at the lowest permitted bid, and few are paused by mistake.

    A mistake is an item whose next click would pay at that bid. The guardrail takes a part of the set away, so the share of
    mistakes is held again among those that are left.
    """
    certain = may_pause & (floats(items, "p_loss") >= batch.settings.floor.level)
    mistake = 1.0 - floats(items, "p_unprofitable")
    chosen = _select(items, np.where(certain, 1.0, 0.0), mistake, batch)
    allowed = within_pause_limit(items, chosen, batch)
    return _select(items, np.where(allowed, 1.0, 0.0), mistake, batch)


def within_pause_limit(items: pd.DataFrame, chosen: BoolArray, batch: Batch) -> BoolArray:
    """Return which of the chosen may be paused tonight: most waste first, up to the guardrail's share of the platform's cost."""
    allowed = pd.Series(False, index=items.index)
    for _, rows in items.groupby("platform", sort=True):
        limit = batch.guardrails.max_paused_share * float(rows["cost_per_day"].sum())
        mine = rows[chosen[items.index.get_indexer(rows.index)]]
        waste = mine.sort_values(["expected_waste", "cost_per_day", "item"], ascending=[False, False, True])
        paused, taken = 0.0, []
        for row, cost in zip(waste.index, waste["cost_per_day"], strict=True):
            if paused + cost <= limit:  # one that is too large does not keep the smaller ones running
                paused += cost
                taken.append(row)
        allowed.loc[taken] = True
    return allowed.to_numpy(dtype=bool)


def _select(items: pd.DataFrame, probability: np.ndarray, mistake: np.ndarray, batch: Batch) -> BoolArray:
    """Return the largest set of each platform that is probable enough and keeps the share of mistakes."""
    rule, mask = batch.settings.floor, np.zeros(len(items), dtype=bool)
    for name in sorted(items["platform"].unique()):
        rows = (items["platform"] == name).to_numpy(dtype=bool)
        mask[rows] = select_below_floor(probability[rows], mistake[rows], rule.level, rule.max_false_share)
    return mask
