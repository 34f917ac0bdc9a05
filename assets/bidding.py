"""Sixth stage: every recommendation of the night as one table: item, lever, old -> new, reason, money, interval, decision.

The optimum comes from ``assets.budgets``; here it meets steps, bounds and the last guardrails. Files are written later.
"""

from __future__ import annotations

import dagster as dg
import numpy as np
import pandas as pd

from assets.batch import Batch, Batches
from assets.bid_rows import item_rows
from assets.edits import beyond_edits
from assets.new_rows import kol_rows, term_rows
from assets.overview import price_nodes
from assets.platforms.levers import check_rows
from assets.presentation import charts, tables
from assets.proposal_rows import REASON_OF_ORIGIN, proposal_rows
from assets.refusal import REFUSED, refusal_of
from assets.steps import Step, as_table, night_table
from assets.ties import with_ties
from optimizers.bids import assert_safe

COLUMNS = [
    "platform", "account", "item", "level", "lever", "campaign_id", "campaign", "ad_group_id", "ad_group", "keyword_id",
    "keyword", "match_type", "product_id", "entity_type", "status", "search_term", "currency", "old_value", "new_value",
    "planned_value", "jitter_mean",
    "action", "reason_code", "binding_limit", "evidence_grade", "score", "cost", "expected_cost", "cost_change",
    "value_change", "profit_change", "profit_change_low", "profit_change_high", "roas", "roas_low", "roas_high",
    "roas_floor", "p_below_floor", "p_unprofitable", "p_loss", "lowest_bid", "lowest_cpc", "lowest_marginal_cost",
    "expected_waste", "probation_worth", "clicks", "conversions", "growth", "growth_low", "growth_high", "growth_usual",
    "searches", "competition", "source", "limit_seen", "limit_most", "brand_value", "marginal_roas", "margin", "is_writable",
    "decision", "hold_reason",
]  # fmt: skip
TEXTS = (
    "platform", "account", "item", "level", "lever", "campaign_id", "campaign", "ad_group_id", "ad_group", "keyword_id",
    "keyword", "match_type", "product_id", "entity_type", "status", "search_term", "currency", "action", "reason_code",
    "binding_limit", "evidence_grade", "source", "decision", "hold_reason",
)  # fmt: skip
MAX_RATIO = 100.0
QUIET = ("keep", "hold")


@night_table(group="4_recommend")
def recommendations(
    context: dg.AssetExecutionContext,
    batches: dg.ResourceParam[Batches],
    pruned_items: pd.DataFrame,
    budget_plan: pd.DataFrame,
    discovered_terms: pd.DataFrame,
    kol_plan: pd.DataFrame,
) -> Step:
    """One row per change (or hold) of the night, rounded to the platform's step and inside every guardrail.

    Built from the verdicts, the optimum, the discovered terms and the KOL plan. A value that is not a number, zero, or a
    hundred times the old one holds its whole platform; limits that contradict each other hold all of them.
    """
    batch = batches.open(context.partition_time_window.start.date())
    is_refused = refusal_of(budget_plan) is not None
    if is_refused:  # without a plan everything stays as it is, what a check holds and what it does not
        pruned_items = pruned_items.assign(is_held=True)
    moves = item_rows(pruned_items, budget_plan, batch)
    parts = [
        moves,
        term_rows(discovered_terms, budget_plan, moves, batch),
        proposal_rows(discovered_terms, budget_plan, batch),
        kol_rows(kol_plan, batch),
    ]
    rows = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    frame = held_by_refusal(finish(rows.assign(is_held=True), batch)) if is_refused else finish(rows, batch)
    currency = batch.settings.shop.currency
    chart = charts.money_chart(frame, price_nodes(budget_plan), currency, layout="dialog")
    metadata = {
        "00_review_page": dg.MetadataValue.path(str(batch.home.review / batch.night.isoformat() / "index.html")),
        "01_chart": dg.MetadataValue.md(f"![money by platform]({charts.data_uri(chart)})"),
        "02_top": as_table(tables.top_table(frame, currency=currency)),
    }
    return Step(frame, metadata)


