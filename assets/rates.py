"""Honest rates of items: conversion rate, click rate, order value, click price, value per click, each with its 80 % interval.

Here frames become arrays and results get their names. The formulas are in ``optimizers``, words of keywords in ``roots``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from assets.arrays import codes_of, floats
from assets.roots import root_matrix, roots_by_group, text_codes
from assets.set_bids import bid_factors
from optimizers import shrinkage
from optimizers.effects import Effects, Signal, join_effects, stack_effects
from optimizers.glm import LogRateFit, fit_log_rates
from optimizers.means import MeanEstimate
from optimizers.metrics import ratio
from optimizers.shrinkage import RatePosterior

FACTORS = (
    "campaign",
    "root",
    "root",
    "product",
    "match_type",
    "bid",
    "bid",
    "signal",
)  # of what a factor's knowledge is called
HALF_KNOWN = (
    0.5  # data have removed half of what was uncertain: the estimate rests on them rather than on what is above
)


@dataclass(frozen=True)
class _Groups:
    """What items are pooled by, codes of shape (n_items,): platform with brand apart, campaign and product within it."""

    pool: np.ndarray
    campaign: np.ndarray
    product: np.ndarray


def add_rates(items: pd.DataFrame) -> pd.DataFrame:
    """Add cvr, ctr, aov, cpc, value per click and what follows from them. Brand terms are pooled apart from the rest."""
    out = items.copy()
    groups = _groups_of(out)
    counts = floats(out, "effective_conversions"), floats(out, "effective_clicks")
    aov = shrinkage.pool_means(
        floats(out, "effective_value"), floats(out, "effective_orders"), groups.product, groups.pool
    )
    kin = _effects_of(out, groups)
    effects = join_effects(kin, stack_effects(len(out), bid_factors(out, aov.mean, groups.pool, kin)))
    fit = fit_log_rates(*counts, groups.pool, _with_interest(effects, out, groups))
    cvr = shrinkage.update_rates(*counts, fit.prior)
    cpc = shrinkage.pool_means(
        floats(out, "effective_cost"), floats(out, "effective_paid_clicks"), groups.campaign, groups.pool
    )
    ctr = _pooled(out, "effective_impression_clicks", "effective_impressions", groups)
    found: dict[str, RatePosterior | MeanEstimate] = {"cvr": cvr, "ctr": ctr, "aov": aov, "cpc": cpc}
    for name, estimate in found.items():
        _add_interval(out, name, estimate)
    out["cvr_shape"], out["cvr_rate"], out["cvr_prior"] = cvr.shape, cvr.rate, cvr.prior_mean
    out["prior_source"] = prior_source(fit, counts[1])
    out["cvr_level_log_sd"] = fit.level_log_sd
    out["aov_log_sd"], out["cpc_log_sd"] = aov.log_sd, cpc.log_sd
    out["order_cv"], out["click_price_cv"] = aov.event_cv, cpc.event_cv
    _add_worth(out, cvr, aov, cpc)
    _add_new_customers(out, groups)
    return out


def prior_source(fit: LogRateFit, exposure: np.ndarray) -> np.ndarray:
    """Return what each item's rate rests on: keyword, else root, campaign, platform; the first that is known by half."""
    is_half = dict.fromkeys(FACTORS, np.zeros(exposure.size, dtype=bool))
    for number, name in enumerate(FACTORS[: fit.share_known.shape[1]]):
        is_half[name] = is_half[name] | (fit.share_known[:, number] >= HALF_KNOWN)
    is_own = fit.prior.mean * exposure >= fit.prior.shape
    return np.select([is_own, is_half["root"], is_half["campaign"]], ["keyword", "root", "campaign"], "platform")


def pools_of(items: pd.DataFrame) -> np.ndarray:
    """Return codes of what rates have one common level for, shape (n_items,): a platform, its brand terms and levels apart."""
    return codes_of(_homes_of(items) + "|" + items["level"])


def _homes_of(items: pd.DataFrame) -> pd.Series:
    return items["platform"] + np.where(items["is_brand"], "|brand", "")


