"""Groups of budgets: nothing changes without limits, their money is kept, and contradictions are told minimally."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from optimizers.allocation import allocate
from optimizers.errors import InfeasibleBudgetError, InvalidInputError
from optimizers.feasibility import Reach, refuse_infeasible
from optimizers.focus import Group, contradiction, group_nodes
from optimizers.tree import PriceTree
from tests.property.budget_problems import limits_of_spend, problems
from tests.property.effort import cases

SEEDS = st.integers(0, 2**32 - 1)


def split(tree, seed):
    """Return two groups of the nodes right below the root."""
    rng = np.random.default_rng(seed)
    below = [tree.names[at] for at in np.flatnonzero(tree.parent == 0)]
    side = rng.integers(0, 3, len(below))
    parts = [tuple(name for name, one in zip(below, side, strict=True) if one == which) for which in (0, 1)]
    return [Group(f"g{at}", part) for at, part in enumerate(parts) if part]


def regrouped(problem, groups):
    tree = group_nodes(problem.tree, groups)
    at = np.array([tree.names.index(name) for name in problem.tree.names])
    keywords, budgets = (replace(one, node=at[one.node]) for one in (problem.keywords, problem.budgets))
    return replace(problem, keywords=keywords, budgets=budgets, tree=tree)


@given(problem=problems(), seed=SEEDS)
@cases(40)
def test_groups_without_limits_change_no_plan(problem, seed):
    groups = split(problem.tree, seed)
    assume(groups)
    before, after = allocate(problem), allocate(regrouped(problem, groups))
    assert after.objective == pytest.approx(before.objective, rel=1e-9)
    np.testing.assert_allclose(after.multiplier, before.multiplier, rtol=1e-6)


@given(problem=problems(minimums=False), seed=SEEDS, share=st.floats(0.3, 0.95))
@cases(40)
def test_a_groups_members_keep_its_most_and_its_least_together(problem, seed, share):
    groups = split(problem.tree, seed)
    assume(groups)
    free = allocate(problem)
    spent = dict(zip(problem.tree.names, free.node_cost, strict=True))
    most = sum(spent[name] for name in groups[0].members) * share
    asked = regrouped(problem, [replace(groups[0], max_cost=most, min_cost=most * 0.9), *groups[1:]])
    try:
        found = allocate(asked)
    except InfeasibleBudgetError:
        assume(False)  # the items' own least is more
    cost = dict(zip(asked.tree.names, found.node_cost, strict=True))
    together = sum(cost[name] for name in groups[0].members)
    assert together == pytest.approx(cost[groups[0].name])
    assert most * 0.9 * (1 - 1e-9) <= together <= most * (1 + 1e-9)
    assert found.objective <= free.objective + 1e-9 * (1 + abs(free.objective))


def is_refused(tree):
    """Ask the solver's own check, with items at the leaves that may spend anything."""
    is_leaf = ~np.isin(np.arange(tree.n_nodes), tree.parent)
    try:
        refuse_infeasible(Reach(np.zeros(tree.n_nodes), np.where(is_leaf, 1e4, 0.0)), tree)
    except InfeasibleBudgetError:
        return True
    return False


@given(seed=SEEDS)
@cases(200)
def test_a_contradiction_is_found_where_no_spend_meets_the_tree_and_every_limit_told_is_needed(seed):
    tree = limits_of_spend(np.random.default_rng(seed))
    limits = contradiction(tree)
    assert bool(limits) == is_refused(tree)

    def keep(kept):
        none = {"min_cost": np.zeros(tree.n_nodes), "max_cost": np.full(tree.n_nodes, np.inf)}
        for column, node in kept:
            none[column][node] = getattr(tree, column)[node]
        return replace(tree, **none)

    if limits:
        assert is_refused(keep(limits))
        assert not any(is_refused(keep([one for one in limits if one != left])) for left in limits)


@pytest.mark.parametrize(
    "groups",
    [[Group("g", ("nobody",))], [Group("g", ("a",)), Group("h", ("a",))], [Group("a", ("b",))], [Group("g", ("root",))],
     [Group("g", ("a", "deep"))], [Group("g", ())]],
    ids=["unknown", "in two groups", "a taken name", "a root", "two parents", "nobody in it"],
)  # fmt: skip
def test_groups_that_are_no_groups_are_refused(groups):
    tree = PriceTree(np.array([-1, 0, 0, 1]), np.zeros(4), np.full(4, np.inf), ("root", "a", "b", "deep"))
    with pytest.raises(InvalidInputError, match="cannot group budgets"):
        group_nodes(tree, groups)
