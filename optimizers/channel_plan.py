"""What to spend per channel and period: the optimum on the fitted curves under the tree of budgets, with its proof.

Here belong the result of the channel-level mode and the order of its steps. The curves are ``optimizers.channel_curves``,
prices and proof ``optimizers.channel_prices``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from optimizers.channel_curves import ChannelCurves
from optimizers.channel_prices import bound_value, name_limits, price_nodes
from optimizers.errors import InvalidInputError
from optimizers.tree import PriceTree
from optimizers.types import FloatArray, TextArray


@dataclass(frozen=True)
class ChannelPlan:
    """The optimum per period; money in one currency.

    Parameters
    ----------
    cost, value, value_low, value_high : array of shape (n_channels,)
        Spend, expected value and its interval.
    marginal : array of shape (n_channels,)
        Value that the next unit of cost would buy.
    binding : text array of shape (n_channels,)
        ``price``, ``min_change``, ``max_change``, ``frozen``, ``node_min:<name>`` or ``node_max:<name>``.
    node_cost, node_price : array of shape (n_nodes,)
        Spend below each node, and what the next unit of cost there returns.
    total_cost, total_value, total_low, total_high : float
        Sums; the interval is that of the sum, not the sum of intervals.
    objective, dual_bound, solver_gap : float
        Value less cost (flexible) or value (fixed); what no plan within the limits can exceed; the share of it between
        the two.
    """

    cost: FloatArray
    value: FloatArray
    value_low: FloatArray
    value_high: FloatArray
    marginal: FloatArray
    binding: TextArray
    node_cost: FloatArray
    node_price: FloatArray
    total_cost: float
    total_value: float
    total_low: float
    total_high: float
    objective: float
    dual_bound: float
    solver_gap: float


def plan_channels(
    curves: ChannelCurves, tree: PriceTree, mode: Literal["flexible", "fixed"] = "flexible", level: float = 0.8
) -> ChannelPlan:
    """Return the spend per channel that earns most within every limit.

    Parameters
    ----------
    curves : ChannelCurves of n_channels
    tree : PriceTree of n_nodes
        Maxima and minima of total, groups and channels; ROAS floors are refused, not passed over.
    mode : "flexible" or "fixed"
        Flexible: spend while the next unit brings more than one unit of value. Fixed: spend the roots' maxima.
    level : float
        Of the intervals.

    Returns
    -------
    ChannelPlan

    Raises
    ------
    InvalidInputError
        If a channel's node is not in the tree, a fixed plan has no total, or a node has a ROAS floor.
    InfeasibleBudgetError
        If minima do not fit under a maximum, or a minimum cannot be spent.

    Notes
    -----
    Source: DESIGN section 8, Lagrangian of a separable concave programme on a laminar family of budget constraints; the
    curves are concave (``optimizers.saturation``), so the optimum is the only one and the dual bound meets it.
    Assumes steady spend and channels that do not help or hurt each other. Known drawback: one value a draw and channel;
    the plan is best on average and takes no account of its risk, which the interval shows.

    Examples
    --------
    >>> one = np.ones((2, 1))
    >>> curves = ChannelCurves(
    ...     np.zeros(2, dtype=int), np.array([[100.0], [400.0]]), 10 * one, one, np.zeros(2), np.full(2, 90.0))
    >>> tree = PriceTree(np.array([-1]), np.zeros(1), np.array([40.0]), ("total",))
    >>> plan = plan_channels(curves, tree)
    >>> plan.cost.round(6), plan.solver_gap < 1e-12
    (array([10., 30.]), True)
    """
    if int(curves.node.max()) >= tree.n_nodes:
        limit = f"a node below {tree.n_nodes}"
        raise InvalidInputError("cannot plan channels", f"node {curves.node.max()}", limit, ["node"])
    if mode == "fixed" and np.isinf(tree.max_cost[tree.parent < 0]).any():
        remedy = "Give the total (--budget) or plan without --fixed."
        raise InvalidInputError("cannot plan channels", "a fixed budget without a total", "a total", (), remedy)
    asked = [
        name
        for name, *floors in zip(tree.names, tree.min_roas, tree.min_marginal_roas, strict=True)
        if not np.isnan(floors).all()
    ]
    if asked:
        remedy = (
            "Give channels a maximum instead, or plan without the floor and read the marginal value of each channel."
        )
        raise InvalidInputError(
            "cannot plan channels", f"ROAS floors at {len(asked)} nodes", "limits of spend alone", asked, remedy
        )
    base_price = 1.0 if mode == "flexible" else 0.0
    prices = price_nodes(curves, tree, 0.0 if mode == "flexible" else -np.inf)
    cost = curves.best_cost(prices.log_price[curves.node])
    value = curves.value(cost)
    draws, tail = curves.draw_values(cost), (1 - level) / 2
    low, high = np.quantile(draws, [tail, 1 - tail], axis=1)
    total_low, total_high = np.quantile(draws.sum(axis=0), [tail, 1 - tail])
    objective = float(value.sum() - base_price * cost.sum())
    bound = max(bound_value(curves, tree, prices, base_price), objective)
    size = max(abs(bound), float(value.sum()))
    return ChannelPlan(
        cost, value, low, high, curves.marginal(cost), name_limits(curves, tree, prices, cost),
        tree.sum_up(tree.own_sums(curves.node, cost)), np.exp(prices.log_price),
        float(cost.sum()), float(value.sum()), float(total_low), float(total_high),
        objective, bound, (bound - objective) / size if size > 0 else 0.0,
    )  # fmt: skip
