"""Items on the edge of being paused: who stands there, who may stay on, and what does not matter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizers.curves import Curves
from optimizers.pausing import find_ties, list_choices
from optimizers.prices import NodePrices
from optimizers.tree import PriceTree

CHECKS = settings(max_examples=40, deadline=None)


@st.composite
def edges(draw):
    """Return items below, on and above the price of their node, and room for some of those on it."""
    rng, n, nodes = np.random.default_rng(draw(st.integers(0, 2**32 - 1))), draw(st.integers(1, 10)), 3
    parent, node = np.array([-1, 0, 0]), rng.integers(0, nodes, n)
    price = rng.normal(size=nodes)
    log_off = price[node] + rng.choice([-0.5, 0.0, 0.0, 0.5, np.inf], n)
    ones = np.ones(n)
    curves = Curves(
        node, price[node], ones, 2 * ones, ones, rng.uniform(1, 9, n), rng.uniform(0.1, 5, n), 9 * ones, 0 * ones, ones,
        log_off, 0 * node - 1,
    )  # fmt: skip
    prices = NodePrices(price, np.zeros(nodes, int), np.zeros(nodes, bool), np.zeros(nodes), None)
    tree = PriceTree(parent, np.zeros(nodes), np.full(nodes, np.inf), ("total", "one", "two"))
    spent = tree.sum_up(tree.own_sums(node, curves.cost(curves.log_low)))
    return curves, replace(tree, max_cost=spent * rng.uniform(0.2, 1.1, nodes)), prices


def choices_of(problem):
    curves, tree, prices = problem
    return list_choices(curves, tree, prices, find_ties(curves, prices))


@CHECKS
@given(edges())
def test_tied_is_who_may_be_paused_and_stands_on_the_price(problem):
    curves, _, prices = problem
    away = curves.log_off - prices.log_price[curves.node]
    assert (find_ties(curves, prices) == (np.abs(away) < 1e-6)).all()


@CHECKS
@given(edges())
def test_above_the_price_all_stay_below_it_none_and_one_choice_keeps_all_on_it(problem):
    curves, _, prices = problem
    away = curves.log_off - prices.log_price[curves.node]
    choices = choices_of(problem)
    for is_on in choices:
        assert is_on[away > 1e-6].all()
        assert not is_on[away < -1e-6].any()
    assert choices[-1][np.abs(away) < 1e-6].all()
    assert len({one.tobytes() for one in choices}) == len(choices) <= 3


@CHECKS
@given(edges())
def test_the_first_choice_adds_no_more_than_every_maximum_has_room_for(problem):
    curves, tree, prices = problem
    tied, is_on = find_ties(curves, prices), choices_of(problem)[0]
    cost = curves.cost(curves.log_low)
    base, added = (tree.sum_up(tree.own_sums(curves.node, cost * (is_on & part))) for part in (~tied, tied))
    assert (added <= np.maximum(tree.max_cost - base, 0.0) * (1 + 1e-9)).all()


@CHECKS
@given(edges(), st.sampled_from([0.01, 1024.0]))
def test_the_currency_changes_no_choice(problem, unit):
    curves, tree, prices = problem
    other = replace(curves, **{name: getattr(curves, name) * unit for name in ("scale", "fixed", "worth")})
    scaled = choices_of((other, replace(tree, max_cost=tree.max_cost * unit), prices))
    assert [one.tolist() for one in scaled] == [one.tolist() for one in choices_of(problem)]


@CHECKS
@given(edges(), st.integers(0, 2**32 - 1))
def test_the_order_of_items_changes_no_choice(problem, seed):
    curves, tree, prices = problem
    order = np.random.default_rng(seed).permutation(curves.n_items)
    shuffled = choices_of((curves.take(order), tree, prices))
    assert [one.tolist() for one in shuffled] == [one[order].tolist() for one in choices_of(problem)]
