"""Keywords that are bid up to learn what a click of theirs is worth, with a budget of their own inside the plan's.

Here belongs who may be explored and how far. What learning is worth is ``optimizers.learning_value``. Left out are keywords on
probation (a trial of their own), brand and protected ones, what is judged under its floor, exhausted campaigns, and moves for
which a platform may have no edit left. A raise keeps the night's caps, so budgets and learning windows hold as before.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from assets.arrays import floats
from assets.batch import Batch
from assets.edits import edits_left
from assets.plan_problem import PlanProblem
from assets.response import keyword_response
from optimizers.allocation import AllocationProblem, AllocationResult, allocate
from optimizers.errors import InfeasibleBudgetError
from optimizers.explore import jitter
from optimizers.learning_choice import choose_learning
from optimizers.learning_value import Belief, BidRange, Horizon, Learning, learning_worth
from optimizers.results import Sentence

STEPS = (0.15, 0.3, 0.5, 0.75, 1.0)  # of the way, in logarithms, from the planned bid to tonight's cap
# Once more is known a bid may go as far as three nights' caps. An assumption: on the drawn markets reaches of one, three and six
# nights earn alike at the usual share, and three and six twice as much as one at a share of 15 %.
REACH_NIGHTS = 3
MAX_WEIGHED = (
    20_000  # keywords with most money behind what is not known of them; more would take longer than the plan itself
)
BELIEFS = ("cvr_shape", "cvr_rate", "aov_log_sd", "order_cv")


class Explored(NamedTuple):
    """What is explored: item, its worth (gain less cost) and more spend a day; the sum's worth, and the most any could bring."""

    items: pd.DataFrame
    worth: float
    bound: float
    note: str = ""


NOBODY = Explored(pd.DataFrame({"item": pd.Series(dtype="str"), "explore_worth": pd.Series(dtype="float64"),
                                "explore_cost": pd.Series(dtype="float64")}), 0.0, 0.0)  # fmt: skip


def explore(
    plan: PlanProblem, result: AllocationResult, batch: Batch
) -> tuple[AllocationProblem, AllocationResult, Explored]:
    """Return the plan anew with the least bids that exploring asks, and what it explores; the plan itself where that is nothing.

    Raises ValueError where there is no plan: nothing may move tonight.
    """
    if plan.problem is None:
        raise ValueError("there is no plan to explore in: nothing may move tonight")
    budget = batch.settings.explore.share * plan.total
    at = np.flatnonzero(may_be_explored(plan, result, batch))
    if budget <= 0 or not at.size:
        return plan.problem, result, NOBODY
    at = most_to_learn(plan.keywords, at, batch)
    rows, planned, price = plan.keywords.iloc[at], result.multiplier[at], price_of(plan.problem, result)[at]
    levels, found = weigh_levels(rows, planned, price, batch)
    tie = np.log(jitter(rows["item"].astype(str).tolist(), batch.night.toordinal()))
    taken, bound = climb(found, tie, budget)
    if not taken.any():
        return plan.problem, result, NOBODY._replace(bound=bound)
    mine, top = np.flatnonzero(taken > 0), taken[taken > 0] - 1
    least = plan.problem.keywords.min_multiplier.copy()
    least[at[mine]] = levels[top, mine]
    asked = replace(plan.problem, keywords=replace(plan.problem.keywords, min_multiplier=least))
    try:
        again = allocate(asked)
    except InfeasibleBudgetError as error:  # budgets and floors go first
        return plan.problem, result, NOBODY._replace(bound=bound, note=str(error))
    worth = found.net[top, mine]
    items = rows[["item"]].iloc[mine].assign(explore_worth=worth, explore_cost=found.outlay[top, mine])
    return asked, again, Explored(items.reset_index(drop=True), float(worth.sum()), bound)


def may_be_explored(plan: PlanProblem, result: AllocationResult, batch: Batch) -> np.ndarray:
    """Return which keywords may be bid up to learn, shape (n_keywords,)."""
    rows = plan.keywords
    known = np.column_stack([floats(rows, name) for name in BELIEFS])
    price = np.zeros(len(rows)) if plan.problem is None else price_of(plan.problem, result)
    change = batch.guardrails.min_change
    has_room = (floats(rows, "max_multiplier") > result.multiplier * (1.0 + change)) & (result.multiplier > 0)
    is_edited = np.abs(result.multiplier - 1.0) >= change  # an edit that exploring only changes is none more
    counts = rows["platform"].isin(list(edits_left(batch))).to_numpy(dtype=bool)
    is_free = ~(rows["is_brand"] | rows["is_protected"] | rows["is_exhausted"]).to_numpy(dtype=bool)
    is_kept = (rows["verdict"] == "keep").to_numpy(dtype=bool)
    has_value = (
        (floats(rows, "value_per_click") > 0) & (floats(rows, "demand_clicks") > 0) & (known[:, :2] > 0).all(axis=1)
    )
    is_priced = np.isfinite(price) & (price > 0)
    return is_kept & is_free & has_room & has_value & is_priced & ~np.isnan(known).any(axis=1) & (is_edited | ~counts)


