"""Budgets that move in steps and start at a minimum lot: the best plan on the grid, with what the grid costs.

Here belongs the choice of whole steps under the tree. Steps of bids, which are small, are in ``optimizers.rounding``.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

from optimizers.columns import keep_columns, refuse_rows
from optimizers.errors import InfeasibleBudgetError
from optimizers.inputs import NON_NEGATIVE, POSITIVE
from optimizers.items import BudgetItems
from optimizers.tree import PriceTree
from optimizers.types import BoolArray, FloatArray, IntArray

TOLERANCE = 1e-9  # relative, of a step or a maximum
REMEDY = "Raise max_cost of these nodes or lower the minimum lot in configs/settings.yaml."


@dataclass(frozen=True)
class BudgetGrid:
    """Which budgets a platform takes, arrays of shape (n_budgets,), in the currency of the items.

    Parameters
    ----------
    step : array
        Budgets are whole multiples of it, > 0.
    min_lot : array
        The smallest budget other than none at all, >= 0.
    may_stop : bool array
        True where the budget may also be 0; with False it is at least its lot.
    node : array
        The tree node that pays; the items' own.
    """

    step: FloatArray
    min_lot: FloatArray
    may_stop: BoolArray
    node: IntArray

    def __post_init__(self) -> None:
        keep_columns(
            self, "cannot read steps of budgets", {"step": POSITIVE, "min_lot": NON_NEGATIVE}, ("node",), ("may_stop",)
        )


@dataclass(frozen=True)
class LotPlan:
    """Budgets on their grid. Money is per day.

    Parameters
    ----------
    budget : array of shape (n_budgets,)
        Whole steps; 0 is stopped.
    cost, value : array of shape (n_budgets,)
        What they spend and bring.
    leftover : array of shape (n_nodes,)
        Maximum less cost; infinite without a maximum.
    loss_bound : float
        No plan within the bounds of the items given here, on the grid or off it, earns this much more; from the prices of
        the plan without steps.
    """

    budget: FloatArray
    cost: FloatArray
    value: FloatArray
    leftover: FloatArray
    loss_bound: float


def round_budgets(
    items: BudgetItems, grid: BudgetGrid, tree: PriceTree, price: FloatArray, base_price: float
) -> LotPlan:
    """Return the budgets on their grid that earn most under the tree's maxima, and a bound on what the grid costs.

    Parameters
    ----------
    items : BudgetItems of n_budgets
        Their bounds hold: the highest step is not above ``max_budget``, the lowest not below ``min_budget`` unless the
        budget stops.
    grid : BudgetGrid of n_budgets
    tree : PriceTree of n_nodes
        Maxima are kept; what other items of a node spend has been taken off them. Minimums are not looked at.
    price : array of shape (n_nodes,)
        What the next unit of cost returns at every node, from the plan without steps (``AllocationResult.node_price``).
    base_price : float
        1 where unspent money is kept (profit), 0 where only value counts.

    Returns
    -------
    LotPlan

    Raises
    ------
    InvalidInputError
        If a column is not finite, out of range, or no step lies between the bounds of a budget that may not stop.
    InfeasibleBudgetError
        If even the lowest budgets cost more than a maximum.

    Notes
    -----
    Greedy: money goes, lot by lot and then step by step, to whatever earns most per unit of cost and still fits. With
    concave values, equal steps and no lots this is the optimum (a laminar family of budgets is a polymatroid: Federgruen
    and Groenevelt 1986); with lots or unequal steps ``loss_bound`` says how far from it the plan can be. It is the
    Lagrangian bound at ``price`` less the plan, and never more than it. Known drawback: a lot that does not fit beside
    others is not tried in their place.

    Examples
    --------
    >>> one = np.ones(2)
    >>> value, base = np.array([300.0, 150.0]), 100 * one
    >>> items = BudgetItems(np.array([0, 0]), value, base, 0.5 * one, 0 * one, 9 * base, base, one > 0)
    >>> tree = PriceTree(np.array([-1]), np.zeros(1), np.array([250.0]), ("total",))
    >>> grid = BudgetGrid(50 * one, 0 * one, one > 0, np.array([0, 0]))
    >>> plan = round_budgets(items, grid, tree, np.array([1.06]), 1.0)
    >>> plan.budget.tolist(), plan.leftover.tolist()
    ([200.0, 50.0], [0.0])
    """
    first, last = _steps(items, grid)
    count = np.where(grid.may_stop, 0.0, first)
    room = tree.max_cost - tree.sum_up(tree.own_sums(grid.node, _money(items, grid.step * count)))
    _refuse_excess(tree, room)
    offers = _Offers(items, grid, first, last, base_price)
    _fill(offers, tree, count, room)
    budget = grid.step * count
    cost, value = _money(items, budget), _value(items, budget)
    objective = float((value - base_price * cost).sum())
    bound = _bound(offers, tree, price)
    return LotPlan(budget, cost, value, np.maximum(room, 0.0), max(bound - objective, 0.0))


def _money(items: BudgetItems, budget: FloatArray) -> FloatArray:
    return np.where(items.is_limited, budget, np.minimum(budget, items.cost0))


def _value(items: BudgetItems, budget: FloatArray) -> FloatArray:
    base = np.where(items.is_limited, items.budget0, items.cost0)
    share = _money(items, budget) / np.where(base > 0, base, 1.0)
    return np.where(base > 0, items.value0 * share**items.beta, 0.0)


def _steps(items: BudgetItems, grid: BudgetGrid) -> tuple[FloatArray, FloatArray]:
    """Return the fewest and most steps of each budget that is not stopped; money that would stay unspent is not asked."""
    useful = np.where(items.is_limited, items.max_budget, np.minimum(items.max_budget, items.cost0))
    lowest = np.maximum(items.min_budget, grid.min_lot)
    first = np.ceil(lowest / grid.step * (1 - TOLERANCE))
    last = np.maximum(np.ceil(useful / grid.step * (1 - TOLERANCE)), first)
    last = np.minimum(last, np.floor(items.max_budget / grid.step * (1 + TOLERANCE)))
    refuse_rows("cannot put budgets on their steps", "a step between lot and maximum", (last < first) & ~grid.may_stop)
    return first, last


@dataclass(frozen=True)
class _Offers:
    """What the next lot or step of a budget costs and earns; ``first`` and ``last`` in steps."""

    items: BudgetItems
    grid: BudgetGrid
    first: FloatArray
    last: FloatArray
    base_price: float

    def next(self, row: int, count: FloatArray) -> tuple[float, float, float] | None:
        """Return (minus gain per unit of cost, cost, new count) of the budget's next move, None where there is none."""
        now = count[row]
        new = max(now + 1.0, self.first[row])
        if new > self.last[row]:
            return None
        before, after = (self._earns(row, steps) for steps in (now, new))
        cost, gain = after[0] - before[0], after[1] - before[1] - self.base_price * (after[0] - before[0])
        return (-gain / cost, cost, new) if cost > 0 and gain > 0 else None

    def _earns(self, row: int, steps: float) -> tuple[float, float]:
        items, budget = self.items, steps * self.grid.step[row]
        base = items.budget0[row] if items.is_limited[row] else items.cost0[row]
        cost = float(budget if items.is_limited[row] else min(budget, items.cost0[row]))
        return cost, float(items.value0[row] * (cost / base) ** items.beta[row]) if base > 0 else 0.0


