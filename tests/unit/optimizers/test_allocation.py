"""The optimum on problems small enough to solve by hand, its words and its refusals."""

from dataclasses import replace

import numpy as np
import pytest

from optimizers.allocation import (
    AllocationProblem,
    BudgetItems,
    KeywordItems,
    PriceTree,
    allocate,
    no_budgets,
    no_keywords,
)
from optimizers.errors import InfeasibleBudgetError, InvalidInputError


def keywords(value_per_click=(2.0, 4.0), low=0.1, high=10.0, node=0, **columns):
    """Ten clicks at 1.00, bid 2.00: cost = 10 m^2, best m = value / (2 price)."""
    value = np.array(value_per_click, dtype=float)
    one, n = np.ones(len(value)), len(value)
    plain = {
        "node": np.broadcast_to(node, n).astype(int), "clicks0": 10 * one, "cpc0": one, "bid0": 2 * one,
        "value_per_click": value, "eta": one, "rho": one, "kappa": one,
        "min_multiplier": low * one, "max_multiplier": high * one,
    }  # fmt: skip
    return KeywordItems(**(plain | columns))


def budgets(value0, is_limited, cost0=100.0, budget0=100.0, low=50.0, high=200.0, node=0):
    """Value = value0 sqrt(spend / spend today)."""
    one, n = np.ones(len(value0)), len(value0)
    limited = np.broadcast_to(np.array(is_limited, dtype=bool), n)
    nodes = np.full(n, node)
    return BudgetItems(nodes, np.array(value0), budget0 * one, 0.5 * one, low * one, high * one, cost0 * one, limited)


def tree(maximum=np.inf, minimum=0.0, children=()):
    """A root and children given as (name, least, most)."""
    names = ("total", *(name for name, _, _ in children))
    least = np.array([minimum, *(low for _, low, _ in children)], dtype=float)
    most = np.array([maximum, *(high for _, _, high in children)], dtype=float)
    return PriceTree(np.array([-1] + [0] * len(children)), least, most, names)


def solve(items=None, campaigns=None, above=None, mode="flexible"):
    items = no_keywords() if items is None else items
    campaigns = no_budgets() if campaigns is None else campaigns
    return allocate(AllocationProblem(items, campaigns, tree() if above is None else above, mode))


def test_without_a_binding_budget_every_keyword_bids_its_own_value():
    result = solve(keywords())
    assert result.multiplier == pytest.approx([1.0, 2.0])
    assert list(result.keyword_binding) == ["price", "price"]
    assert result.node_price[0] == 1.0
    assert result.objective == pytest.approx(10 + 40)


def test_a_binding_total_is_spent_to_the_cent_at_one_price():
    result = solve(keywords(), above=tree(30.0))
    assert result.total_cost == pytest.approx(30.0, abs=1e-9)
    assert result.keyword_marginal == pytest.approx([result.node_price[0]] * 2)
    assert list(result.keyword_binding) == ["node_max:total", "node_max:total"]


def test_a_fixed_budget_is_spent_below_break_even():
    result = solve(keywords(), above=tree(200.0), mode="fixed")
    assert result.total_cost == pytest.approx(200.0)
    assert result.node_price[0] == pytest.approx(0.5)


def test_a_fixed_budget_that_no_item_can_take_stays_unspent_and_says_so():
    result = solve(keywords(high=1.0), above=tree(200.0), mode="fixed")
    assert result.total_cost == pytest.approx(20.0)
    assert list(result.keyword_binding) == ["max_change", "max_change"]
    assert result.node_price[0] == 0.0
    assert result.solver_gap == 0.0
    assert "a limit of its own" in result.describe()[0].en


def test_a_platform_minimum_is_spent_at_a_loss_and_named():
    above = tree(children=(("google", 50.0, np.inf), ("amazon", 0.0, np.inf)))
    result = solve(keywords(node=[1, 2]), above=above)
    assert result.node_cost == pytest.approx([90.0, 50.0, 40.0])
    assert list(result.keyword_binding) == ["node_min:google", "price"]
    assert result.node_price[1] < 1.0


def test_a_platform_maximum_leaves_the_rest_to_others():
    above = tree(30.0, children=(("google", 0.0, 5.0), ("amazon", 0.0, np.inf)))
    result = solve(keywords(value_per_click=(4.0, 4.0), node=[1, 2]), above=above)
    assert result.node_cost == pytest.approx([30.0, 5.0, 25.0])
    assert list(result.keyword_binding) == ["node_max:google", "node_max:total"]
    assert result.node_free_items.tolist() == [1, 1, 1]


