"""ROAS floors, frozen nodes, shares and new keywords on problems small enough to solve by hand."""

from dataclasses import replace

import numpy as np
import pytest

from optimizers.allocation import (
    AllocationProblem,
    FloorBasis,
    KeywordItems,
    PriceTree,
    allocate,
    join_keywords,
    new_keywords,
    no_budgets,
)
from optimizers.bids import bid_for_new_item
from optimizers.errors import InfeasibleBudgetError, InvalidInputError
from optimizers.items import Response
from optimizers.shares import limit_shares


def keywords(value_per_click=(2.0, 4.0), node=(0, 0), low=0.1, high=10.0):
    """Ten clicks at 1.00, bid 2.00: cost = 10 m^2, value = 10 v m, marginal ROAS = v / (2 m), ROAS = v / m."""
    value = np.array(value_per_click, dtype=float)
    one = np.ones(len(value))
    return KeywordItems(np.array(node), 10 * one, one, 2 * one, value, one, one, one, low * one, high * one)


def chain(n_nodes=1, minimum=0.0, maximum=np.inf, **floors):
    """Nodes one below the other; bounds are the root's, floors are given a node."""
    least, most = np.zeros(n_nodes), np.full(n_nodes, np.inf)
    least[0], most[0] = minimum, maximum
    columns = {name: np.array(floor, dtype=float) for name, floor in floors.items()}
    return PriceTree(np.arange(n_nodes) - 1, least, most, tuple(f"n{node}" for node in range(n_nodes)), **columns)


def solve(items, tree, basis=None, mode="flexible"):
    return allocate(AllocationProblem(items, no_budgets(), tree, mode, basis))


def test_an_average_floor_stops_spending_where_the_average_meets_it():
    # one keyword of value 4: ROAS = 4 / m, so a floor of 5 asks for m = 0.8, where the optimum alone would be m = 2
    result = solve(keywords([4.0], [0]), chain(min_roas=[5.0]))
    assert result.multiplier == pytest.approx([0.8])
    assert list(result.keyword_binding) == ["node_roas:n0"]
    assert result.solver_gap <= 1e-12


def test_a_floor_that_is_kept_anyway_changes_nothing():
    one, other = solve(keywords(), chain()), solve(keywords(), chain(min_roas=[1.5]))
    assert other.multiplier.tolist() == one.multiplier.tolist()
    assert list(other.keyword_binding) == ["price", "price"]


def test_a_fixed_budget_stays_partly_unspent_where_spending_it_would_break_the_floor():
    result = solve(keywords([4.0], [0]), chain(maximum=1000.0, min_roas=[2.0]), mode="fixed")
    assert result.multiplier == pytest.approx([2.0])
    assert result.total_cost == pytest.approx(40.0)


def test_a_floor_at_a_platform_leaves_the_other_alone():
    tree = PriceTree(
        np.array([-1, 0, 0]), np.zeros(3), np.full(3, np.inf), ("total", "a", "b"), np.array([np.nan, 5.0, np.nan])
    )
    result = solve(keywords([4.0, 4.0], [1, 2]), tree)
    assert result.multiplier == pytest.approx([0.8, 2.0])


def test_good_sales_elsewhere_pay_for_a_loss_that_a_minimum_forces():
    # the first must spend 10 at a ROAS of 1; together they keep 3 only if the second buys more than its own best
    forced = keywords([1.0, 8.0], [0, 0], low=np.array([1.0, 0.1]), high=np.array([1.0, 1.5]))
    result = solve(forced, chain(min_roas=[3.0]))
    assert result.node_worth[0] >= 3.0 * result.node_cost[0] - 1e-9


def test_a_marginal_floor_stops_every_item_at_that_return_of_its_next_money():
    result = solve(keywords(), chain(2, min_marginal_roas=[2.0, np.nan]))
    assert result.multiplier == pytest.approx([0.5, 1.0])
    assert result.keyword_marginal == pytest.approx([2.0, 2.0])
    assert list(result.keyword_binding) == ["marginal_roas:n0"] * 2


def test_the_stricter_of_two_marginal_floors_on_the_way_up_counts():
    result = solve(keywords([4.0, 4.0], [1, 0]), chain(2, min_marginal_roas=[1.6, 2.0]))
    assert list(result.keyword_binding) == ["marginal_roas:n1", "marginal_roas:n0"]
    assert result.multiplier == pytest.approx([1.0, 1.25])


def test_a_revenue_floor_under_profit_weighs_revenue_and_money_by_one_gamma():
    # margin 0.5 and 0.25 of a revenue of 8: revenue ROAS of the profit optimum is (80 x 2 + 80 x 1) / (40 + 10) = 4.8
    items, basis = keywords([4.0, 2.0]), FloorBasis(np.array([8.0, 8.0]), np.zeros(0))
    result = solve(items, chain(min_roas=[6.0]), basis)
    assert result.node_worth[0] == pytest.approx(6.0 * result.node_cost[0])
    # (v + gamma 8) / ((1 + gamma 6) 2) for both, one gamma
    gamma = (4.0 - 2.0 * result.multiplier[0]) / (12.0 * result.multiplier[0] - 8.0)
    assert gamma > 0
    assert result.multiplier[1] == pytest.approx((2.0 + 8.0 * gamma) / (2.0 * (1.0 + 6.0 * gamma)))
    assert list(result.keyword_binding) == ["node_roas:n0"] * 2
    assert result.node_price[0] == pytest.approx(1.0)  # money itself is as free as before


