"""Edits that a platform still takes: what was edited lately rests, and a limited number of edits goes where it earns most.

What was published is kept per night and revision (state ``edits_r<n>``), so that a night run again counts the same edits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pandas as pd

from assets.batch import Batch
from assets.plan_problem import PlanProblem
from assets.ties import tie_keys, worth_of_ties
from assets.warehouse import state
from optimizers.allocation import AllocationResult

Edits = dict[str, dict[str, list[str]]]  # platform -> lever -> items
STOCK_PAUSES = "stock_pauses"
MAX_PRICE = 1e9  # a node without money has no finite price
STOPS = ("pause", "stock_hold")


def remember_edits(batch: Batch, platform: str, rows: pd.DataFrame) -> None:
    """Keep which items of a platform this revision edits; a re-run writes the same over it."""
    name = f"edits_r{batch.inputs.revision}"
    known = state.read_state(batch.home, batch.night, name)
    edits: Edits = {} if known is None else known
    edits[platform] = {str(lever): sorted(part["item"].astype(str)) for lever, part in rows.groupby("lever", sort=True)}
    state.write_state(batch.home, batch.night, name, dict(sorted(edits.items())))


def remember_stock_pauses(batch: Batch, platform: str, rows: pd.DataFrame) -> None:
    """Keep which items are paused because their product was sold out, so that they can be switched on again."""
    before = state.latest_state_before(batch.home, STOCK_PAUSES, batch.night)
    tonight = state.read_state(batch.home, batch.night, STOCK_PAUSES)
    known = {**({} if before is None else before), **({} if tonight is None else tonight)}
    mine = set([] if before is None else before.get(platform, []))
    mine |= set(rows.loc[rows["reason_code"] == "stock_hold", "item"].astype(str))
    mine -= set(rows.loc[rows["action"] == "resume", "item"].astype(str))
    if mine or platform in known:
        state.write_state(
            batch.home, batch.night, STOCK_PAUSES, dict(sorted({**known, platform: sorted(mine)}.items()))
        )


def paused_for_stock(batch: Batch) -> frozenset[str]:
    """Return the items that an earlier night paused because their product was sold out."""
    known = state.latest_state_before(batch.home, STOCK_PAUSES, batch.night)
    return frozenset() if known is None else frozenset(item for items in known.values() for item in items)


def resting_items(batch: Batch) -> dict[str, str]:
    """Return the items that may not be edited tonight: ``frozen`` while learning, ``edits_used`` when today's are used up."""
    days = max((rule.learning_days for one in batch.platforms.values() for rule in one.rulebook.levers), default=0)
    found: dict[str, str] = {}
    for back in range(days, 0, -1):
        for platform, lever, item in _edits_of(batch, back):
            if back <= _learning_days(batch, platform, lever):
                found[item] = "frozen"
    today = Counter(_edits_of(batch, 0))
    for (platform, lever, item), n_edits in sorted(today.items()):
        rule = batch.platforms[platform].rulebook.rule(lever) if platform in batch.platforms else None
        if rule is not None and rule.edits_per_day is not None and n_edits >= rule.edits_per_day:
            found[item] = "edits_used"
    return found


def edits_left(batch: Batch) -> dict[str, int]:
    """Return how many edits each platform that counts them still takes today, less those kept for people's own."""
    used = Counter(platform for platform, _, _ in _edits_of(batch, 0))
    return {
        name: max(limit - used[name] - use.edits_reserved, 0)
        for name, use in batch.uses.items()
        if (limit := batch.platforms[name].rulebook.edits_per_day) is not None
    }


def lesser_edits(plan: PlanProblem, result: AllocationResult, items: pd.DataFrame, batch: Batch) -> frozenset[str]:
    """Return the items whose edit earns least, as many as their platform's edits do not reach.

    The gain of an edit is what it adds at its node's price: (value - price x cost) there, less the same at today's setting.
    Pauses go first: they stop a loss.
    """
    left = edits_left(batch)
    if not left or plan.problem is None:
        return frozenset()
    moves = _moves(plan, result)
    moves = moves[(moves["multiplier"] - 1.0).abs() >= batch.guardrails.min_change - 1e-9]
    stops = items[items["verdict"].isin(STOPS) & ~items["is_held"]].groupby("platform").size()
    dropped: list[str] = []
    for name, most in sorted(left.items()):
        mine = moves[moves["platform"] == name].sort_values(["gain", "item"], ascending=[False, True])
        dropped += mine["item"].iloc[max(most - int(stops.get(name, 0)), 0) :].tolist()
    return frozenset(dropped)


def beyond_edits(rows: pd.DataFrame, batch: Batch) -> pd.Series:
    """Return the rows for which no edit is left: pauses go first, then the largest expected profit, tied rows together."""
    beyond = pd.Series(False, index=rows.index)
    for name, most in edits_left(batch).items():
        mine = rows[rows["is_writable"] & (rows["platform"] == name)]
        order = mine.assign(
            is_stop=mine["action"] == "pause", worth=worth_of_ties(mine), tie=tie_keys(mine)
        ).sort_values(
            ["is_stop", "worth", "tie", "item", "lever"], ascending=[False, False, *[True] * 3], na_position="last"
        )
        beyond.loc[order.index[most:]] = True
    return beyond


def _moves(plan: PlanProblem, result: AllocationResult) -> pd.DataFrame:
    """Return every movable item with its multiplier and the gain of its edit."""
    if plan.problem is None:
        raise ValueError("there is no plan: nothing may move tonight")
    keywords, budgets = plan.problem.keywords, plan.problem.budgets
    price = np.minimum(result.node_price, MAX_PRICE)
    before = [
        keywords.clicks0 * (keywords.value_per_click - price[keywords.node] * keywords.cpc0),
        budgets.value0 - price[budgets.node] * budgets.cost0,
    ]
    after = [
        result.keyword_value - price[keywords.node] * result.keyword_cost,
        result.budget_value - price[budgets.node] * result.budget_cost,
    ]
    change = result.budget / np.maximum(budgets.budget0, np.finfo(np.float64).tiny)
    rows = pd.concat([plan.keywords[["item", "platform"]], plan.budgets[["item", "platform"]]], ignore_index=True)
    return rows.assign(
        multiplier=np.concatenate([result.multiplier, change]), gain=np.concatenate(after) - np.concatenate(before)
    )


def _edits_of(batch: Batch, back: int) -> Iterator[tuple[str, str, str]]:
    """Yield (platform, lever, item) of every edit published ``back`` nights ago, tonight by earlier revisions only."""
    night = batch.night - timedelta(days=back)
    for revision, edits in state.numbered_states(batch.home, night, "edits_r"):
        if back == 0 and revision >= batch.inputs.revision:
            continue
        for platform, by_lever in sorted(edits.items()):
            for lever, items in sorted(by_lever.items()):
                for item in items:
                    yield platform, lever, item


def _learning_days(batch: Batch, platform: str, lever: str) -> int:
    model = batch.platforms.get(platform)
    rule = None if model is None else model.rulebook.rule(lever)
    return 0 if rule is None else rule.learning_days