def most_to_learn(rows: pd.DataFrame, at: np.ndarray, batch: Batch) -> np.ndarray:
    """Return the places of the keywords to weigh: where most money stands behind what the days to come would teach."""
    clicks = floats(rows, "demand_clicks")[at]
    belief = Belief(*(floats(rows, name)[at] for name in BELIEFS))
    stake = belief.learned_variance(batch.settings.explore.days * clicks) * clicks * floats(rows, "value_per_click")[at]
    order = np.lexsort((rows["item"].to_numpy()[at], -stake))[:MAX_WEIGHED]
    return np.asarray(np.sort(at[order]))


def weigh_levels(
    rows: pd.DataFrame, planned: np.ndarray, price: np.ndarray, batch: Batch
) -> tuple[np.ndarray, Learning]:
    """Return exploring bids from the planned one up to the cap and what each is worth, shape (n_levels, n_keywords) each."""
    rule, response = batch.settings.explore, keyword_response(rows)
    belief = Belief(*(floats(rows, name) for name in BELIEFS))
    low, high = (floats(rows, name) for name in ("min_multiplier", "max_multiplier"))
    low = np.minimum(np.where(low > 0, low, planned), planned)
    far = np.minimum(high**REACH_NIGHTS, response.max_multiplier)
    reach = BidRange(np.minimum(low, low**REACH_NIGHTS), np.maximum(high, far), price)
    horizon = Horizon(float(rule.days), float(rule.horizon_days), batch.settings.floor.daily_discount)
    levels = np.array(
        [np.minimum(planned * (high / planned) ** step, high) for step in STEPS]
    )  # not past it by a digit
    found = [learning_worth(belief, response, reach, (planned, level), horizon) for level in levels]
    return levels, Learning(*(np.array(part) for part in zip(*found, strict=True)))


def climb(found: Learning, tie: np.ndarray, budget: float) -> tuple[np.ndarray, float]:
    """Return how many levels each keyword climbs, best worth per money first, and the bound on any such choice.

    Each step from a level to the next is chosen by itself; a step without the one below it is not taken.
    """
    net = np.diff(found.net, axis=0, prepend=0.0)
    outlay = np.maximum(np.diff(found.outlay, axis=0, prepend=0.0), 0.0)
    chosen = choose_learning(net.ravel(), outlay.ravel(), np.tile(tie, len(net)), budget)
    steps = np.logical_and.accumulate(chosen.is_chosen.reshape(net.shape), axis=0)
    return steps.sum(axis=0), chosen.bound


def price_of(problem: AllocationProblem, result: AllocationResult) -> np.ndarray:
    """Return what a unit of each keyword's money must bring at its node, shape (n_keywords,)."""
    return np.asarray(result.node_price[problem.keywords.node], dtype=np.float64)


def mark_explored(rows: pd.DataFrame, found: Explored) -> pd.DataFrame:
    """Return the plan's rows with what exploring each is worth and costs a day; what stops an explored one is that."""
    out = rows.drop(columns=["explore_worth", "explore_cost"], errors="ignore")
    out = out.merge(found.items, on="item", how="left", validate="1:1")
    out["binding_limit"] = out["binding_limit"].mask(out["explore_worth"].notna(), "explore")
    return out


def explored_words(found: Explored, currency: str) -> Sentence:
    """Return what is explored tonight."""
    if found.note:
        return Sentence(
            en=f"Exploring contradicts the budgets, none tonight: {found.note}",
            zh=f"探索与预算冲突，今晚不探索：{found.note}",
        )
    n_items, spent = len(found.items), float(found.items["explore_cost"].sum())
    return Sentence(
        en=f"Keywords explored: {n_items}, for {spent:,.2f} {currency} more a day; what is learned is expected to be "
        f"worth {found.worth:,.2f} net (at most {found.bound:,.2f}).",
        zh=f"探索 {n_items} 个关键词，每天多花 {spent:,.2f} {currency}，"
        f"学到的预计净值 {found.worth:,.2f}（上界 {found.bound:,.2f}）。",
    )
