"""What each item costs and brings at a price: one concave form for bids and budgets alike.

With x the item's lever over today's, ``cost = max(0, fixed + scale x^power)`` and ``value = worth x^gain``. Here belong
that form and the best x at a price. Which price an item pays is found in ``optimizers.prices``.

Keywords (x = bid / bid0): ``power = eta + kappa``, ``gain = eta``. Budgets (x = budget / spend today): ``power = 1``,
``gain = beta``, so that "kappa" is ``1 - beta``. Everything is kept as logarithms: one exponential an item and price.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from optimizers.items import BudgetItems, KeywordItems
from optimizers.tree import PriceTree
from optimizers.types import BoolArray, FloatArray, IntArray

LOG_FREE = -300.0  # a log price below every real one: money is free, all that is worth anything is bought
NEXT_TO_NOTHING = 60.0  # how far, in log x, below an item's most its least is looked for when that least is zero


@dataclass(frozen=True)
class Curves:
    """Response curves of all items, each column of shape (n_items,): keywords first, then budgets.

    ``log_ratio`` is the log of the value that the next unit of cost buys at x = 1; it falls by ``kappa`` a unit of
    log x. ``log_off`` is the log price above which pausing the item pays (infinite: never). ``capped_by`` is the node
    whose marginal ROAS floor sets ``log_high``, -1 where none does.
    """

    node: IntArray
    log_ratio: FloatArray
    kappa: FloatArray
    power: FloatArray
    gain: FloatArray
    scale: FloatArray
    fixed: FloatArray
    worth: FloatArray
    log_low: FloatArray
    log_high: FloatArray
    log_off: FloatArray
    capped_by: IntArray

    @property
    def n_items(self) -> int:
        """Return the number of items."""
        return len(self.node)

    @property
    def last_log_price(self) -> float:
        """Return a log price so low that every item worth money is at its most."""
        lowest = np.minimum(self.log_ratio - self.kappa * self.log_high, self.log_off)
        return float(np.min(lowest, where=np.isfinite(lowest), initial=0.0)) - 1.0

    @property
    def first_log_price(self) -> float:
        """Return a log price so high that every item is at its least, or spends next to nothing."""
        low = np.maximum(self.log_low, self.log_high - NEXT_TO_NOTHING)
        highest = self.log_ratio - self.kappa * low
        return float(np.max(highest, where=np.isfinite(highest), initial=0.0)) + 1.0

    def take(self, rows: IntArray) -> Curves:
        """Return the curves of ``rows`` alone."""
        return Curves(*(getattr(self, field.name)[rows] for field in fields(self)))

    def best(self, log_price: FloatArray) -> FloatArray:
        """Return log x that earns most when a unit of cost must bring ``exp(log_price)``; -inf: paused."""
        log_x = np.clip((self.log_ratio - log_price) / self.kappa, self.log_low, self.log_high)
        return np.where(log_price > self.log_off, -np.inf, log_x)

    def cost(self, log_x: FloatArray) -> FloatArray:
        """Return the cost at log x, in currency a day."""
        cost = np.maximum(self.fixed + self.scale * np.exp(self.power * log_x), 0.0)
        return np.where(np.isneginf(log_x), 0.0, cost)

    def value(self, log_x: FloatArray) -> FloatArray:
        """Return the value at log x, in currency a day."""
        return self.worth * np.exp(self.gain * log_x)

    def log_marginal(self, log_x: FloatArray) -> FloatArray:
        """Return the log of the value that the next unit of cost buys at log x."""
        return self.log_ratio - self.kappa * log_x

    def spend(self, log_price: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the cost at the best x and its derivative by log price."""
        free = (self.log_ratio - log_price) / self.kappa
        log_x = np.minimum(np.maximum(free, self.log_low), self.log_high)
        moving = self.scale * np.exp(self.power * log_x)
        cost = np.maximum(self.fixed + moving, 0.0)
        slope = np.where(log_x == free, -moving * self.power / self.kappa, 0.0)
        is_off = (log_price > self.log_off) | np.isneginf(log_x)
        if not is_off.any():
            return cost, slope
        return np.where(is_off, 0.0, cost), np.where(is_off, 0.0, slope)

    def switch(self, is_on: BoolArray) -> Curves:
        """Return the curves with every item that may be paused fixed to off, or to on at any bid however low."""
        may_pause = np.isfinite(self.log_off)
        is_off = may_pause & ~is_on
        squeezed = np.where(may_pause, self.log_low - NEXT_TO_NOTHING, self.log_low)
        return replace(
            self,
            log_low=np.where(is_off, -np.inf, squeezed),
            log_high=np.where(is_off, -np.inf, self.log_high),
            log_off=np.full(self.n_items, np.inf),
        )


