"""Turns judged items into one allocation problem: what may move, within which caps, in which tree of budgets.

The optimum itself is found by ``optimizers.allocation``; what its numbers mean for a bid file is said in ``assets.bidding``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from assets.arrays import floats
from assets.batch import Batch
from assets.campaign_nodes import NO_LIMITS, NodeLimits, read_limits, with_nodes
from assets.plan_tree import build_tree, leaf_nodes, set_maxima, spent_below, without_spent
from assets.response import COMMISSION_BETA, betas, keyword_response
from assets.tree_limits import floor_basis
from configs.platform_schema import Platform
from configs.schema import Guardrails
from optimizers.allocation import AllocationProblem
from optimizers.bids import change_caps
from optimizers.errors import InvalidInputError
from optimizers.items import BudgetItems, KeywordItems
from optimizers.reachable import within_reach
from optimizers.tree import PriceTree
from optimizers.types import FloatArray

PLAN_LEVERS = ("daily_budget", "target_roas", "commission_rate")
MOVABLE = ("keep", "lower", "protected")


@dataclass(frozen=True)
class Reserve:
    """Money a day that items may not take: fees of signed creators, and what added words may cost, by campaign."""

    fees: float = 0.0
    terms: tuple[pd.DataFrame, ...] = ()

    @property
    def for_terms(self) -> float:
        """Return what is set aside for added words."""
        return float(sum(part["usual_cost"].sum() for part in self.terms))


NO_RESERVE = Reserve()


@dataclass(frozen=True)
class PlanProblem:
    """The problem and the rows it came from; ``fixed_cost`` is spent by items that nobody moves tonight.

    ``problem`` is None when nothing may move, as in a home that has no entity export yet. ``asked`` is the tree as the
    settings ask it, of which ``spent`` at each node is spent or set aside already, before tonight's caps made of it what
    they can reach. ``unclear`` says why the limits of campaigns cannot be read; the problem is then without them.
    """

    problem: AllocationProblem | None
    keywords: pd.DataFrame
    budgets: pd.DataFrame
    fixed_cost: float
    total: float
    asked: PriceTree | None = None
    spent: FloatArray | None = None
    limits: NodeLimits = NO_LIMITS
    unclear: InvalidInputError | None = None


def build_problem(
    items: pd.DataFrame, batch: Batch, *, reserved: Reserve = NO_RESERVE, frozen: frozenset[str] = frozenset()
) -> PlanProblem:
    """Return the problem of the movable items, with what is left after the money that is ``reserved``.

    ``frozen`` items keep their setting, though they may move: no edit of their platform is left for them.
    """
    items = with_nodes(items)
    movable = items["verdict"].isin(MOVABLE) & ~items["is_held"]
    rows = with_caps(items[movable].reset_index(drop=True), batch)
    rows.loc[rows["item"].isin(frozen), ["min_multiplier", "max_multiplier"]] = 1.0
    is_budget = rows["lever"] == "daily_budget"
    rows["base_cost"] = np.where(is_budget, rows["daily_budget"] * rows["fx_rate"], rows["usual_cost"])
    keywords = rows[rows["lever"] == "keyword_bid"].reset_index(drop=True)
    budgets = rows[rows["lever"].isin(PLAN_LEVERS)].reset_index(drop=True)
    fixed = fixed_items(items, rows)
    wanted = batch.settings.budget.daily_total
    total = float(items["usual_cost"].sum()) if wanted is None else wanted
    plan = PlanProblem(None, keywords, budgets, float(fixed["usual_cost"].sum()), total)
    if keywords.empty and budgets.empty:
        return plan
    limits, unclear = limits_or_why_not(items, batch)
    asked = build_tree(rows[rows["lever"] != ""], total, limits, batch)
    spent = spent_below(pd.concat([fixed, *reserved.terms], ignore_index=True), asked, batch)
    spent[0] += reserved.fees
    tree = without_spent(asked, spent, set_maxima(asked, limits))
    problem = AllocationProblem(
        keyword_items(keywords, tree), budget_items(budgets, tree), tree, mode=batch.settings.budget.mode,
        basis=floor_basis(keywords, budgets, tree, batch),
    )  # fmt: skip
    return replace(plan, problem=within_reach(problem), asked=asked, spent=spent, limits=limits, unclear=unclear)


def limits_or_why_not(items: pd.DataFrame, batch: Batch) -> tuple[NodeLimits, InvalidInputError | None]:
    """Return the limits of campaigns, or none and why they cannot be read: the plan is then refused, not the reading."""
    try:
        return read_limits(items, batch), None
    except InvalidInputError as error:
        return NO_LIMITS, error


def fixed_items(items: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return what is spent a day by items that nobody moves: held, unknown, frozen, or without a lever."""
    stays = items["is_held"] | ~items["verdict"].isin([*MOVABLE, "pause", "stock_hold"])
    columns = ["platform", "campaign_node", "group_node", "usual_cost"]
    return pd.concat([items.loc[stays, columns], rows.loc[rows["lever"] == "", columns]], ignore_index=True)