def test_change_limits_and_freezes_are_named():
    result = solve(keywords(low=np.array([1.2, 1.0]), high=np.array([1.3, 1.0])))
    assert result.multiplier.tolist() == [1.2, 1.0]
    assert list(result.keyword_binding) == ["min_change", "frozen"]


def test_frozen_keywords_count_and_the_total_is_still_met():
    items = keywords(value_per_click=(2.0, 4.0, 4.0), low=np.array([1.0, 0.1, 0.1]), high=np.array([1.0, 10.0, 10.0]))
    result = solve(items, above=tree(30.0))
    assert result.keyword_cost == pytest.approx([10.0, 10.0, 10.0])


def test_a_keyword_paused_by_its_bounds_costs_nothing():
    result = solve(keywords(low=np.array([0.0, 0.1]), high=np.array([0.0, 10.0])))
    assert result.multiplier[0] == 0.0
    assert result.keyword_cost[0] == 0.0
    assert np.isnan(result.keyword_marginal[0])


def test_a_keyword_whose_clicks_cost_more_than_they_bring_is_paused_when_it_may_be():
    dear = keywords(value_per_click=(1.0, 4.0), cpc0=np.array([1.5, 1.0]), low=0.0)
    result = solve(dear)
    assert result.multiplier == pytest.approx([0.0, 2.0])
    assert result.solver_gap == pytest.approx(0.0, abs=1e-12)


def test_of_equal_keywords_that_may_be_paused_as_many_stay_on_as_the_money_allows():
    items = keywords(value_per_click=[4.0] * 8, low=0.0, high=1.0, cpc0=np.full(8, 2.0))
    result = solve(items, above=tree(100.0))
    assert result.total_cost == pytest.approx(100.0)
    assert (result.multiplier > 0).sum() in {5, 6}
    assert result.solver_gap < 0.05


def test_worthless_keywords_are_bought_only_to_fill_a_minimum():
    items = keywords(value_per_click=(0.0, -1.0), low=0.5, high=2.0)
    assert solve(items).multiplier == pytest.approx([0.5, 0.5])
    filled = solve(items, above=tree(minimum=50.0))
    assert filled.total_cost == pytest.approx(50.0)
    assert filled.node_price[0] == 0.0


def test_a_limited_budget_follows_the_price_and_an_unlimited_one_keeps_its_room():
    result = solve(campaigns=budgets([300.0, 300.0], [True, False], cost0=80.0))
    assert result.budget == pytest.approx([200.0, 100.0])
    assert result.budget_cost == pytest.approx([200.0, 80.0])
    assert list(result.budget_binding) == ["max_change", "not_budget_limited"]


def test_an_unlimited_budget_falls_when_its_spend_does_not_pay():
    result = solve(campaigns=budgets([150.0], [False]))
    assert result.budget == pytest.approx([56.25])
    assert list(result.budget_binding) == ["price"]


def test_a_campaign_that_spends_nothing_keeps_its_budget():
    result = solve(campaigns=budgets([0.0], [False], cost0=0.0))
    assert result.budget.tolist() == [100.0]
    assert result.total_cost == 0.0


def test_keywords_and_budgets_share_one_price():
    result = solve(keywords(), budgets([300.0], [True]), tree(120.0))
    assert result.total_cost == pytest.approx(120.0)
    assert result.budget_marginal[0] == pytest.approx(result.keyword_marginal[1])


def test_a_curve_that_turns_free_is_not_bid_below_that_point():
    items = keywords(value_per_click=(4.0,), cpc0=np.array([0.5]), low=0.1)
    result = solve(items, above=tree(0.0))
    assert result.total_cost == pytest.approx(0.0, abs=1e-9)
    assert result.multiplier[0] == pytest.approx(np.sqrt(0.5))


def test_the_words_name_the_price_the_limit_and_the_proof_in_both_languages():
    sentences = solve(keywords(), above=tree(30.0)).describe(["All ads"], "CNY")
    assert sentences[0].en == "All ads: spends 30.00 CNY of at most 30.00; the next 1 CNY here returns 1.29."
    assert sentences[0].zh == "All ads：花费 30.00 CNY（上限 30.00）；在此再花 1 CNY 带回 1.29。"
    assert "No plan within these limits can earn more" in sentences[-1].en


def test_minimum_costs_over_the_total_name_the_fewest_children_and_the_missing_money():
    children = (("kw-18", 600.0, np.inf), ("kw-07", 300.0, np.inf), ("kw-02", 150.0, np.inf))
    items = keywords(value_per_click=[4.0] * 3, node=[1, 2, 3], high=20.0)
    with pytest.raises(InfeasibleBudgetError, match="cannot keep total within its maximum") as error:
        solve(items, above=tree(800.0, children=children))
    assert error.value.offenders == ("kw-18 600.00", "kw-07 300.00")
    assert error.value.missing == pytest.approx(250.0)