def held_by_refusal(rows: pd.DataFrame) -> pd.DataFrame:
    """Return held rows that say that there is no plan tonight, and not that their platform's data did not pass."""
    out = rows.copy()
    for name in ("reason_code", "hold_reason"):
        out[name] = out[name].replace({"platform_held": REFUSED})
    return out


def finish(rows: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Return the rows with all columns, writable flags and decisions, sorted by platform, item and lever."""
    out = rows.reindex(columns=[*COLUMNS, "is_held"])
    for name in TEXTS:
        out[name] = out[name].astype("str")
    for name in [one for one in COLUMNS if one not in TEXTS and one != "is_writable"]:
        out[name] = out[name].astype("Float64").astype("float64")
    held = set(out.loc[out["is_held"].astype("boolean").fillna(False), "platform"])
    out["is_held"] = out["platform"].isin(held)  # also for its new terms, which know nothing of the gate
    out["is_writable"] = writable(out, batch)
    out["hold_reason"] = hold_reasons(out, batch)
    wanted = out["evidence_grade"].isin(["A", "B"]) | (batch.settings.review == "auto")
    accepted = out["is_writable"] & (out["hold_reason"] == "") & wanted
    out["decision"] = pd.Series(np.where(accepted, "accept", "hold"), index=out.index, dtype="str")
    return with_ties(out)[COLUMNS].sort_values(["platform", "item", "lever", "search_term"], ignore_index=True)


def writable(rows: pd.DataFrame, batch: Batch) -> pd.Series:
    """Return the rows that are a change, through a lever that the platform keeps open, on an item that may be touched."""
    open_levers = {
        (name, rule.lever) for name, platform in batch.platforms.items() for rule in platform.rulebook.levers
    }
    is_open = pd.Series(
        [pair in open_levers for pair in zip(rows["platform"], rows["lever"], strict=True)], index=rows.index
    )
    return is_open & ~rows["action"].isin(QUIET) & ~rows["is_held"]


def hold_reasons(rows: pd.DataFrame, batch: Batch) -> pd.Series:
    """Return why a writable row is held after all.

    Unsafe values and too much expected spend hold the whole platform; a row that its platform would refuse, or that could
    not be undone, is held alone.
    """
    reason = pd.Series("", index=rows.index, dtype="str")
    valued = rows["is_writable"] & rows["new_value"].notna() & rows["old_value"].notna()
    unsafe = pd.Series(False, index=rows.index)
    new, old = (rows.loc[valued, name].to_numpy(dtype=np.float64) for name in ("new_value", "old_value"))
    unsafe[valued] = assert_safe(new, old, MAX_RATIO)
    reason[rows["platform"].isin(rows.loc[unsafe, "platform"])] = "unsafe_value"
    waits = rows["reason_code"].isin(REASON_OF_ORIGIN.values()) & batch.settings.discovery.are_proposals_held
    reason[waits & (reason == "")] = "proposal"
    usual = rows["cost"].where(rows["level"] != "search_term", 0.0)  # a term's cost is part of its keyword's already
    change = rows["cost_change"].where(~waits, 0.0)
    spend = rows.assign(cost=usual, cost_change=change).groupby("platform")[["cost", "cost_change"]].sum()
    after = spend["cost"] + spend["cost_change"]
    too_much = after[(after > batch.guardrails.max_expected_spend * spend["cost"]) & (spend["cost"] > 0)].index
    reason[rows["platform"].isin(too_much) & (reason == "") & (rows["platform"] != "kol")] = "expected_spend"
    for name in sorted(rows.loc[rows["is_writable"], "platform"].unique()):
        breaches = check_rows(rows[rows["is_writable"] & (rows["platform"] == name)], batch.platforms[str(name)])
        for row, why in breaches.drop_duplicates("row")[["row", "reason"]].itertuples(index=False):
            reason[row] = reason[row] or str(why)
    still = rows.assign(
        is_writable=rows["is_writable"] & (reason == "")
    )  # what is held anyway takes no edit from others
    reason[beyond_edits(still, batch)] = "edits_left"
    reason[rows["is_held"]] = "platform_held"
    return reason