def test_a_marginal_floor_on_revenue_counts_revenue():
    result = solve(keywords([2.0], [0]), chain(min_marginal_roas=[8.0]), FloorBasis(np.array([8.0]), np.zeros(0)))
    assert result.multiplier == pytest.approx([0.5])


def test_a_floor_that_no_bid_reaches_is_refused_with_the_value_it_lacks():
    with pytest.raises(InfeasibleBudgetError, match="cannot keep 1 limits together") as error:
        solve(keywords([4.0], [0], low=1.0), chain(min_roas=[5.0]))
    assert error.value.offenders == ("n0 ROAS floor 5.00",)
    assert error.value.missing == pytest.approx(10.0)


def test_a_minimum_and_a_floor_that_contradict_are_both_named_and_nothing_else():
    tree = chain(2, minimum=40.0, maximum=1e6, min_roas=[5.0, 0.5])
    with pytest.raises(InfeasibleBudgetError, match="cannot keep 2 limits together") as error:
        solve(keywords([4.0], [1]), tree)
    assert set(error.value.offenders) == {"n0 min_cost 40.00", "n0 ROAS floor 5.00"}


def test_a_frozen_node_keeps_its_spend_and_the_total_is_still_hit():
    tree = PriceTree(
        np.array([-1, 0, 0]), np.array([0.0, 7.0, 0.0]), np.array([30.0, 7.0, np.inf]), ("total", "a", "b")
    )
    result = solve(keywords([4.0, 4.0], [1, 2]), tree, mode="fixed")
    assert result.node_cost == pytest.approx([30.0, 7.0, 23.0])


def test_shares_are_of_the_parents_configured_maximum_and_not_of_its_spend():
    tree = PriceTree(np.array([-1, 0, 1]), np.zeros(3), np.array([1000.0, np.inf, np.inf]), ("total", "a", "a1"))
    limited = limit_shares(tree, np.full(3, np.nan), np.array([np.nan, 0.02, 0.5]))
    assert limited.max_cost.tolist() == [1000.0, 20.0, 10.0]
    assert solve(keywords([4.0], [2]), limited).total_cost == pytest.approx(10.0)


def test_a_share_of_zero_is_zero_and_not_unset():
    tree = PriceTree(np.array([-1, 0]), np.zeros(2), np.array([100.0, np.inf]), ("total", "a"))
    assert limit_shares(tree, np.array([np.nan, 0.0]), np.array([np.nan, 0.0])).max_cost.tolist() == [100.0, 0.0]


def test_a_share_of_a_parent_without_a_maximum_is_refused():
    with pytest.raises(InvalidInputError, match="a share of no maximum"):
        limit_shares(chain(2), np.array([np.nan, 0.1]), np.full(2, np.nan))


def test_a_new_keyword_shares_the_price_and_gets_the_bid_that_its_formula_says():
    one = np.ones(1)
    new = new_keywords(np.array([0]), 5 * one, 3.0 * one, 4.0 * one, Response(one, one, one))
    result = solve(join_keywords(keywords(), new), chain(maximum=30.0))
    price = result.node_price[0]
    assert price > 1
    assert result.multiplier[2] * 4.0 == pytest.approx(bid_for_new_item([3.0], price, 1.0, [4.0])[0])
    assert result.total_cost == pytest.approx(30.0)


def test_a_worthless_new_keyword_is_not_bought():
    one = np.ones(1)
    new = new_keywords(np.array([0]), 5 * one, 0 * one, 4.0 * one, Response(one, one, one))
    result = solve(new, chain(maximum=30.0))
    assert result.multiplier == pytest.approx([0.0], abs=1e-12)
    assert result.total_cost == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("floor", [0.0, -1.0, np.inf])
@pytest.mark.parametrize("column", ["min_roas", "min_marginal_roas"])
def test_a_floor_that_is_no_positive_number_is_refused(column, floor):
    with pytest.raises(InvalidInputError, match="ROAS floors > 0 or missing"):
        chain(**{column: [floor]})


def test_a_floor_on_another_basis_holds_at_any_depth_and_leaves_its_neighbours_alone():
    """The second keyword's campaign must bring revenue of 9 a unit; the first keyword's plan stays what it was."""
    tree = PriceTree(np.array([-1, 0, 1, 1]), np.zeros(4), np.full(4, np.inf), ("total", "google", "a", "b"))
    floored = replace(tree, min_roas=np.array([np.nan, np.nan, np.nan, 9.0]))
    items, basis = keywords([4.0, 2.0], [2, 3]), FloorBasis(np.array([8.0, 8.0]), np.zeros(0))
    free, held = solve(items, tree, basis), solve(items, floored, basis)
    assert free.node_worth[3] / free.node_cost[3] < 9.0
    assert held.node_worth[3] / held.node_cost[3] == pytest.approx(9.0)
    assert held.multiplier[0] == pytest.approx(free.multiplier[0])
    assert held.keyword_binding[1] == "node_roas:b"


def test_a_marginal_floor_that_keeps_a_minimum_out_of_reach_is_named_with_it():
    tree = chain(1, minimum=40.0, maximum=1e6, min_marginal_roas=[3.0])
    with pytest.raises(InfeasibleBudgetError, match="cannot keep 2 limits together") as error:
        solve(keywords([4.0], [0]), tree)
    assert set(error.value.limits) == {("n0", "min_cost"), ("n0", "min_marginal_roas")}


def test_a_basis_of_another_length_is_refused():
    plain = AllocationProblem(keywords(), no_budgets(), chain())
    with pytest.raises(InvalidInputError, match="one an item"):
        replace(plain, basis=FloorBasis(np.ones(3), np.zeros(0)))
