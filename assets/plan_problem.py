"""Turns judged items into one allocation problem: what may move, within which caps, in which tree of budgets.

The optimum itself is found by ``optimizers.allocation``; what its numbers mean for a bid file is said in ``assets.bidding``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from assets.batch import Batch
from configs.platform_schema import Platform
from configs.schema import Guardrails
from optimizers.allocation import AllocationProblem
from optimizers.bids import change_caps
from optimizers.items import BudgetItems, KeywordItems
from optimizers.response import MAX_MULTIPLIER, PRIOR_ETA, PRIOR_KAPPA, KeywordResponse, rank_ceiling
from optimizers.tree import PriceTree

# Value of a closed-bid campaign grows like cost to this power: below the 0.9 that the design allows, above the square root
# of saturated feeds. A target steers cost with theta = 1 / (1 - beta), the same curve seen from the other side.
PRIOR_BETA = 0.7
MOVABLE = ("keep", "lower", "protected")


@dataclass(frozen=True)
class PlanProblem:
    """The problem and the rows it came from; ``fixed_cost`` is spent by items that nobody moves tonight."""

    problem: AllocationProblem
    keywords: pd.DataFrame
    budgets: pd.DataFrame
    fixed_cost: float
    total: float


def build_problem(items: pd.DataFrame, batch: Batch, *, reserved: float = 0.0) -> PlanProblem:
    """Return the problem of the movable items; ``reserved`` is money a day set aside for KOL fees."""
    movable = items["verdict"].isin(MOVABLE) & ~items["is_held"]
    rows = with_caps(items[movable].reset_index(drop=True), batch)
    keywords = rows[rows["lever"] == "keyword_bid"].reset_index(drop=True)
    budgets = rows[rows["lever"].isin(["daily_budget", "target_roas"])].reset_index(drop=True)
    budgets["base_cost"] = np.where(
        budgets["lever"] == "daily_budget", budgets["daily_budget"] * budgets["fx_rate"], budgets["usual_cost"]
    )
    kept = ~movable & (items["verdict"] != "pause") & (items["verdict"] != "stock_hold") | items["is_held"]
    fixed = float(items.loc[kept, "usual_cost"].sum()) + float(rows.loc[rows["lever"] == "", "usual_cost"].sum())
    wanted = batch.settings.budget.daily_total
    total = float(items["usual_cost"].sum()) if wanted is None else wanted
    tree = build_tree(keywords, budgets, max(total - fixed - reserved, 0.0), batch)
    problem = AllocationProblem(
        keyword_items(keywords, tree), budget_items(budgets, tree), tree, mode=batch.settings.budget.mode
    )
    return PlanProblem(problem, keywords, budgets, fixed, total)


def with_caps(rows: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Return the rows with their lever and the bounds that caps, platform rules, floor and protection put on it.

    The multiplier of a target is that of the cost it steers, so its caps are the caps of a budget.
    """
    out = rows.copy()
    spends = (out["usual_cost"] > 0) & (out["value_per_click"] > 0)
    is_keyword = (out["level"] == "keyword") & out["bid"].notna()
    is_exhausted = out["is_exhausted"].astype(bool)
    levers = [
        ("keyword_bid", is_keyword),
        ("target_roas", out["target_roas"].notna() & ~is_exhausted & spends),
        ("daily_budget", out["daily_budget"].notna() & is_exhausted & spends),
    ]
    known = [(name, hit & _is_open(out["platform"], name, batch)) for name, hit in levers]
    out["lever"] = np.select([hit.to_numpy(dtype=bool) for _, hit in known], [name for name, _ in known], "")
    out["min_multiplier"], out["max_multiplier"], ceiling = 1.0, 1.0, ceilings(out)
    for (platform, lever), part in out[out["lever"] != ""].groupby(["platform", "lever"], sort=True):
        low, high = _caps(part, str(lever), batch.platforms[str(platform)], batch.guardrails)
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
    room = (part["daily_budget"] * part["fx_rate"] / part["usual_cost"]).astype("float64").fillna(np.inf).to_numpy()
    high = np.minimum(ones + caps.max_budget_raise, np.maximum(room, 1.0))
    return ones - caps.max_budget_lower, high


def _with_goals(rows: pd.DataFrame) -> pd.DataFrame:
    """Cap raises: nothing protected, judged under the floor or brand is raised, and no raise goes under the ROAS floor."""
    out = rows.copy()
    at_floor = (out["value_per_click"] / out["margin"]) / (out["roas_floor"] * out["cpc"])
    allowed = np.maximum(at_floor.to_numpy(dtype=np.float64), 1.0)
    allowed[(out["verdict"] != "keep").to_numpy() | out["is_brand"].to_numpy(dtype=bool)] = 1.0
    is_bid = (out["lever"] == "keyword_bid").to_numpy()
    limit = np.where(is_bid, np.minimum(out["max_multiplier"], allowed), out["max_multiplier"])
    out["max_multiplier"] = np.maximum(limit, out["min_multiplier"])
    return out