def with_caps(rows: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Return the rows with their lever and the bounds that caps, platform rules, floor and protection put on it.

    The multiplier of a target is that of the cost it steers, so its caps are the caps of a budget.
    """
    out = rows.copy()
    is_known = out[["value_per_click", "cpc"]].notna().all(axis=1) & (out["value_source"] != "unknown")
    spends = (out["usual_cost"] > 0) & (out["value_per_click"] > 0) & is_known
    is_keyword = (out["level"] == "keyword") & out["bid"].notna() & is_known
    is_exhausted = out["is_exhausted"].astype(bool)
    levers = [
        ("keyword_bid", is_keyword),
        ("target_roas", out["target_roas"].notna() & ~is_exhausted & spends),
        ("daily_budget", out["daily_budget"].notna() & is_exhausted & spends),
        ("commission_rate", out["commission_rate"].notna() & spends),
    ]
    known = [(name, hit & _is_open(out["platform"], name, batch)) for name, hit in levers]
    out["lever"] = np.select([hit.to_numpy(dtype=bool) for _, hit in known], [name for name, _ in known], "")
    out["min_multiplier"], out["max_multiplier"], ceiling = 1.0, 1.0, floats(out, "ceiling")
    for (platform, lever), part in out[out["lever"] != ""].groupby(["platform", "lever"], sort=True):
        low, high = _caps(part, str(lever), batch.platforms[str(platform)], batch.guardrails)
        low, high = _one_way(part, str(lever), (low, high), batch.platforms[str(platform)])
        if lever == "keyword_bid":
            high = np.maximum(np.minimum(high, ceiling[part.index]), low)
        out.loc[part.index, "min_multiplier"], out.loc[part.index, "max_multiplier"] = low, high
    return _with_goals(out)


def _is_open(platform: pd.Series, lever: str, batch: Batch) -> pd.Series:
    names = [name for name, model in batch.platforms.items() if model.rulebook.rule(lever) is not None]
    return platform.isin(names)


def _caps(part: pd.DataFrame, lever: str, platform: Platform, caps: Guardrails) -> tuple[np.ndarray, np.ndarray]:
    rule = platform.rulebook.rule(lever)
    if rule is None:
        raise LookupError(f"{platform.name} keeps {lever} closed; open it in its rulebook in configs/platforms")
    if lever == "keyword_bid":
        now = part["bid"].to_numpy(dtype=np.float64)
        return change_caps(now, caps.max_raise, caps.max_lower, rule.minimum, rule.maximum)
    if lever == "daily_budget":
        now = part["daily_budget"].to_numpy(dtype=np.float64)
        return change_caps(now, caps.max_budget_raise, caps.max_budget_lower, rule.minimum, rule.maximum)
    ones = np.ones(len(part))
    if (
        lever == "commission_rate"
    ):  # cost = rate^(1 / (1 - beta)), so the platform's limits of the rate are limits of cost
        now = part["commission_rate"].to_numpy(dtype=np.float64)
        least, most = ((limit / now) ** (1.0 / (1.0 - COMMISSION_BETA)) for limit in (rule.minimum, rule.maximum))
        low, high = ones - caps.max_budget_lower, ones + caps.max_budget_raise
        return np.minimum(np.maximum(low, least), ones), np.maximum(np.minimum(high, most), ones)
    room = (part["daily_budget"] * part["fx_rate"] / part["usual_cost"]).astype("float64").fillna(np.inf).to_numpy()
    high = np.minimum(ones + caps.max_budget_raise, np.maximum(room, 1.0))
    return ones - caps.max_budget_lower, high


def _one_way(
    part: pd.DataFrame, lever: str, caps: tuple[np.ndarray, np.ndarray], platform: Platform
) -> tuple[np.ndarray, np.ndarray]:
    """Take away the direction that a platform does not permit; a target that only rises lets its cost only fall."""
    rule, (low, high) = platform.rulebook.rule(lever), caps
    if rule is None:
        return low, high
    only_rises = part["entity_type"].isin(rule.raises_only).to_numpy() | (not rule.may_lower)
    if lever == "target_roas":
        return low, np.where(only_rises, np.minimum(high, 1.0), high)
    return np.where(only_rises, np.maximum(low, 1.0), low), np.where(only_rises, np.maximum(high, 1.0), high)


def _with_goals(rows: pd.DataFrame) -> pd.DataFrame:
    """Cap raises: nothing protected, judged under the floor or brand is raised, and no raise goes under the ROAS floor."""
    out = rows.copy()
    is_bid = out["lever"] == "keyword_bid"
    above = (out["revenue_per_click"] / (out["roas_floor"] * out["cpc"])).fillna(0.0)
    allowed = above.clip(lower=1.0) ** (1.0 / (1.0 - betas(out)))  # value = cost^beta, so roas falls by cost^(1 - beta)
    allowed[is_bid] = most_above_floor(out[is_bid])
    allowed[(out["verdict"] != "keep") | out["is_brand"].astype(bool)] = 1.0
    out["max_multiplier"] = np.maximum(np.minimum(out["max_multiplier"], allowed), out["min_multiplier"])
    return out


def most_above_floor(bids: pd.DataFrame) -> np.ndarray:
    """Return the largest multiple of today's bid, within its cap, whose ROAS is not under the floor; at least 1.

    Value less floor x cost is concave in the bid, so there is one crossing, found by halving.
    """
    curve = keyword_response(bids.assign(demand_clicks=1.0))
    revenue, floor = (bids[name].to_numpy(dtype=np.float64) for name in ("revenue_per_click", "roas_floor"))

    def keeps(multiplier: np.ndarray) -> np.ndarray:
        return np.asarray(revenue * curve.clicks_at(multiplier) >= floor * curve.cost_at(multiplier))

    cap = np.maximum(bids["max_multiplier"].to_numpy(dtype=np.float64), 1.0)
    low, high = np.ones(len(bids)), cap
    for _ in range(50):
        middle = (low + high) / 2.0
        low, high = np.where(keeps(middle), middle, low), np.where(keeps(middle), high, middle)
    return np.where(keeps(cap), cap, low)


def keyword_items(keywords: pd.DataFrame, tree: PriceTree) -> KeywordItems:
    """Return the optimiser's arrays of the keywords."""
    curve = keyword_response(keywords)
    low, high = (keywords[name].to_numpy(dtype=np.float64) for name in ("min_multiplier", "max_multiplier"))
    return KeywordItems(
        leaf_nodes(keywords, tree),
        curve.clicks0,
        curve.cpc0,
        curve.bid0,
        curve.value_per_click,
        curve.eta,
        curve.rho,
        curve.kappa,
        low,
        high,
    )


def budget_items(budgets: pd.DataFrame, tree: PriceTree) -> BudgetItems:
    """Return the optimiser's arrays of closed-bid campaigns; a target's base is the cost that it steers."""
    base = budgets["base_cost"].to_numpy(dtype=np.float64)
    value = (budgets["value_per_click"] * base / budgets["cpc"]).to_numpy(dtype=np.float64)
    low, high = (budgets[name].to_numpy(dtype=np.float64) * base for name in ("min_multiplier", "max_multiplier"))
    limited = np.ones(len(budgets), dtype=np.bool_)
    return BudgetItems(leaf_nodes(budgets, tree), value, base, betas(budgets), low, high, base, limited)