def _fill(offers: _Offers, tree: PriceTree, count: FloatArray, room: FloatArray) -> None:
    """Buy the best move that fits, until none does; ``count`` and ``room`` are changed in place."""
    paths = [_path(tree, int(node)) for node in offers.grid.node]
    slack = TOLERANCE * np.where(np.isfinite(tree.max_cost), tree.max_cost, 0.0)
    heap = [(move, row) for row in range(len(count)) if (move := offers.next(row, count)) is not None]
    heapq.heapify(heap)
    while heap:
        (_, cost, new), row = heapq.heappop(heap)
        path = paths[row]
        if (cost > room[path] + slack[path]).any():
            continue  # room only shrinks: it will never fit
        count[row] = new
        room[path] -= cost
        move = offers.next(row, count)
        if move is not None:
            heapq.heappush(heap, (move, row))


def _path(tree: PriceTree, node: int) -> IntArray:
    path = [node]
    while tree.parent[path[-1]] >= 0:
        path.append(int(tree.parent[path[-1]]))
    return np.array(path)


def _bound(offers: _Offers, tree: PriceTree, price: FloatArray) -> float:
    """Return what no plan on the grid can beat: each budget's best on it at its price, and what the maxima are worth."""
    items, grid, first, last, base_price = offers.items, offers.grid, offers.first, offers.last, offers.base_price
    paid = np.where(np.isfinite(price), price, base_price)
    paid = np.where(np.isfinite(tree.max_cost), paid, base_price)  # money without a maximum has no scarcity of its own
    above = np.full(tree.n_nodes, base_price)
    for depth in range(int(tree.depth.max()) + 1):
        nodes = np.flatnonzero(tree.depth == depth)
        above[nodes] = paid[tree.parent[nodes]] if depth else base_price
        paid[nodes] = np.maximum(paid[nodes], above[nodes])
    limits = np.where(paid > above, (paid - above) * np.where(np.isfinite(tree.max_cost), tree.max_cost, 0.0), 0.0)
    due = paid[grid.node]
    base = np.where(items.is_limited, items.budget0, items.cost0)
    with np.errstate(divide="ignore", invalid="ignore"):
        best = base * (items.beta * items.value0 / (due * base)) ** (1.0 / (1.0 - items.beta)) / grid.step
    best = np.clip(np.nan_to_num(best), first, np.maximum(last, first))
    earned = [
        _value(items, grid.step * n) - due * _money(items, grid.step * n) for n in (np.floor(best), np.ceil(best))
    ]
    most = np.where(last >= first, np.maximum(*earned), -np.inf)
    return float(np.where(grid.may_stop, np.maximum(most, 0.0), most).sum() + limits.sum())


def _refuse_excess(tree: PriceTree, room: FloatArray) -> None:
    over = np.flatnonzero(room < -TOLERANCE * np.where(np.isfinite(tree.max_cost), tree.max_cost, 0.0))
    if over.size:
        worst = over[np.argmin(room[over])]
        offenders = [f"{tree.names[node]} {-room[node]:,.2f} too much" for node in over]
        limit = float(tree.max_cost[worst])
        what = "cannot put budgets on their steps: even the lowest cost too much"
        raise InfeasibleBudgetError(what, limit - float(room[worst]), limit, offenders, REMEDY)
