"""What of a tree's limits tonight's items can reach at all, and how limits give way where nothing else can be done.

Here belongs the fitting of limits to items before a solve. Contradictions that people must settle themselves are refused
in ``optimizers.conflict``; who is told of what gave way is the caller's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from optimizers.allocation_problem import AllocationProblem
from optimizers.basis_floor import solve_with_floors
from optimizers.curves import join_curves
from optimizers.feasibility import Breach, Reach, find_breach, reach_of
from optimizers.solution import weighted_curves
from optimizers.tree import LIMITS, PriceTree
from optimizers.types import FloatArray

SLACK = 1e-9  # relative: bounds that meet exactly must not fail on the last bit


class Given(NamedTuple):
    """A limit that gave way: the node, the column of the tree, what was asked and what is kept of it."""

    node: str
    column: str
    asked: float
    kept: float


def within_reach(problem: AllocationProblem) -> AllocationProblem:
    """Return the problem with maxima lifted to the least that its items can spend, and minimums lowered to their most.

    Parameters
    ----------
    problem : AllocationProblem of n_nodes
        Its items' own bounds win over the tree: caps of a night are kept, whatever a budget says.

    Returns
    -------
    AllocationProblem
        Limits that contradict each other, and not the items, still do: also a minimum that marginal floors keep out of
        reach.

    Examples
    --------
    >>> from optimizers.items import KeywordItems, no_budgets
    >>> one = np.ones(1)
    >>> bid = KeywordItems(np.array([0]), 10 * one, one, one, one, one, one, one, one, one)
    >>> tree = PriceTree(np.array([-1]), 30 * one, 40 * one, ("total",))
    >>> within_reach(AllocationProblem(bid, no_budgets(), tree)).tree.min_cost.round(6).tolist()
    [10.0]
    """
    curves = join_curves(problem.keywords, problem.budgets)
    return replace(problem, tree=_fitted(problem.tree, reach_of(curves, problem.tree)))


def loosen(problem: AllocationProblem) -> AllocationProblem:
    """Return the problem with minimums and ROAS floors that cannot be kept together lowered to what can be.

    Parameters
    ----------
    problem : AllocationProblem of n_nodes

    Returns
    -------
    AllocationProblem
        It can be met. A problem that can be met already is returned with the same limits. A maximum only gives way to
        what its items must spend.

    Notes
    -----
    Minimums that do not fit under a maximum give way in proportion to what they ask above the least that their items can
    spend (Thomson 2003, the proportional rule of bankruptcy problems). A ROAS floor falls to what the plan that lacks
    least money to it brings; what money is worth elsewhere is left as it is. Known drawback: another rule would share
    what is missing otherwise; a floor is lowered alone though a lower minimum could have saved it.
    """
    reach = reach_of(weighted_curves(problem, None)[0], problem.tree)  # what marginal floors forbid is not spent
    out = replace(problem, tree=_share_out(_fitted(problem.tree, reach), reach))
    n_tries = 2 * int((~np.isnan(out.tree.min_roas)).sum() + (out.tree.min_cost > 0).sum()) + 1
    for _ in range(n_tries):
        solution = solve_with_floors(out)
        if np.isnan(out.tree.min_roas).all():
            return out  # what spend limits alone forbid is gone
        breach = find_breach(out.tree, solution.node_cost, solution.node_worth)
        if breach is None or breach.column == "max_cost":  # rounding: maxima hold by the prices
            return out
        out = replace(out, tree=_lowered(out.tree, breach, solution.node_cost))
    return replace(out, tree=replace(out.tree, min_roas=np.full(out.tree.n_nodes, np.nan)))


def given_way(asked: PriceTree, kept: PriceTree, slack: float = 1e-6) -> list[Given]:
    """Return the limits that are not what was asked, relative differences under ``slack`` being rounding.

    Parameters
    ----------
    asked, kept : PriceTree of n_nodes
        With the same nodes.
    """
    found = []
    for column in LIMITS:
        before, after = getattr(asked, column), getattr(kept, column)
        is_set = np.isfinite(before)
        size = np.maximum(np.where(is_set, np.abs(before), 0.0), np.nan_to_num(np.abs(after), posinf=0.0))
        with np.errstate(invalid="ignore"):
            moved = is_set & ~(np.abs(after - before) <= slack * size)
        found += [
            Given(asked.names[node], column, float(before[node]), float(after[node])) for node in np.flatnonzero(moved)
        ]
    return found


def _fitted(tree: PriceTree, reach: Reach) -> PriceTree:
    """Return the tree with maxima not under the least, and minimums not over the most that can be spent below them."""
    most = np.maximum(tree.max_cost, tree.sum_up(reach.least) * (1.0 + SLACK))
    can = reach.most.copy()
    for node in np.argsort(-tree.depth, kind="stable"):
        can[node] = min(can[node], most[node])
        if tree.parent[node] >= 0:
            can[tree.parent[node]] += can[node]
    return replace(tree, min_cost=np.minimum(tree.min_cost, can * (1.0 - SLACK)), max_cost=most)


def _share_out(tree: PriceTree, reach: Reach) -> PriceTree:
    """Return the tree with minimums that fit under every maximum above them."""
    floor = tree.sum_up(reach.least)  # what items spend without any minimum
    asked, below = np.zeros(tree.n_nodes), reach.least.copy()
    for node in np.argsort(-tree.depth, kind="stable"):
        asked[node] = max(tree.min_cost[node], below[node])
        if tree.parent[node] >= 0:
            below[tree.parent[node]] += asked[node]
    given = asked.copy()
    for node in range(tree.n_nodes):  # parents come first
        above = tree.parent[node]
        if above >= 0:
            extra, room = below[above] - floor[above], given[above] - floor[above]
            share = min(1.0, room / extra) if extra > 0 else 1.0
            given[node] = floor[node] + (asked[node] - floor[node]) * share
        given[node] = max(min(given[node], tree.max_cost[node]), floor[node])
    return replace(tree, min_cost=np.where(given < tree.min_cost, given * (1.0 - SLACK), tree.min_cost))


def _lowered(tree: PriceTree, breach: Breach, node_cost: FloatArray) -> PriceTree:
    """Return the tree with the broken limit at what the plan reached of it."""
    column = getattr(tree, breach.column).copy()
    if breach.column == "min_cost":
        column[breach.node] = breach.seen * (1.0 - SLACK)
    else:
        reached = breach.seen / node_cost[breach.node] if node_cost[breach.node] > 0 else 0.0
        column[breach.node] = reached * (1.0 - SLACK) if reached > 0 else np.nan
    return replace(tree, **{breach.column: column})
