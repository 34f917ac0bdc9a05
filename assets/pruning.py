"""Fourth stage: the ROI floor as a probability. Lower first, then pause; protected, unknown and sold-out items apart."""

from __future__ import annotations

import dagster as dg
import numpy as np
import pandas as pd

from assets.batch import Batch, Batches
from assets.edits import paused_for_stock, resting_items
from assets.presentation import tables
from assets.steps import Step, night_table
from optimizers.floor import select_below_floor

VERDICTS = (
    "keep",
    "lower",
    "pause",
    "protected",
    "stock_hold",
    "resume",
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

    An item is under the floor when P(roas < floor) reaches the level, and the set is chosen so that the expected share of
    wrong ones stays under the limit. It is paused only when even the lowest bid permitted tonight would lose money.
    """
    batch = batches.open(context.partition_time_window.start.date())
    out = scored_items.copy()
    out["is_below_floor"] = below_floor(out, batch)
    out["verdict"] = verdicts(out, batch)
    counts = out.groupby(["platform", "verdict"]).size().unstack(fill_value=0).reset_index()
    return Step(out, {"01_verdicts": dg.MetadataValue.md(tables.to_markdown(counts))})


def below_floor(items: pd.DataFrame, batch: Batch) -> np.ndarray:
    """Return the items that the floor acts on: probable, and few enough mistakes in expectation, per platform."""
    rule = batch.settings.floor
    mask = np.zeros(len(items), dtype=bool)
    for name in sorted(items["platform"].unique()):
        rows = (items["platform"] == name).to_numpy(dtype=bool)
        chosen = items[rows]
        mask[rows] = select_below_floor(
            chosen["p_below_floor"].to_numpy(dtype=np.float64), 1.0 - chosen["p_unprofitable"].to_numpy(dtype=np.float64),
            rule.level, rule.max_false_share,
        )  # fmt: skip
    is_known = (items["effective_paid_clicks"] >= rule.min_clicks) & (items["value_source"] != "unknown")
    return mask & is_known.to_numpy(dtype=bool)


def verdicts(items: pd.DataFrame, batch: Batch) -> pd.Series:
    """Return each item's verdict; the first rule that fits counts."""
    tomorrow = pd.Timestamp(batch.night) + pd.Timedelta(days=1)
    below = items["is_below_floor"].astype(bool)
    was_sold_out = items["item"].isin(paused_for_stock(batch))
    resting = items["item"].map(resting_items(batch))
    hopeless = below & (items["p_unprofitable"] >= batch.settings.floor.level)
    has_lever = items[["bid", "daily_budget", "target_roas", "commission_rate"]].notna().any(axis=1)
    rules: list[tuple[str, pd.Series]] = [
        ("no_entity", items["status"].isna()),
        ("resume", (items["status"] == "paused") & was_sold_out & (items["stock"].astype("Float64").fillna(0) > 0)),
        ("not_enabled", items["status"] != "enabled"),
        ("closed_bid", (items["level"] == "keyword") & items["bid"].isna()),
        ("closed_bid", ~has_lever),
        ("frozen", (items["do_not_touch_until"] >= tomorrow) | (resting == "frozen")),
        ("edits_used", resting == "edits_used"),
        ("stock_hold", items["stock"].astype("Float64").fillna(1) <= 0),
        ("protected", below & (items["is_protected"] | items["is_brand"])),
        ("pause", hopeless & within_pause_limit(items, hopeless, batch)),
        ("lower", below),
    ]
    return pd.Series(
        np.select([rule.fillna(False).to_numpy(dtype=bool) for _, rule in rules], [name for name, _ in rules], "keep"),
        index=items.index, dtype="str",
    )  # fmt: skip


def within_pause_limit(items: pd.DataFrame, hopeless: pd.Series, batch: Batch) -> pd.Series:
    """Return the hopeless items that may be paused tonight: most wasted money first, up to the platform's share of cost."""
    allowed = pd.Series(False, index=items.index)
    for _, rows in items.groupby("platform", sort=True):
        limit = batch.guardrails.max_paused_share * float(rows["cost_per_day"].sum())
        waste = rows.loc[hopeless[rows.index]].sort_values(["cost_per_day", "item"], ascending=[False, True])
        paused, chosen = 0.0, []
        for row, cost in zip(waste.index, waste["cost_per_day"], strict=True):
            if paused + cost <= limit:  # one that is too large does not keep the smaller ones running
                paused += cost
                chosen.append(row)
        allowed.loc[chosen] = True
    return allowed
