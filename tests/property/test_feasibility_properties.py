"""Limits on spend that cannot be met are refused, and of those that are told none could be spared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import linprog

from optimizers.errors import InfeasibleBudgetError
from optimizers.feasibility import Reach, refuse_infeasible
from tests.property.budget_problems import limits_of_spend
from tests.property.effort import cases

SEEDS = st.integers(0, 2**32 - 1)


def draw(seed):
    """Return a tree of up to nine nodes and what the items directly at each can spend."""
    rng = np.random.default_rng(seed)
    tree = limits_of_spend(rng)
    items = rng.uniform(0, 30, tree.n_nodes) * (rng.random(tree.n_nodes) < 0.7)
    return tree, Reach(items, items + rng.uniform(0, 40, tree.n_nodes))


def refused(seed):
    """Return a tree and reach that no spend can meet, and the refusal; other draws are passed over."""
    tree, reach = draw(seed)
    assume(not can_be_met(tree, reach))
    with pytest.raises(InfeasibleBudgetError) as error:
        refuse_infeasible(reach, tree)
    return tree, reach, error.value


def can_be_met(tree, reach):
    """Ask a general solver whether some spend of the items keeps every limit."""
    below = np.array([[is_below(tree, at, node) for at in range(tree.n_nodes)] for node in range(tree.n_nodes)], float)
    capped = np.isfinite(tree.max_cost)
    rows, limits = np.vstack([-below, below[capped]]), np.concatenate([-tree.min_cost, tree.max_cost[capped]])
    bounds = list(zip(reach.least, reach.most, strict=True))
    return linprog(np.zeros(tree.n_nodes), A_ub=rows, b_ub=limits, bounds=bounds).status == 0


def is_below(tree, at, node):
    while at > node:
        at = tree.parent[at]
    return at == node


def keep(tree, limits):
    columns = {"min_cost": np.zeros(tree.n_nodes), "max_cost": np.full(tree.n_nodes, np.inf)}
    for name, column in limits:
        columns[column][tree.names.index(name)] = getattr(tree, column)[tree.names.index(name)]
    return replace(tree, **columns)


@given(seed=SEEDS)
@cases(150)
def test_what_is_refused_is_what_no_spend_can_meet(seed):
    tree, reach = draw(seed)
    if can_be_met(tree, reach):
        refuse_infeasible(reach, tree)
    else:
        with pytest.raises(InfeasibleBudgetError):
            refuse_infeasible(reach, tree)


@given(seed=SEEDS)
@cases(150)
def test_the_limits_told_contradict_each_other_and_none_can_be_spared(seed):
    tree, reach, error = refused(seed)
    limits = error.limits
    assert not can_be_met(keep(tree, limits), reach)
    for left in limits:
        assert can_be_met(keep(tree, [one for one in limits if one != left]), reach)


@given(seed=SEEDS)
@cases(60)
def test_the_money_missing_is_by_how_much_the_first_limit_has_to_give_way(seed):
    tree, reach, error = refused(seed)
    assume(error.missing > 0.01)  # more than the general solver's own tolerance
    (name, column), node = error.limits[0], tree.names.index(error.limits[0][0])
    below = [at for at in range(tree.n_nodes) if is_below(tree, at, node)]
    limits = [(tree.names[at], one) for at in below for one in ("min_cost", "max_cost")]
    only = keep(tree, limits)
    assume(can_be_met(keep(tree, [one for one in limits if one != (name, column)]), reach))  # it is not wrong twice
    sign = 1.0 if column == "max_cost" else -1.0
    for share, is_enough in ((1.0 + 1e-6, True), (1.0 - 1e-3, False)):
        moved = getattr(only, column).copy()
        moved[node] += sign * error.missing * share
        assert can_be_met(replace(only, **{column: moved}), reach) == is_enough, name