def _groups_of(items: pd.DataFrame) -> _Groups:
    home = _homes_of(items)
    pool = pools_of(items)
    is_keyword = (items["level"] == "keyword").to_numpy(dtype=bool)
    campaign = codes_of((home + "|" + items["account"] + "|" + items["campaign_key"]).where(is_keyword))
    product = codes_of(home + "|" + items["product_id"])
    rest = campaign.max(initial=-1) + 1 + pool  # a plan is an item of its own: all of a platform's are one group
    campaign = np.where(campaign >= 0, campaign, rest)
    return _Groups(pool, campaign, np.where(product >= 0, product, product.max(initial=-1) + 1 + campaign))


def _effects_of(items: pd.DataFrame, groups: _Groups) -> Effects:
    """Return the effects that items share, in the order of ``FACTORS``."""
    is_keyword = (items["level"] == "keyword").to_numpy(dtype=bool)
    texts = items["keyword"].where(is_keyword)
    roots = root_matrix(texts)
    factors = [
        np.where(is_keyword, groups.campaign, -1),
        roots,
        roots_by_group(roots, codes_of(items["platform"])),
        text_codes(texts),
        codes_of(items["product_id"]),
        codes_of(items["platform"] + "|" + items["match_type"]),
    ]
    return stack_effects(len(items), factors)


def _with_interest(effects: Effects, items: pd.DataFrame, groups: _Groups) -> Effects:
    """Return the effects with one more: what carts and favourites say of an item beyond its campaign, words and product.

    Taken as independent of the orders, given the item's rate. Where most orders were carts before, the same luck counts
    twice and intervals are a little narrow: no export tells which carts became orders.
    """
    exposure = floats(items, "effective_cart_clicks") + floats(items, "effective_favorite_clicks")
    if not exposure.any():
        return effects
    events = floats(items, "effective_carts") + floats(items, "effective_favorites")
    seen = shrinkage.update_rates(events, exposure, fit_log_rates(events, exposure, groups.pool, effects).prior)
    tells = np.bincount(groups.pool, exposure)[groups.pool] > 0
    signal = Signal(np.where(tells, np.log(seen.mean / seen.prior_mean), 0.0), np.where(tells, 1.0 / seen.shape, 0.0))
    return join_effects(effects, stack_effects(len(items), [signal]))


def _pooled(items: pd.DataFrame, events: str, exposure: str, groups: _Groups) -> RatePosterior:
    return shrinkage.pool_rates(floats(items, events), floats(items, exposure), groups.campaign, groups.pool)


def _add_interval(items: pd.DataFrame, name: str, found: RatePosterior | MeanEstimate) -> None:
    items[name], items[f"{name}_low"], items[f"{name}_high"] = found.mean, found.low, found.high


def _add_worth(items: pd.DataFrame, cvr: RatePosterior, aov: MeanEstimate, cpc: MeanEstimate) -> None:
    """Add what a click brings: in sales after refunds and double claims, on the value basis, and beside its price."""
    kept = floats(items, "net_factor")
    revenue = shrinkage.value_per_click(cvr, aov, kept)  # on sales; a margin of 0 must not take the ROAS with it
    _add_interval(items, "revenue_per_click", revenue)
    items["value_log_sd"] = revenue.log_sd
    margin = floats(items, "margin")
    for suffix, money in (("", revenue.mean), ("_low", revenue.low), ("_high", revenue.high)):
        items[f"value_per_click{suffix}"] = money * margin
    paid = MeanEstimate(ratio(aov.mean, cpc.mean), aov.low, aov.high, np.hypot(aov.log_sd, cpc.log_sd))
    _add_interval(items, "roas", shrinkage.value_per_click(cvr, paid, kept))
    items["break_even_roas"] = ratio(1.0, margin)


def _add_new_customers(items: pd.DataFrame, groups: _Groups) -> None:
    """Add the share of orders that new customers made and what one costs; missing where the platform does not tell."""
    told = items["effective_new_orders"].groupby(groups.pool).transform("sum").to_numpy(dtype=np.float64) > 0
    share = _pooled(items, "effective_new_customers", "effective_new_orders", groups).mean
    items["new_customer_share"] = np.where(told, np.minimum(share, 1.0), np.nan)
    items["cac"] = ratio(floats(items, "cpc"), floats(items, "cvr") * floats(items, "new_customer_share"))