def build_tree(keywords: pd.DataFrame, budgets: pd.DataFrame, available: float, batch: Batch) -> PriceTree:
    """Return total -> platform -> campaign. A maximum that tonight's caps cannot reach is lifted to what they can."""
    platforms = sorted(set(keywords["platform"]) | set(budgets["platform"]))
    campaigns = keywords.assign(node=campaign_nodes(keywords)).groupby("node", sort=True).agg(
        platform=("platform", "first"), budget=("campaign_budget", "first"), fx_rate=("fx_rate", "first")
    )  # fmt: skip
    least = least_cost(keywords)
    by_campaign = least.groupby(campaign_nodes(keywords)).sum().reindex(campaigns.index).fillna(0.0)
    low_budget = (budgets["base_cost"] * budgets["min_multiplier"]).groupby(budgets["platform"]).sum()
    by_platform = (
        least.groupby(keywords["platform"]).sum().add(low_budget, fill_value=0.0).reindex(platforms).fillna(0.0)
    )
    names = ["total", *platforms, *campaigns.index]
    parent = [-1, *[0] * len(platforms), *[1 + platforms.index(name) for name in campaigns["platform"]]]
    own = (campaigns["budget"].astype("Float64").astype("float64") * campaigns["fx_rate"]).fillna(np.inf)
    top = [batch.uses[name].max_cost for name in platforms]
    most_platform = np.array([np.inf if value is None else value for value in top], dtype=np.float64)
    slack = 1.0 + 1e-9  # bounds that meet exactly must not fail on the last bit
    most = np.concatenate([
        [max(available, float(by_platform.sum()) * slack)],
        np.maximum(most_platform, by_platform.to_numpy() * slack), np.maximum(own.to_numpy(), by_campaign.to_numpy() * slack),
    ])  # fmt: skip
    lowest = np.zeros(len(names))
    for index, name in enumerate(platforms, start=1):
        lowest[index] = min(batch.uses[name].min_cost, most[index], reachable(keywords, budgets, name))
    return PriceTree(np.array(parent, dtype=np.int64), lowest, most, tuple(names))


def campaign_nodes(keywords: pd.DataFrame) -> pd.Series:
    """Return the name of each keyword's campaign node: the campaign's name, with its id where two share a name."""
    shop = keywords["platform"] + " / " + keywords["account"] + " / "
    name = shop + keywords["campaign"].fillna(keywords["campaign_key"])
    n_campaigns = keywords.groupby(name)["campaign_key"].transform("nunique")
    return name.where(n_campaigns <= 1, name + " #" + keywords["campaign_key"])


def least_cost(keywords: pd.DataFrame) -> pd.Series:
    """Return what each keyword costs a day at the lowest bid that tonight's caps permit."""
    cost = keyword_response(keywords).cost_at(keywords["min_multiplier"].to_numpy(dtype=np.float64))
    return pd.Series(cost, index=keywords.index)


def reachable(keywords: pd.DataFrame, budgets: pd.DataFrame, platform: str) -> float:
    """Return the most that a platform's movable items can cost a day under tonight's caps."""
    bids = keywords[keywords["platform"] == platform]
    plans = budgets[budgets["platform"] == platform]
    most = keyword_response(bids).cost_at(bids["max_multiplier"].to_numpy(dtype=np.float64))
    return float(most.sum() + (plans["base_cost"] * plans["max_multiplier"]).sum())


def keyword_response(keywords: pd.DataFrame) -> KeywordResponse:
    """Return the response of keywords in shop money a day; elasticities are the stated priors."""
    n = len(keywords)
    arrays = {name: keywords[name].to_numpy(dtype=np.float64) for name in ("demand_clicks", "cpc", "value_per_click")}
    bid0 = (keywords["bid"] * keywords["fx_rate"]).to_numpy(dtype=np.float64)
    return KeywordResponse(
        arrays["demand_clicks"], arrays["cpc"], bid0, arrays["value_per_click"],
        np.full(n, PRIOR_ETA), np.ones(n), np.full(n, PRIOR_KAPPA), ceilings(keywords),
    )  # fmt: skip


def ceilings(keywords: pd.DataFrame) -> np.ndarray:
    """Return the multiple of the bid at which every impression is won; ten where the platform does not say."""
    lost = keywords["lost_to_rank_share"].astype("float64").to_numpy()
    return np.fmin(rank_ceiling(lost, np.full(len(lost), PRIOR_ETA)), MAX_MULTIPLIER)


def keyword_items(keywords: pd.DataFrame, tree: PriceTree) -> KeywordItems:
    """Return the optimiser's arrays of the keywords."""
    curve = keyword_response(keywords)
    node = pd.Index(tree.names).get_indexer(pd.Index(campaign_nodes(keywords))).astype(np.int64)
    low, high = (keywords[name].to_numpy(dtype=np.float64) for name in ("min_multiplier", "max_multiplier"))
    return KeywordItems(
        node, curve.clicks0, curve.cpc0, curve.bid0, curve.value_per_click, curve.eta, curve.rho, curve.kappa, low, high
    )


def budget_items(budgets: pd.DataFrame, tree: PriceTree) -> BudgetItems:
    """Return the optimiser's arrays of closed-bid campaigns; a target's base is the cost that it steers."""
    base = budgets["base_cost"].to_numpy(dtype=np.float64)
    node = pd.Index(tree.names).get_indexer(pd.Index(budgets["platform"])).astype(np.int64)
    value = (budgets["value_per_click"] * base / budgets["cpc"]).to_numpy(dtype=np.float64)
    low, high = (budgets[name].to_numpy(dtype=np.float64) * base for name in ("min_multiplier", "max_multiplier"))
    limited = np.ones(len(budgets), dtype=np.bool_)
    return BudgetItems(node, value, base, np.full(len(budgets), PRIOR_BETA), low, high, base, limited)