def test_a_minimum_above_its_own_maximum_is_refused():
    with pytest.raises(InfeasibleBudgetError, match="total min_cost 50"):
        solve(keywords(high=3.0), above=tree(40.0, minimum=50.0))


def test_a_minimum_that_cannot_be_spent_is_refused():
    with pytest.raises(InfeasibleBudgetError, match="cannot reach the minimum of total") as error:
        solve(keywords(high=1.0), above=tree(minimum=25.0))
    assert error.value.missing == pytest.approx(5.0)


@pytest.mark.parametrize("column", ["clicks0", "cpc0", "bid0", "value_per_click", "eta", "max_multiplier"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_keyword_that_is_not_a_number_is_refused(column, bad):
    with pytest.raises(InvalidInputError, match=column):
        keywords(**{column: np.array([1.0, bad])})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"bid0": np.array([0.0, 1.0])}, "bid0"),
        ({"eta": np.ones(3)}, "unequal shapes"),
        ({"min_multiplier": np.array([11.0, 1.0])}, "min_multiplier <= max_multiplier"),
    ],
)
def test_a_keyword_outside_its_range_is_refused(change, said):
    with pytest.raises(InvalidInputError, match=said):
        keywords(**change)


def test_a_limited_campaign_without_a_budget_is_refused():
    with pytest.raises(InvalidInputError, match="budget0 > 0 where is_limited"):
        budgets([100.0], [True], budget0=0.0)


def test_a_tree_with_a_parent_after_its_child_is_refused():
    with pytest.raises(InvalidInputError, match="parents before children"):
        PriceTree(np.array([1, -1]), np.zeros(2), np.ones(2), ("a", "b"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"keywords": no_keywords()}, "no item"),
        ({"keywords": keywords(node=3)}, "node 3"),
        ({"mode": "fixed"}, "a fixed budget without a total"),
        ({"mode": "greedy"}, "flexible or fixed"),
    ],
)
def test_a_problem_that_means_nothing_is_refused(change, said):
    plain = AllocationProblem(keywords(), no_budgets(), tree())
    with pytest.raises(InvalidInputError, match=said):
        replace(plain, **change)


def test_a_hundred_thousand_keywords_under_a_tree_close_the_gap():
    rng, n, parent = np.random.default_rng(7), 100_000, np.r_[-1, [0] * 5, 1 + np.arange(200) % 5]
    items = keywords(
        value_per_click=rng.lognormal(1, 1, n), node=6 + np.arange(n) % 200, low=0.7, high=1.3,
        clicks0=rng.exponential(10, n), kappa=rng.uniform(0.5, 2, n), eta=rng.uniform(0.3, 1.2, n),
    )  # fmt: skip
    today = np.bincount(items.node, items.clicks0 * items.cpc0, len(parent))
    most = np.where(parent > 0, today * 1.05, np.inf)
    most[0] = today.sum() * 0.9
    result = solve(items, above=PriceTree(parent, np.zeros(206), most, tuple(map(str, range(206)))))
    assert result.total_cost == pytest.approx(most[0], rel=1e-9)
    assert result.solver_gap <= 1e-9


def test_a_keyword_that_may_be_paused_stays_on_where_a_minimum_needs_it():
    items = keywords(value_per_click=(1.0,), low=0.0, high=2.0, cpc0=np.array([1.5]))
    result = solve(items, above=tree(maximum=12.0, minimum=10.0))
    assert result.total_cost == pytest.approx(10.0)
    assert result.multiplier[0] > 0


def test_a_total_of_nothing_leaves_no_gap_where_a_maximum_below_it_falls_into_an_items_jump():
    items = keywords(
        value_per_click=(1.75,), low=0.0, high=1.6, node=1, clicks0=np.array([6.1]), cpc0=np.array([1.0]), bid0=np.array([1.9]),
        eta=np.array([1.3]), kappa=np.array([1.5]),
    )  # fmt: skip
    result = solve(items, above=tree(0.0, children=(("plan", 0.0, 1.4),)))
    assert (result.total_cost, result.dual_bound, result.solver_gap) == (0.0, 0.0, 0.0)
    half = solve(items, above=tree(1.0, children=(("plan", 0.0, 1.4),)))
    alone = solve(items, above=tree(np.inf, children=(("plan", 0.0, 1.0),)))
    assert half.dual_bound == pytest.approx(alone.dual_bound)