def join_curves(keywords: KeywordItems, budgets: BudgetItems) -> Curves:
    """Return the curves of all items, keywords first, with worthless items set behind all others."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        parts = _keyword_columns(keywords), _budget_columns(budgets)
    columns = parts[0]
    if len(budgets.node):
        columns = {name: np.concatenate([part[name] for part in parts]) for name in columns}
    curves = Curves(**columns, capped_by=np.full(len(columns["node"]), -1))
    return _rank_worthless_last(curves)


def base_value(keywords: KeywordItems, budgets: BudgetItems) -> FloatArray:
    """Return the value a day of every item at x = 1, shape (n_items,); nothing where a budget spends nothing."""
    is_spent = np.where(budgets.is_limited, budgets.budget0, budgets.cost0) > 0
    return np.concatenate([keywords.clicks0 * keywords.value_per_click, np.where(is_spent, budgets.value0, 0.0)])


def cap_at_floors(curves: Curves, tree: PriceTree, log_ratio: FloatArray) -> Curves:
    """Return the curves bounded where their next unit of cost brings just what the marginal ROAS floors above ask.

    Parameters
    ----------
    curves : Curves of n_items
    tree : PriceTree of n_nodes
    log_ratio : array of shape (n_items,)
        Log of the value, on the floors' basis, that the next unit of cost buys at x = 1.

    Notes
    -----
    The same as an interval on the price of each node (DESIGN section 8), but a bound of the item holds for any basis.
    An item stays at its least where even that is under the floor; one that may be paused is.
    """
    floor, source = tree.inherit(tree.min_marginal_roas)
    if (source < 0).all():
        return curves
    with np.errstate(divide="ignore"):
        log_cap = (log_ratio - np.log(floor[curves.node])) / curves.kappa
    is_off = np.isfinite(curves.log_off) & (log_cap < curves.log_low)
    log_high = np.maximum(np.minimum(curves.log_high, log_cap), curves.log_low)
    is_capped = (log_high < curves.log_high) | is_off
    return replace(
        curves,
        log_low=np.where(is_off, -np.inf, curves.log_low),
        log_high=np.where(is_off, -np.inf, log_high),
        log_off=np.where(is_off, np.inf, curves.log_off),
        capped_by=np.where(is_capped, source[curves.node], -1),
    )


def _rank_worthless_last(curves: Curves) -> Curves:
    """Give items without value the last ranks: ties at price zero, touched only to fill a minimum."""
    is_worthless = ~np.isfinite(curves.log_ratio)
    if not is_worthless.any():
        return curves
    rank = 2 * LOG_FREE + curves.kappa * np.where(np.isfinite(curves.log_low), curves.log_low, 0.0)
    return replace(
        curves,
        log_ratio=np.where(is_worthless, rank, curves.log_ratio),
        log_off=np.where(is_worthless & (curves.log_off < np.inf), 2 * LOG_FREE, curves.log_off),
    )


def _keyword_columns(items: KeywordItems) -> dict[str, Any]:
    """Return clicks0 m^eta and its cost as columns of Curves (DESIGN 7.4)."""
    power = items.eta + items.kappa
    unit = items.rho * items.bid0 * items.eta / power
    fixed, low, high = items.cpc0 - unit, items.min_multiplier, items.max_multiplier
    least = np.where(items.value_per_click > 0, np.minimum(np.maximum(low, _free_until(fixed, unit, power)), high), low)
    log_off, pausable = np.full(len(power), np.inf), (low == 0) & (high > 0) & (fixed > 0) & (items.clicks0 > 0)
    if pausable.any():
        tangent = np.minimum((items.eta * np.maximum(fixed, 0.0) / (items.kappa * unit)) ** (1 / power), high)
        earned = np.log(np.maximum(items.value_per_click, 0.0)) + items.eta * np.log(tangent)
        log_off = np.where(pausable, earned - np.log(fixed + unit * tangent**power), np.inf)
        least = np.where(pausable, tangent, least)
    return {
        "node": items.node,
        "log_ratio": np.log(items.value_per_click / (items.rho * items.bid0)),
        "kappa": items.kappa,
        "power": power,
        "gain": items.eta,
        "scale": items.clicks0 * unit,
        "fixed": items.clicks0 * fixed,
        "worth": items.clicks0 * items.value_per_click,
        "log_low": np.log(least),
        "log_high": np.log(high),
        "log_off": log_off,
    }


def _free_until(fixed: FloatArray, unit: FloatArray, power: FloatArray) -> FloatArray:
    """Return the multiplier up to which the curve says "free": clicks are taken for nothing, a lower bid saves nothing."""
    is_free = fixed < 0
    free = np.zeros(len(fixed))
    if is_free.any():
        free[is_free] = (-fixed[is_free] / unit[is_free]) ** (1 / power[is_free])
    return free


def _budget_columns(items: BudgetItems) -> dict[str, Any]:
    """Return value0 (b/b0)^beta, flat above today's spend where the budget does not run out, as columns of Curves."""
    base = np.where(items.is_limited, items.budget0, items.cost0)
    ceiling = np.where(items.is_limited, np.inf, base)
    is_spent = base > 0
    unit = np.where(is_spent, base, 1.0)
    low = np.where(is_spent, np.minimum(items.min_budget, ceiling) / unit, 1.0)
    high = np.where(is_spent, np.minimum(items.max_budget, ceiling) / unit, 1.0)
    n_items = len(base)
    return {
        "node": items.node,
        "log_ratio": np.log(items.beta * items.value0 / unit),
        "kappa": 1 - items.beta,
        "power": np.ones(n_items),
        "gain": items.beta,
        "scale": np.where(is_spent, base, 0.0),
        "fixed": np.zeros(n_items),
        "worth": np.where(is_spent, items.value0, 0.0),
        "log_low": np.log(low),
        "log_high": np.log(high),
        "log_off": np.full(n_items, np.inf),
    }
